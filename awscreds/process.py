"""This process: what others may see of it, its streams, and its messages."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import NoReturn, Protocol, TextIO, TypeVar

    T = TypeVar("T")

    class HasFileno(Protocol):
        """A stream or a console."""

        def fileno(self) -> int: ...


_RLIMIT_CORE = 4  # on Linux
_WORD = 8 if sys.maxsize > 2**32 else 4
_FORMER_CORE_LIMITS: list[bytes | tuple[int, int]] = []  # of the process, like the limits


def harden() -> None:
    """Keep our memory from other processes of this user, and out of core files.

    On Linux by ``forbid_dumps``. The limit of core files is also set to 0, which is the only
    protection on other systems.
    """
    try:
        if sys.platform == "linux":
            # Importing the module `resource` would take five times as long.
            from awscreds.libc import Long, buffer, forbid_dumps, function

            forbid_dumps()
            limits = buffer(2 * _WORD)
            if function("getrlimit")(Long(_RLIMIT_CORE), limits) == 0:
                function("setrlimit")(Long(_RLIMIT_CORE), bytes(_WORD) + limits.raw[_WORD:])
                _FORMER_CORE_LIMITS.append(limits.raw)
        elif sys.platform != "win32":
            import resource

            former = resource.getrlimit(resource.RLIMIT_CORE)
            resource.setrlimit(resource.RLIMIT_CORE, (0, former[1]))
            _FORMER_CORE_LIMITS.append(former)
    except (ImportError, OSError, ValueError):
        return


def soften() -> None:
    """Restore what a shell would give to the program that this process becomes.

    Python ignores two signals, and the program would inherit that: `yes | head` would not end. The
    core limit of ``harden`` is undone. execve(2) itself makes a process dumpable again.
    """
    import signal

    for name in ("SIGPIPE", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    former = _FORMER_CORE_LIMITS.pop() if _FORMER_CORE_LIMITS else None
    if isinstance(former, bytes):
        from awscreds.libc import Long, function

        function("setrlimit")(Long(_RLIMIT_CORE), former)
    elif former is not None and sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, former)


def complete_search_path() -> None:
    """Make the packages that we depend on importable, if Python was started with ``-S``.

    The line in the config file does that, because the search takes a third of a bare start, and a
    warm answer needs no package. https://docs.python.org/3/library/site.html#site.main
    """
    if sys.flags.no_site and not _SearchPath.is_complete:
        _SearchPath.is_complete = True
        import site

        site.main()


def complete_search_path_later() -> None:
    """As ``complete_search_path``, once a package is not found beside ours.

    For an answer that needs only packages which load nothing else: programs that know the search
    path, or hooks of ``site`` that change how others connect, need the whole of it before.
    """
    if sys.flags.no_site:
        sys.meta_path.append(_SearchPath)


class _SearchPath:
    """Finds what the finders before it did not, in the search path that it completes."""

    is_complete = False

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As ``importlib.abc.MetaPathFinder`` says."""
        sys.meta_path.remove(cls)
        complete_search_path()
        for finder in sys.meta_path:
            found = finder.find_spec(name, path, target)
            if found:
                return found
        return None


def complete_streams() -> None:
    """Make the standard streams usable, however the caller left them.

    A closed one gets the null device. Otherwise the next opened file, for example the vault, would
    get its number. Closed stdout is opened for reading, so that writing to it fails instead of
    being lost. Bytes that are not text, and characters that the encoding lacks, pass through or
    are escaped. They never end a command.
    """
    streams = (("stdin", os.O_RDONLY), ("stdout", os.O_RDONLY), ("stderr", os.O_WRONLY))
    for fd, (name, flags) in enumerate(streams):
        stream = getattr(sys, name)
        if stream is None:
            opened = os.open(os.devnull, flags)
            if opened != fd:
                os.dup2(opened, fd)
                os.close(opened)
            os.set_inheritable(fd, True)
            stream = open(fd, "w" if fd else "r", encoding="utf-8", closefd=False)  # noqa: SIM115 - kept
            setattr(sys, name, stream)
        as_bytes = fd == 0 or stream.encoding.lower() == "utf-8"
        stream.reconfigure(errors="surrogateescape" if as_bytes else "backslashreplace")


