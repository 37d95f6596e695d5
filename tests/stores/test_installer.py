"""The command that adds packages is one of the tool that installed the program, and it is right."""

import json
import shlex
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from awscreds.model.text import quoted
from awscreds.stores import installer

PYPROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
EXTRA = PYPROJECT["project"]["optional-dependencies"]["sandbox"]


class Distribution:
    requires = [f"{each}; extra == 'sandbox'" for each in EXTRA]  # noqa: RUF012 - a constant

    def __init__(self, url=None):
        self.url = url

    def read_text(self, name):
        assert name == "direct_url.json"
        return self.url and json.dumps(self.url)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Stages an installation: what the tool left in the environment, and where it came from."""
    prefix = tmp_path / "venvs" / "awscreds-cli"
    prefix.mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(prefix))
    monkeypatch.setattr(sys, "executable", str(prefix / "bin" / "python"))
    checkout = tmp_path / "a checkout"
    checkout.mkdir()

    def stage(*left, url=None, pip=True):
        for name in left:
            (prefix / name).touch()
        monkeypatch.setattr("importlib.metadata.distribution", lambda _: Distribution(url))
        monkeypatch.setattr("importlib.util.find_spec", lambda _: pip or None)
        return prefix

    stage.checkout = checkout
    stage.from_checkout = {"url": checkout.as_uri(), "dir_info": {}}
    stage.editable = {"url": checkout.as_uri(), "dir_info": {"editable": True}}
    return stage


def test_the_distribution_has_the_name_that_pyproject_gives_it():
    assert PYPROJECT["project"]["name"] == installer.DISTRIBUTION
    assert metadata.distribution(installer.DISTRIBUTION)


def split(command):
    """The words of a command as this system's shell sees them."""
    words = shlex.split(command, posix=sys.platform != "win32")
    return [word.strip('"') for word in words] if sys.platform == "win32" else words


def test_the_extra_needs_what_pyproject_says():
    assert sorted(installer.requirements("sandbox")) == sorted(EXTRA)
    assert installer.requirements("nonesuch") == []


def test_pipx_injects_into_its_own_environment(installed):
    installed("pipx_metadata.json", url=installed.from_checkout)
    words = split(installer.to_add_extra("sandbox"))
    assert words[:3] == ["pipx", "inject", "awscreds-cli"]
    assert sorted(words[3:]) == sorted(EXTRA)


def test_uv_tool_installs_the_checkout_again_with_more(installed):
    installed("uv-receipt.toml", url=installed.from_checkout, pip=False)
    words = split(installer.to_add_extra("sandbox"))
    assert words[:3] == ["uv", "tool", "install"]
    assert words[-1] == str(installed.checkout)
    assert sorted(words[4:-1:2]) == sorted(EXTRA)
    assert set(words[3:-1:2]) == {"--with"}


def test_uv_tool_keeps_an_editable_checkout_editable(installed):
    installed("uv-receipt.toml", url=installed.editable, pip=False)
    assert split(installer.to_add_extra("sandbox"))[-2:] == [
        "--editable",
        str(installed.checkout),
    ]


def test_pip_installs_into_the_environment_that_runs(installed):
    prefix = installed(url=installed.from_checkout)
    words = split(installer.to_add_extra("sandbox"))
    assert words[:4] == [str(prefix / "bin" / "python"), "-m", "pip", "install"]
    assert sorted(words[4:]) == sorted(EXTRA)


def test_pip_takes_the_extra_from_an_editable_checkout(installed):
    installed(url=installed.editable)
    words = split(installer.to_add_extra("sandbox"))
    assert words[2:] == ["pip", "install", "-e", f"{installed.checkout}[sandbox]"]


def test_without_pip_in_the_environment_it_is_uv_that_adds(installed):
    prefix = installed(pip=False)
    words = split(installer.to_add_extra("sandbox"))
    python = str(prefix / "bin" / "python")
    assert words[:5] == ["uv", "pip", "install", "--python", python]


@pytest.mark.parametrize("url", [None, {"url": "https://example.com/x.whl"}, [], {"url": 3}])
def test_a_lasting_installation_is_from_a_checkout_never_from_an_index(installed, url):
    installed(url=url)
    said = installer.to_install_for_good()
    assert said == "pipx install . or uv tool install ., in a checkout of its repository"


def test_the_checkout_is_named_where_it_is_known(installed):
    installed(url=installed.from_checkout)
    assert installer.to_install_for_good().count(quoted(str(installed.checkout))) == 2


@pytest.mark.parametrize("left", ["pipx_metadata.json", "uv-receipt.toml", "nothing"])
@pytest.mark.parametrize("url", ["from_checkout", "editable", "none"])
@pytest.mark.parametrize("pip", [True, False])
def test_no_command_looks_our_name_up_in_an_index(installed, left, url, pip):
    installed(left, url=getattr(installed, url, None), pip=pip)
    for command in (installer.to_add_extra("sandbox"), installer.to_add(["x>=1"])):
        words = split(command)
        ours = [word for word in words if word.partition("[")[0] in ("awscreds", "awscreds-cli")]
        assert ours == (["awscreds-cli"] if words[:2] == ["pipx", "inject"] else [])
