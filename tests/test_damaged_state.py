"""Own files that are damaged are said to be, with what to do; no command fails as if by a bug."""

import json
import os
import random

import pytest

from awscreds.cli import run
from awscreds.errors import StoreLocked, StoreUnavailable
from awscreds.stores.journal import INTENT, Journal
from awscreds.stores.remedies import to_remove
from awscreds.stores.state_dir import StateDir

OLD = "AKIAIOSFODNN7EXAMPLE"
ENDPOINT = "http://127.0.0.1:9"


@pytest.fixture
def state(home, monkeypatch):
    aws = home / ".aws"
    aws.mkdir(mode=0o700)
    (aws / "config").write_text(
        f"[profile dev]\nregion = eu-central-1\nawscreds_access_key_id = {OLD}\n"
        "credential_process = /opt/awscreds/bin/python -I /opt/awscreds/__main__.py "
        "credential-process --profile dev\n"
    )
    monkeypatch.setenv("AWSCREDS_BACKEND", "vault")
    monkeypatch.setenv("AWSCREDS_PASSPHRASE", "correct horse battery")
    monkeypatch.setenv("AWS_ENDPOINT_URL", ENDPOINT)
    return StateDir(str(aws / "awscreds"))


@pytest.fixture
def journal(state):
    journal = Journal(state, OLD, clock=lambda: 0.0)
    journal.facts = {
        "account": "123456789012",
        "user": "alice",
        "endpoint": ENDPOINT,
        "config": os.path.join(os.path.dirname(state.path), "config"),
        "credentials": os.path.join(os.path.dirname(state.path), "credentials"),
        "old": OLD,
        "new": None,
        "profiles": ["dev"],
    }
    journal.write("begin", INTENT, grace=0)
    journal.write("create", INTENT, before=[OLD], at=7)
    return journal


def outcome(*words, capsys):
    """The exit code of a command and its error, as programs get it."""
    code = run([*words, "--json", "--no-input"])
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    found = document.get("error") or next(
        (each["error"] for each in document.get("rotations", []) if each["error"]), None
    )
    return code, found, captured.err


