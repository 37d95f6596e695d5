"""``awscreds exec``."""

from __future__ import annotations

import errno
import os
import shutil
import sys

import click

from awscreds.app.choosing import choose_profile
from awscreds.commands.common import PROFILE, common_options, two_profiles
from awscreds.commands.groups import Command
from awscreds.commands.session_output import obtain, session_options
from awscreds.errors import AwscredsError, ConfigurationError, UsageError, hints
from awscreds.model import windows_programs
from awscreds.model.text import quoted
from awscreds.model.times import format_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from awscreds.app import App
    from awscreds.commands.session_output import SessionOptions

SOON = 15 * 60
"""Seconds before its end in which a session is said to end soon."""


class CannotRun(AwscredsError):
    """The command could not be started; the exit code is the one that shells use."""

    default_code = "cannot-run"

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ExecCommand(Command):
    """Options end at PROFILE, or at ``--`` before it. What follows belongs to the command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)
        rest = super().parse_args(ctx, args)
        first = ctx.params.pop("first")
        words = (*([] if first is None else [first]), *ctx.params["words"])
        before = len(given) - len(words) - 1
        ctx.params["words"] = words
        ctx.params["has_profile"] = bool(words) and not (before >= 0 and given[before] == "--")
        return rest


@click.command("exec", cls=ExecCommand, context_settings={"allow_interspersed_args": False})
@click.argument("first", metavar="[PROFILE]", required=False, type=click.UNPROCESSED)
@click.argument("words", metavar="[--] [COMMAND…]", nargs=-1, type=click.UNPROCESSED)
@session_options
@common_options(PROFILE)
@click.pass_obj
def command(
    app: App,
    *,
    words: tuple[str, ...],
    has_profile: bool,
    session: SessionOptions,
) -> None:
    """Run a command with a profile's credentials.

    The command gets a session of PROFILE, but no AWS credentials from your shell. Without COMMAND,
    this starts your shell.

    Options go before PROFILE: everything after it belongs to the command, with or without `--`.
    Without PROFILE, put `--` before the command; awscreds then uses the profile of --profile or
    AWS_PROFILE, or lets you choose one at a terminal. The command gets all signals, and its exit
    code is the exit code of awscreds.

    \b
    Examples:
      awscreds exec admin terraform plan --refresh
      awscreds exec --duration 1h dev
      AWS_PROFILE=dev awscreds exec -- aws s3 ls
    """
    from awscreds.model.environment import child_environment

    arguments = _command_of(app, words, has_profile=has_profile) or [user_shell(app.environ)]
    program = find_program(arguments[0], app.environ)
    choose_profile(app)
    app.options.starts_program = True
    profile, result = obtain(app, session)
    left = (result.session.expiration or app.clock() + SOON) - app.clock()
    if left < SOON:
        ends = format_duration(left, parts=1)
        remedy = "; --refresh makes a new one" if result.is_renewable else ""
        app.warn(f"this session ends in {ends}{remedy}")
    environment = child_environment(
        app.environ,
        result.session,
        profile=profile.name,
        region=profile.get("region"),
        account=app.provider.account_of(profile),
    )
    app.dialogue.finish_asking()  # what was pasted after a code is not input of the command
    become(program, arguments, environment)


def _command_of(app: App, words: Sequence[str], *, has_profile: bool) -> list[str]:
    """The words of the command, without the profile, which is selected. May be empty.

    Raises UsageError for a second profile, and for an option of ours that comes too late;
    ConfigurationError for a profile that does not exist.
    """
    if not has_profile:
        return list(words)
    first, *rest = words
    dashes = rest[:1] == ["--"]
    named = app.options.profile
    if named is not None and first != named and not dashes and not app.profiles().has(first):
        return list(words)
    if named is not None and first != named:
        raise two_profiles(
            named,
            first,
            hint=f"if {quoted(first)} is the command, put `--` before it: awscreds exec "
            f"--profile {quoted(named)} -- {quoted(first)}",
        )
    if rest and rest[0].startswith("-") and not dashes:
        raise _after_profile(rest[0].partition("=")[0], first)
    app.options.profile = first
    try:
        app.profile()
    except ConfigurationError as error:
        if error.code == "no-such-profile" and not dashes:
            raise error.because(
                hint=hints(
                    error.hint,
                    f"or, if {quoted(first)} is the command, put `--` before it: "
                    f"awscreds exec -- {quoted(first)}",
                )
            ) from None
        raise
    return rest[1:] if dashes else rest


def _after_profile(option: str, profile: str) -> UsageError:
    ctx = click.get_current_context()
    taken = next((param for param in ctx.command.params if option in param.opts), None)
    if taken is None:
        hint = f"`{ctx.command_path}` has no such option; the command goes there: "
        shown = ""
    else:
        hint = "options of awscreds go before the profile: "
        shown = f"{quoted(option)} " if getattr(taken, "is_flag", False) else f"{quoted(option)} … "
    return UsageError(
        f"{option} is after the profile, but only the command can be there",
        code="option-after-profile",
        hint=f"{hint}awscreds exec {shown}{quoted(profile)} COMMAND",
    )


def user_shell(environ: Mapping[str, str]) -> str:
    """The user's shell, if it is installed."""
    if sys.platform == "win32":
        return environ.get("COMSPEC") or "cmd.exe"
    shell = environ.get("SHELL")
    return shell if shell and shutil.which(shell) else "/bin/sh"


