"""What an access key, its parts and its companions look like, and how bad ones are refused.

No message here quotes what was typed: a secret pasted at the wrong prompt must not come back.
"""

from __future__ import annotations

from awscreds.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LASTING_PREFIX = "AKIA"
"""Keys of users and of the root user: no session has an id like that."""

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
"""Of the prefixes of that list only two are access keys' (AIDA is a user, AROA a role, ABIA a
bearer token…). The other two are LocalStack's for the same:
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
"""What stands for a secret on a screen."""


def mask(value: str | None) -> str:
    """``value`` as it may be shown: 16 stars, and the last 4 characters of a long value.

    ``aws configure`` shows the last 4 of anything, and so a short secret whole.
    """
    if not value:
        return "None"
    return HIDDEN + value[-4:] if len(value) >= 16 else HIDDEN


def is_key_id(text: str) -> bool:
    """Whether ``text`` is the id of an access key, and so no secret that went astray.

    An id is upper-case letters and digits behind a documented prefix. Twenty of them with no prefix
    at all are what services that imitate AWS (Ceph, MinIO, Wasabi) give out. A secret is 40 letters
    of either case.
    """
    if len(text) < SHORTEST:
        return False
    if len(text) == _USUAL and set(text) <= _ID:
        return not text.startswith(_UNIQUE_IDS)
    return _is_prefixed(text)


def has_id_form(text: str) -> bool:
    """Whether ``text`` may be shown as an id: `is_key_id`, or shorter than AWS's are."""
    return is_key_id(text) or _is_prefixed(text)


def _is_prefixed(text: str) -> bool:
    return text.startswith(_PREFIXES) and len(text) <= _LONGEST and set(text) <= _ID


def may_be_secret(text: str) -> bool:
    """Whether ``text`` has the form of a secret access key: 40 letters, digits, / and +."""
    return len(text) == _SECRET_LENGTH and set(text) <= _SECRET_LETTERS


def secret_in(text: str) -> str | None:
    """The first word of ``text`` that `may_be_secret`: an id and its secret pasted as one."""
    words = "".join(char if char in _SECRET_LETTERS else " " for char in text).split()
    return next(filter(may_be_secret, words), None)


def reads_as_secret(text: str) -> bool:
    """Whether ``text`` `may_be_secret`, and is of both cases and digits, as all but all are."""
    return (
        may_be_secret(text)
        and any(char.isupper() for char in text)
        and any(char.islower() for char in text)
        and any(char.isdigit() for char in text)
    )


def unless_secret(text: str) -> str:
    """``text``, or nothing of it where `secret_in` finds a word in it."""
    return HIDDEN if secret_in(text) else text


def holds_secret_line(text: str) -> bool:
    """Whether a value has a line that gives a secret or a token: one that was indented below it."""
    return any(_is_secret_name(line.replace(":", "=").partition("=")[0]) for line in _rest(text))


def _rest(value: str) -> list[str]:
    return value.split("\n")[1:]


def _is_secret_name(text: str) -> bool:
    return text.strip().lower() in SECRET_NAMES


def hide_secrets(text: str, given: Iterable[str]) -> str:
    """``text`` without the words ``given`` on the command line that `reads_as_secret`.

    And without what a line of a file that is quoted in it gives as a secret: a value has more lines
    than one where what is below it was indented.
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
    """An access key id as people and programs may see it.

    Whatever does not look like one is not shown, not even in part: it may be a secret that was
    typed in the wrong place.
    """
    if not text:
        return "None"
    return text if has_id_form(text) else NOT_AN_ID


def shown_entry(name: str) -> str:
    """The name of an entry of the store: an access key's id, or one of ours, which has a dash."""
    return name if "-" in name or ":" in name else shown_key_id(name)


def masked_key_id(text: str | None) -> str:
    """An access key id as the prompts and tables of `aws configure` show it."""
    if not text:
        return "None"
    return mask(text) if has_id_form(text) else HIDDEN


def unquoted(typed: str) -> str:
    """What was pasted, without the blanks and quotes that came along."""
    return typed.strip().strip(_QUOTES).strip()


def account_in(key_id: str) -> str | None:
    """The account that an access key id shows; None where it does not show one for certain.

    Behind the prefix an id is base32. Where the first of its bits is set, the account follows in 40
    of them; AWS documents none of that, and ids of before 2019 do not have it.
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
    """A device's serial: the ARN of a virtual one, or a hardware one's number."""
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
