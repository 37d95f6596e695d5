"""What an access key and its parts look like, and how bad ones are refused.

No message here quotes what was typed: it may be a secret, pasted at the wrong prompt.
"""

from __future__ import annotations

from awscreds.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LASTING_PREFIX = "AKIA"
"""Keys of users and of the root user. No session has such an ID."""

ROOT_KEY = "a key of the ROOT user: it can do everything, and no policy can limit it"
NO_ROOT_KEY = (
    "create an IAM user or a role for this work, then delete the root key in the console (Security "
    "credentials): "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html"
)
"""What to do instead of using a root key."""

TEMPORARY_PREFIX = "ASIA"
"""Temporary credentials carry this prefix.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes"""

_PREFIXES = (LASTING_PREFIX, TEMPORARY_PREFIX, "LKIA", "LSIA")
"""Only two prefixes of that list are for access keys (AIDA is a user, AROA a role, ABIA a bearer
token…). The other two are LocalStack's for the same:
https://docs.localstack.cloud/aws/capabilities/config/credentials/"""
_ID = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_SECRET_LENGTH = 40
_SECRET_LETTERS = _ID | frozenset("abcdefghijklmnopqrstuvwxyz/+")
SHORTEST, _LONGEST = (
    16,
    128,
)  # https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html
_USUAL = 20
_UNIQUE_IDS = ("ABIA", "ACCA", "AGPA", "AIDA", "AIPA", "ANPA", "ANVA", "APKA", "AROA", "ASCA")
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SECRET_NAMES = ("aws_secret_access_key", "aws_session_token", "aws_security_token")
NOT_AN_ID = "(hidden: not an access key ID)"
_MFA_ARN_PARTS = 6
HIDDEN = "****************"
"""What is shown in place of a secret."""


def mask(value: str | None) -> str:
    """``value`` as it may be shown: 16 stars, and the last 4 characters if it is long.

    ``aws configure`` shows the last 4 of any value, and so the whole of a short secret.
    """
    if not value:
        return "None"
    return HIDDEN + value[-4:] if len(value) >= 16 else HIDDEN


def is_key_id(text: str) -> bool:
    """Whether ``text`` is the ID of an access key, and so not a misplaced secret.

    An ID is upper-case letters and digits after a documented prefix. Services that imitate AWS
    (Ceph, MinIO, Wasabi) use twenty of them without a prefix. A secret is 40 letters of both
    cases.
    """
    if len(text) < SHORTEST:
        return False
    if len(text) == _USUAL and set(text) <= _ID:
        return not text.startswith(_UNIQUE_IDS)
    return _is_prefixed(text)


def has_id_form(text: str) -> bool:
    """Whether ``text`` may be shown as an ID: `is_key_id`, or shorter than AWS's IDs."""
    return is_key_id(text) or _is_prefixed(text)


def all_have_id_form(texts: list[str]) -> bool:
    """Whether all ``texts`` are sure to have the form `has_id_form`, seen at once."""
    return (
        {len(text) for text in texts} == {_USUAL}
        and set("".join(texts)) <= _ID
        and {text[:4] for text in texts}.isdisjoint(_UNIQUE_IDS)
    )


def _is_prefixed(text: str) -> bool:
    return text.startswith(_PREFIXES) and len(text) <= _LONGEST and set(text) <= _ID


def may_be_secret(text: str) -> bool:
    """Whether ``text`` has the form of a secret access key: 40 letters, digits, / and +."""
    return len(text) == _SECRET_LENGTH and set(text) <= _SECRET_LETTERS


def secret_in(text: str) -> str | None:
    """The first word of ``text`` that `may_be_secret`, for an ID and secret pasted together."""
    if len(text) < _SECRET_LENGTH:
        return None
    words = "".join(char if char in _SECRET_LETTERS else " " for char in text).split()
    return next(filter(may_be_secret, words), None)


def reads_as_secret(text: str) -> bool:
    """Whether ``text`` `may_be_secret`, and has both cases and digits, as almost all secrets do."""
    return (
        may_be_secret(text)
        and any(char.isupper() for char in text)
        and any(char.islower() for char in text)
        and any(char.isdigit() for char in text)
    )


def unless_secret(text: str) -> str:
    """``text``, or a replacement if `secret_in` finds a word in it."""
    return HIDDEN if secret_in(text) else text


