"""``awscreds sandbox``: a local AWS, and a home to throw away, to try things in."""

from __future__ import annotations

import os

import click

from awscreds.calling_shell import line_to_load
from awscreds.commands.common import common_options
from awscreds.commands.exec import user_shell
from awscreds.commands.groups import Group
from awscreds.errors import AwscredsError, UsageError
from awscreds.model.times import format_duration
from awscreds.sandbox.client import Control
from awscreds.sandbox.world import (
    CONSOLE_CSV,
    TOKEN_VARIABLE,
    URL_VARIABLE,
    World,
    ending_on_signals,
    missing_parts,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App

WELCOME = """\
This is a sandbox: a local AWS on this machine, and a home directory that is deleted when you leave.
  {csv}: alice's access key, as the IAM console gives it
  profile admin: a role in ~/.aws/config that requires MFA
  `awscreds sandbox code`: the code that alice's MFA device shows now
Three things to try:
  awscreds configure import --csv {csv} --profile alice
  aws sts get-caller-identity --profile alice
  {session}
`exit` leaves the sandbox."""
_SESSION = "awscreds mfa-session --profile alice --token $(awscreds sandbox code)"


def greeting() -> list[str]:
    """What a person reads who enters the sandbox, with the lines to type in their shell."""
    return WELCOME.format(csv=CONSOLE_CSV, session=line_to_load(_SESSION)).splitlines()


class SandboxGroup(Group):
    """Subcommands, or after ``--`` any command at all."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta["awscreds.sandbox.command"] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            raise click.UsageError(
                f"sandbox takes {', '.join(self.list_commands(ctx))}, or a program after --: "
                f"awscreds sandbox -- {args[0]}",
                ctx,
            )
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "[tour | code | -- COMMAND…]")


@click.group("sandbox", cls=SandboxGroup, invoke_without_command=True)
@common_options()
@click.pass_context
def command(ctx: click.Context) -> None:
    """Try awscreds with a local AWS, without an account.

    Without a subcommand, this starts a shell in a temporary home directory. With `--`, it runs a
    command there. Nothing in the sandbox can reach your real files or keyring. It is removed at the
    end.

    \b
    Examples:
      awscreds sandbox tour
      awscreds sandbox
      awscreds sandbox -- aws sts get-caller-identity
    """
    argv = ctx.meta.get("awscreds.sandbox.command")
    if ctx.invoked_subcommand is not None:
        if argv is not None:
            raise click.UsageError(
                f"{ctx.invoked_subcommand} does not take a command after `--`", ctx
            )
        return
    if argv == []:
        raise click.UsageError("-- needs a command after it", ctx)
    _check_can_start()
    with ending_on_signals(), World() as world:
        if argv is None:
            ctx.obj.say(*greeting())
        code = world.run(argv or [user_shell(os.environ)])
    ctx.exit(code)


@command.command("code")
@common_options()
@click.pass_obj
def code(app: App) -> None:
    """Print the current code of alice's MFA device.

    This works only inside a sandbox.

    \b
    Examples:
      awscreds sandbox code
      eval $(awscreds mfa-session alice --token $(awscreds sandbox code))
    """
    from awscreds.render import print_values

    url, token = os.environ.get(URL_VARIABLE), os.environ.get(TOKEN_VARIABLE)
    if not url or not token:
        raise UsageError(
            "there is no MFA device to read, because this shell is not in a sandbox",
            hint="start one: awscreds sandbox",
        )
    control = Control(url, token)
    shown = control.code(control.facts()["mfa_serial"])
    print_values([shown["code"]])
    if shown["spent"]:
        app.warn(
            "this code was already used, and AWS accepts each code only once; the next one "
            f"comes in {format_duration(shown['seconds_left'])}"
        )


@command.command("tour")
@common_options()
@click.pass_context
def tour(ctx: click.Context) -> None:
    """Show the main tasks step by step; exit 1 if a step fails.

    \b
    Examples:
      awscreds sandbox tour
      awscreds sandbox tour --no-color
    """
    from awscreds.sandbox.tour import run_tour

    _check_can_start()
    with ending_on_signals(), World() as world:
        good = run_tour(world, color=ctx.obj.options.color)
    ctx.exit(0 if good else 1)


def _check_can_start() -> None:
    if URL_VARIABLE in os.environ:
        raise UsageError(
            "you are already in a sandbox",
            hint="leave this one first: exit",
        )
    if missing := missing_parts():
        from awscreds.stores.installer import to_add_extra

        raise AwscredsError(
            f"the sandbox needs packages that are not installed: {', '.join(missing)}",
            code="extra-missing",
            hint=f"install them: {to_add_extra('sandbox')}",
        )
