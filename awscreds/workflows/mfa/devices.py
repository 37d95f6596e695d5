"""What is known of an MFA device, and how it stands in a profile."""

from __future__ import annotations

from awscreds.model.ini.document import PROFILE
from awscreds.model.settings import MFA_PROCESS, PREFIX
from awscreds.workflows import credential_line
from awscreds.workflows.credential_line import MFA_SERIAL
from awscreds.workflows.sessions.token_codes import is_fido

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.profile import Profiles

VIRTUAL, FIDO, HARDWARE = "virtual", "fido", "hardware"


def kind_of(serial: str) -> str:
    """What a device is, by its serial: only virtual devices and FIDO keys have ARNs.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_MFADevice.html
    """
    if is_fido(serial):
        return FIDO
    return VIRTUAL if ":mfa/" in serial else HARDWARE


def users_of(serial: str, profiles: Profiles) -> list[str]:
    """The profiles that name the device."""
    return [each.name for each in profiles.all() if each.of_role(MFA_SERIAL) == serial]


def name_device(
    documents: AwsDocuments, profile: str, serial: str, process: str | None = None
) -> None:
    """Let the profile use the device, and ``process`` for its codes if that is not None."""
    credential_line.set_mfa_serial_aside(documents, profile)
    _set(documents, profile, credential_line.stored_name(documents, profile, MFA_SERIAL), serial)
    if process is not None:
        _set(documents, profile, MFA_PROCESS.name, process)


def unname_device(documents: AwsDocuments, serial: str, process: str | None = None) -> list[str]:
    """Remove the device from every profile that names it, and ``process``. Those profiles."""
    found = set()
    for document in (documents.config, documents.credentials):
        for key in (MFA_SERIAL, PREFIX + MFA_SERIAL):
            for each in document.definitions(key):
                if each.section[0] == PROFILE and each.text == serial:
                    document.unset(each.section, key)
                    found.add(each.section)
        for each in document.definitions(MFA_PROCESS.name) if process is not None else ():
            if each.section in found and each.text == process:
                document.unset(each.section, MFA_PROCESS.name)
    return sorted(section[1] or "" for section in found)


def _set(documents: AwsDocuments, profile: str, key: str, value: str) -> None:
    """Where SDKs read it: the credentials file overrides the config file key by key."""
    section = (PROFILE, profile)
    document = documents.config
    if documents.credentials.get(section, key) is not None:
        document = documents.credentials
    document.set(section, key, value)
