"""AWS files in which everything is plain, read in one pass: for commands that must be quick.

A plain file has only `[profile NAME]`, `[default]` and `[sso-session NAME]` or, in a credentials
file, `[NAME]`, each once, with a name that every tool reads. Below each are lines `key = value`
with a key that is known, once, in ASCII without quotes, blanks at an end or comments beside them.
Comments have lines of their own. All tools read the same in such a file, and ``model/problems``
finds nothing in it. ``Document`` reads all other files, and finds the same in a plain one.

The file is split, not searched: sections with the same keys in the same order share what is found
out about these, so that a section costs a microsecond.
"""

from __future__ import annotations

from awscreds.model.known_keys import KNOWN
from awscreds.model.settings import IN_EITHER_FILE, SETTINGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.settings import Setting

_NAME = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-/%@:+"
"""``model.names.EVERYWHERE``"""
_PRINTABLE = bytes(range(ord(" "), 127)) + b"\n"
_PLAIN = bytes(set(_PRINTABLE) - set(b"\"'#;"))
_PROFILE, _SESSION = "profile ", "sso-session "
_SPREADING = "DEFAULT"  # botocore adds its settings to all others
_IS = " = "
_END = f"{_IS}\n"
"""What ends a line while the text is split: the next part begins with a line break then."""


_AT_ONCE = 1 << 14
"""Characters that are split at once, and the rest of a section."""


class Keys:
    """The keys of a section, in their order. Many sections have the same ones.

    ``own`` are the numbers of our settings with their meaning, ``words`` those of values that must
    be one word. ``are_free`` is for keys without either.
    """

    __slots__ = ("are_free", "names", "own", "words")

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.own: list[tuple[int, Setting]] = [
            (at, SETTINGS[name]) for at, name in enumerate(names) if name in SETTINGS
        ]
        self.words = [at for at, name in enumerate(names) if name.startswith("aws_")]
        self.are_free = not self.own and not self.words

    def fit(self, values: list[str]) -> bool:
        """Whether ``values`` have no problem."""
        return all(setting.understands(values[at]) for at, setting in self.own) and not any(
            " " in values[at] for at in self.words
        )


Section = tuple[Keys, list[str]]
"""The keys of a section, and a value for each: never an empty one."""


class PlainFile:
    """The profiles of a plain file by name, in its order, and its sso-sessions."""

    __slots__ = ("profiles", "sessions")

    def __init__(self) -> None:
        self.profiles: dict[str, Section] = {}
        self.sessions: dict[str, Section] = {}


def read(data: bytes, *, credentials: bool) -> PlainFile | None:
    """What is in a file; None if it is not a plain one."""
    text = _normal(data)
    if text is None or text[:1] not in ("", "["):
        return None
    found = PlainFile()
    profiles = found.profiles
    prefix = "" if credentials else _PROFILE
    skipped = len(prefix)
    sections = entries = 0
    shapes: dict[tuple[str, ...], Keys | None] = {}
    for piece in _pieces(text):
        parts = piece.split(_IS)
        head, spelled, values = parts[0], tuple(parts[1::2]), parts[2::2]
        if spelled not in shapes:
            shapes[spelled] = _keys(spelled, credentials=credentials)
        keys = shapes[spelled]
        if keys is None or not len(parts) & 1 or not (keys.are_free or keys.fit(values)):
            return None
        sections += 1
        entries += len(values)
        if head.startswith(prefix) and head.endswith("]"):
            profiles[head[skipped:-1]] = keys, values
        elif not _add_other(found, head, (keys, values)):
            return None
    # A line without a delimiter, or with two, can look like something else in its section. Then
    # the sum is another one.
    are_all = text.count(_IS) == entries and len(profiles) + len(found.sessions) == sections
    return found if are_all and _are_plain(found, credentials=credentials) else None


def _add_other(found: PlainFile, head: str, section: Section) -> bool:
    """Add a section of the config file that is not `[profile NAME]`; False if it is an odd one."""
    if head == "default]":
        found.profiles["default"] = section
    elif head.startswith(_SESSION) and head.endswith("]"):
        found.sessions[head[len(_SESSION) : -1]] = section
    else:
        return False
    return True


def _are_plain(found: PlainFile, *, credentials: bool) -> bool:
    """Whether all tools read the names of the sections."""
    names = [*found.profiles, *found.sessions]
    return (
        "" not in names
        and not "".join(names).encode("ascii").translate(None, _NAME)
        and not (credentials and _SPREADING in found.profiles)
    )


def _pieces(text: str) -> Iterator[str]:
    """The sections of a text without their first bracket, each line with `_END`.

    Some at a time: what fits into the processor's cache is split in half the time.
    """
    start = 0
    while start < len(text):
        end = text.find("\n[", start + _AT_ONCE)
        end = len(text) if end < 0 else end
        yield from text[start + 1 : end].replace("\n", _END).split(f"{_END}[")
        start = end + 1


def _named(heads: list[str], sections: list[Section], *, credentials: bool) -> PlainFile | None:
    """The sections under their names; None if a header, each without its first bracket, is odd."""
    found = PlainFile()
    profiles, sessions = found.profiles, found.sessions
    for head, section in zip(heads, sections, strict=True):
        if credentials:
            profiles[head[:-1]] = section
        elif head.startswith(_PROFILE):
            profiles[head[len(_PROFILE) : -1]] = section
        elif head == "default]":
            profiles["default"] = section
        elif head.startswith(_SESSION):
            sessions[head[len(_SESSION) : -1]] = section
        else:
            return None
    names = [*profiles, *sessions]
    is_plain = (
        len(names) == len(heads)  # none is there twice
        and all(names)
        and all(head.endswith("]") for head in heads)
        and not "".join(names).encode("ascii").translate(None, _NAME)
        and not (credentials and _SPREADING in names)
    )
    return found if is_plain else None


def _normal(data: bytes) -> str | None:
    """The lines of a file that count, each ended by a line feed but the last; None for others."""
    if b"\r" in data:
        if data.count(b"\r") != data.count(b"\r\n"):
            return None
        data = data.replace(b"\r\n", b"\n")
    if b"#" in data or b";" in data:
        if data.translate(None, _PRINTABLE):
            return None
        # Without the comments, and also without all blank lines: nothing is in nothing.
        data = b"\n".join([line for line in data.split(b"\n") if line[:1] not in b"#;"])
    if data.translate(None, _PLAIN):
        return None
    text = data.decode("ascii").strip("\n")
    while "\n\n" in text:
        text = text.replace("\n\n", "\n")
    has_blanks = "  " in text or " \n" in text or text.endswith(" ")
    return None if has_blanks else text


def _keys(spelled: tuple[str, ...], *, credentials: bool) -> Keys | None:
    names = tuple([each[1:] for each in spelled])
    known = KNOWN | (IN_EITHER_FILE if credentials else SETTINGS.keys())
    is_plain = (
        len(set(names)) == len(names)
        and all(each[:1] == "\n" for each in spelled)
        and known.issuperset(names)
    )
    return Keys(names) if is_plain else None
