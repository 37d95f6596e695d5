"""The main job on Windows: a key is configured, and clients that know nothing of us sign with it.

Every program here is started as a user starts it: ``awscreds.exe`` is what pip made of the wheel.
"""

import json
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from awscreds.sandbox.search import files_with
from tests.windows import credentials

ARN = "arn:aws:iam::123456789012:user/alice"
AWS = (sys.executable, "-m", "awscli")
BOTO3 = """
import sys, boto3
for name in map(bytes.fromhex, sys.argv[1:]):
    session = boto3.Session(profile_name=name.decode())
    print(session.client('sts', region_name='us-east-1').get_caller_identity()['Arn'])
"""
PROCESS = "credential_process = "
UTF8 = {"PYTHONUTF8": "1"}
"""botocore reads the AWS files in the ANSI code page unless Python is told otherwise."""


def boto3(user, *profiles, **environment):
    """What boto3 says each profile is, in a process that is given the names in hexadecimal."""
    names = [name.encode().hex() for name in profiles]
    return user.run(sys.executable, "-c", BOTO3, *names, **environment).stdout.splitlines()


def aws(user, *words, **environment):
    return json.loads(user.run(*AWS, *words, "--output", "json", **environment).stdout)


def at_once(user, commands):
    """Start all of them before the first one ends."""
    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(lambda words: user.awscreds(*words), commands))


def test_boto3_and_the_aws_cli_sign_with_a_key_that_is_in_no_file(user, store):
    user.configure("alice", "--region", "eu-central-1")

    assert boto3(user, "alice") == [ARN]
    assert aws(user, "sts", "get-caller-identity", "--profile", "alice")["Arn"] == ARN
    assert files_with(user.secret, user.home) == []
    in_manager = {user.key_id: user.secret} if store == "keyring" else {}
    assert credentials.stored([user.key_id]) == in_manager


NAMES = ['it\'s "100%" %PATH% & calc | calc ^& !x! $(calc) \\', "grün 日本"]


def test_a_profile_named_like_code_reaches_us_whole_and_runs_nothing(alice):
    # By hand, as awscreds makes no profile that is called so, but uses one that is there.
    headers = "".join(f"[profile {shlex.quote(name)}]\n" for name in NAMES)
    alice.config.write_text(headers, encoding="utf-8")
    for name in NAMES:
        alice.configure(name, "--yes", "--no-verify")

    assert boto3(alice, *NAMES, **UTF8) == [ARN] * len(NAMES)
    assert aws(alice, "sts", "get-caller-identity", "--profile", NAMES[0])["Arn"] == ARN
    # botocore makes the words of the line itself; other SDKs give it to cmd.exe.
    lines = [row for row in alice.config.read_text().splitlines() if row.startswith(PROCESS)]
    line = lines[0].removeprefix(PROCESS)
    served = subprocess.check_output(line, shell=True, env=alice.environment, cwd=alice.folder)
    assert json.loads(served)["AccessKeyId"] == alice.key_id
    assert list(alice.folder.iterdir()) == []


def test_files_elsewhere_are_carried_in_the_line_and_not_in_the_environment(alice):
    elsewhere = alice.folder / "else & wo ä 100%"
    elsewhere.mkdir()
    config = elsewhere / "config"
    alice.configure(AWS_CONFIG_FILE=str(config), AWSCREDS_HOME=str(elsewhere / "state"))

    shared = {"AWS_CONFIG_FILE": str(config)}
    assert boto3(alice, "alice", **shared) == [ARN]
    assert not (alice.aws / "awscreds" / "vault").exists()


def test_a_pasted_plaintext_key_moves_and_the_files_keep_their_line_ends(alice):
    config = b"# mine\r\n[profile work] ; the day job\r\nregion   =   eu-west-1\r\n\r\n"
    alice.config.write_bytes(config)
    keys = f"aws_access_key_id = {alice.key_id}\r\naws_secret_access_key = {alice.secret}\r\n"
    alice.credentials.write_bytes(f"[work]\r\n{keys}[other]\r\n# keep\r\n".encode())

    alice.configure("work", "--yes")

    after = alice.config.read_bytes()
    assert after.startswith(config.rstrip())
    assert after.count(b"\n") == after.count(b"\r\n") == config.count(b"\n") + 2
    assert alice.credentials.read_bytes() == b"[other]\r\n# keep\r\n"
    assert boto3(alice, "work") == [ARN]


def test_the_profile_is_shown_and_its_key_is_listed(user, store):
    user.configure("alice", "--region", "eu-central-1")

    assert json.loads(user.awscreds("whoami", "--profile", "alice", "--json").stdout)["arn"] == ARN
    rows = json.loads(user.awscreds("list", "--json").stdout)["profiles"]
    assert [(row["profile"], row["kind"]) for row in rows] == [
        ("admin", "role"),
        ("alice", "managed"),
    ]
    keys = json.loads(user.awscreds("keys", "list", "--profile", "alice", "--json").stdout)
    assert user.key_id in json.dumps(keys)
    shown = json.loads(user.awscreds("store", "show", "--json").stdout)
    assert shown["entries"][0]["backend"] == store


def test_keys_move_to_the_other_store_and_back(alice):
    manager = {"AWSCREDS_BACKEND": "keyring"}
    alice.configure(**manager)
    assert credentials.stored([alice.key_id]) == {alice.key_id: alice.secret}

    alice.awscreds("store", "move", "--to", "vault", **manager)
    assert credentials.stored([alice.key_id]) == {}
    assert boto3(alice, "alice") == [ARN]

    alice.awscreds("store", "move", "--to", "keyring")
    assert credentials.stored([alice.key_id]) == {alice.key_id: alice.secret}
    assert boto3(alice, "alice", AWSCREDS_BACKEND=None, AWSCREDS_PASSPHRASE=None) == [ARN]


def test_twenty_commands_at_once_lose_nothing(alice):
    alice.configure("alice")
    profiles = [f"p{number:02}" for number in range(16)]
    words = ("configure", "set", "region", "eu-west-1", "--profile")
    added = [(*words, name) for name in profiles]
    others = [
        ("configure", "set", "output", "json", "--profile", "alice"),
        ("configure", "set", "region", "eu-west-3", "--profile", "alice"),
        ("configure", "set", "s3.addressing_style", "path", "--profile", "alice"),
        ("profile", "wrap", "admin"),
    ]

    at_once(alice, added + others)

    rows = json.loads(alice.awscreds("list", "--json").stdout)["profiles"]
    assert sorted(row["profile"] for row in rows) == ["admin", "alice", *profiles]
    text = alice.config.read_text()
    assert text.count("region = eu-west-1") == len(profiles)
    assert text.count("credential_process = ") == 2
    for line in ("output = json", "region = eu-west-3", "addressing_style = path"):
        assert line in text
    assert boto3(alice, "alice") == [ARN]


def test_exit_codes_are_those_of_the_contract(alice):
    alice.awscreds("--bogus", rc=2)
    alice.awscreds("whoami", "--profile", "nope", rc=3)
    alice.configure()
    alice.awscreds("lock")
    alice.awscreds("whoami", "--profile", "alice", AWSCREDS_PASSPHRASE="wrong", rc=4)
    alice.awscreds("whoami", "--profile", "alice", AWSCREDS_PASSPHRASE=None, rc=6)
    alice.awscreds("whoami", "--profile", "alice", AWS_ENDPOINT_URL="http://127.0.0.1:9", rc=5)
