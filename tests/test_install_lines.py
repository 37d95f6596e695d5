"""No line that people copy installs a name from an index that is not known to be ours."""

import ast
import functools
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from awscreds import __version__
from awscreds.cli import run
from awscreds.stores.installer import DISTRIBUTION

TOP = Path(__file__).parents[1]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LINE = re.compile(
    r"\b(?P<tool>pip3? install|pip3? download|pipx (?:install|run|upgrade)|uv tool (?:install|run)"
    r"|uvx|uv pip install|uv add|brew install|conda install)\b(?P<words>[^\n`#)]*)"
)
FROM_HERE = re.compile(
    r"^['\"]*(\.|\{[^}]*\}|\$\{wheel\[0\]\}|\{0\})(\[(?P<extras>[\w,-]+|\{\w+\})\])?['\".,;]*$"
)


def texts():
    """The README and its like; of a program its strings, with ``{}`` for what varies."""
    for name in ("README.md", "CONTRIBUTING.md", ".ci/run", "pyproject.toml"):
        yield name, (TOP / name).read_text("utf-8")
    for folder in ("docs", "completions", "man"):
        for path in sorted(p for p in (TOP / folder).rglob("*") if p.is_file()):
            yield path.relative_to(TOP).as_posix(), path.read_text("utf-8")
    for path in sorted((TOP / "awscreds").rglob("*")):
        if path.suffix == ".py":
            yield path.relative_to(TOP).as_posix(), "\n".join(strings(path))
        elif path.is_file() and path.suffix in (".sh", ".fish", ".zsh", ".ps1", ".bash"):
            yield path.relative_to(TOP).as_posix(), path.read_text("utf-8")


def strings(path):
    tree = ast.parse(path.read_text("utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
             for part in node.values}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in parts:
            yield str(node.value)


@functools.cache
def lines():
    """Each line that installs something: where it is, its tool, and its words."""
    return [
        (place, found["tool"], found["words"])
        for place, text in texts()
        for found in LINE.finditer(text)
        if "--require-hashes" not in found["words"]  # tests/test_requirements.py
    ]


def installed_by(words):
    """What a line's words install: neither options nor what follows in a sentence."""
    left = iter(words.split("&&")[0].split(";")[0].split())
    for word in left:
        if word in ("or", "or:", "and", "in", "brings", "whose", "caches"):
            return
        if word in ("--python", "--extra"):
            next(left, None)
        elif word == "-r":
            file = next(left, "")
            if file != "pyproject.toml":  # names what we depend on
                yield file
        elif not word.startswith("-"):
            yield word


def test_an_install_line_installs_from_the_checkout_with_extras_there_are():
    installed = [(line, word) for line in lines() for word in installed_by(line[2])]
    for line, word in installed:
        if word in ("'", '"', "…"):
            continue
        found = FROM_HERE.match(word)
        assert found, (line, word)
        named = (found["extras"] or "").split(",")
        assert {each for each in named if each and each[0] != "{"} <= set(EXTRAS), (line, word)


def test_there_are_such_lines_and_the_readme_has_one():
    places = [place for place, _, _ in lines()]
    assert "README.md" in places
    assert "awscreds/stores/installer.py" in places


@pytest.mark.parametrize("name", ["awscreds", DISTRIBUTION, f"'{DISTRIBUTION}[x]'", "awscreds==1"])
def test_the_check_would_notice_a_name(name):
    for word in installed_by(f" --upgrade {name} && true"):
        assert not FROM_HERE.match(word)


def test_the_extras_name_only_this_distribution():
    ours = [need for needs in EXTRAS.values() for need in needs if need.startswith("awscreds")]
    assert ours
    for need in ours:
        name, _, extras = need.rstrip("]").partition("[")
        assert name == PROJECT["name"]
        assert set(extras.split(",")) <= set(EXTRAS)


def test_the_version_is_the_packages_own(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"awscreds {__version__}\n"
    assert "version" in PROJECT["dynamic"]


def test_no_tracked_text_sends_people_to_an_index_for_us():
    """The words of the tools apart: a name after ``install`` anywhere in what git has."""
    found = subprocess.run(
        ["git", "grep", "-nIE", r"(pip|pipx|uv tool) +(install|run|upgrade) +['\"]?awscreds"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert [line for line in found.splitlines() if not line.startswith("tests/")] == []
