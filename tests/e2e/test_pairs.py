"""Keys in the AWS files that a command was not about: they stay, are stored, or are named."""

import json

import pytest

from tests.e2e.conftest import PROGRAM
from tests.e2e.terminal import terminal

BOB = ("AKIABOBBOBBOBBOBBOB1", "bobbobbobbobbobbobbobbobbobbobbobbobbob1")


def pair(key_id, secret):
    return f"aws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"


def write(alice, config="", credentials=""):
    for path, text in ((alice.config, config), (alice.credentials, credentials)):
        path.write_text(text)
        path.chmod(0o600)


def texts(alice):
    return [alice.config.read_text(), alice.credentials.read_text()]


SHADOWED = f"[profile default]\n{pair(*BOB)}[default]\nregion = us-east-1\n"


def imported(alice, *options, **others):
    path = alice.folder / "keys.csv"
    path.write_text(f"Access key ID,Secret access key\n{alice.key_id},{alice.secret}\n")
    words = ("configure", "import", "--csv", path, "--profile", "default")
    return alice.awscreds(*words, *options, **others)


def configured(alice, *options, **others):
    return alice.configure("default", *options, **others)


def set_secret(alice, *options, **others):
    words = ("configure", "set", "aws_secret_access_key", "-", "--profile", "dev")
    return alice.awscreds(*words, *options, stdin=alice.secret, **others)


@pytest.mark.parametrize(
    ("command", "config", "credentials", "rc"),
    [
        (configured, SHADOWED, "", 3),  # the SDKs do not agree on whose key that is
        (imported, f"[default]\n{pair(*BOB)}", "[default]\nALICES", 6),
    ],
)
def test_a_key_that_would_go_is_named_asked_about_and_kept(alice, command, config, credentials, rc):
    write(alice, config, credentials.replace("ALICES", pair(alice.key_id, alice.secret)))
    before = alice.files()
    done = command(alice, rc=rc)
    assert "~/.aws/config:" in done.stderr
    assert "--yes" in done.stderr
    assert {k: v for k, v in alice.files().items() if k in before} == before
    assert BOB[1] not in done.stderr
    done = command(alice, "--yes", "--json")
    document = json.loads(done.stdout)
    assert document.get("imported", [document])[0]["kept"] == [
        {"access_key_id": BOB[0], "place": f"{alice.config}:3"}
    ]
    assert BOB[0] in alice.awscreds("store", "show").stdout
    assert BOB[1] not in "".join(texts(alice))
    # It is really there: the profile can be given it back.
    alice.awscreds("configure", "set", "aws_access_key_id", BOB[0], "--profile", "default")


def test_two_keys_in_the_two_files_are_both_taken_over(alice):
    write(alice, f"[profile dev]\n{pair(*BOB)}", f"[dev]\n{pair(alice.key_id, alice.secret)}")
    done = alice.awscreds("configure", "--profile", "dev", "--yes", stdin="\n\n\n\n")
    assert f"{BOB[0]} from ~/.aws/config:3 is now in" in done.stderr
    shown = alice.awscreds("store", "show").stdout
    assert BOB[0] in shown
    assert alice.key_id in shown


def test_at_a_terminal_one_question_names_the_key_and_no_leaves_everything(alice):
    write(alice, f"[default]\n{pair(*BOB)}", f"[default]\n{pair(alice.key_id, alice.secret)}")
    before = texts(alice)
    words = ("configure", "--profile", "default", "--access-key-id", alice.key_id)
    with terminal(alice, PROGRAM, *words) as screen:
        screen.answer("AWS Secret Access Key", alice.secret, exactly=False)
        screen.expect(BOB[0])
        screen.answer("Move it to the secret store? [Y/n] ", "n")
        assert screen.end() == 3
    assert texts(alice) == before


def test_a_key_set_over_another_is_kept_where_there_is_a_store_and_never_lost_without(alice):
    write(alice, credentials=f"[dev]\n{pair(*BOB)}")
    before = texts(alice)
    done = set_secret(alice, rc=6)
    assert "~/.aws/credentials:3" in done.stderr
    assert texts(alice) == before
    alice.configure("other")  # and now there is a vault
    done = set_secret(alice)
    assert f"{BOB[0]} from ~/.aws/credentials:3 is now in" in done.stderr
    assert BOB[0] in alice.awscreds("store", "show").stdout
    assert alice.secret in texts(alice)[1]


def test_a_bare_section_that_held_no_key_stays_with_its_comment(alice):
    text = "# my dev keys live in 1Password\n[default]\n\n[other]\naws_access_key_id=a\n"
    write(alice, credentials=text)
    alice.configure("default")
    assert texts(alice)[1] == text
