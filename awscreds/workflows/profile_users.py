"""Who else uses a profile that is renamed or removed: lines in both files, and other config files.

A config file has its own profiles. So another one is concerned if it names this config file, or if
the profile has a section in the credentials file, which both may read.
"""

from __future__ import annotations

from dataclasses import dataclass

from awscreds.errors import ConfigurationError
from awscreds.model.credential_process import PROCESS, request_of
from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.document import PROFILE, Document
from awscreds.model.profile_references import references
from awscreds.model.text import escaped
from awscreds.stores.aws_files import AwsFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from awscreds.stores.pointers import Pointers


@dataclass(frozen=True, slots=True)
class Place:
    """A line of another config file that is about the profile."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def elsewhere(
    name: str, files: AwsFiles, pointers: Pointers, warn: Callable[[str], None]
) -> list[Place]:
    """The lines of the other config files that we know. ``warn``: of one that cannot be read."""
    is_shared = files.load().credentials.has((PROFILE, name))
    found = []
    for path in pointers.other_configs():
        try:
            config = AwsFiles(path, files.credentials_path).load().config
        except ConfigurationError as error:
            warn(f"{path} may use the profile {escaped(name)}, but awscreds {error.message}")
            continue
        lines = set(_lines(config, name, files.config_path, is_shared=is_shared))
        found += [Place(path, line) for line in sorted(lines)]
    return found


def served_elsewhere(
    names: Collection[str], files: AwsFiles, pointers: Pointers, warn: Callable[[str], None]
) -> list[tuple[str, Place]]:
    """The lines of the other config files that start us for one of these profiles of this file.

    Each with the name of the profile. ``warn``: of a file that cannot be read.
    """
    found = []
    for path in pointers.other_configs() if names else ():
        try:
            config = AwsFiles(path, files.credentials_path).load().config
        except ConfigurationError as error:
            warn(f"{path} may use profiles of this config file, but awscreds {error.message}")
            continue
        for each in config.definitions(PROCESS):
            request = request_of(each.text)
            if request and request.profile in names and request.config_file == files.config_path:
                found.append((request.profile, Place(path, each.line)))
    return found


def _lines(config: Document, name: str, config_path: str, *, is_shared: bool) -> Iterator[int]:
    for found in config.definitions(PROCESS):
        request = request_of(found.text)
        if request and (request.profile, request.config_file) == (name, config_path):
            yield found.line
    if not is_shared:
        return
    yield from (each.line for each in references(AwsDocuments(config, Document(), "", ""), name))
    header = config.line_of((PROFILE, name))
    if header is not None:
        yield header