def find_program(name: str, environ: Mapping[str, str]) -> str:
    """The file that the word ``name`` starts. Raises CannotRun as a shell would: 127 or 126."""
    path = environ.get("PATH", os.defpath)
    if sys.platform == "win32":
        found = windows_programs.find(name, environ, os.path.isfile)
        path = ""
    else:
        found = shutil.which(name, path=path)
    if found is not None:
        return found
    there = os.path.exists(name) if os.path.dirname(name) else shutil.which(name, os.F_OK, path)
    if not there:
        raise CannotRun(f"command not found: {name!r}", 127)
    why = "it is not executable (chmod +x makes it so)"
    if sys.platform == "win32":
        why = "its name has none of the extensions in PATHEXT"
    if os.path.isdir(name):
        why = "it is a folder"
    raise CannotRun(f"cannot run {name!r}: {why}", 126)


def become(program: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Replace this process by the command; on Windows, wait for it and exit as it does."""
    from awscreds.process import soften

    sys.stdout.flush()
    sys.stderr.flush()
    soften()
    try:
        if sys.platform == "win32":
            sys.exit(_run_on_windows(program, arguments[1:], environment))
        try:
            os.execve(program, list(arguments), environment)  # noqa: S606 - that is its job
        except OSError as error:
            if error.errno != errno.ENOEXEC or not _is_text(program):
                raise
        # A script that names no interpreter: every shell runs it itself, and so does execvp(3).
        os.execve("/bin/sh", ["/bin/sh", program, *arguments[1:]], environment)  # noqa: S606 - as above
    except OSError as error:
        why = error.strerror or type(error).__name__
        code = 127 if isinstance(error, FileNotFoundError) else 126
        raise CannotRun(f"cannot run {arguments[0]!r}: {why}", code) from None


if sys.platform == "win32":

    def _run_on_windows(
        program: str, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> int:
        """Run it as if this process became it: its exit code is ours, and so is its end.

        Ctrl-C and Ctrl-Break reach it by the console, and it decides what they do.
        """
        import signal

        from awscreds.windows_job import Job

        command: Sequence[str] | str = [program, *arguments]
        if windows_programs.is_batch_file(program):
            shell = windows_programs.command_processor(os.environ)
            command, program = windows_programs.batch_line(shell, program, arguments), shell
        for number in (signal.SIGINT, signal.SIGBREAK):
            signal.signal(number, signal.SIG_IGN)  # unlike the console's own flag, not inherited
        job = Job(has_children=False)
        code = job.start(command, program, environment).wait()
        job.release()
        return code - (1 << 32) if code >> 31 else code  # sys.exit takes a signed number


def _is_text(program: str) -> bool:
    """Whether it may be a script, by the test of bash: a program of another machine is not."""
    with open(program, "rb") as file:
        return b"\0" not in file.read(80)
