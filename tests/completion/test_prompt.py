"""`awscreds-prompt`: the profile and the time left of the session in this shell, for its prompt."""

import os
import shutil
import subprocess
import time

import pytest

from awscreds.model import environment
from awscreds.model.credentials import Session
from tests.completion.__main__ import FOLDER
from tests.completion.shells import SHELLS, family, program, script
from tests.docs.test_recipes import blocks
from tests.helpers import missing_tool

HALF = 30  # seconds by which the time that is left may shrink before it is shown
HOSTILE = "a\x1b[31m\u202e\nb'$(touch x)`touch x`%n%{\\[é日"


POSIX_SHELLS = [s for s in SHELLS if s not in ("bash with bash-completion", "fish")]
"""Those in which a command substitution is a process: there the text is put into a variable."""


@pytest.fixture(params=[*POSIX_SHELLS, "fish", "pwsh"])
def shell(request):
    return request.param


@pytest.fixture
def shown(shell, tmp_path):
    """What lines print in a shell that has loaded our script and has no other program."""
    if shell == "pwsh":
        found = shutil.which("pwsh")
        if not found:
            missing_tool("pwsh is not installed")
        argv = [found, "-NoProfile", "-NonInteractive", "-Command"]
        setup = f"$env:PATH = ''; . '{FOLDER / 'awscreds.ps1'}'"
    else:
        options = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[family(shell)]
        argv = [program(shell), *options, "-c"]
        setup = f". {script(shell)}"
        if shell == "zsh":
            setup = f"compdef() {{ :; }}; {setup}"

    path = os.environ["PATH"] if shell == "pwsh" else str(tmp_path)  # its own start needs more

    def run(*lines, **variables):
        done = subprocess.run(
            [*argv, "\n".join([setup, *lines])],
            env={"HOME": str(tmp_path), "PATH": path, "LC_ALL": "C.UTF-8", **variables},
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert not os.path.exists(tmp_path / "x")
        return done.stdout

    return run


def session(seconds, profile="dev"):
    """The variables of a session with so many seconds left."""
    made = Session("ASIAIOSFODNN7EXAMPLE", "SECRET", "TOKEN", time.time() + seconds)
    return environment.variables(made, profile=profile, region=None)


@pytest.mark.slow
@pytest.mark.daily(8)
@pytest.mark.parametrize(
    ("seconds", "left"),
    [
        (12 * 3600 + HALF, "12h0m"),
        (11 * 3600 + 42 * 60 + HALF, "11h42m"),
        (42 * 60 - HALF, "42m"),
        (HALF, "1m"),
        (-HALF, "expired"),
    ],
)
def test_the_profile_and_the_time_left_are_printed_without_another_program(shown, seconds, left):
    assert shown("awscreds-prompt", **session(seconds)) == f"dev {left}\n"


@pytest.mark.slow
def test_without_a_session_nothing_is_printed(shown):
    assert shown("awscreds-prompt").strip() == ""
    assert shown("awscreds-prompt", AWS_PROFILE="dev", AWS_ACCESS_KEY_ID="A").strip() == ""
    assert shown("awscreds-prompt", AWSCREDS_PROFILE="dev").strip() == ""


@pytest.mark.slow
@pytest.mark.daily(6)
@pytest.mark.parametrize("end", ["", "soon", "a[$(touch x)]", "2099-01-01T00:00:00+"])
def test_an_end_that_is_unknown_is_not_shown(shown, end):
    environ = {**session(60), "AWS_CREDENTIAL_EXPIRATION": end}
    assert shown("awscreds-prompt", **environ) == "dev\n"


def test_a_hostile_name_is_text_in_a_prompt(shown, shell):
    said = shown("awscreds-prompt", **session(60 - HALF, HOSTILE))
    expected = "a\\x1b[31m\\u202e\\x0ab'$(touch x)`touch x`%n%{\\[é日 1m\n"
    assert said == (expected.replace("%", "%%") if shell == "zsh" else expected)


def test_control_characters_of_others_are_replaced(shown):
    environ = {**session(60 - HALF), "AWSUME_PROFILE": "a\x1b[31m\r\nb"}
    assert shown("awscreds-prompt", **environ) == "a?[31m??b 1m\n"


@pytest.mark.parametrize("shell", POSIX_SHELLS, indirect=True)
def test_a_variable_takes_it_under_strict_settings(shown):
    lines = ["set -eu", "IFS=dev0", "awscreds-prompt -v text", 'printf %s "[$text]"']
    assert shown(*lines, **session(60 - HALF)) == "[dev 1m]"
    assert shown(*lines) == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh"], indirect=True)
def test_prompts_show_the_name_as_text(shell, shown):
    """As the documentation sets them up: what a shell makes of its prompt is run by nobody."""
    at = {
        "zsh": "setopt prompt_subst; PROMPT='[$aws_prompt]'; print -rP -- $PROMPT",
        "bash": "PS1='[$aws_prompt]'; printf '%s\\n' \"${PS1@P}\"",
    }[shell]
    said = shown("awscreds-prompt -v aws_prompt", at, **session(60 - HALF, HOSTILE))
    assert said == "[a\\x1b[31m\\u202e\\x0ab'$(touch x)`touch x`%n%{\\[é日 1m]\n"


# After the lines of the page "Show the profile in your shell's prompt": what that shell shows then.
SHOWN = {
    "bash": 'eval "$PROMPT_COMMAND"; printf "%s\\n" "${PS1@P}"',
    "zsh": 'for each in $precmd_functions; do $each; done; print -rP -- "$PROMPT"',
    "fish": "fish_right_prompt; echo",
    "powershell": "prompt",
}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "pwsh"], indirect=True)
def test_the_lines_of_the_page_show_the_session_in_the_prompt(shell, shown):
    kind = "powershell" if shell == "pwsh" else shell
    lines = blocks("prompt", kind)[-1]
    assert "dev 1m" in shown(lines, SHOWN[kind], **session(60 - HALF))
    assert "dev" not in shown(lines, SHOWN[kind])


@pytest.mark.parametrize("shell", ["zsh"], indirect=True)
def test_the_segment_of_the_page_is_shown_by_powerlevel10k(shown):
    """As its `p10k segment` reads it: -t is the text, and the segment is hidden if -c is empty."""
    [_, segment, _] = blocks("prompt", "zsh")
    p10k = (
        'p10k() { [ "$1 $2 $4 $6" = "segment -f -t -c" ] && [ -n "$7" ] && '
        'print -rP -- "%F{$3}$5%f"; }'
    )
    said = shown(segment, p10k, "prompt_awscreds || true", **session(60 - HALF))
    assert "dev 1m" in said
    assert shown(segment, p10k, "prompt_awscreds || true").strip() == ""
