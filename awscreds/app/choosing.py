"""A profile that a person chooses from a list, because the command line names none."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from awscreds.app import App

_WITHOUT_SCREEN = ("", "dumb", "unknown")
"""What TERM says of a terminal on which nothing can be drawn."""


def note_use(app: App, profile: str) -> None:
    """Remember that a person, and not a script, uses the profile now."""
    if app.dialogue.stdin.isatty() and len(app.profiles().all()) > 1:
        app.recent.note(profile)


def choose_profile(app: App) -> None:
    """Let the person at the terminal choose the profile, if nothing names one.

    Without a terminal, under ``--json``, and if there is only one profile, nothing is asked.
    Raises KeyboardInterrupt if the person leaves the list.
    """
    is_for_person = sys.stdout.isatty() and not app.options.json
    if app.selection.named() is None and is_for_person and _can_choose(app):
        names = _usable(app)
        if len(names) > 1:
            _choose(app, names)


def choose_for_shell(app: App) -> None:
    """The same for a session that a shell will load, which reads stdout. The only profile is taken.

    The profile of the session in the shell does not count: the person wants another one. Raises
    InputNeeded if there are several profiles and nobody can choose.
    """
    from awscreds.errors import InputNeeded

    if app.selection.named(of_session=False) is not None:
        return
    names = _usable(app)
    if len(names) == 1:
        app.options.profile = names[0]
    elif names and not _can_choose(app):
        raise InputNeeded(
            "no profile is named, and there is no terminal to choose one",
            hint="use --profile NAME, or run it in a terminal",
        )
    elif names:
        _choose(app, names)


def _choose(app: App, names: Sequence[str]) -> None:
    from awscreds.model.choice import Choice

    choice = Choice("Profile:", names, _details(app))
    chosen = app.options.profile = app.dialogue.terminal.choose(choice)
    app.say(f"Profile: {chosen}")


def _can_choose(app: App) -> bool:
    """Whether a person is at a terminal that shows a list."""
    if not (app.dialogue.stdin.isatty() and sys.stderr.isatty()):
        return False
    has_screen = sys.platform == "win32" or app.environ.get("TERM", "") not in _WITHOUT_SCREEN
    return has_screen and app.dialogue.terminal.available()


def _usable(app: App) -> list[str]:
    """The names of the profiles that have credentials: those used last, then as in the files."""
    from awscreds.model.profile import NO_CREDENTIALS

    names = [each.name for each in app.profiles().all() if each.kind != NO_CREDENTIALS]
    known = set(names)
    recent = [name for name in app.recent.names() if name in known]
    return list(dict.fromkeys([*recent, *names]))


def _details(app: App) -> Callable[[str], tuple[str, str]]:
    """What is beside a name: the account, and the time that the longest session lasts."""
    from awscreds.model.times import format_duration
    from awscreds.workflows.profile_facts import FactsOfProfiles

    profiles = app.profiles()
    facts_of = FactsOfProfiles(
        profiles.all(),
        _record(app),
        app.environ,
        sessions=app.sessions.entries(),
        wrong=(),
        now=app.clock(),
    ).of

    def details(name: str) -> tuple[str, str]:
        facts = facts_of(profiles.get(name))
        left = facts.session_seconds
        shown = f"{format_duration(left, short=True, parts=2)} left" if left else ""
        return facts.shown_account or "", shown

    return details


def _record(app: App) -> Callable[[str], Mapping[str, str]]:
    """What is recorded of each key: nothing if that is damaged, as the command will say itself."""
    from awscreds.errors import ConfigurationError

    try:
        app.state.ids()
    except ConfigurationError:
        return lambda _: {}
    return app.state.entry
