"""Plaintext that a killed run has left, in a file or in a store, goes with the next command."""

import pytest

from awscreds.app import App
from awscreds.errors import EntryMissing
from awscreds.stores.secrets import SecretStore
from awscreds.workflows.store import LEFT_IN, finish_moves, move
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
    assert done.stderr.count(f"removed {left}") == 1
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
