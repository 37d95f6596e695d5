"""``awscreds configure`` and what stands below it."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, YES, common_options
from awscreds.commands.groups import Group
from awscreds.errors import AwsError, ConfigurationError, InputNeeded, UsageError
from awscreds.model import keys
from awscreds.model.connection import checked_region
from awscreds.model.credentials import AccessKey
from awscreds.model.keys import mask
from awscreds.model.problems.problem import ERROR
from awscreds.model.profile import SECRET, TOKEN, Profile
from awscreds.model.text import escaped
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.app import App
    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import Session
    from awscreds.workflows.configure import Outcome, Request
    from awscreds.workflows.pairs import Settlement


class Configure(Group):
    """Subcommands from the modules beside this one, when they are called."""

    _NAMES = ("get", "set", "unset", "list", "list-profiles", "import")

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self._NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        from awscreds.commands.configure import settings as configure_values

        if cmd_name == "import":
            from awscreds.commands.configure import csv_import

            return csv_import.command
        return configure_values.COMMANDS.get(cmd_name)

    def unknown_command(self, ctx: click.Context, args: list[str]) -> UsageError:
        # The word is not repeated: it may be a secret.
        return UsageError(
            f"configure takes options, or one of {', '.join(self._NAMES)}",
            code="no-such-command",
            hint=self.suggestion(ctx, args)
            or "if it is a profile: awscreds configure --profile NAME",
        )


@click.group(cls=Configure, invoke_without_command=True)
@click.option("--access-key-id", metavar="ID", help="The access key ID, instead of a prompt.")
@click.option("--secret-stdin", is_flag=True, help="Read the secret access key from stdin.")
@click.option("--region", metavar="REGION", help="The profile's region, like eu-central-1.")
@click.option("--output", metavar="FORMAT", help="The AWS CLI's output format, like json.")
@click.option("--mfa-serial", metavar="ARN", help="The ARN of the user's MFA device.")
@click.option("--no-verify", is_flag=True, help="Store keys without checking them with AWS.")
@click.option("--plaintext", is_flag=True, help="Write the keys to the credentials file instead.")
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
    those and asks only for a missing secret. A new key is checked with AWS before it replaces
    anything.

    \b
    Examples:
      awscreds configure --profile dev
      awscreds configure --profile ci --access-key-id AKIA… --secret-stdin < key
    """
    if ctx.invoked_subcommand:
        return None
    from awscreds.workflows.configure import Request
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
        request = _dialogue(app, profile, plaintext=plaintext)
    else:
        key = _key_from_options(app, profile, access_key_id, secret_stdin=secret_stdin)
        request = Request(name, key=key, settings=given, plaintext=plaintext)
    return carry_out(app, request, verify=not no_verify)


def carry_out(app: App, request: Request, *, verify: bool) -> Result:
    """Do what ``request`` says, and say what was done."""
    job = Job(app, request, verify=verify)
    job.verify()
    return Result(job.carry_out())


class Job:
    """One request on its way: `verify` asks AWS, `settle` whoever must agree, `carry_out` does it.

    Only the last changes anything.
    """

    def __init__(self, app: App, request: Request, *, verify: bool) -> None:
        from awscreds.commands.custodian import AppCustodian
        from awscreds.workflows.configure import Setup

        request.replace_process = request.in_spite_of_findings = app.options.yes
        self._app = app
        self._profile = app.profiles().find(request.profile)
        self._identity: Identity | None = None
        self._settlement: Settlement | None = None
        self.request = request
        check = self._check if verify else None
        self._custodian = AppCustodian(app, check=check, opens_vault=not request.plaintext)
        self._setup = Setup(
            app.files,
            check=check,
            open_store=app.stores.for_writing,
            process_line=app.process_line,
            custodian=self._custodian,
        )

    def verify(self) -> None:
        self._identity = self._setup.verify(self.request)

    def settle(self) -> None:
        self._settlement = self._setup.settle(self.request, self._identity)

    def carry_out(self) -> dict[str, object]:
        """Do it, and say so; the report of it for programs."""
        from awscreds.commands.custodian import tell

        request = self.request
        if request.key and not request.plaintext and self._profile.has_static_keys:
            _explain_move(self._app, self._profile)
        outcome = self._setup.carry_out(request, self._identity, self._settlement)
        _report(self._app, request, outcome)
        tell(self._app, outcome.settlement, self._custodian)
        return _document(request, outcome)

    def _check(self, credentials: AccessKey | Session, region: str | None) -> Identity:
        try:
            return self._app.key_facts.identity_of(credentials, self._profile, region)
        except AwsError as error:
            error.hint = f"{error.hint}; nothing was changed; use --no-verify to skip this check"
            raise


