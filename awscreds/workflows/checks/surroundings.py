"""What the checks look at. Each part is read once, when a check first needs it."""

from __future__ import annotations

from functools import cached_property

from awscreds.model.ini.document import PROFILE
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import ERROR
from awscreds.model.settings import PREFIX
from awscreds.model.text import escaped, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.errors import AwscredsError
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.profile import Profile
    from awscreds.stores.state import State
    from awscreds.stores.state_dir import StateDir


class Surroundings:
    """The AWS files, the environment and our state.

    ``listed_entries`` returns the entries of each store that can list them without a question.
    ``process_lines`` returns what gives our line for the name of a profile; it raises
    ConfigurationError for an installation that no line can start, and is None if no line has to be
    compared with it: to check an installation takes longer than all the rest. ``clock`` is in
    seconds since the epoch.
    """

    def __init__(
        self,
        documents: AwsDocuments,
        environ: Mapping[str, str],
        *,
        state_dir: StateDir,
        state: State,
        listed_entries: Callable[[], Mapping[str, list[str]]],
        process_lines: Callable[[], Callable[[str], str]] | None,
        clock: Callable[[], float],
    ) -> None:
        self.documents = documents
        self.profiles = documents.profiles
        self.environ = environ
        self.state_dir = state_dir
        self.state = state
        self.listed_entries = listed_entries
        self.process_lines = process_lines
        self.clock = clock

    @cached_property
    def every_profile(self) -> list[Profile]:
        """The profiles of both files."""
        return self.profiles.all()

    @property
    def paths(self) -> tuple[str, str]:
        """The config file and the credentials file."""
        return self.documents.config_path, self.documents.credentials_path

    def place(self, profile: str, *keys: str) -> tuple[str, int]:
        """Where the first of ``keys`` is set for ``profile``: file and line; else its header."""
        return place(self.documents, profile, *keys)

    def bad_value(self, profile: Profile, key: str, problem: BadValue) -> Finding:
        """The finding about a setting of a profile, also if it is set aside for our line."""
        return Finding(
            problem.code,
            problem.severity,
            *self.place(profile.name, key, PREFIX + key),
            f"{key} of the profile {escaped(profile.name)} {problem.what}",
            remedy=problem.fix.replace("PROFILE", quoted(profile.name)),
            profile=profile.name,
        )


def place(documents: AwsDocuments, profile: str, *keys: str) -> tuple[str, int]:
    """Where the first of ``keys`` is set for ``profile``: file and line; else its header."""
    section = (PROFILE, profile)
    # A setting in the credentials file wins.
    both = (
        (documents.credentials, documents.credentials_path),
        (documents.config, documents.config_path),
    )
    for key in keys:
        for document, path in both:
            line = document.line_of(section, key)
            if line is not None:
                return path, line
    for document, path in reversed(both):
        line = document.line_of(section)
        if line is not None:
            return path, line
    return documents.config_path, 0


class BadValue:
    """What is wrong with a value, in words that follow "KEY of the profile NAME".

    PROFILE in ``fix`` is the name of the profile.
    """

    __slots__ = ("code", "fix", "severity", "what")

    def __init__(self, code: str, what: str, fix: str, severity: str = ERROR) -> None:
        self.code = code
        self.what = what
        self.fix = fix
        self.severity = severity


def finding_of(error: AwscredsError, path: str) -> Finding:
    """What a command would fail with, as a finding."""
    return Finding(error.code, ERROR, path, 0, error.message, remedy=error.hint or "")
