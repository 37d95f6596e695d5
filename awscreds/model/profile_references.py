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
    from collections.abc import Collection, Iterator, Mapping

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


def users_of_many(documents: AwsDocuments, names: Collection[str]) -> dict[str, list[Reference]]:
    """The lines of both files that name one of ``names`` so that `follow_many` can change them."""
    found: dict[str, list[Reference]] = {}
    for path, document in (
        (documents.config_path, documents.config),
        (documents.credentials_path, documents.credentials),
    ):
        for each in document.definitions(*SOURCES, PROCESS):
            name = _named(each.key, each.text, documents.config_path)
            if name in names and name is not None:
                kind, user = each.section
                found.setdefault(name, []).append(
                    Reference(
                        path,
                        each.line,
                        each.key,
                        user if kind == PROFILE else None,
                        is_followed=True,
                    )
                )
    return found


def follow(documents: AwsDocuments, old: str, new: str, *, only: str | None = None) -> None:
    """Let every line that names ``old``, and that we understand, name ``new``.

    ``only`` the lines of that profile, if it is given.
    """
    follow_many(documents, {old: new}, only=only)


def follow_many(
    documents: AwsDocuments, names: Mapping[str, str], *, only: str | None = None
) -> None:
    """The same for many profiles at once: their new names by the old ones."""

    def changed(section: tuple[str, str], key: str, text: str) -> str | None:
        if only is not None and section != (PROFILE, only):
            return None
        old = _named(key, text, documents.config_path)
        new = names.get(old) if old is not None else None
        if old is None or new is None:
            return None
        if key in SOURCES:
            return new + text[len(old) :]
        return renamed(text, new)

    for document in (documents.config, documents.credentials):
        sections.substitute(document, (*SOURCES, PROCESS), changed)


def _named(key: str, text: str, config_path: str) -> str | None:
    """The profile that a value names so that we can change it; None if there is none."""
    if key in SOURCES:
        return _without_comment(text)
    request = request_of(text) if key == PROCESS else None
    if request is not None and request.config_file in (None, config_path):
        return request.profile
    return None


def _names(key: str, text: str, name: str, config_path: str) -> bool | None:
    """Whether a value names the profile so that we can change it; None if it does not name it."""
    if key in SOURCES or (key == PROCESS and request_of(text) is not None):
        return True if _named(key, text, config_path) == name else None
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
