"""The invariant of a rotation, looked at before and after every change that it makes.

At no moment is there no key that is both stored here and accepted by AWS, and no profile is without
one. Python's audit events tell of each file renamed or removed, each request, each connection to
the keyring's bus, just before it happens; so a look at each of them, and at each line of the
journal, sees the world between any two changes. It looks with eyes of its own: at the files, at
the opened vault, at the keyring's items, at what the sandbox says of its keys.
"""

import configparser
import contextlib
import json
import re
import sys

from awscreds.sandbox.client import Control
from awscreds.stores.backends.vault_format import Vault
from tests.windows import credentials

if sys.platform != "win32":
    from tests.stores.backends import secret_service

CHANGES = frozenset({"os.rename", "os.remove", "http.client.send", "socket.connect"})
CHANGES_A_KEY = re.compile(rb"Action=(Create|Update|Delete)AccessKey")
SERVICE = "/org/freedesktop/secrets"
OURS = {"application": "Python keyring library"}


class Watch:
    """``note`` is told of each look, and of what it should not have seen.

    ``at_change`` is called before each change, with its number.
    """

    def __init__(self, environ, stores, note, *, at_change=lambda _: None):
        self._stores = stores
        self._control = Control(environ["AWSCREDS_SANDBOX_URL"], environ["AWSCREDS_SANDBOX_TOKEN"])
        self._note = note
        self._at_change = at_change
        self._changes = 0
        self._looking = False
        self._has_ended = False
        self._at_aws = None

    def begin(self):
        """Look at every change from now on."""
        self.look("the beginning")
        sys.addaudithook(self._audit)

    def end(self):
        """Look no more. The hook itself stays as long as the process."""
        self._has_ended = True

    def _audit(self, event, arguments):
        if event not in CHANGES or self._looking or self._has_ended:
            return
        if event == "socket.connect" and not isinstance(arguments[1], str | bytes):
            return  # to AWS: the request itself comes later
        self.look(event)
        if event == "http.client.send" and CHANGES_A_KEY.search(_bytes(arguments[1])):
            self._at_aws = None
        self._changes += 1
        self._at_change(self._changes)

    def look(self, moment):
        self._looking = True
        try:
            self._judge(moment)
        except Exception as error:  # noqa: BLE001 - whatever it is: it must not pass for a good look
            self._note(f"blind at {moment}: {error!r}")
        finally:
            self._looking = False

    def _judge(self, moment):
        self._note("look")
        kept = self._stores.kept()
        profiles = self._stores.profiles()
        # What AWS said holds until a key is changed; only time may have made it better since.
        for is_fresh in (self._at_aws is None, True):
            if is_fresh:
                self._at_aws = self._control.keys()
            at_aws = self._at_aws
            stored = {key for key in at_aws if at_aws[key]["secret"] in kept.get(key, ())}
            good = {key for key in stored if at_aws[key]["accepted"]}
            without = [name for name, named in profiles.items() if named.isdisjoint(good)]
            if good and not without:
                return
        if not stored:
            self._note(f"lost at {moment}: none of {sorted(at_aws)} is stored")
        else:
            self._note(f"locked out at {moment}: {without or 'everybody'}; accepted: {good or '-'}")


class Stores:
    """What is stored where, read each time anew.

    ``vault_key`` opens the vault; deriving it takes half a second, and is no good in a process that
    has threads or will fork. ``aws`` is the folder .aws, as seen from here. In the Credential
    Manager, which is the whole user's, it looks for the keys of AWS and those that are ``known``.
    """

    def __init__(self, environ, vault_key, aws=None, *, known=()):
        self._environ = environ
        self._known = {*known}
        self._vault_key = vault_key and bytes.fromhex(vault_key)
        self._aws = aws or f"{environ['HOME']}/.aws"
        self._open_bus = contextlib.ExitStack()  # until the process ends
        self._bus = None
        self._items = {}
        self._read = {}

    def close(self):
        self._open_bus.close()

    def kept(self):
        """Every secret that can be read, by key id."""
        kept = {}
        for found in (self.stored(), self.plaintext()):
            for key_id, secret in found.items():
                kept.setdefault(key_id, set()).add(secret)
        return kept

    def stored(self):
        """The keys in the vault or the keyring."""
        in_keyring = self._environ["AWSCREDS_BACKEND"] == "keyring"
        keyring = self._credential_manager if sys.platform == "win32" else self._keyring
        texts = keyring() if in_keyring else self._vault()
        entries = [json.loads(text) for text in texts]
        return {e["id"]: e["secret_access_key"] for e in entries if e["kind"] == "access-key"}

    def plaintext(self):
        """The keys in the files."""
        return {
            section["aws_access_key_id"]: section["aws_secret_access_key"]
            for section in self._sections()
            if "aws_secret_access_key" in section
        }

    def profiles(self):
        """The keys that each profile names; those that name none are left out."""
        profiles = {}
        for section in self._sections():
            for option in ("awscreds_access_key_id", "aws_access_key_id"):
                if option in section:
                    profiles.setdefault(section["__name__"], set()).add(section[option])
        return profiles

    def _sections(self):
        for name in ("config", "credentials"):
            yield from self._of_file(f"{self._aws}/{name}", _parse)

    def _vault(self):
        return self._of_file(f"{self._aws}/awscreds/vault", self._open)

    def _of_file(self, path, read):
        """What ``read`` makes of the file, once for each content."""
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            data = file.read()
            if self._read.get(path, (None,))[0] != data:
                self._read[path] = (data, read(data))
            return self._read[path][1]
        return []

    def _open(self, data):
        return list(Vault.parse(data, "the vault").open(self._vault_key).values())

    def _credential_manager(self):
        url, token = (self._environ[f"AWSCREDS_SANDBOX_{name}"] for name in ("URL", "TOKEN"))
        self._known |= Control(url, token).keys().keys()
        return credentials.texts(self._known).values()

    def _keyring(self):
        """The items; of a locked keyring, which nobody can change, those that are known."""
        if self._bus is None:
            self._bus = self._open_bus.enter_context(secret_service.connected(self._environ))
            self._session = self._ask("OpenSession", "sv", "plain", ("s", ""))[1]
        unlocked, locked = self._ask("SearchItems", "a{ss}", OURS)
        (secrets,) = self._ask("GetSecrets", "aoo", unlocked, self._session)
        known = {path: self._items[path] for path in locked if path in self._items}
        self._items = known | {path: bytes(secret[2]) for path, secret in secrets.items()}
        return self._items.values()

    def _ask(self, member, signature, *body):
        return secret_service.call(self._bus, SERVICE, "Service", member, signature, *body)


def _parse(data):
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(data.decode())
    return [
        {"__name__": name.removeprefix("profile "), **parser[name]} for name in parser.sections()
    ]


def _bytes(data):
    return data if isinstance(data, bytes | bytearray) else str(data).encode()
