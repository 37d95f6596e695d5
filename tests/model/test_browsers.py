"""The commands that start browsers: lists of words, in which a name is text."""

import pytest

from awscreds.model.browsers import BROWSERS, CHROMIUM, command_of

PAGE = "file:///home/alice/page.html"


def installed(*names):
    return lambda program: f"/usr/bin/{program}" if program in names else None


@pytest.mark.parametrize(
    ("name", "platform", "programs", "expected"),
    [
        ("firefox", "linux", ["firefox-esr"], ["/usr/bin/firefox-esr", PAGE]),
        ("chrome", "linux", ["google-chrome", "chrome"], ["/usr/bin/google-chrome", PAGE]),
        ("edge", "win32", ["msedge.exe"], ["/usr/bin/msedge.exe", PAGE]),
        ("safari", "darwin", [], ["/usr/bin/open", "-a", "Safari", PAGE]),
        ("safari", "linux", ["safari"], None),
        ("safari", "win32", ["", "safari.exe"], None),
        ("firefox", "linux", [], None),
    ],
)
def test_a_browser_is_started_with_the_page_alone(name, platform, programs, expected):
    found = command_of(BROWSERS[name], PAGE, platform=platform, find=installed(*programs))
    assert found == expected


@pytest.mark.parametrize("profile", ["Profile 1", "$(touch x)", "'; rm -rf ~ #", "--incognito"])
@pytest.mark.parametrize("name", [n for n, b in BROWSERS.items() if b.family == CHROMIUM])
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_the_name_of_a_profile_is_one_word(name, platform, profile):
    find = installed(*BROWSERS[name].programs)
    words = command_of(BROWSERS[name], PAGE, platform=platform, find=find, chrome_profile=profile)
    assert f"--profile-directory={profile}" in words
    assert words[-1] == PAGE


def test_every_browser_can_be_started_somewhere():
    for name, browser in BROWSERS.items():
        assert browser.programs or browser.mac_app or browser.windows_program, name