DAMAGES = {
    "emptied": lambda sound: b"",
    "a beginning": lambda sound: sound[:20],
    "a line break": lambda sound: b"\n",
    "zeros": lambda sound: bytes(len(sound)),
    "a byte": lambda sound: sound.replace(b'"new": null', b'"new": "ll"'),
    "another key": lambda sound: sound.replace(b"7EXAMPLE", b"8EXAMPLE"),
    "a line left out": lambda sound: sound[sound.index(b"\n") + 1 :],
    "another file": lambda sound: b"[profile dev]\nregion = x\n",
    "a list": lambda sound: b"[]\n",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_journal_is_said_to_be_that_by_every_command(journal, state, damage, capsys):
    sound = state.read(f"rotation-{OLD}.jsonl")
    state.write(f"rotation-{OLD}.jsonl", damage(sound))
    for words in (["rotate", "--profile", "dev", "--yes"], ["rotate", "--all", "--yes"],
                  ["rotate", "--resume"],
                  ["rotate", "--profile", "dev", "--dry-run"]):  # fmt: skip
        code, error, _ = outcome(*words, capsys=capsys)
        assert (code, error["code"]) == (7, "journal-damaged"), words
        assert to_remove(journal.path) in error["hint"]
    code, error, said = outcome("list", capsys=capsys)
    assert (code, error) == (0, None)
    assert "awscreds rotate --resume" in said
    assert "has a bug" not in outcome("keys", "list", "--profile", "dev", capsys=capsys)[2]
    assert state.read(f"rotation-{OLD}.jsonl") == damage(sound)  # nobody removed it


def test_a_sound_journal_is_not(journal, capsys):
    code, error, _ = outcome("rotate", "--resume", capsys=capsys)
    assert (code, error["code"] == "journal-damaged") == (error and code, False)


def test_a_resume_heeds_every_journal_whatever_profile_the_environment_names(
    journal, monkeypatch, capsys
):
    config = journal.facts["config"]
    with open(config, "a") as file:
        file.write("[profile other]\nregion = x\n")
    wanted = outcome("rotate", "--resume", capsys=capsys)
    assert wanted[1]
    for name in ("other", "nobody"):
        monkeypatch.setenv("AWS_PROFILE", name)
        assert outcome("rotate", "--resume", capsys=capsys) == wanted


def mutated(value, chance):
    """``value`` with one of its parts replaced by something of another kind."""
    strange = [None, 3, -1.5, True, "", "x", [], {}, [1], {"a": 1}]
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        return {**value, name: mutated(value[name], chance)}
    return chance.choice(strange)


@pytest.mark.parametrize("seed", range(24, 64))
def test_a_damaged_list_of_entries_is_no_bug(state, seed, capsys):
    chance = random.Random(seed)
    entry = {
        "kind": "access-key",
        "backend": "vault",
        "account": "123456789012",
        "arn": "arn:aws:iam::123456789012:user/alice",
        "stored_at": "2026-01-01T00:00:00Z",
        "created_at": "2026-01-01T00:00:00Z",
    }
    document = {
        "version": 1,
        "backend": "vault",
        "keyring_class": "x.Y",
        "entries": {OLD: entry},
        "warned": {"dev": 5.0},
    }
    data = json.dumps(mutated(document, chance)).encode()
    if seed % 4 == 0:
        data = data[: chance.randrange(len(data))]
    state.write("state.json", data)
    for words in (["list"], ["store", "show"], ["whoami", "--profile", "dev"],
                  ["rotate", "--profile", "dev", "--yes"], ["keys", "list", "--profile", "dev"],
                  ["configure", "list", "--profile", "dev"]):  # fmt: skip
        code, error, _ = outcome(*words, capsys=capsys)
        assert error is None or error["code"] != "bug", (words, data, error)
        if code == 3 and error["code"].startswith("state-"):
            assert error["hint"]


@pytest.mark.parametrize("name", ["devices.json", "vault", "rotation-.jsonl", "rotation-x.jsonl"])
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe\n", b"awscreds vault\n{}\n", b"0\n"])
def test_any_other_own_file_that_is_damaged_is_no_bug(state, name, data, capsys):
    state.write(name, data)
    for words in (["list"], ["store", "show"], ["whoami", "--profile", "dev"], ["unlock"],
                  ["rotate", "--resume"], ["sessions", "list"]):  # fmt: skip
        _, error, _ = outcome(*words, capsys=capsys)
        assert error is None or error["code"] != "bug", (words, error)


@pytest.mark.parametrize("where", ["entry", "chosen"])
def test_a_store_that_only_another_version_knows_is_never_taken_for_the_keyring(
    state, where, monkeypatch, capsys
):
    monkeypatch.delenv("AWSCREDS_BACKEND")
    entry = {"kind": "access-key", "backend": "to\x1bken" if where == "entry" else "vault"}
    document = {"version": 1, "backend": "to\x1bken", "entries": {OLD: entry}}
    state.write("state.json", json.dumps(document).encode())
    asked = {"entry": (["export"], ["whoami"]), "chosen": (["status"],)}
    for words in asked[where]:
        named = () if words == ["status"] else ("--profile", "dev")
        code, error, _ = outcome(*words, *named, capsys=capsys)
        assert (code, error["code"]) == (3, "state-version"), (words, error)
        assert "to\\x1bken" in error["message"]
        assert error["hint"] == "upgrade awscreds"
    for words in (["list"], ["doctor", "--offline"], ["sessions", "list"]):
        assert run([*words, "--json"]) == 0, words


@pytest.mark.parametrize("forced", ["vault", "keyring"])
def test_a_store_that_the_environment_hides_is_named(state, forced, monkeypatch, capsys):
    monkeypatch.setenv("AWSCREDS_BACKEND", forced)
    other = {"vault": "keyring", "keyring": "vault"}[forced]
    entry = {"kind": "access-key", "backend": other}
    state.write("state.json", json.dumps({"version": 1, "entries": {OLD: entry}}).encode())
    monkeypatch.setattr("awscreds.stores.backends.keyring.KeyringBackend.read", lambda *_: None)
    for words in (["whoami"], ["export"], ["rotate", "--yes"]):
        code, error, _ = outcome(*words, "--profile", "dev", capsys=capsys)
        assert (code, error["code"]) == (4, "entry-elsewhere"), (words, error)
        assert f"{OLD} is in the {other}, but AWSCREDS_BACKEND={forced}" in error["message"]
        assert error["hint"] == "unset AWSCREDS_BACKEND"


@pytest.mark.parametrize("trouble", [StoreUnavailable("no bus"), StoreLocked("locked")])
def test_so_is_one_that_is_hidden_by_a_store_that_does_not_answer(
    state, trouble, monkeypatch, capsys
):
    monkeypatch.setenv("AWSCREDS_BACKEND", "keyring")
    entry = {"kind": "access-key", "backend": "vault"}
    state.write("state.json", json.dumps({"version": 1, "entries": {OLD: entry}}).encode())

    def read(*_arguments):
        raise trouble

    monkeypatch.setattr("awscreds.stores.backends.keyring.KeyringBackend.read", read)
    for words in (["whoami"], ["export"], ["rotate", "--yes"]):
        code, error, _ = outcome(*words, "--profile", "dev", capsys=capsys)
        assert (code, error["message"]) == (4, trouble.message)
        assert error["hint"] == (
            f"unset AWSCREDS_BACKEND (now keyring), because {OLD} is in the vault"
        )
