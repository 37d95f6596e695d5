"""PowerShell's TAB: what a person gets, what is run of it, and how it comes and goes."""

import json
import os
import re
import shutil
import subprocess

import pytest

from tests.completion.__main__ import FOLDER
from tests.completion.shells import write
from tests.completion.test_candidates import LINES
from tests.completion.test_install import completion, tree
from tests.completion.test_typing import CREDENTIALS, NAMES
from tests.helpers import missing_tool

SOURCE = f". '{FOLDER / 'awscreds.ps1'}'"
ASK = """
$answers = foreach ($line in [Console]::In.ReadToEnd() | ConvertFrom-Json) {
    $found = TabExpansion2 $line $line.Length
    # What PSReadLine does: the candidate takes the place of what was typed.
    $lines = @(foreach ($match in $found.CompletionMatches) {
        $line.Remove($found.ReplacementIndex, $found.ReplacementLength).Insert(
            $found.ReplacementIndex, $match.CompletionText)
    })
    # And what the shell makes of each such line, run with a program that shows its words.
    $words = @(foreach ($each in $lines) {
        , @(& ([scriptblock]::Create(($each -replace '^awscreds\\S*', 'Show-Words'))))
    })
    @{ tips = @($found.CompletionMatches | ForEach-Object ToolTip); lines = $lines; words = $words }
}
ConvertTo-Json -Depth 5 -Compress -InputObject @($answers)
"""
SHOW_WORDS = "function Show-Words { $args | ForEach-Object { $_ } }"
STRICT = "Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'"


