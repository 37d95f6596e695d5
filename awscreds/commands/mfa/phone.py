"""An authenticator app on a phone: it takes the seed by a QR code, and the person types codes."""

from __future__ import annotations

from awscreds.errors import InputNeeded, UsageError
from awscreds.model import qr_code
from awscreds.model.text import escaped, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app.dialogue import Dialogue

_BELOW = 2
"""Rows for the questions."""

_GROUP = 8

_SAMPLE = "A" * 64
"""A seed as long as AWS's."""


class Phone:
    """Shows the seed of a device of ``user_name`` at the terminal, and asks for two codes."""

    def __init__(
        self, dialogue: Dialogue, user_name: str, account: str, *, shows_seed: bool
    ) -> None:
        self._dialogue = dialogue
        self._user_name = user_name
        self._account = account
        self._shows_seed = shows_seed
        self._was_refused = False

    def check(self) -> None:
        """Raise InputNeeded if nobody is there to scan a code, UsageError if there is no room."""
        if not self._dialogue.terminal.available():
            raise InputNeeded(
                "an authenticator app takes a QR code from a terminal, and there is none to use",
                hint="run it in a terminal; or use --store-seed or --yubikey, where nobody types a "
                "code",
            )
        if self._code(_SAMPLE, self._rows()) is None and not self._shows_seed:
            raise UsageError(
                "the QR code has no room in this terminal, or the terminal cannot draw it",
                code="no-room",
                hint="use a terminal of 80 columns and 24 rows; or use --show-seed to type the "
                "seed into the app",
            )

    def ask(self, _serial: str, seed: str) -> tuple[str, str]:
        """Two codes, one after the other, that are typed unseen."""
        dialogue = self._dialogue
        with dialogue.terminal.private_screen(self._screen(seed)):
            first = dialogue.ask_code("The code that the app shows: ")

            def check_next(code: str) -> str:
                if code == first:
                    raise UsageError("this is the same code: wait until the app shows the next one")
                return code

            second = dialogue.ask_code("The next code (wait for it): ", check_next)
        self._was_refused = True
        return first, second

    def _screen(self, seed: str) -> list[str]:
        """What is above the questions: a line, the QR code if there is room, the seed if wanted."""
        terminal = self._dialogue.terminal
        columns, rows = terminal.size()
        before = "AWS refused these codes. " if self._was_refused else ""
        above = wrapped(f"{before}Scan this with your authenticator app.", columns)
        text = wrapped(f"Seed: {_grouped(seed)}", columns) if self._shows_seed else []
        code = self._code(seed, rows - len(above) - len(text) - _BELOW)
        if code is not None:
            return [*above, *code, *text]
        why = (
            f"{before}There is no room for a QR code. Type this seed into your authenticator app, "
            f"as the key of {escaped(self._user_name)} at AWS (time-based):"
        )
        return [*wrapped(why, columns), "", *wrapped(_grouped(seed), columns), ""]

    def _rows(self) -> int:
        """The rows that a QR code may have below its line."""
        return self._dialogue.terminal.size()[1] - 1 - _BELOW

    def _code(self, seed: str, rows: int) -> list[str] | None:
        terminal = self._dialogue.terminal
        if not terminal.can_show("\u2580\u2584\u2588"):
            return None
        columns, _ = terminal.size()
        return qr_code.drawn(seed, self._user_name, self._account, columns=columns, rows=rows)


def _grouped(seed: str) -> str:
    """The seed in groups that a person can keep in mind while typing."""
    bare = seed.rstrip("=")
    return " ".join(bare[at : at + _GROUP] for at in range(0, len(bare), _GROUP))
