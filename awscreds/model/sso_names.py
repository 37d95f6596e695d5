"""Names of profiles for the accounts and roles of IAM Identity Center.

Whoever may name an account chooses a part of the name, so only characters that every tool and shell
reads are left of it. Names depend only on the account and the role, not on the order in which AWS
lists them.
"""

from __future__ import annotations

import hashlib
import string
import unicodedata
from fnmatch import fnmatchcase

from awscreds.errors import UsageError
from awscreds.model import names
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEFAULT_TEMPLATE = "{account_name}-{role_name}"
FIELDS = ("account_name", "account_id", "role_name", "sso_session")

_PLAIN = frozenset(string.ascii_letters + string.digits + "_.@+-")
"""What may stay of a name from AWS: readable everywhere, and plain in every shell."""
_TYPED = _PLAIN | frozenset("/:")
_LONGEST = 64
"""Characters that are left of a name. AWS allows 50 for an account, and 32 for a role."""
_LEADING = "-./:@+"
"""What a name does not begin with: a name that begins with - looks like an option."""


class SsoRole:
    """A role of an account, by the names that IAM Identity Center has for them."""

    __slots__ = ("account_id", "account_name", "role_name")

    def __init__(self, account_id: str, account_name: str, role_name: str) -> None:
        self.account_id = account_id
        self.account_name = account_name
        self.role_name = role_name

    @property
    def identity(self) -> tuple[str, str]:
        """What stays the same if the account is renamed."""
        return self.account_id, self.role_name


class Naming:
    """How profiles are named: ``prefix``, then ``template`` with the names filled in.

    ``self.template`` is both together. Raises UsageError if these cannot make a name.
    """

    def __init__(self, template: str, prefix: str, session: str) -> None:
        parts = _parsed(template)
        if not {*prefix} <= _TYPED:
            raise _unusable("--prefix")
        self.template = prefix + template
        self._parts = [(prefix, None), *parts]
        self._session = _safe(session)
        self._whole_session = session

    def candidates(self, role: SsoRole) -> Iterator[str]:
        """The names that the role may get, the best first. Not all of them may be allowed."""
        account = _safe(role.account_name) or role.account_id
        role_name = _safe(role.role_name) or "role"
        values = {
            "account_name": account,
            "account_id": role.account_id,
            "role_name": role_name,
            "sso_session": self._session,
        }
        text = "".join(literal + (values[field] if field else "") for literal, field in self._parts)
        plain = text.lstrip(_LEADING) or f"{account}-{role_name}"
        identity = f"{self._whole_session}/{role.account_id}/{role.role_name}"
        digest = hashlib.sha256(identity.encode("utf-8", "replace"))
        yield plain
        yield f"{plain}-{role.account_id}"
        yield f"{plain}-{role.account_id}-{role_name}"
        yield f"{plain}-{digest.hexdigest()[:12]}"


class Patterns:
    """Which roles somebody wants: those like one of ``only`` (all, if that is empty), but ``skip``.

    A pattern is one of shells (``*``, ``?``, ``[abc]``), in upper or lower case. It is about the
    name or the ID of the account, the name of the role, or ACCOUNT/ROLE.
    """

    def __init__(self, only: Iterable[str], skip: Iterable[str]) -> None:
        self._only = [pattern.casefold() for pattern in only]
        self._skip = [pattern.casefold() for pattern in skip]

    def select(self, role: SsoRole) -> bool:
        """Whether the role is wanted."""
        accounts = (role.account_name.casefold(), role.account_id)
        role_name = role.role_name.casefold()
        texts = (*accounts, role_name, *(f"{account}/{role_name}" for account in accounts))

        def has(patterns: list[str]) -> bool:
            return any(fnmatchcase(text, pattern) for text in texts for pattern in patterns)

        return (not self._only or has(self._only)) and not has(self._skip)


def is_template(text: str) -> bool:
    """Whether ``text`` is a template of names."""
    try:
        Naming(text, "", "")
    except UsageError:
        return False
    return True


def is_allowed(name: str) -> bool:
    """Whether a profile may get this name without anybody having asked for it.

    Not ``default``: every tool would use it. Nor what breaks a file for some tool.
    """
    return name.casefold() != "default" and names.breaks(name) is None


def _safe(text: str) -> str:
    """``text`` with only plain characters: letters without accents, `-` for the others."""
    decomposed = unicodedata.normalize("NFKD", text[: _LONGEST * 8])
    kept = "".join(
        char if char in _PLAIN else "-" for char in decomposed if not unicodedata.combining(char)
    )
    words = "-".join(filter(None, kept.split("-")))
    return words[:_LONGEST].strip("-.")


def _parsed(template: str) -> list[tuple[str, str | None]]:
    """The parts of a template: a text, and the field after it."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        raise _unusable("--template") from None
    for literal, field, spec, conversion in parts:
        if field is not None and (field not in FIELDS or spec or conversion):
            raise UsageError(
                f"--template has no field {escaped(field)!r}",
                code="bad-template",
                hint="its fields are " + ", ".join(f"{{{name}}}" for name in FIELDS),
            )
        if not {*literal} <= _TYPED:
            raise _unusable("--template")
    if all(field is None for _, field, _, _ in parts):
        raise UsageError(
            "--template has no field, so that all profiles would have one name",
            code="bad-template",
            hint=f"like {DEFAULT_TEMPLATE!r}",
        )
    return [(literal, field) for literal, field, _, _ in parts]


def _unusable(option: str) -> UsageError:
    return UsageError(
        f"{option} has characters that not every tool reads in the name of a profile",
        code="bad-template",
        hint="use letters, digits and _ . - / @ : +, and in --template "
        + ", ".join(f"{{{name}}}" for name in FIELDS),
    )
