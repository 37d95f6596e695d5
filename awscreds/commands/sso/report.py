"""What `sso populate` shows: what would change, as a table, and what has changed."""

from __future__ import annotations

from awscreds.commands.migrate.preview import show_before_asking
from awscreds.commands.profile.moves import VARIABLES
from awscreds.model.settings import TEMPLATE
from awscreds.model.text import escaped, quoted
from awscreds.render import Listing, Result
from awscreds.workflows.populate.plan import ACTIONS, ADD, REMOVE, RENAME, WRAP
from awscreds.workflows.profile_users import served_elsewhere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from awscreds.app import App
    from awscreds.workflows.populate.listing import Listing as AwsListing
    from awscreds.workflows.populate.plan import Change, Plan, Wanted

COLUMNS = ("CHANGE", "PROFILE", "ACCOUNT", "ROLE", "NOTE")
MOST_ROWS = 15
"""Rows of each kind above the question: the others are counted."""
MOST_NAMES = 5
_DONE = {ADD: "added", RENAME: "renamed", WRAP: "wrapped", REMOVE: "removed"}


class PopulateReport:
    """Shows one plan, before it is carried out and afterwards."""

    def __init__(self, app: App, wanted: Wanted, listing: AwsListing, agreed: Plan) -> None:
        self._app = app
        self._wanted = wanted
        self._listing = listing
        self._plan = agreed

    @property
    def question(self) -> str:
        return f"{self._counted({action: action for action in ACTIONS})}?"

    def _counted(self, words: Mapping[str, str]) -> str:
        """``Add 3 profiles, remove 1 profile``."""
        counts = [
            f"{word} {_profiles(len(found))}"
            for action, word in words.items()
            if (found := self._plan.of(action))
        ]
        return ", ".join(counts).capitalize()

    def show(self) -> list[str]:
        """Show people the plan, and what is said about it, before they are asked.

        Returns the lines to ask with, if they do not see the table: it may go into a pipe.
        """
        plan = self._plan
        shown = [each for act in ACTIONS for each in plan.of(act)[:MOST_ROWS]]
        is_seen = show_before_asking(self._app, Result({}, listing=_table(shown)))
        if more := len(plan.changes) - len(shown):
            self._app.say(f"… and {more} more; --dry-run shows all of them")
        self._warn()
        return [] if is_seen else [f"{each.action} {_shown_name(each)}" for each in shown]

    def of_dry_run(self, *, is_dry: bool) -> Result:
        """The result if nothing changes, or if only the plan is wanted."""
        self._warn()
        if not self._plan.changes:
            self._app.say(f"Nothing to change: {_profiles(self._plan.kept)} up to date.")
        self._app.file_warnings.report()
        listing = _table(self._plan.changes) if self._plan.changes else None
        return Result(
            self._document(is_changed=False, is_dry=is_dry), listing=listing, is_paged=True
        )

    def of_change(self) -> Result:
        """The result if the plan was carried out."""
        app = self._app
        app.done(f"{self._counted(_DONE)}.")
        for change in (*self._plan.of(RENAME), *self._plan.of(REMOVE)):
            for variable in VARIABLES:
                name = change.old or change.name
                if app.environ.get(variable) == name:
                    app.warn(f"{variable} of this shell still names {escaped(name)}")
        if added := self._plan.of(ADD):
            app.say("Try it:", f"  awscreds whoami --profile {quoted(added[0].name)}")
        app.file_warnings.report()
        return Result(self._document(is_changed=True, is_dry=False))

    def keep_known_names(self) -> None:
        """Let what we know of renamed profiles be about their new names; forget removed ones."""
        app = self._app
        cached = {each.profile for each in app.sessions.entries()}
        for name in {each.name for each in self._plan.of(REMOVE)} & cached:
            app.sessions.clear(profile=name)
        renamed = {each.old: each.name for each in self._plan.of(RENAME) if each.old}
        for name in set(renamed) & cached:
            app.sessions.rename_profile(name, renamed[name])
        for name in set(renamed) & set(app.recent.names()):
            app.recent.rename(name, renamed[name])

    def _warn(self) -> None:
        """Say what is not as somebody may expect."""
        app, plan, listing = self._app, self._plan, self._listing
        for change in plan.of(REMOVE):
            if change.users:
                app.warn(
                    f"{_names(change.users)} {_use(change.users)} {escaped(change.name)}, and will "
                    "not work without it"
                )
        changed = {each.old or each.name for each in (*plan.of(RENAME), *plan.of(REMOVE))}
        for name, place in served_elsewhere(changed, app.files, app.pointers, app.warn):
            app.warn(f"{place} is also about the profile {escaped(name)}; this file is not changed")
        if plan.template is not None:
            app.note(
                f"the sso-session {escaped(self._wanted.session)} gets the line {TEMPLATE.name}, "
                "so that the next run uses the same names"
            )
        for left in plan.left:
            wanted = f" (its name would be {escaped(left.wanted)})" if left.wanted else ""
            app.note(f"{escaped(left.name)} stays as it is{wanted}: {left.reason}")
        if plan.gone:
            app.note(
                f"AWS no longer lists the role of {_names(plan.gone)}; use --prune to remove "
                "such profiles"
            )
        if plan.nameless:
            roles = [f"{account}/{role}" for account, role in plan.nameless]
            app.warn(f"no name is free for {_names(roles)}; use another --template or --prefix")
        if listing.unusable:
            roles = [f"{role.account_id}/{role.role_name}" for role in listing.unusable]
            app.warn(f"AWS lists roles with names that AWS does not allow: {_names(roles)}")
        if listing.vanished:
            app.note(
                f"no roles were listed for {_names(sorted(listing.vanished))}: AWS does not find "
                "the account any more"
            )

    def _document(self, *, is_changed: bool, is_dry: bool) -> dict[str, object]:
        plan = self._plan
        return {
            "sso_session": self._wanted.session,
            "template": self._wanted.naming.template,
            "accounts": len(self._listing.accounts),
            "roles": len(self._listing.roles),
            "dry_run": is_dry,
            "changed": is_changed,
            "changes": [
                {
                    "change": each.action,
                    "profile": each.name,
                    "renamed_from": each.old,
                    "account_id": each.account_id,
                    "account_name": each.account_name or None,
                    "role_name": each.role_name,
                    "used_by": list(each.users),
                }
                for each in plan.changes
            ],
            "unchanged": plan.kept,
            "gone": list(plan.gone),
            "left": [{"profile": each.name, "reason": each.reason} for each in plan.left],
            "without_name": [f"{account}/{role}" for account, role in plan.nameless],
        }


def _table(changes: Sequence[Change]) -> Listing:
    return Listing(
        COLUMNS,
        [
            [
                each.action,
                _shown_name(each),
                f"{each.account_id} {each.account_name}".strip(),
                each.role_name,
                _note(each),
            ]
            for each in changes
        ],
        "PROFILE",
        ("ACCOUNT", "ROLE", "NOTE"),
        ["warning" if each.action == REMOVE and each.users else None for each in changes],
    )


def _shown_name(change: Change) -> str:
    return f"{change.old} → {change.name}" if change.old else change.name


def _note(change: Change) -> str:
    notes = [f"used by {_names(change.users)}"] if change.users else []
    notes += [f"{change.taken} is not free"] if change.taken else []
    return "; ".join(notes)


def _profiles(count: int) -> str:
    return "1 profile" if count == 1 else f"{count} profiles"


def _use(users: Sequence[str]) -> str:
    return "uses" if len(users) == 1 else "use"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(escaped(name) for name in names[:MOST_NAMES])
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown
