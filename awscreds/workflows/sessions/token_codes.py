"""MFA codes and the devices that show them.

A code comes from the first source that has one: ``--token``, the profile's ``mfa_process``, a
stored TOTP seed, the terminal. AWS accepts each code once, so one command takes one.
"""

from __future__ import annotations

import re

from awscreds.errors import AwscredsError, InputNeeded, UsageError
from awscreds.model import process_chain
from awscreds.model.settings import MFA_PROCESS
from awscreds.model.text import escaped, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TOKEN = "token"  # noqa: S105 - where a code came from
PROCESS = MFA_PROCESS.name
STORED = "stored seed"
TERMINAL = "terminal"

DEADLINE = 30.0
"""Seconds that an ``mfa_process`` may take: it may wait for a touch."""

_SHOWN = 2000


class Code:
    """An MFA code, and where it came from. Its text forms hide it."""

    __slots__ = ("source", "value")

    def __init__(self, value: str, source: str) -> None:
        self.value = value
        self.source = source

    def __repr__(self) -> str:
        return f"Code(<hidden>, {self.source!r})"

    @property
    def is_made_here(self) -> bool:
        """Whether it may be wrong because of this machine's clock."""
        return self.source in (PROCESS, STORED)


class Codes:
    """The MFA code of one command.

    ``ask`` prompts the person. ``say`` shows what an ``mfa_process`` writes to its stderr.
    """

    def __init__(
        self,
        *,
        ask: Callable[[str], str],
        say: Callable[[str], None],
        environ: Mapping[str, str],
        deadline: float = DEADLINE,
    ) -> None:
        self._ask = ask
        self._say = say
        self._environ = environ
        self._deadline = deadline
        self._taken = False

    def take(
        self,
        serial: str,
        *,
        profile: str,
        token: str | None = None,
        process: str | None = None,
        stored: Callable[[], str | None] = lambda: None,
        may_ask: bool = True,
    ) -> Code:
        """The code of the device ``serial``, which ``profile`` needs.

        ``process`` is the ``mfa_process`` of the profile. ``stored`` gives a code if the seed of
        the device is stored. Raises UsageError for a bad code,
        InputNeeded if nobody may be asked, AwscredsError if the process gives none, and for a
        second code in one command.
        """
        if self._taken:
            raise AwscredsError(
                "this needs a second MFA code, but a command can use only one",
                code="second-code",
                hint="run it again, with the next code",
            )
        self._taken = True
        if token is not None:
            return Code(checked_code(token), TOKEN)
        if process:
            return Code(self._run(process, profile), PROCESS)
        made = stored()
        if made is not None:
            return Code(made, STORED)
        if not may_ask:
            from awscreds.calling_shell import line_to_load

            raise InputNeeded(
                f"an MFA code of {escaped(serial)} is needed, but awscreds cannot ask for it here",
                code="token-code-needed",
                hint=line_to_load(f"awscreds mfa-session --profile {quoted(profile)}"),
            )
        return Code(checked_code(self._ask(f"MFA code of {escaped(serial)}: ")), TERMINAL)

    def _run(self, line: str, profile: str) -> str:
        output = self._output(line, profile)
        found = re.findall(r"(?<![0-9])[0-9]{6}(?![0-9])", output)
        if len(found) != 1:
            what = "no MFA code" if not found else f"{len(found)} groups of six digits"
            raise _process_failed(profile, f"printed {what}", "it must print exactly one code")
        code: str = found[0]
        return code

    def _output(self, line: str, profile: str) -> str:
        from awscreds.workflows.sessions import subprocesses

        try:
            completed = subprocesses.run(
                line, self._environ, deadline=self._deadline, awaited="a code"
            )
        except subprocesses.RunError as error:
            raise _process_failed(profile, error.what, error.hint) from None
        for complained in completed.stderr[:_SHOWN].splitlines():
            self._say(f"mfa_process: {escaped(complained)}")
        if completed.status:
            if loop := process_chain.reported_loop(completed.output, completed.stderr):
                raise loop
            raise _process_failed(profile, f"failed (exit {completed.status})", None)
        return completed.output.decode("ascii", "replace")


def is_fido(serial: str) -> bool:
    """Whether a device is a security key or passkey: they show no codes, and STS takes none.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html
    """
    return ":u2f/" in serial


def require_otp(serial: str) -> str:
    """``serial``, if its device shows codes. Raises UsageError for a FIDO device."""
    if is_fido(serial):
        raise UsageError(
            f"{escaped(serial)} is a FIDO security key or a passkey. AWS accepts these "
            "only in a browser, so you cannot start a session with it",
            code="fido-device",
            hint="add a virtual MFA device to this user, who can have 8: awscreds mfa enable "
            "PROFILE",
        )
    return serial


def only_otp_device(serials: Sequence[str], profile: str) -> str | None:
    """The one device of a user that shows codes; None if there is none.

    Raises UsageError if there are several.
    """
    usable = [serial for serial in serials if not is_fido(serial)]
    if len(usable) > 1:
        raise UsageError(
            "this user has several MFA devices: " + ", ".join(escaped(each) for each in usable),
            code="several-devices",
            hint="choose one with --serial; to set it permanently: awscreds configure set "
            f"mfa_serial SERIAL --profile {quoted(profile)}",
        )
    return usable[0] if usable else None


def checked_code(typed: str) -> str:
    """The code that was typed, without blanks. Raises UsageError if it is not a code."""
    code = "".join(typed.split())
    if len(code) == 6 and code.isascii() and code.isdigit():
        return code
    raise UsageError(
        "this is not an MFA code: type the six digits that the MFA device shows",
        code="bad-token-code",
    )


def _process_failed(profile: str, what: str, hint: str | None) -> AwscredsError:
    return AwscredsError(
        f"the mfa_process of the profile {escaped(profile)} {what}",
        code="mfa-process",
        hint=hint
        or "run the command in mfa_process yourself to see what is wrong, or use --token CODE",
    )
