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
    if name is None:
        has_failed = open_own(page, environ)
        if has_failed is not None:
            return has_failed
        raise AwscredsError(
            "there is no browser that can be opened here",
            code="browser",
            hint="use --print, and open the link in a browser on any machine; or set BROWSER",
        )
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
    return _run(command, name)


def open_own(page: str, environ: Mapping[str, str]) -> Callable[[], bool] | None:
    """Start the user's own browser: BROWSER, else the system's. None if there is none.

    Without a display there is only one in the terminal, which would hide what we say.
    """
    if "WSL_DISTRO_NAME" in environ and not environ.get("BROWSER"):
        command = _of_windows(page)
        if command:
            return _run(command, "of Windows")
    needs_display = sys.platform not in ("win32", "darwin") and not environ.get("BROWSER")
    if needs_display and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
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
    return lambda: bool(process.poll())


def _of_windows(page: str) -> list[str] | None:
    """In WSL, the command that opens a file, or an address, in the browser of Windows."""
    explorer = shutil.which("explorer.exe")
    if explorer is None or not page.startswith("file://"):
        return [explorer, page] if explorer else None
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
