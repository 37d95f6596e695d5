"""Without a name, a person at a terminal chooses a profile from a list; nobody else is asked."""

import os
import signal

import pytest

from tests.completion.__main__ import FOLDER
from tests.e2e.conftest import PROGRAM
from tests.e2e.tmux import window
from tests.helpers import need_posix

LIST = "Type to narrow."
ROLE = "[profile {}]\nrole_arn = arn:aws:iam::{:012}:role/admin\nsource_profile = alice\n"
HOSTILE = {
    "x\u202egnp": "x\\u202egnp",
    "e\u0301t\u00e9": "e\u0301té",
    "\u0301a": "\\u0301a",
    "日本語": "日本語",
    "a'$(touch x)`touch x`": "a'$(touch x)`touch x`",
    "esc\x1b[31mred": "esc\\x1b[31mred",
}
"""Names, and how each is shown."""


@pytest.fixture
def user(alice):
    need_posix("it has no tmux; tests/windows types at its console")
    alice.config.write_text("")
    for name in ("alice", "bob"):
        alice.configure(name, "--mfa-serial", alice.mfa_serial)
    # One session for both: their access key is the same.
    alice.awscreds("mfa-session", "--profile", "alice", "--token", alice.code(), "--format", "sh")
    with alice.config.open("a", encoding="utf-8") as file:
        file.write("".join(ROLE.format(f"team-{at:02}", at) for at in range(40)))
        file.write("[profile only-a-region]\nregion = us-east-1\n")
    path = f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}"
    alice.environment |= {"PATH": path, "PS1": "ready> ", "TERM": "screen-256color"}
    return alice


@pytest.fixture
def shell(user, tmp_path):
    """A window with bash in it."""
    with window(
        tmp_path, user.environment, "env", "TERM=screen-256color", "bash", "--norc"
    ) as made:
        made.type(f". {FOLDER / 'awscreds.bash'}; PS1='rea''dy> '; clear")
        made.press("Enter")
        made.wait_for("ready>")
        yield made


def run(shell, line, *, until):
    shell.type(line)
    shell.press("Enter")
    return shell.wait_for(lambda screen: any(until in row for row in screen[1:]))


def ready(shell):
    """The screen once the shell waits for a line: what is typed before may be dropped."""
    return shell.wait_for(lambda screen: bool(screen) and screen[-1] == "ready>")


def listed(shell, line="awscreds whoami"):
    """The screen of the list that ``line`` shows."""
    shell.type(line)
    shell.press("Enter")
    return shell.wait_for(lambda screen: any(LIST in row for row in screen[-1:]))


def test_the_console_is_that_of_the_chosen_profile(user, shell):
    listed(shell, "awscreds console --print")
    shell.type("bo")
    shell.wait_for(lambda screen: screen[-1:] and screen[-1].startswith("1 of 42"))
    shell.press("Enter")
    screen = shell.wait_for(lambda screen: any("SigninToken=" in row for row in screen))
    assert any("Profile: bob" in row for row in screen)
    assert "it works for 15 minutes" in " ".join(screen)


def test_the_command_gets_the_chosen_profile_which_comes_first_the_next_time(user, shell):
    line = "awscreds exec -- sh -c 'echo got $AWSCREDS_PROFILE'"
    first = listed(shell, line)
    assert first[0].startswith("Profile:")
    assert first[1].split()[:3] == [">", "alice", user.sandbox.facts["account"]]
    assert first[1].endswith(" left")
    assert not any("only-a-region" in row for row in first)
    shell.type("BO")
    shell.wait_for(lambda screen: screen[-1:] and screen[-1].startswith("1 of 42"))
    shell.press("Enter")
    assert "Profile: bob" in shell.wait_for("got bob")

    again = listed(shell, line)
    assert again[1].split()[:2] == [">", "bob"]
    assert again[2].split()[0] == "alice"
    shell.press("Down", "Enter")
    shell.wait_for("got alice")


@pytest.mark.slow
@pytest.mark.parametrize("key", ["Escape", "C-c", "C-d"])
def test_who_leaves_the_list_finds_everything_as_it_was(user, shell, key):
    run(shell, "stty -a >before; env | sort >env-before; echo first", until="first")
    files = user.files()
    listed(shell, "awscreds-use")
    shell.type("bob")
    shell.press(key)
    ready(shell)
    screen = run(shell, "echo rc $?; stty -a | cmp - before && echo same", until="same")
    assert "rc 130" in screen
    assert screen[1] == "first"  # what was on the screen before the list
    run(shell, "env | sort | cmp - env-before && echo equal", until="equal")
    assert user.files() == files


def test_signals_that_end_or_stop_it_leave_the_list_too(shell, tmp_path):
    run(shell, "stty -a >before; echo first", until="first")
    listed(shell, "sh -c 'echo $$ >number; exec awscreds whoami'")
    shell.press("C-z")
    shell.wait_for(lambda screen: any("Stopped" in row for row in screen))
    run(shell, "stty -a | cmp - before && echo same", until="same")
    shell.type("fg")
    shell.press("Enter")
    shell.wait_for(lambda screen: any(LIST in row for row in screen))
    os.kill(int((tmp_path / "number").read_text()), signal.SIGTERM)
    shell.wait_for(lambda screen: any("Terminated" in row for row in screen))
    run(shell, "stty -a | cmp - before && echo again", until="again")


