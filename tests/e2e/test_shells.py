"""What is printed for a shell is taken in by the real shells as exactly the values it stands for.

Many values share one shell process: all are assigned by a single ``eval`` and read back by one
``printf``, so that each setting of each shell is tried with hundreds of values in little time.
"""

import os
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from awscreds.model import shells
from tests.helpers import missing_tool

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile"],
    "zsh": ["zsh", "-f"],
    "dash": ["dash"],
    "ksh93": ["ksh93"],
    "mksh": ["mksh"],
    "fish": ["fish"],  # --no-config would leave universal variables out; the home is empty
}
POSIX = [name for name in SHELLS if name != "fish"]

NEWLINE_AND_TAB = "IFS='\n\t'"
EVERYTHING = "".join(map(chr, range(1, 127))).replace("'", "'\\''")
ANY_IFS = [f"IFS='{EVERYTHING}'", "IFS=", "IFS=\\'\\`", "IFS='0147'", "IFS='=; '", "IFS='\\b%'"]

UNQUOTED = {
    "bash": [
        "",
        "set -euo pipefail",
        "shopt -s nullglob extglob dotglob globstar",
        "shopt -s failglob extglob; set -e",
        f"set -euo pipefail; shopt -s nullglob extglob; {NEWLINE_AND_TAB}",
        f"shopt -s failglob extglob; {NEWLINE_AND_TAB}",
        "set -o posix",
        "export LC_ALL=C",
    ],
    "zsh": [
        "",
        "set -euo pipefail",
        "setopt null_glob extended_glob ksh_glob sh_word_split",
        "setopt glob_subst extended_glob sh_word_split magic_equal_subst brace_ccl rc_quotes",
        "setopt glob_subst null_glob ksh_glob csh_junkie_quotes",
        f"setopt glob_subst extended_glob ksh_glob; {NEWLINE_AND_TAB}",
        "emulate sh",
        "emulate ksh",
        "export LC_ALL=C",
    ],
    "dash": ["", "set -eu", f"set -eu; {NEWLINE_AND_TAB}", "export LC_ALL=C"],
    "ksh93": [
        "",
        "set -euo pipefail",
        "set -o globstar -o braceexpand",
        f"set -euo pipefail -o globstar -o braceexpand; {NEWLINE_AND_TAB}",
        "export LC_ALL=C",
    ],
    "mksh": [
        "",
        "set -euo pipefail",
        "set -o braceexpand -o utf8-mode",
        f"set -euo pipefail -o braceexpand; {NEWLINE_AND_TAB}",
        "set -o posix",
    ],
}

NASTY = [
    "",
    " ",
    "a b",
    "a  b",
    "  a\t\tb  ",
    "\n",
    "a\nb\n\n",
    "\r\n\v\f",
    "*",
    "?",
    "[a-z]*",
    "[!x]",
    "{a,b}",
    "{1..9}",
    "a{,}b",
    "~",
    "~root",
    "a:~:b",
    "~\n",
    "* {a,b}\n",
    "=ls",
    "a =ls",
    "#",
    "a # b",
    "!!",
    "!$",
    "^a^b",
    "-n",
    "--",
    "- x",
    "%s%n%%",
    "%1",
    "\\",
    "\\\\",
    "\\n\\0052\\c",
    "a\\",
    "*5",
    "\x011",
    "'",
    "''",
    "'\"'\"'",
    '"',
    "$HOME",
    "${HOME}",
    "$(touch hacked)",
    "`touch hacked`",
    "'; touch hacked; '",
    '"; touch hacked; "',
    "\ntouch hacked\n",
    ";touch hacked;",
    "&& touch hacked",
    "a|b>c<d&",
    "+(x)@(y)!(z)?(a)*(b)",
    "~(E)x",
    "(a|b)",
    "<1-9>",
    "zoë",
    "ā中\U0001f600",
    "\u2018\u2019",
    "\udc80\udcff",
    "x" * 5000,
    *map(chr, range(1, 128)),
    *(f"a{chr(code)}{chr(code)}5" for code in range(1, 128)),
]

