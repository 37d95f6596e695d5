"""Writes the pictures of the documentation anew from real runs: ``python -m tests.pictures``.

Each is what a command shows in a terminal of 80 columns, in a sandbox of its own, with its colours.
"""

import contextlib
import io
import os
import re
import socket
import sys
import tempfile
from pathlib import Path

import pexpect
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

import awscreds
from awscreds.sandbox.world import CONSOLE_CSV, World
from tests.completion.shells import program, script, write
from tests.e2e.tmux import window

FOLDER = Path(__file__).parents[1] / "docs"
WIDTH, HEIGHT = 80, 50
PATIENCE = 60
FONTS = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"
"""Fonts that are there: a picture must not fetch any."""

PLAIN = (
    "\n[old]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = "
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"  # AWS's documentation example
)
CONFIG = """
[profile old]
region = eu-west-1

[profile audit]
sso_session = corp
sso_account_id = 210987654321
sso_role_name = ReadOnly
region = eu-west-1

[profile deploy]
role_arn = arn:aws:iam::210987654321:role/deploy
source_profile = bulid
region = eu-west-1

[profile ci]
credential_process = /usr/bin/true
region = us-east-1

[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
"""
FAULTS = """
[proflie staging]
regoin = eu-west-1
"""

STEPS = (
    "The IAM console gave",
    "This is what every AWS tool",
    "The normal AWS CLI",
    "And now?",
    "Start an MFA session",
    "This session also works",
    "Rotate the key",
    "Nothing is lost",
)
"""The beginnings of the steps of the tour that its picture shows."""

PEOPLE = {
    "bash": ("--norc -i", "bind 'set enable-bracketed-paste off'; PS1='bash$ '; . {script}"),
    "zsh": (
        "-f -i",
        "unsetopt prompt_sp; autoload -Uz compinit; compinit -D; . {script}; PS1='zsh%% '",
    ),
    "fish": ("--no-config -i", "function fish_prompt; echo -n 'fish> '; end; . {script}"),
}
"""The shells of the picture of completion: how each is started, and what is typed first."""
HOSTILE = "a b'$(touch x)"
LINE = "awscreds mfa-session --profile "


class Room:
    """A sandbox with profiles of most kinds, and what people have in their files after years."""

    def __init__(self, world):
        self._world = world
        self.run("awscreds", "configure", "import", "--csv", CONSOLE_CSV, "--profile", "alice")
        code = self.run("awscreds", "sandbox", "code").strip()
        self.run("sh", "-c", f"awscreds mfa-session alice --token {code} >/dev/null")
        (world.home / CONSOLE_CSV).unlink()
        with (world.home / ".aws" / "config").open("a", encoding="utf-8") as config:
            config.write(CONFIG)
        self.credentials = world.home / ".aws" / "credentials"
        with self.credentials.open("a", encoding="utf-8") as file:
            file.write(PLAIN)
        self.credentials.chmod(0o600)

    def spoil(self):
        """Add what only doctor shows."""
        with (self._world.home / ".aws" / "config").open("a", encoding="utf-8") as config:
            config.write(FAULTS)
        self.credentials.chmod(0o644)

    def _variables(self):
        environment = self._world.environment
        return {name: text for name, text in environment.items() if "REGION" not in name}

    def run(self, *words, until=None, **variables):
        """What a command shows in a terminal; up to the text ``until``, where Ctrl-C ends it."""
        child = pexpect.spawn(
            words[0],
            list(words[1:]),
            env={**self._variables(), "TERM": "xterm-256color", **variables},
            cwd=self._world.home,
            dimensions=(HEIGHT, WIDTH),
            encoding="utf-8",
            timeout=PATIENCE,
        )
        with contextlib.closing(child):
            if until is None:
                child.expect(pexpect.EOF)
                shown = child.before
            else:
                child.expect_exact(until)
                shown = child.before + child.after
                child.sendintr()
                child.expect(pexpect.EOF)
        return shown.replace("\r\n", "\n")


