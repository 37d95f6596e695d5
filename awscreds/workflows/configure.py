"""Setting up a profile: check the key, store it, read it back, and only then point to it."""

from __future__ import annotations

import contextlib
from dataclasses import KW_ONLY, dataclass, field

from awscreds.errors import ConfigurationError, SecretStoreError, UsageError
from awscreds.model import keys, names
from awscreds.model.credential_process import POINTER, PROCESS
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.ini.document import PROFILE
from awscreds.model.profile import KEY_ID, SECRET, STATIC, TOKEN, Profile, Profiles
from awscreds.workflows import credential_line, pairs
from awscreds.workflows.pairs import RemovalPlan, remove_static_keys
from awscreds.workflows.readings import require_one_reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.aws.gateway import Identity
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.pairs import KeyPair
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.secret_store import SecretStore
    from awscreds.workflows.pairs import RemovalContext

    Change = Callable[[AwsDocuments], None]

    Check = Callable[[AccessKey | Session, str | None], Identity]
    """Asks AWS, in a region, who credentials belong to. Raises AwsError if it refuses them."""


SOURCE_SUFFIX = "-source"


@dataclass(slots=True)
class SetupRequest:
    """What to set in a profile. None leaves a thing as it is.

    ``replace_process``: remove a ``credential_process`` of its own. ``in_spite_of_findings``: go on
    even if some tools will not read the profile as we do.
    """

    profile: str
    _: KW_ONLY
    key: AccessKey | None = None
    token: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    plaintext: bool = False
    replace_process: bool = False
    in_spite_of_findings: bool = False

    def __post_init__(self) -> None:
        # Every way in passes here: the ID goes to a file, and names an entry. What a local
        # stand-in takes for an ID (`test`) may stay in the file that has it.
        if self.key and not (self.plaintext and len(self.key.id) < keys.SHORTEST):
            keys.checked_key_id(self.key.id)


@dataclass(slots=True)
class SetupResult:
    """What was done. ``kept_key_id`` is a former key that still has its entry.

    ``store`` is where the secret went. ``removal``: what happened to the pairs that have left
    the files.
    """

    profile: str
    identity: Identity | None = None
    store: str | None = None
    kept_key_id: str | None = None
    removal: RemovalPlan = field(default_factory=RemovalPlan)


class ProfileSetup:
    """Carries out requests, in two steps: first all that can fail or must be asked, then changes.

    ``check`` is None under ``--no-verify``.
    """

    def __init__(
        self,
        files: AwsFiles,
        *,
        check: Check | None,
        open_store: Callable[[], SecretStore],
        process_line: Callable[[str], str],
        context: RemovalContext,
    ) -> None:
        self._files = files
        self._check = check
        self._open_store = open_store
        self._process_line = process_line
        self._context = context

    def verify(self, request: SetupRequest) -> Identity | None:
        """Who the key belongs to.

        Raises AwsError, and ConfigurationError if the profile cannot hold a key.
        """
        key = request.key
        if key is None:
            return None
        documents = self._files.load()
        profiles = Profiles(documents.config, documents.credentials)
        self._change(request, key, target_of(profiles, request, key.id))(documents.clone())
        credentials: AccessKey | Session = key
        if request.token:
            credentials = Session(key.id, key.secret, request.token)
        region = request.settings.get("region") or profiles.find(request.profile).get("region")
        return self._check(credentials, region) if self._check else None

    def plan_removal(self, request: SetupRequest, identity: Identity | None) -> RemovalPlan:
        """What happens to every other pair that leaves the files; asks for consent if needed.

        ``identity`` is what `verify` has said. Nothing is changed. Raises what
        `pairs.plan_removal` raises.
        """
        key = request.key
        if key is None:
            return RemovalPlan()
        profiles = self._profiles()
        if not request.plaintext:
            self._require_same_secret(self._context.store_of(key.id), key)
        shown = profiles.find(request.profile)
        change = self._change(request, key, target_of(profiles, request, key.id))
        return pairs.plan_removal(
            pairs.would_go(self._files, change),
            self._context,
            new=key,
            is_verified=identity is not None,
            expected=lambda pair: _is_shown(pair, shown),
        )

    def carry_out(
        self,
        request: SetupRequest,
        identity: Identity | None = None,
        removal: RemovalPlan | None = None,
    ) -> SetupResult:
        """Store the key, read it back, and only then change both files, in one transaction.

        ``identity`` and ``removal`` are what `verify` and `plan_removal` have said. Raises what any
        of these raises, with the files as they were.
        """
        key = request.key
        if not self._profiles().has(request.profile):
            names.checked(request.profile)
        if key is None:
            pairs.would_go(self._files, lambda found: _write_settings(found, request))
            self._files.edit(lambda found: _write_settings(found, request))
            return SetupResult(request.profile)
        profiles = self._profiles()
        outcome = SetupResult(target_of(profiles, request, key.id), identity)
        outcome.removal = removal or self.plan_removal(request, identity)
        change = self._change(request, key, outcome.profile)
        if request.plaintext:
            self._replace(change, outcome.removal)
        else:
            self._keep(change, key, outcome)
        former = profiles.find(outcome.profile).stored_key_id
        outcome.kept_key_id = _no_longer_used(self._files, former)
        return outcome

    def _change(self, request: SetupRequest, key: AccessKey, target: str) -> Change:
        """The change of the files. Raises ConfigurationError if not every tool would read it so."""
        if request.plaintext:
            self._files.require_trusted()  # as process_line does
        line = "" if request.plaintext else self._process_line(target)

        def change(documents: AwsDocuments) -> None:
            written = request.profile
            if request.plaintext:
                write_plaintext(documents, request, key)
            else:
                written = write_managed(documents, request, key.id, line)
            if not request.in_spite_of_findings:
                require_one_reading(documents, {request.profile, written})

        return change

    def _replace(self, change: Change, removal: RemovalPlan) -> None:
        with pairs.safekeeping(removal, self._context):
            self._files.edit(change, credentials_first=True, settled=removal.secrets)

    def _keep(self, change: Change, key: AccessKey, outcome: SetupResult) -> None:
        removal = outcome.removal
        store = self._open_store()
        self._require_same_secret(store, key)
        stored = store.find_access_key(key.id)
        if stored and stored != key and outcome.identity:
            self._context.require_word(key.id, outcome.identity)
        try:
            with self._context.pointing_to(key.id):
                # Not before: from here on nobody erases it, until the files point to it.
                if store.find_access_key(key.id) != key:
                    store.keep_access_key(key)
                with pairs.safekeeping(removal, self._context):
                    self._files.edit(change, settled=removal.secrets)
        except BaseException:
            if stored is None:
                # The first error is the one to report.
                with contextlib.suppress(SecretStoreError, ConfigurationError):
                    self._context.erase(key.id)
            raise
        outcome.store = store.backend.name

    def _require_same_secret(self, store: SecretStore, key: AccessKey) -> None:
        """Raise UsageError if the store has another secret, and AWS must not be asked."""
        if not self._check and store.find_access_key(key.id) not in (None, key):
            raise UsageError(
                f"{store.backend.describe()} already has another secret for {key.id}; only "
                "a check with AWS can show which one is correct",
                code="secret-differs",
                hint="run it again without --no-verify",
            )

    def _profiles(self) -> Profiles:
        documents = self._files.load()
        return Profiles(documents.config, documents.credentials)


