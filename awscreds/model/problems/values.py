"""What is wrong with the value of one setting in an AWS file."""

from __future__ import annotations

from awscreds.model import settings, tools
from awscreds.model.problems.problem import (
    COMMANDS,
    ERROR,
    IDENTITY,
    PROFILES_OWN,
    WARNING,
    Problem,
    shown,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.ini.blocks import SectionKey


def problems_of_setting(
    section: SectionKey, key: str, text: str, line: int, *, credentials: bool
) -> Iterator[Problem]:
    """A setting of awscreds itself that it does not know, understand or use."""
    setting = settings.SETTINGS.get(key)
    if credentials and setting is not None and key not in settings.IN_EITHER_FILE:
        yield Problem(
            line,
            "misplaced-setting",
            f"{key} has no effect in the credentials file",
            tools=("awscreds",),
            remedy="move it to the config file",
            section=section,
        )
    if setting is None:
        if settings.unknown([key]):
            yield Problem(
                line,
                "unknown-setting",
                settings.did_you_mean(key),
                severity=WARNING,
                tools=("awscreds",),
                remedy="correct its spelling, or remove it",
                section=section,
            )
    elif not setting.understands(text):
        yield Problem(
            line,
            "bad-setting",
            f"{key} must be {setting.expected}; "
            + (
                "until then, the profile gives SDKs no credentials"
                if setting is settings.SERVE
                else "the value has no effect"
            ),
            severity=ERROR if setting is settings.SERVE else WARNING,
            tools=("awscreds",),
            remedy=f"write {setting.example}"
            if " = " in setting.example
            else "complete or remove it",
            section=section,
        )


def problems_of_value(section: SectionKey, key: str, text: str, line: int) -> Iterator[Problem]:
    severity = ERROR if key in IDENTITY else WARNING
    first = text[:1]
    if first in ('"', "'") and text[1:-1].count(first) == 0 and text[-1:] == first and text[1:]:
        if key not in COMMANDS:
            keeping = tuple(tool for tool in tools.ALL if tool != tools.GO)
            yield Problem(
                line,
                "quoted-value",
                f"the quotes around {shown(key)} are a part of its value for "
                f"{tools.spoken(keeping)}",
                severity=severity,
                tools=keeping,
                remedy="remove the quotes",
                section=section,
            )
    elif text[:1] != "\n" and _has_comment(text):
        yield Problem(
            line,
            "comment-in-value",
            f"the comment after {shown(key)} is a part of its value for "
            f"{tools.spoken(tools.BOTOCORE)}",
            severity=severity,
            tools=tools.BOTOCORE,
            remedy="put the comment on a separate line",
            section=section,
        )
    elif key == "credential_process" and ("#" in text or ";" in text):
        yield Problem(
            line,
            "cut-by-go",
            f"the SDK for {tools.GO} reads {shown(key)} only up to its first # or ;",
            tools=(tools.GO,),
            remedy="put the command into a script, and set the path of the script here",
            section=section,
        )
    if key.startswith("aws_") and key in IDENTITY and any(char.isspace() for char in text):
        if first not in ('"', "'") and not _has_comment(text):
            yield Problem(
                line,
                "blank-in-key",
                f"{shown(key)} has a space in its value, so it is not an access key",
                remedy="copy the complete key again",
                section=section,
            )
    elif key in PROFILES_OWN and not text.isascii():
        yield Problem(
            line,
            "non-ascii-value",
            f"{shown(key)} has characters that are not ASCII; "
            f"{tools.spoken(tools.BOTOCORE)} read them in the encoding of the system",
            severity=severity,
            tools=tools.BOTOCORE,
            remedy="type it again with ASCII characters only",
            section=section,
        )


def _has_comment(text: str) -> bool:
    """Whether a value has a # or ; after a blank, which ends it for all tools except botocore."""
    return any(mark in text for mark in (" #", " ;", "\t#", "\t;"))
