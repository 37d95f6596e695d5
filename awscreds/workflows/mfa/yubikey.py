"""A YubiKey as the keeper of a seed, by Yubico's ``ykman`` (its group ``oath``).

https://docs.yubico.com/software/yubikey/tools/ykman/OATH_Commands.html
Without a secret in its arguments, ``accounts add`` reads it from a line of stdin. Before it
overwrites an account it asks, and it stops at the end of stdin.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys

from awscreds.errors import AwscredsError
from awscreds.model import totp
from awscreds.model.environment import PASSPHRASE
from awscreds.model.qr_code import ISSUER
from awscreds.model.text import escaped
from awscreds.workflows.mfa.keepers import YUBIKEY, codes_of_now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.stores.given_codes import GivenCodes

PROGRAM = "ykman"
DEADLINE = 60.0
"""Seconds that ``ykman`` may take."""

LONGEST_ACCOUNT = 64
"""Bytes of an account's name on a YubiKey, with its issuer and a colon."""


def account_of(serial: str) -> str:
    """What the account of a device is called: ``alice@123456789012``."""
    parts = serial.split(":")
    name, account = parts[-1].rpartition("/")[2], parts[-2]
    return f"{name}@{account}"[: LONGEST_ACCOUNT - len(ISSUER) - 1]


def full_name(serial: str) -> str:
    """The same with its issuer, as `ykman oath accounts list` prints it."""
    return f"{ISSUER}:{account_of(serial)}"


def process_of(serial: str, environ: Mapping[str, str]) -> str | None:
    """The ``mfa_process`` by which the YubiKey gives codes; None without ``ykman``."""
    program = shutil.which(PROGRAM, path=environ.get("PATH"))
    if program is None:
        return None
    words = [program, "oath", "accounts", "code", "--single", full_name(serial)]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


class YubiKeyKeeper:
    """The one YubiKey that is plugged in. ``now`` is AWS's time, ``clock`` this machine's."""

    name = YUBIKEY

    def __init__(
        self,
        environ: Mapping[str, str],
        given: GivenCodes,
        *,
        now: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._environ = {k: v for k, v in environ.items() if not k.startswith(PASSPHRASE)}
        self._given = given
        self._now = now
        self._clock = clock

    def check(self) -> None:
        """Raise AwscredsError without ``ykman``, or without exactly one YubiKey."""
        self._run("oath", "info")

    def require_free(self, serial: str) -> None:
        """Raise AwscredsError if the YubiKey has an account of that name, which may be in use."""
        account = full_name(serial)
        if self._has(account):
            raise AwscredsError(
                f"the YubiKey already has an account {escaped(account)}",
                code="yubikey",
                hint="choose another name for the device with --name NAME; or, if you no longer "
                f"need the account: {PROGRAM} oath accounts delete {account}",
            )

    def keep(self, serial: str, seed: str) -> None:
        account = account_of(serial)
        self._run("oath", "accounts", "add", "--issuer", ISSUER, "--", account, seed=seed)

    def kept(self, serial: str) -> str | None:  # noqa: ARG002 - the protocol's
        """A YubiKey never shows a seed."""
        return None

    def codes(self, serial: str, seed: str) -> tuple[str, str]:
        """Two codes, once the YubiKey has shown that it makes the same."""
        account = full_name(serial)
        before = totp.step_at(self._clock())
        shown = self._run("oath", "accounts", "code", "--single", account)
        steps = range(before, totp.step_at(self._clock()) + 1)
        if shown not in [totp.code(seed, step) for step in steps]:
            raise AwscredsError(
                f"the YubiKey gives other codes for {escaped(account)} than its seed",
                code="yubikey",
                hint=f"see what is on it: {PROGRAM} oath accounts list",
            )
        return codes_of_now(serial, seed, self._given, self._now())

    def forget(self, serial: str) -> None:
        account = full_name(serial)
        if self._has(account):  # else it would delete one whose name only contains this one
            self._run("oath", "accounts", "delete", "--force", account)
        self._given.forget(serial)

    def _has(self, account: str) -> bool:
        return account in self._run("oath", "accounts", "list").splitlines()

    def _run(self, *words: str, seed: str | None = None) -> str:
        program = shutil.which(PROGRAM, path=self._environ.get("PATH"))
        if program is None:
            raise AwscredsError(
                f"there is no program {PROGRAM}, which puts seeds on a YubiKey",
                code="yubikey",
                hint="install YubiKey Manager (the package yubikey-manager): "
                "https://docs.yubico.com/software/yubikey/tools/ykman/",
            )
        try:
            done = subprocess.run(
                [program, *words],
                input=f"{seed}\n" if seed else "",
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                env=self._environ,
                timeout=DEADLINE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = getattr(error, "strerror", None) or f"no answer in {DEADLINE:.0f} seconds"
            raise _failed(words, reason) from None
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            text = said[0] if said else f"exit {done.returncode}"
            raise _failed(words, text.replace(seed, "(hidden)") if seed else text)
        return done.stdout.strip()


def _failed(words: tuple[str, ...], reason: str) -> AwscredsError:
    return AwscredsError(
        f"`{PROGRAM} {' '.join(words[:3])}` failed: {escaped(reason)[:300]}",
        code="yubikey",
        hint=f"plug in one YubiKey, and check it with: {PROGRAM} oath info. If it has an OATH "
        f"password: {PROGRAM} oath access remember",
    )
