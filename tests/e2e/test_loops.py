"""Programs of the config file that lead back to us: refused with their names, and few of them."""

import json

import pytest

from tests.e2e.conftest import PROGRAM

ANSWER = (
    'echo \'{"Version": 1, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "s", '
    '"SessionToken": "t"}\''
)
ASK = f"{PROGRAM} export --format json --profile"


def write(user, config, **scripts):
    """A config file with ``{name}`` for each script, all of which note that they were started."""
    for name, body in scripts.items():
        path = user.folder / name
        path.write_text(f"#!/bin/sh\necho {name} >>{user.folder}/started\n{body}\n")
        path.chmod(0o700)
    paths = {name: user.folder / name for name in scripts}
    user.config.write_text(config.format(**paths))


def started(user):
    log = user.folder / "started"
    return len(log.read_text().splitlines()) if log.exists() else 0


ROLE = """\
[profile dev]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = b
[profile b]
credential_process = {a}
"""

LOOPS = {
    "itself": ("[profile dev]\ncredential_process = {a}", {"a": f"{ASK} dev"}, "dev → dev", 1),
    "two profiles": (
        "[profile dev]\ncredential_process = {a}\n[profile b]\ncredential_process = {b}",
        {"a": f"{ASK} b", "b": f"{ASK} dev"},
        "dev → b → dev",
        2,
    ),
    "by way of exec": (
        "[profile dev]\ncredential_process = {a}\n[profile b]\ncredential_process = {b}",
        {
            "a": f"{PROGRAM} exec b -- {ASK} dev",
            "b": ANSWER,
        },
        "dev → dev",
        2,
    ),
    "a role of itself": (
        ROLE,
        {"a": f"{ASK} dev"},
        "dev → dev",
        1,
    ),
    "with its environment cleared": (
        "[profile dev]\ncredential_process = {a}",
        {"a": f'exec env -i HOME="$HOME" PATH="$PATH" {ASK} dev'},
        "dev → dev",
        6,
    ),
}


@pytest.mark.parametrize(("config", "scripts", "circle", "most"), LOOPS.values(), ids=LOOPS)
def test_a_circle_is_refused_with_its_names(alice, config, scripts, circle, most):
    write(alice, config, **scripts)
    done = alice.awscreds("whoami", "--profile", "dev", "--json", rc=3)
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "profile-loop"
    assert circle in error["message"]
    assert "credential_process" in error["hint"]
    assert 1 <= started(alice) <= most


def test_the_line_of_the_case_itself(alice):
    alice.config.write_text(
        "[profile dev]\nregion = us-east-1\n"
        f"credential_process = {PROGRAM} export --profile dev --format json\n"
    )
    for words in (("whoami",), ("export", "--format", "json"), ("exec", "--", "true")):
        done = alice.awscreds(*words, AWS_PROFILE="dev", rc=3)
        said = done.stderr or json.loads(done.stdout)["error"]["message"]
        assert "dev → dev" in said
        assert done.stderr.count("\n") in (0, 2)


def test_a_program_for_the_code_that_asks_for_the_session_is_a_circle(alice):
    alice.configure("alice", "--mfa-serial", alice.mfa_serial)
    config = alice.config.read_text()
    write(alice, "{a}", a=f"{ASK} alice")
    alice.config.write_text(f"{config}\nmfa_process = {alice.folder / 'a'}\n")
    done = alice.awscreds("mfa-session", "--profile", "alice", rc=3)
    assert "alice → alice" in done.stderr
    assert started(alice) == 1


def test_the_users_command_gets_no_mark_of_what_it_took_to_make_its_session(alice):
    answer = f"env >{alice.folder}/inside; {ANSWER}"
    write(alice, "[profile dev]\ncredential_process = {a}", a=answer)
    inside = alice.awscreds("exec", "dev", "--", "env").stdout
    assert "_AWSCREDS_" in (alice.folder / "inside").read_text()
    assert "_AWSCREDS_" not in inside