def holds_secret_line(text: str) -> bool:
    """Whether a line of a value sets a secret or a token, because it was indented below the key."""
    return any(_is_secret_name(line.replace(":", "=").partition("=")[0]) for line in _rest(text))


def _rest(value: str) -> list[str]:
    return value.split("\n")[1:]


def _is_secret_name(text: str) -> bool:
    return text.strip().lower() in SECRET_NAMES


def hide_secrets(text: str, given: Iterable[str]) -> str:
    """``text`` without the words ``given`` on the command line that `reads_as_secret`.

    And without the secrets that quoted lines of a file set: a value has several lines if the lines
    below it were indented.
    """
    if any(name in text.lower() for name in SECRET_NAMES):
        import re

        names = "|".join(SECRET_NAMES)
        text = re.sub(rf"(?i)((?:{names})\s*[=:]\s*)[^\s,\\]{{8,}}", rf"\1{HIDDEN}", text)
    for word in given:
        for part in (word.lstrip("-"), word.partition("=")[2]):
            if reads_as_secret(part):
                text = text.replace(part, HIDDEN)
    return text


def shown_key_id(text: str | None) -> str:
    """An access key ID as people and programs may see it.

    What does not look like one is not shown, not even a part: it may be a secret that was typed in
    the wrong place.
    """
    if not text:
        return "None"
    return text if has_id_form(text) else NOT_AN_ID


def shown_entry(name: str) -> str:
    """A store entry's name for people: an access key's ID, or one of ours, which has a dash."""
    return name if "-" in name or ":" in name else shown_key_id(name)


def masked_key_id(text: str | None) -> str:
    """An access key ID as the prompts and tables of `aws configure` show it."""
    if not text:
        return "None"
    return mask(text) if has_id_form(text) else HIDDEN


def unquoted(typed: str) -> str:
    """The pasted text without the blanks and quotes around it."""
    return typed.strip().strip(_QUOTES).strip()


def account_in(key_id: str) -> str | None:
    """The account in an access key ID; None if it has none for certain.

    After the prefix an ID is base32. If its first bit is set, the account follows in 40 bits. AWS
    does not document that, and IDs from before 2019 do not have it.
    https://awsteele.com/blog/2020/09/26/aws-access-key-format.html
    https://medium.com/@TalBeerySec/a-short-note-on-aws-key-id-f88cc4317489
    """
    body = key_id[4:]
    if not key_id.startswith(("AKIA", TEMPORARY_PREFIX)) or len(body) != 16:
        return None
    if not set(body) <= set(_BASE32):
        return None
    first = 0  # the first 45 of 80 bits
    for char in body[:9]:
        first = first * len(_BASE32) + _BASE32.index(char)
    account = (first >> 4) & ((1 << 40) - 1)
    if not first >> 44 or account >= 10**12:
        return None
    return f"{account:012d}"


def checked_key_id(typed: str) -> str:
    """An access key id. Raises UsageError."""
    key_id = unquoted(typed)
    if is_key_id(key_id):
        return key_id
    raise UsageError(
        "this is not an access key ID: an ID has only upper-case letters and "
        "digits, like AKIAIOSFODNN7EXAMPLE",
        code="bad-access-key-id",
        hint="nothing was stored; if this was the secret, wait: the next question asks for it",
    )


def checked_secret(typed: str) -> str:
    """A secret access key: printable ASCII without blanks. Raises UsageError."""
    secret = unquoted(typed)
    if secret and all("!" <= char <= "~" for char in secret):
        return secret
    raise UsageError(
        "this is not a secret access key: a secret has 40 characters (letters, "
        "digits, / and +) and no spaces",
        code="bad-secret",
        hint="nothing was stored; copy the complete secret again",
    )


def checked_mfa_serial(typed: str) -> str:
    """A device's serial: the ARN of a virtual device, or the number of a hardware one."""
    serial = unquoted(typed)
    parts = serial.split(":")
    is_arn = (
        len(parts) == _MFA_ARN_PARTS
        and parts[0] == "arn"
        and parts[2] == "iam"
        and parts[5].startswith(("mfa/", "sms-mfa/", "u2f/"))
    )
    if is_arn or (9 <= len(serial) <= 256 and serial.isascii() and serial.isalnum()):
        return serial
    raise UsageError(
        "this is not the serial of an MFA device: a serial is an ARN like "
        "arn:aws:iam::123456789012:mfa/alice, or the number on a hardware token",
        code="bad-mfa-serial",
        hint="find the serial in the IAM console, under Security credentials",
    )
