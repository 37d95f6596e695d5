"""The committed scripts: what the generator makes, and without a fault to their shells."""

import os
import re
import shutil
import subprocess
import tomllib

import pytest

from awscreds.cli import root
from awscreds.completion import FILES, script
from awscreds.completion.tree import read
from awscreds.completion.values import LISTS
from tests.completion.__main__ import FOLDER
from tests.completion.shells import program
from tests.helpers import missing_tool

BASH = (FOLDER / "awscreds.bash").read_text()
PROJECT = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text())


@pytest.mark.parametrize("shell", FILES)
def test_the_committed_script_is_that_of_the_present_commands(shell):
    committed = (FOLDER / FILES[shell]).read_text(encoding="utf-8")
    assert committed == script(shell, root), "write it anew: python -m tests.completion"


@pytest.mark.parametrize("shell", FILES)
def test_every_command_and_option_is_in_the_script(shell):
    text = (FOLDER / FILES[shell]).read_text(encoding="utf-8")
    for command in read(root):
        assert f"'{command.path}'" in text
        for option in command.options:
            assert option.name in text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_finds_no_fault_in_it(shell):
    subprocess.run([program(shell), "-n", FOLDER / FILES[shell]], check=True, timeout=30)


@pytest.mark.parametrize(
    ("shell", "setting"),
    [
        *(("bash", f"set -o {option}") for option in ("posix", "nounset", "errexit", "noglob")),
        *(("zsh", f"setopt {option}") for option in ("no_short_loops", "sh_word_split", "no_glob")),
        *(("zsh", f"emulate {other}") for other in ("sh", "ksh")),
    ],
)
def test_it_is_sourced_in_silence_whatever_the_persons_settings(shell, setting):
    options = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"]}[shell]
    text = f"compdef() {{ :; }}; {setting}; . {FOLDER / FILES[shell]} && echo sourced"
    done = subprocess.run(
        [program(shell), *options, "-c", text],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == ("sourced\n", "")


def test_shellcheck_finds_no_fault_in_the_bash_script():
    if not shutil.which("shellcheck"):
        missing_tool("shellcheck is not installed")
    subprocess.run(["shellcheck", FOLDER / "awscreds.bash"], check=True, timeout=60)


@pytest.mark.slow
def test_powershell_parses_and_runs_its_script(tmp_path):
    pwsh = shutil.which("pwsh")
    if not pwsh:
        missing_tool("pwsh is not installed")
    (tmp_path / "config").write_text('[profile "it\'s"]\n[profile one]\n')
    ask = (
        f". '{FOLDER / 'awscreds.ps1'}'; $line = 'awscreds whoami --profile ';"
        "(TabExpansion2 $line $line.Length).CompletionMatches.CompletionText"
    )
    done = subprocess.run(
        [pwsh, "-NoProfile", "-NonInteractive", "-Command", ask],
        env={
            "HOME": str(tmp_path),
            "PATH": os.environ["PATH"],
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split("\n")[:2] == ["'it''s'", "one"]


def test_the_powershell_script_has_its_brackets_and_quotes_in_pairs():
    text = (FOLDER / "awscreds.ps1").read_text(encoding="utf-8")
    code = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    without_texts = re.sub(r"'(?:[^']|'')*'|\"(?:`.|\"\"|[^\"`])*\"", "''", code)
    assert "'" not in without_texts.replace("''", "")
    open_ones = []
    for char in without_texts:
        if char in "({[":
            open_ones.append({"(": ")", "{": "}", "[": "]"}[char])
        elif char in ")}]":
            assert open_ones.pop() == char
    assert open_ones == []


def test_the_powershell_script_is_the_same_in_any_encoding():
    """Windows PowerShell reads a file without a byte order mark in the encoding of the country."""
    assert (FOLDER / "awscreds.ps1").read_text(encoding="utf-8").isascii()


NEWER_THAN_BASH_3_2 = {
    "associative arrays": r"\b(declare|local|typeset) -\w*A",
    "name references": r"\b(declare|local|typeset) -\w*n\b",
    "mapfile": r"\b(mapfile|readarray)\b",
    "case modification": r"\$\{\w+(,,?|\^\^?)",
    "transformations": r"\$\{\w+@[A-Za-z]\}",
    "negative substrings": r"\$\{\w+:[^}]*: -",
    "pipes of stderr": r"\|&|&>>",
    "printf of times": r"printf '%\(",
    "printf into arrays": r"printf -v \"?\w+\[",
    "coproc": r"\bcoproc\b",
    "falling through a case": r";;?&",
    "negative array indexes": r"\w\[-\d",
    "tests of variables": r"\[\[ -[vR] ",
    "local -": r"\blocal -\s",
    "epoch variables": r"EPOCH(SECONDS|REALTIME)",
    "unicode escapes": r"\$'[^']*\\[uU]",
    "process substitution, gone in POSIX mode": r"[<>]\(",
}


@pytest.mark.parametrize("name", NEWER_THAN_BASH_3_2)
def test_the_bash_script_has_nothing_that_bash_3_2_lacks(name):
    without_awk = re.sub(r"-v want=.*?'\n?.*?' kind=", "", BASH, flags=re.DOTALL)
    assert not re.search(NEWER_THAN_BASH_3_2[name], without_awk)


def test_what_bash_3_2_lacks_is_asked_for_before_it_is_used():
    for at in re.finditer(r"\bcompopt -o", BASH):
        assert "type compopt" in BASH[: at.start()].rsplit("\n", 2)[-2] + BASH[: at.start()][-80:]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_names_reach_no_word_list_and_no_evaluation(shell):
    text = (FOLDER / FILES[shell]).read_text(encoding="utf-8")
    assert "compgen -W" not in text
    evaluated = set(re.findall(r"\beval (.*)", text))
    assert evaluated <= {'"$statements" || code=$?'}


def test_each_script_goes_into_the_wheel_where_its_shell_looks():
    shared = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared == {
        "completions/awscreds.bash": "share/bash-completion/completions/awscreds",
        "completions/_awscreds": "share/zsh/site-functions/_awscreds",
        "completions/awscreds.fish": "share/fish/vendor_completions.d/awscreds.fish",
        "man/awscreds.1": "share/man/man1/awscreds.1",
    }


def test_the_regions_are_those_that_botocore_knows_or_more():
    import botocore.session

    session = botocore.session.Session()
    partitions = ("aws", "aws-cn", "aws-us-gov")
    known = {r for p in partitions for r in session.get_available_regions("sts", p)}
    real = {region for region in known if re.fullmatch(r"[a-z]+(-[a-z]+)+-\d", region)}
    missing = real - set(LISTS["@region"].split(","))
    # A region younger than the list is no defect; most of them missing would be.
    assert len(missing) <= 3, missing


def test_no_part_of_the_generator_names_a_command_that_is_not_there():
    from awscreds.completion.values import AFTER_DASHES, BY_PLACE

    paths = {command.path for command in read(root)}
    named = {place.rpartition(" ")[0] for place in BY_PLACE} | set(AFTER_DASHES)
    assert named <= paths
