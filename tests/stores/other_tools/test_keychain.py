"""Keychains of macOS, by a stand-in for its ``security`` that prints what that prints."""

import json
import os
import sys
import textwrap
from pathlib import Path

import pytest

from awscreds.model.credentials import AccessKey
from awscreds.stores.other_tools.entry import Entry, Unreadable
from awscreds.stores.other_tools.keychain import Keychain
from tests import other_tools as tools

pytestmark = pytest.mark.posix("it starts a script")

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SERIAL = "arn:aws:iam::123456789012:mfa/alice"
PROGRAM = f"""\
    #!{sys.executable}
    import json, sys
    path = __file__ + ".json"
    items = json.load(open(path))
    command, *words = sys.argv[1:]
    def shown(text):
        if text is None:
            return "<NULL>"
        if text.isascii():
            return f'"{{text}}"'
        raw = text.encode()
        octal = "".join(chr(b) if b < 128 else f"\\\\{{b:03o}}" for b in raw)
        return f'0x{{raw.hex().upper()}}  "{{octal}}"'
    if command == "dump-keychain":
        for item in items:
            print(f'keychain: "{{words[0]}}"\\nversion: 512')
            print(f'class: "{{item["class"]}}"\\nattributes:')
            print(f'    0x00000007 <blob>={{shown(item["label"])}}')
            print('    0x00000008 <blob>=<NULL>')
            for name in ("acct", "icmt", "svce"):
                print(f'    "{{name}}"<blob>={{shown(item.get(name))}}')
            print('    "cdat"<timedate>=0x3230  "2026"')
        sys.exit(0)
    wanted = dict(zip(words[::2], words[1::2]))
    names = {{"-a": "acct", "-s": "svce", "-l": "label"}}
    asked = [(names[flag], value) for flag, value in wanted.items() if flag in names]
    found = [item for item in items if all(item.get(name) == value for name, value in asked)]
    if not found or found[0]["secret"] is None:
        sys.exit(44)
    if command == "find-generic-password":
        print(found[0]["secret"])
    else:
        items.remove(found[0])
        json.dump(items, open(path, "w"))
    """


def item(label, account, secret, *, service=None, comment=None, kind="genp"):
    return {
        "class": kind,
        "label": label,
        "acct": account,
        "svce": service,
        "icmt": comment,
        "secret": secret,
    }


@pytest.fixture
def security(tmp_path, home):
    """Makes the stand-in, with these items; gives its path."""
    (home / "Library" / "Keychains").mkdir(parents=True)
    (home / "Library" / "Keychains" / "aws-vault.keychain-db").touch()

    def make(*items):
        program = tmp_path / "security"
        program.write_text(textwrap.dedent(PROGRAM))
        program.chmod(0o700)
        (tmp_path / "security.json").write_text(json.dumps(items))
        return str(program)

    return make


def read(program, tool="aws-vault", service="aws-vault"):
    return list(Keychain(tool, "aws-vault", service, program).entries())


@pytest.mark.parametrize("name", ["dev", "a b", "über", 'quo"te'])
def test_the_keys_of_aws_vault_are_read_and_deleted(security, name):
    data = tools.credentials(KEY.id, KEY.secret).decode()
    session = item("s", "sts.GetSessionToken,ZGV2,YXJu,1795000000", data, service="aws-vault")
    program = security(
        item("x", name, data, service="other"),
        item(f"aws-vault ({name})", name, data, service="aws-vault"),
        session,
        item("web", name, data, service="aws-vault", kind="inet"),
        item("aws-vault (gone)", "gone", None, service="aws-vault"),
        item("aws-vault (bad)", "bad", "{}", service="aws-vault"),
    )
    found = read(program)
    [good] = [each for each in found if isinstance(each, Entry)]
    assert (good.name, good.key, good.backend) == (name, KEY, "keychain")
    assert [each.place for each in found if isinstance(each, Unreadable)] == [
        "the keychain aws-vault, gone",
        "the keychain aws-vault, bad",
    ]
    good.remove()
    assert not [each for each in read(program) if isinstance(each, Entry)]


def test_the_keys_of_awskeyring_come_with_their_device(security):
    program = security(
        item("account dev", KEY.id, KEY.secret, comment=SERIAL),
        item("role admin", "arn:aws:iam::123456789012:role/admin", ""),
        item("session-key dev", "ASIAIOSFODNN7EXAMPLE", "secret"),
    )
    [found] = read(program, "awskeyring", None)
    assert (found.name, found.key, found.mfa_serial) == ("dev", KEY, SERIAL)


def test_a_dump_with_half_a_byte_is_no_bug(security):
    data = tools.credentials(KEY.id, KEY.secret).decode()
    program = Path(security(item("x", "über", data, service="aws-vault")))
    program.write_text(program.read_text().replace("f'0x{", "f'0x7{"))
    [broken] = read(str(program))
    assert isinstance(broken, Unreadable)


def test_no_keychain_and_no_program_are_told_apart(security, home):
    [failed] = read("/nowhere/security")
    assert failed.error.exit_code == 4
    os.unlink(home / "Library" / "Keychains" / "aws-vault.keychain-db")
    assert read("/nowhere/security") == []
