"""A new MFA device for a user: created, given its two codes, enabled, named in the profile.

Until it is enabled, a device is worth nothing, and its seed cannot be had again. So on any failure
it is deleted. A run that was killed leaves a record (``stores.enrolments``), and the next one
finishes it: what AWS says is enabled is named in the profile; what is not is enabled if its seed is
stored, else deleted. AWS refuses to delete a device that is enabled, so no deletion locks anybody
out.
"""

from __future__ import annotations

from dataclasses import dataclass

from awscreds.aws.errors import ACCESS_DENIED
from awscreds.aws.once import AnswerLost
from awscreds.errors import AwscredsError, AwsError, UsageError
from awscreds.model.text import escaped, quoted
from awscreds.stores.enrolments import ASKED, CREATED, Unfinished

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.stores.enrolments import Enrolments
    from awscreds.workflows.mfa.keepers import Keeper
    from awscreds.workflows.mfa.user_devices import UserDevices

DEVICES_PER_USER = 8
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

_TRIES = 3
"""Pairs of codes that a person may give."""

_SPREADS = 5
"""Times to ask for a device that AWS has just created, and does not know everywhere yet."""
_SPREAD_SECONDS = 2.0

_NAMES = 20
"""Names that are tried if AWS does not list which are taken."""

IN_USE = "DeleteConflict"


