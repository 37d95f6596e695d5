"""The options every command takes, with the same words everywhere."""

from __future__ import annotations

import contextlib

import click

from awscreds.errors import AwscredsError, UsageProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from awscreds.app import App

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Note an option's value for the whole run, whether it stood before or after the command."""

    def callback(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value not in (None, False):
            app: App = ctx.find_root().obj
            setattr(app.options, name, value)

    return callback


def _flag(flag: str, name: str, text: str) -> Callable[[Decorated], Decorated]:
    return click.option(
        flag, name, is_flag=True, expose_value=False, callback=_keep(name), help=text
    )


profile_option = click.option(
    "--profile",
    metavar="NAME",
    expose_value=False,
    callback=_keep("profile"),
    help="The profile to use (else AWS_PROFILE, then default).",
)
json_option = _flag("--json", "json", "Report as one JSON document on stdout.")
yes_option = _flag("--yes", "yes", "Agree to what the command would ask consent for.")
_quiet = _flag("--quiet", "quiet", "Say nothing but warnings and errors.")
_verbose = _flag("--verbose", "verbose", "Say more of what is done.")
_no_input = _flag("--no-input", "no_input", "Never ask; exit 6 where an answer is needed.")
_no_color = click.option(
    "--no-color",
    "color",
    flag_value=False,
    is_flag=True,
    default=None,
    expose_value=False,
    callback=lambda ctx, _parameter, value: _no_colors(ctx) if value is False else None,
    help="Print no colours (NO_COLOR does the same).",
)


def _no_colors(ctx: click.Context) -> None:
    ctx.find_root().obj.options.color = False


def common_options(function: Decorated) -> Decorated:
    """``--profile``, ``--json``, ``--yes`` and the flags about talking."""
    for option in (_no_color, _verbose, _quiet, _no_input, yes_option, json_option, profile_option):
        function = option(function)
    return function


def need_subcommand(ctx: click.Context) -> None:
    """Refuse a group that is called alone. Raises UsageProblem with what it takes."""
    if ctx.invoked_subcommand is None and isinstance(ctx.command, click.Group):
        names = ", ".join(ctx.command.list_commands(ctx))
        raise UsageProblem(
            f"`{ctx.command_path}` needs one of its commands: {names}",
            hint=f"{ctx.command_path} --help",
        )


def notice_rotations(app: App) -> None:
    """Say in a line what rotations are unfinished: their journals are there, and nobody at them."""
    from awscreds.stores.journal import waiting_for_somebody

    with contextlib.suppress(AwscredsError):
        keys = waiting_for_somebody(app.home, app.clock)
        if len(keys) == 1:
            app.warn(
                f"the rotation of {keys[0]} is unfinished; finish it: awscreds rotate --resume"
            )
        elif keys:
            app.warn(f"{len(keys)} rotations are unfinished; finish them: awscreds rotate --resume")
