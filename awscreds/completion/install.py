"""Where a shell looks for a completion script, and the line that makes it look there."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from dataclasses import dataclass

from awscreds.errors import AwscredsError, ConfigurationError
from awscreds.stores.files import is_foreign, replace_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

TAG = b"# awscreds completion --install"
BROKE_THE_LINE = b", line break included"
MADE_THE_FILE = b", file included"
"""What ends our line in a start-up file, so that it is known again, and all of it that is ours."""


@dataclass(frozen=True)
class Place:
    """``script`` is where the script goes; ``line`` what its ``startup`` file must say, if any."""

    script: str
    startup: str | None = None
    line: str | None = None


def place_of(shell: str, environ: Mapping[str, str]) -> Place:
    """The place of a shell's script. Raises ConfigurationError where there is no telling."""
    home = os.path.expanduser("~")
    if shell == "fish":
        config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        return Place(os.path.join(config, "fish", "conf.d", "awscreds.fish"))
    data = environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    folder = os.path.join(data, "awscreds")
    if shell == "powershell":
        script = os.path.join(folder, "awscreds.ps1")
        quoted = "'" + script.replace("'", "''") + "'"
        if not environ.get("XDG_DATA_HOME"):
            # Windows PowerShell takes its profile for no UTF-8: no person's name may be in there.
            quoted = '"$HOME/.local/share/awscreds/awscreds.ps1"'
        line = f"if (Test-Path -LiteralPath {quoted}) {{ . {quoted} }}"
        return Place(script, _powershell_profile(), line)
    if shell == "zsh":
        script = os.path.join(folder, "_awscreds")
        startup = os.path.join(environ.get("ZDOTDIR") or home, ".zshrc")
    else:
        script = os.path.join(folder, "awscreds.bash")
        # Terminals of macOS start login shells, which read no .bashrc.
        startup = _login_file(home) if sys.platform == "darwin" else os.path.join(home, ".bashrc")
    quoted = shlex.quote(script)
    return Place(script, startup, f"if [ -r {quoted} ]; then . {quoted}; fi")


def _login_file(home: str) -> str:
    """What bash reads as a login shell: the first of three that is there, and no other."""
    files = [os.path.join(home, name) for name in (".bash_profile", ".bash_login", ".profile")]
    return next((file for file in files if os.path.exists(file)), files[0])


def _powershell_profile() -> str:
    for program in ("pwsh", "powershell"):
        try:
            asked = subprocess.run(
                [program, "-NoProfile", "-Command", "$PROFILE.CurrentUserAllHosts"],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if asked.returncode == 0 and asked.stdout.strip():
            return asked.stdout.strip()
    raise ConfigurationError(
        "there is no PowerShell on the PATH to ask for its profile",
        code="no-powershell",
        hint="put into $PROFILE: awscreds completion powershell | Out-String | Invoke-Expression",
    )


def install(place: Place, script: str) -> bool:
    """Write the script and the line; False where both were there already."""
    changed = _write(place.script, script.encode())
    if place.startup is None or place.line is None:
        return changed
    before = _read(place.startup)
    ours = place.line.encode() + b"  " + TAG
    if before is None:
        after = ours + MADE_THE_FILE + b"\n"
    elif any(line.startswith(ours) for line in before.splitlines()):
        return changed
    else:
        rest = _without_line(before) or b""
        broken = rest and not rest.endswith(b"\n")
        after = rest + (b"\n" + ours + BROKE_THE_LINE if broken else ours) + b"\n"
    return _write(place.startup, after) or changed


def uninstall(place: Place) -> bool:
    """Take back what ``install`` wrote, and nothing else; False where there was nothing."""
    changed = False
    before = _read(place.startup) if place.startup else None
    if place.startup and before is not None:
        after = _without_line(before)
        if after is None:
            os.unlink(os.path.realpath(place.startup))
            changed = True
        elif after != before:
            changed = _write(place.startup, after)
    if _read(place.script) is None:
        return changed
    os.unlink(place.script)
    folder = os.path.dirname(place.script)
    if os.path.basename(folder) == "awscreds" and not os.listdir(folder):
        os.rmdir(folder)
    return True


def _without_line(text: bytes) -> bytes | None:
    """``text`` as it was before our line; None where there was no file."""
    lines = text.splitlines(keepends=True)
    for at, line in enumerate(lines):
        _, tag, what = line.rstrip(b"\r\n").partition(TAG)
        if not tag:
            continue
        del lines[at]
        if what == BROKE_THE_LINE and at == len(lines):
            lines[-1] = lines[-1].rstrip(b"\n")
        return None if what == MADE_THE_FILE and not lines else b"".join(lines)
    return text


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _failed("read", path, error) from None


def _write(path: str, data: bytes) -> bool:
    """Put ``data`` in the file, through a link to it; False where it is there already."""
    if _read(path) == data:
        return False
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    try:
        os.makedirs(folder, exist_ok=True)
        if is_foreign(os.stat(folder)):
            raise ConfigurationError(
                f"{folder} is not yours, so nothing is written there",
                code="foreign-folder",
                hint="run it as the user it belongs to",
            )
        mode = stat.S_IMODE(os.stat(target).st_mode) if os.path.exists(target) else 0o644
        replace_file(target, data, mode=mode)
    except OSError as error:
        raise _failed("write", path, error) from None
    return True


def _failed(what: str, path: str, error: OSError) -> AwscredsError:
    return AwscredsError(
        f"cannot {what} {path}: {error.strerror}",
        code="unwritable",
        hint="awscreds completion SHELL prints the script, to be put where you like",
    )