@dataclass(frozen=True, slots=True)
class Interaction:
    """What an enrolment needs of the person, and of the clock.

    ``agree`` asks whether to delete a device. ``step`` is called at each point where a process may
    die, for tests.
    """

    agree: Callable[[str], bool]
    say: Callable[[str], None]
    warn: Callable[[str], None]
    sleep: Callable[[float], None]
    step: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The device that was enabled. ``is_resumed``: by a run before this one, at least in part.

    ``keeper`` is who has its seed.
    """

    serial: str
    keeper: str
    is_resumed: bool = False


class Enrolment:
    """Enables one device of the user. ``name_device`` names it in the profile, by its serial.

    ``name`` is what the device must be called; None: like its user, or the next free name.
    """

    def __init__(
        self,
        devices: UserDevices,
        record: Enrolments,
        keeper: Keeper,
        interaction: Interaction,
        *,
        name: str | None,
        name_device: Callable[[str, str], None],
    ) -> None:
        self._devices = devices
        self._record = record
        self._keeper = keeper
        self._interaction = interaction
        self._name = name
        self._name_device = name_device
        self._step = interaction.step

    def carry_out(self) -> Enrolled:
        """Enable a device, or finish what a killed run began.

        Raises AwsError, UsageError for a name that is taken or too many devices, and what the
        keeper raises. Then there is no new device, or a warning was given.
        """
        with self._record.lock():
            found = self._finished()
            if found:
                return found
            self._keeper.check()
            serial, seed = self._created()
            return self._completed(serial, seed)

    # -- what a killed run has left --------------------------------------------------------

    def _finished(self) -> Enrolled | None:
        """The device of a killed run, enabled now; None if there is none, or it was deleted."""
        left = self._record.read()
        if left is None:
            return None
        shown = escaped(left.serial)
        if any(device.serial == left.serial for device in self._devices.enabled()):
            self._interaction.say(f"An interrupted run had already enabled {shown}.")
            return self._named(Enrolled(left.serial, left.keeper, is_resumed=True))
        if left.stage == CREATED and left.keeper == self._keeper.name:
            seed = self._keeper.kept(left.serial)
            if seed is not None:
                self._interaction.say(f"Continuing with {shown}, which an interrupted run created.")
                return self._completed(left.serial, seed, is_resumed=True)
        if left.stage == CREATED or left.serial in self._devices.unassigned():
            self._remove_left(left)
        self._record.end()
        return None

    def _remove_left(self, left: Unfinished) -> None:
        """Delete a device that was never enabled. If that is not allowed, it stays, and is told."""
        shown = escaped(left.serial)
        if left.stage != CREATED and not self._interaction.agree(_unassigned(shown)):
            return
        try:
            if self._devices.delete(left.serial, may_use_mfa=False):
                self._interaction.say(f"Deleted {shown}: an interrupted run did not enable it.")
        except AwsError as error:
            if error.aws_code not in ACCESS_DENIED:
                raise
            self._interaction.warn(_stays(shown))
            return
        if left.keeper == self._keeper.name:
            self._forget(left.serial)

    # -- a new device ----------------------------------------------------------------------

    def _created(self) -> tuple[str, str]:
        """The serial and the seed of a new device."""
        enabled = [device.serial for device in self._devices.enabled()]
        if len(enabled) >= DEVICES_PER_USER:
            raise UsageError(
                f"the user {escaped(self._devices.user_name)} has {len(enabled)} MFA devices, and "
                "AWS allows no more",
                code="too-many-devices",
                hint="remove one: `awscreds mfa list PROFILE` shows them, `awscreds mfa remove "
                "PROFILE --serial ARN` removes one",
            )
        for name in self._candidates():
            serial = self._devices.serial_of(name)
            if serial in enabled or not self._is_free(serial):
                if self._name:
                    raise _taken(serial)
                continue
            self._keeper.require_free(serial)
            self._record.write(Unfinished(serial, ASKED, self._keeper.name))
            self._step("asked")
            try:
                made = self._devices.create(name)
            except AnswerLost:
                self._delete_lost(serial)
                raise
            except AwsError as error:
                self._record.end()
                if error.aws_code != "EntityAlreadyExists":
                    raise
                if self._name:
                    raise _taken(serial) from None
                continue
            self._record.write(Unfinished(made.serial, CREATED, self._keeper.name))
            self._step("created")
            return made.serial, made.seed
        raise _taken(self._devices.serial_of(self._devices.user_name))

    def _candidates(self) -> list[str]:
        if self._name:
            return [self._name]
        user = self._devices.user_name
        return [user, *(f"{user}-{number}" for number in range(2, _NAMES + 1))]

    def _is_free(self, serial: str) -> bool:
        """Whether no device has this serial, or no more: one that no user has can be deleted."""
        if serial not in self._devices.unassigned():
            return True
        if not self._interaction.agree(_unassigned(escaped(serial))):
            return False
        try:
            self._devices.delete(serial)
        except AwsError as error:
            if error.aws_code in (*ACCESS_DENIED, IN_USE):
                return False
            raise
        return True

    def _delete_lost(self, serial: str) -> None:
        """Delete the device of a lost answer, if there is one: its seed is lost, too."""
        try:
            self._devices.delete(serial, may_use_mfa=False)
        except AwscredsError:
            return  # the record stays, and the next run deletes it
        self._record.end()

    # -- its two codes ---------------------------------------------------------------------

    def _completed(self, serial: str, seed: str, *, is_resumed: bool = False) -> Enrolled:
        try:
            if not is_resumed:
                self._keeper.keep(serial, seed)
                self._step("kept")
            self._enable(serial, seed)
        except BaseException:
            self._undo(serial)
            raise
        self._step("enabled")
        return self._named(Enrolled(serial, self._keeper.name, is_resumed=is_resumed))

    def _enable(self, serial: str, seed: str) -> None:
        for left in reversed(range(_TRIES)):
            codes = self._keeper.codes(serial, seed)
            try:
                self._ask_to_enable(serial, codes)
            except AwsError as error:
                if error.aws_code == "InvalidAuthenticationCode" and left:
                    self._interaction.warn(error.message)
                    continue
                # It may have been enabled by a request whose answer was lost.
                is_unclear = error.aws_code in (None, "EntityAlreadyExists")
                if is_unclear and self._is_enabled(serial):
                    return
                raise
            return

    def _ask_to_enable(self, serial: str, codes: tuple[str, str]) -> None:
        for left in reversed(range(_SPREADS)):
            try:
                self._devices.enable(serial, codes)
            except AwsError as error:
                if error.aws_code != "NoSuchEntity" or not left:
                    raise
                self._interaction.sleep(_SPREAD_SECONDS)
            else:
                return

    def _is_enabled(self, serial: str) -> bool:
        return any(device.serial == serial for device in self._devices.enabled())

    def _undo(self, serial: str) -> None:
        """Delete the device that could not be enabled. What cannot be done now is told."""
        shown = escaped(serial)
        try:
            self._devices.delete(serial, may_use_mfa=False)
        except AwscredsError as error:
            aws_code = error.aws_code if isinstance(error, AwsError) else None
            if aws_code == IN_USE:
                self._interaction.warn(
                    f"AWS has enabled {shown}, but the profile does not name it yet; to finish, "
                    "run this again"
                )
                return
            if aws_code in ACCESS_DENIED:
                self._interaction.warn(_stays(shown))
            else:
                self._interaction.warn(
                    f"{shown} was created but not enabled, and could not be deleted "
                    f"({error.message}); run this again, which deletes it"
                )
            return
        self._step("deleted")
        self._forget(serial)
        self._record.end()

    def _forget(self, serial: str) -> None:
        """Remove the seed of a deleted device. Why that failed is told: the seed opens nothing."""
        try:
            self._keeper.forget(serial)
        except AwscredsError as error:
            self._interaction.warn(
                f"{escaped(serial)} is deleted, but its seed is not: {error.whole}"
            )

    def _named(self, enrolled: Enrolled) -> Enrolled:
        try:
            self._name_device(enrolled.serial, enrolled.keeper)
        except AwscredsError:
            self._interaction.warn(
                f"AWS has enabled {escaped(enrolled.serial)}, but it could not be written into the "
                "profile; to finish, run this again"
            )
            raise
        self._step("named")
        self._record.end()
        self._step("closed")
        return enrolled


def _unassigned(shown: str) -> str:
    return (
        f"AWS has a device {shown} that no user has: an interrupted run may have left it, or "
        "somebody is enrolling it now on another computer. Delete it?"
    )


def _stays(shown: str) -> str:
    return (
        f"{shown} was created but not enabled, and AWS does not let this key delete it without "
        "MFA. It is of no use to anybody; delete it later, with MFA: awscreds mfa remove PROFILE "
        f"--serial {quoted(shown)}"
    )


def _taken(serial: str) -> UsageError:
    return UsageError(
        f"there is already an MFA device {escaped(serial)}",
        code="name-taken",
        hint="choose another name for the new one: --name NAME",
    )
