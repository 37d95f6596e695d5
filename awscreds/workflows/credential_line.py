"""Our ``credential_process`` line in a profile: the one place that writes it and takes it out.

The AWS SDK for .NET, and with it PowerShell's AWS tools, accepts a profile only if its credential
properties, of both files together, are exactly one of the sets that it knows; beside
``credential_process`` nothing else may be there. (``CredentialProfileTypeDetector`` in
aws-sdk-net.) So what speaks of credentials is renamed in its place to ``awscreds_*`` when our line
comes, and renamed back, byte for byte, when it goes.
"""

from __future__ import annotations

from awscreds.model.credential_process import PROCESS
from awscreds.model.ini.document import PROFILE
from awscreds.model.profile import Profile, Profiles
from awscreds.model.settings import PREFIX, is_not_beside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from awscreds.stores.aws_files import AwsDocuments

MFA_SERIAL = "mfa_serial"


def write(documents: AwsDocuments, name: str, line: str) -> None:
    """Let the profile ``name`` get its credentials by ``line``, and by nothing else."""
    section = (PROFILE, name)
    documents.credentials.unset(section, PROCESS)
    documents.config.set(section, PROCESS, line)
    _set_aside(documents, name, _set_apart(documents, name))


def remove(documents: AwsDocuments, name: str) -> None:
    """Take our line out of the profile ``name``, and give back what was set aside for it."""
    section = (PROFILE, name)
    if _find(documents, name).has_our_process:
        for document in (documents.config, documents.credentials):
            document.unset(section, PROCESS)
    for document in (documents.config, documents.credentials):
        for key in list(document.values(section)):
            if key.startswith(PREFIX) and is_not_beside(key.removeprefix(PREFIX)):
                document.rename_key(section, key, lambda spelled: spelled[len(PREFIX) :])


def set_mfa_serial_aside(documents: AwsDocuments, name: str) -> None:
    """Set the MFA device of a profile with our line aside, as every edit of such a profile does.

    Earlier releases left it under its usual name. What else the user put beside the line is theirs.
    """
    if _find(documents, name).has_our_process:
        _set_aside(documents, name, [MFA_SERIAL])


def stored_name(documents: AwsDocuments, name: str, key: str) -> str:
    """The name by which the profile ``name`` holds ``key``: ours if it is set aside there."""
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
            # One that was set aside before and is named again is replaced by what is named now.
            for document in (documents.config, documents.credentials):
                document.unset(section, PREFIX + key)
        for document in found:
            document.rename_key(section, key, lambda spelled: PREFIX + spelled)
