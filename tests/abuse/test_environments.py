"""Whatever the environment is, each command ends in time, with a sentence, and damages nothing.

All commands run in each environment with ``--full``; the ordinary run takes some of both, other
ones each day.
"""

import configparser
import json
import random
import re
import signal
import stat
import subprocess

import click
import pytest

from awscreds.stores.temporary_names import MARK
from tests.abuse.environments import AT_START, NAMED
from tests.e2e import prepared
from tests.e2e.conftest import PROGRAM
from tests.test_cli_help import ALL

PATIENCE = 40
"""Seconds until a command hangs: the machine may be busy with other tests."""
EACH_DAY = 4
"""Commands in each environment in the ordinary run."""

OUTSIDE = {
    "sandbox tour": "it makes a sandbox of its own, for half a minute",
}
"""Commands that are left out, and why."""

ITS_WORK = re.compile("credential-process|export|configure get|configure export|mfa-session|exec")
"""Commands that are to print secrets."""

UNHEARD = re.compile("stderr|all streams|nobody reads|that is gone")
"""Environments in which nobody hears a sentence, or the reader has gone, as ``head`` does."""

LINES = (
    "configure --profile dev --access-key-id {id} --secret-stdin",
    "configure get region --profile dev",
    "configure set output json --profile dev",
    "configure unset output --profile dev",
    "configure list --profile dev",
    "configure list-profiles",
    "configure import --csv - --profile csv",
    "configure export-credentials --profile dev",
    "status",
    "list",
    "profile add role --source dev --role-arn {role}",
    "profile show dev",
    "profile copy dev copy",
    "profile rename copy copied",
    "profile remove copied --yes",
    "profile wrap admin",
    "profile unwrap admin",
    "sso populate --sso-session none",
    "migrate --profile plain --yes",
    "migrate --undo --profile plain --yes",
    "import --from all --dry-run",
    "mfa-session --profile dev --format json",
    "login --profile dev",
    "logout",
    "export --profile dev --format json",
    "exec dev -- sh -c 'exit 9'",
    "console dev --print",
    "mfa code --profile dev",
    "mfa enable --profile dev",
    "mfa list --profile dev",
    "mfa remove {serial} --profile other --yes",
    "sessions clear",
    "sessions list",
    "whoami --profile dev",
    "credential-process --profile dev",
    "rotate --profile dev --yes",
    "keys activate {other} --profile other",
    "keys deactivate {other} --profile other --yes",
    "keys delete {other} --profile other --yes",
    "keys list --profile dev",
    "policy mfa",
    "policy revoke-sessions",
    "policy rotate",
    "doctor --fix --yes",
    "store forget {other} --yes",
    "store move --to keyring --yes",
    "store passwd",
    "store release --yes",
    "store show",
    "unlock",
    "lock",
    "completion bash --install",
    "sandbox code",
)


def path_of(line):
    """The command of a line: its longest name that is one."""
    names = {path for path, command in ALL if not isinstance(command, click.Group)} | {
        ("configure",)
    }
    words = line.split()
    return next(" ".join(words[:n]) for n in range(len(words), 0, -1) if tuple(words[:n]) in names)


def test_every_command_is_run_in_every_environment():
    every = {" ".join(path) for path, command in ALL if not isinstance(command, click.Group)}

    assert every == {path_of(line) for line in LINES} - {"configure"} | set(OUTSIDE)


