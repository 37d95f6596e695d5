"""The rows of ``list``, for people and for programs."""

from __future__ import annotations

from awscreds.model.keys import has_id_form, shown_key_id
from awscreds.model.problems.problem import ERROR, WARNING
from awscreds.model.service_endpoint import shown_region
from awscreds.model.times import format_duration
from awscreds.render import ARROW, Listing
from awscreds.workflows.profile_facts import BROKEN, KIND_WORDS, PLAINTEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from awscreds.workflows.profile_facts import ProfileFacts

COLUMNS = (
    *("", "PROFILE", "KIND", "ACCOUNT", "ROLE OR USER", "REGION", "MFA", "KEY", "AGE"),
    *("SESSION", "NOTES"),
)
UNIMPORTANT = ("MFA", "KEY", "REGION", "ROLE OR USER", "AGE", "SESSION", "KIND", "ACCOUNT")


def listing(rows: Iterable[Sequence[str]]) -> Listing:
    """The rows, as they are shown."""
    found = list(rows)
    return Listing(COLUMNS, found, "PROFILE", UNIMPORTANT, [_severity(row[-1]) for row in found])


def cells(facts: ProfileFacts, now: float) -> Sequence[str]:
    """The row of one profile."""
    key_id = facts.access_key_id
    left = facts.session_seconds
    return [
        "*" if facts.is_active else "",
        facts.name,
        kind_cell(facts.kind, facts.source),
        facts.shown_account or "-",
        facts.identity or "-",
        shown_region(facts.region) or "-",
        "yes" if facts.mfa else "-",
        key_id[-4:] if key_id and has_id_form(key_id) else "-",
        age_cell(facts, now) or "-",
        session_cell(left) if left else "-",
        ", ".join(facts.marks),
    ]


def document_of(facts: ProfileFacts, now: float) -> dict[str, object]:
    """One profile as ``--json`` has it."""
    return {
        "profile": facts.name,
        "active": facts.is_active,
        "kind": facts.kind,
        "source": facts.source,
        "secret": facts.secret,
        "access_key_id": shown_key_id(facts.access_key_id) if facts.access_key_id else None,
        "account": facts.account,
        "account_from": facts.account_from,
        "identity": facts.identity,
        "region": shown_region(facts.region),
        "mfa": facts.mfa,
        "age_days": facts.age_days(now),
        "age": age_cell(facts, now),
        "session_seconds": facts.session_seconds and int(facts.session_seconds),
        "notes": list(facts.marks),
    }


def kind_cell(kind: str, source: str | None) -> str:
    """A kind as a word, and where a role gets its first credentials."""
    return f"{KIND_WORDS[kind]} {ARROW} {source}" if source else KIND_WORDS[kind]


def session_cell(left: float) -> str:
    """The seconds that a session lasts."""
    return format_duration(left, short=True, parts=2)


def age_cell(facts: ProfileFacts, now: float) -> str | None:
    """How old the key is; with a +, how long it has been stored, if no more is known."""
    days = facts.age_days(now)
    return None if days is None else f"{days}d" + "+" * facts.since_at_least


def _severity(marks: str) -> str | None:
    if not marks:
        return None
    return ERROR if PLAINTEXT in marks or BROKEN in marks else WARNING
