"""What the rows check, count and leave out."""

import json
import os
import subprocess
import sys

import pytest

from tests.benchmarks import endpoint, files, lines, measure, peers
from tests.benchmarks.measure import Launcher, Row


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        ({"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S"}, None),
        ({"Version": 1, "AccessKeyId": "B", "SecretAccessKey": "S"}, "it gave another key"),
        ({"AccessKeyId": "A", "SecretAccessKey": "S"}, "it gave another key"),
        ({"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "T"}, "it gave another secret"),
        ({"Version": 1, "AccessKeyId": "A"}, "it gave another secret"),
    ],
)
def test_a_credential_process_must_give_the_right_key(output, problem):
    assert lines.serves("A", "S")(json.dumps(output).encode()) == problem


def test_what_is_no_json_is_no_answer():
    assert lines.serves("A", "S")(b"") == "it printed no JSON"


def test_an_answer_that_is_short_of_profiles_is_none():
    assert files.exactly(3)(b"a\nb\nc\n") is None
    assert files.exactly(3)(b"a\nb\n") == "2 lines, and 3 are due"
    assert files.at_least(3)(b"a\nb\n") == "2 lines, and 3 are due"
    assert files.prints("x")(b"y\n") == "it printed something else"


def test_set_must_have_written_the_region_of_its_round(tmp_path):
    config = tmp_path / ".aws" / "config"
    config.parent.mkdir()
    config.write_text("[profile p2]\nregion = eu-north-1\n\n[profile p3]\nregion = eu-south-1\n")
    row = files.set_row("aws", tmp_path, {}, 3)
    assert row.words(0)[-1] == "p2"
    assert row.after(0) is None
    assert row.after(1) == "it did not write the region"


def test_the_endpoint_gives_sessions_and_counts():
    import boto3

    keys = {"aws_access_key_id": "A", "aws_secret_access_key": "S", "region_name": "eu-central-1"}
    with endpoint.endpoint() as server:
        sts = boto3.client("sts", endpoint_url=server.url, **keys)
        session = sts.get_session_token()["Credentials"]
        role = sts.assume_role(RoleArn=endpoint.ROLE, RoleSessionName="dev")["Credentials"]
        assert session["AccessKeyId"] == role["AccessKeyId"] == endpoint.SESSION_ID
        assert sts.get_caller_identity()["Account"] == endpoint.ACCOUNT
        assert server.calls == 3


@pytest.mark.parametrize(
    ("said", "version"), [("aws-cli/2.31.0 Python/3.13", "aws-cli/2.31.0"), ("aws-cli/1.45", None)]
)
def test_another_version_of_the_same_name_is_left_out_and_named(
    said, version, tmp_path, monkeypatch
):
    program = tmp_path / "aws"
    program.write_text(f"#!/bin/sh\necho {said}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found, reason = peers.on_path("aws", "aws-cli/2")
    assert found == ((str(program), version) if version else None)
    assert reason == (None if version else f"the aws on PATH is another one ({said})")


def test_another_one_before_it_on_the_path_does_not_hide_it(tmp_path, monkeypatch):
    for folder, said in (("first", "aws-cli/1.45"), ("second", "aws-cli/2.9")):
        program = tmp_path / folder / "aws"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho {said}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/first{os.pathsep}{tmp_path}/second")
    found = (str(tmp_path / "second" / "aws"), "aws-cli/2.9")
    assert peers.on_path("aws", "aws-cli/2") == (found, None)


def test_what_is_not_installed_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert peers.on_path("granted", "") == (None, "not on PATH")


def test_a_process_that_hangs_is_ended_and_void(monkeypatch):
    monkeypatch.setattr(measure, "DEADLINE", 1)
    argv = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
    with Launcher() as launcher:
        [series] = measure.measure([Row("g", "n", "python", argv, {})], 2, launcher)
    assert series.void.startswith("ended by signal 9")


def test_one_command_says_what_it_can_measure():
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--rows", "start"],
        cwd=peers.ROOT, env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "no such group: start" in done.stderr
