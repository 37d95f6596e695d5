"""Rows: what a TAB costs in a running bash, zsh, fish and PowerShell: ours, and a baseline.

The home has 10,000 profiles of
five settings each. Each line is completed in three ways, one after the other in the same shell, so
that a busy machine slows all of them:

- by our script;
- by the script that click generates from our tree, which starts Python and offers no profiles;
- by the same with a callback at `--profile` that gives the answers ours gives, read from the files
  as fast as Python can: by one regular expression.

click has nothing for PowerShell. There the baseline is the least that a script written in
PowerShell can do: one Select-String over both files, and one CompletionResult for each name.

Shells that are not installed are left out.
"""

import os
import shutil
import statistics
import subprocess
from pathlib import Path

from tests.benchmarks.homes import variables
from tests.benchmarks.measure import BARE, BASELINE, OWN, Row, Sample, Series
from tests.completion.__main__ import FOLDER

GROUP = "A TAB, with 10,000 profiles"
SCRIPTS = {"zsh": "_awscreds", "pwsh": "awscreds.ps1"}

LINES = {
    "100 of 10,000 profiles": "mfa-session --profile team011-",
    "all 10,000 profiles": "mfa-session --profile ",
    "an option": "mfa-session --dur",
}
OFFERED = {"100 of 10,000 profiles": 100, "all 10,000 profiles": 10_001, "an option": 1}
OURS = "awscreds"
CLICKS = {"click": "click's as generated", "click-profiles": "click's with a profile callback"}
"""What is typed for each, in zsh and fish; and what it is."""
SELECT = "select"

WITH_CALLBACK = r"""#!{python}
import pathlib
import re

import click
from click.shell_completion import CompletionItem

from awscreds.__main__ import main

original = click.Option.shell_complete
HEADER = re.compile(r"^\[(?:profile )?([^\]\n]+)\]", re.MULTILINE)


def complete(option, context, incomplete):
    if option.name != "profile":
        return original(option, context, incomplete)
    folder = pathlib.Path.home() / ".aws"
    files = [(folder / file).read_text() for file in ("config", "credentials")]
    names = [name for text in files for name in HEADER.findall(text)]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


click.Option.shell_complete = complete
main()
"""

BASH = r"""
{sources}
. {script}
ours() {{ COMP_LINE="awscreds $1" COMP_POINT=$((9 + ${{#1}})); _awscreds awscreds "${{1##* }}"; }}
clicks() {{
    COMP_WORDS=(awscreds $3) COMP_CWORD=${{#COMP_WORDS[@]}}
    if [[ $3 != *' ' ]]; then COMP_CWORD=$((COMP_CWORD - 1)); fi
    "_${{1//-/_}}_completion" "$2"
}}
timed() {{
    local name=$1 start=${{EPOCHREALTIME/[^0-9]/}}
    shift
    "$@"
    printf '%s\t%s\t%s\n' $((${{EPOCHREALTIME/[^0-9]/}} - start)) "$name" ${{#COMPREPLY[@]}}
    COMPREPLY=()
}}
for ((round = 0; round < {rounds}; round++)); do
{body}
done
"""
FISH = """
{sources}
. {script}
function timed
    set -l start (date +%s%N)
    set -l offered (complete -C $argv[2])
    printf '%s\\t%s\\t%s\\n' (math "("(date +%s%N)" - $start) / 1000") $argv[1] (count $offered)
end
for round in (seq {rounds})
{body}
end
"""
ZSH = r"""
autoload -Uz compinit; compinit -D; zmodload zsh/datetime; unsetopt auto_list auto_menu beep
{sources}
. {script}
timed() {{
    local start=$EPOCHREALTIME
    zle complete-word
    printf '%s\t%s\t?\n' $(( (EPOCHREALTIME - start) * 1000000 )) "$case" >>{output}
    BUFFER=
}}
zle -N timed
bindkey '^T' timed
"""
POWERSHELL = r"""
. '{script}'
Register-ArgumentCompleter -Native -CommandName select -ScriptBlock {{
    param($word)
    $files = "$HOME/.aws/config", "$HOME/.aws/credentials"
    Select-String -LiteralPath $files -Pattern '^\[(?:profile )?([^\]]+)\]' |
        ForEach-Object {{ $_.Matches[0].Groups[1].Value }} |
        Where-Object {{ $_.StartsWith($word) }} |
        ForEach-Object {{ [System.Management.Automation.CompletionResult]::new($_) }}
}}
foreach ($round in 1..{rounds}) {{
    foreach ($case in @({cases})) {{
        $typed, $name, $line = $case -split '\|'
        $line = "$typed $line"
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $found = TabExpansion2 $line $line.Length
        $took = $watch.Elapsed.TotalMicroseconds
        "{{0:F0}}`t{{1}}`t{{2}}" -f $took, "$typed|$name", $found.CompletionMatches.Count
    }}
}}
"""


