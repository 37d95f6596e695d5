"""``awscreds whoami``."""

from __future__ import annotations

import click

from awscreds.app.choosing import choose_profile, note_use
from awscreds.commands.common import JSON, PROFILE, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.errors import ConfigurationError
from awscreds.model.credentials import Session
from awscreds.model.environment import keys_in
from awscreds.model.profile import MANAGED, NO_CREDENTIALS, STATIC_KEYS
from awscreds.model.text import quoted
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import AccessKey
    from awscreds.model.profile import Profile


@click.command("whoami", cls=Command)
@profile_argument
@common_options(PROFILE, JSON)
@click.pass_obj
def command(app: App) -> Result:
    """Show which identity a profile's credentials belong to.

    The identity is the account and the user or role. If you name no profile and the environment has
    keys, this shows the identity of these keys, because every SDK would use them. If nothing names
    a profile, you can choose one at a terminal.

    \b
    Examples:
      awscreds whoami
      awscreds whoami dev --json
    """
    found = _of_environment(app)
    if found is None:
        choose_profile(app)
        found = _of_profile(app)
    identity, source = found
    document = {
        "account": identity.account,
        "arn": identity.arn,
        "user_id": identity.user_id,
        "source": source,
    }
    return Result(document, lines=[identity.arn, f"account {identity.account}, from {source}"])


def _of_environment(app: App) -> tuple[Identity, str] | None:
    environ = app.environ
    credentials = None if app.options.profile is not None else keys_in(environ)
    if credentials is None:
        return None
    profile = app.selection.profile_or_default()
    identity = app.key_facts.identity_of(credentials, profile, environ.get("AWS_REGION"))
    return identity, "the keys in the environment (AWS_ACCESS_KEY_ID)"


def _of_profile(app: App) -> tuple[Identity, str]:
    from awscreds.workflows.key_secrets import key_of_profile

    profile = app.profile()
    note_use(app, profile.name)
    app.file_warnings.report(profile.name)
    source = f"the profile {profile.name}"
    if profile.kind == NO_CREDENTIALS:
        raise ConfigurationError(
            f"the profile {profile.name} has no credentials",
            code="no-credentials",
            hint=f"awscreds configure --profile {quoted(profile.name)}",
        )
    is_session = bool(profile.temporary_keys) and not profile.shadowed
    if is_session or profile.kind not in (MANAGED, STATIC_KEYS):
        return app.key_facts.identity_of(app.provider.session(profile), profile, None), source
    app.file_warnings.warn_of_static_keys(profile)
    key = key_of_profile(profile, app.stores.of)
    if key is None:
        raise ConfigurationError(
            f"the profile {profile.name} has an access key ID without its secret",
            code="no-credentials",
            hint=f"awscreds configure --profile {quoted(profile.name)}",
        )
    return app.key_facts.identity_of(_with_token(key, profile), profile, None), source


def _with_token(key: AccessKey, profile: Profile) -> AccessKey | Session:
    beside = profile.plaintext
    token = beside.get("aws_security_token") or beside.get("aws_session_token")
    return Session(key.id, key.secret, token) if isinstance(token, str) and token else key