def taken():
    """Each picture's name and what the terminal showed."""
    with World() as world:
        room = Room(world)

        def shot(command, **how):
            return f"$ {command}\n{room.run(*command.split(), **how)}"

        yield "overview", shot("awscreds", AWS_PROFILE="alice")
        yield "list", shot("awscreds list", AWS_PROFILE="alice")
        yield "mfa-enable", shot("awscreds mfa enable alice --name phone", until="shows: ")
        room.spoil()
        yield "doctor", shot("awscreds doctor --offline")
    yield "completion", completion()


def tour():
    """The steps of STEPS, and how the tour ends."""
    with tempfile.TemporaryDirectory() as home:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "awscreds", "sandbox", "tour"],
            env={
                "HOME": home,
                "USER": "alice",
                "TERM": "xterm-256color",
                "LC_ALL": "C.UTF-8",
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            },
            cwd=home,
            dimensions=(HEIGHT, WIDTH),
            encoding="utf-8",
            timeout=20 * PATIENCE,
        )
        with contextlib.closing(child):
            child.expect(pexpect.EOF)
            shown = child.before.replace("\r\n", "\n")
    # Nothing of this machine is in a picture.
    for ours, theirs in (
        (str(Path(sys.executable).parent), "/opt/awscreds/bin"),
        (str(Path(awscreds.__file__).parents[1]), "/opt/awscreds"),
        (socket.gethostname().partition(".")[0], "laptop"),
    ):
        shown = shown.replace(ours, theirs)
    steps = re.split(r"\n\n(?=\S*\d+\. )", shown.strip())
    plain = [re.sub("\x1b\\[[0-9;]*m", "", step).partition(". ")[2] for step in steps]
    chosen = [step for step, text in zip(steps, plain, strict=True) if text.startswith(STEPS)]
    last = shown.strip().splitlines()[-1]
    return "\n\n".join(["$ awscreds sandbox tour", *chosen, "…", last])


def completion():
    """What TAB shows in each shell with ten thousand profiles."""
    return "\n\n".join(typed(shell) for shell in PEOPLE)


def typed(shell):
    """Four digits of a name, with the list of what is left; then a name that looks like code."""
    # A shell that is ended may still write its history.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        names = [f"test-{number:04}" for number in range(10_000)]
        write(home, "".join(f"[profile {name}]\n" for name in names), f"[{HOSTILE}]\n")
        words, setup = PEOPLE[shell]
        environment = {"HOME": folder, "PATH": os.environ["PATH"]}
        with window(home, environment, program(shell), *words.split()) as terminal:
            terminal.resize(WIDTH, HEIGHT)
            terminal.type(setup.format(script=script(shell)))
            terminal.press("Enter")
            prompt = f"{shell}{'$%>'[list(PEOPLE).index(shell)]}"
            terminal.wait_for(lambda screen: bool(screen) and screen[-1].startswith(prompt))
            terminal.press("C-l")
            terminal.wait_for(lambda screen: [line.rstrip() for line in screen] == [prompt])
            terminal.type(f"{LINE}te")
            terminal.press("Tab")
            terminal.wait_for(_has(f"{LINE}test-"))
            terminal.type("123")
            terminal.press("Tab", "Tab")
            listed = terminal.wait_for(_has("test-1239"))
            terminal.press("C-u")
            terminal.wait_for(lambda screen: screen[-1].rstrip() == prompt)
            terminal.type(f"{LINE}a")
            terminal.press("Tab")
            quoted = terminal.wait_for(_has("touch"))
        # bash shows the line again below the list.
        return "\n".join([*dict.fromkeys(listed), quoted[-1]])


def _has(text):
    return lambda screen: any(text in line for line in screen)


def picture(name, shown):
    """The picture as SVG."""
    console = Console(
        file=io.StringIO(), record=True, width=WIDTH, force_terminal=True, color_system="truecolor"
    )
    console.print(Text.from_ansi(shown.rstrip()), soft_wrap=False)
    svg = console.export_svg(title="", theme=MONOKAI, unique_id=f"awscreds-{name}")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!-- .*? -->\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", FONTS)


if __name__ == "__main__":
    for name, shown in (*taken(), ("tour", tour())):
        (FOLDER / f"{name}.svg").write_text(picture(name, shown), encoding="utf-8")
