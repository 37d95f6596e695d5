"""A YubiKey, and Yubico's ``ykman`` for it: the group ``oath`` with its documented options.

What it has, asks and answers is that of ykman 5 (``ykman/_cli/oath.py``): a secret that is not in
the arguments is read from a line of stdin; an account that is there is overwritten only after a
question or with ``--force``; queries match parts of names.
"""

import base64
import json
import os
import sys
import time
from pathlib import Path

import click

from awscreds.model import totp

FOLDER = Path(os.environ.get("FAKE_YUBIKEY", "."))
ACCOUNTS, CLOCK, ARGUMENTS = (FOLDER / name for name in ("accounts", "clock", "arguments"))


def fail(message):
    click.echo(f"ERROR: {message}", err=True)
    sys.exit(1)


def prompt(text):
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        if line:
            return line.rstrip("\n")
    return click.prompt(text, err=True)


def accounts_there():
    if (FOLDER / "unplugged").exists():
        fail("Failed connecting to the YubiKey.")
    return json.loads(ACCOUNTS.read_text()) if ACCOUNTS.exists() else {}


def search(accounts, query):
    if query in accounts:
        return [query]
    return [name for name in accounts if query.lower() in name.lower()]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-d", "--device", metavar="SERIAL")
def main(device):
    with ARGUMENTS.open("a") as file:
        file.write(json.dumps(sys.argv[1:]) + "\n")


@main.group()
def oath():
    pass


@oath.command()
def info():
    accounts_there()
    click.echo("OATH version: 5.4.3\nPassword protection: disabled")


@oath.group()
def accounts():
    pass


@accounts.command()
@click.argument("name")
@click.argument("secret", required=False)
@click.option("-o", "--oath-type", type=click.Choice(["TOTP", "HOTP"]), default="TOTP")
@click.option("-d", "--digits", type=click.Choice(["6", "7", "8"]), default="6")
@click.option("-a", "--algorithm", default="SHA1")
@click.option("-c", "--counter", type=int, default=0)
@click.option("-i", "--issuer")
@click.option("-P", "--period", default=30)
@click.option("-t", "--touch", is_flag=True)
@click.option("-f", "--force", is_flag=True)
@click.option("-p", "--password")
@click.option("-r", "--remember", is_flag=True)
def add(name, secret, issuer, force, **_):
    secret = secret or prompt("Enter a secret key (base32)")
    base64.b32decode(secret + "=" * (-len(secret) % 8))
    there = accounts_there()
    full = f"{issuer}:{name}" if issuer else name
    if not 0 < len(full) <= 64:
        fail("Name must be between 1 and 64 bytes.")
    if full in there and not force:
        click.confirm(
            f"An account called {name} already exists on this YubiKey. Do you want to overwrite "
            "it?",
            abort=True,
            err=True,
        )
    if (FOLDER / "full").exists():
        fail("No space left on the YubiKey for OATH accounts.")
    ACCOUNTS.write_text(json.dumps({**there, full: secret}))


@accounts.command("list")
@click.option("-H", "--show-hidden", is_flag=True)
def list_accounts(**_):
    for name in sorted(accounts_there()):
        click.echo(name)


@accounts.command()
@click.argument("query", required=False, default="")
@click.option("-s", "--single", is_flag=True)
@click.option("-p", "--password")
def code(query, single, **_):
    there = accounts_there()
    found = search(there, query)
    if single and len(found) != 1:
        fail("No matching account found." if not found else "Multiple matches")
    shift = float(CLOCK.read_text()) if CLOCK.exists() else 0.0
    for name in found:
        shown = totp.code(there[name], totp.step_at(time.time() + shift))
        click.echo(shown if single else f"{name}  {shown}")


@accounts.command()
@click.argument("query")
@click.option("-f", "--force", is_flag=True)
def delete(query, force):
    there = accounts_there()
    found = search(there, query)
    if len(found) > 1:
        fail("Multiple matches, make the query more specific.")
    if found and (force or click.confirm(f"Delete account: {found[0]} ?", err=True)):
        del there[found[0]]
        ACCOUNTS.write_text(json.dumps(there))


if __name__ == "__main__":
    main()
