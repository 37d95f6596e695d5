"""``awscreds mfa remove``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, YES, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.commands.mfa.user import device_user, endpoint_ok_option, token_option
from awscreds.errors import UsageError
from awscreds.model.settings import MFA_PROCESS
from awscreds.model.text import escaped, quoted
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.commands.mfa.user import DeviceUser
    from awscreds.workflows.mfa.removal import Removed


@click.command("remove", cls=Command)
@profile_argument
@click.option("--serial", metavar="ARN", help="The MFA device, instead of mfa_serial.")
@token_option
@endpoint_ok_option
@common_options(PROFILE, JSON, YES)
@click.pass_obj
def command(app: App, serial: str | None, *, token: str | None, endpoint_ok: bool) -> Result:
    """Remove a virtual MFA device of the user, permanently.

    It is deactivated and deleted at AWS, then removed from the profiles that name it; a stored seed
    is deleted last. AWS may require an MFA code for this.

    \b
    Examples:
      awscreds mfa remove dev
      awscreds mfa remove --serial arn:aws:iam::123456789012:mfa/old-phone
    """
    from awscreds.commands.configure.key_settings import edit_keys
    from awscreds.stores.given_codes import GivenCodes
    from awscreds.stores.mfa_devices import MfaDeviceCache
    from awscreds.stores.totp_seeds import TotpSeeds
    from awscreds.workflows.mfa import yubikey
    from awscreds.workflows.mfa.devices import unname_device
    from awscreds.workflows.mfa.removal import remove

    user = device_user(app, token, changes=True, endpoint_ok=endpoint_ok)
    device = _checked(serial or _only_device(user))
    _ask(app, user, device)
    seeds, given = TotpSeeds(app.state, app.stores), GivenCodes(app.state_dir)
    process = yubikey.process_of(device, app.environ)
    is_on_yubikey = process is not None and user.profile.get(MFA_PROCESS.name) == process

    def erase_seed() -> str | None:
        place = seeds.erase(device)
        given.forget(device)
        return place

    removed = remove(
        device,
        user.devices,
        unname=lambda: edit_keys(app, lambda found: unname_device(found, device, process)),
        erase_seed=erase_seed,
        step=app.step,
    )
    MfaDeviceCache(app.state_dir, clock=app.clock).note_serial(user.key.id, None)
    _report(app, device, removed)
    if is_on_yubikey:
        app.say(
            "The YubiKey still has its account; to delete that: ykman oath accounts delete "
            f"{yubikey.full_name(device)}"
        )
    return Result(
        {
            "serial": device,
            "user": user.devices.user_name,
            "was_enabled": removed.was_enabled,
            "profiles": removed.profiles,
            "seed_deleted": removed.seed_in is not None,
            "endpoint": user.gate.named or None,
        }
    )


def _only_device(user: DeviceUser) -> str:
    """The device that the profile names, else the only virtual one. Raises UsageError."""
    from awscreds.workflows.mfa.devices import VIRTUAL, kind_of

    named = user.profile.of_role("mfa_serial")
    if named:
        return named
    virtual = [each.serial for each in user.devices.enabled() if kind_of(each.serial) == VIRTUAL]
    if len(virtual) == 1:
        return virtual[0]
    what = "several virtual MFA devices" if virtual else "no virtual MFA device"
    raise UsageError(
        f"the user {escaped(user.devices.user_name)} has {what}",
        code="several-devices" if virtual else "no-device",
        hint="choose one with --serial ARN: `awscreds mfa list --profile "
        f"{quoted(user.profile.name)}` shows them",
    )


def _checked(serial: str) -> str:
    """``serial``, if it is of a virtual device. Raises UsageError for others."""
    from awscreds.workflows.mfa.devices import VIRTUAL, kind_of

    if kind_of(serial) == VIRTUAL:
        return serial
    raise UsageError(
        f"{escaped(serial)} is not a virtual MFA device: only these can be removed here",
        code="not-virtual",
        hint="security keys and hardware tokens are removed in the AWS console (Security "
        "credentials)",
    )


def _ask(app: App, user: DeviceUser, serial: str) -> None:
    """Say what stops working, and ask. Raises UsageError if it is not to be done."""
    from awscreds.workflows.mfa.devices import users_of
    from awscreds.workflows.sessions.token_codes import is_fido

    serials = [each.serial for each in user.devices.enabled()]
    others = [each for each in serials if each != serial and not is_fido(each)]
    shown, owner = escaped(serial), escaped(user.devices.user_name)
    if serial not in serials:
        question = f"{owner} does not have {shown} at AWS, or no more. "
    else:
        question = f"This removes {shown} of {owner}: its codes stop working everywhere. "
        if not others:
            question += (
                "It is the only device here that shows codes: without it, roles and policies that "
                "require MFA refuse this user. "
            )
    if names := ", ".join(escaped(name) for name in users_of(serial, app.profiles())):
        question += f"These profiles use it: {names}. "
    if user.gate.named:
        question = f"The endpoint is {user.gate.named}, not AWS's default endpoint. {question}"
    question += "This cannot be undone. Remove it?"
    if not app.dialogue.consent(question, default=False, hint="pass --yes to remove it"):
        raise UsageError("nothing was changed", code="declined")


def _report(app: App, serial: str, removed: Removed) -> None:
    shown = escaped(serial)
    if removed.was_enabled or removed.was_created:
        app.done(f"Removed {shown} at AWS. Sessions that it started work until they expire.")
    else:
        app.say(f"AWS no longer had {shown}.")
    if removed.profiles:
        names = ", ".join(escaped(name) for name in removed.profiles)
        app.say(f"Removed it from these profiles: {names}.")
    if removed.seed_in:
        app.say(f"Deleted its seed from {removed.seed_in}.")
