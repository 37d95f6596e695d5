"""The errors that awscreds raises on purpose, and the exit code of each kind.

Every error knows three things: a stable ``code`` for programs, a ``message`` that says what
failed (and where, as ``file:line``), and a ``hint`` with the command or step that fixes it.
None of them ever carries a secret, or a line of a file that may hold one.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self


class AwscredsError(Exception):
    """Something failed, and awscreds knows what. Exit code 1."""

    exit_code = 1
    default_code = "failed"

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint

    @property
    def whole(self) -> str:
        """``message``, and ``hint`` if there is one, as one line."""
        return ". ".join(part for part in (self.message, self.hint) if part)

    @property
    def document(self) -> dict[str, object]:
        """The same for programs."""
        return {"code": self.code, "message": self.message, "hint": self.hint}

    def because(
        self, *, message: str | None = None, code: str | None = None, hint: str | None = None
    ) -> Self:
        """A copy that says more, to be raised instead. What is None stays as it is."""
        text = self.message if message is None else message
        error = type(self).__new__(type(self), text)
        error.__dict__.update(self.__dict__)
        error.message = text
        error.code = code or self.code
        error.hint = self.hint if hint is None else hint
        return error


def hints(*parts: str | None) -> str:
    """Several hints as one; what is None is left out: an error need not have one."""
    return "; ".join(part for part in parts if part)


class UsageError(AwscredsError):
    """The command line, or the variables in its place, make no sense. Exit code 2."""

    exit_code = 2
    default_code = "usage"


class ConfigurationError(AwscredsError):
    """No such profile, an unreadable or unparseable file, a loop, an unsafe folder. Exit code 3."""

    exit_code = 3
    default_code = "configuration"


class SecretStoreError(AwscredsError):
    """No store, a locked or silent one, a missing entry, a wrong passphrase. Exit code 4."""

    exit_code = 4
    default_code = "secret-store"


class EntryMissing(SecretStoreError):
    """The store answers, and has no such entry."""

    default_code = "entry-missing"


class StoreLocked(SecretStoreError):
    """The store exists, and is locked."""

    default_code = "store-locked"


class StoreUnavailable(SecretStoreError):
    """There is no store, it does not answer in time, or it cannot be trusted."""

    default_code = "store-unavailable"


class WrongPassphrase(SecretStoreError):
    """The passphrase of the vault is wrong."""

    default_code = "wrong-passphrase"


class AwsError(AwscredsError):
    """AWS refused, or could not be reached. Exit code 5.

    ``aws_code`` is AWS's own error code if AWS answered (``InvalidClientTokenId``), else None.
    ``status`` is that of HTTP, if AWS refused.
    """

    exit_code = 5
    default_code = "aws"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str | None = None,
        aws_code: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.aws_code = aws_code
        self.status = status


class InputNeeded(AwscredsError):
    """An answer was needed, and nobody could be asked. Exit code 6."""

    exit_code = 6
    default_code = "input-needed"


class RotationUnfinished(AwscredsError):
    """A rotation stopped half way and can be resumed. Exit code 7."""

    exit_code = 7
    default_code = "rotation-unfinished"


_NO_MEMORY = "malloc failure"
"""What OpenSSL says of it, in an error that is an OSError."""
_NO_THREAD = "can't start new thread"
"""Python's error for the EAGAIN of the system."""


def unexpected_error(error: Exception) -> AwscredsError:
    """The error to show for one that nobody raised on purpose, without its text.

    The text may hold a secret, so a bug is shown only with its place. That of the system is safe.
    """
    if isinstance(error, MemoryError) or _NO_MEMORY in str(error):
        return AwscredsError(
            "there is not enough memory",
            code="system",
            hint="close other programs, or raise the limit (`ulimit -v`), then run this again",
        )
    if isinstance(error, OSError):
        where = f" {error.filename}" if error.filename else ""
        return AwscredsError(
            f"cannot read or write{where}: {error.strerror or type(error).__name__}", code="system"
        )
    if isinstance(error, RuntimeError) and str(error) == _NO_THREAD:
        return AwscredsError(
            "the system allows no other thread",
            code="system",
            hint="close other programs, or raise the limit (`ulimit -u`), then run this again",
        )
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    if isinstance(error, SystemError):
        return AwscredsError(
            f"Python itself failed{place}, as it does if memory runs out",
            code="system",
            hint="close other programs, or raise the limit (`ulimit -v`), then run this again",
        )
    return AwscredsError(
        f"awscreds has a bug: {type(error).__name__}{place}",
        code="bug",
        hint="please report the bug, with the command line (without secrets) and the "
        "output of `awscreds --version`",
    )
