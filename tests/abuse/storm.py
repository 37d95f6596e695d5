"""Many commands at once on one home, some of them killed: what they are, and what must hold then.

A law is about what commands have said: a key whose ``configure`` ended with 0 is kept. What a
killed command did is unknown until the next command, which must clear up after it.
"""

import collections
import concurrent.futures
import configparser
import io
import json
import os
import random
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from unittest import mock

from awscreds.app import App
from awscreds.sandbox.search import files_with
from awscreds.stores.temporary_names import MARK
from tests.e2e import prepared
from tests.e2e.conftest import PROGRAM

AT_ONCE = 64
PATIENCE = 100
"""Seconds until a command hangs: 64 at once on two cores may need half of it."""

KILLED = -signal.SIGKILL


@dataclass
class Command:
    """A command line of the storm, what it reads, and how long it may live (None: to its end)."""

    words: tuple[str, ...]
    stdin: str = ""
    life: float | None = None
    keeps: tuple[str, ...] = ()
    """Keys that it must have stored if it ends with 0."""


@dataclass
class Figures:
    """What happened in all rounds. A hang, a loss or a find is an AssertionError at once."""

    rounds: int = 0
    commands: int = 0
    kills: int = 0
    signed: int = 0
    codes: collections.Counter = field(default_factory=collections.Counter)

    def __str__(self):
        codes = ", ".join(f"{code}: {n}" for code, n in sorted(self.codes.items()))
        return (
            f"{self.rounds} rounds, {self.commands} commands, {self.kills} killed, "
            f"{self.signed} keys signed; exit codes {codes}"
        )


