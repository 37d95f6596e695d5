"""``awscreds status``: what bare ``awscreds`` shows at a terminal."""

from __future__ import annotations

import click

from awscreds.app.standing import overview
from awscreds.commands.common import JSON, common_options
from awscreds.commands.groups import Command
from awscreds.model.problems.problem import ERROR, WARNING
from awscreds.model.times import format_duration
from awscreds.render import Fact, Result
from awscreds.workflows.overview import IN_SHELL
from awscreds.workflows.profile_facts import BROKEN, KIND_WORDS, OVERDUE, PLAINTEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from awscreds.app import App
    from awscreds.errors import AwscredsError
    from awscreds.workflows.overview import Overview, StoreFacts

MOST_NAMES = 3


@click.command("status", cls=Command)
@common_options(JSON)
@click.pass_obj
def command(app: App) -> Result:
    """Show where you stand: profile, session, store, problems.

    It ends with the next useful command. It reads only local files: it does not run programs,
    open a secret store, or contact AWS. Without a command, `awscreds` shows the same at a terminal.

    \b
    Examples:
      awscreds status
      awscreds status --json
    """
    return report(overview(app))


def report(found: Overview) -> Result:
    """What people and programs see of an overview."""
    active, seconds = found.active, found.session_seconds
    document: dict[str, object] = {
        "profile": found.active_name,
        "profile_exists": active is not None,
        "account": active and active.account,
        "session_seconds": None if seconds is None else int(seconds),
        "session_in": found.session_in,
        "store": found.store and found.store.name,
        "store_open": _is_open(found.store),
        "profiles": len(found.profiles),
        "kinds": [{"kind": kind, "count": count} for kind, count in found.kinds()],
        "plaintext": found.marked(PLAINTEXT),
        "overdue": found.marked(OVERDUE),
        "broken": found.marked(BROKEN),
        "errors": found.errors,
        "unfinished": list(found.unfinished),
        "state_error": _damage(found),
        "next": found.next_command(),
    }
    return Result(document, facts=list(_facts(found)))


def _facts(found: Overview) -> Iterator[Fact]:
    if found.profiles:
        yield Fact("Profile", _active(found))
        if found.active or found.session_in:
            yield Fact("Session", _session(found))
    if found.damage:
        yield Fact("Damaged", ". Fix: ".join(filter(None, _said(found.damage))), ERROR)
    else:
        yield Fact("Store", _store(found.store))
    counts = [f"{count} {KIND_WORDS[kind]}" for kind, count in found.kinds()]
    total = len(found.profiles)
    yield Fact("Profiles", f"{total}: {', '.join(counts)}" if counts else "none yet")
    for mark, severity in ((PLAINTEXT, ERROR), (OVERDUE, WARNING), (BROKEN, ERROR)):
        names = found.marked(mark)
        if names:
            yield Fact(mark if mark.isupper() else mark.capitalize(), _some(names), severity)
    if found.errors:
        yield Fact("Errors", f"{found.errors} in the AWS files", ERROR)
    if found.unfinished:
        keys = _some(found.unfinished)
        many = "s" * (len(found.unfinished) > 1)
        yield Fact("Unfinished", f"the rotation{many} of {keys}", WARNING)
    yield Fact("Next", found.next_command())
    if not found.profiles:
        yield Fact("To try it", "awscreds sandbox tour")


def _said(error: AwscredsError) -> tuple[str, str | None]:
    return error.message, error.hint


def _damage(found: Overview) -> dict[str, object] | None:
    error = found.damage
    return (
        None
        if error is None
        else {"code": error.code, "message": error.message, "hint": error.hint}
    )


def _active(found: Overview) -> str:
    active, name = found.active, found.active_name
    if active:
        account = f", account {active.account}" if active.account else ""
        return f"{active.name} ({KIND_WORDS[active.kind]}{account})"
    if found.has_other_credentials:
        return "none: programs use the key in AWS_ACCESS_KEY_ID"
    if name is None:
        return "none: AWS_PROFILE and AWS_DEFAULT_PROFILE are different; unset one"
    if name == "default":
        return "none: AWS_PROFILE is not set, and there is no profile default"
    return f"{name}, which does not exist"


def _session(found: Overview) -> str:
    seconds, place = found.session_seconds, found.session_in
    if seconds is None or place is None:
        return "none"
    if not seconds:
        return "expired, in this shell"
    left = format_duration(seconds, short=True, parts=2)
    return f"{left} left, {'in this shell' if place == IN_SHELL else 'cached'}"


def _store(store: StoreFacts | None) -> str:
    if store is None:
        return "none yet; the first key chooses one"
    if not store.is_made:
        return f"{store.description}, not made yet"
    if store.seconds_open is None:
        return f"{store.description}, not opened for this"
    if not store.seconds_open:
        return f"{store.description}, locked"
    left = format_duration(store.seconds_open, short=True, parts=2)
    return f"{store.description}, open for {left}"


def _is_open(store: StoreFacts | None) -> bool | None:
    return None if store is None or store.seconds_open is None else bool(store.seconds_open)


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
