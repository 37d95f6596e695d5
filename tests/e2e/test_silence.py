"""A ``credential-process`` that succeeds writes nothing to stderr, whatever there is to warn of.

The AWS SDK for C++ reads both streams of the line as one JSON document. What is worth saying is
said by ``list`` or ``whoami``, which each case asks as well: it is a case only if one warns.
"""

import json

import pytest


def add(line):
    """A state: a line in the profile's section of the config file."""
    return lambda user: user.config.write_text(f"{user.config.read_text()}{line}\n")


def plaintext_keys(user):
    key_id, secret = user.sandbox.root_key
    user.credentials.write_text(
        f"[dev]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    )
    user.credentials.chmod(0o600)


def temporary_keys(user):
    plaintext_keys(user)
    with user.credentials.open("a") as file:
        file.write("aws_session_token = expired\n")


def readable_by_others(user):
    user.credentials.write_text("[other]\nregion = x\n")
    user.credentials.chmod(0o644)


def writable_by_others(user):
    user.config.chmod(0o666)


def broken_lines(user):
    user.credentials.write_text("[other]\nregion = x\nregion = y\nnonsense\n")
    user.credentials.chmod(0o600)


STATES = {
    "a cache setting that is no time": add("awscreds_key_cache = soon"),
    "an age that is no time": add("awscreds_max_key_age = old"),
    "an unknown setting": add("awscreds_servee = session"),
    "a device beside the line": add("mfa_serial = arn:aws:iam::123456789012:mfa/alice"),
    "a source beside the line": add("source_profile = other"),
    "a value in quotes": add('output = "json"'),
    "a key with a colon": add("output: json"),
    "plaintext keys in the way": plaintext_keys,
    "a file that others read": readable_by_others,
    "a file that others write": writable_by_others,
    "lines that the AWS CLI refuses": broken_lines,
}


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
def test_an_answer_comes_alone_whatever_there_is_to_warn_of(alice, state):
    alice.configure("dev", "--no-verify")
    STATES[state](alice)
    for words in (("--profile", "dev"), ("--profile-hex", b"dev".hex())):
        for _ in range(2):
            done = alice.awscreds("credential-process", *words)
            assert json.loads(done.stdout)["AccessKeyId"] == alice.key_id
            assert done.stderr == ""
    said = alice.awscreds("list").stderr + alice.awscreds("whoami", "--profile", "dev").stderr
    assert "warning: " in said


OF_SESSIONS = [*STATES, "temporary keys in the way"]
# There a session takes a code, or is another user's.
OF_SESSIONS.remove("a device beside the line")
OF_SESSIONS.remove("plaintext keys in the way")


@pytest.mark.slow
@pytest.mark.parametrize("state", OF_SESSIONS)
def test_a_session_comes_alone_too_with_its_notes_and_an_old_key(alice, state):
    iam = alice.sandbox.client("iam")
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=alice.mfa_serial)
    alice.configure("dev", "--no-verify")
    add("awscreds_serve = session\nawscreds_max_key_age = 1s")(alice)
    if state == "an age that is no time":
        alice.config.write_text(alice.config.read_text().replace("awscreds_max_key_age = 1s", ""))
    STATES.get(state, temporary_keys)(alice)
    for _ in range(2):
        done = alice.awscreds("credential-process", "--profile", "dev")
        assert json.loads(done.stdout)["SessionToken"]
        assert done.stderr == ""
    said = alice.awscreds("export", "--profile", "dev").stderr
    assert "note: " in said


@pytest.mark.parametrize("state", STATES)
def test_a_failure_says_one_line_and_nothing_else(alice, state):
    alice.configure("dev", "--no-verify")
    STATES[state](alice)
    done = alice.awscreds("credential-process", "--profile", "nobody", rc=3)
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("awscreds: there is no profile 'nobody'")
