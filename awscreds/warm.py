"""A warm ``credential-process``: an SDK gets the answer that it got before, if that still holds.

An SDK starts us at every start of its own, and nearly all of that time is Python's: to start, and
to load modules. So this one module has all that a warm answer needs, and imports only ``libc`` and
compiled parts of Python: ``os`` and ``__future__`` alone would cost a fifth of a bare start. What
it shares with the rest of the program has its home here: the words of the line, digests, stamps,
and how answers are found in the key store of Linux (``stores.cache.responses`` keeps them).

It knows only what is usual: Linux, and paths that need no reading. For everything else there is no
answer here, and ``hotpath`` goes on.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Lease = tuple[str, int]
    """The name of a held key, without the scope, and the number that the kernel gave it."""
    Stamps = tuple[bytes | None, bytes | None]
    """Of the AWS files and the last clear; of the files of the secret store."""

# The words of the line


class Request:
    """What a ``credential-process`` call asks for. Paths are None if the environment decides."""

    __slots__ = ("config_file", "home", "profile")

    def __init__(self, profile: str, config_file: str | None, home: str | None) -> None:
        self.profile = profile
        self.config_file = config_file
        self.home = home


def parse_arguments(arguments: list[str]) -> Request | None:
    """The request in the words after ``credential-process``; None if they have anything else.

    The click command is the complete parser. This one is for every start by an SDK.
    """
    found: dict[str, str] = {}
    words = iter(arguments)
    for word in words:
        option, equals, value = word.partition("=")
        name = option.removeprefix("--").removesuffix("-hex")
        if not option.startswith("--") or name not in ("profile", "config-file", "home"):
            return None
        if not equals:
            value = next(words, "")
        if name in found or not value:
            return None
        if option.endswith("-hex"):
            decoded = unhex(value)
            if decoded is None:
                return None
            value = decoded
        found[name] = value
    if "profile" not in found:
        return None
    return Request(found["profile"], found.get("config-file"), found.get("home"))


def unhex(value: str) -> str | None:
    """The text (UTF-8) of the hex ``value``; None if it is not hex."""
    try:
        return bytes.fromhex(value).decode("utf-8", "surrogateescape")
    except ValueError:
        return None


# Digests and stamps

SETTLED = 2.0
"""Seconds after which the next change of a file gets a different time, on any file system."""


def digest(data: bytes, *, size: int = 16) -> bytes:
    """BLAKE2s (RFC 7693) of ``data``, ``size`` bytes long, at most 32."""
    try:
        # hashlib loads OpenSSL, which would cost every start of credential-process 4 ms.
        from _blake2 import blake2s
    except ImportError:
        from hashlib import blake2s
    return blake2s(data, digest_size=size).digest()


def stamp(paths: "Iterable[str]", now: float) -> bytes | None:
    """What identifies the content of these files; None if nothing can.

    Nothing can if a file was changed less than two seconds ago, because it may change again without
    a trace, or if a file cannot be looked at. An absent file has a stamp like any other. Not for
    Windows, where no answer is kept.
    """
    if sys.platform == "win32":
        return None
    import posix

    found: list[object] = []
    for path in paths:
        try:
            file = posix.stat(path)
        except FileNotFoundError:
            found.append(path)
            continue
        except (OSError, ValueError):
            return None
        if now - file.st_ctime_ns / 1e9 < SETTLED:
            return None
        times = (file.st_mtime_ns, file.st_ctime_ns)
        found.append((path, file.st_dev, file.st_ino, file.st_size, *times))
    return digest(repr(found).encode("utf-8", "surrogateescape"))


# Answers in the key store of the kernel

OWN = "awscreds:"
"""How the name of each of our entries begins."""
ANSWER = "answer:"
"""How the names of answers begin, after the scope."""
OWNER_ONLY = 0x003F0000
"""The permission of our entries: the owner's, and nothing by possession."""
USER_KEYRING = -4
CONFIG_VARIABLE, CREDENTIALS_VARIABLE = "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"
STATE_VARIABLE = "AWSCREDS_HOME"
CLEARED = "cleared"
"""The file of the state folder that is written when what is cached is cleared."""
HELD = "vault:"
"""How the names of held keys of the vault begin, after the scope; the rest is a digest as hex."""
STATE_FILE, VAULT_FILE = OF_THE_STORE = ("state.json", "vault")
"""The files of the state folder that say which store has which entry, and the vault."""
RENEWAL = 1200
"""Seconds a response must still be good for. With less left, another one is made."""
END_BYTES = 8
"""What the payloads of answers and sessions begin with: when they end, in seconds since the epoch,
big-endian."""

# keyctl operations, from <linux/keyctl.h>
DESCRIBE = 6
SEARCH = 10
READ = 11

