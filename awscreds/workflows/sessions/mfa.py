"""The MFA of one chain: whose device, its one code, and why AWS refused the code."""

from __future__ import annotations

from awscreds.aws.errors import ACCESS_DENIED, off_by
from awscreds.errors import AwsError, UsageError
from awscreds.model.settings import MFA_PROCESS
from awscreds.model.text import escaped, quoted
from awscreds.workflows.sessions.token_codes import is_fido, only_otp_device, require_otp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.model.credentials import Session
    from awscreds.model.role_chain import Chain
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.workflows.sessions.context import SessionDeps
    from awscreds.workflows.sessions.requests import SessionRequest
    from awscreds.workflows.sessions.sources import CredentialSource
    from awscreds.workflows.sessions.token_codes import Code

_SKEW_OF_CODES = 20
"""Seconds that this clock may be off before its codes are wrong: TOTP changes them at 30."""


class DeviceReplaced(Exception):
    """AWS does not know the device that the code is for; the user's device is ``serial`` now."""

    def __init__(self, serial: str) -> None:
        super().__init__()
        self.serial = serial


def configured_device(deps: SessionDeps, chain: Chain, request: SessionRequest) -> str | None:
    """The device of the command line, else the one that the chain's profiles name.

    If AWS said before that the device of the profiles was replaced, it is the new one. Raises
    UsageError for a device that shows no codes.
    """
    if request.serial is not None:
        return require_otp(request.serial)
    named = chain.mfa_serial
    return require_otp(deps.devices.successor(named) or named) if named else None


