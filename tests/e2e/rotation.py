"""Rotations cut off and gone wrong in every way there is, and what must hold after each.

A case is a user, a store and what goes wrong (``rotation_cases``). It rotates, lets that happen,
mends what was staged (the disk has room again, the network is back), says ``rotate --resume`` once
(once more where that was struck too), and looks: exactly one key, active, stored, in use by every
profile, and accepted when SDKs sign with what the profiles give them; the old one refused; no
journal. At every change on the way there, ``rotation_watch`` looks.
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
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import awscreds
from awscreds.sandbox.search import files_with
from awscreds.sandbox.world import environment
from awscreds.stores.kernel_keyring import kernel
from tests.e2e.rotation_cases import (
    DISK_FULL,
    GRACE,
    LONG,
    NEVER,
    PAGE_LEFT,
    SPARE,
    STORE_LOCKED,
    Case,
)
from tests.e2e.rotation_watch import Stores, Watch
from tests.e2e.rotation_worker import Worker
from tests.e2e.rotation_zygote import FILLER
from tests.helpers import command_line
from tests.sandbox.fixtures import Sandbox
from tests.windows import credentials

if sys.platform != "win32":
    from tests.stores.backends import secret_service

PASSPHRASE = "correct horse battery staple"
BUS = "DBUS_SESSION_BUS_ADDRESS"
LONG_NAME = "l" * 4200
HOURS = 3600
ALARMS = ("lost", "locked out", "blind")
"""How lines of the watch begin that tell of what should not be."""
MAIN = str(Path(awscreds.__file__).with_name("__main__.py"))


@dataclass
class Result:
    """What came of a case: ``problems`` is empty where all is as it must be."""

    case: Case
    steps: list = field(default_factory=list)
    """Those of the first run."""
    calls: Counter = field(default_factory=Counter)
    """What that asked of AWS, and how often."""
    looks: int = 0
    problems: list = field(default_factory=list)
    secrets_lost: int = 0
    lock_outs: int = 0
    plaintext_left: int = 0
    """Files that hold a secret in the end, but for a key that its user keeps in plaintext."""
    transcript: str = ""

    def hear(self, told):
        """Take in what the watch told."""
        for line in told:
            self.looks += line == "look"
            self.secrets_lost += line.startswith("lost")
            self.lock_outs += line.startswith("locked out")
            if line.startswith(ALARMS):
                self.problems.append(line)


class NoSmallDisk(Exception):
    """No file system can be mounted here."""


class Zygote:
    """The process that starts runs; see ``rotation_zygote``. ``small_disk`` is a folder."""

    def __init__(self, small_disk=None):
        self._small_disk = small_disk

    def __enter__(self):
        root = str(Path(__file__).parents[2])
        command = [sys.executable, "-m", "tests.e2e.rotation_zygote"]
        self._process = subprocess.Popen(
            command + ([str(self._small_disk)] if self._small_disk else []),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": root},
        )
        if self._small_disk:
            refused = json.loads(self._process.stdout.readline())["refused"]
            if refused:
                self.__exit__()
                raise NoSmallDisk(refused)
        return self

    def __call__(self, deed, environ, **job):
        job |= {"deed": deed, "environ": environ}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def seen(self, path):
        """``path`` as it is seen from here: this process may have mounted something over it."""
        return Path(f"/proc/{self._process.pid}/root{path}") if self._small_disk else Path(path)

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def starter():
    """What starts runs on this system."""
    return Worker() if sys.platform == "win32" else Zygote()


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


@dataclass
class Place:
    """A home, and the process that starts runs there. ``aws`` is its .aws, as seen from here."""

    zygote: Zygote
    home: Path
    vault_key: str | None = None

    @property
    def aws(self):
        return self.zygote.seen(self.home / ".aws")

    def files(self):
        """What the AWS files hold."""
        return [(self.aws / name).read_text() for name in ("config", "credentials")]

    def journals(self):
        return sorted((self.aws / "awscreds").glob("rotation-*"))

    def tidy(self):
        """Take away what a case has left, but for the vault: making one costs half a second."""
        self.aws.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.aws, self.aws / "awscreds", self.aws / "awscreds" / "locks"):
            for leftover in folder.glob("*"):
                if leftover.is_file() and leftover.name not in ("vault", "state.json"):
                    leftover.unlink()


class Stand:
    """Where cases are run, one after the other: a sandbox, homes, both stores."""

    def __init__(self, control, folder):
        self.control = control
        self.folder = folder
        self.down = str(folder / "down")
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        self.wire = self._stack.enter_context(Wire(self.control.url, self.down))
        self._stack.callback(self.wire.shutdown)
        self._open_keyring()
        return self

    def __exit__(self, *_):
        self._stack.close()
        credentials.forget(self.control.keys())

    def _open_keyring(self):
        if sys.platform == "win32":
            self.bus = None
            return
        home = tempfile.mkdtemp(prefix="desktop-", dir=self.folder)
        self.bus = self._stack.enter_context(secret_service.gnome_keyring(Path(home)))

    @cached_property
    def _ordinary(self):
        return self._open(starter(), self.folder / "home")

    @cached_property
    def _on_a_small_disk(self):
        folder = self.folder / "disk"
        folder.mkdir()
        return self._open(Zygote(folder), folder / "home")

    def _open(self, zygote, home):
        place = Place(self._stack.enter_context(zygote), home)
        self._stack.callback(kernel.drop_all, kernel.scope(str(home / ".aws" / "awscreds")))
        return place

    def _place_for(self, case):
        """Raises NoSmallDisk where the case needs one and there is none."""
        if all(blow.how not in (DISK_FULL, PAGE_LEFT) for blow in case.blows):
            return self._ordinary
        if case.user == "shared" and os.geteuid() != 0:
            # Another user's namespace shows root's files as nobody's, and no profile is to be
            # pointed at a program that is nobody's.
            raise NoSmallDisk("only root can have this case on a disk of its own")
        return self._on_a_small_disk

    # -- a case ----------------------------------------------------------------------------

    def run(self, case):
        """Run one case to its end; anew where it is gnome-keyring that has come to its own.

        It mixes up its clients where one leaves as another comes, and aborts ("g_variant_new:
        expected GVariant of type 'v'"): once in a thousand cases.
        """
        for _ in range(3):
            failure = None
            try:
                result = self._run(case)
            except Exception as error:  # noqa: BLE001 - raised again, unless this is why
                failure = error
            if not self.bus or case.store != "keyring" or secret_service.is_offered(self.bus):
                break
            self._open_keyring()
        if failure:
            raise failure
        return result

    def _run(self, case):
        self.case, self.place, self.result = case, self._place_for(case), Result(case)
        self.sandbox = Sandbox(self.control, self.control.reset(), self.folder)
        self._furnish()
        self._stage_fault(case.fault)
        code = self._rotate(0, *self._argv())
        if not case.blows and not case.fault and code != 0:
            self.result.problems.append("it failed though nothing went wrong")
        self._mend()
        # One resume finishes it; a second one where that was struck, or the grace began with it.
        resumes = 2 if case.user == GRACE or any(blow.run for blow in case.blows) else 1
        for number in range(1, resumes + 1):
            if self.place.journals():
                self._look(f"what run {number - 1} has left")
                if case.user == GRACE:
                    self.control.advance(2 * HOURS)
                self._rotate(number, "--resume")
        if not self.place.journals() and self._is_old():
            # It was taken back (exit 1, 4 or 5), or never began: once more, and it must work.
            self._look("what was taken back")
            self.control.advance(60)  # an MFA code is good for once
            self._rotate(-1, *self._argv())
            if case.user == GRACE:
                self.control.advance(2 * HOURS)
                self._rotate(-1, "--resume")
        self._look("the end")
        self._check()
        for path in self._with_plaintext():
            self.result.plaintext_left += 1
            self.result.problems.append(f"plaintext left in {path}")
        return self.result

    def _argv(self):
        argv = ["--profile", "alice"]
        more = {
            "kept-plaintext": ["--keep-plaintext"],
            SPARE: ["--replace-other"],
            GRACE: ["--grace", "1h"],
            "mfa": ["--token", self.sandbox.token_code()],
        }
        return argv + more.get(self.case.user, [])

    def _rotate(self, number, *argv):
        """Run it, with the blows of the run ``number``; its exit code."""
        result, blows = self.result, [blow for blow in self.case.blows if blow.run == number]
        argv = ["rotate", *argv, "--yes", "--no-input"]
        done = self._do(
            "run",
            argv=argv,
            blows=[(blow.at, blow.how) for blow in blows],
            watched=True,
            down=self.down,
            disk=str(self.folder / "disk"),
            root=self.sandbox.root_key,
        )
        steps = [line.removeprefix("step ") for line in done["told"] if line.startswith("step ")]
        if number == 0:
            result.steps = steps
            result.calls = Counter(entry["action"] for entry in self.control.log())
        result.transcript += f"$ awscreds {' '.join(argv)}\n{done['out']}{done['err']}"
        result.transcript += f"-> {done['code']}; passed: {', '.join(steps)}\n"
        result.hear(done["told"])
        struck = sum(line.startswith("struck") for line in done["told"])
        if number == 0 and struck != len(blows) and not blows[0].is_at_a_change:
            result.problems.append(f"{struck} of {len(blows)} blows struck")
        if "Traceback" in done["err"] or '"bug"' in done["out"] or "has a bug" in done["err"]:
            result.problems.append("a traceback")
        return done["code"]

    def _do(self, deed, **job):
        job["vault_key"] = self.place.vault_key
        return self.place.zygote(deed, self.environ, **job)

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
            case ["listed-late", seconds]:
                self.control.propagation(listed=int(seconds))
            case [word] if word == NEVER:
                self.control.propagation(appear=1000 * HOURS)

    # -- before ----------------------------------------------------------------------------

    def _furnish(self):
        user, aws = self.case.user, self.place.aws
        self.place.tidy()
        self.environ = environment(os.environ, self.place.home, self.control, self.sandbox.facts)
        self.environ |= {"AWSCREDS_PASSPHRASE": PASSPHRASE, "AWS_ENDPOINT_URL": self.wire.url}
        if self.case.store == "keyring":
            self.environ["AWSCREDS_BACKEND"] = "keyring"
            if self.bus:
                self.environ[BUS] = self.bus[BUS]
        key_id, secret = self.old = self.sandbox.key
        line = command_line(sys.executable, "-I", "-S", MAIN, "credential-process", "--profile")
        managed = f"credential_process = {line} {{}}\nawscreds_access_key_id = {key_id}\n"
        plain = f"aws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
        config = "# mine\n[profile alice]\nregion = us-east-1\n"
        credentials = "# mine too\n"
        if user == "kept-plaintext":
            credentials += f"[alice]\n{plain}"
        else:
            config += managed.format("alice")
        if user == "mfa":
            config += f"mfa_serial = {self.sandbox.facts['mfa_serial']}\n"
            self.control.require_mfa("alice")
        if user == "shared":
            config += f"[profile other]\n{managed.format('other')}[profile third]\n{plain}"
            credentials += f"[fourth]\n{plain}# the end\n"
        if user == LONG:
            config += f"[profile {LONG_NAME}]\n{managed.format(LONG_NAME)}"
        if user == SPARE:
            self.sandbox.client("iam").create_access_key()
        done = self._do("store", keys=[] if user == "kept-plaintext" else [self.old])
        assert done["code"] == 0, done
        self.place.vault_key = json.loads(done["out"])["vault_key"]
        _write(aws / "config", config)
        _write(aws / "credentials", credentials)
        self.users = {"shared": 4, LONG: 2}.get(user, 1)

    def _mend(self):
        self.control.clear_faults()
        if self.case.fault == NEVER:
            self.control.propagation()
        for obstacle in (self.down, self.place.zygote.seen(self.folder / "disk" / FILLER)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(obstacle)
        if any(blow.how == STORE_LOCKED for blow in self.case.blows):
            secret_service.unlock(self.bus)

    # -- after -----------------------------------------------------------------------------

    def _with_plaintext(self):
        at_aws = {key_id: key["secret"] for key_id, key in self.control.keys().items()}
        spared = []
        if self.case.user == "kept-plaintext":
            spared = [("credentials", key_id) for key_id in at_aws]
        return with_plaintext(self.place.aws, at_aws | dict([self.old]), spared)

    def _is_old(self):
        return f"= {self.old[0]}" in "".join(self.place.files())

    def _look(self, moment):
        told = []
        stores = Stores(self.environ, self.place.vault_key, self.place.aws)
        with contextlib.closing(stores):
            Watch(self.environ, stores, told.append).look(moment)
        self.result.hear(told)

    def _check(self):
        self.control.advance(30)  # what lingers has gone
        done = self._do("judge", old=self.old)
        assert done["code"] == 0, done
        found = json.loads(done["out"])
        iam = self.sandbox.client("iam", *self.sandbox.root_key)
        listed = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        states = {key["AccessKeyId"]: key["Status"] for key in listed}
        expect = self.result.problems.append
        if list(states.values()) != ["Active"]:
            expect(f"not exactly one active key: {states}")
        if self.old[0] in states:
            expect("the old key is still there")
        if found["old"] != "InvalidClientTokenId":
            expect(f"the old key is not refused: {found['old']}")
        where, nowhere = ("stored", "plaintext")
        if self.case.user == "kept-plaintext":
            where, nowhere = nowhere, where
        if list(found[where]) != list(states) or found[nowhere]:
            expect(f"{where}: {list(found[where])}, {nowhere}: {list(found[nowhere])}")
        clients = list(found["clients"].values())
        if clients != [[next(iter(states), None), self.sandbox.facts["user_arn"]]] * self.users:
            expect(f"SDKs find: {found['clients']}")
        if self.place.journals():
            expect("the journal is still there")
        config, credentials = self.place.files()
        if self.old[0] in config + credentials or self.old[1] in config + credentials:
            expect("the old key is still in the files")
        if "# mine" not in config or "# mine too" not in credentials:
            expect("a comment is lost")


def with_plaintext(home, secrets, spared=()):
    """The files below ``home`` that hold one of ``secrets`` (by key id), in whatever form.

    ``spared`` are pairs of a file and the id of a key that is to be there.
    """
    return [
        f"{path} ({key_id})"
        for key_id, secret in secrets.items()
        for path in files_with(secret, home)
        if (path, key_id) not in spared
    ]


def _write(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


@contextlib.contextmanager
def stand(control):
    """A Stand in memory, where there is a file system of that sort.

    What is killed here are processes, and those lose nothing that they have written.
    """
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="rotation-", dir=memory) as folder,
        Stand(control, Path(folder)) as stand,
    ):
        yield stand