@pytest.fixture
def pwsh(home, tmp_path):
    """Runs lines in PowerShell at ``home``; returns what it prints."""
    program = shutil.which("pwsh")
    if program is None:
        missing_tool("pwsh is not installed")
    folder = tmp_path / "folder"
    folder.mkdir(exist_ok=True)

    def run(*lines, stdin="", profile=False, rc=0):
        words = [] if profile else ["-NoProfile"]
        done = subprocess.run(
            [program, *words, "-NonInteractive", "-Command", "\n".join(lines)],
            input=stdin,
            env={"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert done.stderr == ""
        assert done.returncode == rc
        return done.stdout

    run.folder = folder
    return run


def tab(pwsh, lines, *settings):
    """What TAB offers at the end of each line, as ``ASK`` says."""
    said = pwsh(*settings, SOURCE, SHOW_WORDS, ASK, stdin=json.dumps(lines))
    return json.loads(said)


@pytest.mark.slow
@pytest.mark.parametrize("settings", [(), (STRICT,)], ids=["plain", "strict"])
def test_what_fits_is_offered_and_nothing_else(pwsh, home, settings):
    write(
        home,
        "[profile one]\nawscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        "[profile two]\nawscreds_access_key_id = AKIAI44QH8DHBEXAMPLE\n",
        "[one]\n[three]\n",
    )
    # After one dash, PowerShell offers the parameters that every function of its own has.
    lines = {f"{line}-" if line == "awscreds-use -" else line: LINES[line] for line in LINES}
    for line, answer in zip(lines, tab(pwsh, list(lines), *settings), strict=True):
        offered = {words[-1] for words in answer["words"]}
        # Without an answer of ours, PowerShell offers the files of the folder: there are none.
        assert offered == lines[line], line
        assert len(answer["lines"]) == len(offered), line


@pytest.mark.slow
def test_commands_and_options_come_with_their_help(pwsh, home):
    write(home)
    commands, options = tab(pwsh, ["awscreds configure l", "awscreds mfa-session --dur"])
    assert "Print the names of all profiles, one per line" in commands["tips"]
    assert options["tips"] == ["How long the session lasts: 90m, 12h, or seconds"]


MORE = {
    "typographic": "typographic\u2019s\u201c$(touch x)\u201d",
    "dash": "dash-$(touch x)",
    "splat": "splat@(touch x)",
    "comma": "comma,a",
    "curly": "curly{touch x}",
    "percent": "percent%PATH%",
}
"""Names that would be code in PowerShell only, by what is typed of them."""


@pytest.mark.slow
@pytest.mark.parametrize("settings", [(), (STRICT,)], ids=["plain", "strict"])
def test_any_name_means_itself_and_none_is_run(pwsh, home, settings):
    names = NAMES | MORE
    write(home, credentials=CREDENTIALS + "".join(f"[{name}]\n" for name in MORE.values()))
    asked = {
        f"awscreds whoami --profile {start}{typed}": name
        for typed, name in names.items()
        for start in ("", "'", '"')
    } | {f"awscreds-use {typed}": name for typed, name in names.items()}
    for line, answer in zip(asked, tab(pwsh, list(asked), *settings), strict=True):
        assert [words[-1] for words in answer["words"]] == [asked[line]], (line, answer)
    assert list(pwsh.folder.iterdir()) == []


@pytest.mark.slow
def test_an_option_and_its_value_in_one_word_are_completed(pwsh, home):
    write(home, credentials=CREDENTIALS)
    lines = [f"awscreds whoami --profile={typed}" for typed in NAMES]
    for line, name, answer in zip(lines, NAMES.values(), tab(pwsh, lines), strict=True):
        assert [words[-1] for words in answer["words"]] == [f"--profile={name}"], line


@pytest.mark.slow
def test_ten_thousand_names_are_offered_and_one_of_them_is_code(pwsh, home):
    headers = "".join(f"[profile team-{number:05}]\nregion = x\n" for number in range(10_000))
    write(home, f"{headers}[profile 'it$(touch x)']\n")
    ten, code = tab(pwsh, ["awscreds whoami --profile team-0123", "awscreds whoami --profile it"])
    assert [words[-1] for words in ten["words"]] == [f"team-0123{digit}" for digit in range(10)]
    assert [words[-1] for words in code["words"]] == ["it$(touch x)"]
    assert list(pwsh.folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.daily(1)
@pytest.mark.parametrize("before", [None, b"", b"Set-Alias ll Get-ChildItem\r\n", b"$a = 1"])
def test_a_new_shell_completes_after_install_and_no_longer_after_uninstall(pwsh, home, before):
    write(home, "[profile 'it''s one']\n[profile 'a b']\n")
    startup = home / ".config" / "powershell" / "profile.ps1"
    if before is not None:
        startup.parent.mkdir(parents=True)
        startup.write_bytes(before)
    was = tree(home / ".config") if before is not None else {}
    ask = "$line = 'awscreds whoami --profile a'; (TabExpansion2 $line 27).CompletionMatches"
    # Get-Command would look into each module for one that is not there.
    ask += ".CompletionText; Get-ChildItem Function:awscreds-us[e] | % Name; exit 0"
    completion(home, "powershell", "--install")
    completion(home, "powershell", "--install")
    assert startup.read_bytes().count(b"awscreds.ps1") == 2  # the test and the call of one line
    assert pwsh(ask, profile=True).split("\n") == ["'a b'", "awscreds-use", ""]
    completion(home, "powershell", "--uninstall")
    assert "awscreds-use" not in pwsh(ask, profile=True)
    assert {path: kept for path, kept in tree(home / ".config").items() if path in was} == was
    assert startup.exists() == (before is not None)
    assert not (home / ".local" / "share" / "awscreds").exists()


def test_every_line_for_powershell_that_we_show_ends_a_script_when_it_fails():
    """``| iex`` alone goes on after a failure, with the credentials from before."""
    root = FOLDER.parent
    shown = [root / "README.md", *(root / "docs").rglob("*.md"), *(root / "man").iterdir()]
    shown += [*(root / "awscreds").rglob("*.py"), *(root / "completions").iterdir()]
    found = [
        (path.name, line)
        for path in shown
        for line in path.read_text("utf-8").replace("\\-", "-").splitlines()
        if re.search(r"awscreds.*\\?\| *(iex|Invoke-Expression)|\$statements \| I", line)
    ]
    assert all("Out-String" in line or "only `| iex`" in line for _, line in found), found
    assert {"sessions.md", "shells.md", "awscreds.1"} <= {name for name, _ in found}
