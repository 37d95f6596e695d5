"""What other credential managers write: their lines in the config file, and the data of their keys.

The layouts are from the sources of aws-vault (99designs and ByteNess), of 99designs/keyring, which
aws-vault and granted use, and of granted.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from dataclasses import dataclass

from awscreds.errors import SecretStoreError, UsageError
from awscreds.model.credentials import AccessKey
from awscreds.model.ini.blocks import split_words
from awscreds.model.keys import TEMPORARY_PREFIX, checked_key_id, checked_secret
from awscreds.model.windows_programs import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

AWS_VAULT = "aws-vault"
GRANTED = "granted"
AWSKEYRING = "awskeyring"
AWS_MFA = "aws-mfa"
AWSUME = "awsume"
TOOLS = (AWS_VAULT, GRANTED, AWSKEYRING, AWS_MFA, AWSUME)

LARGEST = 65_536
"""Bytes that an entry may have. One with an access key has less than 1,000."""


# -- the data of an entry ----------------------------------------------------------------------


def item_data(text: bytes, name: str) -> bytes:
    """The data in the JSON of an item of 99designs/keyring. Raises SecretStoreError.

    Its backends for files, the Secret Service, KWallet and pass write the whole item.
    """
    item = _json_object(text)
    data = item.get("Data") if item else None
    if item is None or not isinstance(data, str):
        raise _broken("it is not what that program writes")
    if item.get("Key") != name:
        raise _broken("it is the entry of another name: it was moved or renamed")
    decoded = None
    with contextlib.suppress(binascii.Error, ValueError):
        decoded = base64.b64decode(data, validate=True)
    if decoded is None:
        raise _broken("it is not what that program writes")
    return decoded


def key_of(data: bytes) -> AccessKey | None:
    """The access key in the data of an entry; None for temporary credentials.

    It is the JSON that Go makes of ``aws.Credentials``. Raises SecretStoreError, which shows
    nothing of it.
    """
    found = _json_object(data)
    if found is None:
        raise _broken("it is not the JSON of an access key")
    key_id, secret = found.get("AccessKeyID"), found.get("SecretAccessKey")
    if not (isinstance(key_id, str) and isinstance(secret, str)):
        raise _broken("it is not the JSON of an access key")
    if found.get("SessionToken") or key_id.startswith(TEMPORARY_PREFIX):
        return None
    with contextlib.suppress(UsageError):
        key = AccessKey(checked_key_id(key_id), checked_secret(secret))
        if (key.id, key.secret) == (key_id, secret):
            return key
    raise _broken("it has no valid access key")


def _json_object(text: bytes) -> Mapping[str, object] | None:
    # The error of the JSON parser holds the whole text, so it ends here.
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(text)
        if isinstance(found, dict):
            return found
    return None


def _broken(why: str) -> SecretStoreError:
    return SecretStoreError(why, code="entry-broken")


# -- the names of entries ----------------------------------------------------------------------

_SESSION = re.compile(r"[^,]+,(?P<profile>[^,]+),(?P<serial>[^,]*),[0-9]+")
_OLD_SESSIONS = (
    re.compile(r"session,[^,]+,[^,]*,[0-9]{2,}"),
    re.compile(r"session:[^ ]+:[^ ]*:[^:]+"),
    re.compile(r".+? session \(\d+\)"),
)


def is_session(name: str) -> bool:
    """Whether aws-vault keeps a session or a token under this name, and not an access key."""
    found = _SESSION.fullmatch(name)
    is_current = found and all(map(_is_base64, found.group("profile", "serial")))
    is_old = any(pattern.fullmatch(name) for pattern in _OLD_SESSIONS)
    return bool(is_current or is_old or name.startswith("oidc:"))


def _is_base64(text: str) -> bool:
    with contextlib.suppress(ValueError):
        base64.b64decode(text + "=" * (-len(text) % 4), "-_", validate=True)
        return True
    return False


# -- their lines in the config file ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToolLine:
    """A ``credential_process`` line that starts another tool.

    ``entry`` is the name of the key in its store; None if awscreds does not understand the line.
    ``backend`` is the store that the line selects. ``serves_session``: with an MFA device, the
    tool gave SDKs a session.
    """

    tool: str
    entry: str | None = None
    backend: str | None = None
    serves_session: bool = False


_VALUED = {
    "aws-vault": ("--backend", "--prompt"),
    "exec": ("-d", "--duration", "--region", "-t", "--mfa-token", "--prompt"),
    "export": ("-d", "--duration", "--region", "-t", "--mfa-token", "--prompt", "--format"),
}
"""The options of aws-vault that take a value, and do not select other entries of its store."""
_PLAIN = ("-n", "--no-session", "-j", "--json", "--stdout", "--debug", "--lazy", "--biometrics")


def tool_line(line: str) -> ToolLine | None:
    """The tool that a ``credential_process`` line starts, if it is one of those; else None."""
    words = _words(line)
    program = _program(words[0]) if words else ""
    if program == "aws-vault":
        return _of_aws_vault(words[1:])
    if program in ("granted", "dgranted"):
        return _of_granted(words[1:])
    if program == "awskeyring":
        names = [word for word in words[2:] if word not in ("-n", "--no-token")]
        is_known = words[1:2] == ["json"] and len(names) == 1 and not names[0].startswith("-")
        return ToolLine(AWSKEYRING, names[0] if is_known else None, serves_session=True)
    inner = " ".join(words)
    started = next((tool for tool in (AWS_VAULT, GRANTED, AWSKEYRING) if f"{tool} " in inner), None)
    return ToolLine(started) if started else None


def _words(line: str) -> list[str]:
    with contextlib.suppress(ValueError):
        return split(line) if "\\" in line else split_words(line)
    return []


def _program(word: str) -> str:
    return word.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe")


def _of_aws_vault(words: list[str]) -> ToolLine:
    unknown = ToolLine(AWS_VAULT)
    command = "aws-vault"
    names: list[str] = []
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, sign, value = word.partition("=")
        if command == "aws-vault" and word in ("exec", "export"):
            command = word
        elif name in _VALUED[command] or name == "--backend":
            options[name] = value if sign else next(rest, "")
        elif word in _PLAIN:
            options[word] = ""
        elif word.startswith("-") or command == "aws-vault":
            return unknown
        else:
            names.append(word)
    prints_json = command == "export" and options.get("--format") == "json"
    prints_json |= command == "exec" and bool({"-j", "--json"} & options.keys())
    if len(names) != 1 or not prints_json:
        return unknown
    has_session = not {"-n", "--no-session"} & options.keys()
    return ToolLine(AWS_VAULT, names[0], options.get("--backend"), serves_session=has_session)


def _of_granted(words: list[str]) -> ToolLine:
    unknown = ToolLine(GRANTED)
    if words[:1] != ["credential-process"]:
        return unknown
    entry = None
    rest = iter(words[1:])
    for word in rest:
        name, sign, value = word.partition("=")
        if name in ("--profile", "-profile"):
            entry = value if sign else next(rest, None)
        elif name in ("--window", "-window"):
            _ = value if sign else next(rest, None)
        elif word.lstrip("-") not in ("auto-login", "no-cache"):
            return unknown
    return ToolLine(GRANTED, entry, serves_session=True)
