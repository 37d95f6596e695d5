"""Questions to the person at the controlling terminal, or answers piped to stdin.

Prompts use the terminal itself, not stdin and stdout, so they work while stdout is captured by
``$(…)``. If nobody can answer, nothing waits: InputNeeded is raised at once. Only the main thread
may ask.

If an answer is refused, the question is asked again, three times in all. Only what is typed at a
question answers it. What was typed before, and the rest of a paste of several lines, is dropped and
never echoed: it may be a secret, and a shell would run it.
"""

from __future__ import annotations

import contextlib

from awscreds.errors import InputNeeded, UsageError, WrongPassphrase
from awscreds.model.text import escaped
from awscreds.process import for_terminal, with_tilde

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO, TypeVar

    from awscreds.console import Console
    from awscreds.model.choice import Choice

    Checked = TypeVar("Checked")


TRIES = 3
"""How often a question is asked if its answers are refused."""


class Asker:
    """Asks the questions of a command: ``Terminal``, or ``Piped``."""

    def ask(self, text: str) -> str:
        """The answer to ``text``, without blanks around it. May be empty."""
        return self.ask_for(text, str)

    def ask_secret(self, text: str) -> str:
        """The same, typed unseen. Only the line break is removed from it."""
        return self.ask_for(text, str, is_hidden=True)

    def ask_for(
        self, text: str, check: Callable[[str], Checked], *, is_hidden: bool = False
    ) -> Checked:
        """What ``check`` makes of the answer; it raises UsageError to refuse one."""
        raise NotImplementedError

    def confirm(self, text: str, *, default: bool) -> bool:
        """Yes or no."""
        raise NotImplementedError