def finish_output() -> OSError | None:
    """Write what stdout still holds. If that fails, drop the rest and return the error.

    Without this, Python would try again at its exit, and end with its own exit code.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        _drop_the_rest(sys.stdout)
        return error
    return None


def exit_now(code: int) -> NoReturn:
    """End at once; all output must be written.

    Python's own end takes a sixth of a bare start, and with boto3 loaded about ten of them: it
    searches and frees every object.
    """
    os._exit(code)


DONE, WARNING, FAILURE = "\u2713", "!", "\u2717"
"""The marks of what was done, what is wrong and what failed."""
_NARROWEST = 20
"""Terminals with fewer columns are too narrow for sentences, or do not know their size (0)."""
_COLORS = {DONE: "32", WARNING: "33", FAILURE: "31"}


def tell(
    *lines: str,
    stream: TextIO | None = None,
    mark: str = "",
    color: bool | None = None,
    is_exact: bool = False,
) -> None:
    """Write ``lines`` for people to stderr, or to ``stream``. All messages are written here.

    Characters that control a terminal, reorder text or hide in it are escaped here, so that no
    caller has to do it. Line breaks are escaped, too: a name from a file must not begin a line that
    looks like ours. On a terminal the ``mark`` comes before the first line, in its colour unless
    ``color`` is False, and long lines are broken at words. In a pipe each line stays one.
    ``is_exact`` is for a line of a file: its paths stay as they are.
    """
    from awscreds.model.text import escaped

    stream = stream or sys.stderr
    shown_mark = _shown_mark(mark, stream, color=color)
    parts: list[str] = []
    for line in lines:
        if is_exact:
            parts.append(escaped(line))
        else:
            used = len("! ") if shown_mark and not parts else 0
            parts += for_terminal(escaped(with_tilde(line)), stream, used=used)
    _write(shown_mark + "".join(f"{part}\n" for part in parts), stream)


def for_terminal(line: str, stream: HasFileno, *, used: int = 0) -> list[str]:
    """``line`` as lines that fit into the terminal ``stream``; unchanged if it is not a terminal.

    ``used`` columns of the first line are taken.
    """
    from awscreds.model.text import wrapped

    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):  # not a terminal
        return [line]
    return wrapped(line, width, used=used) if width >= _NARROWEST else [line]


def result_lines(line: str) -> list[str]:
    """``line`` as stdout shows it: whole in a pipe, at a terminal in lines that fit."""
    from awscreds.model.text import escaped

    line = escaped(line)
    return for_terminal(with_tilde(line), sys.stdout) if sys.stdout.isatty() else [line]


def with_tilde(text: str) -> str:
    """``text`` with ``~`` for the home in the paths that begin a word.

    A path in quotes, or under sudo, stays as it is: in a command that is copied to a shell, ``~``
    would not be expanded, or would mean another home.
    """
    home = os.path.expanduser("~")
    if not home.startswith("/") or home == "/" or "SUDO_UID" in os.environ:
        return text
    for before in (" ", "("):
        text = text.replace(f"{before}{home}/", f"{before}~/")
    return "~" + text.removeprefix(home) if text.startswith(f"{home}/") else text


def _shown_mark(mark: str, stream: TextIO, *, color: bool | None) -> str:
    """``mark`` and a blank, if ``stream`` is a terminal that can show it."""
    if not mark or not stream.isatty():
        return ""
    try:
        mark.encode(stream.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return ""
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") in (None, "", "dumb")
    if color is False or is_plain:
        return f"{mark} "
    return f"\x1b[{_COLORS[mark]}m{mark}\x1b[0m "


def overwrite(line: str, stream: TextIO | None = None) -> None:
    """Write ``line`` to stderr, or ``stream``, escaped, and replace the terminal's current line."""
    from awscreds.model.text import escaped

    # The next output replaces it.
    _write(f"\r{escaped(line)}\r", stream)


def _write(text: str, stream: TextIO | None) -> None:
    """Write to a stream, and ignore its errors: they are not a reason to stop."""
    stream = stream or sys.stderr
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        _drop_the_rest(stream)


def _drop_the_rest(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


# -- threads -----------------------------------------------------------------------------------


NAP = 0.2
"""Seconds after which whoever waits looks for a signal. One that comes right before a system call
does not end its wait, and where other threads work this "right before" can take a while."""


class NoThread(RuntimeError):
    """The system allows no other thread."""


def start_thread(do: Callable[..., object], *arguments: object) -> None:
    """Let a thread call ``do``. It does not keep the process from ending.

    Raises NoThread, MemoryError. A Thread's own start waits for ever if memory runs out before its
    first line.
    """
    import _thread

    # Before 3.13, `threading` takes the thread that loads it for the main one, which then finds
    # itself to be another: it asks no questions, and leaves Ctrl-C to nobody.
    import threading  # noqa: F401 - whoever uses it finds it loaded here, by this thread

    try:
        _thread.start_new_thread(do, arguments)  # noqa: TID251 - here
    except RuntimeError as refusal:
        raise NoThread(str(refusal)) from None


def in_time(act: Callable[[], T], seconds: float) -> T:
    """What ``act`` returns or raises. Raises TimeoutError if that takes longer than ``seconds``.

    It runs in a thread, which is then left where it is: nothing ends it from outside, and it does
    not keep the process from its end. Raises NoThread if it cannot begin.
    """
    import _thread
    from time import monotonic

    returned: list[T] = []
    raised: list[Exception] = []
    ended = _thread.allocate_lock()
    ended.acquire()

    def run() -> None:
        try:
            returned.append(act())
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            raised.append(error)
        finally:
            ended.release()

    start_thread(run)
    end = monotonic() + seconds
    while not ended.acquire(timeout=max(0, min(NAP, end - monotonic()))) and monotonic() < end:
        pass
    for error in raised:
        raise error
    for found in returned:
        return found
    raise TimeoutError
