"""Homes for what is measured, and the variables of who lives in them."""

import os
import shlex
import subprocess
from pathlib import Path

from tests.benchmarks.endpoint import ID, REGION, ROLE, SECRET, SERIAL

FOREIGN = ("AWS", "DBUS", "MFA_", "PYTHON", "XDG", "NO_COLOR")
KINDS = (
    "region = eu-central-1\n",
    "role_arn = arn:aws:iam::210987654321:role/r{0}\nsource_profile = p0\nregion = eu-west-1\n",
    "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = ReadOnly\n",
    "credential_process = /usr/bin/true\n",
    "login_session = arn:aws:iam::123456789012:user/u{0}\n",
)
"""Every tenth profile has a plaintext key, too; what is here fills the others."""
PASSPHRASE = "correct horse battery"


def variables(home, **more):
    """Those of somebody in ``home``: ours without what changes AWS's tools or Python's start."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(FOREIGN)}
    return {**kept, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true", **more}


def write(path, text):
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def many_kinds(home, count):
    """Write files with ``count`` profiles of all kinds; each tenth has a plaintext key."""
    config, credentials = [], []
    for number in range(count):
        if number % 10 == 0:
            pair = f"aws_access_key_id = AKIA{number:016}\naws_secret_access_key = {'s' * 40}\n"
            credentials.append(f"[p{number}]\n{pair}\n")
        else:
            text = KINDS[number % len(KINDS)].format(number)
            config.append(f"[profile p{number}]\n{text}\n")
    config.append("[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\n")
    config.append("sso_region = eu-west-1\n")
    write(home / ".aws" / "config", "".join(config))
    write(home / ".aws" / "credentials", "".join(credentials))


def plain(home, count, section="dev"):
    """Write what other tools read: ``dev`` with an MFA device and its key in plain, and others."""
    write(home / ".aws" / "config", config_of_dev() + others(count - 1))
    pair = f"aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"
    write(home / ".aws" / "credentials", f"[{section}]\n{pair}")


def config_of_dev(name="dev"):
    return f"[profile {name}]\nregion = {REGION}\nmfa_serial = {SERIAL}\n"


def others(count):
    """``count`` profiles more."""
    return "".join(f"\n[profile p{number}]\nregion = eu-central-1\n" for number in range(count))


class Managed:
    """The home of somebody whose key awscreds keeps, in profiles that serve it in several ways.

    ``dev`` is as `configure` leaves it, with an MFA device; ``cold`` keeps no answer; ``kept``
    keeps its answer for 15 minutes; ``deploy`` is a role that was wrapped, ``uncached`` a plain
    copy of nothing. ``count`` are the profiles in all.
    """

    def __init__(self, program, home, count, **more):
        self.program, self.home = program, home
        self.environ = variables(home, **more)
        write(home / ".aws" / "config", config_of_dev())
        for profile in ("dev", "cold", "kept"):
            words = ("--access-key-id", ID, "--secret-stdin", "--no-verify")
            self.awscreds("configure", "--profile", profile, *words, given=SECRET)
        self.awscreds("configure", "set", "awscreds_key_cache", "0", "--profile", "cold")
        self.awscreds("configure", "set", "awscreds_key_cache", "15m", "--profile", "kept")
        role = f"\n[profile deploy]\nrole_arn = {ROLE}\nsource_profile = cold\nregion = {REGION}\n"
        with self.config.open("a") as file:
            file.write(role + others(count - 4))
        self.awscreds("profile", "wrap", "deploy")

    @property
    def config(self):
        return self.home / ".aws" / "config"

    def awscreds(self, *words, given=None):
        """Run awscreds, which must succeed; gives what it prints."""
        done = subprocess.run(
            [self.program, *words],
            env=self.environ,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"awscreds {shlex.join(words)}: {done.stderr}"
        return done.stdout

    def lock(self):
        self.awscreds("lock", "--quiet")

    def forget_sessions(self):
        self.awscreds("sessions", "clear", "--quiet")

    def line(self, profile):
        """The words of the line that is in the config file."""
        return line_of(profile, self.config)


def line_of(profile, config):
    section = Path(config).read_text().partition(f"[profile {profile}]")[2]
    line = next(row for row in section.splitlines() if row.startswith("credential_process"))
    return shlex.split(line.partition("=")[2])
