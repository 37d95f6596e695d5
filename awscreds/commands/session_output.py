"""What ``mfa-session`` and ``export`` share: a session, printed for a shell to take in."""

from __future__ import annotations

import sys

import click

from awscreds.calling_shell import calling_shell
from awscreds.commands.durations import Duration
from awscreds.errors import UsageError
from awscreds.model.shells import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from awscreds.app import App

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


DATA = ("json", "dotenv")
"""Formats for programs, to which what a shell had before means nothing."""


def session_options(function: Decorated) -> Decorated:
    """How a session is made: ``--token``, ``--duration``, ``--serial``, ``--refresh``."""
    for option in (
        click.option("--refresh", is_flag=True, help="Get a new session even if one is cached."),
        click.option("--serial", metavar="ARN", help="The MFA device, instead of mfa_serial."),
        click.option(
            "--duration",
            type=Duration("12h", bare_seconds=True),
            metavar="TIME",
            help="How long the session lasts: 90m, 12h, or seconds.",
        ),
        click.option("--token", metavar="CODE", help="The MFA code, instead of a prompt."),
    ):
        function = option(function)
    return function


def output_options(function: Decorated) -> Decorated:
    """How it is printed: ``--format``, ``--unset``, ``--reveal``."""
    for option in (
        click.option("--reveal", is_flag=True, help="Print secrets even on a terminal."),
        click.option("--unset", is_flag=True, help="Remove what an earlier call set."),
        click.option(
            "--format",
            "shell",
            type=click.Choice(FORMATS),
            metavar="FORMAT",
            help="sh (bash, zsh, dash, ksh), fish, powershell, cmd, json or dotenv; if not given, "
            "the one for your shell.",
        ),
    ):
        function = option(function)
    return function


def print_session(
    app: App,
    command: str,
    *,
    shell: str | None,
    unset: bool,
    reveal: bool,
    token: str | None,
    duration: int | None,
    serial: str | None,
    refresh: bool,
) -> None:
    """Print the statements that bring a session of the profile into a shell, or take it out."""
    from awscreds.model import environment, shells
    from awscreds.render import print_data

    called_from = calling_shell()
    if app.options.json and shell not in (None, "json"):
        raise UsageError(
            f"--json and --format {shell} are different formats",
            code="two-formats",
            hint="use only one of them",
        )
    shell = "json" if app.options.json else shell or called_from
    if unset:
        _refuse_with_unset(token=token, duration=duration, serial=serial, refresh=refresh or None)
        assign, remove = environment.deactivation(app.environ)
        print_data(shells.statements(shell, assign=assign, remove=remove))
        return
    if sys.stdout.isatty() and not reveal:
        raise UsageError(
            "this prints secrets, and stdout is a terminal",
            code="reveal-needed",
            hint=f"type: {_line(command, app.options.profile, shell, called_from)}",
        )
    profile = app.profile()
    app.file_warnings.report(profile.name, only_errors=True)
    session = app.provider.session(
        profile,
        token=token,
        duration=duration,
        serial=serial,
        refresh=refresh,
    )
    app.warn_of_old_key(profile)
    region, account = profile.get("region"), app.provider.account_of(profile)
    if shell in DATA:
        assign = environment.variables(
            session, profile=profile.name, region=region, account=account
        )
        remove = []
    else:
        assign, remove = environment.activation(
            app.environ, session, profile=profile.name, region=region, account=account
        )
    print_data(shells.statements(shell, assign=assign, remove=remove))


def _refuse_with_unset(**given: object) -> None:
    for name, value in given.items():
        if value is not None:
            raise UsageError(
                "--unset removes the session from the shell and makes none: it cannot be "
                f"used with --{name}"
            )


def _line(command: str, profile: str | None, shell: str, called_from: str) -> str:
    """What to type instead, in the shell that the format is for."""
    import shlex

    words = f"awscreds {command}" + (f" --profile {shlex.quote(profile)}" if profile else "")
    if shell != called_from:
        words += f" --format {shell}"
    if shell == "sh":
        return f"eval $({words})"
    if shell == "fish":
        return f"{words} | source"
    return f"{words} | Out-String | iex" if shell == "powershell" else f"{words} --reveal"
