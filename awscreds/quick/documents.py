"""``list --json``, for the files of which ``listing`` makes rows: each is a part of the document.

What profiles with the same keys have in common is taken from the facts about the first of them.
"""

from __future__ import annotations

from json.encoder import encode_basestring_ascii as encoded

from awscreds.listing import document_of
from awscreds.model import accounts
from awscreds.model.json_text import json_of
from awscreds.model.keys import unless_secret
from awscreds.model.service_endpoint import shown_region
from awscreds.quick.listing import Rows, Shown, Unusual, ends_of, made_by
from awscreds.render import JSON_VERSION
from awscreds.workflows.profile_facts import FactsOfProfiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from awscreds.model.plain_files import Group
    from awscreds.quick.listing import Shape
    from awscreds.workflows.profile_facts import ProfileFacts

_DEEP = "    "
"""The indentation of a profile in the document."""
_VARIES = "@"
"""In a row that serves as a pattern: no constant is this."""
_ACTIVE, _INACTIVE = (f'"active": {word}' for word in ("true", "false"))


def text_of_documents(environ: Mapping[str, str]) -> str | None:
    """What ``list --json`` prints; None if the command itself must do it."""
    rows = made_by(lambda: _Documents(environ, nothing=""), environ)
    if rows is None:
        return None
    before, _, after = json_of({"version": JSON_VERSION, "profiles": [_VARIES]}).partition(
        f'{_DEEP}"{_VARIES}"'
    )
    rows[0] = f"{before}{rows[0]}"
    rows[-1] = f"{rows[-1]}{after}\n"
    return ",\n".join(rows)


class _Documents(Rows):
    """The profiles as in ``listing.document_of``."""

    def __init__(self, environ: Mapping[str, str], *, nothing: str) -> None:
        super().__init__(environ, nothing=nothing)
        self._alone = FactsOfProfiles((), lambda _: {}, {}, sessions=(), wrong=(), now=self.now)
        self._names = Shown(lambda text: encoded(unless_secret(text)))
        self._shown_regions = Shown(lambda text: encoded(shown_region(text) or ""))

    def made(self, shape: Shape, names: list[str], group: Group) -> list[str]:
        found = _accounts(shape, group)
        first = next((at for at, account in enumerate(found) if account), 0)
        facts = self._alone.of(shape.profile(names[first], group.at(first)))
        facts.is_active = False  # `marked` is for the one that is
        if facts.account != (found[first] if found else None):
            raise Unusual
        columns: dict[str, Iterable[str]] = {"profile": map(encoded, names)}
        if shape.source is not None:
            columns["source"] = map(self._names.__getitem__, group.column(shape.source))
        if shape.key_id is not None:
            columns["access_key_id"] = map(encoded, group.column(shape.key_id))
        if facts.account:
            by = encoded(facts.account_from or "")
            columns["account"] = [encoded(each) if each else "null" for each in found]
            columns["account_from"] = [by if each else "null" for each in found]
        if shape.arn is not None:
            columns["identity"] = [
                self._names[end] if end else "null" for end in ends_of(group.column(shape.arn))
            ]
        elif shape.sso_role is not None:
            columns["identity"] = map(self._names.__getitem__, group.column(shape.sso_role))
        if shape.region is not None:
            columns["region"] = map(self._shown_regions.__getitem__, group.column(shape.region))
        document = document_of(facts, self.now)
        pattern = _DEEP + json_of({**document, **dict.fromkeys(columns, _VARIES)}, _DEEP)
        pattern = pattern.replace("%", "%%").replace(f'"{_VARIES}"', "%s")
        in_order = [columns[name] for name in document if name in columns]
        return [*map(pattern.__mod__, zip(*in_order, strict=True))]

    def row_of(self, facts: ProfileFacts) -> str:
        return _DEEP + json_of(document_of(facts, self.now), _DEEP)

    def marked(self, row: str) -> str:
        return row.replace(_INACTIVE, _ACTIVE, 1)


def _accounts(shape: Shape, group: Group) -> Sequence[str | None]:
    """The account of each profile; empty if none has one."""
    if shape.arn is not None:
        return accounts.of_arns(group.column(shape.arn))
    if shape.key_id is not None:
        return [accounts.of_key_id(key_id) for key_id in group.column(shape.key_id)]
    if shape.account is not None:
        return [accounts.checked(text) for text in group.column(shape.account)]
    return ()
