"""Somebody who logs in with console credentials, at a browser."""

import hashlib
import json
import shlex
import sys
from pathlib import Path

ALICE = "arn:aws:iam::123456789012:user/alice"
ROOT = "arn:aws:iam::123456789012:root"
CONFIG = f"""\
# Mine

[profile web]
output = json
# who I am
login_session = {ALICE}
region = eu-central-1
"""
PERSON = Path(__file__).parent.parent / "sandbox" / "browser.py"


class Visitor:
    """Alice, who has a browser, and the profile ``web``."""

    def __init__(self, alice, config=CONFIG):
        self.alice = alice
        self.control = alice.sandbox.control
        alice.config.write_text(config)
        self.will("Continue as alice")

    def will(self, *clicks):
        """From now on, this is what she clicks on when a page opens."""
        words = [sys.executable, str(PERSON), *clicks]
        self.alice.environment["BROWSER"] = shlex.join(words) + " %s"

    def __call__(self, *words, **options):
        return self.alice.awscreds(*words, **options)

    def log_in(self, *words, **options):
        return self("login", "--profile", "web", *words, **options)

    def arn(self, rc=0, profile="web"):
        done = self("whoami", "--profile", profile, rc=rc)
        return done.stdout.splitlines()[0] if rc == 0 else done.stderr

    def count(self, action="CreateOAuth2Token"):
        return len(self.control.log(action))

    @property
    def logins(self):
        return sorted((self.alice.aws / "awscreds").glob("login-*"))

    def shared(self, arn=ALICE):
        name = hashlib.sha256(arn.encode()).hexdigest()
        return self.alice.aws / "login" / "cache" / f"{name}.json"

    def line(self):
        """The config's line, as a shell command."""
        return self("configure", "get", "credential_process", "--profile", "web").stdout.strip()

    def served(self, rc=0):
        done = self.alice.run("sh", "-c", self.line(), rc=rc)
        return json.loads(done.stdout) if rc == 0 else done.stderr
