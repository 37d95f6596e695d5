"""The profiles of both AWS files, for commands that find everything in order."""

from __future__ import annotations

from awscreds.model import plain_files
from awscreds.model.credential_process import POINTER, PROCESS
from awscreds.model.known_keys import KNOWN
from awscreds.model.settings import PREFIX, is_not_beside
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.locations import state_path
from awscreds.stores.state_dir import JOURNALS, StateDir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from awscreds.model.plain_files import Keys, PlainFile

_ACCESS_KEY = "aws_"
_ONLY_V3 = ("endpoint_url", "services")
"""What version 3 of the SDK for .NET does not want beside our line (``beside_our_line``)."""


class SilentProfiles:
    """The profiles of two plain files. ``names`` are in the order of ``Profiles.names``."""

    def __init__(self, config: PlainFile, credentials: PlainFile) -> None:
        self.config = config
        self.credentials = credentials
        self.names = {**config.profiles, **credentials.profiles}.keys()

    def value(self, name: str, key: str) -> str | None:
        """A setting of a profile; None if there is none. An `awscreds_` one counts, too."""
        for wanted in (key, PREFIX + key) if is_not_beside(key) else (key,):
            for file in (self.credentials, self.config):
                keys, values = file.profiles.get(name, _NOTHING)
                if wanted in keys.names:
                    return values[keys.names.index(wanted)]
        return None


_NOTHING: plain_files.Section = plain_files.Keys(()), []


def is_harmless(key: str) -> bool:
    """Whether AWS's tools know the setting ``key``, and it is no part of an access key."""
    return key in KNOWN and not key.startswith(_ACCESS_KEY)


def silent_profiles(environ: Mapping[str, str]) -> SilentProfiles | None:
    """The profiles of the AWS files; None if a command would also have to say something.

    That is about an unfinished rotation, what a killed run left, who can read or write the files,
    a program that writes them, and what is wrong in them. Raises AwscredsError or OSError if they
    cannot be read.
    """
    said: list[str] = []
    files = AwsFiles.from_environment(environ, warn=said.append)
    if StateDir(state_path(environ)).names(JOURNALS) or files.has_leftovers() or files.weakness():
        return None
    data = files.read_both()
    if said:
        return None
    config = plain_files.read(data[0], credentials=False)
    credentials = plain_files.read(data[1], credentials=True) if config else None
    if config is None or credentials is None or not _are_in_order(config, credentials):
        return None
    return SilentProfiles(config, credentials)


def _are_in_order(config: PlainFile, credentials: PlainFile) -> bool:
    """Whether there is nothing to find in any profile, by the keys that it has."""
    seen: set[tuple[Keys, ...]] = {(keys,) for keys, _ in config.profiles.values()}
    for name in config.profiles.keys() & credentials.profiles.keys():
        seen.add((config.profiles[name][0], credentials.profiles[name][0]))
    return not any(map(_may_be_wrong, seen))


def _may_be_wrong(sections: Sequence[Keys]) -> bool:
    """Whether a profile of these sections may have a key or a setting that hides another."""
    names = {name for keys in sections for name in keys.names}
    if POINTER in names and any(name.startswith(_ACCESS_KEY) for name in names):
        return True
    return PROCESS in names and any(is_not_beside(name) or name in _ONLY_V3 for name in names)
