"""What awscreds is for, done with secrets that are searched for everywhere they could get out.

After each command: all files below the home, its temporary files included; its output; the argv of
each process that appeared; what the programs that it started were given. A secret counts in plain,
in UTF-16, base64 (at any offset), hexadecimal and URL-encoded.
"""

import contextlib
import json
import os
import re
import sys
import threading

import pytest

from awscreds.sandbox.search import files_with, forms_of

pytestmark = pytest.mark.posix("it reads /proc")

NOTHING = {}

ALLOWED = {
    "exec --": {"environment of program": "a session is what exec gives to its program"},
    "export": {"stdout": "it prints the session that was asked for"},
    "mfa-session": {"stdout": "it prints the session that was asked for"},
    "credential-process": {"stdout": "SDKs get the key from here"},
    "configure get aws_secret_access_key": {"stdout": "it prints the value that was asked for"},
    "configure --plaintext": {".aws/credentials": "that is what --plaintext asks for"},
    "migrate --undo": {".aws/credentials": "that is what --undo asks for"},
}
"""Where secrets may be, and why: for each job, by the beginning of its name."""

DUMP = """\
#!{python}
import json, os, sys
with open({folder!r} + "/" + os.path.basename(sys.argv[0]) + ".json", "w") as file:
    json.dump({{"argv": sys.argv, "environment": dict(os.environ)}}, file)
print({says!r})
"""


class Argv(threading.Thread):
    """Notes the argv of each process that appears while it runs."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen, self.ended = {}, threading.Event()

    def run(self):
        before = set(os.listdir("/proc"))
        while not self.ended.wait(0.01):
            for pid in filter(str.isdigit, set(os.listdir("/proc")) - before):
                with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
                    self.seen.setdefault(file.read(), pid)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


class Watch:
    """Alice, whose commands are searched for her secrets."""

    def __init__(self, alice):
        self.alice = alice
        self.dumps = alice.folder / "dumps"
        self.dumps.mkdir()
        self.scratch = alice.home / "scratch"
        self.scratch.mkdir()
        self.used, self.places = set(), 0
        self.canaries = {
            "the key": alice.secret,
            "the passphrase": alice.environment["AWSCREDS_PASSPHRASE"],
            "the seed": alice.sandbox.facts["mfa_seed"],
        }

    def program(self, name, says=""):
        """A program that notes what it was given."""
        path = self.alice.folder / name
        path.write_text(DUMP.format(python=sys.executable, folder=str(self.dumps), says=says))
        path.chmod(0o700)
        return str(path)

    def __call__(self, *words, job=None, stdin="", rc=0, **environment):
        """Run the command, and search. Its result."""
        for dump in self.dumps.iterdir():
            dump.unlink()
        with Argv() as argv:
            environment |= {"TMPDIR": str(self.scratch)}
            done = self.alice.awscreds(*words, stdin=stdin, rc=rc, **environment)
        for name, key in self.alice.sandbox.control.keys().items():
            self.canaries[f"the key {name}"] = key["secret"]
        self.learn(done.stdout)
        self._search(job or " ".join(words), done, argv)
        return done

    def learn(self, text):
        """Let the session of an answer be among what is searched for."""
        for secret in re.findall(r'(?i)"\w*(?:secret|token)\w*": "(.{16,}?)"', text):
            self.canaries[f"part {len(self.canaries)} of a session"] = secret

    def _search(self, job, done, argv):
        places = {"stdout": done.stdout.encode(), "stderr": done.stderr.encode()}
        places |= {f"argv of {pid}": words for words, pid in argv.seen.items()}
        for dump in self.dumps.iterdir():
            given = json.loads(dump.read_text())
            given["environment"].pop("AWSCREDS_PASSPHRASE", None)  # hers, and not ours to take
            places[f"argv of {dump.stem}"] = "\n".join(given["argv"]).encode()
            variables = given["environment"]
            places[f"environment of {dump.stem}"] = "\n".join(variables.values()).encode()
        allowed = next((ALLOWED[each] for each in ALLOWED if job.startswith(each)), NOTHING)
        for what, secret in self.canaries.items():
            forms = forms_of(secret)
            found = {name for name, data in places.items() if any(form in data for form in forms)}
            found |= set(files_with(secret, self.alice.home))
            assert found <= set(allowed), (job, what, found - set(allowed))
            self.used |= {(job, place) for place in found}
        self.places += len(places) + len(self.alice.files())


@pytest.fixture
def watch(alice):
    return Watch(alice)


def test_no_secret_gets_out_on_the_ways_of_the_main_jobs(watch, alice):
    csv = f"Access key ID,Secret access key\n{alice.key_id},{alice.secret}\n"
    named = ("--profile", "dev", "--verbose")
    program = watch.program("program")
    watch(
        *("configure", "--access-key-id", alice.key_id, "--secret-stdin", *named),
        stdin=alice.secret,
    )
    watch("configure", "import", "--csv", "-", "--profile", "csv", "--verbose", stdin=csv)
    watch("configure", "list", *named)
    watch("configure", "get", "aws_secret_access_key", "--profile", "dev")
    for words in (["list"], ["status"], ["store", "show"], ["sessions", "list"], ["doctor"]):
        watch(*words, "--verbose", rc=None)
        watch(*words, "--json", rc=None)
    watch("whoami", *named)
    watch("credential-process", "--profile", "dev")
    code = f"{watch.program('codes', alice.code())} {alice.mfa_serial}"
    watch("configure", "set", "mfa_process", code, *named)
    watch("export", *named, "--format", "json")
    watch("mfa-session", *named, "--format", "json")
    watch("exec", *named, "--", program, job="exec -- program")
    watch("sessions", "list", "--verbose")
    watch("keys", "list", *named)
    watch("rotate", "--yes", *named)
    watch("profile", "copy", "dev", "copy", "--verbose")
    watch("migrate", "--undo", "--profile", "copy", "--yes", "--verbose")
    watch("migrate", "--profile", "copy", "--yes", "--verbose")
    watch("profile", "remove", "copy", "--yes", "--verbose")
    watch("lock", "--verbose")
    watch(
        *("configure", "--plaintext", "--access-key-id", alice.key_id, "--secret-stdin"),
        *("--profile", "plain", "--no-verify", "--verbose"),
        stdin=alice.secret,
    )
    used = {each for each in ALLOWED if any(job.startswith(each) for job, _ in watch.used)}
    assert used == set(ALLOWED)
    assert watch.places > 500


def test_no_secret_gets_out_when_something_fails(watch, alice):
    named = ("--profile", "dev", "--verbose")
    key = ("configure", "--access-key-id", alice.key_id, "--secret-stdin", *named)
    watch(*key, stdin=alice.secret, rc=None, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    watch(*key, "--no-verify", stdin=alice.secret)
    alice.sandbox.control.fail("*", "InvalidClientTokenId", status=403, count=None)
    for words in (["whoami"], ["export"], ["keys", "list"], ["rotate", "--yes"]):
        watch(*words, *named, rc=None, job="failing")
    alice.sandbox.control.clear_faults()
    watch("lock")
    watch("export", *named, rc=4, job="failing", AWSCREDS_PASSPHRASE="wrong")
    watch("export", *named, rc=None, job="failing", AWSCREDS_PASSPHRASE=alice.secret)
    vault = alice.aws / "awscreds" / "vault"
    vault.write_bytes(vault.read_bytes()[:-1])
    for words in (["export", *named], ["rotate", "--yes", *named], ["unlock"], ["store", "show"]):
        watch(*words, rc=None, job="failing")
