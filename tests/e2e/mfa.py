"""Somebody who manages her MFA devices in the sandbox, by its clock and without waiting."""

import contextlib
import io
import json
import os

from awscreds.app import App
from awscreds.cli import run
from awscreds.errors import InputNeeded
from awscreds.prompts import Terminal

ACCOUNT = "arn:aws:iam::123456789012"
OLD, NEW = f"{ACCOUNT}:mfa/alice", f"{ACCOUNT}:mfa/alice-2"
STORE = ("mfa", "enable", "--store-seed")
PHONE = ("mfa", "enable")


class Phone(Terminal):
    """Her terminal, and her authenticator app. ``answers`` are typed instead of the right codes."""

    def __init__(self, mfa):
        super().__init__()
        self._mfa = mfa
        self.screens = []
        self.answers = iter(())
        self.is_there = True

    def available(self):
        return self.is_there

    def size(self):
        return 80, 24

    def can_show(self, text):
        return True

    @contextlib.contextmanager
    def private_screen(self, lines):
        self.screens.append(lines)
        yield

    def ask_for(self, text, check, *, is_hidden=False):
        if not is_hidden:
            raise InputNeeded("nobody agrees")
        answer = next(self.answers, None)
        if isinstance(answer, BaseException):
            raise answer
        if "next" in text:
            self._mfa.control.advance(30)
        if answer is None:
            serials = self._mfa.unassigned() if "app" in text or "next" in text else [OLD]
            answer = self._mfa.control.code(serials[-1])["code"]
        return check(answer)

    def drop_typed_ahead(self):
        """Nothing is."""


class Mfa:
    """Alice, her devices, and her commands, which run in this process."""

    def __init__(self, user, capsys):
        self.user, self.control = user, user.sandbox.control
        self.root = user.sandbox.client("iam", *user.sandbox.root_key)
        self.terminal = Phone(self)
        self.slept = 0.0
        self.out = self.err = ""
        self._capsys = capsys

    def sleep(self, seconds):
        self.slept += seconds
        self.control.advance(seconds)

    def app(self, step=lambda _: None, **environ):
        self.said = io.StringIO()
        app = App(
            {**self.user.environment, **environ},
            clock=self.control.now,
            sleep=self.sleep,
            step=step,
            stdin=io.StringIO(),
            stderr=self.said,
        )
        app.dialogue.__dict__["terminal"] = self.terminal
        return app

    def __call__(self, *words, rc=0, step=lambda _: None, **environ):
        words = [*words, "--profile", "alice"] if words[0] != "store" else words
        code = run(words, self.app(step, **environ))
        self.out, err = self._capsys.readouterr()
        self.err = self.said.getvalue() + err
        assert "has a bug" not in self.err, self.err
        assert rc is None or code == rc, (words, code, self.err)
        return self

    def json(self, *words, **options):
        return json.loads(self(*words, "--json", **options).out)

    def killed(self, *words, at):
        """Run a command in a process that ends at this step, as by SIGKILL."""

        def step(reached):
            if reached == at:
                os._exit(137)

        pid = os.fork()
        if pid == 0:
            try:
                run([*words, "--profile", "alice"], self.app(step))
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 137
        self._capsys.readouterr()

    def enabled(self):
        listed = self.root.list_mfa_devices(UserName="alice")["MFADevices"]
        return [each["SerialNumber"] for each in listed]

    def unassigned(self):
        listed = self.root.list_virtual_mfa_devices(AssignmentStatus="Unassigned")
        return [each["SerialNumber"] for each in listed["VirtualMFADevices"]]

    def named(self):
        return self._asked("configure", "get", "mfa_serial", rc=None).strip() or None

    def seeds(self):
        entries = json.loads(self._asked("store", "show", "--json"))["entries"]
        return [each["id"] for each in entries if each["kind"] == "totp-seed"]

    def _asked(self, *words, **options):
        """What a command prints; ``out`` and ``err`` stay those of the command before."""
        before = self.out, self.err
        out = self(*words, **options).out
        self.out, self.err = before
        return out

    def records(self):
        return [path.name for path in (self.user.aws / "awscreds").glob("mfa-enrolment-*")]

    def policy(self, *words):
        """Attach what `awscreds policy mfa` prints, in place of the sandbox's own policy."""
        document = self("policy", "mfa", *words).out
        self.root.put_user_policy(UserName="alice", PolicyName="Developer", PolicyDocument=document)
