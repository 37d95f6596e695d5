"""The secret stores by name: what each can be asked, and that only the list goes by a name."""

import ast
from pathlib import Path

import pytest

import awscreds
from awscreds.errors import ConfigurationError
from awscreds.stores.backends import NAMES, open_backend
from awscreds.stores.state import State
from awscreds.stores.state_dir import StateDir

PACKAGE = Path(awscreds.__file__).parent

SPELLED = {
    "stores/backends/__init__.py": "the list",
    "stores/backends/keyring.py": "the name of the one",
    "stores/backends/vault.py": "the name of the other, and of its file",
    "stores/homes.py": "the one that all state folders of a user share",
    "warm.py": "the name of that file, on which a kept answer rests",
    "sandbox/world.py": "the store that the sandbox sets up",
}
"""Where a name is written out, and as what."""

ASKED = (
    "describe", "read", "write", "erase", "check", "exists", "is_available", "why_chosen", "status",
    "open_early", "unlock", "lock", "key_place", "seconds_open",
)  # fmt: skip


@pytest.fixture
def opened(home):
    def open_it(name):
        folder = StateDir(str(home / "state"))
        return open_backend(name, folder, State(folder), {}, lambda: None, for_sdk=False)

    return open_it


def names_in(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and node.value in NAMES:
            yield f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno}"


def test_no_code_goes_by_the_name_of_a_store():
    spelled = [place for path in PACKAGE.rglob("*.py") for place in names_in(path)]
    assert {place.partition(":")[0] for place in spelled} == set(SPELLED)
    # In those, too, a name is written down and never compared with.
    for name in SPELLED:
        for node in ast.walk(ast.parse((PACKAGE / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare | ast.MatchValue):
                inside = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
                assert set(NAMES).isdisjoint(inside), f"{name}:{getattr(node, 'lineno', '?')}"


@pytest.mark.parametrize("name", NAMES)
def test_each_goes_by_its_own_name_and_can_be_asked_the_same(name, opened):
    backend = opened(name)
    assert backend.name == name
    assert backend.hold_seconds is None or backend.hold_seconds > 0
    assert [method for method in ASKED if not callable(getattr(backend, method, None))] == []


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_asked_for_anything_to_look_at_one_that_holds_nothing_yet(name, opened):
    backend = opened(name)
    backend.open_early()
    backend.lock()
    assert backend.describe()
    assert backend.status()
    assert backend.seconds_open() >= 0


def test_a_name_that_is_not_in_the_list_is_of_another_version(opened):
    for name in ("", "another"):
        with pytest.raises(ConfigurationError, match="does not know"):
            opened(name)
