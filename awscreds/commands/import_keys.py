"""``awscreds import``: the access keys of other credential managers."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, YES, common_options
from awscreds.commands.groups import Command
from awscreds.errors import AwscredsError
from awscreds.model.keys import NO_ROOT_KEY, ROOT_KEY, shown_key_id
from awscreds.model.names import blind
from awscreds.model.other_tools import AWS_MFA, TOOLS
from awscreds.model.records import changed
from awscreds.model.text import escaped, quoted
from awscreds.model.tools import spoken
from awscreds.process import with_tilde
from awscreds.render import Listing, Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from awscreds.app import App
    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import AccessKey
    from awscreds.stores.other_tools.entry import Entry, Unreadable
    from awscreds.workflows.imports import Import, ImportPlan, Item
    from awscreds.workflows.other_programs import Remark

ALL = "all"
_TITLES = ("PROFILE", "ACCESS KEY", "FROM", "WHERE", "MFA", "WHAT HAPPENS")


@click.command("import", cls=Command)
@click.option(
    "--from",
    "tool",
    type=click.Choice([*TOOLS, ALL]),
    required=True,
    help="The program whose keys to import, or all.",
)
@click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")
@click.option("--no-verify", is_flag=True, help="Store keys without checking them with AWS.")
@click.option(
    "--delete-source",
    is_flag=True,
    help="Then delete the imported keys from the other program's store.",
)
@common_options(PROFILE, JSON, YES)
@click.pass_obj
def command(app: App, *, tool: str, dry_run: bool, no_verify: bool, delete_source: bool) -> Result:
    """Take over the access keys of other programs.

    It first shows what it found. Each key is checked with AWS, stored and read back. Then the
    profiles get their credentials from awscreds. The other program keeps its copy of a key, unless
    you use --delete-source. What cannot be imported is named and left as it is.

    \b
    Examples:
      awscreds import --from aws-vault --dry-run
      awscreds import --from all
      awscreds import --from granted --profile dev --delete-source
    """
    from awscreds.workflows.imports import IMPORT, plan
    from awscreds.workflows.other_programs import remarks

    tools = TOOLS if tool == ALL else (tool,)
    if tool == AWS_MFA:
        return _migrated(app, verify=not no_verify, dry_run=dry_run)
    found, unreadable = _look(app, tools)
    planned = plan(found, app.files, tools, only=app.options.profile)
    others = remarks(tools, app.files.load(), only=app.options.profile)
    report = _Report(app, planned, unreadable, others, is_dry_run=dry_run)
    if dry_run:
        return report.result()
    imports = _import(app, verify=not no_verify)
    if planned.of(IMPORT):
        app.files.require_trusted()
        _ask(app, planned)
        imports.verify(planned)
        store = imports.carry_out(planned)
        _note_ages(app, planned)
        report.say_imported(store)
    if delete_source:
        _delete(app, imports, planned)
    app.file_warnings.report()
    return report.result()


def _migrated(app: App, *, verify: bool, dry_run: bool) -> Result:
    """What aws-mfa has are plaintext keys in the AWS files: `migrate` moves those."""
    from awscreds.commands.migrate.run import MigrateCommand
    from awscreds.workflows.imports import ImportPlan
    from awscreds.workflows.other_programs import long_term_profiles

    names = long_term_profiles(app.profiles(), app.options.profile)
    report = _Report(app, ImportPlan([], []), [], [], is_dry_run=dry_run)
    if not names:
        return report.result()
    result = MigrateCommand(app, names, verify=verify).run(dry_run=dry_run)
    found = result.document() if callable(result.document) else result.document
    return changed(result, document=report.document(migration=found))


def _look(app: App, tools: tuple[str, ...]) -> tuple[list[Entry], list[Unreadable]]:
    """What is in the stores of the ``tools``."""
    from awscreds.stores.other_tools.entry import Entry
    from awscreds.stores.other_tools.places import places

    found: list[Entry] = []
    unreadable: list[Unreadable] = []
    ask = app.dialogue.terminal.ask_for
    for tool in tools:
        for place in places(
            tool, app.environ, lambda text, check: ask(text, check, is_hidden=True)
        ):
            for each in place.entries():
                if isinstance(each, Entry):
                    found.append(each)
                else:
                    unreadable.append(each)
    return found, unreadable


def _import(app: App, *, verify: bool) -> Import:
    from awscreds.commands.configure.apply import removal_context
    from awscreds.workflows.imports import Import

    def check(key: AccessKey, profile: str) -> Identity:
        found = app.profiles().find(profile)
        return app.key_facts.identity_of(key, found, found.get("region"))

    return Import(
        app.files,
        check if verify else None,
        app.stores.for_writing,
        app.process_lines(),
        removal_context(app, makes_vault=True),
        in_spite_of_findings=app.options.yes,
        step=app.step,
    )


def _ask(app: App, planned: ImportPlan) -> None:
    """Show what was found, and ask once for all. Raises AwscredsError if the answer is no."""
    from awscreds.workflows.imports import IMPORT

    items = planned.of(IMPORT)
    lines = ["Found:"]
    for item in planned.items:
        device = f", MFA device {item.mfa_serial}" if item.mfa_serial else ""
        lines.append(
            f"  {escaped(item.profile)}: {shown_key_id(item.key.id)} from {item.entries[0].place}"
            f"{device}"
            f": {_what_happens(item)}{_blindness(app, item)}"
        )
    number = "this key" if len(items) == 1 else f"these {len(items)} keys"
    hint = "use --yes to skip the question, or --dry-run to see only what was found"
    if app.options.yes:
        app.say(*lines)
    question = f"Import {number} into the secret store?"
    if not app.dialogue.consent(question, hint=hint, plan=lines):
        raise AwscredsError("you did not agree; nothing was changed", code="consent", hint=hint)


def _what_happens(item: Item) -> str:
    from awscreds.workflows import imports

    if item.state == imports.LEFT:
        return f"stays as it is: {item.reason}"
    return {
        imports.IMPORT: "will be imported",
        imports.IMPORTED: "imported",
        imports.ALREADY: "is already in the secret store",
    }[item.state]


def _note_ages(app: App, planned: ImportPlan) -> None:
    """Write down when each key was created: it may be years older than its entry in our store."""
    from awscreds.workflows.imports import IMPORTED

    items = {item.key.id: item for item in planned.of(IMPORTED)}
    for item in items.values():
        identity = item.identity
        if identity and identity.is_root:
            app.warn(f"{escaped(item.profile)} has {ROOT_KEY}. To be safe, {NO_ROOT_KEY}")
        elif identity:
            created_at = app.key_facts.created_at(item.key, app.profiles().find(item.profile))
            app.key_facts.note(item.key.id, identity, created_at)


def _blindness(app: App, item: Item) -> str:
    """Which tools cannot see the profile that would be created, for people."""
    if app.profiles().has(item.profile) or not blind(item.profile):
        return ""
    return f" ({spoken(blind(item.profile))} cannot see a profile with this name)"


def _delete(app: App, imports: Import, planned: ImportPlan) -> None:
    """Ask apart, and delete the entries of the other programs whose key we have."""
    from awscreds.workflows.imports import ALREADY, IMPORTED

    entries = [entry for item in planned.of(IMPORTED, ALREADY) for entry in item.entries]
    if not entries:
        return
    plan = ["Delete from the stores of other programs:"]
    plan += [f"  {entry.name}: {shown_key_id(entry.key.id)} in {entry.place}" for entry in entries]
    number = "this entry" if len(entries) == 1 else f"these {len(entries)} entries"
    question = f"Delete {number}? Their keys are in awscreds' secret store now."
    hint = "pass --yes to delete them; nothing was deleted"
    if not app.dialogue.consent(question, hint=hint, plan=plan, default=False):
        app.say("Nothing was deleted from the other programs' stores.")
        return
    imports.delete_sources(planned)
    for item in planned.items:
        for entry in item.deleted:
            app.done(f"Deleted {escaped(entry.name)} from {escaped(entry.place)}.")
        for entry, error in item.undeleted:
            app.warn(f"{escaped(entry.place)} was not deleted: {error.whole}")


class _Report:
    """What one run found and did, for people and programs."""

    def __init__(
        self,
        app: App,
        planned: ImportPlan,
        unreadable: list[Unreadable],
        others: list[Remark],
        *,
        is_dry_run: bool,
    ) -> None:
        self._app = app
        self._planned = planned
        self._unreadable = unreadable
        self._others = others
        self._is_dry_run = is_dry_run

    def say_imported(self, store: str | None) -> None:
        from awscreds.workflows.imports import IMPORTED

        app = self._app
        items = self._planned.of(IMPORTED)
        for arn in dict.fromkeys(item.identity.arn for item in items if item.identity):
            app.done(f"Verified with AWS: {escaped(arn)}")
        for item in items:
            app.done(
                f"Imported {shown_key_id(item.key.id)}: the profile {escaped(item.profile)} now "
                "gets its credentials from awscreds."
            )
            if item.serves_session and item.mfa_serial:
                name = quoted(item.profile)
                app.note(
                    f"{item.entries[0].tool} gave SDKs a session with MFA for "
                    f"{escaped(item.profile)}; awscreds gives them the key itself. To give them "
                    f"the session: awscreds configure set awscreds_serve session --profile {name}"
                )
        if store:
            app.done(f"Stored the secrets in {app.stores.backend(store).describe()}.")

    def result(self) -> Result:
        items = self._planned.items
        nothing = not (items or self._planned.kept or self._unreadable or self._others)
        listing = None
        if self._is_dry_run and items:
            rows = [_row(item) for item in items]
            unimportant = ("MFA", "FROM", "WHERE")
            listing = Listing(_TITLES, rows, "PROFILE", unimportant, [None] * len(rows))
        said = ["Found no access keys of other programs."] if nothing else []
        return Result(
            self.document(),
            said=said,
            warnings=[*self._warnings()],
            listing=listing,
            exit_code=self._exit_code(),
        )

    def _warnings(self) -> Iterator[tuple[str, ...]]:
        for each in self._unreadable:
            yield (f"{escaped(each.place)}: {each.error.whole}",)
        for item in self._planned.items:
            if item.reason:
                hint = f". {item.error.hint}" if item.error and item.error.hint else ""
                what = "stays as it is" if self._is_dry_run else "was not imported"
                yield (f"{escaped(item.profile)} {what}: {item.reason}{hint}",)
        for line in self._planned.kept:
            name = escaped(line.profile)
            yield (f"{line.place}: the {line.tool} line of {name} stays: {line.reason}",)

        for other in self._others:
            yield (f"{other.place}: {other.text}", *([f"  {other.remedy}"] if other.remedy else []))

    def _exit_code(self) -> int:
        """That of the first thing that failed; what is only left is no failure."""
        errors = [each.error for each in self._unreadable]
        for item in self._planned.items:
            errors += [error for error in (item.error, *(e for _, e in item.undeleted)) if error]
        return errors[0].exit_code if errors else 0

    def document(self, *, migration: Mapping[str, object] | None = None) -> dict[str, object]:
        """All of it for programs. ``migration`` is the document of `migrate`, if that was done."""
        return {
            "dry_run": self._is_dry_run,
            "found": [
                {
                    "profile": item.profile,
                    "access_key_id": shown_key_id(item.key.id),
                    "tool": item.entries[0].tool,
                    "places": [entry.place for entry in item.entries],
                    "mfa_serial": item.mfa_serial,
                    "state": item.state,
                    "reason": item.reason or None,
                    "arn": item.identity.arn if item.identity else None,
                    "deleted": [entry.place for entry in item.deleted],
                }
                for item in self._planned.items
            ],
            "unreadable": [
                {
                    "tool": each.tool,
                    "place": each.place,
                    "code": each.error.code,
                    "message": each.error.message,
                }
                for each in self._unreadable
            ],
            "kept_lines": [
                {
                    "profile": line.profile,
                    "place": line.place,
                    "tool": line.tool,
                    "reason": line.reason,
                }
                for line in self._planned.kept
            ],
            "elsewhere": [
                {
                    "tool": each.tool,
                    "place": each.place,
                    "text": each.text,
                    "fix": each.remedy or None,
                }
                for each in self._others
            ],
            "migration": migration,
        }


def _row(item: Item) -> tuple[str, ...]:
    entry = item.entries[0]
    return (
        item.profile,
        shown_key_id(item.key.id),
        entry.tool,
        with_tilde(entry.place),
        item.mfa_serial or "",
        "stays as it is" if item.reason else _what_happens(item),
    )
