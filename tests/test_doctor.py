"""The command doctor: its exit codes, its document, what it says when nothing is wrong."""

import io
import json

import pytest

from awscreds.app import App
from awscreds.cli import run

ENVIRON = {"PATH": "/usr/bin:/bin"}
FINDINGS = {
    "error": "[profile dev]\nregion\n",
    "warning": "[profile dev]\nregion = frankfurt\n",
    "note": "[profile dev]\nregion = eu-centrl-1\n",
}


def write(home, text):
    (home / ".aws").mkdir(mode=0o700, exist_ok=True)
    path = home / ".aws" / "config"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def doctor(home, *words, **environ):
    said = io.StringIO()
    app = App({**ENVIRON, "HOME": str(home), **environ}, stderr=said)
    return run(["doctor", *words], app), said.getvalue()


@pytest.mark.parametrize("level", FINDINGS)
def test_it_fails_from_the_level_on_that_was_asked_for(home, capsys, level):
    write(home, FINDINGS[level])
    levels = list(FINDINGS)
    assert doctor(home)[0] == 0
    for asked in levels:
        expected = levels.index(level) <= levels.index(asked)
        assert doctor(home, "--fail-on", asked)[0] == expected
    assert f"{level}\t" in capsys.readouterr().out


def test_nothing_wrong_is_said_in_a_word(home, capsys):
    write(home, "[profile dev]\nregion = eu-west-1\n")
    assert doctor(home, "--fail-on", "note") == (0, "No problems found.\n")
    assert capsys.readouterr().out == ""
    assert doctor(home, "--json", "--offline") == (0, "")
    document = json.loads(capsys.readouterr().out)
    assert (document["findings"], document["errors"]) == ([], 0)


def test_a_finding_is_in_the_table_and_not_also_a_warning(home, capsys):
    write(home, "[profile dev]\nregion\n")
    code, said = doctor(home)
    assert (code, said) == (0, "1 error.\n")
    assert capsys.readouterr().out.count("not a setting") == 1


def test_it_works_for_a_profile_that_is_not_there_and_without_files(home, capsys):
    code, _ = doctor(home, AWS_PROFILE="nobody")
    assert code == 0
    assert "missing-profile" in capsys.readouterr().out


MANAGED = (
    "credential_process = /v/python /v/awscreds/__main__.py credential-process --profile dev\n"
    "awscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
)


def test_the_programs_that_cannot_read_a_profile_are_shown_with_what_to_do(home, capsys):
    write(home, f"[profile dev]\n{MANAGED}[profile $(x)]\n{MANAGED}")
    assert doctor(home, "--clients")[0] == 0
    lines = capsys.readouterr().out.splitlines()
    [restic] = [line for line in lines if "\trestic\t" in line]
    assert "cannot read dev, $(x)" in restic
    assert restic.endswith("awscreds exec dev -- restic …")
    assert doctor(home, "--clients", "--json")[0] == 0
    document = json.loads(capsys.readouterr().out)
    assert document["clients"][-1]["profiles"] == ["dev", "$(x)"]
    write(home, "[profile dev]\nregion = eu-west-1\n")
    assert doctor(home, "--clients")[1].startswith("Every program")


@pytest.mark.parametrize("other", [["--fix"], ["--fail-on", "note"]])
def test_the_programs_are_not_findings(home, other):
    assert doctor(home, "--clients", *other)[0] == 2
