"""A pager for more lines than the terminal shows, as git has it. There is none on Windows.

Only what a command declares as paged comes here, and no secret is ever in that. The pager gets no
variable of AWS's or ours.
"""

from __future__ import annotations

import os
import sys

from awscreds.process import WARNING, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from io import FileIO
    from typing import Any, Self

PAGER = "AWSCREDS_PAGER"
VARIABLES = (PAGER, "PAGER")
"""What can name the pager, with options; the first one that is set counts. Empty: none."""
OF_AWS = "AWS_PAGER"
"""The AWS CLI's. Only empty it counts: what it names is often for JSON (``jq``)."""
USUAL = ("less", "more")
"""The pagers if none is named, the better one first."""
_OUR_LESS = "FRX"
"""What less does if LESS is not set, as in git: it ends if all is on the screen, shows colours, and
leaves what it showed."""
_SUDO = ("SUDO_UID", "DOAS_USER", "PKEXEC_UID")
_FOREIGN = ("AWS", "GRANTED_", "CF_KEYRING_")
"""How the names of variables begin that are not for a pager: sessions, keys, passphrases."""
_USUAL_LINES = 24


def put(pieces: Iterable[str], count: int, environ: Mapping[str, str] = os.environ) -> None:
    """Show the ``count`` lines of ``pieces``: in a pager if they do not fit the terminal.

    Without a terminal, or a pager, they go to stdout. A pager that cannot be started, or ends with
    an error, is reported after the lines. Raises OSError if stdout cannot be written.
    """
    words = words_of(environ) if _is_for_pager(count, environ) else []
    if not words:
        for piece in pieces:
            sys.stdout.write(piece)
        return
    shown: list[str] = []
    rest = iter(pieces)
    problem = shown_by(words, _noted(rest, shown), environ)
    if problem:
        for piece in (*shown, *rest):
            sys.stdout.write(piece)
        sys.stdout.flush()
        tell(
            f"warning: the pager {words[0]} {problem}",
            f"  Set {PAGER} to another pager, or to nothing for none.",
            mark=WARNING,
        )


def _noted(pieces: Iterator[str], into: list[str]) -> Iterator[str]:
    for piece in pieces:
        into.append(piece)
        yield piece


def _is_for_pager(count: int, environ: Mapping[str, str]) -> bool:
    """Whether somebody can use a pager here, and needs one.

    In CI nobody can, even if there is a pseudo-terminal. The prompt of the shell needs a line, too.
    """
    if sys.platform == "win32" or environ.get("TERM", "dumb") in ("", "dumb"):
        return False
    if environ.get("CI", "false") not in ("", "false") or not sys.stdin.isatty():
        return False
    if not sys.stdout.isatty():
        return False
    return count >= (os.get_terminal_size(sys.stdout.fileno()).lines or _USUAL_LINES)


def words_of(environ: Mapping[str, str]) -> list[str]:
    """The pager and its options; empty if there is none, or none is wanted.

    Raises nothing: a line that is no command is one word, which is not found.
    """
    line = next((environ[name] for name in VARIABLES if name in environ), None)
    if PAGER not in environ and environ.get(OF_AWS) == "":
        return []
    if _is_elevated(environ) and line is not None and line.strip():
        line = None
    if line is None:
        usual = USUAL[:1] if _is_elevated(environ) else USUAL  # more can start any program
        return next(([name] for name in usual if program_of(name, environ)), [])
    from shlex import split

    try:
        words = split(line)
    except ValueError:  # no closing quote
        words = [line]
    return [] if words in ([], ["cat"]) else words


def _is_elevated(environ: Mapping[str, str]) -> bool:
    """Whether we may do what the person may not: a pager must start no program for them then."""
    return any(name in environ for name in _SUDO)


