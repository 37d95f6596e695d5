"""Starts awscreds over and over, each time in a process of its own, in which things go wrong.

Python's start and botocore's import cost more than a rotation, so that this process does both once
and forks for each run. It is told by JSON lines on stdin, and answers by one each on stdout.
``step`` of the App, which product code calls around each line of a rotation's journal, is where
a run is struck; the clock and the sleep it works with are the sandbox's, so that nobody waits.

    python -m tests.e2e.rotation_zygote [FOLDER]

FOLDER becomes a small disk of its own, which nobody else sees and which ends with this process.
"""

import contextlib
import ctypes
import errno
import json
import os
import signal
import sys
import time

from awscreds import cli
from awscreds.app import App
from awscreds.aws.clients import service_loader
from awscreds.aws.iam import Iam, LastUsed
from awscreds.model.credentials import AccessKey
from awscreds.model.rotation import DEACTIVATE, REACTIVATE, STAGES
from awscreds.model.service_endpoint import ServiceEndpoint
from awscreds.sandbox.client import Control
from awscreds.stores.backends.vault_format import Vault
from tests.e2e.prepared import preload
from tests.e2e.rotation_cases import IN_THE_PAUSE
from tests.e2e.rotation_watch import Stores, Watch
from tests.helpers import tell_tracer

if sys.platform != "win32":
    import resource

    from tests.stores.backends import secret_service

KILL = getattr(signal, "SIGKILL", 9)
"""Windows has no signals: any number becomes the exit code of TerminateProcess."""
DEADLINE = 120
"""Real seconds after which a run is ended that waits for what does not come: SIGALRM, code -14."""
DAY, HOURS = 86_400, 3 * 3_600
SMALL = 1 << 20
"""Bytes of the small disk."""
FILLER = "filler"
VAULT_PAGES = 2
"""More than a page of the disk, so that one page is room for any file but the vault."""


class Stage:
    """The clock of the sandbox, and what goes wrong at which step.

    ``tell`` takes a line for whoever asked for the run.
    """

    def __init__(self, job, tell):
        environ = job["environ"]
        self.control = Control(environ["AWSCREDS_SANDBOX_URL"], environ["AWSCREDS_SANDBOX_TOKEN"])
        self.offset = self.control.now() - time.time()
        self.job = job
        self.blows = [(at, how) for at, how in job.get("blows", ())]
        self.count = 0
        self.is_refused = False
        self.tell = tell
        self.watch = None
        if job.get("watched"):
            stores = Stores(environ, job["vault_key"])
            self.watch = Watch(environ, stores, tell, at_change=self.change)
            self.watch.begin()

    def end(self):
        """For a process that lasts longer than the run."""
        time.sleep = self.real_sleep
        if self.watch:
            self.watch.end()

    def clock(self):
        return time.time() + self.offset

    real_time = time.time
    real_sleep = staticmethod(time.sleep)

    def sleep(self, seconds):
        if seconds == STAGES[DEACTIVATE].pause:
            self.strike(IN_THE_PAUSE)
        self.control.advance(seconds)
        self.offset += seconds

    def step(self, name):
        self.tell(f"step {name}")
        if self.watch:
            self.watch.look(name)
        if self.is_refused and name == f"before {REACTIVATE} intent":
            self.is_refused = False
            self.control.clear_faults()
        self.strike(name, self.count)
        self.count += 1

    def change(self, number):
        self.strike(f"change {number}")

    def strike(self, *names):
        """Deliver the blows that are due at what has these names."""
        for blow in list(self.blows):
            at, how = blow
            if at in names:
                self.blows.remove(blow)
                self.tell(f"struck by {how} at {at}")
                getattr(self, how)()

    # what can go wrong

    def kill(self):
        os.kill(os.getpid(), KILL)

    def interrupt(self):
        signal.raise_signal(signal.SIGINT)

    def disk_full(self):
        """No page of the disk is free; but a file may grow to the end of its last one."""
        filler = os.open(os.path.join(self.job["disk"], FILLER), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            while os.write(filler, bytes(4096)):
                pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        return filler

    def page_left(self):
        """One page is free: enough for all but the vault, which has other entries too."""
        filler = self.disk_full()
        os.ftruncate(filler, os.fstat(filler).st_size - 4096)

    def size_limit(self):
        """Not a byte more may be written to any file (EFBIG), be it the journal."""
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))

    def network_lost(self):
        open(self.job["down"], "w").close()

    def new_key_dies(self):
        """An administrator takes the user's newest key out of service."""
        iam = Iam(AccessKey(*self.job["root"]), ServiceEndpoint("us-east-1", self.control.url))
        # Two keys made in the same second are in no order.
        *_, newest = (key for key in iam.list_access_keys("alice") if key.is_active)
        iam.update_access_key("alice", newest.id, active=False)

    def new_key_refused(self):
        """STS refuses the new key until a rotation gives it up, and IAM does not."""
        self.is_refused = True
        code = "InvalidClientTokenId"
        self.control.fail("GetCallerIdentity", code, status=403, count=None)

    def clock_set_back(self):
        self.offset -= DAY

    def suspended(self):
        """The lid is closed for some hours, of which sleeping knows nothing."""
        self.control.advance(HOURS)
        self.offset += HOURS

    def file_is_edited(self):
        """Another program adds a profile to the config file."""
        with open(os.path.join(self.job["environ"]["HOME"], ".aws", "config"), "a") as file:
            file.write("[profile foreign]\noutput = text\n")

    def other_machine(self):
        """In another home, which has the same key, a whole command runs meanwhile."""
        job = {"deed": "run", "environ": self.job["other"], "argv": self.job["its"]}
        self.tell(json.dumps(in_a_child(job)))
        self.offset = self.control.now() - self.real_time()

    def use_is_shown_later(self):
        """IAM shows the use of a key some hours after it."""
        Iam.last_used = lambda *_: LastUsed(None, None, None)

    def store_locked(self):
        secret_service.lock(self.job["environ"])


