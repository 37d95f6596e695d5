"""Real shells in a pseudo-terminal, with the committed scripts, and somebody who presses TAB."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.completion.__main__ import FOLDER
from tests.helpers import missing_tool

BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"
OLD_BASH = "TEST_OLD_BASH"
"""The variable that names an older bash to be tested too, such as macOS's 3.2."""

SHELLS = ["bash", "bash with bash-completion", "zsh", "fish"]
if os.environ.get(OLD_BASH):
    SHELLS.append("old bash")

PROMPT = "ready> "
# The prompt is written in two halves, so that the echo of the command that sets it is none.
_BASH = "PS1='rea''dy> '; PS4='+ '; set +o history; . {script}"
_SETUP = {
    "bash": "bind 'set enable-bracketed-paste off'; " + _BASH,
    "bash with bash-completion": f". {BASH_COMPLETION}; bind 'set enable-bracketed-paste off'; "
    + _BASH,
    "old bash": _BASH,
    "zsh": "bindkey -e; unsetopt prompt_sp zle_bracketed_paste; autoload -Uz compinit; "
    "compinit -D; zstyle ':completion:*' verbose no; . {script}; PS1='rea''dy> '",
    "fish": "function fish_prompt; echo -n rea''dy'> '; end; . {script}",
}
_ARGV = {"bash": ["--norc", "-i"], "zsh": ["-f", "-i"], "fish": ["--no-config", "-i"]}
_SCRIPTS = {"bash": "awscreds.bash", "zsh": "_awscreds", "fish": "awscreds.fish"}
_ESCAPES = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\r"
)
_BEGINNING, _END, _CANCEL = "\x01", "\x05", "\x03"


def family(shell):
    return "bash" if "bash" in shell else shell


def program(shell):
    found = os.environ[OLD_BASH] if shell == "old bash" else shutil.which(family(shell))
    if not found:
        missing_tool(f"{shell} is not installed")
    if shell == "bash with bash-completion" and not os.path.exists(BASH_COMPLETION):
        missing_tool("bash-completion is not installed")
    return found


def script(shell):
    return FOLDER / _SCRIPTS[family(shell)]


class Typist:
    def __init__(self, shell, home, folder, *, setup="", script_path=None, rc=False, **environment):
        import pexpect

        self.shell = shell
        self.home = home
        self.folder = folder
        variables = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "TERM": "xterm",
            "LC_ALL": "C.UTF-8",
            **environment,
        }
        arguments = ["-i"] if rc else _ARGV[family(shell)]
        self._child = pexpect.spawn(
            program(shell),
            arguments,
            env=variables,
            cwd=str(folder),
            encoding="utf-8",
            timeout=10,
            dimensions=(60, 160),
        )
        self._child.delaybeforesend = 0.02
        begin = _SETUP[shell] if not rc else _SETUP[shell].replace("; . {script}", "")
        path = script_path or script(shell)
        self._child.sendline(begin.format(script=path))
        self._child.expect_exact(PROMPT)
        if setup:
            self.run(setup)

    def run(self, line):
        """Run a command and return what is on the screen until the next prompt."""
        self._child.sendline(line)
        self._child.expect_exact(PROMPT)
        return _ESCAPES.sub("", self._child.before)

    def words(self, typed):
        """What the shell itself understands the line to say, once TAB was pressed at its end."""
        self._child.send(typed + "\t")
        self._child.send(f"{_BEGINNING}printf 'word:%s:end\\n' {_END} LAST\r")
        self._child.expect_exact("word:LAST:end")
        seen = _ESCAPES.sub("", self._child.before)
        self._child.expect_exact(PROMPT)
        words = re.findall(r"word:(.*?):end\n", seen)
        return [word for word in words if not word.startswith("%s")]

    def screen(self, typed):
        """What is shown when TAB is pressed twice where there is more than one way to go on."""
        self._child.send(typed + "\t\t")
        # The list is there when what is typed after it has come out again.
        self._child.send("\x0b~seen~")
        self._child.expect_exact("~seen~")
        seen = self._child.before
        self._child.send(_CANCEL)
        self._child.expect_exact(PROMPT)
        return _ESCAPES.sub("", seen)

    def offered(self, typed):
        """The words of that list."""
        seen = re.sub(".\x08", "", self.screen(typed))
        seen = seen.replace("\x07", "\n").replace(typed.strip(), "\n")
        words = {word.strip() for line in seen.split("\n") for word in re.split(r" {2,}", line)}
        return words - {"", PROMPT.strip()}

    def close(self):
        self._child.close(force=True)


def candidates(shell, home, typed):
    """All that the script has to say about a line, without a terminal (bash and fish alone)."""
    if family(shell) == "bash":
        ask = """
            . "$1"; COMP_LINE=$2; COMP_POINT=${#2}; COMP_WORDS=($2); COMP_CWORD=99
            _awscreds awscreds "$3"
            for word in ${COMPREPLY+"${COMPREPLY[@]}"}; do printf '%s\\n' "$word"; done
        """
        text = re.split(r"[ =:@]", typed)[-1]
        arguments = ["--norc", "-c", ask, "bash", str(script(shell)), typed, text]
    else:
        arguments = ["--no-config", "-c", f". {script(shell)}; complete -C $argv[1]", "--", typed]
    done = subprocess.run(
        [program(shell), *arguments],
        env={"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stderr == ""
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def write(home: Path, config="", credentials=""):
    """The AWS files of a home."""
    folder = home / ".aws"
    folder.mkdir(exist_ok=True)
    (folder / "config").write_text(config)
    (folder / "credentials").write_text(credentials)
