"""Where the seed of a new MFA device goes, and where the two codes come from that enable it."""

from __future__ import annotations

from awscreds.model import totp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from awscreds.stores.given_codes import GivenCodes
    from awscreds.stores.secret_store import SecretStore
    from awscreds.stores.totp_seeds import TotpSeeds

    class Keeper(Protocol):
        """Keeps the seed of one device."""

        name: str
        """What the record of an enrolment calls it."""

        def check(self) -> None:
            """Raise AwscredsError if it could not keep a seed now. Nothing exists at AWS yet."""

        def require_free(self, serial: str) -> None:
            """Raise AwscredsError if it has something of this name, which must not be lost."""

        def keep(self, serial: str, seed: str) -> None:
            """Take the seed."""

        def kept(self, serial: str) -> str | None:
            """The seed of a device that a killed run has left; None if it cannot be had."""

        def codes(self, serial: str, seed: str) -> tuple[str, str]:
            """Two codes of the device, one after the other, the last one of this moment."""

        def forget(self, serial: str) -> None:
            """The device is deleted: remove its seed."""


PHONE = "phone"
STORE = "store"
YUBIKEY = "yubikey"


class PhoneKeeper:
    """An authenticator app. ``ask`` shows the seed to the person, and returns two codes.

    ``check`` raises InputNeeded if nobody could see it.
    """

    name = PHONE

    def __init__(
        self, ask: Callable[[str, str], tuple[str, str]], check: Callable[[], None]
    ) -> None:
        self._ask = ask
        self.check = check

    def require_free(self, serial: str) -> None:
        """An app has any number of entries."""

    def keep(self, serial: str, seed: str) -> None:
        """The person does that."""

    def kept(self, serial: str) -> str | None:  # noqa: ARG002 - the protocol's
        """Only the app has it."""
        return None

    def codes(self, serial: str, seed: str) -> tuple[str, str]:
        return self._ask(serial, seed)

    def forget(self, serial: str) -> None:
        """The person does that, too."""


class StoreKeeper:
    """The secret store ``store()``. ``now`` is AWS's time."""

    name = STORE

    def __init__(
        self,
        store: Callable[[], SecretStore],
        seeds: TotpSeeds,
        given: GivenCodes,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._seeds = seeds
        self._given = given
        self._now = now

    def check(self) -> None:
        self._store().backend.check()

    def require_free(self, serial: str) -> None:
        """A seed of a device that AWS does not have is of no use."""

    def keep(self, serial: str, seed: str) -> None:
        self._seeds.keep(serial, seed, self._store())

    def kept(self, serial: str) -> str | None:
        return self._seeds.read(serial) if self._seeds.place(serial) else None

    def codes(self, serial: str, seed: str) -> tuple[str, str]:
        return codes_of_now(serial, seed, self._given, self._now())

    def forget(self, serial: str) -> None:
        self._seeds.erase(serial)
        self._given.forget(serial)


def codes_of_now(serial: str, seed: str, given: GivenCodes, now: float) -> tuple[str, str]:
    """The code before the present one, and the present one, which are then given."""
    step = totp.step_at(now)
    given.note(serial, step - 1, step)
    return totp.code(seed, step - 1), totp.code(seed, step)
