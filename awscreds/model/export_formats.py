"""The formats of ``aws configure export-credentials``, byte by byte for what AWS gives out.

A value with other characters is quoted for the shell, or refused if the format has no quotes for
it. The AWS CLI quotes nothing.
https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from awscreds.errors import AwscredsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.model.credentials import Credentials

PROCESS = "process"

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+=,-]+")
_PRINTABLE = re.compile(r"[ -~]*")


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """``plain`` has a name and a value; ``quoted`` too, for other values, or None if it cannot.

    ``reader`` is the name of the shell in ``model/shells``, which a failure must stop.
    """

    plain: str
    quoted: Callable[[str, str], str | None]
    reader: str | None = None


def _sh(prefix: str) -> Callable[[str, str], str]:
    return lambda name, value: f"{prefix}{name}='" + value.replace("'", "'\\''") + "'"


def _powershell(name: str, value: str) -> str:
    return f"$Env:{name}='" + value.replace("'", "''") + "'"


def _cmd(name: str, value: str) -> str | None:
    # cmd.exe expands %X% and !X! between quotes, too, and cannot escape a quote.
    return None if set(value) & set('"%!') else f'set "{name}={value}"'


def _fish(name: str, value: str) -> str:
    return f"set -gx {name} '" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


FORMATS = {
    "env": ExportFormat("export {}={}", _sh("export "), "sh"),
    "env-no-export": ExportFormat("{}={}", _sh(""), "sh"),
    "powershell": ExportFormat('$Env:{}="{}"', _powershell, "powershell"),
    "windows-cmd": ExportFormat("set {}={}", _cmd),
    "fish": ExportFormat('set -gx {} "{}"', _fish, "fish"),
}
"""By the name that ``--format`` takes. ``process`` is the other one: a JSON document."""


def exported(format: str, credentials: Credentials, expiration: float | None) -> str:  # noqa: A002 - the name of the option
    """The text for ``credentials``; ``expiration`` in seconds since the epoch, None for never.

    Raises AwscredsError, without the value, if the format cannot express a value.
    """
    until = None if expiration is None else _isoformat(expiration)
    fields = {
        ("AccessKeyId", "AWS_ACCESS_KEY_ID"): credentials.id,
        ("SecretAccessKey", "AWS_SECRET_ACCESS_KEY"): credentials.secret,
        ("SessionToken", "AWS_SESSION_TOKEN"): credentials.token or None,
        ("Expiration", "AWS_CREDENTIAL_EXPIRATION"): until,
    }
    there = {names: value for names, value in fields.items() if value is not None}
    if format == PROCESS:
        document = {"Version": 1, **{key: value for (key, _), value in there.items()}}
        return json.dumps(document, indent=2) + "\n"
    return "".join(f"{_line(format, name, value)}\n" for (_, name), value in there.items())


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 253402300799.0
"""The end of the year 9999, after which there are no dates: a wrong clock can be beyond."""


def _isoformat(seconds: float) -> str:
    # Not `fromtimestamp`, which asks the system: Windows knows no time after the year 3000.
    return (_EPOCH + timedelta(seconds=min(seconds, _LAST_SECOND))).isoformat()


def _line(format: str, name: str, value: str) -> str:  # noqa: A002 - the name of the option
    rules = FORMATS[format]
    # In a batch file, % is special without quotes, too.
    if _PLAIN.fullmatch(value) and not (format == "windows-cmd" and "%" in value):
        return rules.plain.format(name, value)
    line = rules.quoted(name, value) if _PRINTABLE.fullmatch(value) else None
    if line is None:
        raise AwscredsError(
            f"{name} cannot be printed in the format {format}: its value has characters that "
            "the format cannot quote",
            code="format-cannot-carry",
            hint="use another --format, or run the command with `awscreds exec PROFILE -- …`",
        )
    return line
