"""The end-to-end tests, with secrets that are recognised wherever a process of ours hands them on.

    python -m tests.abuse.canaries [arguments of pytest]

In the sandbox of such a run each key, session, token, MFA seed and passphrase begins with letters
of its own. strace notes what each process writes (to files, its streams, sockets) and each program
that it starts, with argv and environment. What a process of awscreds handed on is searched for
those letters, in each form that they could have; ``ALLOWED`` says where they may be, and why.

What tests call in their own process is not seen, nor what tests and other programs write.
"""

import collections
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from awscreds.sandbox.search import forms_of
from tests.abuse.traced import Processes
from tests.helpers import TRACED, tell_tracer

CANARIES = {
    "key": ("KeyBeginsSo1", "je7MtGbClwBF", "wJalrXUtnFEM", "bobbobbobbob"),
    "session": ("OfASession12",),
    "token": ("TokenOrLogin",),
    "seed": ("SEEDSAREMINE",),
    "passphrase": ("OpensAVault1", "correct horse"),
}
"""What each kind of secret begins with here; and those that tests have in their text."""

FORMS = {form: kind for kind, texts in CANARIES.items() for t in texts for form in forms_of(t)}
SEEN = re.compile(b"|".join(re.escape(form) for form in sorted(FORMS, key=len, reverse=True)))

ROOT = str(Path(__file__).parents[2])
SERVER = (str(Path(__file__).with_name("canary_server.py")),)
PYTEST = (
    *(sys.executable, "-m", "pytest", "-n0"),
    *("-p", "no:cacheprovider", "-p", "tests.abuse.canaries"),
)
START = "import os, sys; os.close(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"
"""What begins in the place of strace's process has strace's pipe open."""

WHOLE = re.compile(b"(?:" + "|".join(sum(CANARIES.values(), ())).encode() + rb")[\w/+=-]*")
"""A secret from its beginning to its end, in plain."""

_OTHERS = "(AWS_VAULT_FILE_PASSPHRASE|CF_KEYRING_FILE_PASSWORD)"
_FILES = r"(.*/)?\.aws/(config|credentials)"

ALLOWED = (
    ("key session token", "stdout", "credential-process", "SDKs get the credentials from there"),
    ("key session token", "stdout", "(configure )?export|mfa-session", "that was asked for"),
    ("key session token", "stdout", "configure get aws_", "that value was asked for"),
    ("token", "stdout", "console .*--print", "the address of a page to open holds a login"),
    ("key session token", _FILES, "configure .*--plaintext", "that is what --plaintext asks for"),
    ("key", _FILES, "configure set aws_secret", "the key of that profile is in plaintext already"),
    ("key", "GIVEN of sh", "configure export", "a test's credential_process prints its variable"),
    ("key session token", "/dev/full.*", "credential-process", "a full disk in place of stdout"),
    ("key", _FILES, "migrate .*--undo", "that is what --undo asks for"),
    ("key", _FILES, "rotate", "--keep-plaintext: the new key stands where the old one was"),
    ("session token", r"(.*/)?\.aws/login/cache/\*.json", "", "the AWS CLI's, by --share"),
    ("session token", r"mine/\*.json", "login .*--share", "AWS_LOGIN_CACHE_DIRECTORY of a test"),
    ("token", r"(.*/)?\.aws/sso/cache/\*.json", "", "the AWS CLI's, by --share"),
    ("key seed", "UNIX", "", "the Secret Service, of the same user, takes its items like this"),
    ("token", "TCP", "", "AWS gets back the token that it gave, to know the session by"),
    ("session", "TCP", "console", "AWS makes the login for the browser out of the whole session"),
    ("passphrase", f"{_OTHERS} of .*", "", "a credential_process may be the program that needs it"),
    ("session token", ".* of .*", "exec", "its program gets the session in its environment"),
)
"""Where secrets may be: kinds, place, the beginning of the command, and why."""


class Found(NamedTuple):
    kind: str
    place: str
    command: str


def kinds_in(data):
    """Which kinds of secrets are in ``data``."""
    return {FORMS[form] for form in SEEN.findall(data)}


# -- in the traced processes -----------------------------------------------------------------------


def pytest_configure(config):
    """As a plugin of pytest: the sandboxes of this process draw such secrets."""
    from awscreds.sandbox import world

    world.PROGRAM = SERVER
    token = world.secrets.token_urlsafe
    world.secrets.token_urlsafe = lambda count: with_canary("passphrase", token(count))


def pytest_runtest_logstart(nodeid):
    tell_tracer("test", nodeid)


def with_canary(kind, secret):
    """A secret of that length that begins as those of its kind do."""
    return CANARIES[kind][0] + secret[len(CANARIES[kind][0]) :]


# -- the run ---------------------------------------------------------------------------------------


def trace(argv, **options):
    """Run it traced, in a process that ``options`` are for. Its exit code, and what was found."""
    read, write = os.pipe()
    strace = ("strace", "-f", "-q", "-yy", "-v", "-s", "100000", "--seccomp-bpf")
    calls = "execve,write,pwrite64,writev,sendto,sendmsg,clone,clone3,fork,vfork"
    start = (sys.executable, "-c", START, str(write))
    with subprocess.Popen(
        [*strace, "-e", f"trace={calls}", "-o", f"/dev/fd/{write}", *start, *argv],
        env={**os.environ, TRACED: "yes"},
        pass_fds=[write],
        **options,
    ) as process:
        os.close(write)
        with open(read, "rb") as lines:
            found = search(lines)
    return process.returncode, found


def search(lines):
    """What the lines of strace have of secrets: for each of ``Found``, the tests in which.

    A secret that another program wrote into a file in plain may stay there.
    """
    processes, found = Processes(tell=json.loads), collections.defaultdict(set)
    others = collections.defaultdict(set)
    for handed in processes.handed(lines):
        if handed.command is None:
            others[handed.place].update(WHOLE.findall(handed.data))
            continue
        for kind in kinds_in(_without(handed.data, others.get(handed.place, ()))):
            place = re.sub(r"^.*/pytest-of-\w+/pytest-\d+/(popen-\w+/)?[^/]+/", "", handed.place)
            place = re.sub(r"AKIA\w{16}|[0-9a-f]{12,}", "*", place)
            found[Found(kind, place, handed.command)].add(handed.test)
    return found


def _without(data, secrets):
    return WHOLE.sub(lambda each: b"" if each[0] in secrets else each[0], data)


def why(found):
    """Why that may be, or None: it may not."""
    for kinds, place, command, reason in ALLOWED:
        if (
            found.kind in kinds.split()
            and re.fullmatch(place, found.place)
            and re.match(command, found.command)
        ):
            return reason
    return None


def main(words):
    code, found = trace([*PYTEST, *(words or ["tests/e2e"])])
    for each, tests in sorted(found.items()):
        reason = why(each)
        where = reason or f"e.g. in {min(tests)}"
        print("allowed" if reason else "FOUND", *each, f"({len(tests)} tests): {where}", sep=" | ")
    return code or any(not why(each) for each in found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
