"""The root command, its lazy subcommands, and where errors become messages and exit codes."""

from __future__ import annotations

import contextlib
import sys

import click

from awscreds import __version__
from awscreds.app import App
from awscreds.commands.common import (
    ALL,
    PAGER,
    clear_leftovers,
    common_options,
    notice_rotations,
)
from awscreds.commands.groups import GlobalOption, Group, no_such_option, unexpected_argument
from awscreds.errors import AwscredsError, UsageError, unexpected_error
from awscreds.model.keys import hide_secrets
from awscreds.process import FAILURE, finish_output, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from awscreds.render import Result

INTERRUPTED = 130
PEOPLE = "people"
JSON = "json"
SHELL_COMMANDS = (["mfa-session"], ["export"])
"""Commands whose stdout a shell evaluates."""

WITHOUT_ROTATIONS = ("credential-process", "rotate", "sandbox", "doctor", "status")
"""Commands that do not mention unfinished rotations. doctor and status report them themselves."""

WITHOUT_FILES = ("credential-process", "completion", "sandbox")
"""Commands that do not look for leftovers beside the AWS files: SDKs start the first one, and the
others have nothing to do with those files."""

GROUPS = {
    "Configure": {
        "configure": "Set up a profile and store its access key.",
        "status": "Show where you stand: profile, session, store, problems.",
        "list": "List all profiles and what is known about them.",
        "profile": "Add, show, copy, rename, remove and wrap profiles.",
        "sso": "Create profiles for your SSO accounts and roles.",
        "migrate": "Move plaintext keys to the secret store, and back.",
        "import": "Take over the access keys of other programs.",
    },
    "Use": {
        "mfa-session": "Start an MFA session in this shell.",
        "login": "Log in in your browser: with SSO, or as `aws login` does.",
        "logout": "End the login of a profile: of SSO, or of `aws login`.",
        "export": "Load a profile's credentials into this shell.",
        "exec": "Run a command with a profile's credentials.",
        "console": "Open the AWS console in your browser.",
        "mfa": "Add, list and remove a user's MFA devices.",
        "sessions": "List and clear cached sessions.",
        "whoami": "Show which identity a profile's credentials belong to.",
        "credential-process": "Print a profile's credentials for an SDK.",
    },
    "Rotate": {
        "rotate": "Replace a profile's access key with a new one, safely.",
        "keys": "List, deactivate and delete a user's access keys.",
        "policy": "Print the IAM policy that a task needs.",
    },
    "Maintain": {
        "doctor": "Check your AWS files and keys, and show what to fix.",
        "store": "Manage where secrets are stored.",
        "unlock": "Open the secret store for a while.",
        "lock": "Lock the vault and clear cached sessions.",
        "completion": "Print or install TAB completion for your shell.",
        "sandbox": "Try awscreds with a local AWS, without an account.",
    },
}
"""Commands as people look for them, with the first line of their help: no command is loaded for
the overview."""

COMMANDS = {name: text for group in GROUPS.values() for name, text in group.items()}

_MODULES = {"import": "import_keys"}
"""The modules of commands whose names are words of Python."""