values = st.lists(
    st.one_of(
        st.text(" \t\n*?[]{},~#'\"$`\\!^-=();a0"),
        st.binary(max_size=20).map(lambda raw: os.fsdecode(raw.replace(b"\0", b""))),
    ),
    max_size=30,
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A folder whose files are named like the words that are printed, and like commands."""
    folder = tmp_path_factory.mktemp("hostile")
    text = shells.statements("sh", assign={f"K{at}": value for at, value in enumerate(NASTY)})
    words = {word for line in text.splitlines() for word in (line, *line.split(" "))}
    words |= {word.replace("\\", "") for word in words}
    words |= {value for value in NASTY if "\0" not in value}
    words |= {"touch hacked", ";touch hacked;", "K0=hacked;", "export", "unset", "a", "x", "-x"}
    for word in words - {"", ".", ".."}:
        name = os.fsencode(word.replace("/", ""))
        if 0 < len(name) < 255:
            (folder / os.fsdecode(name)).touch()
    return folder


def installed(shell):
    """The words that start a shell without anybody's settings."""
    words = SHELLS[shell]
    if not shutil.which(words[0]):
        missing_tool(f"{words[0]} is not installed")
    return words


def run(shell, script, folder, *arguments):
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "LC_ALL": "C.UTF-8",
        "GONE": "1",
    }
    done = subprocess.run(
        [*installed(shell), "-c", script, "shell", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def taken_in(shell, setting, evaluation, found, hostile):
    """What a shell holds after it evaluated the statements that assign the values ``found``."""
    names = [f"K{at}" for at in range(len(found))]
    text = shells.statements(
        "fish" if shell == "fish" else "sh",
        assign=dict(zip(names, found, strict=True)),
        remove=["GONE", "NEVER_SET"],
    )
    printed = hostile.parent / f"printed-{hostile.name}"
    printed.write_text(text, encoding="ascii")
    read_back = " ".join(f'"${name}"' for name in names)
    gone = '"$GONE"' if shell == "fish" else '"${GONE-}"'
    script = f"""{setting}
{evaluation.format(f"cat '{printed}'")}
printf '%s\\0' {read_back} {gone} end
"""
    before = sorted(os.listdir(os.fsencode(hostile)))
    status, out, err = run(shell, script, hostile)
    assert sorted(os.listdir(os.fsencode(hostile))) == before
    assert (status, err[:500]) == (0, "")
    *back, gone, end, rest = out.split(b"\0")
    assert (gone, end, rest) == (b"", b"end", b"")
    return [os.fsdecode(value) for value in back]


PROPERTY = settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "setting"),
    [(shell, setting) for shell, found in UNQUOTED.items() for setting in found],
)
@PROPERTY
@given(found=values)
@example(found=NASTY)
def test_an_unquoted_eval_gives_exactly_the_values(shell, setting, found, hostile):
    back = taken_in(shell, setting, "eval $({})", found, hostile)
    assert back == found


@pytest.mark.slow
@pytest.mark.parametrize("shell", POSIX)
@pytest.mark.parametrize("ifs", ANY_IFS)
@PROPERTY
@given(found=values)
@example(found=NASTY)
def test_a_quoted_eval_gives_exactly_the_values_with_any_ifs(shell, ifs, found, hostile):
    back = taken_in(shell, ifs, 'eval "$({})"', found, hostile)
    assert back == found


@pytest.mark.parametrize("evaluation", ["{} | source", "eval ({})", "eval ({} | string collect)"])
@PROPERTY
@given(found=values)
@example(found=NASTY)
def test_fish_gets_exactly_the_values(evaluation, found, hostile):
    back = taken_in("fish", "", evaluation, found, hostile)
    assert back == found


@pytest.mark.parametrize("shell", POSIX)
def test_variables_are_exported_and_removed_under_strict_settings(shell, tmp_path):
    text = shells.statements("sh", assign={"K": "plain", "L": "a  *"}, remove=["GONE", "NEVER"])
    status, out, err = run(shell, 'set -eu; eval $(printf %s "$1"); env', tmp_path, text)
    assert (status, err) == (0, "")
    variables = out.decode().splitlines()
    assert {"K=plain", "L=a  *"} <= set(variables)
    assert not any(line.startswith("GONE=") for line in variables)


def test_fish_exports_and_removes_for_this_session_only(tmp_path):
    text = shells.statements("fish", assign={"K": "a  *"}, remove=["GONE", "NEVER", "UNIVERSAL"])
    script = """
        set -Ux UNIVERSAL theirs
        printf %s $argv[2] | source; and echo went on
        env | string match -r "^(?:K|GONE|UNIVERSAL|name)=.*"
        set -q name; or echo left nothing behind
    """
    status, out, err = run("fish", script, tmp_path, text)
    assert status == 0
    went_on, *variables, left = out.decode().splitlines()
    assert (went_on, left) == ("went on", "left nothing behind")
    assert sorted(variables) == ["K=a  *", "UNIVERSAL=theirs"]
    assert err.strip() == (
        "awscreds: UNIVERSAL is a universal variable and stays. set -eU UNIVERSAL removes it."
    )


@pytest.mark.parametrize("shell", POSIX)
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_failure_stops_a_script_and_a_line(shell, quote, tmp_path):
    evaluation = f"eval {quote}$(printf %s '{shells.failure('sh', 1)}'){quote}"
    assert run(shell, f"{evaluation} && echo next; :", tmp_path) == (0, b"", "")
    status, out, err = run(shell, f"set -e; {evaluation}; echo next", tmp_path)
    assert status != 0
    assert (out, err) == (b"", "")


def test_a_failure_stops_a_line_of_fish(tmp_path):
    failure = shells.failure("fish", 1)
    for line in (f"printf %s {failure} | source", f"eval (printf %s {failure})"):
        assert run("fish", f"{line}; and echo next; true", tmp_path) == (0, b"", "")
