"""The App is a root that puts parts together: what the parts do stands in their own modules."""

import ast
import subprocess
import sys
from pathlib import Path

import awscreds
from awscreds.app import App

PACKAGE = Path(awscreds.__file__).parent
MOST_LINES = 250


def test_the_root_is_short():
    assert len((PACKAGE / "app/__init__.py").read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_the_root_decides_nothing_and_words_nothing():
    """No error is raised, nothing is asked or said: whoever words a sentence is a part."""
    tree = ast.parse((PACKAGE / "app/__init__.py").read_text(encoding="utf-8"))
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Raise)] == []
    talk = ("say", "detail", "note", "warn", "consent")
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    said = [node.lineno for node in calls if getattr(node.func, "attr", "") in talk]
    assert said == []


def test_a_part_is_made_once_and_shared(home):
    app = App({})
    for name in ("files", "state_dir", "state", "pointers", "file_warnings", "stores", "sessions",
                 "provider", "key_facts", "aws"):  # fmt: skip
        assert getattr(app, name) is getattr(app, name)


def test_making_the_root_loads_no_part_that_is_not_asked_for():
    program = "import sys; from awscreds.app import App; App({}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    for part in ("provider", "file_warnings", "key_facts", "stores.selection"):
        assert f"awscreds.{part}" not in loaded
    assert {"click", "rich", "botocore", "keyring", "cryptography"}.isdisjoint(loaded)
