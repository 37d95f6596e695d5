"""Letting the profiles that use an access key use another one."""

from __future__ import annotations

from awscreds.model.credential_process import POINTER, PROCESS
from awscreds.model.ini.document import PROFILE
from awscreds.model.key_usage import has_plaintext, key_ids_of, users_of
from awscreds.model.profile import KEY_ID, SECRET, Profile, Profiles
from awscreds.workflows import credential_line
from awscreds.workflows.pairs import remove_static_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from awscreds.model.credentials import AccessKey
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.ini.blocks import SectionKey
    from awscreds.model.ini.document import Document


def stays_plaintext(profile: Profile, successor: str | None = None) -> str | None:
    """Why this profile's plaintext key cannot move to the store; None if it can.

    ``successor`` is the key that takes its place, which the profile may name already.
    """
    if profile.overriding_setting:
        return f"it has {profile.overriding_setting}, which SDKs prefer to stored keys"
    if profile.get(PROCESS) and not profile.has_our_process:
        return "it has a credential_process of its own"
    if len(key_ids_of(profile) - {successor}) > 1:
        return "it names several keys, and SDKs differ on which they use"
    return None


def moves_to_store(profile: Profile, key_id: str, successor: str | None = None) -> bool:
    """Whether ``key_id`` is in plaintext in this profile, and can move to the store."""
    return has_plaintext(profile, key_id) and not stays_plaintext(profile, successor)


def shadowed_definitions(
    key_id: str,
    profiles: Profiles,
    paths: tuple[str, str],
    *,
    secret: str | None = None,
    but_for: Collection[str] = (),
) -> list[str]:
    """Where (``file:line``) a plaintext key is not read, and `repoint` does not reach it.

    Of two sections or lines for the same, the AWS CLI and boto3 use one, and some SDKs the other.
    Profiles in ``but_for`` lose their plaintext key wherever it is.
    """

    def places(name: str, sought: str | None) -> list[str]:
        return [
            place
            for profile, place, value, counts in _definitions(name, profiles, paths)
            if value == sought and not (profile and (counts or profile in but_for))
        ]

    return places(KEY_ID, key_id) or places(SECRET, secret)


def unheeded_others(
    key_id: str, profiles: Profiles, paths: tuple[str, str], moving: Collection[str]
) -> list[str]:
    """Where (``file:line``) a profile in ``moving`` names another key, which would go with it."""
    return [
        place
        for profile, place, value, _ in _definitions(KEY_ID, profiles, paths)
        if profile in moving and value not in ("", key_id)
    ]


def _definitions(
    name: str, profiles: Profiles, paths: tuple[str, str]
) -> Iterator[tuple[str | None, str, str, bool]]:
    """Every definition of ``name``: its profile, its place, its value, and whether it counts."""
    for path, document in zip(paths, (profiles.config, profiles.credentials), strict=True):
        for found in document.definitions(name):
            kind, profile = found.section
            counts = found.line == document.line_of(found.section, name)
            yield profile if kind == PROFILE else None, f"{path}:{found.line}", found.text, counts


def repoint(
    documents: AwsDocuments,
    former: str,
    key: AccessKey,
    *,
    keep_plaintext: bool,
    process_line: Callable[[str], str],
) -> list[str]:
    """Let every profile that uses the key ``former`` use ``key``; their names.

    Plaintext keys move to the store (``key`` is there already), unless ``keep_plaintext`` or
    something else keeps them: then the pair is replaced in its place.
    """
    changed = users_of(former, Profiles(documents.config, documents.credentials))
    for profile in changed:
        section = (PROFILE, profile.name)
        if moves_to_store(profile, former, key.id) and not keep_plaintext:
            credential_line.write(documents, profile.name, process_line(profile.name))
            documents.config.set(section, POINTER, key.id)
            remove_static_keys(documents, profile.name)
            continue
        for document in (documents.config, documents.credentials):
            _exchange(document, section, former, key)
        credential_line.set_mfa_serial_aside(documents, profile.name)
    return [profile.name for profile in changed]


def repoint_stored(documents: AwsDocuments, former: str, key_id: str) -> None:
    """Let every profile whose stored key is ``former`` use ``key_id``, in whichever file it is."""
    for document in (documents.config, documents.credentials):
        for name in document.profiles():
            if document.get((PROFILE, name), POINTER) == former:
                document.set((PROFILE, name), POINTER, key_id)
                credential_line.set_mfa_serial_aside(documents, name)


def _exchange(document: Document, section: SectionKey, former: str, key: AccessKey) -> None:
    values = document.values(section)
    if values.get(POINTER) == former:
        document.set(section, POINTER, key.id)
    if values.get(KEY_ID) == former:
        document.set(section, KEY_ID, key.id)
        document.set(section, SECRET, key.secret)
