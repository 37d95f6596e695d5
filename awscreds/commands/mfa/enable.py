"""``awscreds mfa enable``."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click

from awscreds.calling_shell import line_to_load
from awscreds.commands.common import JSON, PROFILE, YES, common_options, profile_argument
from awscreds.commands.groups import Command
from awscreds.commands.mfa.user import device_user, endpoint_ok_option, token_option
from awscreds.errors import UsageError
from awscreds.model.settings import MFA_PROCESS
from awscreds.model.text import escaped, quoted
from awscreds.render import Result
from awscreds.stores.backends import NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.commands.mfa.user import DeviceUser
    from awscreds.stores.secret_store import SecretStore
    from awscreds.workflows.mfa.enrolment import Enrolled
    from awscreds.workflows.mfa.keepers import Keeper


@dataclass(frozen=True, slots=True)
class _Options:
    """Where the seed goes, as the command line says."""

    store_seed: bool
    seed_in: str | None
    yubikey: bool
    show_seed: bool


@click.command("enable", cls=Command)
@profile_argument
@click.option("--name", metavar="NAME", help="The device's name (default: that of the user).")
@click.option("--store-seed", is_flag=True, help="Keep the seed here, so that nobody types codes.")
@click.option(
    "--seed-in", type=click.Choice(NAMES), help="The store for the seed, with --store-seed."
)
@click.option("--yubikey", is_flag=True, help="Put the seed on a YubiKey, with ykman.")
@click.option("--show-seed", is_flag=True, help="Show the seed as text below the QR code.")
@token_option
@endpoint_ok_option
@common_options(PROFILE, JSON, YES)
@click.pass_obj
def command(
    app: App,
    name: str | None,
    *,
    store_seed: bool,
    seed_in: str | None,
    yubikey: bool,
    show_seed: bool,
    token: str | None,
    endpoint_ok: bool,
) -> Result:
    """Add a virtual MFA device to the user, and use it in the profile.

    It shows a QR code for an authenticator app, and asks for two codes. If something fails, the
    device is deleted again; if this is killed, run it again.

    \b
    Examples:
      awscreds mfa enable dev
      awscreds mfa enable dev --store-seed --seed-in keyring
      awscreds mfa enable dev --yubikey
    """
    from awscreds.commands.configure.key_settings import edit_keys
    from awscreds.stores.enrolments import Enrolments
    from awscreds.workflows.mfa.devices import name_device
    from awscreds.workflows.mfa.enrolment import Enrolment, Interaction
    from awscreds.workflows.mfa.keepers import YUBIKEY
    from awscreds.workflows.mfa.yubikey import process_of

    options = _Options(store_seed, seed_in, yubikey, show_seed)
    _check(options, name)
    user = device_user(app, token, changes=True, endpoint_ok=endpoint_ok)
    _refuse_mfa_process(user)
    before = user.profile.of_role("mfa_serial")

    def name_it(serial: str, keeper: str) -> None:
        process = process_of(serial, app.environ) if keeper == YUBIKEY else None
        edit_keys(app, lambda found: name_device(found, user.profile.name, serial, process))

    enrolment = Enrolment(
        user.devices,
        Enrolments(app.state_dir, user.devices.identity.arn),
        _keeper(app, user, options),
        Interaction(
            agree=lambda question: app.dialogue.consent(
                question, default=False, hint="pass --yes to delete it, or choose a --name"
            ),
            say=app.say,
            warn=app.warn,
            sleep=app.sleep,
            step=app.step,
        ),
        name=name,
        name_device=name_it,
    )
    enrolled = enrolment.carry_out()
    if store_seed and not seed_in:
        app.stores.keep_choice(app.stores.current())
    return _report(app, user, enrolled, before)


def _check(options: _Options, name: str | None) -> None:
    """Raise UsageError for options that do not go together, or a bad name."""
    if options.store_seed and options.yubikey:
        raise UsageError("the seed can go to the secret store or to a YubiKey, not to both")
    if options.seed_in and not options.store_seed:
        raise UsageError("--seed-in says where --store-seed keeps the seed: use both")
    if options.show_seed and (options.store_seed or options.yubikey):
        raise UsageError("--show-seed is for an authenticator app; here no seed is typed")
    if name is not None and not re.fullmatch(r"[\w+=,.@-]{1,128}", name, re.ASCII):
        raise UsageError(
            "the name of an MFA device has only letters, digits and these: + = , . @ _ -",
            code="bad-device-name",
        )


def _refuse_mfa_process(user: DeviceUser) -> None:
    """Raise UsageError if the profile's codes come from a program: they are of another device."""
    if user.profile.get(MFA_PROCESS.name):
        name = user.profile.name
        raise UsageError(
            f"the profile {escaped(name)} has mfa_process, which gives the codes of its present "
            "device; for another device they would be wrong",
            code="mfa-process",
            hint=f"remove it first: awscreds configure unset mfa_process --profile {quoted(name)}",
        )


