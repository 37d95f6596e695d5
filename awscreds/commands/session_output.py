"""What ``mfa-session``, ``export`` and ``exec`` share: their options, the session, its output."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import wraps
from typing import cast

import click

from awscreds.app.choosing import choose_for_shell, note_use
from awscreds.calling_shell import calling_shell
from awscreds.commands.durations import Duration
from awscreds.errors import UsageError
from awscreds.model.shells import FORMATS, statements
from awscreds.model.text import quoted, quoted_on_windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    from awscreds.app import App
    from awscreds.model.profile import Profile
    from awscreds.workflows.sessions.requests import SessionResult

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # click 8.1 has no click.Choice[str]


*_FIRST, _LAST = [rules.title for rules in FORMATS.values()]
_TITLES = f"{', '.join(_FIRST)} or {_LAST}"


class _Format(_Choice):
    """One of FORMATS. The name of a shell that reads ``sh`` is refused with the right word."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in ("bash", "zsh", "dash", "ksh"):
            self.fail(f"{value!r} is not a format: for {value}, use --format sh", param, ctx)
        return str(super().convert(value, param, ctx))


@dataclass(frozen=True)
class SessionOptions:
    """How a session is made. ``duration`` is in seconds."""

    token: str | None
    duration: int | None
    serial: str | None
    refresh: bool


@dataclass(frozen=True)
class OutputOptions:
    """How a session is printed. ``shell`` is a name of FORMATS, None if none was passed."""

    shell: str | None
    unset: bool
    reveal: bool


def session_options(function: Decorated) -> Decorated:
    """Add ``--token``, ``--duration``, ``--serial`` and ``--refresh``, passed on as ``session``."""
    return _options(
        function,
        "session",
        SessionOptions,
        click.option("--refresh", is_flag=True, help="Get a new session even if one is cached."),
        click.option("--serial", metavar="ARN", help="The MFA device, instead of mfa_serial."),
        click.option(
            "--duration",
            type=Duration("12h", bare_seconds=True),
            metavar="TIME",
            help="How long the session lasts: 90m, 12h, or seconds.",
        ),
        click.option("--token", metavar="CODE", help="The MFA code, instead of a prompt."),
    )


def output_options(function: Decorated) -> Decorated:
    """Add ``--format``, ``--unset`` and ``--reveal``, passed on as ``output``."""
    return _options(
        function,
        "output",
        OutputOptions,
        click.option("--reveal", is_flag=True, help="Print secrets even on a terminal."),
        click.option(
            "--unset",
            is_flag=True,
            help="Remove the session from this shell and restore the old variables.",
        ),
        click.option(
            "--format",
            "shell",
            type=_Format(list(FORMATS)),
            metavar="FORMAT",
            help=f"{_TITLES}; by default the format of your shell.",
        ),
    )


def _options(
    function: Decorated,
    name: str,
    kind: type[SessionOptions | OutputOptions],
    *options: Callable[[Decorated], Decorated],
) -> Decorated:
    """``function`` with the ``options``, which it gets as one argument ``name``, a ``kind``."""

    @wraps(function)
    def command(*arguments: Any, **given: Any) -> Any:
        fields = {field: given.pop(field) for field in kind.__dataclass_fields__}
        return function(*arguments, **given, **{name: kind(**fields)})

    decorated = cast("Decorated", command)
    for option in options:
        decorated = option(decorated)
    return decorated


def obtain(app: App, options: SessionOptions) -> tuple[Profile, SessionResult]:
    """The profile that was chosen, and its session. What is wrong with either is shown."""
    profile = app.profile()
    app.file_warnings.report(profile.name, only_errors=True)
    result = app.provider.obtain(
        profile,
        token=options.token,
        duration=options.duration,
        serial=options.serial,
        refresh=options.refresh,
    )
    app.key_facts.warn_of_old_key(profile)
    note_use(app, profile.name)
    return profile, result


def print_session(
    app: App,
    command: str,
    *,
    session: SessionOptions,
    output: OutputOptions,
    choose: bool = False,
) -> None:
    """Print the statements that load a session of the profile into a shell, or remove it.

    ``choose``: the person chooses the profile, if none is named.
    """
    from awscreds.model import environment
    from awscreds.render import print_data

    called_from = calling_shell()
    if app.options.json and output.shell not in (None, "json"):
        raise UsageError(
            f"--json and --format {output.shell} are different formats",
            code="two-formats",
            hint="use only one of them",
        )
    shell = "json" if app.options.json else output.shell or called_from
    if output.unset:
        _refuse_with_unset({**vars(session), "choose": choose})
        assign, remove = environment.deactivation(app.environ)
        print_data(statements(shell, assign=assign, remove=remove))
        return
    if sys.stdout.isatty() and not output.reveal:
        if app.selection.named():
            app.profile()  # the line below would not find it either
        raise UsageError(
            "not printed: this contains secrets, and stdout is a terminal",
            code="reveal-needed",
            hint=f"type: {_line(command, app.options.profile, shell, called_from)}",
        )
    if choose:
        choose_for_shell(app)
    profile, result = obtain(app, session)
    region, account = profile.get("region"), app.provider.account_of(profile)
    if FORMATS[shell].is_data:  # a program does not need to know what a shell had before
        assign = environment.variables(
            result.session, profile=profile.name, region=region, account=account
        )
        remove = []
    else:
        assign, remove = environment.activation(
            app.environ, result.session, profile=profile.name, region=region, account=account
        )
    print_data(statements(shell, assign=assign, remove=remove))


def _refuse_with_unset(options: Mapping[str, object]) -> None:
    for name, value in options.items():
        if value not in (None, False):
            raise UsageError(
                f"--unset only removes a session from the shell; it cannot be used with --{name}"
            )


def _line(command: str, profile: str | None, shell: str, called_from: str) -> str:
    """The command to type instead, in the shell that the format is for."""
    quote = quoted_on_windows if shell == "cmd" else quoted
    words = f"awscreds {command}" + (f" --profile {quote(profile)}" if profile else "")
    if shell != called_from:
        words += f" --format {shell}"
    return FORMATS[shell].load.format(command=words)
