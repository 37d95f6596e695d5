"""What holds for every command: profiles, exit codes, streams, JSON, and who is contacted."""

import json

import pytest

from awscreds.stores.backends.vault_format import Vault, preferred_kdf
from tests.e2e.conftest import PROGRAM
from tests.e2e.terminal import terminal

READ_ONLY = [
    (),
    ("list",),
    ("list", "--json"),
    ("configure", "list", "--profile", "alice"),
    ("configure", "get", "region", "--profile", "alice"),
    ("configure", "list-profiles"),
]


@pytest.mark.parametrize("words", READ_ONLY)
def test_read_only_commands_run_nothing_from_the_files_and_contact_nobody(alice, words):
    alice.config.write_text(
        "[profile alice]\nregion = eu-west-1\ncredential_process = touch ran\n"
        "mfa_process = touch ran\n"
    )
    before = alice.files()
    alice.awscreds(*words)
    assert alice.sandbox.control.log() == []
    assert list(alice.folder.iterdir()) == []
    assert alice.files() == before


def test_a_profile_can_be_named_before_and_after_the_command(alice):
    alice.configure("dev")
    alice.awscreds("--profile", "dev", "whoami")
    alice.awscreds("whoami", "--profile", "dev")
    alice.awscreds("whoami", "--profile=dev")
    alice.awscreds("whoami", AWS_PROFILE="dev")
    alice.awscreds("whoami", AWS_DEFAULT_PROFILE="dev")
    alice.awscreds("whoami", AWSCREDS_PROFILE="dev")
    alice.awscreds("whoami", "--profile", "dev", AWS_PROFILE="a", AWS_DEFAULT_PROFILE="b")


def test_two_profile_variables_that_differ_are_an_error(alice):
    done = alice.awscreds("whoami", AWS_PROFILE="a", AWS_DEFAULT_PROFILE="b", rc=2)
    assert "AWS_PROFILE and AWS_DEFAULT_PROFILE" in done.stderr


@pytest.mark.parametrize("words", [("whoami",), ("configure", "get", "region")])
def test_a_profile_that_does_not_exist_is_an_error_with_the_nearest_names(alice, words):
    alice.configure("default")
    alice.configure("production")
    for done in (
        alice.awscreds(*words, "--profile", "prodution", rc=3),
        alice.awscreds(*words, AWS_PROFILE="prodution", rc=3),
    ):
        assert "production" in done.stderr
        assert done.stdout == ""


def test_failures_are_reported_as_json_too(alice):
    done = alice.awscreds("whoami", "--profile", "nope", "--json", rc=3)
    report = json.loads(done.stdout)
    assert report["error"]["code"] == "no-such-profile"
    assert set(report["error"]) == {"code", "message", "hint"}
    usage = json.loads(alice.awscreds("whoami", "--bogus", "--json", rc=2).stdout)
    assert usage["error"]["code"] == "usage"


def test_a_wrong_command_suggests_the_right_one(alice):
    assert "configure" in alice.awscreds("configur", rc=2).stderr


@pytest.mark.parametrize("variable", ["AWSCREDS_PASSPHRASE", "AWSCREDS_PASSPHRASE_FILE"])
def test_the_passphrase_comes_from_the_environment_or_a_file(alice, variable):
    passphrase = alice.environment.pop("AWSCREDS_PASSPHRASE")
    secret = alice.folder / "passphrase"
    secret.write_text(f"{passphrase}\nnot this line\n")
    secret.chmod(0o600)
    value = passphrase if variable == "AWSCREDS_PASSPHRASE" else str(secret)
    alice.configure(**{variable: value})
    alice.awscreds("lock")
    alice.awscreds("whoami", "--profile", "alice", AWSCREDS_PASSPHRASE="wrong", rc=4)
    alice.awscreds("whoami", "--profile", "alice", **{variable: value})