def _is_shown(pair: KeyPair, profile: Profile) -> bool:
    """Whether ``pair`` is the one that the prompts show for the profile."""
    values = profile.plaintext
    return (values.get(KEY_ID), values.get(SECRET)) == (pair.key_id, pair.secret)


def temporary_credentials() -> UsageError:
    """The error for a key with an ID that begins with ASIA: it is not stored."""
    return UsageError(
        "temporary credentials (with a session token) expire within hours: awscreds does "
        "not store them",
        code="temporary-credentials",
        hint="use --plaintext to write them to the credentials file as `aws configure` does",
    )


def target_of(profiles: Profiles, request: SetupRequest, key_id: str) -> str:
    """The profile for the key. Raises ConfigurationError if none can hold it."""
    profile = profiles.find(request.profile)
    if request.token and not request.plaintext:
        raise temporary_credentials()
    if request.plaintext:
        return profile.name
    if profile.self_sourcing:
        profile = profiles.find(profile.name + SOURCE_SUFFIX)
        if profile.access_key_id not in (None, key_id):
            raise ConfigurationError(
                f"{request.profile!r} is its own source_profile, so its keys must go to "
                f"{profile.name!r}, which already has another key",
                code="cannot-manage",
                hint="set source_profile to another profile, then configure that profile",
            )
    barrier = profile.overriding_setting
    if barrier:
        raise ConfigurationError(
            f"the profile {profile.name!r} has {barrier}, and every SDK uses this "
            "instead of stored keys",
            code="cannot-manage",
            hint="put the keys into a new profile, and set it as the source_profile of this one",
        )
    if profile.get(PROCESS) and not profile.has_our_process and not request.replace_process:
        raise ConfigurationError(
            f"the profile {profile.name!r} already has another credential_process line",
            code="foreign-process",
            hint="use --yes to replace this line, or choose another profile",
        )
    return profile.name


def _write_settings(documents: AwsDocuments, request: SetupRequest) -> None:
    for key, value in request.settings.items():
        kept_as = credential_line.stored_name(documents, request.profile, key)
        documents.config.set((PROFILE, request.profile), kept_as, value)
    credential_line.set_mfa_serial_aside(documents, request.profile)


def write_managed(documents: AwsDocuments, request: SetupRequest, key_id: str, line: str) -> str:
    """Let the profile get its key from awscreds; the name of the profile that has it then."""
    profiles = Profiles(documents.config, documents.credentials)
    target = target_of(profiles, request, key_id)
    section = (PROFILE, target)
    _write_settings(documents, request)
    if target != request.profile:
        documents.config.set((PROFILE, request.profile), "source_profile", target)
        region = profiles.find(request.profile).get("region")
        if region:
            documents.config.set(section, "region", region)
    credential_line.write(documents, target, line)
    documents.config.set(section, POINTER, key_id)
    for name in {request.profile, target}:
        remove_static_keys(documents, name)
    return target


def write_plaintext(documents: AwsDocuments, request: SetupRequest, key: AccessKey) -> None:
    section = (PROFILE, request.profile)
    _write_settings(documents, request)
    for name in STATIC:
        documents.config.unset(section, name)
    documents.credentials.set(section, KEY_ID, key.id)
    documents.credentials.set(section, SECRET, key.secret)
    for name in (TOKEN, "aws_security_token"):
        documents.credentials.unset(section, name)
    if request.token:
        documents.credentials.set(section, TOKEN, request.token)
    credential_line.remove(documents, request.profile)
    documents.config.unset(section, POINTER)


def _no_longer_used(files: AwsFiles, former: str | None) -> str | None:
    """``former`` if it is a stored key that no profile points to any more."""
    return former if former and not _is_pointed_to(files, former) else None


def _is_pointed_to(files: AwsFiles, key_id: str) -> bool:
    """Whether a profile names ``key_id`` as its stored key. True if the files cannot be read."""
    try:
        documents = files.load()
    except ConfigurationError:
        return True
    config = documents.config
    return any(config.get((PROFILE, name), POINTER) == key_id for name in config.profiles())
