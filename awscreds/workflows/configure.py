"""Setting up a profile: the pair is checked, stored, read back, and only then pointed to."""

from __future__ import annotations

import contextlib

from awscreds.errors import ConfigurationError, SecretStoreError, UsageProblem
from awscreds.model import keys
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.ini import PROFILE
from awscreds.model.profile import KEY_ID, SECRET, STATIC, TOKEN, Profile, Profiles
from awscreds.model.serving import POINTER, PROCESS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from awscreds.aws import Identity
    from awscreds.stores.awsfiles import AwsDocuments, AwsFiles
    from awscreds.stores.secrets import SecretStore

    class Check(Protocol):
        """Asks AWS whose credentials these are; raises AwsError where it refuses them."""

        def __call__(self, credentials: AccessKey | Session, region: str | None) -> Identity: ...


SOURCE_SUFFIX = "-source"


class Request:
    """What is to be set. None leaves a thing as it is."""

    def __init__(
        self,
        profile: str,
        *,
        key: AccessKey | None = None,
        token: str | None = None,
        settings: Mapping[str, str] | None = None,
        plaintext: bool = False,
        replace_process: bool = False,
    ) -> None:
        self.profile = keys.checked_profile_name(profile)
        self.key = key
        self.token = token
        self.settings = dict(settings or {})
        self.plaintext = plaintext
        self.replace_process = replace_process


class Outcome:
    """What was done. ``kept_key_id`` is a former key that still has its entry."""

    def __init__(self, profile: str, identity: Identity | None) -> None:
        self.profile = profile
        self.identity = identity
        self.store: str | None = None
        self.kept_key_id: str | None = None


def present_key(profile: Profile, store_of: Callable[[str], SecretStore]) -> AccessKey | None:
    """The access key of a profile: its plaintext one, which SDKs prefer, else the stored one.

    None where there is neither, or an id without its secret, which SDKs refuse.
    """
    key_id, secret = profile.plaintext.get(KEY_ID), profile.plaintext.get(SECRET)
    if isinstance(key_id, str):
        return AccessKey(key_id, secret) if isinstance(secret, str) and secret else None
    stored = profile.stored_key_id
    return store_of(stored).access_key(stored) if stored else None


def configure(
    request: Request,
    *,
    files: AwsFiles,
    check: Check | None,
    open_store: Callable[[], SecretStore],
    process_line: Callable[[str], str],
) -> Outcome:
    """Carry out ``request``.

    ``check`` is None under ``--no-verify``. The order is what keeps a failure harmless: AWS is
    asked first, then the secret is stored and read back, and last both files change in one
    transaction. Raises what any of these raises, with the files as they were.
    """
    documents = files.load()
    profiles = Profiles(documents.config, documents.credentials)
    profile = profiles.find(request.profile)
    key = request.key
    if key is None:
        files.edit(lambda found: _write_settings(found, request.profile, request.settings))
        return Outcome(request.profile, None)

    target = _target(profiles, request, key.id)
    credentials: AccessKey | Session = key
    if request.token:
        credentials = Session(key.id, key.secret, request.token)
    region = request.settings.get("region") or profile.get("region")
    outcome = Outcome(target, check(credentials, region) if check else None)
    if request.plaintext:
        files.edit(lambda found: _write_plaintext(found, request, key), credentials_first=True)
        outcome.kept_key_id = _no_longer_used(files, profile.stored_key_id)
        return outcome

    line = process_line(target)
    store = open_store()
    stored = store.find_access_key(key.id)
    if stored != key:
        if stored and not check:
            raise UsageProblem(
                f"{store.backend.describe()} holds another secret for {key.id}, and only AWS can "
                "tell which one is right",
                code="secret-differs",
                hint="run it again without --no-verify",
            )
        store.keep_access_key(key)
    try:
        files.edit(lambda found: _write_managed(found, request, key.id, line))
    except BaseException:
        if stored is None and not _is_pointed_to(files, key.id):
            # What went wrong first is what is reported.
            with contextlib.suppress(SecretStoreError):
                store.erase(key.id)
        raise
    outcome.store = store.backend.name
    outcome.kept_key_id = _no_longer_used(files, profiles.find(target).stored_key_id)
    return outcome