def program_of(name: str, environ: Mapping[str, str]) -> str | None:
    """The file of the program ``name``; None if there is none.

    Never one of the current folder: neither a relative path nor a folder of the PATH like ``.``.
    """
    if os.path.dirname(name):
        places = [name]
    else:
        folders = environ.get("PATH", os.defpath).split(os.pathsep)
        places = [os.path.join(folder, name) for folder in folders]
    return next(
        (
            place
            for place in places
            if os.path.isabs(place) and os.path.isfile(place) and os.access(place, os.X_OK)
        ),
        None,
    )


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a pager gets of ``environ``."""
    kept = {name: text for name, text in environ.items() if not name.startswith(_FOREIGN)}
    kept.setdefault("LESS", _OUR_LESS)
    kept.setdefault("LV", "-c")  # colours in lv
    if (sys.stdout.encoding or "").lower() == "utf-8":
        kept.setdefault("LESSCHARSET", "utf-8")  # which the locale may not say
    if _is_elevated(environ):
        kept["LESSSECURE"] = "1"
    return kept


if sys.platform == "win32":

    def shown_by(
        words: Sequence[str], pieces: Iterable[str], environ: Mapping[str, str]
    ) -> str | None:
        raise NotImplementedError  # `_is_for_pager` lets nothing come here

else:
    import contextlib
    import signal

    def shown_by(
        words: Sequence[str], pieces: Iterable[str], environ: Mapping[str, str]
    ) -> str | None:
        """Let a pager show ``pieces`` until the person leaves it, or all are shown.

        Returns what is wrong with the pager, if anything is.
        """
        program = program_of(words[0], environ)
        if program is None:
            is_path = os.path.dirname(words[0])
            return (
                "is not the absolute path of a program" if is_path else "was not found on the PATH"
            )
        name = os.path.basename(program)
        arguments = [words[0], *(["-R"] if name == "less" else []), *words[1:]]
        with _Handlers() as handlers:
            try:
                writing = handlers.start(program, arguments, environment(environ))
            except OSError as error:
                return f"cannot be started: {error.strerror}"
            with open(writing, "wb", buffering=0) as pipe, contextlib.suppress(BrokenPipeError):
                for piece in pieces:
                    _write(pipe, _without_colors(piece) if name == "more" else piece)
            code = handlers.wait()
        # Ctrl-C ends some pagers with a code of their own: that is no error.
        return f"ended with exit code {code}" if code > 0 and not handlers.has_interrupt else None

    def _write(pipe: FileIO, text: str) -> None:
        """Write all of ``text``, as stdout would. Raises BrokenPipeError if nobody reads more."""
        data = memoryview(
            text.encode(sys.stdout.encoding or "utf-8", sys.stdout.errors or "strict")
        )
        while data:
            data = data[pipe.write(data) :]

    def _without_colors(text: str) -> str:
        """``text`` for a pager that may show their sequences. Others are escaped in it."""
        import re

        return re.sub("\x1b\\[[0-9;]*m", "", text)

    class _Handlers:
        """What signals do while a pager runs: Ctrl-C is for the pager, and only noted here.

        What ends us ends the pager first: it would leave the terminal in its own mode to the shell.
        """

        def __init__(self) -> None:
            self.has_interrupt = False
            self._pid = 0
            self._before: dict[signal.Signals, Any] = {}

        def __enter__(self) -> Self:
            actions = {
                signal.SIGINT: self._note,
                signal.SIGTERM: self._end,
                signal.SIGHUP: self._end,
            }
            for number, action in actions.items():
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                    self._before[number] = signal.signal(number, action)
            return self

        def __exit__(self, *_: object) -> None:
            self._end_pager()
            for number, action in self._before.items():
                signal.signal(number, action)

        def start(self, program: str, arguments: list[str], environ: Mapping[str, str]) -> int:
            """Start the pager, and return where to write what it shows. Raises OSError."""
            reading, writing = os.pipe()
            # A signal that comes before its number is known would leave it behind.
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._before)
            try:
                self._pid = os.posix_spawn(
                    program,
                    arguments,
                    environ,
                    file_actions=[(os.POSIX_SPAWN_DUP2, reading, 0)],
                    setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),  # Python ignores both
                    setsigmask=mask,
                )
            except OSError:
                os.close(writing)
                raise
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                os.close(reading)
            return writing

        def wait(self) -> int:
            """The exit code of the pager, once it has ended; negative for a signal."""
            _, status = os.waitpid(self._pid, 0)
            self._pid = 0
            return os.waitstatus_to_exitcode(status)

        def _note(self, _number: int, _frame: object) -> None:
            self.has_interrupt = True

        def _end(self, number: int, _frame: object) -> None:
            self._end_pager()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

        def _end_pager(self) -> None:
            """Ask it to end. Nobody waits for it: some pagers may not obey."""
            if self._pid:
                os.kill(self._pid, signal.SIGTERM)
