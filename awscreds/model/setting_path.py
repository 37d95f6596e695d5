"""The KEY of ``configure get|set|unset``: a dotted name, as one place in a file."""

from __future__ import annotations

from awscreds.errors import UsageError
from awscreds.model.ini.document import PROFILE
from awscreds.model.keys import reads_as_secret, secret_in
from awscreds.model.profile import STATIC
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from awscreds.model.ini.document import SectionKey

_WHOLE_SECTIONS = ("plugins", "preview")
"""Sections of the config file that the AWS CLI addresses by their bare name."""


class Reference:
    """A key, or a key in a nested block (``sub``), of a section."""

    __slots__ = ("key", "section", "sub")

    def __init__(self, section: SectionKey, key: str, sub: str | None) -> None:
        self.section = section
        self.key = key
        self.sub = sub

    @property
    def profile(self) -> str | None:
        """The profile it belongs to; None for another kind of section."""
        return self.section[1] if self.section[0] == PROFILE else None

    @property
    def is_static_key(self) -> bool:
        """Whether it is one of the four keys that belong in the credentials file."""
        return self.profile is not None and self.sub is None and self.key.lower() in STATIC


def resolve(
    name: str, profile: str, known: Sequence[str], section: SectionKey | None = None
) -> Reference:
    """The place that ``name`` means.

    ``k`` and ``k.sub`` belong to ``profile``. ``profile.N.k[.sub]``, ``default.k[.sub]`` and
    ``N.k[.sub]`` belong to another of the ``known`` names, which may have dots. With ``section``,
    all belong there. Raises UsageError for a name with more parts than a file can have (for which
    ``aws configure set a.b.c v`` writes ``a = v``), and for one with the form of a secret.
    """
    if reads_as_secret(secret_in(name) or ""):
        raise UsageError(
            "nothing was changed: KEY looks like a secret access key",
            code="bad-key",
            hint="KEY is the name of a setting, like region; to store a secret, run: "
            "awscreds configure --profile NAME",
        )
    if section is not None:
        return _in(section, name, name)
    first, _, rest = name.partition(".")
    if first == "profile" and rest:
        named = _longest_name(rest, known) or rest.partition(".")[0]
        return _in((PROFILE, named), rest[len(named) + 1 :], name)
    if first in _WHOLE_SECTIONS and rest and first not in known:
        return _in((first, ""), rest, name)
    owner = _longest_name(name, [*known, "default"])
    if owner is not None:
        return _in((PROFILE, owner), name[len(owner) + 1 :], name)
    return _in((PROFILE, profile), name, name)


def _longest_name(dotted: str, known: Sequence[str]) -> str | None:
    matching = [name for name in known if dotted.startswith(f"{name}.")]
    return max(matching, key=len, default=None)


def _in(section: SectionKey, dotted: str, whole: str) -> Reference:
    parts = dotted.split(".")
    if len(parts) > 2 or not all(part.strip() for part in parts):
        raise UsageError(
            f"{escaped(whole)!r} is not a setting in the AWS files",
            code="bad-key",
            hint="use KEY, BLOCK.KEY or profile.NAME.KEY[.KEY]; NAME must be an existing profile",
        )
    return Reference(section, parts[0], parts[1] if len(parts) > 1 else None)
