"""The encrypted files of 99designs/keyring: what they hold is read, and anything else is named."""

import os

import pytest

from awscreds.errors import InputNeeded, SecretStoreError, WrongPassphrase
from awscreds.model.credentials import AccessKey
from awscreds.model.other_tools import LARGEST
from awscreds.stores.other_tools import jwe
from awscreds.stores.other_tools.entry import Entry, Unreadable
from awscreds.stores.other_tools.file_keyring import FileKeyring
from tests import other_tools as tools

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
DATA = tools.credentials(KEY.id, KEY.secret)
PASSPHRASE = "käse & crackers"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "keys"


def never(_text, _check):
    raise AssertionError("nobody is to be asked")


def read(folder, passphrase=PASSPHRASE, ask=never):
    return list(FileKeyring("aws-vault", str(folder), "VARIABLE", passphrase, ask).entries())


def write(folder, name="dev", data=DATA, passphrase=PASSPHRASE, **header):
    return tools.write_file(folder, name, data, passphrase, **header)


@pytest.mark.parametrize("name", ["dev", "a b", "über", "50%", "x%2Fy", "@+=.-"])
def test_a_key_is_read_under_the_name_that_it_was_given(folder, name):
    path = write(folder, name)
    [found] = read(folder)
    assert (found.name, found.key, found.place) == (name, KEY, str(path))
    assert KEY.secret not in repr(found)


@pytest.mark.posix("a file name there has no slash, however it is written")
def test_a_slash_in_a_name_is_percent_encoded(folder):
    assert write(folder, "a/b").name == "a%2Fb"
    assert read(folder)[0].name == "a/b"


def test_no_folder_and_an_empty_one_have_nothing(folder):
    assert read(folder) == []
    folder.mkdir()
    assert read(folder, None) == []


SESSIONS = (
    "sts.GetSessionToken,ZGV2,YXJuOmF3czppYW0,1795000000",
    "sts.AssumeRole,ZGV2,,1795000000",
    "session,ZGV2,YXJu,1795000000",
    "dev session (1795000000)",
)


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_of_aws_vault_is_not_even_decrypted(folder, name):
    write(folder, name, passphrase="another")
    assert read(folder, None) == []


@pytest.mark.parametrize("name", ["a,b", "team,dev", "session", "dev (1)"])
def test_a_name_that_only_resembles_a_sessions_is_a_key(folder, name):
    write(folder, name)
    assert [each.name for each in read(folder)] == [name]


def test_temporary_credentials_are_left_out(folder):
    write(folder, "a", tools.credentials("ASIAIOSFODNN7EXAMPLE", KEY.secret, "token"))
    write(folder, "b", tools.credentials(KEY.id, KEY.secret, "token"))
    assert read(folder) == []


GARBAGE = {
    "nothing": b"",
    "a text": b"hello",
    "bytes": os.urandom(500),
    "a shorter token": b"a.b.c.d",
    "no base64": b"!.!.!.!.!",
    "five empty parts": b"....",
    "deep JSON": tools.encoded(b"[" * 20_000) + b".a.a.a.a",
    "too long": b"a" * (LARGEST + 1),
}


def changed(at):
    token = tools.jwe(tools.item("bad", DATA), PASSPHRASE)
    parts = token.split(b".")
    letter = b"B" if parts[at][:1] == b"A" else b"A"
    parts[at] = letter + parts[at][1:]
    return b".".join(parts)


