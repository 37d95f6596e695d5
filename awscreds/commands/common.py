"""The options every command takes, with the same words everywhere, and PROFILE as an argument."""

from __future__ import annotations

import contextlib
import functools

import click

from awscreds.commands.groups import GlobalOption
from awscreds.errors import AwscredsError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from awscreds.app import App
    from awscreds.render import Result

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


PROFILE = "profile"
JSON = "json"
YES = "yes"
PROFILES = "profiles"
"""In place of PROFILE, for a command about several of them, which gets their ``names``."""
PAGER = "pager"
"""For a command whose result is paged. Before a command's name, everyone may say it."""
ALL = (PROFILE, JSON, YES)
TALK = ("no_input", "quiet", "verbose", "color")
"""The flags that every command takes."""


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Note an option's value for the whole run, given before or after the command."""

    def callback(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value in (None, False):
            return
        options = ctx.find_root().obj.options
        if name == PROFILE and options.profile not in (None, value):
            raise two_profiles(options.profile, value)
        setattr(options, name, value)

    return callback


def _with_first(ctx: click.Context, names: tuple[str, ...]) -> list[str]:
    """All names, also one that was given before the command's name."""
    first = ctx.find_root().obj.options.profile
    return list(dict.fromkeys(([first] if first is not None else []) + list(names)))


def two_profiles(first: str, second: str, *, hint: str = "name one of them") -> UsageError:
    """The error for ``--profile first`` together with the argument ``second``."""
    return UsageError(
        f"this names two profiles: {first} and {second}", code="two-profiles", hint=hint
    )


def _flag(flag: str, name: str, text: str) -> Callable[[Decorated], Decorated]:
    return click.option(
        flag,
        name,
        cls=GlobalOption,
        is_flag=True,
        expose_value=False,
        callback=_keep(name),
        help=text,
    )


def _no_pager(ctx: click.Context) -> None:
    ctx.find_root().obj.options.pager = False


def _no_colors(ctx: click.Context) -> None:
    ctx.find_root().obj.options.color = False


_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "color": click.option(
        "--no-color",
        "color",
        cls=GlobalOption,
        flag_value=False,
        is_flag=True,
        default=None,
        expose_value=False,
        callback=lambda ctx, _parameter, value: _no_colors(ctx) if value is False else None,
        help="Print no colours (NO_COLOR does the same).",
    ),
    "verbose": _flag("--verbose", "verbose", "Print more about what is done."),
    "quiet": _flag("--quiet", "quiet", "Only print warnings and errors."),
    "no_input": _flag("--no-input", "no_input", "Never prompt; exit 6 if input is needed."),
    PAGER: click.option(
        "--no-pager",
        "pager",
        cls=GlobalOption,
        is_flag=True,
        expose_value=False,
        callback=lambda ctx, _parameter, value: _no_pager(ctx) if value else None,
        help="Print long lists directly, not in a pager.",
    ),
    YES: _flag("--yes", YES, "Answer yes to every question."),
    JSON: _flag("--json", JSON, "Print the result as one JSON document on stdout."),
    PROFILE: click.option(
        "--profile",
        cls=GlobalOption,
        metavar="NAME",
        expose_value=False,
        callback=_keep(PROFILE),
        help="The profile to use (else AWS_PROFILE, then default).",
    ),
    PROFILES: click.option(
        "--profile",
        "names",
        cls=GlobalOption,
        multiple=True,
        metavar="NAME",
        callback=lambda ctx, _parameter, names: _with_first(ctx, names),
        help="The profile to use (else AWS_PROFILE, then default).",
    ),
}
"""The options that mean the same everywhere, last to first as the help shows them."""

profile_argument = click.argument(
    "named_profile",
    required=False,
    metavar="[PROFILE]",
    expose_value=False,
    callback=_keep(PROFILE),
)
"""The profile as the last positional argument, if no other argument can be taken for it."""