def run_installed(words, variables, folder, text, timeout, *, life):
    """What `prepared.run` does, with the installed script (``pytest --installed``)."""
    with subprocess.Popen(
        [PROGRAM, *words],
        env=variables,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        killing = threading.Timer(life or timeout, process.kill)
        killing.start()
        out, err = process.communicate(text)
        killing.cancel()
    if process.returncode == KILLED and life is None:
        raise subprocess.TimeoutExpired(words, timeout)
    return subprocess.CompletedProcess(words, process.returncode, out, err)


class Storm:
    """Rounds of commands on the home of ``person``, who keeps her secrets where she does."""

    def __init__(self, user, seed):
        self.user, self.seed = user, seed
        self.random = random.Random(seed)
        self.figures = Figures()
        self.iam = user.sandbox.client("iam", *user.sandbox.root_key)
        self.keys = {}
        """Each key's secret, of those that IAM gave out here."""
        self.kept = set()
        """Keys that must be in the store, whether or not a profile uses them."""
        self._prepare()

    # -- the home --------------------------------------------------------------------------------

    def _prepare(self):
        names = ("kept0", "kept1", "moved", "forgotten", "rotated0", "rotated1", "plain0", "plain1")
        for name in names:
            self.iam.create_user(UserName=name)
            policy = {"Effect": "Allow", "Action": "*", "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
            self.iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document)
        self.pairs = {name: [self._new_key(name) for _ in range(2)] for name in names[:4]}
        for name in names[:4]:
            self._must(self._configure(name, self.pairs[name][0]))
        for name in names[4:6]:
            self._must(self._configure(name, self._new_key(name)))
        self.plain = {name: self._new_key(name) for name in names[6:]}
        self._write_plain()
        role = self.user.sandbox.facts["role_arn"]
        self._must(Command(("profile", "add", "role", "--source", "moved", "--role-arn", role)))

    def _new_key(self, name):
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        self.keys[key["AccessKeyId"]] = key["SecretAccessKey"]
        return key["AccessKeyId"]

    def _write_plain(self):
        """Put keys into the credentials file, as a person does who follows another manual."""
        with open(self.user.credentials, "a", encoding="utf-8") as file:
            for name, key_id in self.plain.items():
                file.write(f"[{name}]\naws_access_key_id = {key_id}\n")
                file.write(f"aws_secret_access_key = {self.keys[key_id]}\n")
        self.user.credentials.chmod(0o600)

    # -- the commands ----------------------------------------------------------------------------

    def _configure(self, profile, key_id):
        words = ("configure", "--profile", profile, "--access-key-id", key_id)
        kept = (key_id,) if profile.startswith("kept") else ()
        return Command((*words, "--secret-stdin", "--no-verify"), self.keys[key_id], keeps=kept)

    def _any_command(self):
        pick, number = self.random.choice, self.random.randrange(4)
        kept, copy = pick(("kept0", "kept1")), f"copy{number}"
        name = pick(("kept0", "kept1", "moved", "forgotten", "rotated0", "role"))
        forgotten = pick(self.pairs["forgotten"])
        return pick(
            (
                lambda: self._configure(kept, pick(self.pairs[kept])),
                lambda: self._configure(kept, pick(self.pairs[kept])),
                lambda: self._configure("forgotten", forgotten),
                lambda: Command(("store", "forget", forgotten, "--yes")),
                lambda: Command(("configure", "set", "region", "eu-west-1", "--profile", name)),
                lambda: Command(("configure", "unset", "region", "--profile", name)),
                lambda: Command(("configure", "get", "region", "--profile", name)),
                lambda: Command(("credential-process", "--profile", name)),
                lambda: Command(("credential-process", "--profile", name)),
                lambda: Command(("export", name, "--format", "json")),
                lambda: Command(("profile", "copy", "moved", copy)),
                lambda: Command(("profile", "rename", copy, f"copy{(number + 1) % 4}")),
                lambda: Command(("profile", "remove", copy, "--yes")),
                lambda: Command(("rotate", pick(("rotated0", "rotated1")), "--yes")),
                lambda: Command(("migrate", "--profile", pick(list(self.plain)), "--yes")),
                lambda: Command(("list", "--json")),
                lambda: Command(("status", "--json")),
                lambda: Command(("store", "show")),
                lambda: Command(("sessions", "clear")),
                lambda: Command(("doctor", "--offline")),
                lambda: Command(("lock",)),
                lambda: Command(("profile", pick(("wrap", "unwrap")), "role")),
            )
        )()

    # -- a round ---------------------------------------------------------------------------------

    def round(self, commands=AT_ONCE):
        """Run so many commands at once, kill half of them, then check what must hold."""
        batch = [self._any_command() for _ in range(commands)]
        for command in self.random.sample(batch, commands // 2):
            command.life = 10 ** self.random.uniform(-2, 0.5)
        with concurrent.futures.ThreadPoolExecutor(commands) as pool:
            for command, done in zip(batch, pool.map(self._run, batch), strict=True):
                self._note(command, done)
        self.figures.rounds += 1
        self._settle()
        self._check()

    def _run(self, command):
        variables = {k: v for k, v in self.user.environment.items() if v is not None}
        words, folder = [*command.words, "--no-input"], self.user.folder
        if command.words[0] == "credential-process":
            words.pop()
        run = prepared.run if self.user.is_prepared else run_installed
        try:
            return run(words, variables, folder, command.stdin, PATIENCE, life=command.life)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"seed {self.seed}: it hangs: {command.words}") from None

    def _note(self, command, done):
        self.figures.commands += 1
        self.figures.codes[done.returncode] += 1
        self.figures.kills += done.returncode == KILLED
        said = f"seed {self.seed}: $ {command.words}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, said
        assert "has a bug" not in done.stderr, said
        assert done.returncode in (0, KILLED, 1, 2, 3, 4, 5, 6, 7, 8), (done.returncode, said)
        if done.returncode == 0:
            self.kept.update(command.keeps)

    def _must(self, command):
        done = self._run(command)
        self._note(command, done)
        transcript = f"seed {self.seed}: $ {command.words}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, transcript
        return done

    # -- what must hold --------------------------------------------------------------------------

    def _settle(self):
        """What a person does next: finish what was killed, then go on. All of it must succeed."""
        for journal in self._state_files("profile-move-*"):
            move = {
                k: bytes.fromhex(v).decode() for k, v in json.loads(journal.read_bytes()).items()
            }
            self._must(Command(("profile", move["action"], move["old"], move["new"])))
        if self._state_files("rotation-*.jsonl"):
            self._must(Command(("rotate", "--resume", "--yes")))
        self._must(Command(("migrate", "--all", "--yes", "--no-verify")))
        self._must(self._configure("kept0", self.pairs["kept0"][0]))
        self._must(Command(("list",)))

    def _state_files(self, pattern):
        return sorted((self.user.aws / "awscreds").glob(pattern))

    def _check(self):
        self._check_files()
        secrets = {**self.keys, **{k: v["secret"] for k, v in self._at_aws().items()}}
        for key_id, secret in secrets.items():
            assert files_with(secret, self.user.home) == [], (self.seed, key_id)
        for profile, key_id in self._profiles().items():
            self._check_signs(profile, key_id)
        with mock.patch.dict(os.environ, self.user.environment):
            app = App({**self.user.environment}, stderr=io.StringIO())
            for key_id in self.kept:
                found = app.stores.of(key_id).find_access_key(key_id)
                assert found, f"seed {self.seed}: the acknowledged key {key_id} is lost"
                assert found.secret == self.keys[key_id], (self.seed, key_id)

    def _check_files(self):
        for path in (self.user.config, self.user.credentials):
            parser = configparser.RawConfigParser(strict=True)
            parser.read_string(path.read_text(encoding="utf-8"), str(path))
        left = [path for path in self.user.home.rglob("*") if MARK in path.name]
        assert left == [], (self.seed, left)
        for pattern in ("rotation-*.jsonl", "profile-move-*.json"):
            assert self._state_files(pattern) == [], self.seed

    def _profiles(self):
        parser = configparser.RawConfigParser()
        parser.read(self.user.config)
        pointers = {
            name.removeprefix("profile "): parser.get(name, "awscreds_access_key_id", fallback=None)
            for name in parser.sections()
        }
        found = {name: key_id for name, key_id in pointers.items() if key_id}
        assert {"kept0", "kept1", "moved", "rotated0", "rotated1", *self.plain} <= set(found)
        return found

    def _check_signs(self, profile, key_id):
        """Its key is in the store, is the one that AWS knows, and AWS takes what it signs."""
        done = self._run(Command(("credential-process", "--profile", profile)))
        if profile == "forgotten" and done.returncode == 4 and "no entry" in done.stderr:
            return
        assert done.returncode == 0, (self.seed, profile, key_id, done.stderr)
        answer = json.loads(done.stdout)
        assert answer["AccessKeyId"] == key_id, (self.seed, profile)
        sts = self.user.sandbox.client("sts", key_id, answer["SecretAccessKey"])
        sts.get_caller_identity()
        self.figures.signed += 1

    def _at_aws(self):
        return self.user.sandbox.control.keys()
