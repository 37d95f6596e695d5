"""The installed program as a person, an SDK or a script starts it."""

import contextlib
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from awscreds.stores.backends.vault import key_keeper
from tests.e2e import prepared
from tests.sandbox.fixtures import sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server"]

PROGRAM = (
    os.path.join(sysconfig.get_path("scripts"), "awscreds.exe")
    if sys.platform == "win32"
    else os.path.join(os.path.dirname(sys.executable), "awscreds")
)


AWS = (
    (sys.executable, "-m", "awscli")
    if sys.platform == "win32"
    else (os.path.join(os.path.dirname(sys.executable), "aws"),)
)
"""What starts the AWS CLI."""


class User:
    """Somebody with a home in the sandbox, who starts the installed programs."""

    program = (PROGRAM,)
    """What is started as awscreds."""
    is_prepared = True
    """Whether that is forked from a process that has loaded it, and not started each time."""

    def __init__(self, sandbox, folder):
        self.sandbox = sandbox
        self.environment = sandbox.environment
        self.home = Path(self.environment["HOME"])
        self.aws = self.home / ".aws"
        self.folder = folder
        self.key_id, self.secret = sandbox.key

    @property
    def config(self):
        return self.aws / "config"

    @property
    def credentials(self):
        return self.aws / "credentials"

    @property
    def mfa_serial(self):
        return self.sandbox.facts["mfa_serial"]

    def code(self):
        """What her MFA device shows now."""
        return self.sandbox.token_code()

    def run(self, *argv, stdin=None, rc=0, cwd=None, timeout=60, **environment):
        """Run a program; None as an environment value removes the variable."""
        variables = {**self.environment, **environment}
        variables = {name: value for name, value in variables.items() if value is not None}
        argv, text, cwd = [str(word) for word in argv], stdin or "", cwd or self.folder
        if self.is_prepared and argv[0] == PROGRAM and prepared.can_run(argv[1:], variables):
            done = prepared.run(argv[1:], variables, cwd, text, timeout)
        else:
            done = subprocess.run(
                argv,
                input=text,
                capture_output=True,
                text=True,
                env=variables,
                cwd=cwd,
                timeout=timeout,
                check=False,
                start_new_session=True,  # no controlling terminal: nobody to ask
            )
        self.transcript = f"$ {argv}\n{done.stdout}\n{done.stderr}\nrc={done.returncode}"
        assert "Traceback" not in done.stderr, self.transcript
        assert rc is None or done.returncode == rc, self.transcript
        return done

    def awscreds(self, *argv, **options):
        return self.run(*self.program, *argv, **options)

    def configure(self, profile="alice", *extra, **options):
        words = ("configure", "--profile", profile, "--access-key-id", self.key_id)
        options.setdefault("stdin", self.secret)
        return self.awscreds(*words, "--secret-stdin", *extra, **options)

    def files(self):
        """Every file below the home, with its bytes."""
        return {path: path.read_bytes() for path in self.home.rglob("*") if path.is_file()}


@pytest.fixture
def alice(sandbox, tmp_path, request):
    """A user of the sandbox with her key in hand, and nothing configured."""
    with new_user(sandbox, tmp_path) as user:
        user.is_prepared = not request.config.getoption("--installed")
        yield user


@contextlib.contextmanager
def new_user(sandbox, folder):
    """Her, who works in a folder of her own below ``folder``."""
    user = User(sandbox, folder / "work")
    user.folder.mkdir()
    for handed_out in user.home.glob("alice_*"):
        handed_out.unlink()
    yield user
    # What the kernel holds outlives the folder, and a user may have only so much of it.
    keeper = key_keeper()
    keeper.drop_all(keeper.scope(str(user.aws / "awscreds")))


@pytest.fixture(scope="module")
def desktop(tmp_path_factory):
    """The environment of a session with a real, unlocked gnome-keyring, one for each file."""
    from tests.stores.backends.secret_service import gnome_keyring

    with gnome_keyring(tmp_path_factory.mktemp("desktop")) as environment:
        yield environment


@pytest.fixture
def keyring_user(alice, desktop):
    """Alice on a desktop, where the OS keyring is what keeps her secrets."""
    bus = "DBUS_SESSION_BUS_ADDRESS"
    del alice.environment["AWSCREDS_BACKEND"]
    del alice.environment["AWSCREDS_PASSPHRASE"]
    alice.environment[bus] = desktop[bus]
    return alice
