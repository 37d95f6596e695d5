"""``configure export-credentials`` beside the real one of the AWS CLI, and in real shells."""

import json
import os
import shutil
import subprocess

import pytest

from awscreds.errors import AwscredsError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.export_formats import FORMATS, PROCESS, exported
from awscreds.model.process_chain import AWS_CLI, enter_aws_cli
from tests.helpers import missing_tool, need_posix

NAMES = [PROCESS, *FORMATS]
COMMAND = ("configure", "export-credentials")
STATIC = "[static]\naws_access_key_id = {}\naws_secret_access_key = {}\n"
NOT_IN_29 = {"fish": 'set -gx AWS_ACCESS_KEY_ID "{id}"\nset -gx AWS_SECRET_ACCESS_KEY "{secret}"\n'}
"""Formats that Debian's AWS CLI (2.9) lacks, with what a later one (2.34) prints."""


@pytest.fixture(scope="session")
def aws2():
    """The AWS CLI, version 2: the first one has no such command."""
    need_posix("the AWS CLI 2 that is tried is Debian's")
    for program in (os.environ.get("TEST_AWS_CLI_2"), "/usr/bin/aws", shutil.which("aws")):
        if program and os.path.exists(program):
            shown = subprocess.run(
                [program, "--version"], capture_output=True, text=True, check=False
            ).stdout
            if shown.startswith("aws-cli/2."):
                return program
    return missing_tool("no AWS CLI 2: install Debian's awscli, or set TEST_AWS_CLI_2")


@pytest.fixture
def user(alice):
    """Alice with a profile of each kind that the AWS CLI can use without asking."""
    alice.configure("dev")
    alice.awscreds("configure", "export-credentials", "dev")
    with alice.config.open("a") as config:
        config.write(
            "[profile process]\ncredential_process = "
            f'sh -c \'echo "$GIVEN"; test -z "$CHAIN" || echo "${AWS_CLI}" > "$CHAIN"\'\n'
            "[profile temporary]\naws_access_key_id = ASIATEMPORARYEXAMPLE\n"
            "aws_secret_access_key = s/e+c=r/t\naws_session_token = to/k+en==\n"
        )
    alice.credentials.write_text(STATIC.format(alice.key_id, alice.secret))
    alice.credentials.chmod(0o600)
    alice.environment["GIVEN"] = json.dumps(
        {
            "Version": 1,
            "AccessKeyId": "ASIAPROCESSEXAMPLE00",
            "SecretAccessKey": "p+r/o=c",
            "SessionToken": "t+o/k==",
            "Expiration": "2099-01-02T03:04:05Z",
        }
    )
    return alice


def fields_of(text):
    """The values in what was printed, without the times: of a stored key they are made up."""
    return [line for line in text.splitlines() if "xpiration" not in line.lower()]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("profile", ["static", "temporary", "process", "dev", "environment"])
@pytest.mark.daily(10)
def test_it_prints_what_the_aws_cli_prints(user, aws2, profile, name):
    words = (*COMMAND, "--format", name)
    variables = {"PATH": "/usr/bin:/bin"}
    if profile == "environment":
        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        variables |= dict(zip(keys, ("ASIAENVIRONMENT", "e/n+v=", "t"), strict=True))
    else:
        words = (*words, "--profile", profile)
    ours = user.awscreds(*words, **variables).stdout
    if name in NOT_IN_29:
        if profile == "static":
            assert ours == NOT_IN_29[name].format(id=user.key_id, secret=user.secret)
        return
    theirs = user.run(aws2, *words, **variables).stdout
    if profile == "dev":
        assert fields_of(ours) == fields_of(theirs)
        assert len(ours.splitlines()) == len(theirs.splitlines())
    else:
        assert ours == theirs


ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "e/n+v="}
ANSWER = {"Version": 1, "AccessKeyId": "AKIAPROCESSEXAMPLE00", "SecretAccessKey": "p+r/o=c"}


@pytest.mark.slow
@pytest.mark.posix("the AWS CLI 2 that is tried is Debian's")
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Expiration": None},
        {"Expiration": "2099-01-02T03:04:05Z"},
        {"AccountId": "123456789012"},
        {"AccessKeyId": "test"},
        {"Version": 2},
    ],
)
def test_what_a_program_gives_is_printed_as_it_is_and_aws_is_not_asked(user, aws2, fields):
    words = (*COMMAND, "--profile", "process")
    variables = {"PATH": "/usr/bin:/bin", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    variables["GIVEN"] = json.dumps({**ANSWER, **fields})
    theirs = user.run(aws2, *words, rc=None, **variables)
    ours = user.awscreds(*words, rc=None, **variables)
    assert (ours.stdout, not ours.returncode) == (theirs.stdout, not theirs.returncode)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"AWS_CREDENTIAL_EXPIRATION": "2009-01-02T03:04:05Z"}, "expired"),
        ({AWS_CLI: "default"}, "loop"),
        ({AWS_CLI: "x,default"}, "loop"),
        ({AWS_CLI: "dev", "AWS_PROFILE": "dev"}, "loop"),
        ({AWS_CLI: "a,b,c,d"}, "loop"),
    ],
)
def test_credentials_in_the_environment_are_refused_where_the_aws_cli_does(
    user, aws2, variables, said
):
    variables = {"PATH": "/usr/bin:/bin", "AWS_SESSION_TOKEN": "t", **ENVIRONMENT, **variables}
    assert user.run(aws2, *COMMAND, rc=None, **variables).returncode
    done = user.awscreds(*COMMAND, rc=3, **variables)
    assert (done.stdout, said in done.stderr) == ("", True), done.stderr


