"""AWS files in which everything is plain, read in one pass: for commands that must be quick.

A plain file has only `[profile NAME]`, `[default]` and `[sso-session NAME]` or, in a credentials
file, `[NAME]`, each once, with a name that every tool reads. Below each are lines `key = value`
with a key that is known, once, in ASCII without quotes, blanks at an end or comments beside them.
Comments have lines of their own. All tools read the same in such a file, and ``model/problems``
finds nothing in it. ``Document`` reads all other files, and finds the same in a plain one.

The file is split, not searched: sections with the same keys in the same order share what is found
out about these. Where many of these follow each other, they are split at once, and a section costs
less than a microsecond. A few hundred sections are split at a time, since memory that was not used
before costs as much again.
"""

from __future__ import annotations

from awscreds.model.known_keys import KNOWN
from awscreds.model.settings import IN_EITHER_FILE, SETTINGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
_NEXT = f"{_END}["
"""Where the next section begins then."""
_AT_ONCE = 1 << 15
"""Characters that are split at once, and the rest of a section."""


class Keys:
    """The keys of a section, in their order. Many sections have the same ones.

    ``places`` says where the value of each is in the parts of a section. ``own`` are the places of
    our settings with their meaning, ``words`` those of values that must be one word. ``length`` is
    how many parts such a section has.
    """

    __slots__ = ("length", "names", "own", "places", "words")

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.places = {name: 2 * at + 2 for at, name in enumerate(names)}
        self.length = 2 * len(names) + 1
        self.own: list[tuple[int, Setting]] = [
            (at, SETTINGS[name]) for name, at in self.places.items() if name in SETTINGS
        ]
        self.words = [at for name, at in self.places.items() if name.startswith("aws_")]

    def values(self, parts: list[str]) -> dict[str, str]:
        """The values among the ``parts`` of a section by their keys."""
        return {name: parts[at] for name, at in self.places.items()}


class NotPlain(Exception):
    """A file that is not a plain one."""


class Group:
    """Profiles with the same keys: ``numbers`` are their places among ``Some.names``.

    ``parts`` are those of all of them, one profile after the other: its header, and for each key
    the beginning of its line and its value. A value is never empty. ``length`` is that of a profile
    there: maybe one more, for a blank line.
    """

    __slots__ = ("keys", "length", "numbers", "parts")

    def __init__(self, keys: Keys, numbers: Sequence[int], parts: list[str], length: int) -> None:
        self.keys = keys
        self.numbers = numbers
        self.parts = parts
        self.length = length

    def column(self, place: int) -> list[str]:
        """The part at a place of each profile."""
        return self.parts[place :: self.length]

    def at(self, place: int) -> list[str]:
        """All parts of one of the profiles."""
        start = place * self.length
        return self.parts[start : start + self.length]

    def is_in_order(self) -> bool:
        """Whether no value has a problem."""
        return not any(" " in "".join(self.column(at)) for at in self.keys.words) and all(
            setting.understands(value)
            for at, setting in self.keys.own
            for value in set(self.column(at))
        )

    def each(self) -> Iterator[list[str]]:
        """The parts of each profile."""
        starts = range(0, len(self.parts), self.length)
        return (self.parts[at : at + self.keys.length] for at in starts)


class Some:
    """Some profiles of a file, in its order."""

    __slots__ = ("groups", "names")

    def __init__(self, names: list[str], groups: list[Group]) -> None:
        self.names = names
        self.groups = groups

    def values_of(self, name: str) -> dict[str, str]:
        """The values of a profile by their keys."""
        number = self.names.index(name)
        group = next(each for each in self.groups if number in each.numbers)
        start = group.numbers.index(number) * group.length
        return group.keys.values(group.parts[start : start + group.length])


