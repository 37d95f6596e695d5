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
from awscreds.stores.locations import at_home, real_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

TAG = b"# awscreds completion --install"
BROKE_THE_LINE = b", line break included"
MADE_THE_FILE = b", file included"
"""The end of our line in a start-up file: it tells us the line, and what else we added."""


@dataclass(frozen=True)
class InstallTarget:
    """The path of the ``script``, and the ``line`` that the file ``startup`` must have, if any."""

    script: str
    startup: str | None = None
    line: str | None = None


def target_of(shell: str, environ: Mapping[str, str]) -> InstallTarget:
    """Where a shell's script goes. Raises ConfigurationError if that cannot be found out."""
    home = at_home("~")
    if shell == "fish":
        config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        return InstallTarget(os.path.join(config, "fish", "conf.d", "awscreds.fish"))
    data = environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    folder = os.path.join(data, "awscreds")
    if shell == "powershell":
        script = os.path.join(folder, "awscreds.ps1")
        quoted = "'" + script.replace("'", "''") + "'"
        if not environ.get("XDG_DATA_HOME"):
            # Windows PowerShell does not read its profile as UTF-8: it must hold no user's name.
            quoted = '"$HOME/.local/share/awscreds/awscreds.ps1"'
        line = f"if (Test-Path -LiteralPath {quoted}) {{ . {quoted} }}"
        return InstallTarget(script, _powershell_profile(), line)
    if shell == "zsh":
        script = os.path.join(folder, "_awscreds")
        startup = os.path.join(environ.get("ZDOTDIR") or home, ".zshrc")
    else:
        script = os.path.join(folder, "awscreds.bash")
        # Terminals of macOS start login shells, which read no .bashrc.
        startup = _login_file(home) if sys.platform == "darwin" else os.path.join(home, ".bashrc")
    quoted = shlex.quote(script)
    return InstallTarget(script, startup, f"if [ -r {quoted} ]; then . {quoted}; fi")


def _login_file(home: str) -> str:
    """The file that a login bash reads: only the first of these three that exists."""
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
        "cannot find PowerShell on the PATH, so the path of its profile is not known",
        code="no-powershell",
        hint="add this line to $PROFILE: awscreds completion powershell | Out-String | "
        "Invoke-Expression",
    )


def install(target: InstallTarget, script: str) -> bool:
    """Write the script and the line. False if both were there already."""
    changed = _write(target.script, script.encode())
    if target.startup is None or target.line is None:
        return changed
    before = _read(target.startup)
    ours = target.line.encode() + b"  " + TAG
    if before is None:
        after = ours + MADE_THE_FILE + b"\n"
    elif any(line.startswith(ours) for line in before.splitlines()):
        return changed
    else:
        rest = _without_line(before) or b""
        broken = rest and not rest.endswith(b"\n")
        after = rest + (b"\n" + ours + BROKE_THE_LINE if broken else ours) + b"\n"
    return _write(target.startup, after) or changed


def uninstall(target: InstallTarget) -> bool:
    """Remove only what ``install`` wrote. False if there was nothing."""
    changed = False
    before = _read(target.startup) if target.startup else None
    if target.startup and before is not None:
        after = _without_line(before)
        if after is None:
            os.unlink(real_path(target.startup))
            changed = True
        elif after != before:
            changed = _write(target.startup, after)
    if _read(target.script) is None:
        return changed
    os.unlink(target.script)
    folder = os.path.dirname(target.script)
    if os.path.basename(folder) == "awscreds" and not os.listdir(folder):
        os.rmdir(folder)
    return True


def _without_line(text: bytes) -> bytes | None:
    """``text`` as it was before our line; None if there was no file."""
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
    """Write ``data`` to the file, or to the target of a link; False if it is there already."""
    if _read(path) == data:
        return False
    target = real_path(path)
    folder = os.path.dirname(target)
    try:
        os.makedirs(folder, exist_ok=True)
        if is_foreign(os.stat(folder)):
            raise ConfigurationError(
                f"{folder} belongs to another user, so awscreds writes nothing there",
                code="foreign-folder",
                hint="run this as the owner of the folder",
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
        hint="awscreds completion SHELL prints the script; then save it yourself in a "
        "folder that you can write",
    )
