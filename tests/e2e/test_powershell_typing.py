"""PowerShell as a person uses it: its line editor in a terminal, TAB, questions and Ctrl-C."""

import shutil

import pytest

from tests.e2e.conftest import PROGRAM
from tests.e2e.tmux import window
from tests.helpers import missing_tool

pytestmark = pytest.mark.slow

HARD = "it's a b"
"""The profile's name: with a quote and blanks."""


@pytest.fixture
def person(alice):
    """Alice, with profiles and the completion script installed; starts shells for her."""
    program = shutil.which("pwsh")
    if program is None:
        missing_tool("pwsh is not installed")
    alice.configure(HARD, "--no-verify", "--yes")
    alice.configure("alice", "--no-verify", "--mfa-serial", alice.mfa_serial)
    alice.awscreds("completion", "powershell", "--install")
    # The installed program is found by its name, as in a person's shell.
    folder = alice.home / "bin"
    folder.mkdir()
    (folder / "awscreds").symlink_to(PROGRAM)
    alice.shell = lambda: window(
        alice.folder,
        {**alice.environment, "PATH": f"{folder}:{alice.environment['PATH']}"},
        *(program, "-NoLogo", "-NoExit", "-Command", "function prompt { '> ' }"),
    )
    return alice


def run(screen, line, shown):
    """Type a line and wait for a line of what it prints."""
    screen.type(line)
    screen.press("Enter")
    return screen.wait_for(shown)


def take(screen, typed, line):
    """Type, press TAB, and wait until the editor's line is ``line``."""
    screen.type(typed)
    screen.press("Tab")
    screen.wait_for(lambda lines: lines[-1].rstrip() == f"> {line}".rstrip())


def test_tab_takes_a_command_an_option_and_a_name_with_a_quote_and_blanks(person):
    with person.shell() as screen:
        screen.wait_for(">")
        take(screen, "awscreds whoa", "awscreds whoami")
        take(screen, " --prof", "awscreds whoami --profile")
        take(screen, " it", "awscreds whoami --profile 'it''s a b'")
        screen.press("Enter")
        shown = screen.wait_for(person.sandbox.facts["user_arn"])
        assert any(row.endswith(f"from the profile {HARD}") for row in shown)
        take(screen, "awscreds-use --o", "awscreds-use --off")
        screen.press("Enter")
        run(screen, '"<$LASTEXITCODE>"', "<0>")
        run(screen, "awscreds completion powershell --uninstall >$null; 'gone'", "gone")
    with person.shell() as screen:
        screen.wait_for(">")
        screen.type("awscreds whoa")
        screen.press("Tab")
        run(screen, "x; 'not ' + 'completed'", "not completed")
        assert any(line.startswith("> awscreds whoax") for line in screen.screen)


def test_a_code_is_typed_unseen_and_ctrl_c_leaves_the_shell_usable(person):
    line = "awscreds mfa-session --profile alice | Out-String | iex"
    with person.shell() as screen:
        screen.wait_for(">")
        asked = "MFA code"
        run(screen, line, lambda lines: asked in lines[-1])
        screen.press("C-c")
        screen.wait_for(lambda lines: lines[-1] == ">")
        run(screen, "'shell ' + 'lives'", "shell lives")
        run(screen, '"<$Env:AWSCREDS_PROFILE>"', "<>")
        assert "> 'shell ' + 'lives'" in screen.screen  # what is typed is shown again
        screen.press("C-l")
        run(screen, line, lambda lines: asked in lines[-1])
        code = person.code()
        screen.type(code)
        screen.press("Enter")
        screen.wait_for(lambda lines: lines[-1] == ">")
        shown = run(screen, '"<$Env:AWSCREDS_PROFILE>"', "<alice>")
        assert not any(code in line for line in shown)
