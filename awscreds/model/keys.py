"""What an access key, its parts and its companions look like, and how bad ones are refused.

No message here quotes what was typed: a secret pasted at the wrong prompt must not come back.
"""

from __future__ import annotations

from awscreds.errors import UsageProblem

TEMPORARY_PREFIX = "ASIA"
"""Temporary credentials carry this prefix.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"""

_ID = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_MFA_ARN_PARTS = 6


def is_key_id(text: str) -> bool:
    """Whether ``text`` looks like an access key id: 16 to 128 word characters.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html
    """
    return 16 <= len(text) <= 128 and set(text) <= _ID


def checked_key_id(typed: str) -> str:
    """An access key id, 16 to 128 word characters. Raises UsageProblem."""
    key_id = typed.strip()
    if is_key_id(key_id):
        return key_id
    raise UsageProblem(
        "that is not an access key id: those are 16 to 128 letters and digits, like "
        "AKIAIOSFODNN7EXAMPLE",
        code="bad-access-key-id",
        hint="if it was the secret, its own prompt comes next; nothing was stored",
    )


def checked_secret(typed: str) -> str:
    """A secret access key: printable ASCII without blanks. Raises UsageProblem."""
    secret = typed.strip()
    if secret and all("!" <= char <= "~" for char in secret):
        return secret
    raise UsageProblem(
        "that is not a secret access key: those are 40 letters, digits, / and +, without blanks",
        code="bad-secret",
        hint="copy it again, whole; nothing was stored",
    )


def checked_mfa_serial(typed: str) -> str:
    """A device's serial: the ARN of a virtual one, or a hardware one's number."""
    serial = typed.strip()
    parts = serial.split(":")
    is_arn = (
        len(parts) == _MFA_ARN_PARTS
        and parts[0] == "arn"
        and parts[2] == "iam"
        and parts[5].startswith(("mfa/", "sms-mfa/", "u2f/"))
    )
    if is_arn or (9 <= len(serial) <= 256 and serial.isascii() and serial.isalnum()):
        return serial
    raise UsageProblem(
        "that is not an MFA serial: it is an ARN like arn:aws:iam::123456789012:mfa/alice, or the "
        "number on a hardware token",
        code="bad-mfa-serial",
        hint="the IAM console shows it under Security credentials",
    )


def checked_profile_name(name: str) -> str:
    """A name that every AWS tool can be given. Raises UsageProblem."""
    if not name.strip() or name != name.strip() or not name.isprintable() or "]" in name:
        raise UsageProblem(
            "a profile's name cannot be empty, have blanks around it, control characters or a ]",
            code="bad-profile-name",
            hint="choose letters, digits and . _ - @ + / =",
        )
    return name
