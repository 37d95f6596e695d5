"""A finding as a value: what doctor, `list` and every warning about the set-up report."""

from __future__ import annotations

from awscreds.model.problems.problem import ERROR, NOTE, WARNING
from awscreds.model.records import record
from awscreds.model.text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from awscreds.model.documents import AwsDocuments

LEVELS = (ERROR, WARNING, NOTE)
"""The severities, the worst first.

An error: something does not work, or others can get secrets. A warning: a risk, or some program
does not work. A note: good to know.
"""


@record()
class DocumentFix:
    """A safe change of the AWS files: nothing is lost, and every tool uses what it used before.

    ``change`` may get newer documents, on which there may be nothing left to do.
    """

    change: Callable[[AwsDocuments], object]


@record()
class ModeFix:
    """The permission bits to take away from a file or folder of the user's own."""

    path: str
    bits: int


@record(uncompared=("fix",))
class Finding:
    """One thing that is wrong: where it is, what breaks in which ``tools``, and the remedy.

    ``code`` is stable. ``path`` is a file, or the name of a variable; ``line`` is 0 if it is about
    all of it. ``profile`` is the one that it is about, None for all in the file. It never quotes a
    value of a file, except IDs of access keys, ARNs, and names. ``fix`` is there if doctor itself
    can do what the remedy says.
    """

    code: str
    severity: str
    path: str
    line: int
    message: str
    tools: tuple[str, ...] = ()
    remedy: str = ""
    profile: str | None = None
    fix: DocumentFix | ModeFix | None = None

    @property
    def where(self) -> str:
        """``FILE:LINE``, or the file or variable."""
        return f"{self.path}:{self.line}" if self.line else self.path

    def concerns(self, names: Iterable[str]) -> bool:
        """Whether it is about the whole file, or one of these profiles."""
        return self.profile is None or self.profile in names

    def is_at_least(self, level: str) -> bool:
        """Whether its severity is ``level`` or worse."""
        return LEVELS.index(self.severity) <= LEVELS.index(level)

    def __str__(self) -> str:
        end = "" if self.message.endswith("?") else "."
        remedy = f"{end} Fix: {self.remedy}" if self.remedy else ""
        return f"{escaped(self.where)}: {self.message}{remedy}"
