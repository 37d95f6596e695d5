"""Setting up a profile: ask AWS, store the key, write the files, and say what was done."""

from __future__ import annotations

from awscreds.errors import AwsError, hints
from awscreds.model.keys import NO_ROOT_KEY, ROOT_KEY
from awscreds.model.problems.problem import ERROR
from awscreds.model.text import escaped, quoted
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.model.profile import Profile
    from awscreds.workflows.configure import Check, SetupRequest, SetupResult
    from awscreds.workflows.pairs import RemovalContext, RemovalPlan


def removal_context(
    app: App, *, check: Check | None = None, makes_vault: bool = False
) -> RemovalContext:
    """What keeps the keys that one command removes from the AWS files. See ``RemovalContext``."""
    from awscreds.workflows.pairs import RemovalContext

    return RemovalContext(
        app.state,
        app.stores,
        app.pointers,
        consent=lambda question, default: app.dialogue.consent(question, hint="", default=default),
        note=lambda key, identity: app.key_facts.note(key.id, identity),
        check=check,
        makes_vault=makes_vault,
    )


def report_removed(app: App, removal: RemovalPlan, context: RemovalContext) -> None:
    """Name each pair that has left the files: what is lost as a warning, also under ``--quiet``."""
    from awscreds.workflows.pairs import sentences

    for sentence in sentences(removal, context):
        (app.warn if removal.dropped else app.note)(sentence)


def carry_out(app: App, request: SetupRequest, *, verify: bool) -> Result:
    """Do what ``request`` says, and say what was done."""
    job = ConfigureJob(app, request, verify=verify)
    job.verify()
    return Result(job.carry_out())


class ConfigureJob:
    """One request: `verify` asks AWS, `plan_removal` whoever must agree, `carry_out` does it.

    Only the last one changes anything.
    """

    def __init__(self, app: App, request: SetupRequest, *, verify: bool) -> None:
        from awscreds.workflows.configure import ProfileSetup

        request.replace_process = request.in_spite_of_findings = app.options.yes
        self._app = app
        self._profile = app.profiles().find(request.profile)
        self._identity: Identity | None = None
        self._removal: RemovalPlan | None = None
        self.request = request
        check = self._check if verify else None
        self._context = removal_context(app, check=check, makes_vault=not request.plaintext)
        self._setup = ProfileSetup(
            app.files,
            check=check,
            open_store=app.stores.for_writing,
            process_line=app.process_line,
            context=self._context,
        )

    def verify(self) -> None:
        self._identity = self._setup.verify(self.request)

    def plan_removal(self) -> None:
        self._removal = self._setup.plan_removal(self.request, self._identity)

    def carry_out(self) -> dict[str, object]:
        """Do it, and say so; the document about it for programs."""
        request = self.request
        if request.key and not request.plaintext and self._profile.has_static_keys:
            _explain_move(self._app, self._profile)
        outcome = self._setup.carry_out(request, self._identity, self._removal)
        _report(self._app, request, outcome)
        report_removed(self._app, outcome.removal, self._context)
        return _document(request, outcome)

    def _check(self, credentials: AccessKey | Session, region: str | None) -> Identity:
        try:
            return self._app.key_facts.identity_of(credentials, self._profile, region)
        except AwsError as error:
            raise error.because(
                hint=hints(
                    error.hint, "or use --no-verify to skip this check", "nothing was changed"
                )
            ) from None


def _explain_move(app: App, profile: Profile) -> None:
    app.say(
        f"The plaintext keys of {escaped(profile.name)} will be removed from the AWS files. "
        "Some tools read only plaintext keys (old SDKs, containers that mount ~/.aws); for "
        f"these, use `awscreds configure --plaintext --profile {quoted(profile.name)}` instead."
    )


def _report(app: App, request: SetupRequest, outcome: SetupResult) -> None:
    identity = outcome.identity
    name = escaped(outcome.profile)
    if identity:
        app.done(f"Verified with AWS: {escaped(identity.arn)}")
        if identity.is_root:
            app.warn(f"this is {ROOT_KEY}. To be safe, {NO_ROOT_KEY}")
    # If something is wrong with the profile, that is said first, and not that it is ready.
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
    name = escaped(profile)
    if is_ready:
        app.say(
            f"The profile {name} is ready. Try it:",
            f"  awscreds whoami --profile {quoted(profile)}",
        )
    else:
        app.say(f"The profile {name} does not work in every tool: see the warnings above.")


def _document(request: SetupRequest, outcome: SetupResult) -> dict[str, object]:
    from awscreds.workflows.pairs import as_json

    identity = outcome.identity
    return {
        "profile": outcome.profile,
        "access_key_id": request.key.id if request.key else None,
        "store": outcome.store,
        "account": identity.account if identity else None,
        "arn": identity.arn if identity else None,
        "changed": sorted(request.settings),
        **as_json(outcome.removal),
    }