def test_a_secret_in_the_place_of_the_id_is_not_printed(user):
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    for variables, words in (
        ({"GIVEN": json.dumps({**ANSWER, "AccessKeyId": secret})}, ("--profile", "process")),
        ({**ENVIRONMENT, "AWS_ACCESS_KEY_ID": secret}, ()),
    ):
        done = user.awscreds(*COMMAND, *words, rc=3, **variables)
        assert secret not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_role_that_needs_a_code_is_exported_from_its_session(alice, name):
    alice.configure("dev", "--mfa-serial", alice.mfa_serial)
    words = ("profile", "add", "ops", "--role-arn", alice.sandbox.facts["role_arn"])
    alice.awscreds(*words, "--source", "dev", "--mfa-serial", alice.mfa_serial)
    alice.awscreds(*COMMAND, "ops", "--format", name, rc=6)
    alice.awscreds("export", "ops", "--token", alice.code(), "--format", "json")
    done = alice.awscreds(*COMMAND, "ops", "--format", name)
    assert "ASIA" in done.stdout
    assert "xpiration" in done.stdout.replace("EXPIRATION", "xpiration")


def test_what_serves_sessions_never_exports_the_long_lived_key(alice):
    alice.configure("dev", "--mfa-serial", alice.mfa_serial)
    alice.awscreds("configure", "set", "awscreds_serve", "session", "--profile", "dev")
    assert alice.awscreds(*COMMAND, "dev", rc=6).stdout == ""
    alice.awscreds("mfa-session", "dev", "--token", alice.code(), "--format", "json")
    assert json.loads(alice.awscreds(*COMMAND, "dev").stdout)["SessionToken"]


@pytest.mark.posix("the credential_process of the test is a line of sh")
def test_the_programs_that_it_starts_see_the_chain_and_a_loop_ends(user):
    seen = user.folder / "chain"
    user.awscreds(*COMMAND, "process", CHAIN=str(seen), **{AWS_CLI: "a"})
    assert seen.read_text() == "a,process\n"
    for chain in ("process", "x,process", "a,b,c,d"):
        done = user.awscreds(*COMMAND, "process", rc=3, **{AWS_CLI: chain})
        assert "these programs start each other in a loop" in done.stderr
        assert done.stdout == ""


@pytest.mark.slow
def test_a_loop_with_the_real_aws_cli_ends(user, aws2):
    line = f"{user.program[0]} configure export-credentials --profile loop"
    with user.config.open("a") as config:
        config.write(f"[profile loop]\ncredential_process = {aws2} {' '.join(COMMAND)} ")
        config.write(f"--profile back\n[profile back]\ncredential_process = {line}\n")
    variables = {"PATH": "/usr/bin:/bin"}
    user.run(aws2, *COMMAND, "--profile", "back", rc=None, **variables)
    assert "loop" in user.transcript
    user.awscreds(*COMMAND, "--profile", "back", rc=3, **variables)


def test_the_name_of_a_profile_is_one_field_of_the_chain():
    chain = enter_aws_cli({AWS_CLI: '"a,b",c'}, 'd "e",f')
    assert enter_aws_cli(chain, "g") == {AWS_CLI: '"a,b",c,"d ""e"",f",g'}


HOSTILE = ["a b", "$(touch x)", "`id`", "a'b", 'a"b', "a\\b", "~", "a;b", "a&b|c", "*", "#"]
HOSTILE_TO_CMD = {'a"b'}


@pytest.mark.slow
@pytest.mark.posix("sh, fish and pwsh are started as on Linux")
@pytest.mark.parametrize("value", ["".join(HOSTILE), "~"])
@pytest.mark.parametrize(
    ("name", "shell"),
    [
        ("env", ["sh", "-c", 'eval "$TEXT"; printf %s "$AWS_SECRET_ACCESS_KEY"']),
        ("env-no-export", ["sh", "-c", 'eval "$TEXT"; printf %s "$AWS_SECRET_ACCESS_KEY"']),
        ("fish", ["fish", "-c", "echo $TEXT | source; printf %s $AWS_SECRET_ACCESS_KEY"]),
        (
            "powershell",
            [
                "pwsh",
                "-NoProfile",
                "-c",
                "iex $Env:TEXT; [Console]::Write($Env:AWS_SECRET_ACCESS_KEY)",
            ],
        ),
    ],
)
def test_a_hostile_value_reaches_the_shell_as_it_is(name, shell, value, tmp_path):
    if not shutil.which(shell[0]):
        missing_tool(f"no {shell[0]}")
    text = exported(name, AccessKey("AKIA", value), None)
    done = subprocess.run(
        shell,
        env={**os.environ, "TEXT": text, "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == value
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("value", HOSTILE)
def test_cmd_gets_quotes_or_nothing(value):
    try:
        text = exported("windows-cmd", AccessKey("AKIA", value), None)
    except AwscredsError as error:
        assert value in HOSTILE_TO_CMD
        assert value not in error.whole
    else:
        assert f'set "AWS_SECRET_ACCESS_KEY={value}"\n' in text


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_not_printable_ascii_is_refused_without_showing_it(name):
    for value in ("a\nb", "ä", "a\x00b", "a\u2019b"):
        with pytest.raises(AwscredsError) as refused:
            exported(name, Session("ASIA", "s", value), 5.0)
        assert refused.value.code == "format-cannot-carry"
        assert value not in refused.value.whole
        assert json.loads(exported(PROCESS, Session("ASIA", "s", value), 5.0))


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("env", "false"),
        ("env-no-export", "false"),
        ("fish", "false"),
        ("powershell", "throw 'awscreds failed (exit 3)';"),
        ("windows-cmd", ""),
        ("process", ""),
    ],
)
def test_a_failure_stops_a_script(alice, name, printed):
    assert alice.awscreds(*COMMAND, "nobody", "--format", name, rc=3).stdout == printed
