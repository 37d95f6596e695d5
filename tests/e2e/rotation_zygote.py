"""Starts awscreds over and over, each time in a process of its own, in which things go wrong.

Python's start and botocore's import cost more than a rotation, so that this process does both once
and forks for each run. It is told by JSON lines on stdin, and answers by one each on stdout.
``step`` of the App, which product code calls around each line of a rotation's journal, is where
a run dies; the clock and the sleep it works with are the sandbox's, so that nobody waits.
"""

import contextlib
import json
import os
import resource
import signal
import sys
import time

from awscreds import cli
from awscreds.app import App
from awscreds.aws import Aws, client_for
from awscreds.errors import AwscredsError
from awscreds.iam import Iam
from awscreds.model.connection import Connection
from awscreds.model.credentials import AccessKey
from awscreds.sandbox.client import Control
from awscreds.workflows.rotate_switch import plaintext_key
from tests.stores import secret_service


def preload():
    """Load what each run would: modules, and the services' descriptions."""
    import awscreds.commands.rotate
    import awscreds.commands.rotate_means
    import awscreds.stores.secretservice
    import awscreds.stores.sessions
    import awscreds.stores.vault
    import awscreds.workflows.configure
    import awscreds.workflows.rotate_jobs
    import awscreds.workflows.session  # noqa: F401 - each is there for the runs to come

    for service in ("iam", "sts"):
        client_for(service, AccessKey("none", "none"), Connection("us-east-1"))


class Stage:
    """The clock of the sandbox, and what goes wrong at which step."""

    def __init__(self, job):
        environ = job["environ"]
        self.control = Control(environ["AWSCREDS_SANDBOX_URL"], environ["AWSCREDS_SANDBOX_TOKEN"])
        self.offset = self.control.now() - time.time()
        self.job = job
        self.count = 0
        self.steps = os.open(job["steps"], os.O_WRONLY | os.O_APPEND)

    def clock(self):
        return time.time() + self.offset

    real_time = time.time

    def sleep(self, seconds):
        self.control.advance(seconds)
        self.offset += seconds

    def step(self, name):
        self.note(name)
        if self.job.get("watch"):
            self.watch(name)
        if self.count == self.job.get("at"):
            getattr(self, self.job["how"])()
        self.count += 1

    def note(self, text):
        with contextlib.suppress(OSError):  # the disk may be full
            os.write(self.steps, f"{text}\n".encode())

    def watch(self, name):
        found = keys_at_hand(self.job["environ"], enough=True)
        if not any(found.values()):
            self.note(f"LOCKED OUT at {name}: {found}")

    # what can go wrong

    def kill(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def interrupt(self):
        os.kill(os.getpid(), signal.SIGINT)

    def disk_full(self):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        # Of what may be written: nothing.
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))

    def network_lost(self):
        open(self.job["down"], "w").close()

    def new_key_dies(self):
        """An administrator takes the user's newest key out of service."""
        iam = Iam(AccessKey(*self.job["root"]), Connection("us-east-1", self.control.url))
        newest = iam.list_access_keys("alice")[-1]
        iam.update_access_key("alice", newest.id, active=False)

    def file_is_edited(self):
        """Another program adds a profile to the config file."""
        with open(os.path.join(self.job["environ"]["HOME"], ".aws", "config"), "a") as file:
            file.write("[profile foreign]\noutput = text\n")

    def store_locked(self):
        secret_service.lock(self.job["environ"])


def keys_at_hand(environ, *, enough=False):
    """For each key whose secret is in the store or in the files: whether AWS takes it.

    ``enough``: one that it takes is enough to know.
    """
    app = App(environ)
    how = Connection(environ["AWS_REGION"], environ["AWSCREDS_SANDBOX_URL"])
    profiles = app.profiles()
    named = {p.access_key_id for p in profiles.all()} | {p.stored_key_id for p in profiles.all()}
    accepted = {}
    for key_id in {*app.state.ids("access-key"), *named} - {None}:
        try:
            key = app.store_of(key_id).find_access_key(key_id) or plaintext_key(key_id, profiles)
        except AwscredsError:
            continue
        if key:
            accepted[key_id] = is_accepted(key, how)
        if enough and any(accepted.values()):
            break
    return accepted


def is_accepted(key, how):
    try:
        Aws().caller_identity(key, how)
    except AwscredsError:
        return False
    return True


def run(job):
    """Run a command line; in the child."""
    stage = Stage(job)
    time.sleep = stage.sleep  # botocore's, between its tries
    app = App(job["environ"], clock=stage.clock, sleep=stage.sleep, step=stage.step)
    return cli.run(job["argv"], app)


def inspect(job):
    print(json.dumps(keys_at_hand(job["environ"])))
    return 0


def store(job):
    """Keep these keys alone."""
    app = App(job["environ"])
    for key_id in app.state.ids("access-key"):
        app.store_of(key_id).erase(key_id)
    for key_id, secret in job["keys"]:
        app.store_for_writing().keep_access_key(AccessKey(key_id, secret))
        app.note_key(key_id, None)
    return 0


DEEDS = {"run": run, "inspect": inspect, "store": store}


def in_a_child(job):
    """Fork, and do the job there. How it ended and what it printed."""
    # Pipes, which a full disk does not fill; and what is printed is less than they hold.
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 99
        with contextlib.suppress(BaseException):
            os.setsid()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for fd, end in enumerate((os.open(os.devnull, os.O_RDONLY), out_end, err_end)):
                os.dup2(end, fd)
            os.environ.clear()
            os.environ.update(job["environ"])
            try:
                code = DEEDS[job["deed"]](job)
            except BaseException:  # noqa: BLE001 - it is to be seen
                import traceback

                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    os.close(out_end)
    os.close(err_end)
    with open(out, encoding="utf-8") as printed, open(err, encoding="utf-8") as complained:
        _, status = os.waitpid(pid, 0)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "out": printed.read(),
            "err": complained.read(),
        }


def main():
    preload()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        answers.write(json.dumps(in_a_child(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
