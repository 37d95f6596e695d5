"""The profiles of both AWS files, for commands that find everything in order."""

from __future__ import annotations

from awscreds.model.credential_process import POINTER, PROCESS
from awscreds.model.known_keys import KNOWN
from awscreds.model.plain_files import NotPlain, PlainFile
from awscreds.model.settings import is_not_beside
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.locations import state_path
from awscreds.stores.state_dir import JOURNALS, StateDir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from awscreds.model.plain_files import Keys, Some

_ACCESS_KEY = "aws_"
_ONLY_V3 = ("endpoint_url", "services")
"""What version 3 of the SDK for .NET does not want beside our line (``beside_our_line``)."""


class SilentProfiles:
    """The profiles of two plain files, after both were read: there is nothing to say about them.

    ``names`` are in the order of ``Profiles.names``.
    """

    def __init__(self, config: PlainFile, credentials: PlainFile) -> None:
        self.config = config
        self.credentials = credentials
        self.names = {**config.profiles, **credentials.profiles}.keys()


def is_harmless(key: str) -> bool:
    """Whether AWS's tools know the setting ``key``, and it is no part of an access key."""
    return key in KNOWN and not key.startswith(_ACCESS_KEY)


def silent_profiles(
    environ: Mapping[str, str],
    visit: Callable[[PlainFile, Some], None] | None = None,
) -> SilentProfiles | None:
    """The profiles of the AWS files; None if a command would also have to say something.

    That is about an unfinished rotation, what a killed run left, who can read or write the files,
    a program that writes them, and what is wrong in them. ``visit`` gets the profiles of each file
    while it is read, first those of the credentials file. Raises AwscredsError or OSError if they
    cannot be read.
    """
    said: list[str] = []
    files = AwsFiles.from_environment(environ, warn=said.append)
    if StateDir(state_path(environ)).names(JOURNALS) or files.has_leftovers() or files.weakness():
        return None
    data = files.read_both()
    if said:
        return None
    config = PlainFile(data[0], credentials=False)
    credentials = PlainFile(data[1], credentials=True)
    try:
        for file in (credentials, config):
            for some in file.read():
                if visit is not None:
                    visit(file, some)
    except NotPlain:
        return None
    return SilentProfiles(config, credentials) if _are_in_order(config, credentials) else None


def _are_in_order(config: PlainFile, credentials: PlainFile) -> bool:
    """Whether there is nothing to find in any profile, by the keys that it has."""
    seen: set[tuple[Keys, ...]] = {(keys,) for keys in set(config.profiles.values())}
    for name in config.profiles.keys() & credentials.profiles.keys():
        seen.add((config.profiles[name], credentials.profiles[name]))
    return not any(map(_may_be_wrong, seen))


def _may_be_wrong(sections: Sequence[Keys]) -> bool:
    """Whether a profile of these sections may have a key or a setting that hides another."""
    names = {name for keys in sections for name in keys.names}
    if POINTER in names and any(name.startswith(_ACCESS_KEY) for name in names):
        return True
    return PROCESS in names and any(is_not_beside(name) or name in _ONLY_V3 for name in names)
