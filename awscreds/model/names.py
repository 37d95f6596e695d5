"""The names that a profile, or another section, can have, and which tools can see it then.

Some names break the file for all its profiles: we never write them. A name that some SDKs cannot
see is written with consent. Existing profiles with such names keep working.
"""

from __future__ import annotations

from awscreds.errors import UsageError
from awscreds.model import tools
from awscreds.model.keys import reads_as_secret
from awscreds.model.text import escaped

EVERYWHERE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-/%@:+")
"""The characters of a name that every tool reads."""

READABLE = "letters, digits and _ . - / % @ : +"
"""``EVERYWHERE``, in words."""

_SPREADING = "DEFAULT"
_REFUSED_BY_JAVASCRIPT = "__proto__"
_QUOTED = frozenset(" \t'\"\\")
"""What makes botocore need quotes around the name, which others take as part of it."""

# Printable by Unicode's rules, but invisible: fillers, joiners, selectors, a blank.
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)


def breaks(name: str) -> str | None:
    """Why no section may get this name, as words after "a name cannot"; None if it may."""
    rules = (
        (not name.strip(), "be empty"),
        (name != name.strip(), "begin or end with a space"),
        (not _is_visible(name), "have control, invisible or undecodable characters"),
        ("]" in name, "have a ]"),
        (
            "#" in name or ";" in name,
            f"have a # or ; (with it, {tools.refuse((tools.GO, *tools.STRICT))})",
        ),
        (reads_as_secret(name), "look like a secret access key"),
        (
            name == _SPREADING,
            f"be {name} ({tools.spoken(tools.BOTOCORE)} add its settings to every profile)",
        ),
        (
            name == _REFUSED_BY_JAVASCRIPT,
            f"be {name} (with it, the SDK for {tools.JAVASCRIPT} refuses the whole file)",
        ),
    )
    return next((reason for is_broken, reason in rules if is_broken), None)


def _is_visible(name: str) -> bool:
    return all(char.isprintable() and char not in _INVISIBLE for char in name)


def blind(name: str) -> tuple[str, ...]:
    """The tools that do not see a section with this name."""
    others = set(name) - EVERYWHERE
    if not others:
        return ()
    if others & _QUOTED:
        return tools.SDKS
    return tuple(tool for tool in tools.SDKS if tool != tools.GO)


def checked(name: str) -> str:
    """A name that a new section may get. Raises UsageError."""
    reason = breaks(name)
    if reason:
        raise UsageError(
            f"a profile's name cannot {reason}",
            code="bad-profile-name",
            hint=f"choose {READABLE}",
        )
    return name


def question(name: str) -> str:
    """The question to ask before a section is written that some tools are `blind` to."""
    return (
        f"{tools.spoken(blind(name))} cannot see a profile with the name "
        f"{escaped(name)!r} (a name that every tool can read has only {READABLE}). "
        "Create the profile anyway?"
    )
