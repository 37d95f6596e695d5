"""What a migration would do, as a table, with secrets masked, and as a document."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from awscreds.model.clients import unreadable
from awscreds.model.keys import HIDDEN, shown_key_id
from awscreds.model.profile import Profiles
from awscreds.model.records import changed
from awscreds.model.text import escaped, quoted
from awscreds.process import with_tilde
from awscreds.render import Listing, ReportRow, Result, show
from awscreds.workflows.migration.item import CLEAR, FOLLOW, LEAVE, MOVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from awscreds.app import App
    from awscreds.model.clients import Unreadable
    from awscreds.model.documents import AwsDocuments
    from awscreds.workflows.migration.item import Item

COLUMNS = ("PROFILE", "ACCESS KEY", "SECRET", "USER", "FROM", "WHAT HAPPENS")
UNIMPORTANT = ("SECRET", "FROM", "USER")
WORDS = {
    MOVE: "moves to the store",
    FOLLOW: "uses the moved key",
    CLEAR: "expired, is removed",
    LEAVE: "stays as it is",
}
MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Preview:
    """What people see before they are asked; ``nothing`` is said if there is nothing to do."""

    result: Result
    nothing: str

    def with_document(self, found: Mapping[str, object]) -> Result:
        """All of it as the result of a dry run."""
        return changed(self.result, document=found, done=None if found["items"] else self.nothing)


def preview(app: App, items: Sequence[Item], after: AwsDocuments) -> Preview:
    """The table of the items, and below it why some are left, and who will not read the others."""
    rows = [*_clients(app, items, after), *_notes(items)]
    listing = None
    if items:
        listing = Listing(
            COLUMNS,
            [_cells(item) for item in items],
            "PROFILE",
            UNIMPORTANT,
            ["warning" if item.action == LEAVE else None for item in items],
        )
    said = ["No key was found that can move."] if items else []
    nothing = said[0] if said else "There is no key in plaintext in the AWS files."
    return Preview(Result({}, listing=listing, report=rows), nothing)


def show_before_asking(app: App, result: Result) -> bool:
    """Show the preview to people. Whether they see it: it may go into a pipe, or a document."""
    if app.options.json:
        return False
    show(result, app.options, app.dialogue)
    return sys.stdout.isatty()


def _cells(item: Item) -> list[str]:
    key_id = item.key_id or (item.pairs[0].key_id if item.pairs else None)
    user = item.identity.arn.partition(":")[2].split(":", 4)[-1] if item.identity else ""
    return [
        item.profile,
        shown_key_id(key_id) if key_id else "-",
        HIDDEN if item.pairs else "-",
        user or "-",
        with_tilde(item.place),
        WORDS[item.action],
    ]


def _notes(items: Sequence[Item]) -> list[ReportRow]:
    return [
        ReportRow(
            "warning" if item.action == LEAVE else "note",
            item.place,
            f"{escaped(item.profile)}: {item.reason}",
            item.remedy,
            item.action,
            "To do",
        )
        for item in items
        if item.reason
    ]


def _clients(app: App, items: Sequence[Item], after: AwsDocuments) -> list[ReportRow]:
    """The installed programs that will not read the profiles, with what to use instead."""
    import shutil

    targets = {item.target for item in items if item.action in (MOVE, FOLLOW)}
    rows = []
    for each in unreadable(Profiles(after.config, after.credentials), app.environ):
        names = [name for name in each.profiles if name in targets]
        command = each.client.command
        if not names or not shutil.which(command, path=app.environ.get("PATH")):
            continue
        shown = ", ".join(escaped(name) for name in names[:MOST_NAMES])
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        rows.append(
            ReportRow(
                "warning",
                each.client.name,
                f"it is installed, and cannot read {shown}{more}: {each.why}",
                _instead(each, names[0]),
                "static-only",
                "Use instead",
            )
        )
    return rows


def _instead(each: Unreadable, name: str) -> str:
    command = each.instead.replace("PROGRAM", f"{each.client.command} …")
    return command.replace("PROFILE", quoted(name))


def document(items: Sequence[Item], *, done: bool) -> dict[str, object]:
    """The same for programs. ``done``: it was carried out."""
    return {
        "changed": done,
        "items": [
            {
                "profile": item.profile,
                "action": item.action,
                "target": item.target if item.changes else None,
                "place": item.place,
                "access_key_id": shown_key_id(item.key_id) if item.key_id else None,
                "account": item.identity.account if item.identity else None,
                "arn": item.identity.arn if item.identity else None,
                "verified": item.is_checked,
                "reason": item.reason or None,
                "fix": item.remedy or None,
            }
            for item in items
        ],
    }