class Root(Group):
    """Finds a command's module when it is called, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        name = _MODULES.get(cmd_name, cmd_name.replace("-", "_"))
        module = import_module(f"awscreds.commands.{name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        width = max(map(len, COMMANDS))
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])


@click.group(
    cls=Root,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@common_options(*ALL, PAGER)
@click.version_option(
    __version__, prog_name="awscreds", message="%(prog)s %(version)s", cls=GlobalOption
)
@click.pass_context
def root(ctx: click.Context) -> Result | None:
    """Manage AWS profiles and keep their secrets out of plaintext files.

    Secrets are stored in the OS keyring or in an encrypted vault. The AWS CLI and all SDKs get them
    from awscreds and work unchanged.

    \b
    Examples:
      awscreds sandbox tour                  # try it, without an account
      awscreds configure --profile dev       # set up a profile
      awscreds whoami dev                    # check that it works
      eval $(awscreds mfa-session dev)       # start an MFA session in this shell
      awscreds exec admin -- terraform plan  # run a command with a role
      awscreds rotate dev                    # replace the access key
    """  # noqa: D301 - click wants the control character of \b itself
    app: App = ctx.obj
    is_bare = ctx.invoked_subcommand is None
    wants_overview = is_bare and sys.stdout.isatty() and app.options.profile is None
    if is_bare and not wants_overview:
        from awscreds.render import print_data

        print_data(f"{ctx.get_help()}\n")
    if ctx.invoked_subcommand not in WITHOUT_ROTATIONS and not wants_overview:
        notice_rotations(app)
    if ctx.invoked_subcommand not in WITHOUT_FILES:
        clear_leftovers(app)
    if not wants_overview:
        return None
    from awscreds.app.standing import overview
    from awscreds.commands.status import report as shown

    return shown(overview(app))


def run(arguments: Sequence[str], app: App | None = None) -> int:
    """Run the command line and return its exit code. ``app`` is what it works with."""
    app = app or App()
    try:
        code = root.main(list(arguments), prog_name="awscreds", standalone_mode=False, obj=app)
        unwritten = finish_output()
        if unwritten:
            raise unwritten
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - see `failed`
        return failed(error, arguments, app)
    finally:
        app.dialogue.finish_asking()
    return code if isinstance(code, int) else 0


def failed(
    error: Exception | KeyboardInterrupt, arguments: Sequence[str], app: App | None = None
) -> int:
    """Report what ended a command, and return the exit code. A traceback could show a secret."""
    app = app or App()
    reader = reader_of(arguments)
    if isinstance(error, click.Abort | KeyboardInterrupt):
        report(AwscredsError("interrupted", code="interrupted"), reader, aloud=False)
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):  # whoever read our output (``head``) has left
        finish_output()
        return 1
    own = _to_awscreds_error(error)
    given = (*arguments, *(app.environ[name] for name in app.environ if "AWS" in name))
    shown = own.because(
        message=hide_secrets(own.message, given),
        hint=hide_secrets(own.hint, given) if own.hint else None,
    )
    return report(shown, reader, color=app.options.color)


def reader_of(arguments: Sequence[str]) -> str:
    """Who reads stdout: ``people``, ``json``, or the shell that ``--format`` or the caller says.

    Only the words decide, since it must be known even if parsing them fails.
    """
    words = _own_words(list(arguments))
    if "--json" in words:
        return JSON
    skipped = {at + 1 for at, word in enumerate(words) if word == "--profile"}
    names = [w for at, w in enumerate(words) if at not in skipped and not w.startswith("-")]
    exports = names[:2] == ["configure", "export-credentials"]
    if not exports and names[:1] not in SHELL_COMMANDS:
        return PEOPLE
    from awscreds.calling_shell import calling_shell

    shell = None
    for at, word in enumerate(words):
        if word == "--format" and at + 1 < len(words):
            shell = words[at + 1]
        elif word.startswith("--format="):
            shell = word.partition("=")[2]
    if exports:
        from awscreds.model.export_formats import FORMATS

        return FORMATS[shell].reader or PEOPLE if shell in FORMATS else PEOPLE
    return shell or calling_shell()


def _own_words(words: list[str]) -> list[str]:
    """The words that are for awscreds itself, and not for a command that it starts."""
    if "--" in words:
        words = words[: words.index("--")]
    valued = {"--profile", "--token", "--duration", "--serial"}
    names = [
        at
        for at, one in enumerate(words)
        if not one.startswith("-") and (at == 0 or words[at - 1] not in valued)
    ]
    if len(names) > 1 and words[names[0]] == "exec":
        return words[: names[1]]
    return words


def report(
    error: AwscredsError, reader: str = PEOPLE, *, aloud: bool = True, color: bool | None = None
) -> int:
    """Say what failed and what fixes it: to programs on stdout, to people on stderr."""
    with contextlib.suppress(OSError):
        sys.stdout.write(_for_programs(error, reader))
    unwritten = finish_output()
    if not aloud:
        tell("")
    elif reader != JSON or unwritten or error.code == "system":
        hint = [f"  {error.hint}"] if error.hint else []
        tell(f"awscreds: {error.message}", *hint, mark=FAILURE, color=color)
    return error.exit_code


def _for_programs(error: AwscredsError, reader: str) -> str:
    if reader == JSON:
        import json

        return json.dumps({"version": 1, "error": error.document}) + "\n"
    if reader == PEOPLE or sys.stdout.isatty():
        return ""
    # Makes `eval $(…)` fail: the shell does not see our status, only that of what it evaluates.
    from awscreds.model.shells import failure

    return failure(reader, INTERRUPTED if error.code == "interrupted" else error.exit_code)


def _to_awscreds_error(error: Exception) -> AwscredsError:
    if isinstance(error, AwscredsError):
        return error
    if isinstance(error, click.NoSuchOption):
        return no_such_option(error)
    if isinstance(error, click.UsageError) and "unexpected extra arg" in error.format_message():
        return unexpected_argument(error)
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "awscreds"
        return UsageError(_of_click(error), hint=f"{command} --help")
    if isinstance(error, click.ClickException):
        return AwscredsError(_of_click(error))
    return unexpected_error(error)


def _of_click(error: click.ClickException) -> str:
    """Click's words on one line."""
    return " ".join(error.format_message().split())
