"""The tour: the main tasks, step by step, in a sandbox, with the output of each command.

A step is an entry of ``STEPS``: its title, what is run, what is expected. The tour stops at the
first step that fails.
"""

from __future__ import annotations

import csv
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass

from awscreds.model.keys import HIDDEN
from awscreds.model.text import escaped
from awscreds.sandbox.search import files_with
from awscreds.sandbox.world import CONSOLE_CSV
from awscreds.stores.installer import to_add_extra

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from awscreds.sandbox.world import World

    Check = Callable[["Outcome"], str | None]
    """What is unexpected in an outcome, or None."""

WIDTH = 80
LINES_SHOWN = 14
DEADLINE = 120.0
"""Seconds that a step may take. A slow machine starts the AWS CLI in ten."""


@dataclass(frozen=True)
class Outcome:
    """How a step ended."""

    code: int
    output: str = ""
    errors: str = ""


@dataclass(frozen=True)
class Step:
    """One step: a command, or, if it is not a command, ``act``."""

    title: str
    check: Check
    argv: tuple[str, ...] = ()
    """Its words may hold ``{access_key_id}`` and the other facts of the sandbox, and ``{home}``."""
    act: Callable[[World], Outcome] | None = None
    typed: str | None = None
    """What a person types, if it is not ``argv``; in parentheses, what is done instead."""
    secret_on_stdin: bool = False
    """Whether it reads the secret access key from the console on stdin."""


def says(*wanted: str) -> Check:
    """Exit code 0, and each of ``wanted`` in what was printed."""

    def check(outcome: Outcome) -> str | None:
        if outcome.code != 0:
            return f"exit code 0 was expected, and it was {outcome.code}"
        missing = [text for text in wanted if text not in outcome.output]
        return f"expected in what it printed: {missing[0]}" if missing else None

    return check


def tells(*wanted: str) -> Check:
    """As ``says``, but also in what it printed on stderr."""
    says_so = says(*wanted)
    return lambda outcome: says_so(Outcome(outcome.code, outcome.output + outcome.errors))


def is_refused(outcome: Outcome) -> str | None:
    """AWS does not know the key."""
    return None if "InvalidClientTokenId" in outcome.errors else "AWS was expected to refuse it"


def prints(wanted: str) -> Check:
    """Exit code 0, and exactly ``wanted`` on stdout."""

    def check(outcome: Outcome) -> str | None:
        if outcome.code != 0 or outcome.output.strip() != wanted:
            return f"expected, and nothing else: {wanted}"
        return None

    return check


def search_home(world: World) -> Outcome:
    """Which files of the home hold the secret."""
    found = files_with(world.facts["secret_access_key"], world.home)
    return Outcome(0, "".join(f"~/{path}\n" for path in found) or "(in no file)\n")


def remove_csv(world: World) -> Outcome:
    """What a person does with the console's CSV once the key is in the store."""
    (world.home / CONSOLE_CSV).unlink()
    return Outcome(0)


def write_plaintext(world: World) -> Outcome:
    """The key in plaintext, as `aws configure` and as aws-mfa write it."""
    path = world.home / ".aws" / "credentials"
    path.write_text(
        "".join(
            f"[{name}]\naws_access_key_id = {world.facts['access_key_id']}\n"
            f"aws_secret_access_key = {world.facts['secret_access_key']}\n"
            for name in ("legacy", "work-long-term")
        )
    )
    path.chmod(0o600)
    return Outcome(0)


