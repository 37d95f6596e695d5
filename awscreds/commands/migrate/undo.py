"""``awscreds migrate --undo``: keys come back into the AWS files."""

from __future__ import annotations

from awscreds.commands.migrate.guards import alone
from awscreds.commands.migrate.preview import show_before_asking
from awscreds.errors import UsageError
from awscreds.model.keys import HIDDEN, shown_key_id
from awscreds.model.text import escaped, quoted
from awscreds.render import Listing, ReportRow, Result
from awscreds.workflows.migration.undo import carry_out_undo, plan_undo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from awscreds.app import App
    from awscreds.model.credentials import AccessKey
    from awscreds.workflows.migration.undo import Return

COLUMNS = ("PROFILE", "ACCESS KEY", "SECRET", "WHAT HAPPENS")


class UndoCommand:
    """Brings back the keys of the profiles ``names``; None: of all that were migrated."""

    def __init__(self, app: App, names: Sequence[str] | None) -> None:
        self._app = app
        self._names = names

    def run(self, *, dry_run: bool) -> Result:
        from awscreds.stores.migration_record import MigrationRecord

        app = self._app
        for name in self._names or ():
            app.profiles().get(name)
        app.file_warnings.report(*(self._names or ()), every=self._names is None)
        record = MigrationRecord(app.state_dir, app.files)
        returns = plan_undo(app.files.load(), record.read(), self._names)
        coming = [each for each in returns if each.comes]
        nothing = "" if returns else "No key was migrated, so there is nothing to bring back."
        if dry_run:
            return _preview(returns, _document(returns, done=False), nothing)
        if coming:
            app.files.require_trusted()
        is_seen = show_before_asking(app, _preview(returns, {}, nothing))
        if not coming:
            return Result(_document(returns, done=False))
        keys = self._keys(coming)
        self._ask(coming, is_seen=is_seen)
        with alone(app, [(each.profile, each.key_id) for each in coming]) as locked:
            carry_out_undo(returns, app.files, keys, locked, step=app.step)
        self._report(coming)
        return Result(_document(returns, done=True))

    def _keys(self, coming: Sequence[Return]) -> dict[str, AccessKey]:
        """The keys from the store, by ID. Raises SecretStoreError."""
        ids = {each.key_id for each in coming if each.key_id and not each.follows}
        return {key_id: self._app.stores.of(key_id).access_key(key_id) for key_id in sorted(ids)}

    def _ask(self, coming: Sequence[Return], *, is_seen: bool) -> None:
        app = self._app
        app.warn(
            "in the files, every program and every backup can read the secrets; in the secret "
            "store, they cannot"
        )
        many = f"{len(coming)} profiles" if len(coming) > 1 else escaped(coming[0].profile)
        if not app.dialogue.consent(
            f"Write the access keys of {many} to the AWS files in plaintext?",
            default=False,
            plan=[] if is_seen else [f"  {escaped(each.profile)}" for each in coming],
            hint="pass --yes to agree; nothing was changed",
        ):
            raise UsageError("nothing was changed", code="declined")

    def _report(self, coming: Sequence[Return]) -> None:
        app = self._app
        for each in coming:
            if not each.is_exact and not each.follows:
                app.note(
                    f"the lines of {escaped(each.profile)} were changed since, or are not known: "
                    f"its key is in new lines of {app.files.credentials_path}"
                )
        app.done(f"The keys of {len(coming)} profiles are in plaintext again.")
        ids = list(dict.fromkeys(each.key_id for each in coming if each.key_id))
        app.say(
            "The secret store still has them. To delete a stored secret:",
            f"  awscreds store forget {quoted(ids[0])}",
        )


def _happens(each: Return) -> str:
    if not each.comes:
        return "stays as it is"
    return "no longer uses the key" if each.follows else "comes back in plaintext"


def _preview(returns: Sequence[Return], document: dict[str, object], nothing: str) -> Result:
    listing = None
    if returns:
        listing = Listing(
            COLUMNS,
            [
                [
                    each.profile,
                    shown_key_id(each.key_id) if each.key_id else "-",
                    HIDDEN if each.comes and not each.follows else "-",
                    _happens(each),
                ]
                for each in returns
            ],
            "PROFILE",
            ("SECRET", "ACCESS KEY"),
            ["warning" if each.comes else None for each in returns],
        )
    rows = [
        ReportRow("note", each.profile, f"{escaped(each.profile)}: {each.reason}", "", each.action)
        for each in returns
        if each.reason
    ]
    return Result(document, done=nothing or None, listing=listing, report=rows)


def _document(returns: Sequence[Return], *, done: bool) -> dict[str, object]:
    return {
        "changed": done,
        "items": [
            {
                "profile": each.profile,
                "action": each.action,
                "target": each.target if each.comes else None,
                "access_key_id": shown_key_id(each.key_id) if each.key_id else None,
                "exact": each.is_exact if done and each.comes else None,
                "reason": each.reason or None,
            }
            for each in returns
        ],
    }
