"""``awscreds configure``: sets up a profile, and gets, sets and lists its settings.

In reading order: ``questions`` (what it asks, and what it takes for an answer), ``apply`` (stores
the key, writes the files, says what was done), ``settings`` (get, set and unset) with
``key_settings`` (access keys among those), ``listing`` (list, list-profiles), ``csv_import``,
``export_credentials``.
"""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, YES, common_options
from awscreds.commands.groups import Group
from awscreds.errors import UsageError
from awscreds.model import keys
from awscreds.model.credentials import AccessKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.model.profile import Profile
    from awscreds.render import Result


class Configure(Group):
    """Loads a subcommand from its module when it is called."""

    _NAMES = ("get", "set", "unset", "list", "list-profiles", "import", "export-credentials")

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self._NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name == "import":
            from awscreds.commands.configure import csv_import

            return csv_import.command
        if cmd_name == "export-credentials":
            from awscreds.commands.configure import export_credentials

            return export_credentials.command
        if cmd_name in ("list", "list-profiles"):
            from awscreds.commands.configure import listing

            return listing.COMMANDS[cmd_name]
        from awscreds.commands.configure import settings

        return settings.COMMANDS.get(cmd_name)

    def unknown_command(self, ctx: click.Context, args: list[str]) -> UsageError:
        # The word is not repeated: it may be a secret.
        return UsageError(
            "`configure` has no command or argument of this name; it takes options, "
            f"or one of {', '.join(self._NAMES)}",
            code="no-such-command",
            hint=self.suggestion(ctx, args)
            or "if it is a profile: awscreds configure --profile NAME",
        )


@click.group(cls=Configure, invoke_without_command=True)
@click.option("--access-key-id", metavar="ID", help="The access key ID, instead of a prompt.")
@click.option("--secret-stdin", is_flag=True, help="Read the secret access key from stdin.")
@click.option("--region", metavar="REGION", help="The region, like eu-central-1.")
@click.option("--output", metavar="FORMAT", help="The AWS CLI's output format, like json.")
@click.option("--mfa-serial", metavar="ARN", help="The ARN of the user's MFA device.")
@click.option("--no-verify", is_flag=True, help="Store keys without checking them with AWS.")
@click.option(
    "--plaintext", is_flag=True, help="Write the keys to the credentials file in plaintext."
)
@common_options(PROFILE, JSON, YES)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    access_key_id: str | None,
    secret_stdin: bool,
    region: str | None,
    output: str | None,
    mfa_serial: str | None,
    no_verify: bool,
    plaintext: bool,
) -> Result | None:
    """Set up a profile and store its access key.

    The key goes to the secret store, the settings go to the AWS files. Without options, this asks
    the same questions as `aws configure`; press Enter to keep a value. With options, it sets only
    these settings, and asks only for the secret if it is missing. awscreds checks a new key with
    AWS before it replaces anything.

    \b
    Examples:
      awscreds configure --profile dev
      awscreds configure --profile ci --access-key-id AKIA… --secret-stdin < key
    """
    if ctx.invoked_subcommand:
        return None
    from awscreds.commands.configure.apply import carry_out
    from awscreds.commands.configure.questions import ask, checked_setting
    from awscreds.workflows.configure import SetupRequest
    from awscreds.workflows.readings import require_readable

    app: App = ctx.obj
    name = app.selection.to_make(app.selection.name())
    if not app.options.yes:
        require_readable(app.file_warnings.findings())  # before anybody answers a question
    profile = app.profiles().find(name)
    settings = {"region": region, "output": output}
    if mfa_serial is not None:
        settings["mfa_serial"] = keys.checked_mfa_serial(mfa_serial)
    given = {
        key: checked_setting(key, value) if value else value
        for key, value in settings.items()
        if value is not None
    }

    if access_key_id is None and not secret_stdin and not given:
        request = ask(app, profile, plaintext=plaintext)
    else:
        key = _key_from_options(app, profile, access_key_id, secret_stdin=secret_stdin)
        request = SetupRequest(name, key=key, settings=given, plaintext=plaintext)
    return carry_out(app, request, verify=not no_verify)


def _key_from_options(
    app: App, profile: Profile, access_key_id: str | None, *, secret_stdin: bool
) -> AccessKey | None:
    if access_key_id is None and not secret_stdin:
        return None
    key_id = keys.checked_key_id(access_key_id) if access_key_id else profile.access_key_id
    if not key_id:
        raise UsageError(
            "--secret-stdin needs the access key ID that the secret belongs to",
            hint="add --access-key-id ID",
        )
    keys.checked_key_id(key_id)
    question = f"AWS Secret Access Key of {key_id}: "
    if secret_stdin:
        return AccessKey(key_id, keys.checked_secret(app.dialogue.secret_from_stdin(question)))
    return AccessKey(
        key_id, app.dialogue.terminal.ask_for(question, keys.checked_secret, is_hidden=True)
    )