def _keeper(app: App, user: DeviceUser, options: _Options) -> Keeper:
    from awscreds.commands.mfa.phone import Phone
    from awscreds.stores.given_codes import GivenCodes
    from awscreds.stores.totp_seeds import TotpSeeds
    from awscreds.workflows.mfa.keepers import PhoneKeeper, StoreKeeper
    from awscreds.workflows.mfa.yubikey import YubiKeyKeeper

    given = GivenCodes(app.state_dir)
    if options.yubikey:
        return YubiKeyKeeper(app.environ, given, now=app.aws.clock.now, clock=app.clock)
    if options.store_seed:

        def store() -> SecretStore:
            chosen = options.seed_in
            return app.stores.named(chosen) if chosen else app.stores.for_writing()

        return StoreKeeper(store, TotpSeeds(app.state, app.stores), given, app.aws.clock.now)
    identity = user.devices.identity
    phone = Phone(
        app.dialogue, user.devices.user_name, identity.account, shows_seed=options.show_seed
    )
    return PhoneKeeper(phone.ask, phone.check)


def _report(app: App, user: DeviceUser, enrolled: Enrolled, before: str | None) -> Result:
    from awscreds.stores.mfa_devices import MfaDeviceCache
    from awscreds.stores.totp_seeds import TotpSeeds

    serial, name = enrolled.serial, user.profile.name
    known = MfaDeviceCache(app.state_dir, clock=app.clock)
    known.note_serial(user.key.id, serial)
    known.note_successor(serial, serial)  # one of this name may have been replaced before
    seed_in = TotpSeeds(app.state, app.stores).place(serial)
    key_in = app.state.entry(user.key.id).get("backend")
    app.done(f"Enabled {escaped(serial)}, and the profile {escaped(name)} uses it.")
    if before not in (None, serial):
        app.say(
            f"Before, it used {escaped(before or '')}, which AWS still accepts; to use that again: "
            f"awscreds configure set mfa_serial {quoted(before or '')} --profile {quoted(name)}"
        )
    if seed_in:
        app.warn(_weakened(seed_in, key_in))
    elif not enrolled.is_resumed:
        app.say("Its last code is used up: wait for the next one to start a session.")
    app.say(f"To start a session: {line_to_load(f'awscreds mfa-session --profile {quoted(name)}')}")
    return Result(
        {
            "profile": name,
            "user": user.devices.user_name,
            "serial": serial,
            "codes_from": enrolled.keeper,
            "seed_in": seed_in,
            "before": before if before != serial else None,
            "resumed": enrolled.is_resumed,
            "endpoint": user.gate.named or None,
        }
    )


def _weakened(seed_in: str, key_in: str | None) -> str:
    """What a stored seed means for the safety of MFA."""
    if key_in == seed_in:
        return (
            f"the access key and the seed are both in the {seed_in}: whoever can open it needs no "
            "phone. MFA then protects only against a leaked access key. --seed-in keeps the two "
            "apart"
        )
    return (
        "the seed is on this computer: whoever can use your account here needs no phone. MFA then "
        "protects only against a leaked access key"
    )
