"""What one command says to people, and what it asks them."""

from __future__ import annotations

import os
import sys

from awscreds.errors import InputNeeded
from awscreds.light import cached_property
from awscreds.process import DONE, WARNING, overwrite, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

    from awscreds.prompts import Asker, Terminal


_WAIT_WIDTH = 40
"""Columns of the longest countdown."""


class Options:
    """The flags that every command takes, before or after its name.

    ``silent``: an SDK reads what is printed. ``starts_program``: another program will print on the
    same streams.
    """

    def __init__(self) -> None:
        self.profile: str | None = None
        self.json = False
        self.quiet = False
        self.silent = False
        self.verbose = False
        self.no_input = False
        self.yes = False
        self.color: bool | None = None
        self.pager = True
        self.starts_program = False


class Dialogue:
    """Messages on stderr, and questions at the terminal, as the ``options`` say."""

    def __init__(
        self, options: Options, *, stdin: TextIO | None = None, stderr: TextIO | None = None
    ) -> None:
        self._options = options
        self._stdin = stdin
        self._stderr = stderr
        self._has_told_wait = False

    # -- messages --------------------------------------------------------------------------

    def say(self, *lines: str) -> None:
        """Say what was done, on stderr; silent under ``--quiet``. Escaped, as all of these are."""
        if not self._options.quiet:
            self._write(*lines)

    def quote(self, line: str) -> None:
        """Show a line of a file as it is there, on stderr; silent under ``--quiet``."""
        if not self._options.quiet:
            tell(f"  {line}", stream=self._stderr, is_exact=True)

    def done(self, *lines: str) -> None:
        """Say what has succeeded, with its mark; silent under ``--quiet``."""
        if not self._options.quiet:
            self._write(*lines, mark=DONE)

    def detail(self, text: str) -> None:
        """Say more about what is done, on stderr, only under ``--verbose``."""
        if self._options.verbose:
            self._write(text)

    def note(self, text: str) -> None:
        """Say what should be known about what was done, on stderr; silent under ``--quiet``.

        In a log, another program's output has no notes of ours, except under ``--verbose``.
        """
        if self.has_reader or not self._options.starts_program:
            self.say(f"note: {text}")

    @property
    def has_reader(self) -> bool:
        """Whether messages go to a terminal, or ``--verbose`` asks for them: they are read now."""
        return self._options.verbose or (self._stderr or sys.stderr).isatty()

    def warn(self, text: str, *lines: str) -> None:
        """Say what is wrong, on stderr, also under ``--quiet``; never to an SDK."""
        if not self._options.silent:
            self._write(f"warning: {text}", *lines, mark=WARNING)

    def show_wait(self, seconds: int | None) -> None:
        """Count down the ``seconds`` until the next MFA code, on stderr; None takes that away.

        On a terminal, the line is overwritten; elsewhere one line says it. Silent under
        ``--quiet``, and to an SDK.
        """
        if self._options.quiet or self._options.silent:
            return
        stream = self._stderr or sys.stderr
        text = "" if seconds is None else f"waiting {seconds} s for the next MFA code"
        if stream.isatty() and os.environ.get("TERM") != "dumb":
            overwrite(text.ljust(_WAIT_WIDTH), stream)
        elif seconds is not None and not self._has_told_wait:
            self.say(text)
        self._has_told_wait = seconds is not None

    def _write(self, *lines: str, mark: str = "") -> None:
        tell(*lines, stream=self._stderr, mark=mark, color=self._options.color)

    # -- questions -------------------------------------------------------------------------

    @property
    def stdin(self) -> TextIO:
        return self._stdin or sys.stdin

    @property
    def may_ask(self) -> bool:
        """Whether ``--no-input`` was not given."""
        return not self._options.no_input

    @cached_property
    def terminal(self) -> Terminal:
        from awscreds.prompts import Terminal

        return Terminal(allowed=self.may_ask)

    @cached_property
    def asker(self) -> Asker:
        """Who answers a dialogue: the terminal, or the lines of stdin if that is a pipe."""
        from awscreds.prompts import Piped

        if not self.may_ask or self.stdin.isatty():
            return self.terminal
        return Piped(self.stdin)

    def finish_asking(self) -> None:
        """If something was asked, leave nothing that was typed since to the shell."""
        if "terminal" in self.__dict__:
            self.terminal.drop_typed_ahead()

    def secret_from_stdin(self, text: str) -> str:
        """All of stdin; if that is a terminal, a line that is typed there unseen."""
        if self.stdin.isatty():
            return self.terminal.ask_secret(text)
        from awscreds.prompts import read_answer

        return read_answer(self.stdin.read)

    def consent(
        self, question: str, *, hint: str, default: bool = True, plan: Iterable[str] = ()
    ) -> bool:
        """Whether the person agrees: ``--yes``, or an answer at the terminal (Enter: default).

        The lines of the ``plan`` that it is about are shown above the question.
        """
        if self._options.yes:
            return True
        try:
            if self.terminal.available():
                for line in plan:
                    self.terminal.tell(line)
            return self.terminal.confirm(question, default=default)
        except InputNeeded as error:
            raise error.because(hint=hint) from None

    def ask_code(self, text: str, check: Callable[[str], str] = str) -> str:
        """The MFA code that a person types, unseen. ``check`` raises UsageError to refuse it."""
        from awscreds.workflows.sessions.token_codes import checked_code

        try:
            return self.terminal.ask_for(
                text, lambda typed: check(checked_code(typed)), is_hidden=True
            )
        except InputNeeded as error:
            raise error.because(
                code="token-code-needed", hint="use --token CODE, or run it in a terminal"
            ) from None
