"""How files of our state are opened: no link, none that is exchanged, and none that stays open."""

import os

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores import state_dir
from awscreds.stores.state_dir import StateDir
from tests.stores.support import open_to_others


@pytest.fixture
def filled(tmp_path):
    filled = StateDir(str(tmp_path / "state"))
    filled.write("file", b"secret")
    return filled


@pytest.fixture
def opened(monkeypatch):
    """The descriptors that were opened."""
    opened, open_file = [], state_dir.open_file
    monkeypatch.setattr(
        state_dir, "open_file", lambda *given: opened.append(open_file(*given)) or opened[-1]
    )
    return opened


def assert_closed(opened):
    assert opened
    for fd in opened:
        with pytest.raises(OSError, match=r"descriptor|handle"):
            os.fstat(fd)


@pytest.mark.parametrize(
    "use", [lambda state: state.read("file"), lambda state: state.append("file", b"x", after=0)]
)
def test_a_file_is_closed_after_its_use_and_after_a_refusal(filled, opened, use):
    use(filled)
    assert_closed(opened)
    opened.clear()
    open_to_others(filled.file("file"), 0o606)

    with pytest.raises(ConfigurationError):
        use(filled)

    assert_closed(opened)


class TestWithoutTheFlagAgainstLinks:
    """As on Windows, where a file is looked at before it is opened and again afterwards."""

    @pytest.fixture(autouse=True)
    def _no_flag(self, monkeypatch):
        monkeypatch.delattr(os, "O_NOFOLLOW", raising=False)

    def test_a_file_is_read_and_appended_to(self, filled):
        filled.append("file", b" two", after=6)
        filled.append("new", b"one", after=0)

        assert (filled.read("file"), filled.read("new")) == (b"secret two", b"one")
        assert filled.read("other") is None

    def test_a_link_is_not_opened(self, filled, monkeypatch):
        os.symlink("file", filled.file("link"))
        monkeypatch.setattr(state_dir, "open_file", lambda *_: pytest.fail("opened"))

        with pytest.raises(ConfigurationError, match="is a symbolic link"):
            filled.read("link")

    def test_a_file_that_is_another_one_once_it_is_open_is_closed_and_not_read(
        self, filled, opened, monkeypatch
    ):
        open_file = state_dir.open_file

        def swap_and_open(path, flags):
            filled.write("file", b"another")
            return open_file(path, flags)

        monkeypatch.setattr(state_dir, "open_file", swap_and_open)

        with pytest.raises(ConfigurationError, match="it is a symbolic link"):
            filled.read("file")
        assert_closed(opened)