GARBAGE |= {f"a change in part {at}": changed(at) for at in range(5)}
GARBAGE |= {
    "another algorithm": tools.jwe(DATA, PASSPHRASE, alg="dir"),
    "no encryption": tools.jwe(DATA, PASSPHRASE, enc="none"),
    "compression": tools.jwe(DATA, PASSPHRASE, zip="DEF"),
    "a critical extension": tools.jwe(DATA, PASSPHRASE, crit=["exp"]),
    "no rounds": tools.jwe(DATA, PASSPHRASE, p2c=0),
    "negative rounds": tools.jwe(DATA, PASSPHRASE, p2c=-1),
    "rounds for years": tools.jwe(DATA, PASSPHRASE, p2c=10**12),
    "rounds as a text": tools.jwe(DATA, PASSPHRASE, p2c="8192"),
    "rounds as true": tools.jwe(DATA, PASSPHRASE, p2c=True),
    "a salt that is a number": tools.jwe(DATA, PASSPHRASE, p2s=1),
    "a huge salt": tools.jwe(DATA, PASSPHRASE, p2s="A" * 5000),
    "no item inside": tools.jwe(DATA, PASSPHRASE),
    "a list inside": tools.jwe(b"[]", PASSPHRASE),
    "deep JSON inside": tools.jwe(b"[" * 40_000, PASSPHRASE),
    "an item of another name": tools.jwe(tools.item("other", DATA), PASSPHRASE),
    "an item without data": tools.jwe(b'{"Key":"bad"}', PASSPHRASE),
    "data that is no base64": tools.jwe(b'{"Key":"bad","Data":"!"}', PASSPHRASE),
    "data that is no JSON": tools.jwe(tools.item("bad", b"\xff"), PASSPHRASE),
    "data without a secret": tools.jwe(
        tools.item("bad", b'{"AccessKeyID":"AKIAIOSFODNN7EXAMPLE"}'), PASSPHRASE
    ),
    "numbers": tools.jwe(tools.item("bad", b'{"AccessKeyID":1,"SecretAccessKey":2}'), PASSPHRASE),
    "an ID that is a secret": tools.jwe(
        tools.item("bad", tools.credentials(KEY.secret, KEY.secret)), PASSPHRASE
    ),
    "a secret with a line break": tools.jwe(
        tools.item("bad", tools.credentials(KEY.id, "a\nb")), PASSPHRASE
    ),
    "an ID with blanks": tools.jwe(
        tools.item("bad", tools.credentials(f" {KEY.id}", KEY.secret)), PASSPHRASE
    ),
    "another passphrase": tools.jwe(tools.item("bad", DATA), "another"),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_named_and_does_not_stop_the_others(folder, kind):
    write(folder, "a")
    write(folder, "z")
    (folder / "bad").write_bytes(GARBAGE[kind])
    first, *between, last = sorted(read(folder), key=lambda each: each.place)
    [bad] = between
    assert isinstance(first, Entry)
    assert isinstance(last, Entry)
    assert isinstance(bad, Unreadable)
    assert bad.place == str(folder / "bad")
    assert bad.error.exit_code == 4
    assert KEY.secret not in f"{bad!r} {bad.error.whole}"


def test_rounds_up_to_the_bound_are_done_and_no_more(folder):
    path = write(folder, iterations=jwe.MOST_ITERATIONS)
    assert isinstance(read(folder)[0], Entry)
    path.unlink()
    write(folder, iterations=jwe.MOST_ITERATIONS + 1)
    assert isinstance(read(folder)[0], Unreadable)


def test_the_rounds_of_all_files_together_have_a_bound(folder, monkeypatch):
    monkeypatch.setattr("awscreds.stores.other_tools.file_keyring._MOST_WORK", 3 * 8192)
    for name in "abcde":
        write(folder, name)
    assert [type(each) for each in read(folder)] == [Entry] * 3 + [Unreadable] * 2


def test_a_folder_and_a_pipe_are_not_read(folder):
    write(folder, "a")
    (folder / "b").mkdir()
    bad = {"b"}
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "c")
        bad.add("c")
    found = read(folder)
    assert {os.path.basename(each.place) for each in found if isinstance(each, Unreadable)} == bad


@pytest.mark.posix("a user needs a privilege to make links there")
def test_a_link_is_not_followed(folder, tmp_path):
    write(tmp_path / "elsewhere", "dev")
    folder.mkdir()
    (folder / "dev").symlink_to(tmp_path / "elsewhere" / "dev")
    [found] = read(folder)
    assert found.error.code == "unsafe-entry"


@pytest.mark.posix("it has no owners that a test could give a file to")
def test_a_file_of_another_user_is_not_read(folder):
    path = write(folder)
    if os.geteuid():
        pytest.skip("gives a file to somebody else")
    os.chown(path, 4712, 4712)
    [found] = read(folder)
    assert found.error.code == "unsafe-entry"


# -- the passphrase ------------------------------------------------------------------------------


def test_a_wrong_passphrase_of_the_environment_is_named_with_its_variable(folder):
    write(folder)
    [found] = read(folder, "wrong")
    assert isinstance(found.error, WrongPassphrase)
    assert "VARIABLE" in found.error.hint


def test_it_is_asked_for_once_and_checked(folder):
    for name in "abc":
        write(folder, name)
    asked = []

    def ask(text, check):
        asked.append(text)
        with pytest.raises(WrongPassphrase):
            check("wrong")
        return check(PASSPHRASE)

    assert [each.name for each in read(folder, None, ask)] == ["a", "b", "c"]
    assert len(asked) == 1
    assert str(folder) in asked[0]


def test_where_nobody_can_be_asked_the_folder_is_named(folder):
    write(folder)

    def ask(_text, _check):
        raise InputNeeded("nobody")

    [found] = read(folder, None, ask)
    assert found.place == str(folder)
    assert found.error.exit_code == 6
    assert "VARIABLE" in found.error.hint


def test_nobody_is_asked_if_no_file_could_be_opened_with_it(folder):
    folder.mkdir()
    (folder / "bad").write_bytes(b"x")
    assert [type(each) for each in read(folder, None)] == [Unreadable]


# -- deleting ------------------------------------------------------------------------------------


def test_what_was_read_can_be_deleted(folder):
    path = write(folder)
    read(folder)[0].remove()
    assert not path.exists()


def test_what_has_changed_since_stays(folder):
    path = write(folder)
    [found] = read(folder)
    write(folder)
    with pytest.raises(Exception, match="has changed"):
        found.remove()
    assert path.exists()
    path.unlink()
    with pytest.raises(SecretStoreError, match="cannot be read or deleted"):
        found.remove()