class Mfa:
    """The device and the code that the sessions of ``chain`` are made with.

    ``iam`` and ``sts`` are how these are reached. ``note`` gets what the user should know.
    """

    def __init__(
        self,
        deps: SessionDeps,
        chain: Chain,
        request: SessionRequest,
        source: CredentialSource,
        *,
        iam: ServiceEndpoint,
        sts: Callable[[], ServiceEndpoint],
        note: Callable[[str], None],
    ) -> None:
        self._deps = deps
        self._chain = chain
        self._request = request
        self._source = source
        self._iam = iam
        self._sts = sts
        self._note = note
        self._code: Code | None = None

    @property
    def took_code(self) -> bool:
        """Whether a code was taken, from any source."""
        return self._code is not None

    def device_of(self, key_id: str) -> str | None:
        """The one device of the key's user that shows codes; None if there is none.

        ListMFADevices is called once, then the answer is remembered.
        """
        devices = self._deps.devices
        known = devices.serial_of(key_id)
        if known:
            return known
        source = self._chain.source.profile
        remedy = f"awscreds configure set mfa_serial ARN --profile {quoted(source)}"
        try:
            serials = self._deps.aws.mfa_devices(self._source.long_lived_key(), self._iam)
        except AwsError as error:
            if error.aws_code is None:
                raise  # whoever cannot reach AWS is not helped by the name of a device
            if error.aws_code not in ACCESS_DENIED or self._request.token is not None:
                hint = f"choose the device with --serial ARN; to set it permanently: {remedy}"
                raise error.because(hint=hint) from None
            self._note(
                "AWS does not let this key see its user's MFA devices; if there is one, set it: "
                + remedy
            )
            return None
        serial = only_otp_device(serials, source)
        if serial:
            devices.note_serial(key_id, serial)
        elif self._request.token is not None:
            raise UsageError(
                "you gave an MFA code, but this user has no MFA device that shows codes",
                code="no-device",
                hint="if the device belongs to another user, use a profile with that user's key",
            )
        elif any(is_fido(each) for each in serials):
            self._note(
                "the MFA of this user is a FIDO security key or passkey, which AWS accepts "
                "only in a browser; to use MFA here, add a virtual device: awscreds mfa enable "
                f"--profile {quoted(source)}"
            )
        return serial

    def with_code(self, serial: str, call: Callable[[str], Session]) -> Session:
        """What ``call`` returns for an MFA code. The code is then spent.

        Raises DeviceReplaced if AWS knows another device of this user instead. The code is not
        spent then, and ``call`` gets it the next time.
        """
        code = self._code = self._code or self._take(serial)
        try:
            session = call(code.value)
        except AwsError as error:
            if error.code == "mfa-device-refused":
                replacement = self._replacement(serial)
                if replacement:
                    raise DeviceReplaced(replacement) from None
            raise self._explained(error, serial, code) from None
        self._deps.devices.note_spent(serial, code.value)
        return session

    def _take(self, serial: str) -> Code:
        named = (self._chain.profile, self._chain.source.profile)
        settings = [self._deps.profiles.find(name).get(MFA_PROCESS.name) for name in named]
        return self._deps.codes.take(
            serial,
            profile=self._chain.profile,
            token=self._request.token,
            process=next((line for line in settings if line), None),
            stored=lambda: self._deps.stored_code(
                serial, lambda: self._deps.aws.time_for_codes(self._sts)
            ),
            may_ask=self._request.may_ask,
        )

    def _replacement(self, refused: str) -> str | None:
        """The one device that AWS lists instead of ``refused``; None if there is none.

        A device that the command line names is never replaced by another.
        """
        key_id = self._source.key_id
        if self._request.serial is not None or key_id is None:
            return None
        try:
            listed = self._deps.aws.mfa_devices(self._source.long_lived_key(), self._iam)
        except AwsError:
            return None
        usable = [serial for serial in listed if not is_fido(serial)]
        if len(usable) != 1 or refused in usable:
            return None
        (replacement,) = usable
        devices = self._deps.devices
        devices.note_serial(key_id, replacement)
        text = (
            f"{escaped(refused)} no longer exists at AWS, so awscreds uses {escaped(replacement)}"
        )
        if self._chain.mfa_serial:
            devices.note_successor(self._chain.mfa_serial, replacement)
            text += "; " + self._line_to_name(replacement)
        self._note(text)
        return replacement

    def _explained(self, error: AwsError, serial: str, code: Code) -> AwsError:
        """The error with the most likely reason why AWS refused an MFA code."""
        if error.code == "mfa-device-refused":
            return self._of_somebody_else(error, serial)
        if error.code != "mfa-code-refused":
            return error
        skew = self._deps.aws.clock.skew or 0.0
        spent_ago = self._deps.devices.spent_ago(serial, code.value)
        if spent_ago is not None:
            message = (
                f"this code was used {spent_ago:.0f} seconds ago, and AWS accepts each code only "
                "once"
            )
            hint = "wait for the next code of the device (at most 30 seconds)"
        elif code.is_made_here and abs(skew) > _SKEW_OF_CODES:
            message = f"the code is wrong because this machine's clock is {off_by(skew)}"
            hint = "set the clock (timedatectl set-ntp true)"
        else:
            message = (
                f"AWS rejected this code for {escaped(serial)}: you typed it wrong, it was "
                "already used, or it is from another device"
            )
            hint = (
                "wait for the next code of this device. If AWS rejects all codes, the "
                "clock of the device is wrong; then run: aws iam resync-mfa-device --serial-number "
                f"{quoted(serial)} --user-name USER --authentication-code1 CODE "
                "--authentication-code2 NEXT-CODE"
            )
            if abs(skew) > _SKEW_OF_CODES:
                hint += f" (this machine's own clock is {off_by(skew)})"
        return AwsError(message, code=error.code, hint=hint, aws_code=error.aws_code)

    def _of_somebody_else(self, error: AwsError, serial: str) -> AwsError:
        if self._source.key_id:
            self._deps.devices.note_serial(self._source.key_id, None)
        source = self._chain.source.profile
        return AwsError(
            f"AWS says that {escaped(serial)} is not an MFA device of this key's user",
            code=error.code,
            hint=f"`awscreds mfa list --profile {quoted(source)}` shows the right one; "
            + self._line_to_name("ARN"),
            aws_code=error.aws_code,
        )

    def _line_to_name(self, serial: str) -> str:
        """The command that sets ``serial`` in the profile that names the device now."""
        named = self._chain.mfa_serial
        naming = (link.profile for link in self._chain.links if named and link.mfa_serial == named)
        profile = next(naming, self._chain.source.profile)
        return f"awscreds configure set mfa_serial {quoted(serial)} --profile {quoted(profile)}"
