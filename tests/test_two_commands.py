"""Each test is run by the ordinary command or by the one for slow tests, in a throwaway home."""

import argparse
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import of_the_other_command

TOP = Path(__file__).parents[1]
CI = (TOP / ".ci/run").read_text("utf-8")


class Item:
    """A test, as pytest shows it to the rule."""

    def __init__(self, path, *marks):
        self.path = TOP / path
        self._marks = marks

    def get_closest_marker(self, name):
        return name if name in self._marks else None


QUICK, SLOW, OTHER = Item("tests/a.py"), Item("tests/a.py", "slow"), Item("tests/b.py", "slow")


@pytest.mark.parametrize(
    ("options", "left_out"),
    [
        ({}, [SLOW, OTHER]),
        ({"file_or_dir": ["tests"]}, [SLOW, OTHER]),
        ({"file_or_dir": ["tests/a.py"]}, [OTHER]),
        ({"file_or_dir": ["tests/b.py::test_it[x::y]"]}, [SLOW]),
        ({"markexpr": "slow"}, []),  # pytest itself takes the marked ones, and no others
        ({"part": "1/6"}, []),
        ({"full": True}, []),
    ],
)
def test_the_ordinary_command_leaves_out_the_slow_ones_that_are_not_asked_for(
    options, left_out, monkeypatch
):
    monkeypatch.chdir(TOP)
    nothing = {"markexpr": "", "part": None, "full": False, "file_or_dir": []}
    option = argparse.Namespace(**(nothing | options))
    assert of_the_other_command([QUICK, SLOW, OTHER], option) == left_out


def test_the_command_of_the_readme_is_the_ordinary_one():
    line = next(
        line for line in (TOP / "README.md").read_text("utf-8").splitlines() if "-m pytest" in line
    )
    assert line.endswith(" -m pytest -q -n auto")


@pytest.mark.parametrize("slow", [0, 1])
@pytest.mark.parametrize("ordinary", [0, 1])
def test_ci_runs_both_and_fails_with_either(tmp_path, slow, ordinary):
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$*"\nexit {slow}\n')
    python.chmod(0o700)
    end = CI[CI.index('say "the slow tests"') :]
    script = f'set -euo pipefail; say() {{ :; }}; closed() {{ "$@"; }}; tests=$1\n{end}'
    done = subprocess.run(
        ["bash", "-c", script, "run", f"echo ordinary; exit {ordinary}"],
        cwd=tmp_path,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[:2] == ["-m pytest -q -n auto -m slow", "ordinary"]
    assert (done.returncode != 0) == bool(slow or ordinary)


def test_no_fixture_takes_the_place_of_the_throwaway_home():
    found = {
        path.relative_to(TOP).as_posix(): arguments.split(", ")
        for path in (TOP / "tests").rglob("*.py")
        for arguments in re.findall(r"^def home\((.*)\):$", path.read_text("utf-8"), re.MULTILINE)
    }
    assert found.pop("tests/conftest.py")
    assert [path for path, arguments in found.items() if "home" not in arguments] == []
