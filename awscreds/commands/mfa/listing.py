"""``awscreds mfa list``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.commands.mfa.user import device_user, token_option
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso
from awscreds.render import Result, Table
from awscreds.stores.totp_seeds import TotpSeeds
from awscreds.workflows.mfa.devices import FIDO, HARDWARE, VIRTUAL, kind_of, users_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App

_KINDS = {VIRTUAL: "virtual", FIDO: "FIDO: only in a browser", HARDWARE: "hardware token"}


@click.command("list", cls=Command)
@profile_argument
@token_option
@common_options(PROFILE, JSON)
@click.pass_obj
def command(app: App, token: str | None) -> Result:
    """List the user's MFA devices, and which one the profile uses.

    It also shows whether the seed of a device is stored here.

    \b
    Examples:
      awscreds mfa list
      awscreds mfa list dev --json
    """
    user = device_user(app, token)
    profiles, seeds = app.profiles(), TotpSeeds(app.state, app.stores)
    used = user.profile.of_role("mfa_serial")
    documents = [
        {
            "serial": device.serial,
            "kind": kind_of(device.serial),
            "enabled_at": format_iso(device.enabled),
            "is_used": device.serial == used,
            "used_by": users_of(device.serial, profiles),
            "seed_in": seeds.place(device.serial),
        }
        for device in user.devices.enabled()
    ]
    rows = [
        [
            str(each["serial"]),
            _KINDS[str(each["kind"])],
            str(each["enabled_at"])[:10],
            f"in the {each['seed_in']}" if each["seed_in"] else "-",
            ", ".join(users_of(str(each["serial"]), profiles)) or "no profile",
        ]
        for each in documents
    ]
    columns = ("DEVICE", "KIND", "SINCE", "SEED", "USED HERE BY")
    return Result(
        {
            "account": user.devices.identity.account,
            "user": user.devices.user_name,
            "devices": documents,
        },
        said=[f"MFA devices of {escaped(user.devices.identity.arn)}"],
        table=Table(columns, rows, whole=columns[:1]) if rows else None,
        said_after=_advice(user.profile.name, used, [str(each["serial"]) for each in documents]),
    )


def _advice(profile: str, used: str | None, serials: list[str]) -> list[str]:
    """What is worth to know or to do about these devices."""
    said = []
    usable = [serial for serial in serials if kind_of(serial) != FIDO]
    name = quoted(profile)
    if len(usable) < len(serials):
        said.append(
            "AWS accepts a FIDO security key or passkey only in a browser: it cannot start a "
            "session here. A virtual device can; both may exist for one user."
        )
    if not usable:
        said.append(f"To add a virtual device: awscreds mfa enable --profile {name}")
    elif used not in serials:
        why = "names no device" if used is None else f"names {escaped(used)}, which is not listed"
        said.append(
            f"The profile {escaped(profile)} {why}; to name one: awscreds configure set "
            f"mfa_serial {quoted(usable[0])} --profile {name}"
        )
    return said
