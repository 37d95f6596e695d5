"""Which shell called this program, so that what it prints is in that shell's language.

The parent process decides, since ``$SHELL`` is the login shell, not the one that is running.
Programs that only start us for a shell (``uv run``, ``pipx run``, the launcher on Windows) are
passed over.
"""

from __future__ import annotations

import os
import sys

from awscreds.model.shells import FORMATS, format_of, with_variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Ancestor = tuple[str, list[str]]
    """A process: the path of its program, and its arguments as far as they are known."""

_LAUNCHERS = frozenset({"awscreds", "uv", "uvx", "pipx"})
_WIDTH = 80
"""Columns of help. A comment that does not fit is left out."""

_MOST_ANCESTORS = 8
"""Launchers that are passed over before the shell counts as unknown."""


def calling_shell(unknown: str = "sh") -> str:
    """``powershell``, ``fish``, ``cmd`` (on Windows), ``sh``, or ``unknown``."""
    try:
        return shell_of(_ancestors(), windows=sys.platform == "win32") or unknown
    except (OSError, ValueError):
        return unknown


def line_to_load(command: str) -> str:
    """The line to type in the calling shell to load what ``command`` prints.

    If that is not known, it is a line for sh, or on Windows for PowerShell.
    """
    return FORMATS[_shell_of_person()].load.format(command=command)


def line_with_variable(name: str, value: str, command: str) -> str:
    """The line to type there to run ``command`` with a variable."""
    return with_variable(_shell_of_person(), name, value, command)


def examples_for_caller(text: str) -> str:
    """``text`` with its examples for sh, one a line, as they are typed in the calling shell."""
    shell = _shell_of_person()
    return text if shell == "sh" else "\n".join(_example(line, shell) for line in text.split("\n"))


def _example(line: str, shell: str) -> str:
    import re

    load = re.fullmatch(r"( *)eval \$\((awscreds .*)\)( +# .*)?", line)
    variable = re.fullmatch(r"( *)([A-Z_]+)=(\S+) (awscreds .*)", line)
    if load:
        line = load[1] + FORMATS[shell].load.format(command=load[2])
        comment = f"  {(load[3] or '').strip()}"
        line += comment if len(line + comment) < _WIDTH else ""
    elif variable:
        line = variable[1] + with_variable(shell, *variable.groups()[1:])
    return line.replace(" # ", " & rem ") if shell == "cmd" else line.rstrip()


def _shell_of_person() -> str:
    return calling_shell("powershell" if sys.platform == "win32" else "sh")


def shell_of(ancestors: Iterable[Ancestor], *, windows: bool) -> str | None:
    """The format for the nearest of ``ancestors`` (parent first) that is not a launcher of ours.

    None if that is not a shell that we know.
    """
    for _, (program, arguments) in zip(range(_MOST_ANCESTORS), ancestors, strict=False):
        name = _name(program)
        if _is_launcher(name, arguments, windows=windows):
            continue
        if name == "dotnet" and any(_name(word) == "pwsh.dll" for word in arguments[1:2]):
            return "powershell"
        return format_of(name) if windows or name != "cmd" else None
    return None


def _is_launcher(name: str, arguments: list[str], *, windows: bool) -> bool:
    if name in _LAUNCHERS:
        return True
    if not name.startswith("python"):
        return False
    # Elsewhere a Python between us and a shell is a program that reads what we print; on Windows it
    # is also what a virtual environment's own python.exe starts us through.
    return windows or any(_name(word) in _LAUNCHERS for word in arguments[1:3])


def _name(program: str) -> str:
    """``pwsh`` of ``/usr/bin/pwsh``, ``fish`` of ``-fish`` (a login shell), without ``.exe``."""
    name = program.replace("\\", "/").rpartition("/")[2].lower()
    return name.removeprefix("-").removesuffix(".exe")


if sys.platform == "linux":

    def _ancestors() -> Iterator[Ancestor]:
        pid = os.getppid()
        while pid > 0:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                arguments = os.fsdecode(file.read()).rstrip("\0").split("\0")
            with open(f"/proc/{pid}/stat", "rb") as file:
                # The name is in parentheses and may have some itself. proc_pid_stat(5)
                name, _, rest = os.fsdecode(file.read()).rpartition(")")
            yield arguments[0] or name.partition("(")[2], arguments
            pid = int(rest.split()[1])

elif sys.platform == "darwin":

    def _ancestors() -> Iterator[Ancestor]:
        from awscreds.libc import Long, buffer, function

        pid = os.getppid()
        while pid > 0:
            path = buffer(4096)
            function("proc_pidpath")(Long(pid), path, Long(len(path)))
            info = buffer(136)  # struct proc_bsdinfo of <sys/proc_info.h>, flavour 3
            size = Long(len(info))
            function("proc_pidinfo")(Long(pid), Long(3), Long(0), info, size)
            yield os.fsdecode(path.raw.partition(b"\0")[0]), []
            pid = int.from_bytes(info.raw[16:20], sys.byteorder)  # pbi_ppid

elif sys.platform == "win32":

    def _ancestors() -> Iterator[Ancestor]:
        programs = _processes()
        pid = os.getppid()
        while pid in programs:
            parent, program = programs.pop(pid)  # a number that was used again makes no circle
            yield program, []
            pid = parent

    def _processes() -> dict[int, tuple[int, str]]:
        """Of every process, by its number: that of its parent, and its program's name.

        https://learn.microsoft.com/windows/win32/api/tlhelp32/nf-tlhelp32-createtoolhelp32snapshot
        """
        import ctypes
        from ctypes import wintypes

        class Entry(ctypes.Structure):
            _fields_ = (
                ("size", wintypes.DWORD),
                ("usage", wintypes.DWORD),
                ("pid", wintypes.DWORD),
                ("heap", ctypes.c_size_t),
                ("module", wintypes.DWORD),
                ("threads", wintypes.DWORD),
                ("parent", wintypes.DWORD),
                ("priority", wintypes.LONG),
                ("flags", wintypes.DWORD),
                ("program", wintypes.WCHAR * 260),
            )

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateToolhelp32Snapshot.restype = wintypes.HANDLE
        snapshot = wintypes.HANDLE(kernel.CreateToolhelp32Snapshot(2, 0))
        entry = Entry(size=ctypes.sizeof(Entry))
        found = {}
        more = kernel.Process32FirstW(snapshot, ctypes.byref(entry))
        while more:
            found[entry.pid] = entry.parent, entry.program
            more = kernel.Process32NextW(snapshot, ctypes.byref(entry))
        kernel.CloseHandle(snapshot)
        return found

else:

    def _ancestors() -> Iterator[Ancestor]:
        return iter(())