_DEADLINE_BYTES = 8
_STAMP_BYTES = 16
NO_STAMP = bytes(_STAMP_BYTES)
"""In place of the stamp of the store's files: a session does not depend on them."""
_LEASE_BYTES = 20
_NO_LEASE = bytes(_LEASE_BYTES)
_FORMAT = "2"
# Parts of the names of variables with secrets: not even a digest of those is shown.
_SECRETS = ("SECRET", "TOKEN", "PASSPHRASE")


def scope_of(uid: int, folder: bytes) -> str:
    """What the names of a user's entries begin with. ``folder``: the real path of our state."""
    return f"{OWN}{uid}:{digest(folder).hex()}:"


class Slot:
    """Where the answer to one request is kept, under ``name``.

    Its name is a digest of everything that the answer depends on, except the content of files: of
    both AWS files, and of those of the secret store if it came from there, the answer holds stamps.
    If it came from the vault, it also has a lease: it is good only as long as the kernel holds the
    very key that opened the vault.

    ``paths`` are those of both AWS files, as they are opened, ``state_path`` is our state folder,
    ``variables`` are the environment with the options of the request in it.
    """

    __slots__ = ("_of_files", "_of_the_store", "name")

    def __init__(
        self,
        request: Request,
        paths: tuple[str, str],
        state_path: str,
        variables: "Mapping[str, str]",
    ) -> None:
        # A clear also ends the answer that another process is about to keep.
        self._of_files = (*paths, f"{state_path}/{CLEARED}")
        self._of_the_store = [f"{state_path}/{name}" for name in OF_THE_STORE]
        parts = [_FORMAT, request.profile, *paths, *_relevant(variables)]
        self.name = ANSWER + digest("\0".join(parts).encode("utf-8", "surrogateescape")).hex()

    def stamps(self, now: float) -> "Stamps":
        """What identifies the AWS files (and the last clear), and the files of the secret store.

        None for what cannot be identified.
        """
        return stamp(self._of_files, now), stamp(self._of_the_store, now)

    def are_good(self, stamps: "Stamps", now: float) -> bool:
        """Whether nothing that these stand for has changed."""
        of_files, of_the_store = stamps
        return (
            None not in stamps
            and of_files == stamp(self._of_files, now)
            and of_the_store in (NO_STAMP, stamp(self._of_the_store, now))
        )

    def payload(self, output: bytes, stamps: "Stamps", lease: "Lease | None") -> bytes:
        """What is kept of the answer ``output``, after its end. Raises ValueError."""
        words = _NO_LEASE
        if lease:
            name, number = lease
            words = bytes.fromhex(name.removeprefix(HELD)) + number.to_bytes(4, "big")
        return b"".join(part or NO_STAMP for part in stamps) + words + output

    def output(
        self, held: bytes | None, now: float, number_of: "Callable[[str], int]"
    ) -> bytes | None:
        """The answer in the payload ``held``, if it is still good.

        ``number_of`` gives the kernel's number of an entry by its name without the scope.
        """
        if held is None:
            return None
        parts = []
        for size in (END_BYTES, _STAMP_BYTES, _STAMP_BYTES, _LEASE_BYTES):
            parts.append(held[:size])
            held = held[size:]
        end, of_files, of_the_store, lease = parts
        if int.from_bytes(end, "big") - now < RENEWAL:
            return None
        if not self.are_good((of_files, of_the_store), now):
            return None
        if lease != _NO_LEASE:
            name, number = HELD + lease[:-4].hex(), int.from_bytes(lease[-4:], "big")
            if number_of(name) != number:
                return None
        return held


def _relevant(variables: "Mapping[str, str]") -> list[str]:
    """The variables that may change what a session is, each with its value."""
    return sorted(
        [
            f"{name}={value}"
            for name, value in variables.items()
            if name.startswith("AWS")
            and not name.endswith("PROFILE")
            and (name.endswith("_FILE") or not any(part in name for part in _SECRETS))
        ]
    )


def number(call: "Callable[..., int]", name: bytes) -> int:
    """The kernel's number of the entry ``name``, which no other entry ever has; 0 if none is."""
    return max(0, call("keyctl", SEARCH, USER_KEYRING, b"user", name, 0))


def entry(call: "Callable[..., int]", name: bytes, uid: int) -> bytes | None:
    """What we keep under ``name``, readable only by the user ``uid``; None if there is nothing.

    ``call`` asks the kernel, as ``libc.key_call``.
    """
    key = number(call, name)
    if not key or described(call, key) != (uid, OWNER_ONLY, name):
        return None
    return lasting(fetched(call, READ, key))