def test_it_fits_any_window(user, shell):
    listed(shell)
    for columns, lines in ((60, 12), (140, 8), (30, 20)):
        shell.resize(columns, lines)
        screen = shell.wait_for(lambda screen, n=lines: len(screen) == n and screen[1][0] == ">")
        assert screen[0] == "Profile:"
        assert all(len(row) < columns for row in screen)
    shell.press("Escape")


def test_hostile_names_are_text_and_can_be_chosen(user, shell):
    with user.config.open("a", encoding="utf-8") as file:
        for name in HOSTILE:
            quoted = f'"{name}"' if "'" in name else name
            file.write(f"[profile {quoted}]\ncredential_process = false\n")
    shell.resize(60, 30)
    listed(shell)
    shell.press("End")
    screen = shell.wait_for(lambda screen: any("esc" in row for row in screen))
    for shown in HOSTILE.values():
        assert any(row[2:].strip() == shown for row in screen), (shown, screen)
    shell.press("Escape")


def test_ten_thousand_profiles_are_narrowed_to_one(user, shell):
    with user.config.open("a", encoding="utf-8") as file:
        file.write("".join(ROLE.format(f"many-{at:05}-x", at) for at in range(10_000)))
    assert listed(shell)[-1].startswith("10042 of 10042.")
    shell.type("09876")
    screen = shell.wait_for(lambda screen: screen[-1:] and screen[-1].startswith("1 of 10042."))
    assert screen[1].split() == [">", "many-09876-x", "000000009876"]
    shell.press("Escape")


NOBODY_CHOOSES = {
    "AWS_PROFILE=alice awscreds whoami": "from the profile alice",
    "AWSCREDS_PROFILE=alice awscreds whoami": "from the profile alice",
    "TERM=dumb awscreds whoami": "no profile 'default'",
    "awscreds whoami --no-input": "no profile 'default'",
    "awscreds whoami --json": "no-such-profile",
    "awscreds whoami | cat": "no profile 'default'",
    "awscreds whoami </dev/null": "no profile 'default'",
    "awscreds exec -- true 2>&1 | cat": "no profile 'default'",
    "awscreds credential-process": "not printed",
    "awscreds credential-process | cat": "no profile 'default'",
    "awscreds mfa-session --reveal": "no profile 'default'",
    "TERM=dumb awscreds-use": "usage: awscreds-use",
    "awscreds-use </dev/null": "usage: awscreds-use",
    "awscreds export --choose </dev/null >/dev/null": "there is no terminal to choose one",
}


@pytest.mark.slow
def test_without_a_person_who_can_choose_it_is_as_without_a_list(shell):
    for line, until in NOBODY_CHOOSES.items():
        shell.type(line)
        shell.press("Enter")
        screen = shell.wait_for(
            lambda screen: len(screen) > 2 and screen[-1] == "ready>" and "ready>" in screen[0]
        )
        assert any(until in row for row in screen[1:]), (line, screen)
        shell.type("clear")
        shell.press("Enter")
        shell.wait_for(["ready>"].__eq__)


def test_one_profile_is_no_choice(user, shell):
    user.awscreds("profile", "remove", "bob", "--yes", "--keep-secret", rc=None)
    user.config.write_text(user.config.read_text().split("[profile bob]")[0])
    run(shell, "awscreds whoami", until="no profile 'default'")
    run(shell, 'awscreds-use; echo "[$AWSCREDS_PROFILE]"', until="[alice]")


SHELLS = {
    "bash": (["bash", "--norc"], ". {}", "awscreds.bash"),
    "zsh": (["zsh", "-f"], "compdef() {{ :; }}; . {}; PROMPT='ready> '", "_awscreds"),
    "fish": (
        ["fish", "--no-config"],
        "source {}; function fish_prompt; echo 'ready> '; end",
        "awscreds.fish",
    ),
    "pwsh": (["pwsh", "-NoProfile"], ". {}; function prompt {{ 'ready> ' }}", "awscreds.ps1"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHELLS)
def test_use_chooses_for_the_shell_and_knows_the_one_before(user, tmp_path, name):
    words, setup, script = SHELLS[name]
    variable = "$env:AWSCREDS_PROFILE" if name == "pwsh" else "$AWSCREDS_PROFILE"

    def profile_after(line):
        shell.type(f'{line}; echo "={variable}="')
        shell.press("Enter")
        shell.wait_for(lambda screen: any(row.count("=") == 2 for row in screen[-2:-1]))
        screen = ready(shell)
        return next(row for row in reversed(screen) if row[0] == row[-1] == "=")[1:-1]

    with window(tmp_path, user.environment, "env", "TERM=screen-256color", *words) as shell:
        shell.wait_for(lambda screen: screen and screen[-1][-1] in ">%#")
        shell.type(f"{setup.format(FOLDER / script)}; clear")
        shell.press("Enter")
        shell.wait_for(["ready>"].__eq__)
        for keys, profile in ((["Enter"], "alice"), (["Down", "Enter"], "bob")):
            listed(shell, "awscreds-use")
            shell.press(*keys)
            assert f"Profile: {profile}" in ready(shell)
            assert profile_after("echo now") == profile
        assert profile_after("awscreds-use -") == "alice"
        assert profile_after("awscreds-use --off") == ""
        assert profile_after("awscreds-use -") == "alice"
        listed(shell, "awscreds-use")
        shell.press("Escape")
        ready(shell)
        assert profile_after("echo still") == "alice"


def test_without_one_before_there_is_nothing_to_go_back_to(shell):
    run(shell, "awscreds-use -; echo rc $?", until="rc 2")