def measured(stage, rounds, launcher):
    """A series for each shell, line and script; each shell is one process, which all share."""
    home = stage.folder("tabs")
    write_profiles(home)
    callback = home / "with-callback"
    callback.write_text(WITH_CALLBACK.format(python=stage.peers.python))
    callback.chmod(0o755)
    programs = dict(zip(CLICKS, (stage.awscreds, callback), strict=True))
    environ = variables(home, LC_ALL="C.UTF-8", TERM="xterm")
    environ["PATH"] = f"{Path(stage.awscreds).parent}:{os.environ['PATH']}"
    series = []
    for shell, measure in MEASURES.items():
        if not shutil.which(shell):
            stage.note(f"completion in {shell}: it is not on PATH")
            continue
        bare = [launcher.run(BARE, {})["wall"] for _ in range(rounds)]
        sources = [
            generated(shell, typed, program, home, environ)
            for typed, program in programs.items()
            if shell != "pwsh"
        ]
        texts = {
            "sources": "\n".join(f". {source}" for source in sources),
            "script": FOLDER / SCRIPTS.get(shell, f"awscreds.{shell}"),
            "rounds": rounds + 1,
        }
        times = rows_of(measure(texts, home, programs, environ))
        series += [series_of(shell, case, row, bare) for case, row in times.items()]
    return series


def series_of(shell, case, times, bare):
    """The series of a line: void if it was not offered what it must be."""
    name, typed = case
    what = {OURS: "ours", **CLICKS, SELECT: "Select-String alone"}[typed]
    row = Row(GROUP, f"{shell}: {name}, {what}", f"{typed} {LINES[name]}⇥", (), {},
              who=OWN if typed == OURS else BASELINE)  # fmt: skip
    offered = {count for _, count in times}
    if typed == OURS and not offered <= {str(OFFERED[name]), "?"}:
        return Series(row, void=f"{', '.join(sorted(offered))} offered, not {OFFERED[name]}")
    usual = statistics.median(bare)
    return Series(row, [Sample(ms / 1000, None, None, usual, None) for ms, _ in times])


def write_profiles(home):
    folder = home / ".aws"
    folder.mkdir()
    profile = (
        "[profile team{0:03d}-account-{1:05d}]\n"
        "role_arn = arn:aws:iam::123456789012:role/Engineer{1}\n"
        "source_profile = base\nregion = eu-central-1\noutput = json\n"
        "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n\n"
    )
    config = "".join(profile.format(number // 100, number) for number in range(10_000))
    (folder / "config").write_text(config)
    (folder / "credentials").write_text("[base]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n")


def generated(shell, typed, program, home, environment):
    """The file with click's script for ``program``, under a name of its own for each of them."""
    source = subprocess.run(
        [program],
        env={**environment, "_AWSCREDS_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    function = f"_{typed.replace('-', '_')}_completion"
    for old, new in {
        "_awscreds_completion": function,
        # zsh and fish call it by its name:
        f"=zsh_complete {OURS}": f"=zsh_complete {program}",
        f"(commandline -t) {OURS}": f"(commandline -t) {program}",
        f"{function} {OURS}": f"{function} {typed}",
        f"--command {OURS}": f"--command {typed}",
    }.items():
        source = source.replace(old, new)
    file = home / f"{typed}.{shell}"
    file.write_text(source)
    return file


def bash(texts, _home, programs, environment):
    body = []
    for name, line in LINES.items():
        body.append(f"timed '{OURS}|{name}' ours '{line}'")
        body += [
            f"timed '{typed}|{name}' clicks {typed} {program} '{line}'"
            for typed, program in programs.items()
        ]
    text = BASH.format(body="\n".join(body), **texts)
    return output_of(["bash", "--norc", "-c", text], environment)


def fish(texts, _home, programs, environment):
    body = [
        f"timed '{typed}|{name}' '{typed} {line}'"
        for name, line in LINES.items()
        for typed in (OURS, *programs)
    ]
    text = FISH.format(body="\n".join(body), **texts)
    return output_of(["fish", "--no-config", "-c", text], environment)


def zsh(texts, home, programs, environment):
    import pexpect

    output = home / "zsh.times"
    setup = home / "setup.zsh"
    setup.write_text(ZSH.format(output=output, **texts))
    child = pexpect.spawn("zsh", ["-f", "-i"], env=environment, encoding="utf-8", timeout=60)
    child.sendline(f"PS1='rea''dy> '; . {setup}")
    child.expect_exact("ready> ")
    for _ in range(texts["rounds"]):
        for name, line in LINES.items():
            for typed in (OURS, *programs):
                child.sendline(f"case='{typed}|{name}'")
                child.expect_exact("ready> ")
                child.send(f"{typed} {line}\x14echo over\r")
                child.expect_exact("\nover")
                child.expect_exact("ready> ")
    child.close(force=True)
    return output.read_text()


def powershell(texts, _home, _programs, environment):
    cases = ", ".join(
        f"'{typed}|{name}|{line}'"
        for name, line in LINES.items()
        for typed in (OURS, SELECT)
        if typed == OURS or "profile" in line
    )
    text = POWERSHELL.format(cases=cases, **texts)
    return output_of(["pwsh", "-NoProfile", "-NonInteractive", "-Command", text], environment)


MEASURES = {"bash": bash, "zsh": zsh, "fish": fish, "pwsh": powershell}


def output_of(argv, environment):
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stdout


def rows_of(text):
    """Milliseconds and candidates by line and program; not the first round, which warms caches."""
    rows = {}
    for line in text.splitlines():
        microseconds, case, offered = line.split("\t")
        typed, name = case.split("|")
        rows.setdefault((name, typed), []).append((float(microseconds) / 1000, offered))
    return {case: times[1:] for case, times in rows.items()}