class Home:
    """Alice's home: `dev` is managed, `plain` has bob's key in plain, `other` is managed, too."""

    def __init__(self, alice):
        self.alice = alice
        iam = alice.sandbox.client("iam", *alice.sandbox.root_key)
        iam.create_user(UserName="bob")
        first, second = (iam.create_access_key(UserName="bob")["AccessKey"] for _ in range(2))
        alice.configure("dev", "--region", "us-east-1")
        alice.awscreds(
            *("configure", "--profile", "other", "--access-key-id", first["AccessKeyId"]),
            *("--secret-stdin", "--no-verify"),
            stdin=first["SecretAccessKey"],
        )
        with open(alice.credentials, "a", encoding="utf-8") as file:
            file.write(f"[plain]\naws_access_key_id = {second['AccessKeyId']}\n")
            file.write(f"aws_secret_access_key = {second['SecretAccessKey']}\n")
        alice.credentials.chmod(0o600)
        alice.awscreds("lock")
        self.secrets = [alice.secret, first["SecretAccessKey"], second["SecretAccessKey"]]
        self.values = {
            "id": alice.key_id,
            "role": alice.sandbox.facts["role_arn"],
            "other": first["AccessKeyId"],
            "serial": alice.mfa_serial,
        }

    def faults_of(self, line, name):
        """Run a command in that environment. What is wrong with how it ended."""
        try:
            self._check_end(line, name, self._run(line, name))
        except AssertionError as fault:
            yield str(fault)

    def _run(self, line, name):
        words = line.format(**self.values).split() if "'" not in line else self._split(line)
        if "--" not in words and words[0] != "credential-process":
            words.append("--no-input")
        stdin = self.alice.secret
        if "--csv" in words:
            stdin = f"Access key ID,Secret access key\n{self.alice.key_id},{stdin}\n"
        made = AT_START.get(name) or NAMED[name]
        variables = {**self.alice.environment, **(made if isinstance(made, dict) else {})}
        variables = {key: text for key, text in variables.items() if text is not None}
        try:
            if name in AT_START:
                done = subprocess.run(
                    [PROGRAM, *words],
                    env=variables,
                    cwd=self.alice.folder,
                    input=stdin.encode(),
                    capture_output=True,
                    timeout=PATIENCE,
                    check=False,
                    start_new_session=True,
                )
                done.stdout, done.stderr = (
                    each.replace(b"\0", b"").decode("utf-8", "backslashreplace")
                    for each in (done.stdout, done.stderr)
                )
            else:
                done = prepared.run(
                    words,
                    variables,
                    self.alice.folder,
                    stdin,
                    PATIENCE,
                    life=PATIENCE,
                    within=None if isinstance(made, dict) else name,
                )
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{name}: `{line}` hangs") from None
        return done

    def _split(self, line):
        before, _, script = line.partition(" '")
        return [*before.format(**self.values).split(), script[:-1]]

    def _check_end(self, line, name, done):
        if OF_PYTHON in done.stderr and "memory" in name:
            return
        said = f"{name}:\n$ {line}\n{done.stdout}\n{done.stderr}\n{done.returncode}"
        for text in ("Traceback", "has a bug", "Exception ignored", "Fatal Python error"):
            assert text not in done.stderr, said
        assert done.returncode != -signal.SIGKILL, f"{said}: it hangs"
        codes = {*range(9), 130, *(-each for each in ENDING if each.name[3:] in name)}
        codes |= {9, 127} if line.startswith("exec") else set()
        assert done.returncode in codes, said
        if re.match("configure (get|unset)", line) and done.returncode == 1:
            return  # there is no value: as the AWS CLI says it
        is_told = "awscreds: " in done.stderr or '"error"' in done.stdout
        if done.returncode in range(1, 9) and not UNHEARD.search(name) and name not in CODES:
            assert is_told, said
        if not ITS_WORK.match(line):
            for secret in self.secrets:
                assert secret not in done.stdout + done.stderr, said

    def check(self, name):
        """Nothing is lost, half written or left over; and no file is there for others to read."""
        alice = self.alice
        if (own := alice.folder / "here").exists():  # another home of ours: the key is there
            alice.environment["AWSCREDS_HOME"] = str(own)
        if any((alice.aws / "awscreds").glob("rotation-*.jsonl")):
            alice.awscreds("rotate", "--resume", "--yes")
        for journal in (alice.aws / "awscreds").glob("profile-move-*"):
            move = json.loads(journal.read_bytes())
            move = {key: bytes.fromhex(text).decode() for key, text in move.items()}
            alice.awscreds("profile", move["action"], move["old"], move["new"])
        alice.awscreds("configure", "set", "output", "text", "--profile", "dev")
        answer = json.loads(alice.awscreds("credential-process", "--profile", "dev").stdout)
        key = alice.sandbox.control.keys()[answer["AccessKeyId"]]
        assert (key["secret"], key["accepted"]) == (answer["SecretAccessKey"], True), name
        for path in (alice.config, alice.credentials):
            configparser.RawConfigParser().read_string(path.read_text("utf-8"), str(path))
        left = [path for path in alice.home.rglob("*") if MARK in path.name]
        assert left == [], name
        for path in [alice.aws / "awscreds", *(alice.aws / "awscreds").rglob("*")]:
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), (name, path)
        for path in (alice.config, alice.credentials):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, (name, path)


OF_PYTHON = "Fatal Python error: _Py_CheckRecursiveCall"
"""Python 3.11 aborts like this if it has no memory for a frame, now and then."""
ENDING = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGQUIT)
CODES = {"EBCDIC", "UTF-16"}
"""Environments in which a sentence is there, in letters of another kind."""


@pytest.mark.daily(16)
@pytest.mark.parametrize("name", [*NAMED, *AT_START])
def test_a_hostile_environment_gets_a_sentence_and_breaks_nothing(name, alice, request):
    home = Home(alice)
    lines = LINES
    if not request.config.getoption("full"):
        chance = random.Random(f"{name}/{request.config.option.day}")
        lines = chance.sample(LINES, EACH_DAY)
    faults = [fault for line in lines for fault in home.faults_of(line, name)]
    assert not faults, "\n\n".join(faults)
    home.check(name)
