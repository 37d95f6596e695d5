"""Web browsers: their names, and the commands that start them with a page. Nothing is a shell's."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Find = Callable[[str], str | None]

CHROMIUM = "chromium"
FIREFOX = "firefox"
OTHER = "other"
"""The families: what options a browser knows."""


@dataclass(frozen=True)
class Browser:
    """One browser. ``programs`` are its names on Linux.

    ``mac_app`` and ``windows_program`` are empty where there is none.
    """

    family: str
    programs: tuple[str, ...] = ()
    mac_app: str = ""
    windows_program: str = ""


BROWSERS = {
    "firefox": Browser(FIREFOX, ("firefox", "firefox-esr"), "Firefox", "firefox.exe"),
    "librewolf": Browser(FIREFOX, ("librewolf",), "LibreWolf", "librewolf.exe"),
    "chrome": Browser(
        CHROMIUM,
        ("google-chrome", "google-chrome-stable", "chrome"),
        "Google Chrome",
        "chrome.exe",
    ),
    "chromium": Browser(CHROMIUM, ("chromium", "chromium-browser"), "Chromium"),
    "edge": Browser(
        CHROMIUM, ("microsoft-edge", "microsoft-edge-stable"), "Microsoft Edge", "msedge.exe"
    ),
    "brave": Browser(CHROMIUM, ("brave-browser", "brave"), "Brave Browser", "brave.exe"),
    "vivaldi": Browser(CHROMIUM, ("vivaldi", "vivaldi-stable"), "Vivaldi", "vivaldi.exe"),
    "opera": Browser(CHROMIUM, ("opera",), "Opera", "opera.exe"),
    "safari": Browser(OTHER, (), "Safari"),
}
"""By the names that ``--browser`` takes."""


def command_of(
    browser: Browser, page: str, *, platform: str, find: Find, chrome_profile: str | None = None
) -> list[str] | None:
    """The command that opens ``page``; None if the browser is not installed.

    ``platform`` is that of ``sys``. ``find`` returns the file of a program, None if there is none;
    on macOS the system knows where an app is. ``chrome_profile`` is the folder of a profile.
    """
    options = [f"--profile-directory={chrome_profile}"] if chrome_profile else []
    if platform == "darwin":
        app = browser.mac_app
        if not app:
            return None
        if options:  # a running app gets options only as a new one
            return ["/usr/bin/open", "-na", app, "--args", *options, page]
        return ["/usr/bin/open", "-a", app, page]
    names = (browser.windows_program,) if platform == "win32" else browser.programs
    program = next((found for found in map(find, filter(None, names)) if found), None)
    return [program, *options, page] if program else None
