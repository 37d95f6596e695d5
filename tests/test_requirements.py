"""What CI installs is what pyproject.toml asks for, each file of it with its hash."""

import functools
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

TOP = Path(__file__).parents[1]
FILES = TOP / ".ci" / "requirements"
PYPROJECT = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
PYTHONS = ("3.11.3", "3.11.7", "3.12.1", "3.13.0")
SYSTEMS = {"linux": "posix", "darwin": "posix", "win32": "nt"}
RENEW = "is not what pyproject.toml asks for: run .ci/lock"

WANTED = {
    "runtime": (),
    "sandbox": ("sandbox",),
    "test": ("test",),
    "oldest": ("test",),
    "dev": ("dev", "clients"),
}
"""The extras that each file is for."""


def name_of(requirement):
    return re.sub(r"[-_.]+", "-", requirement.name).lower()


def asked(extras):
    """The requirements of the project with these extras, those within an extra too."""
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += EXTRAS[extra]
    for line in lines:
        requirement = Requirement(line)
        if name_of(requirement) == PROJECT["name"]:
            yield from asked(requirement.extras)
        else:
            yield requirement


@functools.cache
def blocks(name):
    """Each requirement of a file with its hashes, and whether the project itself asks for it."""
    text = (FILES / f"{name}.txt").read_text("utf-8")
    found = []
    for block in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        head, *rest = block.splitlines()
        hashes = [each for each in rest if each.startswith("    --hash=sha256:")]
        direct = f"{PROJECT['name']} (pyproject.toml)" in block
        found.append((Requirement(head.removesuffix(" \\")), hashes, direct))
    return found


def applies(requirement, python, system):
    place = {
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
        "sys_platform": system,
        "os_name": SYSTEMS[system],
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    return requirement.marker is None or requirement.marker.evaluate(place)


@pytest.mark.parametrize("name", sorted(path.stem for path in FILES.glob("*.txt")))
def test_each_requirement_is_one_release_with_hashes_from_no_named_place(name):
    text = (FILES / f"{name}.txt").read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^ *-(?!-hash=sha256:[0-9a-f]{64}( \\)?$)", text, re.MULTILINE)
    assert blocks(name)
    for requirement, hashes, _ in blocks(name):
        [only] = requirement.specifier
        assert (only.operator, bool(hashes), requirement.url) == ("==", True, None), requirement


@pytest.mark.parametrize("name", WANTED)
def test_a_file_has_what_the_project_asks_for_and_nothing_it_no_longer_does(name):
    direct = {name_of(each) for each, _, direct in blocks(name) if direct}
    assert direct == {name_of(each) for each in asked(WANTED[name])}, f"{name}.txt {RENEW}"
    for python in PYTHONS:
        for system in SYSTEMS:
            held = {
                name_of(each): each for each, _, _ in blocks(name) if applies(each, python, system)
            }
            for need in asked(WANTED[name]):
                if applies(need, python, system):
                    assert name_of(need) in held, f"{name}.txt for {python}, {system} {RENEW}"
                    [pin] = held[name_of(need)].specifier
                    assert need.specifier.contains(pin.version), f"{need} in {name}.txt {RENEW}"


def test_the_oldest_are_the_oldest_that_the_metadata_admits():
    held = {name_of(each): each for each, _, _ in blocks("oldest")}
    for need in asked(()):
        [least] = need.specifier
        [pin] = held[name_of(need)].specifier
        assert least.operator == ">="
        asked_for = Version(least.version).release
        assert Version(pin.version).release[: len(asked_for)] == asked_for, f"{need} {RENEW}"


def test_the_build_backend_is_one_release_and_its_file_has_it():
    [backend] = map(Requirement, PYPROJECT["build-system"]["requires"])
    [pin] = backend.specifier
    assert pin.operator == "=="
    held = {name_of(each): each for each, _, _ in blocks("backend")}
    assert held[name_of(backend)].specifier == backend.specifier, f"backend.txt {RENEW}"


@pytest.mark.parametrize("name", ["tools", "sbom"])
def test_a_file_of_tools_has_what_is_asked_for(name):
    lines = (FILES / f"{name}.in").read_text("utf-8").split()
    assert {name_of(Requirement(line)) for line in lines} <= {
        name_of(each) for each, _, _ in blocks(name)
    }


def test_files_that_are_installed_together_agree():
    for one, other in [
        ("runtime", "dev"),
        ("sandbox", "dev"),
        ("test", "dev"),
        ("backend", "tools"),
    ]:
        held = {(name_of(each), str(each.marker)): each.specifier for each, _, _ in blocks(other)}
        for each, _, _ in blocks(one):
            key = name_of(each), str(each.marker)
            assert held.get(key, each.specifier) == each.specifier, (
                f"{one}.txt, {other}.txt: {each}"
            )


def installs(script):
    """The lines of a script of CI that install or download, those continued as one."""
    text = (TOP / ".ci" / script).read_text("utf-8").replace("\\\n", " ")
    return [
        line.strip()
        for line in text.splitlines()
        if re.search(r"\bpip['\"]? (install|download)\b", line) and not line.startswith("#")
    ]


NEWEST = '"$work/newest/bin/python" --upgrade -r pyproject.toml'
"""The one step of CI that takes what an index has today."""


@pytest.mark.parametrize("script", ["run", "uv", "windows"])
def test_ci_installs_what_others_wrote_by_its_hash_and_ours_with_no_index(script):
    lines = [line for line in installs(script) if NEWEST not in line]
    assert len(installs(script)) - len(lines) == (script == "run")
    assert lines
    for line in lines:
        if "--require-hashes" in line:
            named = re.findall(r"-r (\S+)", line)
            assert named
            assert all(
                each.strip('"').startswith((".ci/requirements/", "$files/")) for each in named
            ), line
        else:
            assert line.startswith("closed ") or "--no-index" in line, line
