"""A home whose findings are asked for, by check."""

import pytest

from awscreds.app import App
from awscreds.model.settings import PREFIX

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PAIR = f"aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
POINTER = f"{PREFIX}access_key_id = {KEY_ID}\n"
NOW = 1_800_000_000.0

NOTHING = "# nothing\n"
"""In a file without any lines: an empty one could be half written, and is waited for."""


class Home:
    """Files of a user, and what the checks find in them."""

    def __init__(self, home):
        self.home = home
        self.aws = home / ".aws"
        self.aws.mkdir(mode=0o700)
        self.environ = {"HOME": str(home), "PATH": "/usr/bin:/bin"}

    def write(self, name, text, *, mode=0o600):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    def config(self, text):
        return self.write(".aws/config", text or NOTHING)

    def credentials(self, text):
        return self.write(".aws/credentials", text or NOTHING)

    def app(self, **environ):
        return App({**self.environ, **environ}, clock=lambda: NOW)

    def line(self, name):
        """Our line for the profile ``name``."""
        return f"credential_process = {self.app().process_line(name)}\n"

    def find(self, *checks, **environ):
        found = self.app(**environ).findings(checks or None)
        for each in found:
            assert SECRET not in str(each)
        return found

    def codes(self, *checks, **environ):
        return [each.code for each in self.find(*checks, **environ)]


@pytest.fixture
def user(home):
    return Home(home)
