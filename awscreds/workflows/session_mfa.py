"""The MFA of one chain: whose device, the one code of it, and why AWS refused that."""

from __future__ import annotations

from awscreds.aws_errors import off_by
from awscreds.errors import AwsError, UsageProblem
from awscreds.model.settings import MFA_PROCESS
from awscreds.model.text import visible, word
from awscreds.workflows.mfa import is_fido, only_otp_device

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.model.chain import Chain
    from awscreds.model.connection import Connection
    from awscreds.model.credentials import Session
    from awscreds.workflows.mfa import Code
    from awscreds.workflows.session import Sessions, Wish
    from awscreds.workflows.session_origin import Origin

DENIED = frozenset({"AccessDenied", "AccessDeniedException"})

_SKEW_OF_CODES = 20
"""Seconds this clock may be off before the codes it makes are wrong: TOTP changes them at 30."""


class Mfa:
    """The device and the code that the sessions of ``chain`` are made with.

    ``note`` is told what the user should know.
    """

    def __init__(
        self, means: Sessions, chain: Chain, wish: Wish, origin: Origin, note: Callable[[str], None]
    ) -> None:
        self._means = means
        self._chain = chain
        self._wish = wish
        self._origin = origin
        self._note = note

    def device_of(self, key_id: str, iam: Connection) -> str | None:
        """The device of the key's user that shows codes, by ListMFADevices once; None: none.

        ``iam`` is how IAM is reached.
        """
        devices = self._means.devices
        known = devices.serial_of(key_id)
        if known:
            return known
        source = self._chain.source.profile
        remedy = f"awscreds configure set mfa_serial ARN --profile {word(source)}"
        try:
            serials = self._means.aws.mfa_devices(self._origin.long_lived_key(), iam)
        except AwsError as error:
            if error.aws_code not in DENIED or self._wish.token:
                error.hint = f"name the device: --serial ARN, or for good: {remedy}"
                raise
            self._note(
                f"AWS does not let this key see its user's MFA devices; if there is one: {remedy}"
            )
            return None
        serial = only_otp_device(serials, source)
        if serial:
            devices.note_serial(key_id, serial)
        elif self._wish.token:
            raise UsageProblem(
                "a token code was given, but this user has no MFA device that shows codes",
                code="no-device",
                hint="if the device belongs to somebody else, that one's key is needed",
            )
        elif any(is_fido(each) for each in serials):
            self._note(
                "the MFA of this user is a FIDO security key or passkey, which AWS takes in a "
                "browser alone; a virtual MFA device beside it would do"
            )
        return serial

    def with_code(self, serial: str, call: Callable[[str], Session]) -> Session:
        """What ``call`` returns for a token code, which is spent then."""
        named = (self._chain.profile, self._chain.source.profile)
        settings = [self._means.profiles.find(name).get(MFA_PROCESS.name) for name in named]
        code = self._means.codes.take(
            serial,
            profile=self._chain.profile,
            token=self._wish.token,
            process=next((line for line in settings if line), None),
            may_ask=self._wish.may_ask,
        )
        try:
            session = call(code.value)
        except AwsError as error:
            raise self._explained(error, serial, code) from None
        self._means.devices.note_spent(serial, code.value)
        return session

    def _explained(self, error: AwsError, serial: str, code: Code) -> AwsError:
        """Why AWS refused a token code, as far as can be seen from here."""
        if error.code == "mfa-device-refused":
            return self._of_somebody_else(error, serial)
        if error.code != "mfa-code-refused":
            return error
        skew = self._means.aws.skew or 0.0
        spent_ago = self._means.devices.spent_ago(serial, code.value)
        if spent_ago is not None:
            message = f"this code was used {spent_ago:.0f} seconds ago, and AWS takes each once"
            hint = "wait until the device shows the next one (half a minute at most)"
        elif code.is_made_here and abs(skew) > _SKEW_OF_CODES:
            message = f"the code is not right, since this machine's clock is {off_by(skew)}"
            hint = "set the clock (timedatectl set-ntp true)"
        else:
            message = (
                f"AWS refuses this code for {visible(serial)}: it was mistyped, used before, or is "
                "of another device"
            )
            hint = (
                "wait for the next code of that very device; where each one is refused, its clock "
                "has drifted: aws iam resync-mfa-device"
            )
            if abs(skew) > _SKEW_OF_CODES:
                hint += f" (this machine's own clock is {off_by(skew)})"
        return AwsError(message, code=error.code, hint=hint, aws_code=error.aws_code)

    def _of_somebody_else(self, error: AwsError, serial: str) -> AwsError:
        if self._origin.key_id:
            self._means.devices.note_serial(self._origin.key_id, None)
        return AwsError(
            f"AWS says that {visible(serial)} is no MFA device of the user this key belongs to",
            code=error.code,
            hint="aws iam list-mfa-devices shows the right one; awscreds configure set "
            f"mfa_serial ARN --profile {word(self._chain.source.profile)}",
            aws_code=error.aws_code,
        )
