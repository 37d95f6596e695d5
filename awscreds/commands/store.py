"""``awscreds store show|move|passwd|forget``."""

from __future__ import annotations

import os

import click

from awscreds.commands.common import JSON, PAGER, YES, common_options, need_subcommand
from awscreds.commands.groups import Group
from awscreds.errors import EntryMissing, UsageError
from awscreds.model.keys import checked_key_id, shown_entry
from awscreds.model.text import escaped
from awscreds.model.times import format_duration
from awscreds.render import Result, Table
from awscreds.stores.backends import NAMES
from awscreds.stores.secret_store import ACCESS_KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from awscreds.app import App
    from awscreds.stores.backends import StoreBackend


@click.group("store", cls=Group, invoke_without_command=True)
@common_options(JSON, YES)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Manage where secrets are stored.

    awscreds stores secrets in the keyring of the operating system or in an encrypted file, the
    vault.

    \b
    Examples:
      awscreds store show
      awscreds store move --to keyring
    """
    need_subcommand(ctx)


@command.command("show")
@common_options(JSON, PAGER)
@click.pass_obj
def show(app: App) -> Result:
    """Show which store is in use, whether it is open, and its keys.

    \b
    Examples:
      awscreds store show
      awscreds store show --json
    """
    name = app.stores.current()
    app.file_warnings.report()
    entries = [_entry(app, entry_id) for entry_id in app.state.ids()]
    backend = app.stores.backend(name)
    status, described = backend.status(), backend.describe()
    documents = [
        {name: value for name, value in entry.items() if name != "serves"} for entry in entries
    ]
    rows = [
        [
            str(entry["id"]),
            str(entry["kind"]),
            str(entry["backend"]),
            ", ".join(entry["serves"]) or "no profile",
        ]
        for entry in entries
    ]
    columns = ("ENTRY", "KIND", "STORE", "SERVES")
    return Result(
        {"backend": name, "description": described, "status": status, "entries": documents},
        lines=[
            f"New secrets go to {described} ({status}).",
            *_held(backend, status),
            *([""] if rows else []),
        ],
        table=Table(columns, rows, whole=columns[:1]) if rows else None,
        is_paged=True,
    )


def _held(backend: StoreBackend, status: str) -> list[str]:
    """What holds the key of an open vault, and for how long at least."""
    place = backend.key_place()
    if place is None or status != "open":
        return []
    seconds = backend.seconds_open()
    time = f" for at least {format_duration(seconds, parts=2)}" if seconds >= 1 else ""
    return [f"Its key is in {place}{time}; `awscreds lock` removes it."]


def _entry(app: App, entry_id: str) -> dict[str, Any]:
    """What is known of an entry. ``serves`` is for people: its users over all config files."""
    fact = app.state.entry(entry_id)
    found, problems = app.pointers.look(entry_id)
    for problem in problems:
        app.warn(problem.whole)
    current = app.pointers.current
    return {
        "id": shown_entry(entry_id),
        "kind": fact.get("kind"),
        "backend": fact.get("backend"),
        "profiles": list(dict.fromkeys(pointer.profile for pointer in found)),
        "used_by": [
            {"profile": pointer.profile, "file": pointer.path, "line": pointer.line}
            for pointer in found
        ],
        "serves": [
            pointer.profile if pointer.path == current else str(pointer) for pointer in found
        ]
        or _users_of_seed(app, entry_id),
    }


def _users_of_seed(app: App, entry_id: str) -> list[str]:
    """The profiles that name the MFA device whose seed the entry is."""
    from awscreds.stores.totp_seeds import serial_in
    from awscreds.workflows.mfa.devices import users_of

    serial = serial_in(entry_id)
    return users_of(serial, app.profiles()) if serial else []


@command.command("move")
@click.option(
    "--to",
    "target",
    type=click.Choice(NAMES),
    required=True,
    help="The store to move the secrets to.",
)
@common_options(JSON)
@click.pass_obj
def move_entries(app: App, target: str) -> Result:
    """Move all secrets to the other store, and use it from now on.

    Each secret is written to the new store and read back before it is removed from the old one.

    \b
    Examples:
      awscreds store move --to keyring
      awscreds store move --to vault --json
    """
    from awscreds.stores.secret_store import LEFT_IN
    from awscreds.workflows.store import finish_moves, move

    present = {
        entry_id: (entry_id, entry.get("kind") or ACCESS_KEY, entry.get("backend") or "")
        for entry_id in app.state.ids()
        for entry in [app.state.entry(entry_id)]
    }
    for profile in app.profiles().all():
        key_id = profile.stored_key_id
        if key_id and key_id not in present:
            store = app.stores.of(key_id)
            present[key_id] = (key_id, ACCESS_KEY, store.backend.name)
    app.stores.backend(target).check()
    finish_moves(app.state, app.stores.named)
    moved = move(
        present.values(),
        app.stores.named(target),
        app.stores.named,
        note=lambda entry_id, backend: app.state.note(entry_id, **{LEFT_IN: backend}),
    )
    app.state.choose(target)
    done = (
        f"Moved {len(moved)} {'secret' if len(moved) == 1 else 'secrets'}; new ones are "
        f"stored in {app.stores.backend(target).describe()}."
    )
    shown = [shown_entry(entry_id) for entry_id in moved]
    return Result({"backend": target, "moved": shown}, done=done)


@command.command("passwd")
@common_options(JSON)
@click.pass_obj
def passwd(app: App) -> Result:
    """Change the vault's passphrase.

    This encrypts the vault again with the new passphrase.

    \b
    Examples:
      awscreds store passwd
      AWSCREDS_PASSPHRASE_FILE=old awscreds store passwd
    """
    from awscreds.app.passphrases import Passphrases
    from awscreds.stores.backends.vault import VaultBackend, key_keeper

    class Changing(Passphrases):
        """The variables give the present passphrase; the new one is asked for."""

        def new(self) -> str:
            return self.ask_twice()

    VaultBackend(
        app.state_dir,
        Changing(app.environ, lambda: app.dialogue.terminal, warn=app.warn),
        keeper=key_keeper(),
    ).change_passphrase()
    app.done("Changed the passphrase of the vault.")
    return Result({"changed": True})


@command.command("forget")
@click.argument("access_key_id")
@common_options(JSON, YES)
@click.pass_obj
def forget_entry(app: App, access_key_id: str) -> Result:
    """Delete the stored secret of a key that no profile uses.

    AWS still accepts the key. The seed of an MFA device is named as `awscreds store show` does.

    \b
    Examples:
      awscreds store forget AKIAIOSFODNN7EXAMPLE
      awscreds store forget AKIAIOSFODNN7EXAMPLE --yes
    """
    from awscreds.stores.totp_seeds import serial_in
    from awscreds.workflows.store import forget

    serial = serial_in(access_key_id)
    if serial is not None:
        return _forget_seed(app, serial)
    key_id = checked_key_id(access_key_id)
    store = app.stores.of(key_id)
    if store.find_access_key(key_id) is None:
        raise EntryMissing(
            f"{store.backend.describe()} has no entry for {key_id}",
            hint="`awscreds store show` lists all entries",
        )
    question = (
        f"This deletes the stored secret of {key_id}. If this is the only copy, "
        "you cannot get it back. Delete it?"
    )
    forget(
        key_id,
        app.pointers,
        store,
        sure=lambda: app.dialogue.consent(question, default=False, hint="pass --yes to delete it"),
    )
    app.done(f"Deleted the secret of {key_id} from {store.backend.describe()}.")
    return Result({"forgotten": key_id})


def _forget_seed(app: App, serial: str) -> Result:
    """Delete a stored seed without asking AWS, which may be out of reach for ever."""
    from awscreds.stores.given_codes import GivenCodes
    from awscreds.stores.totp_seeds import TotpSeeds, entry_id

    seeds = TotpSeeds(app.state, app.stores)
    if seeds.place(serial) is None:
        raise EntryMissing(
            f"no seed of {escaped(serial)} is stored",
            hint="`awscreds store show` lists all entries",
        )
    question = (
        f"This deletes the stored seed of {escaped(serial)}. AWS still wants its codes, and nobody "
        "can make them without the seed; `awscreds mfa remove PROFILE` removes the device, too. "
        "Delete it?"
    )
    if not app.dialogue.consent(question, default=False, hint="pass --yes to delete it"):
        raise UsageError("nothing was changed", code="declined")
    place = seeds.erase(serial)
    GivenCodes(app.state_dir).forget(serial)
    app.done(f"Deleted the seed of {escaped(serial)} from {place}.")
    return Result({"forgotten": entry_id(serial)})


@command.command("release")
@click.argument("file")
@common_options(JSON)
@click.pass_obj
def release(app: App, file: str) -> Result:
    """Remove a lost config file from the list of known files.

    awscreds does not delete a secret if a config file that may use it cannot be read. If FILE is
    lost, for example with its disk, this removes it from the list, so that the secret can be
    deleted. It refuses a file that can be read.

    \b
    Examples:
      awscreds store release /media/usb/aws-config
      awscreds store release ~/old/config --json
    """
    ids = app.pointers.release(os.path.expanduser(file))
    if not ids:
        said = f"No stored key depends on {file}; nothing was changed."
    elif len(ids) == 1:
        said = f"1 stored key no longer depends on {file}."
    else:
        said = f"{len(ids)} stored keys no longer depend on {file}."
    return Result({"file": file, "released": ids}, said=[said])
