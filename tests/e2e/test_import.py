"""``configure import``: the console's CSV and the environment, into the store."""

import contextlib
import io
import json
import os
import sys
import types
from unittest import mock

import pytest

from awscreds.app import App
from awscreds.cli import run
from awscreds.commands.configure import csv_import
from awscreds.commands.configure.apply import ConfigureJob
from awscreds.errors import ConfigurationError

BOB = ("AKIABOBBOBBOBBOBBOB1", "bobbobbobbobbobbobbobbobbobbobbobbobbob1")
ARN = "arn:aws:iam::123456789012:user/alice"
HOME_SHOWN = "" if sys.platform == "win32" else "~"  # which cmd.exe would not expand


def csv(alice, *rows, header="User Name,Access key ID,Secret access key"):
    path = alice.folder / "keys.csv"
    path.write_text("\ufeff" + "\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def in_process(alice, *words, stdin=None):
    """One command without the start of a process: its exit code, and all that it wrote."""
    out, err = io.StringIO(), io.StringIO()
    app = App(alice.environment, stdin=stdin or io.StringIO(), stderr=err)
    with (
        mock.patch.dict("os.environ", alice.environment, clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = run(["--no-input", *words], app)
    return types.SimpleNamespace(
        code=code, text=out.getvalue() + err.getvalue(), stdout=out.getvalue()
    )


def test_the_consoles_csv_becomes_a_profile_and_one_is_told_to_delete_it(alice):
    path = csv(alice, f"{alice.key_id},{alice.secret}", header="Access key ID,Secret access key")
    assert "--profile" in alice.awscreds("configure", "import", "--csv", path, rc=2).stderr
    done = alice.awscreds("configure", "import", "--csv", path, "--profile", "alice")
    assert "delete the file" in done.stderr
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout


def test_each_user_of_a_csv_gets_a_profile(alice):
    root_id, root_secret = alice.sandbox.root_key
    path = csv(alice, f"alice,{alice.key_id},{alice.secret}", f"boss,{root_id},{root_secret}")
    alice.awscreds("configure", "import", "--csv", path, "--profile-prefix", "corp-")
    assert ARN in alice.awscreds("whoami", "--profile", "corp-alice").stdout
    assert ":root" in alice.awscreds("whoami", "--profile", "corp-boss").stdout


def test_one_bad_row_stops_all_before_the_first_is_stored_unless_it_is_to_be_skipped(alice):
    path = csv(alice, f"alice,{alice.key_id},{alice.secret}", "bob,oops,x")
    before = alice.files()
    assert f"{path}:3" in alice.awscreds("configure", "import", "--csv", path, rc=2).stderr
    assert alice.files() == before
    done = alice.awscreds("configure", "import", "--csv", path, "--skip-invalid")
    assert f"{path}:3" in done.stderr
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout


@pytest.mark.parametrize("flags", [["--json"], []])
def test_what_was_stored_before_a_row_failed_is_said(alice, monkeypatch, flags):
    path = csv(alice, f"alice,{alice.key_id},{alice.secret}", f"bob,{BOB[0]},{BOB[1]}")
    whole = ConfigureJob.carry_out

    def carry_out(job):
        if job.request.profile == "bob":
            raise ConfigurationError("the disk is full", hint="make room")
        return whole(job)

    monkeypatch.setattr(ConfigureJob, "carry_out", carry_out)
    done = in_process(alice, "configure", "import", "--csv", str(path), "--no-verify", *flags)
    said = "1 of 2 keys were not imported, from the profile bob on: the disk is full"
    assert (done.code, said in done.text, "delete the file" in done.text) == (3, True, True)
    if flags:
        document = json.loads(done.stdout)
        assert [each["profile"] for each in document["imported"]] == ["alice"]
        assert document["error"]["message"] == said
        assert document["error"]["hint"] == "make room"


def test_stdin_and_the_environment_are_taken_as_well(alice):
    text = csv(alice, f"alice,{alice.key_id},{alice.secret}").read_text(encoding="utf-8")
    alice.awscreds("configure", "import", "--csv", "-", stdin=text)
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout
    keys = {"AWS_ACCESS_KEY_ID": alice.key_id, "AWS_SECRET_ACCESS_KEY": alice.secret}
    alice.awscreds("configure", "import", "--from-env", "--profile", "env", **keys)
    assert ARN in alice.awscreds("whoami", "--profile", "env").stdout
    temporary = {**keys, "AWS_SESSION_TOKEN": "x"}
    alice.awscreds("configure", "import", "--from-env", "--profile", "t", rc=2, **temporary)


def test_a_row_that_aws_refuses_changes_nothing_unless_it_is_to_be_skipped(alice):
    rows = (f"alice,{alice.key_id},{alice.secret}", f"bob,{BOB[0]},{BOB[1]}")
    path = csv(alice, *rows)
    before = alice.files()
    done = alice.awscreds("configure", "import", "--csv", path, rc=5)
    assert f"{path}:3: " in done.stderr
    assert "--skip-invalid" in done.stderr
    assert alice.files() == before
    done = alice.awscreds("configure", "import", "--csv", path, "--skip-invalid")
    assert f"skipped: {path}:3: " in done.stderr
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout
    assert "bob" not in alice.config.read_text()
    assert BOB[1] not in done.stderr


def test_an_aws_that_cannot_be_reached_makes_no_row_invalid(alice):
    path = csv(alice, f"alice,{alice.key_id},{alice.secret}", f"bob,{BOB[0]},{BOB[1]}")
    before = alice.files()
    words = ("configure", "import", "--csv", path, "--skip-invalid")
    alice.awscreds(*words, rc=5, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert alice.files() == before


def test_a_profile_that_can_hold_no_key_stops_all_before_the_first_is_stored(alice):
    alice.config.write_text("[profile bob]\nrole_arn = arn:aws:iam::1:role/r\n")
    path = csv(alice, f"alice,{alice.key_id},{alice.secret}", f"bob,{BOB[0]},{BOB[1]}")
    before = alice.files()
    done = alice.awscreds("configure", "import", "--csv", path, "--no-verify", rc=3)
    assert f"{path}:3: " in done.stderr
    assert alice.files() == before


def test_a_row_that_somebody_would_have_to_agree_to_stops_all_before_the_first_is_stored(alice):
    pair = "[{0}]\naws_access_key_id = AKIA{1}\naws_secret_access_key = {2}\n"
    texts = [pair.format("profile bob", "C" * 16, "c" * 40), pair.format("bob", "D" * 16, "d" * 40)]
    for path, text in zip((alice.config, alice.credentials), texts, strict=True):
        path.write_text(text)
    path = csv(alice, f"alice,{alice.key_id},{alice.secret}", f"bob,{BOB[0]},{BOB[1]}")
    before = alice.files()
    done = in_process(alice, "configure", "import", "--csv", str(path), "--no-verify")
    assert done.code == 6, done.text
    assert f"{HOME_SHOWN or alice.home}{os.sep}.aws{os.sep}config:3" in done.text
    assert alice.files() == before


@pytest.mark.parametrize("options", [(), ("--skip-invalid",)])
def test_two_rows_for_one_profile_are_refused_and_both_lines_named(alice, options):
    row = f"alice,{alice.key_id},{alice.secret}"
    path = csv(alice, row, f"bob,{BOB[0]},{BOB[1]}", row)
    before = alice.files()
    done = alice.awscreds("configure", "import", "--csv", path, *options, rc=2)
    assert f"{path}:2 and {path}:4" in done.stderr
    assert alice.files() == before


def test_a_file_is_named_as_for_the_aws_cli(alice):
    path = csv(alice, f"alice,{alice.key_id},{alice.secret}").rename(alice.home / "keys.csv")
    for value in ("~/keys.csv", "file://~/keys.csv", f"fileb://{path}"):
        done = in_process(alice, "configure", "import", "--csv", value, "--no-verify")
        assert done.code == 0
        shown = done.text.replace("/", os.sep)
        assert f"{HOME_SHOWN or alice.home}{os.sep}keys.csv still contains" in shown


LITERALS = [
    "Access key ID,Secret access key\n{0},{1}",
    "Access key ID;Secret access key\r\n{0};{1}\r\n",
    "{0},{1}",
    "{1}",
    "file://{0},{1}",
    "AWSAccessKeyId={0}\nAWSSecretKey={1}",
    "~{1}",
    "{1}\0",
]


def test_the_csv_itself_as_an_argument_is_refused_and_never_echoed(alice):
    before = alice.files()
    for literal in LITERALS:
        value = literal.format(*BOB)
        for words in (
            ("configure", "import", "--csv", value, "--profile", "a"),
            ("configure", "import", f"--csv={value}", "--json"),
            ("configure", "import", value),
            ("configure", "import", "--from-env", "--csv", value, "--verbose"),
            ("configure", "import", "--csv", value, "--skip-invalid", "--quiet"),
            ("configure", "--csv", value),
        ):
            done = in_process(alice, *words)
            assert done.code in {1, 2}, words
            assert BOB[1] not in done.text
            assert BOB[0] not in done.text
    assert alice.files() == before


def test_the_root_users_file_is_refused_by_name(alice):
    path = alice.folder / "rootkey.csv"
    path.write_text(f"AWSAccessKeyId={BOB[0]}\nAWSSecretKey={BOB[1]}\n")
    done = alice.awscreds("configure", "import", "--csv", path, "--profile", "r", rc=2)
    assert (
        f"{path}:1: nothing was imported: this file (rootkey.csv) has a key of the ROOT user"
        in done.stderr
    )
    assert BOB[1] not in done.stderr


def test_what_excel_saves_in_europe_is_imported(alice):
    path = alice.folder / "keys.csv"
    text = f"sep=;\r\nAccess key ID;Secret access key\r\n{alice.key_id};{alice.secret}\r\n"
    path.write_bytes(text.encode("utf-16"))
    alice.awscreds("configure", "import", "--csv", path, "--profile", "alice")
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout


def test_an_empty_name_of_a_file_is_not_the_environment(alice):
    keys = {"AWS_ACCESS_KEY_ID": BOB[0], "AWS_SECRET_ACCESS_KEY": BOB[1]}
    with mock.patch.dict(alice.environment, keys):
        done = in_process(alice, "configure", "import", "--csv", "", "--profile", "p")
    assert done.code == 1
    assert "cannot read the file that --csv names" in done.text


@pytest.mark.parametrize("source", ["FILE", "-"])
def test_a_file_that_is_too_long_is_refused_and_not_cut_in_a_row(alice, source, monkeypatch):
    path = csv(alice, f"alice,{alice.key_id},{alice.secret}")
    monkeypatch.setattr(csv_import, "LARGEST", len(path.read_bytes()) - 5)
    before = alice.files()
    words = ["configure", "import", "--no-verify", "--csv"]
    stdin = io.StringIO(path.read_text())
    done = in_process(alice, *words, str(path) if source == "FILE" else "-", stdin=stdin)
    assert done.code == 2
    assert "bytes" in done.text
    assert alice.files() == before


def test_two_secrets_for_one_id_are_refused_before_the_first_is_stored(alice):
    path = csv(alice, f"alice,{BOB[0]},{alice.secret}", f"bob,{BOB[0]},{BOB[1]}")
    before = alice.files()
    done = in_process(alice, "configure", "import", "--csv", str(path), "--no-verify")
    assert done.code == 2
    assert f"{path}:2 and {path}:3 have different secrets" in done.text
    assert alice.files() == before


def test_several_rows_are_reported_in_one_document(alice):
    root_id, root_secret = alice.sandbox.root_key
    path = csv(alice, f"alice,{alice.key_id},{alice.secret}", f"boss,{root_id},{root_secret}")
    words = ("configure", "import", "--csv", str(path), "--json")
    done = in_process(alice, *words)
    imported = json.loads(done.stdout)["imported"]
    assert [one["profile"] for one in imported] == ["alice", "boss"]
    assert alice.secret not in done.text
    broken = csv(alice, f"alice,{alice.key_id},{alice.secret}", "bob,oops,x")
    assert json.loads(in_process(alice, *words[:3], str(broken), "--json").stdout)["error"]


@pytest.mark.parametrize(
    ("header", "rows", "hint"),
    [
        ("User Name,Access key ID,Secret access key", ("a,{}", "b,{}"), "without --profile"),
        ("Access key ID,Secret access key", ("{}", "{}"), "add a column User Name"),
        ("User Name,Access key ID,Secret access key", ("a,{}", ",{}"), "add a column User Name"),
    ],
)
def test_a_profile_for_several_keys_is_refused_with_a_way_that_works(alice, header, rows, hint):
    pairs = (f"{alice.key_id},{alice.secret}", ",".join(BOB))
    path = csv(
        alice, *(row.format(pair) for row, pair in zip(rows, pairs, strict=True)), header=header
    )
    done = in_process(alice, "configure", "import", "--csv", str(path), "--profile", "x")
    assert done.code == 2
    assert hint in done.text
    assert ("without --profile" in done.text) == ("without --profile" in hint)