def required_profile(function: Decorated) -> Decorated:
    """Pass the profile on the command line as ``name``: a profile to change is never guessed.

    For below `common_options`, of a command that has `profile_argument` and takes PROFILE.
    """

    @functools.wraps(function)
    def named(*arguments: Any, **values: Any) -> Any:
        ctx = click.get_current_context()
        name = ctx.find_root().obj.options.profile
        if not name:
            raise UsageError(
                f"{ctx.command_path} needs a profile", hint=f"{ctx.command_path} PROFILE"
            )
        return function(*arguments, **values, name=name)

    return named  # type: ignore[return-value]  # without ``name``, which this passes


def common_options(*taken: str) -> Callable[[Decorated], Decorated]:
    """The flags about talking, and those of PROFILE, JSON and YES that the command obeys.

    What the command returns is shown: a Result as its document if JSON was asked for. An exit
    code is passed on.

    One that it does not obey is refused, also before the command's name: `awscreds --profile dev
    list`. A group takes all of them on behalf of its commands.
    """

    def decorate(function: Decorated) -> Decorated:
        @functools.wraps(function)
        def checked(*arguments: Any, **values: Any) -> Any:
            ctx = click.get_current_context()
            if ctx.invoked_subcommand is None and ctx.parent is not None:
                _refuse_what_is_not_obeyed(ctx, taken)
            answer = function(*arguments, **values)
            return answer if answer is None or isinstance(answer, int) else _show(ctx, answer)

        for name, option in _OPTIONS.items():
            if name in TALK or name in taken:
                checked = option(checked)
        return checked  # type: ignore[return-value]  # the same signature

    return decorate


def _show(ctx: click.Context, result: Result) -> None:
    from awscreds.render import show

    app: App = ctx.find_root().obj
    show(result, app.options, app.dialogue)
    if result.exit_code:
        ctx.exit(result.exit_code)


def _refuse_what_is_not_obeyed(ctx: click.Context, taken: Sequence[str]) -> None:
    options = ctx.find_root().obj.options
    for name in ALL:
        is_taken = name in taken or (name == PROFILE and PROFILES in taken)
        if not is_taken and getattr(options, name) not in (None, False):
            raise UsageError(
                f"`{ctx.command_path}` takes no --{name}",
                code="option-not-taken",
                hint=f"{ctx.command_path} --help shows what it takes",
            )


def need_subcommand(ctx: click.Context) -> None:
    """Refuse a group without a subcommand. Raises UsageError with those that it has."""
    if ctx.invoked_subcommand is None and isinstance(ctx.command, click.Group):
        names = ", ".join(ctx.command.list_commands(ctx))
        raise UsageError(
            f"`{ctx.command_path}` needs one of its commands: {names}",
            hint=f"{ctx.command_path} --help",
        )


def notice_rotations(app: App) -> None:
    """Say in a line which rotations are unfinished: they have a journal, and no process."""
    from awscreds.stores.journal import waiting_for_somebody

    with contextlib.suppress(AwscredsError):
        keys = waiting_for_somebody(app.state_dir, app.clock)
        if len(keys) == 1:
            from awscreds.workflows.checks.rotations import of_unfinished

            found = of_unfinished(keys[0], app.state_dir.path)
            app.warn(f"{found.message}; {found.remedy}")
        elif keys:
            app.warn(f"{len(keys)} rotations are unfinished; finish them: awscreds rotate --resume")


def clear_leftovers(app: App) -> None:
    """Remove the copies of the AWS files that a killed awscreds left, and say so in a line each."""
    from awscreds.stores.remedies import to_remove

    removed, stuck = app.files.remove_leftovers()
    for path in removed:
        app.note(f"removed {path}: an interrupted run left this copy with secrets")
    for path in stuck:
        app.warn(
            f"cannot remove {path}: an interrupted run left it, and it may contain "
            f"secrets in plaintext. Remove it: {to_remove(path)}"
        )