def _target(profiles: Profiles, request: Request, key_id: str) -> str:
    """The profile that is to hold the key. Raises ConfigurationError where none can."""
    profile = profiles.find(request.profile)
    if request.token and not request.plaintext:
        raise UsageProblem(
            "temporary credentials (with a session token) expire within hours: awscreds does not "
            "keep them",
            code="temporary-credentials",
            hint="say --plaintext to write them to the credentials file as `aws configure` does",
        )
    if request.plaintext:
        return profile.name
    if profile.self_sourcing:
        profile = profiles.find(profile.name + SOURCE_SUFFIX)
        if profile.access_key_id not in (None, key_id):
            raise ConfigurationError(
                f"the keys of {request.profile!r} belong in {profile.name!r}, which has another "
                "key already",
                code="cannot-manage",
                hint="name a profile of your choice as its source_profile, and configure that",
            )
    barrier = profile.bars_management
    if barrier:
        raise ConfigurationError(
            f"the profile {profile.name!r} has {barrier}, which every SDK prefers to stored keys",
            code="cannot-manage",
            hint="put the keys in a profile of their own and name that as its source_profile",
        )
    if profile.get(PROCESS) and not profile.line_is_ours and not request.replace_process:
        raise ConfigurationError(
            f"the profile {profile.name!r} gets its keys from a credential_process of its own",
            code="foreign-process",
            hint="say --yes to replace that line, or choose another profile",
        )
    return profile.name


def _write_settings(documents: AwsDocuments, name: str, settings: Mapping[str, str]) -> None:
    for key, value in settings.items():
        documents.config.set((PROFILE, name), key, value)


def _write_managed(documents: AwsDocuments, request: Request, key_id: str, line: str) -> None:
    profiles = Profiles(documents.config, documents.credentials)
    target = _target(profiles, request, key_id)
    section = (PROFILE, target)
    _write_settings(documents, request.profile, request.settings)
    if target != request.profile:
        documents.config.set((PROFILE, request.profile), "source_profile", target)
        region = profiles.find(request.profile).get("region")
        if region:
            documents.config.set(section, "region", region)
    documents.credentials.unset(section, PROCESS)
    documents.config.set(section, PROCESS, line)
    documents.config.set(section, POINTER, key_id)
    for name in {request.profile, target}:
        remove_static_keys(documents, name)


def _write_plaintext(documents: AwsDocuments, request: Request, key: AccessKey) -> None:
    section = (PROFILE, request.profile)
    _write_settings(documents, request.profile, request.settings)
    for name in STATIC:
        documents.config.unset(section, name)
    documents.credentials.set(section, KEY_ID, key.id)
    documents.credentials.set(section, SECRET, key.secret)
    for name in (TOKEN, "aws_security_token"):
        documents.credentials.unset(section, name)
    if request.token:
        documents.credentials.set(section, TOKEN, request.token)
    profile = Profiles(documents.config, documents.credentials).find(request.profile)
    if profile.line_is_ours:
        documents.config.unset(section, PROCESS)
    documents.config.unset(section, POINTER)


def remove_static_keys(documents: AwsDocuments, name: str) -> None:
    """Take the plaintext keys of a profile out of both files; a section that is left bare goes."""
    section = (PROFILE, name)
    for name_of_key in STATIC:
        documents.config.unset(section, name_of_key)
        documents.credentials.unset(section, name_of_key)
    if documents.credentials.is_bare(section):
        documents.credentials.remove_section(section)


def _no_longer_used(files: AwsFiles, former: str | None) -> str | None:
    """``former`` where it is a stored key that no profile points to any more."""
    return former if former and not _is_pointed_to(files, former) else None


def _is_pointed_to(files: AwsFiles, key_id: str) -> bool:
    """Whether a profile names ``key_id`` as its stored key. Where that cannot be seen: it may."""
    try:
        documents = files.load()
    except ConfigurationError:
        return True
    config = documents.config
    return any(config.get((PROFILE, name), POINTER) == key_id for name in config.profiles())
