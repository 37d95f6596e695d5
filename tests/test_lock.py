"""`lock` clears all that is kept, also if a part of it cannot be."""

import pytest
from click.testing import CliRunner

from awscreds.app import App
from awscreds.commands.lock import command
from awscreds.errors import StoreUnavailable
from awscreds.stores.cache.sessions import SessionCache
from awscreds.stores.selection import StoreSelection


@pytest.mark.parametrize("failure", [None, StoreUnavailable("the key is still held")])
def test_sessions_go_also_if_a_key_cannot_be_forgotten(home, monkeypatch, failure):
    done = []

    def lock(_):
        done.append("keys")
        if failure:
            raise failure

    monkeypatch.setattr(StoreSelection, "lock", lock)
    monkeypatch.setattr(SessionCache, "clear", lambda _: done.append("sessions"))
    result = CliRunner().invoke(command, [], obj=App({"HOME": str(home)}))
    assert done == ["keys", "sessions"]
    assert result.exception is failure
