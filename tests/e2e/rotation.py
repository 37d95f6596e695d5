"""Rotations cut off and gone wrong in every way there is, and what must hold after each.

A case is a user, a store and a mishap. It rotates, lets the mishap happen, mends what was staged
(the disk has room again, the network is back), says ``rotate --resume``, and looks: exactly one
key, active, stored, in use by every profile and accepted by AWS; the old one refused; no journal.
"""

import contextlib
import json
import os
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from awscreds.model import rotation as table
from awscreds.sandbox.world import environment
from awscreds.stores import kernel
from tests.sandbox.fixtures import Sandbox
from tests.stores import secret_service

USERS = ("plain", "mfa", "shared", "kept-plaintext")
STORES = ("vault", "keyring")
PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True)
class Case:
    """``at`` is the number of the journal step where ``how`` strikes."""

    user: str
    store: str
    at: int | None = None
    how: str = "kill"
    again: int | None = None
    """The step of the resumed rotation at which that is killed too."""
    fault: str = ""
    """What the sandbox is told before, as a call: ``drop ListAccessKeys 1 after``."""

    def __str__(self):
        what = self.fault
        if self.at is not None:
            what = f"{self.how} {self.at:02}"
        if self.again is not None:
            what += f" then kill {self.again:02}"
        return f"{self.user}, {self.store}: {what or 'nothing goes wrong'}"


@dataclass
class Result:
    """What came of a case: ``problems`` is empty where all is as it must be."""

    case: Case
    steps: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    secrets_lost: int = 0
    lock_outs: int = 0
    transcript: str = ""


class Zygote:
    """The process that starts runs; see ``rotation_zygote``."""

    def __enter__(self):
        root = str(Path(__file__).parents[2])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.rotation_zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": root},
        )
        return self

    def __call__(self, deed, environ, **job):
        job |= {"deed": deed, "environ": environ}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


