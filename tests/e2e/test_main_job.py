"""A key pair is configured, its secret is in no file, and unmodified clients sign with it."""

import base64
import json
import os
import shlex
import sys
import time
from datetime import datetime

import pytest

from tests.e2e.conftest import AWS

ARN = "arn:aws:iam::123456789012:user/alice"
BOTO3 = (
    "import boto3; "
    "print(boto3.Session(profile_name={!r}).client('sts').get_caller_identity()['Arn'])"
)


def process_line(config):
    rows = config.read_text().splitlines()
    return next(row.partition("=")[2].strip() for row in rows if row.startswith("credential_pro"))


def test_the_aws_cli_and_boto3_sign_with_a_key_that_is_in_no_file(alice):
    alice.configure("alice", "--region", "eu-central-1")

    cli = alice.run(*AWS, "sts", "get-caller-identity", "--profile", "alice")
    assert json.loads(cli.stdout)["Arn"] == ARN
    boto3 = alice.run(sys.executable, "-c", BOTO3.format("alice"))
    assert boto3.stdout.strip() == ARN

    secret = alice.secret.encode()
    shapes = [secret, secret.hex().encode(), base64.b64encode(secret)[:40]]
    holding = [p for p, data in alice.files().items() if any(shape in data for shape in shapes)]
    assert holding == []


def test_what_sdks_get_carries_an_expiration_an_hour_ahead(alice):
    alice.configure()
    answer = json.loads(alice.awscreds("credential-process", "--profile", "alice").stdout)
    expiration = datetime.fromisoformat(answer.pop("Expiration")).timestamp()
    assert answer == {
        "Version": 1,
        "AccessKeyId": alice.key_id,
        "SecretAccessKey": alice.secret,
    }
    assert 3500 < expiration - time.time() <= 3601


NASTY = "a b'$(touch pwned)`touch pwned`;touch pwned #\\\"*?~"


@pytest.mark.parametrize("reader", ["shlex", "sh"])
def test_a_profile_named_like_code_reaches_us_whole_and_runs_nothing(alice, reader):
    # By hand, as awscreds makes no profile that is called so, but uses one that is there.
    alice.config.write_text(f"[profile {shlex.quote(NASTY)}]\n", encoding="utf-8")
    alice.configure(NASTY, "--yes")
    line = process_line(alice.config)
    words = shlex.split(line) if reader == "shlex" else ["sh", "-c", line]
    answer = json.loads(alice.run(*words).stdout)
    assert answer["AccessKeyId"] == alice.key_id
    assert os.listdir(alice.folder) == []

    boto3 = alice.run(sys.executable, "-c", BOTO3.format(NASTY))
    assert boto3.stdout.strip() == ARN


@pytest.mark.parametrize(
    "hostile", ["json.py", "sitecustomize.py", "awscreds.py", "usercustomize.py"]
)
def test_nothing_in_an_sdks_working_folder_is_ever_imported(alice, hostile):
    alice.configure()
    trap = (
        "import os\nopen(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'caught'), 'w')\n"
    )
    # The SDK itself must survive the trap, so that only our own process could spring it.
    (alice.folder / hostile).write_text(trap)
    line = process_line(alice.config)
    done = alice.run("sh", "-c", line, PYTHONPATH=".", PYTHONSTARTUP=hostile, PYTHONHOME=None)
    assert json.loads(done.stdout)["AccessKeyId"] == alice.key_id
    assert not (alice.folder / "caught").exists()


def test_pythonhome_does_not_lead_us_astray(alice):
    alice.configure()
    line = process_line(alice.config)
    done = alice.run("sh", "-c", line, PYTHONHOME=str(alice.folder))
    assert json.loads(done.stdout)["AccessKeyId"] == alice.key_id


def test_files_elsewhere_are_carried_in_the_line_and_not_in_the_environment(alice):
    elsewhere = alice.folder / "else where"
    elsewhere.mkdir(mode=0o700)
    there = {
        "AWS_CONFIG_FILE": str(elsewhere / "config"),
        "AWSCREDS_HOME": str(elsewhere / "state"),
    }
    alice.configure(**there)
    line = process_line(elsewhere / "config")
    answer = json.loads(alice.run("sh", "-c", line).stdout)
    assert answer["AccessKeyId"] == alice.key_id
    assert not (alice.aws / "awscreds" / "vault").exists()


OLD = """\
# My profiles. Hands off!\r
[default]\r
region=us-east-1\r
\r
[profile work] ; the day job\r
region   =   eu-west-1\r
s3 =\r
    max_concurrent_requests = 20\r
    addressing_style = path\r
\r
\r
# --- experiments --------------------\r
[profile "a b"]\r
output:json\r
cli_pager =\r
\r
[sso-session corp]\r
sso_region = eu-west-1\r
; the end\r
"""


def test_configuring_one_profile_changes_only_that_profiles_lines(alice):
    filler = "".join(f"[profile p{n}]\r\nregion = eu-west-{n}\r\n# note {n}\r\n" for n in range(11))
    before = (OLD + filler).encode()
    assert before.count(b"\n") >= 50
    alice.config.write_bytes(before)
    credentials = b"".join(
        b"[p%d]\r\naws_access_key_id=AKIA%d\r\n# keep\r\n\r\n" % (n, n) for n in range(14)
    )
    alice.credentials.write_bytes(credentials)
    alice.credentials.chmod(0o600)

    alice.configure("work", "--region", "eu-central-1")

    after = alice.config.read_bytes()
    removed, added = line_diff(before, after)
    assert removed == [b"region   =   eu-west-1\r\n"]
    assert [line.split(b"=")[0].strip() for line in added] == [
        b"region",
        b"credential_process",
        b"awscreds_access_key_id",
    ]
    assert added[0] == b"region   =   eu-central-1\r\n"
    assert all(line.endswith(b"\r\n") for line in added)
    assert alice.credentials.read_bytes() == credentials


def line_diff(before, after):
    """The lines that went, and those that came."""
    import difflib

    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    removed, added = [], []
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if kind != "equal":
            removed += old[i1:i2]
            added += new[j1:j2]
    return removed, added


def test_a_second_configure_with_the_same_key_changes_nothing(alice):
    alice.configure("alice", "--region", "eu-central-1")
    before = alice.config.read_bytes()
    alice.configure("alice", "--region", "eu-central-1")
    assert alice.config.read_bytes() == before


def test_whoami_says_whose_the_key_is(alice):
    alice.configure()
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout
    report = json.loads(alice.awscreds("whoami", "--profile", "alice", "--json").stdout)
    assert report["arn"] == ARN
    assert report["account"] == "123456789012"


def test_whoami_without_a_profile_follows_the_keys_in_the_environment_and_says_so(alice):
    root_id, root_secret = alice.sandbox.root_key
    alice.configure("default")
    keys = {"AWS_ACCESS_KEY_ID": root_id, "AWS_SECRET_ACCESS_KEY": root_secret}
    assert "environment" in alice.awscreds("whoami", **keys).stdout
    assert alice.awscreds("whoami", **keys).stdout.startswith("arn:aws:iam::123456789012:root")
    named = alice.awscreds("whoami", "--profile", "default", **keys)
    assert ARN in named.stdout


def test_inherited_keys_never_sign_for_a_profile(alice):
    root_id, root_secret = alice.sandbox.root_key
    done = alice.configure(AWS_ACCESS_KEY_ID=root_id, AWS_SECRET_ACCESS_KEY=root_secret)
    assert ARN in done.stderr
    signers = {row["key_id"] for row in alice.sandbox.control.log("GetCallerIdentity")}
    assert signers == {alice.key_id}