class Terminal(Asker):
    """Asks at the controlling terminal. ``allowed=False`` is ``--no-input``."""

    def __init__(self, *, allowed: bool = True) -> None:
        self._allowed = allowed
        self._has_asked = False

    def available(self) -> bool:
        """Whether a question could be asked."""
        try:
            with self._open("a question"):
                return True
        except InputNeeded:
            return False

    def ask_for(
        self, text: str, check: Callable[[str], Checked], *, is_hidden: bool = False
    ) -> Checked:
        """What ``check`` makes of the answer.

        It refuses an answer by UsageError or WrongPassphrase: the reason is shown, and the question
        is asked again.
        """
        for _ in range(TRIES - 1):
            try:
                return self._checked(text, check, is_hidden=is_hidden)
            except (UsageError, WrongPassphrase) as error:
                self.tell(error.message)
        return self._checked(text, check, is_hidden=is_hidden)

    def confirm(self, text: str, *, default: bool) -> bool:
        """Yes or no. Enter is ``default``; three answers that are neither mean no."""

        def read(answer: str) -> bool:
            if answer.lower() in ("y", "yes", "n", "no", ""):
                return answer.lower().startswith("y") if answer else default
            raise UsageError("answer y or n")

        try:
            return self.ask_for(f"{text} [{'Y/n' if default else 'y/N'}] ", read)
        except UsageError:
            return False

    def _checked(self, text: str, check: Callable[[str], Checked], *, is_hidden: bool) -> Checked:
        line = self._line(text, is_hidden=is_hidden)
        return check(line if is_hidden else line.strip())

    def tell(self, text: str) -> None:
        """Write a line to the terminal of the questions."""
        with self._open(text) as console:
            console.write(f"{_fitted(text, console)}\n")

    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal of the questions, as far as it tells."""
        with self._open("its size") as console:
            return console.size()

    def can_show(self, text: str) -> bool:
        """Whether that terminal has the characters of ``text``, and can move its cursor."""
        with self._open(text) as console:
            return console.can_show(text)

    @contextlib.contextmanager
    def private_screen(self, lines: Sequence[str]) -> Iterator[None]:
        """Show ``lines``, which are ours and may have colours, on a screen of their own.

        At the end it goes, with all that was asked on it. None of it gets into the history of the
        terminal.
        """
        try:
            with self._open("a screen") as console:
                console.begin_screen()
                console.write("\n".join([*lines, ""]))
            yield
        finally:
            with contextlib.suppress(InputNeeded, OSError), self._open("") as console:
                console.end_screen()

    def choose(self, choice: Choice) -> str:
        """The name that the person chooses.

        Esc is Ctrl-C: KeyboardInterrupt, as for every question.
        """
        from awscreds import screen

        self._has_asked = True
        try:
            chosen = screen.choose(choice)
        except OSError:  # it has hung up
            raise self._no_answer(choice.title) from None
        if chosen is None:
            raise KeyboardInterrupt
        return chosen

    def drop_typed_ahead(self) -> None:
        """Once something was asked: forget what was typed since, before the shell reads it.

        Then the terminal is as it was: its echo was off since the first question.
        """
        if self._has_asked:
            from awscreds.console import give_back

            with contextlib.suppress(InputNeeded, OSError), self._open("") as console:
                console.drop_typed_ahead()
            give_back()

    def _line(self, text: str, *, is_hidden: bool) -> str:
        with self._open(text) as console:
            self._has_asked = True
            try:
                line = console.read_line(_fitted(text, console), is_hidden=is_hidden)
            except OSError:  # it has hung up
                line = None
        if line is None:  # Ctrl-D
            raise self._no_answer(text)
        return line

    @staticmethod
    def _no_answer(text: str) -> InputNeeded:
        return InputNeeded(
            f'no answer to "{text.strip().rstrip(":")}"',
            hint="run it again, or give the answer with an option (see --help)",
        )

    @contextlib.contextmanager
    def _open(self, text: str) -> Iterator[Console]:
        from awscreds.console import Console

        if not self._allowed or not _is_alone():
            raise self._nobody(text)
        try:
            console = Console()
        except OSError:
            raise self._nobody(text) from None
        with console:
            yield console

    def _nobody(self, text: str) -> InputNeeded:
        if not self._allowed:
            why = "--no-input was given"
        elif not _is_alone():
            why = "awscreds asks no questions while several tasks run at the same time"
        else:
            why = "there is no terminal to ask on"
        return InputNeeded(
            f"an answer is needed ({text.strip().rstrip(':')}), but {why}",
            hint="run it in a terminal, or give the answer with an option (see --help)",
        )


def _fitted(text: str, console: Console) -> str:
    """``text`` as it is shown: escaped, and broken at words if the terminal is too narrow."""
    shown = escaped(with_tilde(text))
    after = shown[len(shown.rstrip()) :]  # where the answer begins
    return "\n".join(for_terminal(shown.rstrip(), console)) + after


def _is_alone() -> bool:
    """Whether the main thread asks: nobody could tell two questions at once apart."""
    import threading

    return threading.current_thread() is threading.main_thread()


LONGEST = 65_536
"""Characters of an answer: a stream can be endless."""


def read_answer(read: Callable[[int], str]) -> str:
    """What ``read`` gives if it may give so many characters. Raises UsageError if it has more.

    Or if it is no text, as with a PYTHONIOENCODING that is not that of the input.
    """
    try:
        answer = read(LONGEST + 1)
    except UnicodeError:
        raise UsageError(
            "standard input cannot be read as text",
            code="answer-not-text",
            hint="unset PYTHONIOENCODING, then run this again; nothing was stored",
        ) from None
    if len(answer) > LONGEST:
        raise UsageError(
            f"standard input is too long: an answer has at most {LONGEST:,} characters",
            code="answer-too-long",
            hint="pipe only the answer into the command; nothing was stored",
        )
    return answer


class Piped(Asker):
    """Answers from a stdin that is not a terminal, one a line, as ``aws configure`` takes them.

    A line that is missing at the end keeps the present value, like Enter. No line at all means that
    nobody answers.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._answered = False

    def ask_for(
        self, text: str, check: Callable[[str], Checked], *, is_hidden: bool = False
    ) -> Checked:
        """Once: what is piped in cannot be corrected."""
        line = self._line(text)
        return check(line if is_hidden else line.strip())

    def _line(self, text: str) -> str:
        line = read_answer(self._stream.readline)
        if not line and not self._answered:
            raise InputNeeded(
                f"an answer is needed ({text.strip().rstrip(':')}), but standard input is empty",
                hint="run it in a terminal, pipe the answers into it, or give them with options",
            )
        self._answered = True
        return line.rstrip("\r\n")

    def confirm(self, text: str, *, default: bool) -> bool:  # noqa: ARG002 - nobody sees the text
        """Consent is never read from piped answers: they answer the dialogue."""
        return False
