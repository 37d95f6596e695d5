"""Where the vault's passphrase comes from."""

from __future__ import annotations

import os
import stat

from awscreds.errors import ConfigurationError, InputNeeded, UsageError
from awscreds.model.environment import PASSPHRASE
from awscreds.process import in_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.prompts import Terminal

LEAST, GOOD = 4, 8
"""Characters that a new passphrase must and should have. Only the length is checked, as NIST SP
800-63B says (its minimum is 8). A vault that was created with a shorter one still opens."""
PATIENCE = 120.0
"""Seconds that a pipe with the passphrase is waited for: a program may ask a person for it."""


class Passphrases:
    """The vault's passphrase: the environment, a file, then the terminal."""

    def __init__(
        self,
        environ: Mapping[str, str],
        terminal: Callable[[], Terminal],
        *,
        warn: Callable[[str], None],
    ) -> None:
        self._environ = environ
        self._terminal = terminal
        self._warn = warn
        self._refused = 0
        self._of_file: str | None = None

    def existing(self) -> str:
        """The passphrase of the vault that exists."""
        return self._given() or self._ask("Passphrase of the awscreds vault: ")

    def again(self, reason: str) -> bool:
        """Whether to call ``existing`` again, after a passphrase was wrong for a ``reason``.

        At a terminal a person has three tries; a variable or a file would give the same again.
        """
        from awscreds.prompts import TRIES

        self._refused += 1
        if self._given() or self._refused >= TRIES:
            return False
        self._terminal().tell(reason)
        return True

    def new(self) -> str:
        """A passphrase for a new vault: asked twice at the terminal."""
        given = self._given()
        if given is None:
            return self.ask_twice()
        if len(given) < LEAST:
            raise UsageError(
                f"the new vault's passphrase is too short: use at least {LEAST} characters",
                code="short-passphrase",
                hint=f"set {PASSPHRASE}_FILE to a file with a longer passphrase ({GOOD} "
                "characters or more)",
            )
        self._warn_of_short(given)
        return given

    def _warn_of_short(self, passphrase: str) -> None:
        if len(passphrase) < GOOD:
            self._warn(
                f"the passphrase is short: {GOOD} characters or more are harder to guess. "
                "Change it: awscreds store passwd"
            )

    def ask_twice(self) -> str:
        """A passphrase typed the same way twice. Raises UsageError after three failures."""
        from awscreds.prompts import TRIES

        for _ in range(TRIES):
            first = self._ask("New passphrase for the awscreds vault: ")
            if not first:
                self._terminal().tell("the passphrase is empty; type a passphrase")
            elif len(first) < LEAST:
                self._terminal().tell(f"too short: use at least {LEAST} characters")
            elif first == self._ask("Repeat the passphrase: "):
                self._warn_of_short(first)
                return first
            else:
                self._terminal().tell("the passphrases do not match; try again")
        raise UsageError(
            "the passphrases did not match; nothing was stored",
            code="passphrase-mismatch",
            hint=f"run it again, or set {PASSPHRASE}_FILE to a file that only you can read",
        )

    def _given(self) -> str | None:
        value = self._environ.get(PASSPHRASE)
        if value:
            return value
        path = self._environ.get(f"{PASSPHRASE}_FILE")
        if not path:
            return None
        if self._of_file is None:  # a pipe gives it only once
            self._of_file = _first_line(path)
        return self._of_file

    def _ask(self, text: str) -> str:
        try:
            return self._terminal().ask_secret(text)
        except InputNeeded as error:
            raise error.because(
                message=f"the vault is locked: {error.message}",
                code="vault-locked",
                hint=f"run `awscreds unlock` in a terminal, or set {PASSPHRASE}_FILE",
            ) from None


def _first_line(path: str) -> str:
    """The first line of the passphrase file. Raises ConfigurationError."""
    from awscreds.prompts import LONGEST

    try:
        first = _read(os.path.expanduser(path), LONGEST + 1).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(
            f"cannot read the passphrase file {path}: {reason}",
            code="passphrase-file",
            hint=f"fix the file, or unset {PASSPHRASE}_FILE",
        ) from None
    if not first or len(first) > LONGEST:
        problem = f"has more than {LONGEST:,} characters" if first else "is empty"
        raise ConfigurationError(
            f"the first line of the passphrase file {path} {problem}", code="passphrase-file"
        )
    return first


def _read(path: str, most: int) -> str:
    """A line of a file. Raises OSError, UnicodeDecodeError, and ConfigurationError.

    Whoever writes to a pipe may never come, or wait for a person.
    """
    if not stat.S_ISFIFO(os.stat(path).st_mode):
        return _line(path, most)
    try:
        return in_time(lambda: _line(path, most), PATIENCE)
    except TimeoutError:
        reason = f"nothing was written to it within {PATIENCE:.0f} seconds"
        raise TimeoutError(0, reason) from None


def _line(path: str, most: int) -> str:
    with open(path, encoding="utf-8") as file:
        _refuse_shared(path, os.fstat(file.fileno()))
        return file.readline(most)


def _refuse_shared(path: str, found: os.stat_result) -> None:
    """Raise ConfigurationError for a file of the passphrase that others can read or write.

    A pipe (``<(pass show vault)``) belongs to nobody else.
    """
    from awscreds.stores.remedies import to_close, to_shut
    from awscreds.stores.trust import why_others_read, writable_by_others

    if not stat.S_ISREG(found.st_mode):
        return
    otherwise = (
        "move the file to a folder where only you can read and write it, or unset "
        f"{PASSPHRASE}_FILE"
    )
    why = why_others_read(path, found)
    weak = writable_by_others(path)
    if why:
        raise ConfigurationError(
            f"the passphrase file {path} can be read by other users ({why})",
            code="passphrase-file",
            hint=to_close(path, 0o600, otherwise),
        )
    if weak:
        raise ConfigurationError(
            f"the passphrase file is not safe: {weak}",
            code="passphrase-file",
            hint=to_shut(weak.path, otherwise),
        )
