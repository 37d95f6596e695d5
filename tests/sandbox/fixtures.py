"""A running sandbox for tests of every layer.

A folder of tests brings them in by importing ``sandbox`` and ``sandbox_server`` in its
conftest.py: there is one server for each folder and worker then. Each test gets an account of its
own: alice with a new key, the real time, no faults.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from awscreds.model import totp
from awscreds.sandbox.world import Server, environment, furnish
from tests.e2e.prepared import make_clients_quick

if TYPE_CHECKING:
    from pathlib import Path

    from awscreds.sandbox.client import Control


class Sandbox:
    """The account of one test: ``facts`` has its names and keys, ``control`` moves it."""

    def __init__(self, control: Control, facts: dict[str, Any], folder: Path) -> None:
        self.control = control
        self.facts = facts
        self._folder = folder
        self._home: Path | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Alice's access key: id and secret."""
        return self.facts["access_key_id"], self.facts["secret_access_key"]

    @property
    def root_key(self) -> tuple[str, str]:
        return self.facts["root_access_key_id"], self.facts["root_secret_access_key"]

    @property
    def home(self) -> Path:
        """A throwaway home with the console's CSV and the role profile, made when asked for."""
        if self._home is None:
            self._home = self._folder / "sandbox-home"
            self._home.mkdir(mode=0o700)
            furnish(self._home, self.facts)
        return self._home

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a program in that home. A new passphrase at each call: keep it."""
        return environment(os.environ, self.home, self.control, self.facts)

    def client(self, service: str, *credentials: str, **settings: Any) -> Any:
        """A boto3 client for ``iam`` or ``sts``. ``credentials``: id, secret, token; else alice's.

        It does not retry, unless ``retries`` says so.
        """
        import boto3
        from botocore.config import Config

        settings = {"retries": {"total_max_attempts": 1}, **settings}
        key_id, secret, token = (*(credentials or self.key), None)[:3]
        return boto3.client(
            service,
            endpoint_url=self.control.url,
            region_name=self.facts["region"],
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(**settings),
        )

    def token_code(self, steps: int = 0) -> str:
        """What alice's device shows now, or showed or will show so many steps from now."""
        step = totp.step_at(self.control.now()) + steps
        return totp.code(self.facts["mfa_seed"], step)

    def session(self, *, mfa: bool = True, **parameters: Any) -> tuple[str, str, str]:
        """GetSessionToken's credentials for alice: id, secret, token."""
        if mfa:
            parameters |= {
                "SerialNumber": self.facts["mfa_serial"],
                "TokenCode": self.token_code(),
            }
        return credentials(self.client("sts").get_session_token(**parameters))


def credentials(answer: dict[str, Any]) -> tuple[str, str, str]:
    """Id, secret and token out of an answer of STS."""
    given = answer["Credentials"]
    return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


@pytest.fixture(scope="session")
def sandbox_server():
    with Server() as server, pytest.MonkeyPatch.context() as monkeypatch:
        make_clients_quick(monkeypatch.setattr)
        yield server


@pytest.fixture
def sandbox(sandbox_server, tmp_path):
    return Sandbox(sandbox_server.control, sandbox_server.control.reset(), tmp_path)