# -- deeds: each in a child --------------------------------------------------------------------


def run(job, tell):
    """Run a command line."""
    stage = Stage(job, tell)
    time.sleep = stage.sleep  # botocore's, between its tries
    app = App(job["environ"], clock=stage.clock, sleep=stage.sleep, step=stage.step)
    try:
        return cli.run(job["argv"], app)
    finally:
        stage.end()


def judge(job, _tell):
    """Tell where keys are stored, what AWS says of the old one, and whom SDKs are by each profile.

    botocore is given nothing but the profile's name: it starts the program named in the file.
    """
    import botocore.session
    from botocore.exceptions import BotoCoreError, ClientError

    def session(**settings):
        core = botocore.session.Session(**settings)
        core.register_component("data_loader", service_loader())  # with the services' descriptions
        return core

    old_id, old_secret = job["old"]
    stores = Stores(job["environ"], job["vault_key"], known=[old_id])
    clients = {}
    for profile in stores.profiles():
        core = session(profile=profile)
        try:
            key_id = core.get_credentials().get_frozen_credentials().access_key
            arn = core.create_client("sts").get_caller_identity()["Arn"]
            clients[profile] = [key_id, arn]
        except (BotoCoreError, ClientError) as error:
            clients[profile] = [None, str(error)]
    keys = {"aws_access_key_id": old_id, "aws_secret_access_key": old_secret}
    old = session().create_client("sts", **keys)
    try:
        refusal = old.get_caller_identity()["Arn"]
    except ClientError as error:
        refusal = error.response["Error"]["Code"]
    found = {"stored": stores.stored(), "plaintext": stores.plaintext()}
    print(json.dumps(found | {"clients": clients, "old": refusal}))
    return 0


def store(job, _tell):
    """Keep these keys alone, and what else a vault holds. Print what opens that."""
    environ = job["environ"]
    app = App(environ)
    vault_key = job["vault_key"]
    if environ["AWSCREDS_BACKEND"] == "vault":
        for number in range(VAULT_PAGES * 4):
            app.stores.for_writing().write("other", f"other-{number}", {"text": "x" * 1000})
        if vault_key is None:
            header = Vault.parse(app.state_dir.read("vault"), "the vault").header
            passphrase = environ["AWSCREDS_PASSPHRASE"].encode()
            vault_key = header.kdf.derive(passphrase, header.salt)[0].hex()
    for key_id in {*app.state.ids("access-key"), *Stores(environ, vault_key).stored()}:
        app.stores.of(key_id).erase(key_id)
    for key_id, secret in job["keys"]:
        app.stores.for_writing().keep_access_key(AccessKey(key_id, secret))
        app.key_facts.note(key_id, None)
    print(json.dumps({"vault_key": vault_key}))
    return 0


DEEDS = {"run": run, "judge": judge, "store": store}


def in_a_child(job):
    """Fork, and do the job there. How it ended, what it printed and what it told."""
    # Pipes, which a full disk does not fill; and what is printed is less than they hold.
    pipes = [os.pipe() for _ in range(3)]
    pid = os.fork()
    if pid == 0:
        code = 99
        with contextlib.suppress(BaseException):
            os.setsid()
            signal.alarm(DEADLINE)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            (_, out), (_, err), (_, told) = pipes
            for fd, end in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
                os.dup2(end, fd)
            os.environ.clear()
            os.environ.update(job["environ"])
            try:
                if job["deed"] == "run":
                    tell_tracer("awscreds", *job["argv"])
                code = DEEDS[job["deed"]](job, lambda line: os.write(told, f"{line}\n".encode()))
            except BaseException:  # noqa: BLE001 - it is to be seen
                import traceback

                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    for _, end in pipes:
        os.close(end)
    with contextlib.ExitStack() as stack:
        out, err, told = (stack.enter_context(open(fd, encoding="utf-8")) for fd, _ in pipes)
        _, status = os.waitpid(pid, 0)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "out": out.read(),
            "err": err.read(),
            "told": told.read().splitlines(),
        }


# -- a small disk ------------------------------------------------------------------------------

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_REC, MS_PRIVATE = 16384, 1 << 18
PR_SET_DUMPABLE = 4


def system(call, *arguments):
    """Call a function of the C library. Raises OSError."""
    if getattr(ctypes.CDLL(None, use_errno=True), call)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def mount_small_disk(folder):
    """Mount a tmpfs on ``folder``, for this process and its children. Raises OSError."""
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        system("unshare", CLONE_NEWNS)
    else:
        system("unshare", CLONE_NEWNS | CLONE_NEWUSER)
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        # Or /proc/PID would be root's, and whoever started us could not look at the disk.
        system("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)
    system("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    options = f"size={SMALL},mode=700,uid={user},gid={group}".encode()
    system("mount", b"tmpfs", folder.encode(), b"tmpfs", 0, options)


def main():
    answers = os.fdopen(os.dup(1), "w")

    def answer(document):
        answers.write(json.dumps(document) + "\n")
        answers.flush()

    if sys.argv[1:]:
        try:
            mount_small_disk(sys.argv[1])
        except OSError as error:
            answer({"refused": str(error)})
            return
        answer({"refused": None})
    preload()
    for line in sys.stdin:
        job = json.loads(line)
        answer(in_a_child(job))


if __name__ == "__main__":
    main()