def test_a_vault_is_made_unlocked_and_locked_at_the_terminal(alice):
    del alice.environment["AWSCREDS_PASSPHRASE"]
    words = ("configure", "--profile", "alice", "--access-key-id", alice.key_id)
    with terminal(alice, PROGRAM, *words) as screen:
        screen.answer("AWS Secret Access Key", alice.secret, exactly=False)
        screen.answer("New passphrase for the awscreds vault: ", "correct horse")
        screen.answer("Repeat the passphrase: ", "battery staple")
        screen.answer("New passphrase for the awscreds vault: ", "correct horse")
        screen.answer("Repeat the passphrase: ", "correct horse")
        assert screen.end() == 0
    assert "correct horse" not in screen.text
    made = Vault.parse((alice.aws / "awscreds" / "vault").read_bytes(), "the vault").header.kdf
    assert (made.name, made.parameters) == (preferred_kdf().name, preferred_kdf().parameters)
    alice.awscreds("whoami", "--profile", "alice")  # the kernel holds the key
    alice.awscreds("lock")
    done = alice.awscreds("whoami", "--profile", "alice", rc=6)
    assert "awscreds unlock" in done.stderr
    locked = alice.awscreds("credential-process", "--profile", "alice", rc=4)
    assert "awscreds unlock" in locked.stderr
    with terminal(alice, PROGRAM, "unlock", "--for", "1h") as screen:
        screen.answer("Passphrase of the awscreds vault: ", "correct horse")
        assert screen.end() == 0
    alice.awscreds("credential-process", "--profile", "alice")
    shown = alice.awscreds("store", "show").stdout
    assert "Its key is in the memory of the Linux kernel for at least " in shown
    alice.awscreds("lock")
    assert "Its key" not in alice.awscreds("store", "show").stdout
    with terminal(alice, PROGRAM, "unlock") as screen:
        for _ in range(3):
            screen.answer("Passphrase of the awscreds vault: ", "wrong")
        assert screen.end() == 4
    with terminal(alice, PROGRAM, "unlock") as screen:
        screen.answer("Passphrase of the awscreds vault: ", "wrong")
        screen.expect("wrong passphrase")
        screen.answer("Passphrase of the awscreds vault: ", "correct horse")
        assert screen.end() == 0


def test_the_vaults_passphrase_can_be_changed(alice):
    alice.configure()
    with terminal(alice, PROGRAM, "store", "passwd") as screen:
        screen.answer("New passphrase for the awscreds vault: ", "another one")
        screen.answer("Repeat the passphrase: ", "another one")
        assert screen.end() == 0
    alice.awscreds("lock")
    alice.awscreds("whoami", "--profile", "alice", rc=4)
    alice.awscreds("whoami", "--profile", "alice", AWSCREDS_PASSPHRASE="another one")


@pytest.mark.posix("sh and its pipes")
def test_output_into_a_closed_pipe_is_no_traceback(alice):
    done = alice.run("sh", "-c", f"{PROGRAM} configure list-profiles | true")
    assert "Error" not in done.stderr


def test_the_aws_loggers_stay_quiet_under_every_flag(alice):
    done = alice.configure("alice", "--verbose", BOTO_DEBUG="1", AWS_DEBUG="1")
    assert "botocore" not in done.stderr
    assert alice.secret not in done.stderr


@pytest.mark.posix("modes and links")
@pytest.mark.parametrize("kind", ["others", "link", "foreign file"])
def test_an_unsafe_state_folder_is_not_read(alice, kind):
    alice.configure()
    state = alice.aws / "awscreds"
    if kind == "others":
        state.chmod(0o755)
    elif kind == "link":
        state.rename(alice.aws / "elsewhere")
        state.symlink_to(alice.aws / "elsewhere")
    else:
        (state / "vault").chmod(0o644)
    for words in (("whoami",), ("credential-process",)):
        done = alice.awscreds(*words, "--profile", "alice", rc=3)
        assert "~/.aws/awscreds" in done.stderr
