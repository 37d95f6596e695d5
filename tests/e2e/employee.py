"""An employee with a browser, who logs in to the sandbox's IAM Identity Center."""

import shlex
import sys
from pathlib import Path

from awscreds.sandbox.identity_center import START_URL

SESSION = f"""\
[sso-session corp]
sso_start_url = {START_URL}/#/
sso_region = eu-central-1
sso_registration_scopes = sso:account:access
"""
PROFILE = """\

# Read only
[profile ro]
sso_session = corp
sso_account_id = 012345678901
sso_role_name = ReadOnlyAccess
region = eu-central-1
"""
LEGACY = f"""\
[profile ro]
sso_start_url = {START_URL}
sso_region = eu-central-1
sso_account_id = 012345678901
sso_role_name = ReadOnlyAccess
"""
ARN = "arn:aws:sts::012345678901:assumed-role/AWSReservedSSO_ReadOnlyAccess_"
PERSON = Path(__file__).parent.parent / "sandbox" / "browser.py"


class Employee:
    """Alice, who has a browser and the profile ``ro``."""

    def __init__(self, alice, config=SESSION + PROFILE):
        self.alice = alice
        self.control = alice.sandbox.control
        alice.config.write_text(config)
        self.will("Allow access")

    def will(self, *clicks):
        """From now on, this is what she clicks on when a page opens."""
        words = [sys.executable, str(PERSON), *clicks]
        self.alice.environment["BROWSER"] = shlex.join(words) + " %s"

    def __call__(self, *words, **options):
        return self.alice.awscreds(*words, **options)

    def log_in(self, *words, **options):
        return self("login", "--profile", "ro", *words, **options)

    def arn(self, rc=0):
        done = self("whoami", "--profile", "ro", rc=rc)
        return done.stdout.splitlines()[0] if rc == 0 else done.stderr

    def count(self, action):
        return len(self.control.log(action))

    @property
    def state(self):
        return self.alice.aws / "awscreds"

    @property
    def cli_files(self):
        """The AWS CLI's logins; a file beside them has its registration."""
        found = sorted((self.alice.aws / "sso" / "cache").glob("*.json"))
        return [path for path in found if b"accessToken" in path.read_bytes()]

    def line(self):
        """The config's line, as a shell command."""
        return self("configure", "get", "credential_process", "--profile", "ro").stdout.strip()
