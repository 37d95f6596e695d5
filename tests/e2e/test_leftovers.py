"""Plaintext that a killed run has left, in a file or in a store, goes with the next command."""

import signal
import sys

import pytest

from awscreds.app import App
from awscreds.commands.rotate.context import rotation_context
from awscreds.errors import EntryMissing
from awscreds.stores.secret_store import LEFT_IN, SecretStore
from awscreds.stores.selection import StoreSelection
from awscreds.workflows.store import finish_moves, move
from tests.e2e.rotation import with_plaintext

LEFT = ".credentials.awscreds-999999999-0123456789ab"


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["whoami", "--profile", "alice"],
        ["store", "show"],
        ["sessions", "list"],
        ["configure", "list"],
        ["rotate", "--resume"],
    ],
    ids=" ".join,
)
def test_a_command_that_people_type_removes_it_and_says_so(alice, words):
    left = alice.aws / LEFT
    left.write_text(f"[alice]\naws_secret_access_key = {alice.secret}\n")

    done = alice.awscreds(*words, rc=None)

    assert not left.exists()
    assert done.stderr.count(f"removed ~/.aws/{LEFT}") == 1
    assert "removed" not in alice.awscreds(*words, rc=None).stderr


def test_what_an_sdk_starts_leaves_it(alice):
    (alice.aws / LEFT).touch()
    alice.awscreds("credential-process", "--profile", "alice", rc=None)
    assert (alice.aws / LEFT).exists()


def test_the_search_of_the_matrix_finds_a_secret_and_spares_what_is_to_be_there(tmp_path):
    (tmp_path / LEFT).write_text("secret = abcdefghijklmnop")
    (tmp_path / "credentials").write_text("secret = abcdefghijklmnop")
    secrets = {"AKIA1": "abcdefghijklmnop"}

    found = with_plaintext(tmp_path, secrets, [("credentials", "AKIA1")])

    assert found == [f"{LEFT} (AKIA1)"]


class Memory:
    """A backend that dies at its erasures, where it is to."""

    def __init__(self, name, *, dies=False):
        self.name, self.dies, self.texts = name, dies, {}

    def describe(self):
        return self.name

    def read(self, entry_id):
        return self.texts.get(entry_id)

    def write(self, entry_id, text):
        self.texts[entry_id] = text

    def erase(self, entry_id):
        if self.dies:
            raise KeyboardInterrupt
        return self.texts.pop(entry_id, None) is not None


def test_a_move_killed_before_the_erasure_is_finished_by_the_next_one():
    app = App({})
    backends = {"vault": Memory("vault", dies=True), "keyring": Memory("keyring")}

    def store(name):
        return SecretStore(backends[name], app.state)

    def go():
        finish_moves(app.state, store)
        entries = [("x", "other", app.state.entry("x")["backend"])]
        note = lambda entry_id, backend: app.state.note(entry_id, **{LEFT_IN: backend})  # noqa: E731 - as the command does
        return move(entries, store("keyring"), store, note=note)

    store("vault").write("other", "x", {"text": "secret"})
    with pytest.raises(KeyboardInterrupt):
        go()
    assert backends["vault"].texts.keys() == backends["keyring"].texts.keys() == {"x"}
    backends["vault"].dies = False

    go()

    assert backends["vault"].texts == {}
    assert store("keyring").read("other", "x") == {"text": "secret"}
    assert not app.state.entry("x")[LEFT_IN]


def test_a_copy_is_not_erased_where_the_new_store_does_not_have_it():
    app = App({})
    backends = {"vault": Memory("vault"), "keyring": Memory("keyring")}
    backends["vault"].texts["x"] = "{}"
    app.state.note("x", kind="other", backend="keyring", **{LEFT_IN: "vault"})

    with pytest.raises(EntryMissing):
        finish_moves(app.state, lambda name: SecretStore(backends[name], app.state))

    assert backends["vault"].texts == {"x": "{}"}


def test_the_copy_that_a_killed_move_left_goes_with_its_entry(monkeypatch):
    app = App({})
    backends = {"vault": Memory("vault"), "keyring": Memory("keyring")}
    monkeypatch.setattr(StoreSelection, "backend", lambda _, name: backends[name])
    for open_store in (app.stores.of, rotation_context(app).store_of):
        for backend in backends.values():
            backend.texts["x"] = "{}"
        app.state.note("x", kind="other", backend="keyring", **{LEFT_IN: "vault"})
        open_store("x").erase("x")
        assert backends["vault"].texts == backends["keyring"].texts == {}


KILLED = """
import os, signal, sys
from awscreds import cli
from awscreds.stores import aws_files

from awscreds.stores.backends import keyring

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def begin(self, *given, **named):
    ordinary(self, *given, **{**named, "step": lambda name: name == sys.argv[1] and die()})

ordinary, aws_files.AwsFiles.__init__ = aws_files.AwsFiles.__init__, begin
if sys.argv[1] == "erase":
    keyring.KeyringBackend.erase = lambda *_: die()
sys.exit(cli.run(sys.argv[2:]))
"""
"""Runs awscreds until the move of an edit that is named first, or until it would erase an entry."""


def killed_at(user, step, *words, **options):
    done = user.run(sys.executable, "-c", KILLED, step, *words, rc=None, **options)
    assert done.returncode == -signal.SIGKILL, user.transcript


def files_with_the_secret(user):
    return with_plaintext(user.home, {user.key_id: user.secret}, [])


@pytest.mark.slow
@pytest.mark.daily(5)
@pytest.mark.parametrize(
    "step",
    ["staged config", "kept credentials", "replaced config", "replaced credentials", "placed"],
)
def test_a_configure_that_was_killed_leaves_no_secret_in_a_file_once_it_has_run_again(alice, step):
    alice.credentials.write_text(
        f"[alice]\naws_access_key_id = {alice.key_id}\naws_secret_access_key = {alice.secret}\n"
    )
    alice.credentials.chmod(0o600)
    words = ("configure", "--profile", "alice", "--access-key-id", alice.key_id)
    words += ("--secret-stdin", "--no-verify", "--yes")
    killed_at(alice, step, *words, stdin=alice.secret)

    alice.awscreds(*words, stdin=alice.secret)

    assert files_with_the_secret(alice) == []
    assert alice.awscreds("whoami", "--profile", "alice").returncode == 0


def test_a_move_between_stores_that_was_killed_leaves_one_copy_once_it_has_run_again(keyring_user):
    user = keyring_user
    user.configure("alice", "--no-verify")
    words = ("store", "move", "--to", "vault")
    passphrase = {"AWSCREDS_PASSPHRASE": "a long passphrase"}
    killed_at(user, "erase", *words, **passphrase)

    user.awscreds(*words, **passphrase)

    assert files_with_the_secret(user) == []
    assert user.awscreds("whoami", "--profile", "alice", **passphrase).returncode == 0
    assert App(user.environment).stores.backend("keyring").read(user.key_id) is None
