"""Where the AWS files name a profile: sources of roles, and the lines that start programs."""

from __future__ import annotations

from dataclasses import dataclass

from awscreds.model.credential_process import PROCESS, renamed, request_of
from awscreds.model.ini import sections
from awscreds.model.ini.blocks import split_words
from awscreds.model.ini.document import PROFILE
from awscreds.model.profile import WRAPPED_PREFIX
from awscreds.model.settings import MFA_PROCESS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.documents import AwsDocuments

SOURCES = ("source_profile", f"{WRAPPED_PREFIX}source_profile")
PROGRAMS = (PROCESS, MFA_PROCESS.name)


@dataclass(frozen=True, slots=True)
class Reference:
    """A line that names a profile. ``user`` is the profile that the line belongs to, if any.

    ``is_followed``: `follow` can change it. The other ones start programs that are not ours.
    """

    path: str
    line: int
    key: str
    user: str | None
    is_followed: bool

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


def references(documents: AwsDocuments, name: str) -> list[Reference]:
    """Every line of both files that names the profile ``name``, the config file first."""
    return [
        Reference(
            path,
            found.line,
            found.key,
            found.section[1] if found.section[0] == PROFILE else None,
            is_followed=is_followed,
        )
        for path, document in (
            (documents.config_path, documents.config),
            (documents.credentials_path, documents.credentials),
        )
        for found in document.definitions(*SOURCES, *PROGRAMS)
        if (is_followed := _names(found.key, found.text, name, documents.config_path)) is not None
    ]


def follow(documents: AwsDocuments, old: str, new: str, *, only: str | None = None) -> None:
    """Let every line that names ``old``, and that we understand, name ``new``.

    ``only`` the lines of that profile, if it is given.
    """

    def changed(section: tuple[str, str], key: str, text: str) -> str | None:
        if only is not None and section != (PROFILE, only):
            return None
        if not _names(key, text, old, documents.config_path):
            return None
        if key in SOURCES:
            return new + text[len(old) :]
        return renamed(text, new)

    for document in (documents.config, documents.credentials):
        sections.substitute(document, (*SOURCES, PROCESS), changed)


def _names(key: str, text: str, name: str, config_path: str) -> bool | None:
    """Whether a value names the profile so that we can change it; None if it does not name it."""
    if key in SOURCES:
        return True if _without_comment(text) == name else None
    request = request_of(text) if key == PROCESS else None
    if request is not None:
        is_here = request.config_file in (None, config_path)
        return True if request.profile == name and is_here else None
    return False if name in _profiles_in(text) else None


def _without_comment(text: str) -> str:
    """What SDKs other than botocore read. botocore refuses such a source."""
    for mark in (" #", " ;", "\t#", "\t;"):
        text = text.partition(mark)[0]
    return text.rstrip()


def _profiles_in(command_line: str) -> Iterator[str]:
    """The words of a command line that may be the name of a profile."""
    try:
        words = split_words(command_line)
    except ValueError:
        words = command_line.split()
    for word in words[1:]:
        option, equals, value = word.partition("=")
        yield value if equals and option.startswith("-") else word
