"""Starts a web browser with a page, beside this program."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys

from awscreds.errors import AwscredsError
from awscreds.model.browsers import BROWSERS, command_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from webbrowser import BaseBrowser

_WSLPATH_SECONDS = 10
_SETTINGS_SECONDS = 5
_SNAPS = "/snap/bin"


def require(environ: Mapping[str, str], name: str | None) -> None:
    """Raise AwscredsError if the browser ``name`` of BROWSERS is not installed.

    None: if the user certainly has no browser here.
    """
    if name is None:
        if not _may_have_own(environ):
            raise _no_browser()
    else:
        _command(name, "", environ)


def start(
    page: str,
    environ: Mapping[str, str],
    *,
    name: str | None = None,
    chrome_profile: str | None = None,
) -> Callable[[], bool]:
    """Start the browser ``name`` of BROWSERS, else the user's own, with the address ``page``.

    Returns what says if it has ended with an error. Raises AwscredsError if none can be started.
    """
    if name is not None:
        return _run(_command(name, page, environ, chrome_profile), name)
    has_failed = open_own(page, environ)
    if has_failed is None:
        raise _no_browser()
    return has_failed


def _no_browser() -> AwscredsError:
    return AwscredsError(
        "there is no browser that can be opened here",
        code="browser",
        hint="use --print, and open the link in a browser on any machine; or set BROWSER",
    )


def _command(
    name: str, page: str, environ: Mapping[str, str], chrome_profile: str | None = None
) -> list[str]:
    command = command_of(
        BROWSERS[name],
        page,
        platform=sys.platform,
        find=lambda program: _find(program, environ),
        chrome_profile=chrome_profile,
    )
    if command is None:
        raise AwscredsError(
            f"the browser {name} is not installed",
            code="browser",
            hint="use another --browser; or use --print, and open the link in a browser",
        )
    return command


def _may_have_own(environ: Mapping[str, str]) -> bool:
    """Without a display there is only one in the terminal, which would hide what we say."""
    return sys.platform in ("win32", "darwin") or any(
        environ.get(each) for each in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
    )


def readable_folder(environ: Mapping[str, str], name: str | None) -> str | None:
    """A folder with files that the browser can read, if it cannot read hidden folders of the home.

    Browsers in a snap cannot. ``name`` is of BROWSERS; None: the user's own browser. None: it can.
    https://snapcraft.io/docs/home-interface
    """
    if sys.platform != "linux" or not os.path.isdir(_SNAPS):
        return None
    programs = BROWSERS[name].programs if name else [_default_program(environ)]
    snap = next((each for each in programs if each and os.path.exists(f"{_SNAPS}/{each}")), None)
    if snap is None:
        return None
    return os.path.join(os.path.expanduser("~"), "snap", snap, "common", "awscreds")


def _default_program(environ: Mapping[str, str]) -> str | None:
    """The name of the user's own browser; None if the system does not tell."""
    if environ.get("BROWSER"):
        words = environ["BROWSER"].split()
        return os.path.basename(words[0]) if words else None
    try:
        done = subprocess.run(
            ["xdg-settings", "get", "default-web-browser"],
            capture_output=True,
            text=True,
            check=True,
            timeout=_SETTINGS_SECONDS,
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    # Of a snap: SNAP_PROGRAM.desktop
    return done.stdout.strip().removesuffix(".desktop").partition("_")[0]


def open_own(page: str, environ: Mapping[str, str]) -> Callable[[], bool] | None:
    """Start the user's own browser: BROWSER, else the system's. None if there is none."""
    if "WSL_DISTRO_NAME" in environ and not environ.get("BROWSER"):
        command = _of_windows(page)
        if command:
            return _run(command, "of Windows")
        environ = {**environ, "WSL_DISTRO_NAME": ""}
    if not _may_have_own(environ):
        return None
    import threading
    import webbrowser

    browser = _browser_of(environ)
    if browser is None:
        return None
    if isinstance(browser, webbrowser.GenericBrowser):
        # That of BROWSER: run by webbrowser, it would write into our output.
        words = [browser.name, *(word.replace("%s", page) for word in browser.args)]
        with contextlib.suppress(AwscredsError):
            return _run(words, browser.name)
        return None
    failed = threading.Event()

    def run() -> None:
        opened = False
        with contextlib.suppress(Exception):  # what a browser may raise is not known
            opened = browser.open(page)
        if not opened:
            failed.set()

    # Some end only when closed.
    threading.Thread(target=run, daemon=True).start()
    return failed.is_set


def _browser_of(environ: Mapping[str, str]) -> BaseBrowser | None:
    """The first one of BROWSER that can be used, else that of the system; None if there is none."""
    import webbrowser

    for line in (*filter(None, environ.get("BROWSER", "").split(os.pathsep)), None):
        with contextlib.suppress(webbrowser.Error, ValueError):  # ValueError: quotes without end
            return webbrowser.get() if line is None else webbrowser.get(line)
    return None


def _run(command: list[str], name: str) -> Callable[[], bool]:
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in this terminal is not for it
        )
    except OSError as error:
        raise AwscredsError(
            f"cannot start the browser {name}: {error.strerror or type(error).__name__}",
            code="browser",
            hint="use another --browser; or use --print, and open the link in a browser",
        ) from None
    import threading

    threading.Thread(target=process.wait, daemon=True).start()  # it may outlive us: nobody waits
    return lambda: bool(process.poll())


def _of_windows(page: str) -> list[str] | None:
    """In WSL, the command that opens a file, or an address, in the browser of Windows."""
    if not page.startswith("file://"):
        # Explorer takes some addresses with a query for a folder.
        opener = shutil.which("rundll32.exe")
        return [opener, "url.dll,FileProtocolHandler", page] if opener else None
    explorer = shutil.which("explorer.exe")
    if explorer is None:
        return None
    from urllib.parse import unquote

    path = unquote(page.removeprefix("file://"), errors="surrogateescape")
    try:
        done = subprocess.run(
            ["wslpath", "-w", path],
            capture_output=True,
            text=True,
            check=True,
            timeout=_WSLPATH_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return [explorer, done.stdout.strip()]


if sys.platform == "win32":

    def _find(program: str, environ: Mapping[str, str]) -> str | None:
        """The file of ``program``, as it was registered with Windows, else on the PATH."""
        import winreg

        from awscreds.model import windows_programs

        for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
            key = rf"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\{program}"
            with contextlib.suppress(OSError):
                found = winreg.QueryValue(root, key).strip('"')
                if os.path.isfile(found):
                    return found
        return windows_programs.find(program, environ, os.path.isfile)

else:

    def _find(program: str, environ: Mapping[str, str]) -> str | None:
        return shutil.which(program, path=environ.get("PATH", os.defpath))
