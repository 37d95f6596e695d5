"""A migration: the plan, the check with AWS, the question, and the edit."""

from __future__ import annotations

from dataclasses import replace

from awscreds.commands.migrate.guards import alone
from awscreds.errors import AwsError, UsageError
from awscreds.model.credentials import AccessKey
from awscreds.model.keys import NO_ROOT_KEY, ROOT_KEY
from awscreds.model.text import escaped, quoted
from awscreds.render import Result
from awscreds.workflows.migration.item import CLEAR, FOLLOW, MOVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from awscreds.app import App
    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import Session
    from awscreds.model.documents import AwsDocuments
    from awscreds.workflows.migration.item import Item
    from awscreds.workflows.pairs import RemovalContext


class MigrateCommand:
    """The migration of the profiles ``names``; None: of all. ``verify``: ask AWS about the keys."""

    def __init__(self, app: App, names: Sequence[str] | None, *, verify: bool) -> None:
        self._app = app
        self._names = names
        self._verify = verify
        self._identities: dict[AccessKey, Identity] = {}

    def run(self, *, dry_run: bool) -> Result:
        from awscreds.commands.migrate.preview import document, preview, show_before_asking
        from awscreds.workflows.migration.carry_out import rehearse

        app = self._app
        items, documents = self._planned()
        lines = self._lines()
        context = self._context()
        if not dry_run and any(item.action == MOVE for item in items):
            app.stores.open_early()
        unreached = self._judge_keys(items, None if dry_run else context)
        after = rehearse(documents, items, lines)
        shown = preview(app, items, after)
        if dry_run:
            self._warn(items, unreached)
            return shown.with_document(document(items, done=False))
        is_seen = show_before_asking(app, shown.result)
        self._warn(items, unreached)
        if not any(item.changes for item in items):
            return Result(document(items, done=False), done=shown.nothing)
        self._ask(items, is_seen=is_seen)
        self._carry_out(items, context, lines)
        return Result(document(items, done=True))

    def _planned(self) -> tuple[list[Item], AwsDocuments]:
        from awscreds.workflows.migration.plan import Plan
        from awscreds.workflows.readings import require_readable

        app = self._app
        if not app.options.yes:
            require_readable(app.file_warnings.findings())
        for name in self._names or ():
            app.profiles().get(name)
        app.file_warnings.report(*(self._names or ()), every=self._names is None)
        documents = app.files.load()
        return Plan(documents, self._names, app.clock()).items, documents

    def _lines(self) -> Callable[[str], str]:
        self._app.files.require_trusted()
        return self._app.process_lines()

    def _context(self) -> RemovalContext:
        from awscreds.commands.configure.apply import removal_context

        context = removal_context(self._app, check=self._known, makes_vault=True)
        # What nobody was shown is never removed, also under --yes.
        return replace(context, consent=lambda _question, _default: False)

    def _known(self, key: AccessKey | Session, _region: str | None) -> Identity:
        """What AWS said before: it is not asked twice. Raises AwsError if it was not asked."""
        found = self._identities.get(key) if isinstance(key, AccessKey) else None
        if found is None:
            raise AwsError("AWS was not asked")
        return found

    def _judge_keys(self, items: list[Item], context: RemovalContext | None) -> AwsError | None:
        """Leave what AWS or the store speaks against. The error if AWS could not be reached."""
        from awscreds.model.service_endpoint import resolve_endpoint
        from awscreds.workflows.migration import verify

        app, profiles = self._app, self._app.profiles()
        unreached = None
        if self._verify:
            unreached = verify.ask_aws(
                items,
                app.aws.caller_identity,
                lambda name: resolve_endpoint("sts", profiles.find(name), profiles, app.environ),
            )
        verify.leave_doubtful(items)
        if context:
            verify.leave_stored_otherwise(items, context)
        self._identities = {item.key: item.identity for item in items if item.key and item.identity}
        return unreached

    def _warn(self, items: Sequence[Item], unreached: AwsError | None) -> None:
        app = self._app
        moving = [item for item in items if item.action == MOVE]
        for item in moving:
            if item.identity and item.identity.is_root:
                app.warn(f"{escaped(item.profile)} has {ROOT_KEY}. To be safe, {NO_ROOT_KEY}")
        unchecked = [escaped(item.profile) for item in moving if not item.is_checked]
        if not unchecked:
            return
        many = f"{len(unchecked)} profiles" if len(unchecked) > 1 else unchecked[0]
        undo = f"awscreds migrate --undo --profile {quoted(unchecked[0])}"
        if len(unchecked) > 1:
            undo = "awscreds migrate --undo --all"
        why = "because of --no-verify" if unreached is None else f"({unreached.message})"
        app.warn(
            f"AWS was not asked whether the keys of {many} are valid {why}; they move as they are, "
            f"and `{undo}` brings them back"
        )

    def _ask(self, items: Sequence[Item], *, is_seen: bool) -> None:
        """Ask for consent; the plan goes above a question if the preview went elsewhere."""
        app = self._app
        moving = [item for item in items if item.action in (MOVE, FOLLOW)]
        clearing = [item for item in items if item.action == CLEAR]
        hint = "pass --yes to agree; nothing was changed"
        if moving:
            many = f"{len(moving)} profiles" if len(moving) > 1 else escaped(moving[0].profile)
            if not app.dialogue.consent(
                f"Move the plaintext keys of {many} to the secret store?",
                hint=hint,
                plan=[] if is_seen else _lines_of(moving),
            ):
                raise UsageError("nothing was changed", code="declined")
        if clearing:
            many = ", ".join(escaped(item.profile) for item in clearing)
            if not app.dialogue.consent(
                f"Remove the expired temporary keys of {many} from the files?",
                hint=hint,
                plan=[] if is_seen else _lines_of(clearing),
            ):
                if not moving:
                    raise UsageError("nothing was changed", code="declined")
                for item in clearing:
                    item.leave("its expired temporary keys stay, as you answered")

    def _carry_out(
        self, items: Sequence[Item], context: RemovalContext, lines: Callable[[str], str]
    ) -> None:
        from awscreds.workflows.migration.carry_out import carry_out

        app = self._app
        changing = [(item.profile, item.key_id) for item in items if item.changes]
        with alone(app, changing) as record:
            carry_out(items, app.files, context, lines, record, step=app.step)
        moved = [item for item in items if item.action in (MOVE, FOLLOW)]
        cleared = sum(item.action == CLEAR for item in items)
        if moved:
            keys = {item.key_id for item in moved if item.key_id}
            store = app.stores.of(next(iter(keys))).backend.describe()
            app.done(
                f"Moved {_count(len(keys), 'access key')} of {_count(len(moved), 'profile')} to "
                f"{store}."
            )
            app.say(
                "Try it:",
                f"  awscreds whoami --profile {quoted(moved[0].target)}",
            )
        if cleared:
            app.done(f"Removed the expired temporary keys of {_count(cleared, 'profile')}.")


def _lines_of(items: Sequence[Item]) -> list[str]:
    return [f"  {escaped(item.profile)}: {item.place}" for item in items]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
