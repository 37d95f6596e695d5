"""Keychains of macOS in which other tools keep access keys, read by ``/usr/bin/security``.

It lists the attributes of a keychain's items without their secrets, and prints one secret on its
stdout. macOS asks the user, in a window, before it gives an item to another program than its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass

from awscreds.errors import (
    AwscredsError,
    ConfigurationError,
    SecretStoreError,
    StoreLocked,
    UsageError,
)
from awscreds.model.keys import checked_mfa_serial
from awscreds.model.other_tools import AWSKEYRING, is_session
from awscreds.stores.other_tools.entry import (
    KEYCHAIN,
    MOST_ENTRIES,
    Entry,
    Raw,
    Unreadable,
    entry_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SECURITY = "/usr/bin/security"
DEADLINE = 60.0
"""Seconds for one call: somebody may have to type a password."""
_ATTRIBUTE = re.compile(
    r'^ +(?:"(?P<name>\w{4})" ?|(?P<label>0x00000007) )<blob>='
    r'(?:0x(?P<hex>(?:[0-9A-Fa-f]{2})+)(?![0-9A-Fa-f]) *)?(?:"(?P<text>.*)")?'
)
_LABEL = "labl"
_ACCOUNT = "account "
"""How the label of a key of awskeyring begins; those of roles and sessions begin otherwise."""


@dataclass(frozen=True, slots=True)
class Keychain:
    """The keys of ``tool`` in the keychain ``name``. ``service``: the one of its items, if any."""

    tool: str
    name: str
    service: str | None
    program: str = SECURITY

    @property
    def place(self) -> str:
        return f"the keychain {self.name}"

    def entries(self) -> Iterator[Entry | Unreadable]:
        """The keys, and what cannot be read. Nothing if there is no such keychain."""
        folder = os.path.join(os.path.expanduser("~"), "Library", "Keychains")
        names = (f"{self.name}.keychain-db", f"{self.name}.keychain")
        paths = [os.path.join(folder, name) for name in names]
        path = next(filter(os.path.exists, paths), None)
        if path is None:
            return
        try:
            items = _items(self._call("dump-keychain", path))
        except AwscredsError as error:
            yield Unreadable(self.tool, self.place, error)
            return
        mine = [item for item in items if self._is_key(item)]
        for item in mine[:MOST_ENTRIES]:
            found = self._entry(path, item)
            if found:
                yield found

    def _is_key(self, item: Mapping[str, str]) -> bool:
        if self.tool == AWSKEYRING:
            return item.get(_LABEL, "").startswith(_ACCOUNT)
        return item.get("svce") == self.service and not is_session(item.get("acct", ""))

    def _entry(self, path: str, item: Mapping[str, str]) -> Entry | Unreadable | None:
        account = item.get("acct", "")
        name, serial = account, None
        which = ["-a", account]
        if self.tool == AWSKEYRING:
            name = item[_LABEL].removeprefix(_ACCOUNT)
            which += ["-l", item[_LABEL]]
            serial = _serial(item.get("icmt", ""))
        else:
            which += ["-s", self.service or ""]
        place = f"{self.place}, {name}"
        try:
            secret = self._call("find-generic-password", *which, "-w", path).rstrip("\n")
        except AwscredsError as error:
            return Unreadable(self.tool, place, error)
        data = secret
        if self.tool == AWSKEYRING:
            data = json.dumps({"AccessKeyID": account, "SecretAccessKey": secret})

        def remove() -> None:
            if self._call("find-generic-password", *which, "-w", path).rstrip("\n") != secret:
                raise ConfigurationError(
                    f"the entry in {place} has changed since it was read", code="entry-changed"
                )
            self._call("delete-generic-password", *which, path)

        raw = Raw(name, data.encode(errors="replace"), is_item=False, remove=remove)
        return entry_of(self.tool, place, KEYCHAIN, raw, serial)

    def _call(self, *words: str) -> str:
        """What ``security`` prints. Raises SecretStoreError without anything of it."""
        try:
            done = subprocess.run(
                [self.program, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=DEADLINE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StoreLocked(
                "macOS asked for a password, but nobody answered",
                hint="run this again, and answer in the window",
            ) from None
        except (OSError, ValueError):
            raise SecretStoreError("security cannot be started", code="unreadable") from None
        if done.returncode:
            raise SecretStoreError(
                f"macOS refused (exit code {done.returncode} of {words[0]})",
                code="unreadable",
                hint="unlock the keychain, then run this again",
            )
        return done.stdout.decode(errors="surrogateescape")


def _items(dump: str) -> list[Mapping[str, str]]:
    """The attributes of each generic password in what ``dump-keychain`` prints."""
    return [
        dict(_attributes(block.split("\n")))
        for block in dump.split("\nkeychain: ")
        if '\nclass: "genp"' in block
    ]


def _attributes(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        match = _ATTRIBUTE.match(line)
        if match:
            value = match["text"] or ""
            if match["hex"]:
                value = bytes.fromhex(match["hex"]).decode(errors="surrogateescape")
            yield match["name"] or _LABEL, value


def _serial(comment: str) -> str | None:
    """The MFA device in the comment of awskeyring's item."""
    try:
        return checked_mfa_serial(comment)
    except UsageError:
        return None
