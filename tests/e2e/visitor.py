"""Somebody who logs in with console credentials, at a browser."""

import hashlib
import json

from tests.e2e.at_browser import AtBrowser

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


class Visitor(AtBrowser):
    """Alice, who has a browser, and the profile ``web``."""

    profile = "web"
    first_click = "Continue as alice"

    def __init__(self, alice, config=CONFIG):
        super().__init__(alice, config)

    def count(self, action="CreateOAuth2Token"):
        return super().count(action)

    @property
    def logins(self):
        return sorted((self.alice.aws / "awscreds").glob("login-*"))

    def shared(self, arn=ALICE):
        name = hashlib.sha256(arn.encode()).hexdigest()
        return self.alice.aws / "login" / "cache" / f"{name}.json"

    def served(self, rc=0):
        done = self.serve(rc)
        return json.loads(done.stdout) if rc == 0 else done.stderr
