"""Tests of what only Windows does. `.ci/windows` runs them."""

import sys

import pytest

from tests.e2e.conftest import new_user
from tests.sandbox.fixtures import Sandbox, sandbox_server
from tests.windows import credentials

__all__ = ["sandbox_server"]

collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]

HOME = "Łucja O'Hara & Söhne (100%)"
"""The folder of a home: with a blank, and with what a shell or a code page may stumble over."""


@pytest.fixture
def sandbox(sandbox_server, tmp_path):
    folder = tmp_path / HOME
    folder.mkdir()
    sandbox = Sandbox(sandbox_server.control, sandbox_server.control.reset(), folder)
    yield sandbox
    credentials.forget({sandbox.key[0], *sandbox.control.keys()})


@pytest.fixture
def alice(sandbox, tmp_path):
    """A user with nothing configured. She starts the installed program, each time."""
    with new_user(sandbox, tmp_path) as user:
        user.is_prepared = False
        yield user


@pytest.fixture(params=["keyring", "vault"])
def store(request):
    return request.param


@pytest.fixture
def user(alice, store):
    """Alice, with one of the two stores that Windows has: its Credential Manager, or our vault."""
    alice.environment["AWSCREDS_BACKEND"] = store
    return alice
