"""The search of the end-to-end tests for secrets finds each way out."""

import json
import shutil
import subprocess
import sys

import pytest

from awscreds.sandbox import world
from tests.abuse import canaries, traced
from tests.helpers import missing_tool
from tests.sandbox.fixtures import Sandbox

pytestmark = pytest.mark.posix("strace is of Linux")

KEY, SESSION = canaries.CANARIES["key"][0] + "/+rest", canaries.CANARIES["session"][0] + "/+rest"

LEAKS = f"""\
import base64, os, subprocess, sys, threading
from urllib.parse import quote
from tests.helpers import tell_tracer

KEY, SESSION = {KEY!r}, {SESSION!r}

def write(name, data):
    with open(name, "wb") as file:
        file.write(data)

write("of the test itself", KEY.encode())
write("credentials", b"[other]\\nkey = " + KEY.encode())
tell_tracer("test", "a test")
tell_tracer("awscreds", "leak", "alice", "--token", "123456", "--now=1")
write("plain", KEY.encode())
write("utf16", b"x" + KEY.encode("utf-16-le"))
write("hex", KEY.encode().hex().encode())
write("url", quote(KEY + "%", safe="").encode())
for offset in range(3):
    write(f"base64-{{offset}}", base64.b64encode(b"x" * offset + SESSION.encode()))
with open("in two parts", "wb", buffering=0) as file:
    file.write(KEY[:5].encode())
    file.write(KEY[5:].encode())
fd = os.open("in a vector", os.O_WRONLY | os.O_CREAT)
os.writev(fd, [KEY[:5].encode(), KEY[5:].encode()])
write(".config.awscreds-1-2-3", KEY.encode())
write(".credentials.awscreds-1-2-3", b"[new]\\n[other]\\nkey = " + KEY.encode())
write(".credentials.awscreds-1-2-4", b"[new]\\nkey = " + KEY.encode() + b"2")
print(KEY)
print(SESSION, file=sys.stderr)
thread = threading.Thread(target=write, args=("of a thread", KEY.encode()))
thread.start()
thread.join()
if os.fork() == 0:
    write("of a child", KEY.encode())
    os._exit(0)
os.wait()
writes = "import os; open('of another program', 'w').write(os.environ['SECRET'])"
subprocess.run([sys.executable, "-c", writes, SESSION], env={{**os.environ, "SECRET": KEY}})
"""


def test_what_a_process_of_ours_hands_on_is_found_in_each_form(tmp_path, monkeypatch):
    if not shutil.which("strace"):
        missing_tool("no strace")
    monkeypatch.setenv("PYTHONPATH", canaries.ROOT)
    monkeypatch.chdir(tmp_path)

    code, found = canaries.trace(
        [sys.executable, "-c", LEAKS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )

    assert code == 0
    program = sys.executable.rpartition("/")[2]
    keys = ["plain", "utf16", "hex", "url", "in two parts", "in a vector", "config", "credentials"]
    keys += ["of a thread", "of a child", "stdout", f"SECRET of {program}"]
    sessions = ["base64-0", "base64-1", "base64-2", "stderr", f"argv of {program}"]
    assert {(each.kind, each.place.removeprefix(f"{tmp_path}/")) for each in found} == {
        *(("key", place) for place in keys),
        *(("session", place) for place in sessions),
    }
    assert {each.command for each in found} == {"leak alice --now --token"}
    assert set.union(*found.values()) == {"a test"}


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("--verbose --profile dev exec dev sh -c x", "exec dev --profile --verbose"),
        (
            "configure get aws_session_token --profile dev",
            "configure get aws_session_token --profile",
        ),
        ("configure set region x --profile=dev", "configure set region --profile"),
        ("--version", "--version"),
    ],
)
def test_a_command_is_known_wherever_its_options_are(words, command):
    assert traced._short(words.split()) == command


def test_each_secret_that_the_sandbox_gives_out_is_recognised(monkeypatch, tmp_path):
    monkeypatch.setattr(world, "PROGRAM", canaries.SERVER)
    with world.Server() as server:
        facts = server.control.facts()
        keys = server.control.keys()
        _, secret, token = Sandbox(server.control, facts, tmp_path).session(mfa=False)

    assert canaries.kinds_in(json.dumps(facts).encode()) == {"key", "session", "seed"}
    assert canaries.kinds_in(secret.encode()) == {"session"}
    assert canaries.kinds_in(token.encode()) == {"token"}
    for key in keys.values():
        assert canaries.kinds_in(key["secret"].encode())


@pytest.mark.parametrize("row", canaries.ALLOWED)
def test_a_place_where_secrets_may_be_is_of_known_kinds_and_has_a_reason(row):
    kinds, *_, reason = row

    assert set(kinds.split()) <= set(canaries.CANARIES)
    assert reason