def kill_a_rotation(world: World) -> Outcome:
    """Start to rotate alice's key, and kill that once the new key exists but is not used yet."""
    program = shutil.which("awscreds", path=world.environment["PATH"]) or "awscreds"
    with subprocess.Popen(
        [program, "rotate", *AS_ALICE, "--yes"],
        env=world.environment,
        cwd=world.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            journals = (world.home / ".aws" / "awscreds").glob("rotation-*")
            if any('"stage": "verify"' in journal.read_text() for journal in journals):
                process.kill()
                return Outcome(0, "Killed\n")
            time.sleep(0.02)
    return Outcome(process.returncode, errors="it ended before the tour could kill it")


def use_the_old_key(world: World) -> Outcome:
    """The AWS CLI with the key that the console gave."""
    key = {
        "AWS_ACCESS_KEY_ID": world.facts["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": world.facts["secret_access_key"],
    }
    program = shutil.which("aws", path=world.environment["PATH"]) or "aws"
    done = subprocess.run(
        [program, *WHO[1:]],
        env={**world.environment, **key},
        cwd=world.home,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr.strip())


ALICE = "arn:aws:iam::123456789012:user/alice"
AS_ALICE = ("--profile", "alice")
ONE_LINER = (
    "import boto3; alice = boto3.Session(profile_name='alice'); "
    "print(alice.client('sts').get_caller_identity()['Arn'])"
)
WHO = ("aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
IN_THIS_SHELL = (
    "eval $(awscreds mfa-session --profile alice --token $(awscreds sandbox code)) && "
    + " ".join(WHO)
)
AS_ADMIN = "arn:aws:sts::123456789012:assumed-role/admin/"
SEARCH = "(searches every file in ~ for the secret: as plain text, in base64 and in hex)"

STEPS: tuple[Step, ...] = (
    Step("awscreds is installed.", says("awscreds "), ("awscreds", "--version")),
    Step(
        "The IAM console gave alice a CSV with her access key. It becomes a profile.",
        says(),
        (
            *("awscreds", "configure", *AS_ALICE, "--access-key-id", "{access_key_id}"),
            *("--secret-stdin", "--region", "{region}"),
        ),
        secret_on_stdin=True,
    ),
    Step(
        "This is what every AWS tool reads now: which program to ask, and no secret.",
        says("[profile alice]", "credential_process = "),
        ("cat", "{home}/.aws/config"),
        typed="cat ~/.aws/config",
    ),
    Step(
        "The normal AWS CLI uses the key.",
        says(f'"Arn": "{ALICE}"'),
        ("aws", "sts", "get-caller-identity", *AS_ALICE),
    ),
    Step(
        "boto3 uses it, too.",
        prints(ALICE),
        (sys.executable, "-c", ONE_LINER),
        typed=f'python -c "{ONE_LINER}"',
    ),
    Step("awscreds shows the same identity.", says(ALICE), ("awscreds", "whoami", *AS_ALICE)),
    Step("This lists all profiles.", says("alice", "managed", "admin"), ("awscreds", "list")),
    Step(
        "Where is the secret now?",
        prints(f"~/{CONSOLE_CSV}"),
        act=search_home,
        typed=SEARCH,
    ),
    Step(
        "It is only in the CSV file from the console, which is not needed any more.",
        says(),
        act=remove_csv,
        typed=f"rm ~/{CONSOLE_CSV}",
    ),
    Step(
        "Other programs have written the key to other profiles, in plaintext.",
        says(),
        act=write_plaintext,
        typed="(writes the profiles legacy and work-long-term to ~/.aws/credentials, as "
        "`aws configure` and aws-mfa do)",
    ),
    Step(
        "The keys of other credential managers are taken over.",
        tells("work-long-term"),
        ("awscreds", "import", "--from", "aws-mfa", "--yes"),
    ),
    Step(
        "This moves every plaintext key to the secret store. --undo is the way back.",
        tells("legacy"),
        ("awscreds", "migrate", "--all", "--yes"),
    ),
    Step("And now?", prints("(in no file)"), act=search_home, typed=SEARCH),
    Step(
        "The AWS CLI works as before.",
        prints(ALICE),
        (*WHO, *AS_ALICE),
    ),
    Step(
        "Start an MFA session: one MFA code, and the shell has a session of alice.",
        prints(ALICE),
        ("sh", "-c", IN_THIS_SHELL),
        typed=IN_THIS_SHELL,
    ),
    Step(
        "This session also works for the roles that require MFA, without another code.",
        says(AS_ADMIN),
        ("awscreds", "exec", "admin", "--", *WHO),
    ),
    Step(
        "Wrap the role: now every tool gets the role's credentials from that session.",
        says(),
        ("awscreds", "profile", "wrap", "admin"),
    ),
    Step(
        "The AWS CLI does not ask for a code, although the role requires MFA.",
        says(AS_ADMIN),
        (*WHO, "--profile", "admin"),
    ),
    Step(
        "This shows which sessions are cached, and for how long.",
        says("admin", "11h"),
        ("awscreds", "sessions", "list"),
    ),
    Step(
        "Rotate the key, and kill awscreds in the middle.",
        prints("Killed"),
        act=kill_a_rotation,
        typed="awscreds rotate --profile alice --yes & sleep 1; kill -9 $!",
    ),
    Step(
        "Nothing is lost: alice still uses the old key, and awscreds says that "
        "the rotation is unfinished.",
        tells(ALICE, "awscreds rotate --resume"),
        ("awscreds", "whoami", *AS_ALICE),
    ),
    Step(
        "One command finishes the rotation.",
        tells("replaced"),
        ("awscreds", "rotate", "--resume"),
    ),
    Step("The AWS CLI signs with the new key.", prints(ALICE), (*WHO, *AS_ALICE)),
    Step(
        "The old key no longer works.",
        is_refused,
        act=use_the_old_key,
        typed="(the same with the key of the console's CSV)",
    ),
    Step(
        "A second MFA device: awscreds stores its seed, so nobody has to type its codes.",
        tells("Enabled"),
        ("awscreds", "mfa", "enable", *AS_ALICE, "--store-seed"),
    ),
    Step(
        "doctor looks for everything that is not as it should be, and says what to do.",
        tells("No problems found."),
        ("awscreds", "doctor"),
    ),
)


def run_tour(
    world: World,
    *,
    steps: tuple[Step, ...] = STEPS,
    out: TextIO | None = None,
    color: bool | None = None,
) -> bool:
    """Run the steps and show them. Whether all of them passed."""
    page = _Page(out or sys.stdout, color=color)
    # Before the first step: one of them removes the file.
    secret = _secret_in_csv(world)
    for number, step in enumerate(steps, start=1):
        page.title(f"{number}. {step.title}")
        page.command(_typed(step, world))
        outcome = _run(step, world, secret)
        complaint = step.check(outcome)
        if secret in outcome.output + outcome.errors:
            complaint = "it printed the secret"
        page.output((outcome.output + outcome.errors).replace(secret, HIDDEN))
        if complaint:
            page.verdict(f"FAILED at step {number} of {len(steps)}: {complaint}", good=False)
            return False
    page.verdict(f"All {len(steps)} steps passed.", good=True)
    return True


def _run(step: Step, world: World, secret: str) -> Outcome:
    if step.act is not None:
        return step.act(world)
    argv = [_filled(word, world) for word in step.argv]
    program = shutil.which(argv[0], path=world.environment["PATH"])
    if program is None:
        hint = f"; install it: {to_add_extra('sandbox')}" if argv[0] == "aws" else ""
        return Outcome(127, errors=f"{argv[0]} is not installed{hint}")
    try:
        done = subprocess.run(
            [program, *argv[1:]],
            input=f"{secret}\n" if step.secret_on_stdin else "",
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            env=world.environment,
            cwd=world.home,
            timeout=DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(124, errors=f"it did not end within {DEADLINE:.0f} seconds")
    return Outcome(done.returncode, done.stdout, done.stderr)


def _typed(step: Step, world: World) -> str:
    text = step.typed or shlex.join(_filled(word, world) for word in step.argv)
    return f"{text} < secret" if step.secret_on_stdin else text


def _filled(word: str, world: World) -> str:
    """``word`` with the facts in it. Not by format(), because words may be code with braces."""
    for name, value in {**world.facts, "home": world.home}.items():
        word = word.replace(f"{{{name}}}", str(value))
    return word


def _secret_in_csv(world: World) -> str:
    with open(world.home / CONSOLE_CSV, encoding="utf-8-sig", newline="") as file:
        return next(csv.DictReader(file))["Secret access key"]


class _Page:
    """What is shown, 80 columns wide, with colours only on a terminal."""

    def __init__(self, out: TextIO, *, color: bool | None) -> None:
        self._out = out
        if color is None:
            color = out.isatty() and not os.environ.get("NO_COLOR")
        self._color = color and os.environ.get("TERM") != "dumb"

    def title(self, text: str) -> None:
        self._write("")
        self._wrapped(text, "", "1")

    def command(self, text: str) -> None:
        if text.startswith("("):
            self._wrapped(text, "   ", "36")
            return
        lines = textwrap.wrap(text, WIDTH - 8, break_long_words=False, break_on_hyphens=False)
        for number, line in enumerate(lines):
            end = " \\" if number < len(lines) - 1 else ""
            self._write(f"   {'$' if number == 0 else ' '} {line}{end}", "36")

    def output(self, text: str) -> None:
        lines = text.splitlines()
        for line in lines[:LINES_SHOWN]:
            self._wrapped(escaped(line.rstrip().replace("\t", "  ")), "     ")
        if len(lines) > LINES_SHOWN:
            self._write(f"     (and {len(lines) - LINES_SHOWN} more lines)")

    def verdict(self, text: str, *, good: bool) -> None:
        self._write("")
        self._wrapped(text, "", "32" if good else "31")

    def _wrapped(self, text: str, indent: str, style: str = "") -> None:
        for line in textwrap.wrap(text, WIDTH - len(indent), break_on_hyphens=False) or [""]:
            self._write(f"{indent}{line}".rstrip(), style)

    def _write(self, text: str, style: str = "") -> None:
        if self._color and style:
            text = f"\x1b[{style}m{text}\x1b[0m"
        self._out.write(f"{text}\n")
        self._out.flush()
