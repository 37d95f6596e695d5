"""Who else can write or read the AWS files, our state, and the programs of awscreds."""

from __future__ import annotations

import os
import stat
import sys

import awscreds
from awscreds.errors import ConfigurationError
from awscreds.model.ini.inside import lines_of
from awscreds.model.keys import SECRET_NAMES
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import NOTE
from awscreds.stores.exposure import readable, shown_mode, writable
from awscreds.stores.trust import is_on_windows_drive, why_others_read, writable_by_others
from awscreds.workflows.checks.surroundings import finding_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.workflows.checks.surroundings import Surroundings


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """The findings about both files, then our folder, then this installation."""
    weak = {weak.path: weak for path in surroundings.paths if (weak := writable_by_others(path))}
    for each in weak.values():
        yield writable(each)
    yield from _readable(surroundings)
    yield from _on_windows_drive(surroundings.state_dir.path)
    for error, path in surroundings.state_dir.problems():
        yield finding_of(error, path)
    try:
        if surroundings.process_lines:
            surroundings.process_lines()
    except ConfigurationError as error:
        yield finding_of(error, os.path.dirname(os.path.abspath(awscreds.__file__)))


def _on_windows_drive(state_path: str) -> Iterator[Finding]:
    try:
        is_there = sys.platform != "win32" and is_on_windows_drive(os.stat(state_path))
    except OSError:
        return
    if is_there:
        yield Finding(
            "state-on-windows-drive",
            NOTE,
            state_path,
            0,
            "the state folder is on a Windows drive, where modes protect nothing: Windows decides "
            "who can read it, and Windows programs can",
            remedy="move it to the Linux file system, and set AWSCREDS_HOME to its new path",
        )


def _readable(surroundings: Surroundings) -> Iterator[Finding]:
    documents = surroundings.documents
    for document, path in (
        (documents.credentials, documents.credentials_path),
        (documents.config, documents.config_path),
    ):
        try:
            found = os.stat(path)
        except OSError:
            continue
        has_secrets = any(each.text for each in lines_of(document, *SECRET_NAMES))
        why = why_others_read(path, found)
        # Commands warn of any other mode of the credentials file, too.
        is_open = sys.platform != "win32" and document.credentials and found.st_mode & 0o077
        is_open = is_open and not is_on_windows_drive(found)
        if is_open and stat.S_ISREG(found.st_mode):
            why = why or shown_mode(found.st_mode)
        if why and (has_secrets or document.credentials):
            yield readable(path, why, has_secrets=has_secrets)