def _dialogue(app: App, profile: Profile, *, plaintext: bool) -> Request:
    """The four questions of ``aws configure``, in its order and words."""
    from awscreds.workflows.configure import Request, current_key

    if not plaintext and app.dialogue.asker is app.dialogue.terminal:
        app.stores.open_early()
    key_id, secret = _ask_key(app, profile, plaintext=plaintext)
    is_new = secret is not None or key_id != profile.access_key_id
    token = _ask_token(app, key_id, profile) if is_new else None
    settings = {}
    for name, label, check in _SETTINGS:
        present = profile.get(name) or "None"
        typed = app.dialogue.asker.ask_for(f"{label} [{present}]: ", _or_empty(check))
        if typed:
            settings[name] = typed

    key = AccessKey(key_id, secret) if key_id and secret else None
    if not key and profile.has_static_keys and _has_secret(profile) and not plaintext:
        key = current_key(profile, app.stores.of) if _may_move(app, profile) else None
    return Request(profile.name, key=key, token=token, settings=settings, plaintext=plaintext)


def _ask_key(app: App, profile: Profile, *, plaintext: bool) -> tuple[str | None, str | None]:
    """The id and the secret of a key; the present id and None where that is to stay."""
    present_id, has_secret = profile.access_key_id, _has_secret(profile)

    def check_id(typed: str) -> str | None:
        return _lasting_id(typed, plaintext=plaintext) if typed else present_id

    key_id = app.dialogue.asker.ask_for(
        f"AWS Access Key ID [{keys.masked_key_id(present_id)}]: ", check_id
    )
    changed = key_id != present_id
    shown = mask(None if changed or not has_secret else "-")

    def check_secret(typed: str) -> str | None:
        if typed.strip():
            if not key_id:
                raise UsageError("a secret access key was given without its access key ID")
            return keys.checked_secret(typed)
        if changed:
            raise UsageError(
                "a new access key ID was given without its secret",
                code="secret-missing",
                hint="run it again and type both; nothing was changed",
            )
        return None

    question = f"AWS Secret Access Key [{shown}]: "
    return key_id, app.dialogue.asker.ask_for(question, check_secret, is_hidden=True)


def _or_empty(check: Callable[[str], str]) -> Callable[[str], str]:
    """``check``, for answers of which an empty one keeps what there is."""
    return lambda typed: check(typed) if typed else ""


def _region(typed: str) -> str:
    try:
        return checked_region(keys.unquoted(typed))
    except ConfigurationError as error:
        raise UsageError(error.message, code=error.code, hint=error.hint) from None


def _output(typed: str) -> str:
    output = keys.unquoted(typed)
    if keys.secret_in(output):
        raise UsageError(
            "that looks like a secret access key, not an output format",
            code="bad-setting",
            hint="an output format is json, yaml, text or table; nothing was written",
        )
    return output


_SETTINGS = (
    ("region", "Default region name", _region),
    ("output", "Default output format", _output),
)


def checked_setting(key: str, value: str) -> str:
    """What to write for a setting of a profile. Raises UsageError if it cannot be one."""
    check = next((check for name, _, check in _SETTINGS if name == key), None)
    return check(value) if check else value


