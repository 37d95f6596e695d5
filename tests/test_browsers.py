"""Which folder a browser can read, and which browser is the user's own."""

import sys

import pytest

from awscreds import browsers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has snaps")


@pytest.fixture
def snaps(tmp_path, monkeypatch):
    """A folder like /snap/bin, with firefox; and programs that come first on the PATH."""
    folder, programs = tmp_path / "snaps", tmp_path / "bin"
    folder.mkdir(), programs.mkdir()
    (folder / "firefox").touch()
    monkeypatch.setattr(browsers, "_SNAPS", str(folder))
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setenv("HOME", str(tmp_path))
    return programs


def settings(programs, line):
    (programs / "xdg-settings").write_text(f"#!/bin/sh\n{line}\n")
    (programs / "xdg-settings").chmod(0o755)


def test_a_snap_reads_its_own_folder(snaps, tmp_path):
    own = str(tmp_path / "snap" / "firefox" / "common" / "awscreds")
    assert browsers.readable_folder({}, "firefox") == own
    assert browsers.readable_folder({}, "chromium") is None
    assert browsers.readable_folder({"BROWSER": "/snap/bin/firefox %s"}, None) == own
    assert browsers.readable_folder({"BROWSER": "chromium"}, None) is None
    assert browsers.readable_folder({"BROWSER": " "}, None) is None


@pytest.mark.parametrize(
    ("line", "is_snap"),
    [
        ("echo firefox_firefox.desktop", True),
        ("echo chromium.desktop", False),
        ("echo", False),
        ("exit 3", False),
        ("printf '\\377'", False),
    ],
)
def test_the_system_says_which_is_the_users_own(snaps, line, is_snap):
    settings(snaps, line)
    assert (browsers.readable_folder({}, None) is not None) == is_snap


def test_without_snaps_nothing_is_asked(monkeypatch, tmp_path):
    monkeypatch.setattr(browsers, "_SNAPS", str(tmp_path / "nothing"))
    monkeypatch.setattr(browsers.subprocess, "run", None)
    assert browsers.readable_folder({}, None) is None


@pytest.mark.parametrize(
    ("programs", "page", "expected"),
    [
        (
            ["rundll32.exe"],
            "https://x/?a=b&c",
            ["rundll32.exe", "url.dll,FileProtocolHandler", "https://x/?a=b&c"],
        ),
        (
            ["explorer.exe", "wslpath"],
            "file:///a%20b/p.html",
            ["explorer.exe", "W:/a b/p.html"],
        ),
        (["explorer.exe"], "file:///a/p.html", None),
        (["explorer.exe", "wslpath"], "https://x", None),
        ([], "file:///a/p.html", None),
    ],
)
def test_wsl_opens_pages_in_windows_without_a_shell(
    tmp_path, monkeypatch, programs, page, expected
):
    for name in programs:
        (tmp_path / name).write_text('#!/bin/sh\nprintf "W:%s" "$2"\n')
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = browsers._of_windows(page)
    if expected is None:
        assert found is None
    else:
        assert found == [str(tmp_path / expected[0]), *expected[1:]]
