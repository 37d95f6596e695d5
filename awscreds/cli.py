"""The root command, its lazy subcommands, and the one place where errors become exit codes."""

from __future__ import annotations

import sys

import click

from awscreds import __version__
from awscreds.app import App
from awscreds.commands.common import common_options
from awscreds.errors import AwscredsError, UsageProblem
from awscreds.model.text import nearest, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130

GROUPS = {
    "Configure": {
        "configure": "Set up a profile: keys into the store, settings into the files.",
        "list": "Show every profile: its kind, where its secret is, region, MFA.",
    },
    "Use": {
        "whoami": "Say whose credentials a profile has.",
        "credential-process": "Serve a profile to the SDK that asks (SDKs call this).",
    },
    "Keep house": {
        "store": "Show, move and protect what keeps the secrets.",
        "unlock": "Open the secret store for a while.",
        "lock": "Forget everything that is held open or cached.",
        "sandbox": "Try all of this against a local AWS, without an account.",
    },
}
"""Commands as people look for them, with their line in the help."""

COMMANDS = {name: text for group in GROUPS.values() for name, text in group.items()}


class Root(click.Group):
    """Finds a command's module when it is called, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        module = import_module(f"awscreds.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = nearest(args[0], list(COMMANDS))
            raise UsageProblem(
                f"there is no command {visible(args[0])!r}",
                code="no-such-command",
                hint=f"did you mean {' or '.join(close)}?"
                if close
                else "awscreds --help lists them",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))


@click.group(
    cls=Root,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try it without an account: awscreds sandbox tour",
)
@click.version_option(__version__, prog_name="awscreds", message="%(prog)s %(version)s")
@common_options
@click.pass_context
def root(ctx: click.Context) -> None:
    """AWS credentials and profiles: secrets in the OS keyring, every AWS tool unchanged."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    app = App()
    # Known before parsing, since parsing itself may fail.
    as_json = "--json" in arguments
    try:
        code = root.main(list(arguments), prog_name="awscreds", standalone_mode=False, obj=app)
        sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("\n")
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except Exception as error:  # noqa: BLE001 - a traceback is a bug, and could show a secret
        return report(_ours(error), as_json=as_json)
    return code if isinstance(code, int) else 0


def report(error: AwscredsError, *, as_json: bool) -> int:
    """Say what failed and what mends it: for people on stderr, for programs on stdout."""
    if as_json:
        import json

        described = {"code": error.code, "message": error.message, "hint": error.hint}
        sys.stdout.write(json.dumps({"version": 1, "error": described}) + "\n")
        return error.exit_code
    sys.stderr.write(f"awscreds: {visible(error.message)}\n")
    if error.hint:
        sys.stderr.write(f"  {visible(error.hint)}\n")
    return error.exit_code


def _ours(error: Exception) -> AwscredsError:
    if isinstance(error, AwscredsError):
        return error
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "awscreds"
        return UsageProblem(error.format_message(), hint=f"{command} --help")
    if isinstance(error, click.ClickException):
        return AwscredsError(error.format_message())
    return _bug(error)


def _bug(error: Exception) -> AwscredsError:
    """An error nobody foresaw, by its place alone: its text may hold a secret."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace else None
    place = f" at {code.co_filename}:{trace.tb_lineno}" if code and trace else ""
    return AwscredsError(
        f"awscreds failed in a way it should not: {type(error).__name__}{place}",
        code="bug",
        hint="please report it, with the command line and `awscreds --version`",
    )


def _reader_gone() -> int:
    """Whoever read our output (``head``) has left; keep Python from complaining at its exit."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
