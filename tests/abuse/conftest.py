"""The sandbox and its people, as the end-to-end tests have them; more time if asked for.

All but the fuzzing is slow.
"""

import pytest

from tests.e2e.conftest import alice, desktop, keyring_user
from tests.sandbox.fixtures import sandbox, sandbox_server

__all__ = ["alice", "desktop", "keyring_user", "sandbox", "sandbox_server"]


def pytest_collection_modifyitems(config, items):
    for item in items:
        if item.path.parent.name == "abuse":
            item.add_marker(pytest.mark.timeout(120 + 120 * config.option.abuse_minutes))
            if item.path.name != "test_fuzz.py":
                item.add_marker(pytest.mark.slow)
