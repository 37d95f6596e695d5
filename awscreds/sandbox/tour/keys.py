"""The tour of an access key: into the store, used, rotated, with MFA and a role."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time

from awscreds.sandbox.search import files_with
from awscreds.sandbox.tour.step import (
    DEADLINE,
    WHO,
    Outcome,
    Step,
    is_refused,
    prints,
    says,
    tells,
)
from awscreds.sandbox.world import CONSOLE_CSV

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.sandbox.world import World


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
)
