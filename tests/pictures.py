"""Writes the pictures of the documentation anew from real runs: ``python -m tests.pictures``.

Each is what a command shows in a terminal of 80 columns, in a sandbox of its own, with its colours.
"""

import contextlib
import io
import re
from pathlib import Path

import pexpect
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from awscreds.sandbox.world import CONSOLE_CSV, World

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
    for name, shown in taken():
        (FOLDER / f"{name}.svg").write_text(picture(name, shown), encoding="utf-8")
