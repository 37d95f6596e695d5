"""Our ``credential_process`` line in a profile. Only this module writes and removes it.

The AWS SDK for .NET, and PowerShell's AWS tools with it, accept a profile only if its credential
settings, in both files together, are exactly one of the sets they know. With
``credential_process`` they accept no other (``CredentialProfileTypeDetector`` in aws-sdk-net).
So the other credential settings are renamed in place to ``awscreds_*`` when our line is written,
and renamed back, byte for byte, when it is removed.
"""

from __future__ import annotations

from awscreds.model.credential_process import PROCESS, is_ours
from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.document import PROFILE, Document
from awscreds.model.profile import Profile, Profiles
from awscreds.model.settings import PREFIX, is_not_beside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awscreds.model.ini.blocks import Block

MFA_SERIAL = "mfa_serial"
_AS_READ = "surrogateescape"


def write(documents: AwsDocuments, name: str, line: str) -> None:
    """Let the profile ``name`` get its credentials by ``line``, and in no other way."""
    section = (PROFILE, name)
    documents.credentials.unset(section, PROCESS)
    documents.config.set(section, PROCESS, line)
    _set_aside(documents, name, _set_apart(documents, name))


def write_many(documents: AwsDocuments, lines: Mapping[str, str]) -> None:
    """The same for many profiles by their names, in one pass over the config file.

    They are only there, each with one header.
    """
    sections = {(PROFILE, name): line for name, line in lines.items()}
    changes: dict[Block, Block | None] = {}
    for block in documents.config.blocks[1:]:
        if block.key in sections:
            text = Document.parse(block.raw.encode(errors=_AS_READ))
            none = Document.parse(b"", credentials=True)
            alone = AwsDocuments(text, none, "", "")
            write(alone, block.key[1] or "", sections[block.key])
            changes[block] = block.with_raw(alone.config.render().decode(errors=_AS_READ))
    documents.config.exchange(changes)


def settings_with(line: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The ``settings`` of a new profile that gets its credentials by ``line``."""
    aside = {PREFIX + key if is_not_beside(key) else key: text for key, text in settings.items()}
    return {**aside, PROCESS: line}


def renew(documents: AwsDocuments, name: str, before: str, line: str) -> None:
    """Replace our line ``before`` by ``line``, if the profile ``name`` still has it."""
    if _find(documents, name).get(PROCESS) == before:
        for document in (documents.config, documents.credentials):
            if PROCESS in document.values((PROFILE, name)):
                document.set((PROFILE, name), PROCESS, line)
        set_mfa_serial_aside(documents, name)


def remove(documents: AwsDocuments, name: str) -> None:
    """Remove our line from the profile ``name``, and restore what was set aside for it."""
    section = (PROFILE, name)
    if _find(documents, name).has_our_process:
        for document in (documents.config, documents.credentials):
            document.unset(section, PROCESS)
    for document in (documents.config, documents.credentials):
        for key in list(document.values(section)):
            if key.startswith(PREFIX) and is_not_beside(key.removeprefix(PREFIX)):
                document.rename_key(section, key, lambda spelled: spelled[len(PREFIX) :])


def replace(documents: AwsDocuments, name: str, line: str | None) -> bool:
    """Let the profile ``name`` have this line, ours or another, or none; whether it had one.

    What was set aside for our line is restored if it goes.
    """
    section = (PROFILE, name)
    had_one = any(
        PROCESS in document.values(section)
        for document in (documents.config, documents.credentials)
    )
    if line is not None and is_ours(line):
        write(documents, name, line)
        return had_one
    if _find(documents, name).has_our_process:
        remove(documents, name)
    in_credentials = PROCESS in documents.credentials.values(section)
    document = documents.credentials if in_credentials else documents.config
    if line is not None:
        document.set(section, PROCESS, line)
        return had_one
    for each in (documents.config, documents.credentials):
        each.unset(section, PROCESS)
    return had_one


def set_mfa_serial_aside(documents: AwsDocuments, name: str) -> None:
    """Set aside the MFA device of a profile that has our line. Every edit of such a profile does.

    Earlier releases left it under its usual name. Other settings beside the line are the user's.
    """
    if _find(documents, name).has_our_process:
        _set_aside(documents, name, [MFA_SERIAL])


def set_all_aside(documents: AwsDocuments, name: str) -> list[str]:
    """Set aside everything that must not stand beside our line. Returns the new names.

    For a profile that we write anew, as a copy: nobody put these settings beside our line there.
    """
    if not _find(documents, name).has_our_process:
        return []
    keys = _set_apart(documents, name)
    _set_aside(documents, name, keys)
    return [PREFIX + key for key in keys]


def stored_name(documents: AwsDocuments, name: str, key: str) -> str:
    """The name under which the profile ``name`` has ``key``: with our prefix if it is set aside."""
    profile = _find(documents, name)
    aside = PREFIX + key
    is_aside = profile.has_our_process and (key == MFA_SERIAL or profile.get(aside) is not None)
    return aside if is_not_beside(key) and is_aside else key


def _find(documents: AwsDocuments, name: str) -> Profile:
    return Profiles(documents.config, documents.credentials).find(name)


def _set_apart(documents: AwsDocuments, name: str) -> list[str]:
    profile = _find(documents, name)
    return [key for key in {**profile.config, **profile.credentials} if is_not_beside(key)]


def _set_aside(documents: AwsDocuments, name: str, keys: Iterable[str]) -> None:
    section = (PROFILE, name)
    for key in keys:
        found = [d for d in (documents.config, documents.credentials) if key in d.values(section)]
        if found:
            # A setting that was set aside before is replaced by the new one. One in the config
            # does not win over one in the credentials file, and stays: perhaps only the config
            # was replaced when a former run was killed.
            for document in (*found, documents.credentials):
                document.unset(section, PREFIX + key)
        for document in found:
            document.rename_key(section, key, lambda spelled: PREFIX + spelled)