def _lasting_id(typed: str, *, plaintext: bool) -> str:
    """An access key id that can be kept. Raises UsageError, before its secret is asked for."""
    from awscreds.workflows.configure import temporary_credentials

    key_id = keys.checked_key_id(typed)
    if key_id.startswith(keys.TEMPORARY_PREFIX) and not plaintext:
        raise temporary_credentials()
    return key_id


def _ask_token(app: App, key_id: str | None, profile: Profile) -> str | None:
    if not (key_id or "").startswith(keys.TEMPORARY_PREFIX):
        return None
    return (
        app.dialogue.asker.ask_secret(f"AWS Session Token [{mask(profile.get(TOKEN))}]: ").strip()
        or None
    )


def _has_secret(profile: Profile) -> bool:
    if profile.plaintext:
        return bool(profile.plaintext.get(SECRET))
    return profile.stored_key_id is not None


def _may_move(app: App, profile: Profile) -> bool:
    """Whether the plaintext keys of a profile are to be brought under management."""
    if profile.get(TOKEN):
        return False
    if app.options.yes:
        return True
    try:
        return app.dialogue.asker.confirm(
            f"The access key of {escaped(profile.name)} is stored in plaintext. Move it to "
            "the secret store?",
            default=True,
        )
    except InputNeeded:
        return False


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


def _explain_move(app: App, profile: Profile) -> None:
    app.say(
        f"The plaintext keys of {escaped(profile.name)} will be removed from the AWS files. "
        "Tools that read only those (old SDKs, containers that mount ~/.aws) need `awscreds "
        "configure --plaintext`."
    )


def _report(app: App, request: Request, outcome: Outcome) -> None:
    identity = outcome.identity
    name = escaped(outcome.profile)
    if identity:
        app.done(f"Verified with AWS: {escaped(identity.arn)}")
        if identity.is_root:
            app.warn(
                "this is a key of the ROOT user, who can do anything: no policy limits it. "
                "Delete it in the console and use an IAM user or a role instead: "
                "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html"
            )
    # What is wrong for the profile is said before, and instead of, that it is ready.
    is_ready = not any(
        f.severity == ERROR for f in app.file_warnings.report(outcome.profile, request.profile)
    )
    if outcome.store and request.key:
        made = None
        if identity and not identity.is_root:
            made = app.key_facts.created_at(request.key, app.profiles().find(outcome.profile))
        app.key_facts.note(request.key.id, identity, made)
        app.done(f"Stored the secret in {app.stores.backend(outcome.store).describe()}.")
        _say_ready(app, outcome.profile, is_ready=is_ready)
    elif request.key:
        app.warn(f"the secret of {name} is stored in plaintext in {app.files.credentials_path}")
    elif request.settings:
        app.file_warnings.warn_of_static_keys(app.profiles().find(request.profile))
        app.done(f"Set {', '.join(request.settings)} in the profile {name}.")
    else:
        app.say(f"Nothing was changed in {name}.")
    if outcome.kept_key_id:
        app.say(
            f"The previous key {outcome.kept_key_id} is still in the secret store. Delete it:",
            f"  awscreds store forget {outcome.kept_key_id}",
        )


def _say_ready(app: App, profile: str, *, is_ready: bool) -> None:
    from awscreds.model.text import quoted

    name = escaped(profile)
    if is_ready:
        app.say(
            f"The profile {name} is ready. Try it:",
            f"  awscreds whoami --profile {quoted(profile)}",
        )
    else:
        app.say(f"The profile {name} does not work in every tool, see above.")


def _document(request: Request, outcome: Outcome) -> dict[str, object]:
    from awscreds.workflows.pairs import as_json

    identity = outcome.identity
    return {
        "profile": outcome.profile,
        "access_key_id": request.key.id if request.key else None,
        "store": outcome.store,
        "account": identity.account if identity else None,
        "arn": identity.arn if identity else None,
        "changed": sorted(request.settings),
        **as_json(outcome.settlement),
    }