class Wire(socketserver.ThreadingTCPServer):
    """A way to the sandbox that can be cut: while the file ``down`` is there, nothing passes."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, url, down):
        host, _, port = url.removeprefix("http://").partition(":")
        self.there = (host, int(port))
        self.down = down
        super().__init__(("127.0.0.1", 0), _Passing)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Passing(socketserver.BaseRequestHandler):
    def handle(self):
        if os.path.exists(self.server.down):
            return
        with socket.create_connection(self.server.there) as there:
            back = threading.Thread(target=_copy, args=(there, self.request), daemon=True)
            back.start()
            _copy(self.request, there, self.server.down)
            back.join(10)


def _copy(source, target, down=None):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if down and os.path.exists(down):
                break
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class Stand:
    """Where cases are run, one after the other: a sandbox, a home, both stores."""

    def __init__(self, control, folder, bus=None):
        self.control = control
        self.folder = folder
        self.bus = bus
        self.home = folder / "home"
        self.down = str(folder / "down")
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        self.zygote = self._stack.enter_context(Zygote())
        self.wire = self._stack.enter_context(Wire(self.control.url, self.down))
        self._stack.callback(self.wire.shutdown)
        self._stack.callback(kernel.drop_all, kernel.scope(str(self.home / ".aws" / "awscreds")))
        return self

    def __exit__(self, *_):
        self._stack.close()

    # -- a case ----------------------------------------------------------------------------

    def run(self, case, *, watch=False):
        """Run one case to its end."""
        result = Result(case)
        self.sandbox = Sandbox(self.control, self.control.reset(), self.folder)
        environ = self._furnish(case)
        self._stage_fault(case.fault)
        argv = ["rotate", "--profile", "alice", "--yes", "--no-input"]
        if case.user == "kept-plaintext":
            argv.append("--keep-plaintext")
        if case.user == "mfa":
            argv += ["--token", self.sandbox.token_code()]
        first = self._rotate(result, environ, argv, watch=watch, at=case.at, how=case.how)
        self._mend(environ)
        self._check_not_locked_out(result, environ, "after the mishap")
        tries = 0
        while self._journals(environ) and tries < 3:
            tries += 1
            again = ["rotate", "--resume", "--yes", "--no-input"]
            at = case.again if tries == 1 else None
            self._rotate(result, environ, again, watch=watch, at=at)
        if case.at is None and not case.fault and first["code"] != 0:
            result.problems.append("it failed though nothing went wrong")
        if not self._journals(environ) and self._is_old(environ):
            # It was taken back (exit 1, 4 or 5), or never began: once more, and it must work.
            if case.user == "mfa":  # that code is spent
                self.control.advance(60)
                argv[-1] = self.sandbox.token_code()
            self._rotate(result, environ, argv, watch=watch)
        self._check(result, environ)
        return result

    def _rotate(self, result, environ, argv, *, watch, at=None, how="kill"):
        steps = self.folder / "steps"
        steps.write_bytes(b"")
        done = self.zygote(
            "run",
            environ,
            argv=argv,
            at=at,
            how=how,
            watch=watch,
            steps=str(steps),
            down=self.down,
        )
        passed = steps.read_text().splitlines()
        result.lock_outs += sum(line.startswith("LOCKED OUT") for line in passed)
        if not result.steps:
            result.steps = passed
        result.transcript += f"$ awscreds {' '.join(argv)}\n{done['out']}{done['err']}"
        result.transcript += f"-> {done['code']}; passed: {', '.join(passed)}\n"
        if "Traceback" in done["err"] or '"bug"' in done["out"] or "should not" in done["err"]:
            result.problems.append("a traceback")
        return done

    def _stage_fault(self, fault):
        match fault.split():
            case ["drop", action, nth, when]:
                self.control.drop(action, nth=int(nth), when=when)
            case ["throttle", action]:
                self.control.throttle(action, count=2)
            case ["500", action, when]:
                self.control.fail(action, count=2 if when == "before" else 1, when=when)
            case ["propagation", appear, linger]:
                self.control.propagation(appear=int(appear), linger=int(linger), flap=True)

    # -- before ----------------------------------------------------------------------------

    def _furnish(self, case):
        aws = self.home / ".aws"
        aws.mkdir(parents=True, exist_ok=True, mode=0o700)
        for leftover in aws.glob("*"):
            if leftover.is_file():
                leftover.unlink()
        for state in (aws / "awscreds").glob("*"):
            # The vault stays: making one costs half a second.
            if state.is_file() and state.name not in ("vault", "state.json"):
                state.unlink()
        environ = environment(os.environ, self.home, self.control, self.sandbox.facts)
        environ |= {"AWSCREDS_PASSPHRASE": PASSPHRASE, "AWS_ENDPOINT_URL": self.wire.url}
        if case.store == "keyring":
            environ["AWSCREDS_BACKEND"] = "keyring"
            environ["DBUS_SESSION_BUS_ADDRESS"] = self.bus["DBUS_SESSION_BUS_ADDRESS"]
        key_id, secret = self.sandbox.key
        self.old = (key_id, secret)
        line = f"{sys.executable} -I -S /awscreds/__main__.py credential-process --profile"
        managed = f"credential_process = {line} {{}}\nawscreds_access_key_id = {key_id}\n"
        plain = f"aws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
        config = "# mine\n"
        credentials = "# mine too\n"
        if case.user != "kept-plaintext":
            config += f"[profile alice]\nregion = us-east-1\n{managed.format('alice')}"
        else:
            config += "[profile alice]\nregion = us-east-1\n"
            credentials += f"[alice]\n{plain}"
        if case.user == "mfa":
            config += f"mfa_serial = {self.sandbox.facts['mfa_serial']}\n"
            self.control.require_mfa("alice")
        if case.user == "shared":
            config += f"[profile other]\n{managed.format('other')}[profile third]\n{plain}"
            credentials += f"[fourth]\n{plain}# the end\n"
        self._store(environ, [self.old] if case.user != "kept-plaintext" else [])
        self._write(aws / "config", config)
        self._write(aws / "credentials", credentials)
        return environ

    def _store(self, environ, keys):
        done = self.zygote("store", environ, keys=keys)
        assert done["code"] == 0, done

    @staticmethod
    def _write(path, text):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)

    def _mend(self, environ):
        self.control.mend()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.down)
        if self.bus and "DBUS_SESSION_BUS_ADDRESS" in environ:
            secret_service.unlock(self.bus)

    # -- after -----------------------------------------------------------------------------

    def _journals(self, environ):
        return sorted((self.home / ".aws" / "awscreds").glob("rotation-*"))

    def _is_old(self, environ):
        return (
            f"= {self.old[0]}"
            in (self.home / ".aws" / "config").read_text()
            + (self.home / ".aws" / "credentials").read_text()
        )

    def _at_hand(self, environ):
        done = self.zygote("inspect", environ)
        assert done["code"] == 0, done
        return json.loads(done["out"])

    def _check_not_locked_out(self, result, environ, when):
        self.control.advance(30)  # what spreads has spread
        at_hand = self._at_hand(environ)
        if not at_hand:
            result.secrets_lost += 1
        if not any(at_hand.values()):
            result.lock_outs += 1
            result.problems.append(f"locked out {when}: {at_hand}")

    def _check(self, result, environ):
        self._check_not_locked_out(result, environ, "at the end")
        iam = self.sandbox.client("iam", *self.sandbox.root_key)
        listed = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        states = {key["AccessKeyId"]: key["Status"] for key in listed}
        at_hand = self._at_hand(environ)
        expect = result.problems.append
        if list(states.values()) != ["Active"]:
            expect(f"not exactly one active key: {states}")
        if self.old[0] in states:
            expect("the old key is still there")
        if at_hand != dict.fromkeys(states, True):
            expect(f"stored and accepted are {at_hand}, and AWS has {states}")
        if self._journals(environ):
            expect("the journal is still there")
        text = (self.home / ".aws" / "config").read_text()
        plain = (self.home / ".aws" / "credentials").read_text()
        if self.old[0] in text + plain or self.old[1] in text + plain:
            expect("the old key is still in the files")
        uses = (text + plain).count(f"= {next(iter(states), '?')}\n")
        if uses != (4 if result.case.user == "shared" else 1):
            expect(f"{uses} profiles use the new key")
        if "# mine" not in text or "# mine too" not in plain:
            expect("a comment is lost")


MISHAPS = ("kill", "interrupt", "disk_full", "network_lost", "store_locked")


def expected_steps():
    """The steps of a rotation in which nothing goes wrong, by the table of the product."""
    stages = [s.name for s in table.FORWARD if s.name not in (table.SETTLE, table.MAKE_ROOM)]
    lines = ["begin intent"] + [f"{s} {event}" for s in stages for event in ("intent", "done")]
    return [f"{when} {line}" for line in (*lines, "close") for when in ("before", "after")]


def kill_points(user, store):
    return [Case(user, store, at) for at in range(len(expected_steps()))]


def mishaps():
    """Every mishap at every step, for every user and store."""
    for user in USERS:
        for store in STORES:
            for how in MISHAPS:
                if how == "store_locked" and store == "vault":
                    continue  # a vault that is open is not locked from outside
                for at in range(len(expected_steps())):
                    yield Case(user, store, at, how)


def killed_twice():
    """Killed, and killed again while it is resumed."""
    for user in USERS:
        for at in range(1, len(expected_steps()) - 2):
            for again in range(0, len(expected_steps()), 5):
                yield Case(user, "vault", at, again=again)


def faults(user="plain", store="vault"):
    """Lost answers of each call, refusals that pass, and keys that take their time."""
    calls = {
        "ListAccessKeys": 2,
        "CreateAccessKey": 1,
        "UpdateAccessKey": 2,
        "DeleteAccessKey": 2,
        "GetAccessKeyLastUsed": 1,
        "GetCallerIdentity": 8,
    }
    if user == "mfa":
        calls["GetSessionToken"] = 1
    for action, count in calls.items():
        for nth in range(1, count + 1):
            for when in ("before", "after"):
                yield Case(user, store, fault=f"drop {action} {nth} {when}")
        yield Case(user, store, fault=f"throttle {action}")
        for when in ("before", "after"):
            yield Case(user, store, fault=f"500 {action} {when}")
    for appear, linger in ((10, 0), (0, 10), (10, 10)):
        yield Case(user, store, fault=f"propagation {appear} {linger}")


@contextlib.contextmanager
def stand(control, *, keyring=True):
    """A Stand, with a gnome-keyring where there is to be one."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rotation-")))
        bus = None
        if keyring:
            bus = stack.enter_context(secret_service.gnome_keyring(folder / "desktop"))
        yield stack.enter_context(Stand(control, folder, bus))