def lasting(held: bytes | None) -> bytes | None:
    """The payload in ``held``, unless its time is up by a clock that cannot be set.

    The kernel ends an entry by the clock of the day: set back by a day, that would leave it for a
    day longer.
    """
    if held is None or time_left(held) <= 0:
        return None
    return held[_DEADLINE_BYTES:]


def time_left(held: bytes) -> int:
    """Nanoseconds until the time of the payload in ``held`` is up."""
    return int.from_bytes(held[:_DEADLINE_BYTES], "big") - awake()


def until(seconds: int) -> bytes:
    """What `lasting` expects before a payload that is kept for ``seconds`` from now."""
    return (awake() + seconds * 1_000_000_000).to_bytes(_DEADLINE_BYTES, "big")


def awake() -> int:
    """Nanoseconds since this computer started, also those that it slept; 0 except on Linux."""
    now = 0
    if sys.platform == "linux":
        from time import CLOCK_BOOTTIME, clock_gettime_ns

        now = clock_gettime_ns(CLOCK_BOOTTIME)
    return now


def described(call: "Callable[..., int]", key: int) -> tuple[int, int, bytes] | None:
    """The owner, the permissions and the name of a key of type ``user``."""
    found = fetched(call, DESCRIBE, key)
    if found is None or not found.startswith(b"user;"):
        return None
    _, uid, _, permissions, name = found.rstrip(b"\0").split(b";", 4)
    return int(uid), int(permissions, 16), name


def fetched(call: "Callable[..., int]", operation: int, key: int) -> bytes | None:
    """The result of an operation that fills a buffer and returns the size of all there is."""
    try:
        from awscreds.libc import buffer
    except ImportError:
        return None

    room = 4096
    while True:
        answer = buffer(room)
        size = call("keyctl", operation, key, answer, room)
        if size < 0:
            return None
        if size <= room:
            return answer.raw[:size]
        room = size


# The way of an SDK


def answer(arguments: list[str]) -> bytes | None:
    """Give the answer that is kept for the words after ``credential-process``.

    Returns what could not be written of it, which is nothing as a rule; None if there is no such
    answer, or if stdout is a terminal or closed.
    """
    if sys.platform != "linux" or sys.stdout is None or sys.stdout.isatty():
        return None
    import posix
    from time import time

    try:
        output = _kept(arguments, time())
    except KeyboardInterrupt:
        posix._exit(130)  # noqa: SLF001 - as os._exit
    except Exception:  # noqa: BLE001 - `hotpath` finds the same, and reports it
        return None
    try:
        while output:
            output = output[posix.write(1, output) :]
    except OSError:
        pass
    return output


def _kept(arguments: list[str], now: float) -> bytes | None:
    request = parse_arguments(arguments)
    if sys.platform != "linux" or request is None or sys.getfilesystemencoding() != "utf-8":
        return None
    import posix

    from awscreds.libc import forbid_dumps, key_call

    forbid_dumps()
    variables = {
        name.decode("utf-8", "surrogateescape"): value.decode("utf-8", "surrogateescape")
        for name, value in posix.environ.items()
        if name.startswith(b"AWS") or name == b"HOME"
    }
    if request.config_file:
        variables[CONFIG_VARIABLE] = request.config_file
    if request.home:
        variables[STATE_VARIABLE] = request.home
    folder = f"{variables['HOME']}/.aws"
    config = variables.get(CONFIG_VARIABLE) or f"{folder}/config"
    credentials = variables.get(CREDENTIALS_VARIABLE) or f"{folder}/credentials"
    state_path = variables.get(STATE_VARIABLE) or f"{folder}/awscreds"
    if not (_is_usual(config) and _is_usual(credentials) and _is_real(state_path)):
        return None
    slot = Slot(request, (config, credentials), state_path, variables)
    uid = posix.geteuid()
    scope = scope_of(uid, state_path.encode("utf-8", "surrogateescape"))
    held = entry(key_call, (scope + slot.name).encode("ascii"), uid)
    return slot.output(held, now, lambda name: number(key_call, (scope + name).encode("ascii")))


def _is_usual(path: str) -> bool:
    """Whether the path is what it says: nothing in it must be expanded or made shorter."""
    plain = path.replace("/.aws/", "/", 1)
    return path[:1] == "/" != path[-1:] and not ("//" in plain or "/." in plain or "$" in plain)


def _is_real(path: str) -> bool:
    """Whether the path is a usual one of which no part is a link."""
    if sys.platform == "win32" or not _is_usual(path):
        return False
    import posix

    at = 0
    while at >= 0:
        at = path.find("/", at + 1)
        if posix.lstat(path[:at] if at > 0 else path).st_mode & 0o170000 == 0o120000:
            return False
    return True