class PlainFile:
    """A plain file, which is read a few hundred sections at a time.

    ``profiles`` are the keys of those that were read by name, in their order, and ``sessions`` are
    the names of the sso-sessions.
    """

    def __init__(self, data: bytes, *, credentials: bool) -> None:
        self.profiles: dict[str, Keys] = {}
        self.sessions: set[str] = set()
        self.is_credentials = credentials
        self._data = data
        self._prefix = "" if credentials else _PROFILE
        self._known: dict[tuple[str, ...], Keys] = {}

    def read(self) -> Iterator[Some]:
        """The profiles. Raises NotPlain, and maybe not before the end."""
        sections = 0
        for lines in _some_lines(_normal(self._data)):
            some = self._alike(lines) or self._mixed(lines)
            if not all(group.is_in_order() for group in some.groups):
                raise NotPlain
            sections += lines.count("\n[") + 1
            yield some
        if len(self.profiles) + len(self.sessions) != sections:  # one is there twice
            raise NotPlain
        self._check_names()

    def _alike(self, lines: str) -> Some | None:
        """The profiles in ``lines``, if all sections there are profiles with the same keys."""
        first, second = [_parts(f"{section}\n") for section in f"{lines}[".split("\n[", 2)[:2]]
        spelled, length = first[1::2], len(first)
        if second[1::2] != spelled:
            return None
        parts = _parts(lines)
        count = len(parts) // length
        # The line breaks are those before the keys and, with a bracket, between a section and the
        # next header. If all are where they must be, none is in a value.
        heads, between = "".join(parts[::length]), f"]\n[{self._prefix}"
        are_alike = (
            len(parts) == count * length
            and lines.count("\n") == count * (len(spelled) + 1)
            and all(parts[2 * at + 1 :: length] == [key] * count for at, key in enumerate(spelled))
            and heads.startswith(self._prefix)
            and heads.endswith("]")
            and heads.count(between) == count - 1
        )
        if not are_alike:
            return None
        has_blank = spelled[-1:] == ["\n"]
        keys = self._keys(tuple(spelled[: len(spelled) - has_blank]))
        group = Group(keys, range(count), parts, length)
        if length != keys.length + has_blank:
            return None
        names = heads[len(self._prefix) : -1].split(between)
        self.profiles.update(dict.fromkeys(names, keys))
        return Some(names, [group])

    def _mixed(self, lines: str) -> Some:
        """The profiles in ``lines``."""
        try:
            return self._sections(lines)
        except NotPlain:
            if "\n\n" not in lines:
                raise
        while "\n\n" in lines:  # there are several at a time, or some within a section
            lines = lines.replace("\n\n", "\n")
        return self._sections(lines)

    def _sections(self, lines: str) -> Some:
        """The profiles in ``lines``. Before a header there may be a blank line."""
        text = _with_ends(lines).removesuffix(_END)
        sections = [section.split(_IS) for section in text.split(_NEXT)]
        names: list[str] = []
        groups: dict[Keys, tuple[list[int], list[str]]] = {}
        known, profiles, prefix, start = self._known, self.profiles, self._prefix, len(self._prefix)
        for parts in sections:
            if parts[-1] == "\n":
                del parts[-1]
            spelled = tuple(parts[1::2])
            keys = known.get(spelled) or self._keys(spelled)
            if len(parts) != keys.length:
                raise NotPlain
            head = parts[0]
            if head.startswith(prefix) and head.endswith("]"):
                name: str | None = head[start:-1]
            else:
                name = self._other(head)
            if name is None:
                if not Group(keys, [0], parts, keys.length).is_in_order():
                    raise NotPlain
                continue
            if keys not in groups:
                groups[keys] = [], []
            numbers, its_parts = groups[keys]
            numbers.append(len(names))
            its_parts.extend(parts)
            names.append(name)
            profiles[name] = keys
        # A line without a delimiter, or with two, can look like something else in its section.
        # Then the sum is another one.
        if sum(map(len, sections)) != 2 * lines.count(_IS) + len(sections):
            raise NotPlain
        return Some(names, [Group(keys, *each, keys.length) for keys, each in groups.items()])

    def _other(self, head: str) -> str | None:
        """The name in a header of another form, without its first bracket; None for an sso-session.

        Raises NotPlain.
        """
        if head == "default]":
            return "default"
        if head.startswith(_SESSION) and head.endswith("]"):
            self.sessions.add(head[len(_SESSION) : -1])
            return None
        raise NotPlain

    def _keys(self, spelled: tuple[str, ...]) -> Keys:
        """The keys of a section. ``spelled`` has each with the line break before it."""
        names = tuple([each[1:] for each in spelled])
        known = KNOWN | (IN_EITHER_FILE if self.is_credentials else SETTINGS.keys())
        if (
            len(set(names)) != len(names)
            or not all(each[:1] == "\n" for each in spelled)
            or not known.issuperset(names)
        ):
            raise NotPlain
        self._known[spelled] = keys = Keys(names)
        return keys

    def _check_names(self) -> None:
        """Raise NotPlain if some tool does not read one of the names as it is."""
        names = [*self.profiles, *self.sessions]
        if (
            "" in names
            or "".join(names).encode("ascii").translate(None, _NAME)
            or (self.is_credentials and _SPREADING in self.profiles)
        ):
            raise NotPlain


def _some_lines(text: str) -> Iterator[str]:
    """The sections of a text, a few hundred at a time, without their first bracket."""
    start = 0
    while start < len(text):
        end = text.find("\n[", start + _AT_ONCE)
        if end < 0:
            yield f"{text[start + 1 :]}\n"
            return
        yield text[start + 1 : end + 1]
        start = end + 1


def _parts(lines: str) -> list[str]:
    """The header in ``lines``, and for each key the beginning of its line and its value.

    ``lines`` ends with a line break. Raises NotPlain.
    """
    parts = _with_ends(lines).split(_IS)
    del parts[-1]  # the last line break
    return parts


def _with_ends(lines: str) -> str:
    """Lines, each with `_END`. Raises NotPlain."""
    text = lines.replace("\n", _END)
    if "  " in text:  # also a blank at the end of a line
        raise NotPlain
    return text


def _normal(data: bytes) -> str:
    """The lines of a file that count, from the first header on. Raises NotPlain."""
    if b"\r" in data:
        if data.count(b"\r") != data.count(b"\r\n"):
            raise NotPlain
        data = data.replace(b"\r\n", b"\n")
    if b"#" in data or b";" in data:
        if data.translate(None, _PRINTABLE):
            raise NotPlain
        # Without the comments, and also without all blank lines: nothing is in nothing.
        data = b"\n".join([line for line in data.split(b"\n") if line[:1] not in b"#;"])
    if data.translate(None, _PLAIN):
        raise NotPlain
    text = data.decode("ascii").strip("\n")
    if text[:1] not in ("", "["):
        raise NotPlain
    return text
