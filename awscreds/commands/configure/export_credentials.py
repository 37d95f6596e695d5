"""``configure export-credentials``: as the AWS CLI's own, for every kind of profile."""

from __future__ import annotations

import sys

import click

from awscreds.commands.common import PROFILE, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.errors import ConfigurationError, UsageError
from awscreds.model import process_chain
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.export_formats import FORMATS, exported
from awscreds.model.export_formats import PROCESS as PROCESS_FORMAT
from awscreds.model.keys import secret_in
from awscreds.model.profile import (
    FOREIGN_PROCESS,
    MANAGED,
    STATIC_KEYS,
    WRAPPED,
    WRAPPED_LOGIN,
    WRAPPED_SSO,
)
from awscreds.render import print_data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.model.credentials import Credentials


@click.command("export-credentials", cls=Command)
@profile_argument
@click.option(
    "--format",
    "format_name",
    type=click.Choice([PROCESS_FORMAT, *FORMATS]),
    default=PROCESS_FORMAT,
    help="The format, as in the AWS CLI; by default process.",
)
@click.option("--reveal", is_flag=True, help="Print secrets even on a terminal.")
@common_options(PROFILE)
@click.pass_obj
def command(app: App, *, format_name: str, reveal: bool) -> None:
    """Print credentials in the AWS CLI's formats.

    The output is that of `aws configure export-credentials`. A profile with an access key gives
    this key; for a session with MFA, use `awscreds export`.

    \b
    Examples:
      awscreds configure export-credentials --profile dev
      eval "$(awscreds configure export-credentials dev --format env)"
    """
    if sys.stdout.isatty() and not reveal:
        raise UsageError(
            "not printed: this contains secrets, and stdout is a terminal",
            code="reveal-needed",
            hint="use --reveal to print it anyway",
        )
    credentials, expiration = _of_environment(app) or _of_profile(app)
    if secret_in(credentials.id):  # the AWS CLI would print it as an ID
        raise ConfigurationError(
            "the access key ID of these credentials has the form of a secret",
            code="no-credentials",
            hint="correct aws_access_key_id, or the variable AWS_ACCESS_KEY_ID",
        )
    print_data(exported(format_name, credentials, expiration))


def _of_environment(app: App) -> tuple[Credentials, float | None] | None:
    """The credentials in the variables: they win if the command line names no profile."""
    from awscreds.model.environment import keys_in
    from awscreds.model.times import format_iso, parse_iso

    found = None if app.options.profile is not None else keys_in(app.environ)
    if found is None:
        return None
    if app.environ.get(process_chain.AWS_CLI):
        process_chain.enter_aws_cli(app.environ, app.selection.name())
    expiration = parse_iso(app.environ.get("AWS_CREDENTIAL_EXPIRATION", ""))
    if expiration is not None and expiration <= app.clock():
        raise ConfigurationError(
            f"the credentials in the environment expired at {format_iso(expiration)}",
            code="credentials-expired",
            hint="set new ones, or use --profile NAME",
        )
    return found, expiration


def _of_profile(app: App) -> tuple[Credentials, float | None]:
    """What the AWS CLI would get for the profile, and until when. May ask for an MFA code."""
    profile = app.profile()
    app.file_warnings.report(profile.name, only_errors=True)
    app.provider.for_programs = process_chain.enter_aws_cli(app.environ, profile.name)
    is_hidden = profile.has_static_keys and not profile.shadowed
    if profile.kind in (MANAGED, WRAPPED, WRAPPED_SSO, WRAPPED_LOGIN) and not is_hidden:
        return _served(app, profile.name)
    if profile.kind == FOREIGN_PROCESS:
        return app.provider.answer_of_program(profile)
    is_session = bool(profile.temporary_keys) and not profile.shadowed
    if profile.kind in (MANAGED, STATIC_KEYS) and not is_session:
        return app.provider.long_lived_key(profile), None
    session = app.provider.session(profile)
    return session, session.expiration


def _served(app: App, name: str) -> tuple[Credentials, float | None]:
    """What our `credential_process` line gives, if it could ask for an MFA code."""
    import json

    from awscreds.workflows.serve import serve_profile

    response = serve_profile(
        name,
        app.files,
        lambda key_id: app.stores.of(key_id).access_key(key_id),
        lambda name: app.provider.session(app.profiles().get(name)),
        now=app.clock(),
    )
    fields = json.loads(response.text)
    key_id, secret = fields["AccessKeyId"], fields["SecretAccessKey"]
    token = fields.get("SessionToken")
    credentials = Session(key_id, secret, token) if token else AccessKey(key_id, secret)
    return credentials, response.expiration
