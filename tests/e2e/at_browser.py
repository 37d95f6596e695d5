"""Somebody who logs in with a browser: what all kinds of logins share."""

import shlex
import sys
from pathlib import Path

from botocore.compat import compat_shell_split

PERSON = Path(__file__).parent.parent / "sandbox" / "browser.py"


class AtBrowser:
    """Alice, who has a browser, and a profile that logs in."""

    profile = ""
    first_click = ""
    """What she clicks on unless she is told otherwise."""

    def __init__(self, alice, config):
        self.alice = alice
        self.control = alice.sandbox.control
        alice.config.write_text(config)
        self.will(self.first_click)

    def will(self, *clicks):
        """From now on, this is what she clicks on when a page opens."""
        words = [sys.executable, str(PERSON), *clicks]
        self.alice.environment["BROWSER"] = shlex.join(words) + " %s"

    def __call__(self, *words, **options):
        return self.alice.awscreds(*words, **options)

    def log_in(self, *words, **options):
        return self("login", "--profile", self.profile, *words, **options)

    def arn(self, rc=0, profile=None):
        done = self("whoami", "--profile", profile or self.profile, rc=rc)
        return done.stdout.splitlines()[0] if rc == 0 else done.stderr

    def count(self, action):
        return len(self.control.log(action))

    def serve(self, rc=0):
        """What an SDK gets that starts the config's line: by a shell, or as botocore splits it."""
        line = self.line()
        argv = compat_shell_split(line) if sys.platform == "win32" else ("sh", "-c", line)
        return self.alice.run(*argv, rc=rc)

    def line(self):
        """The config's line, as a shell command."""
        words = ("configure", "get", "credential_process", "--profile", self.profile)
        return self(*words).stdout.strip()
