"""Owners and access control lists: read as they are, and set.

Wine makes lists from modes: it knows the owner, SYSTEM and Everyone, and nobody else.
"""

import contextlib
import os
import shlex
import stat
import types

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores import installation, windows_acl, windows_files
from awscreds.stores.access_lists import EVERYBODY, READ, REPLACE, SYSTEM, WRITE, others
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.files import make_private_folder
from awscreds.stores.remedies import to_close, to_shut
from awscreds.stores.state_dir import StateDir
from awscreds.stores.trust import why_others_read, writable_by_others
from awscreds.stores.windows_acl import me, name_of, why_others, why_others_use
from tests.stores.support import open_to_others
from tests.stores.test_aws_files import change, place

__all__ = ["place"]  # a fixture

FOR_EVERYONE = "by its access control list, for Everyone"


def test_the_user_has_a_sid_and_a_name():
    assert me().startswith("S-1-5-21-")
    assert name_of(me()).endswith(os.environ["USERNAME"])
    assert name_of(EVERYBODY) == "Everyone"
    assert name_of("S-1-5-21-1-2-3-4") == "S-1-5-21-1-2-3-4"


@pytest.mark.parametrize("bits", range(8))
@pytest.mark.parametrize("make", [os.mkdir, lambda path: open(path, "w").close()])
def test_what_others_may_do_is_read_from_the_list(tmp_path, make, bits):
    path = str(tmp_path / "it")
    make(path)
    open_to_others(path, bits)

    access = windows_acl.access_to(path)

    assert access.owner == me()
    assert others(access, me(), READ) == ([EVERYBODY] if bits & 4 else [])
    assert others(access, me(), WRITE) == ([EVERYBODY] if bits & 2 else [])
    assert SYSTEM in [entry.sid for entry in access.entries]


def test_an_open_file_is_judged_itself_and_not_what_has_its_name(tmp_path):
    path = tmp_path / "file"
    path.touch()
    for flags in (os.O_RDONLY, os.O_WRONLY | os.O_APPEND):
        fd = os.open(path, flags)
        try:
            assert why_others_use(fd) is None
            open_to_others(path, 4)
            assert why_others_use(fd) == FOR_EVERYONE
            open_to_others(path, 0)
        finally:
            os.close(fd)


def test_a_new_folder_is_private_and_so_is_what_we_write_there(tmp_path):
    open_to_others(tmp_path, 7)

    StateDir(str(tmp_path / "a" / "state")).write("vault", b"secret")

    for made in ("a", "a/state", "a/state/vault"):
        assert why_others_use(str(tmp_path / made)) is None
    with pytest.raises(FileExistsError):
        windows_acl.make_private_folder(str(tmp_path / "a"))
    make_private_folder(str(tmp_path / "a"))  # one that is there stays as it is


def test_a_new_file_in_a_folder_of_all_is_private(tmp_path):
    state = StateDir(str(tmp_path / "state"))
    state.write("vault", b"secret")
    open_to_others(tmp_path / "state" / "vault", 6)
    with pytest.raises(ConfigurationError):
        state.read("vault")

    state.write("vault", b"new")
    state.append("journal", b"line\n", after=0)

    assert (state.read("vault"), state.read("journal")) == (b"new", b"line\n")


def test_an_edit_keeps_the_list_of_a_file(place):
    open_to_others(place.config, 4)

    place.files().edit(change)

    assert place.is_changed()
    assert why_others(str(place.config), READ) == FOR_EVERYONE
    assert why_others_use(str(place.credentials)) is None


def test_a_new_aws_file_is_for_the_user_alone(tmp_path):
    files = AwsFiles(str(tmp_path / "aws" / "config"), str(tmp_path / "aws" / "credentials"))
    files.edit(lambda documents: documents.config.set(("profile", "dev"), "region", "x"))

    assert why_others_use(files.config_path) is None


@pytest.mark.parametrize("name", ["", "config"])
def test_secrets_are_not_stored_for_files_that_others_can_write(place, name):
    weak = place.folder / name
    open_to_others(weak, 7)

    with pytest.raises(ConfigurationError, match="can be written by other users") as caught:
        place.files().require_trusted()

    assert caught.value.code == "unsafe-files"
    assert to_shut(str(weak), "") in caught.value.hint
    assert FOR_EVERYONE in caught.value.message


def test_a_file_that_others_can_only_read_is_trusted(place):
    for path in (place.folder, place.config):
        open_to_others(path, 5)
    place.files().require_trusted()


def test_who_can_read_a_file_is_named(tmp_path):
    path = tmp_path / "passphrase"
    path.touch()
    assert why_others_read(str(path), path.stat()) is None
    open_to_others(path, 4)
    assert why_others_read(str(path), path.stat()) == FOR_EVERYONE


def test_the_way_is_judged_only_by_who_can_replace_a_step(tmp_path, monkeypatch):
    (tmp_path / "above").mkdir()
    (tmp_path / "above" / "config").touch()
    asked = {}

    def why(step, permissions):
        asked[step] = permissions

    monkeypatch.setattr(windows_acl, "why_others", why)
    known = set()
    path = str(tmp_path / "above" / "config")

    assert writable_by_others(path, known) is None

    *above, last = asked
    assert above[0] == os.path.splitdrive(path)[0] + "\\"
    assert (above[-1], last) == (str(tmp_path / "above"), path)
    assert {asked[step] for step in above} == {REPLACE}
    assert asked[last] == WRITE
    asked.clear()
    assert writable_by_others(path, known) is None
    assert list(asked) == [path]  # the way to it is known


def test_a_step_of_which_the_system_tells_nothing_is_passed_over(tmp_path, monkeypatch):
    tell = windows_acl.why_others

    def refuse(step, permissions):
        if step == str(tmp_path):
            raise PermissionError(13, "Access denied", step)
        return tell(step, permissions)

    monkeypatch.setattr(windows_acl, "why_others", refuse)
    (tmp_path / "config").touch()
    open_to_others(tmp_path / "config", 6)

    assert writable_by_others(str(tmp_path / "config")).path == str(tmp_path / "config")


def test_a_file_system_without_lists_is_named(tmp_path, monkeypatch):
    (tmp_path / "config").touch()
    assert windows_acl.keeps_lists(str(tmp_path))
    open_to_others(tmp_path / "config", 6)
    monkeypatch.setattr(windows_acl, "keeps_lists", lambda _: False)

    weak = writable_by_others(str(tmp_path / "config"))

    assert weak.why == "its file system keeps no access control lists"
    assert to_shut(weak.path, "move it") == to_close(weak.path, 0o600, "move it") == "move it"


@pytest.mark.parametrize("name", ["file", "a folder"])
def test_the_command_names_all_whose_access_it_ends(tmp_path, name):
    path = tmp_path / name
    path.mkdir() if name == "a folder" else path.touch()
    open_to_others(path, 7)

    words = shlex.split(to_close(str(path), 0o600, ""), posix=False)

    inherit = "(OI)(CI)" if name == "a folder" else ""
    assert words[0] == "icacls"
    assert words[1].strip('"') == str(path)
    assert words[2:4] == ["/inheritance:r", "/grant:r"]
    kept = [f'"*{sid}:{inherit}F"' for sid in (me(), SYSTEM, "S-1-5-32-544")]
    assert words[4:] == [*kept, "/remove:g", f"*{EVERYBODY}"]
    shut = shlex.split(to_shut(str(path), ""), posix=False)
    assert shut[2:] == ["/inheritance:d", "/grant:r", f'"*{EVERYBODY}:{inherit}RX"']


def test_no_command_changes_a_drive():
    for command in (to_shut("C:\\", "no"), to_close("C:\\", 0o600, "no")):
        assert command == "no"


def test_a_library_beside_the_interpreter_is_looked_at(tmp_path, monkeypatch):
    for name in ("python.exe", "python311.dll"):
        (tmp_path / name).touch()
    monkeypatch.setattr(installation.sys, "executable", str(tmp_path / "python.exe"))
    installation.starter()
    open_to_others(tmp_path / "python311.dll", 6)

    with pytest.raises(ConfigurationError, match=r"python311\.dll can be written by other users"):
        installation.starter()


# -- links, of which Wine has none --------------------------------------------------------------

JUNCTION, SYMBOLIC_LINK, ONEDRIVE, DEDUPLICATED = 0xA0000003, 0xA000000C, 0x9000001A, 0x80000013


def status(tag, *, is_folder=True):
    """What `lstat` says of it: a junction is a folder for it, a symbolic link is a link."""
    kind = stat.S_IFDIR if is_folder else stat.S_IFREG
    mode = stat.S_IFLNK if tag == SYMBOLIC_LINK else kind
    attributes = stat.FILE_ATTRIBUTE_REPARSE_POINT if tag else 0
    return types.SimpleNamespace(
        st_mode=mode, st_file_attributes=attributes, st_reparse_tag=tag, st_dev=1, st_ino=1
    )


@contextlib.contextmanager
def seen(path, found, monkeypatch):
    look = os.lstat
    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", lambda at: found if str(at) == str(path) else look(at))
        patch.setattr(windows_files, "may_be_link", lambda at: str(at) == str(path))
        yield


@pytest.mark.parametrize(("tag", "kind"), [(JUNCTION, "a junction"), (SYMBOLIC_LINK, "a symbolic")])
def test_a_state_folder_that_stands_for_another_is_refused(tmp_path, monkeypatch, tag, kind):
    state = StateDir(str(tmp_path / "state"))
    state.write("vault", b"secret")

    with seen(state.path, status(tag), monkeypatch):
        for act in (lambda: state.read("vault"), lambda: state.write("vault", b"new")):
            with pytest.raises(ConfigurationError, match=f"state is {kind}"):
                act()


@pytest.mark.parametrize("tag", [JUNCTION, SYMBOLIC_LINK])
def test_so_is_a_file_in_it(tmp_path, monkeypatch, tag):
    state = StateDir(str(tmp_path / "state"))
    state.write("vault", b"secret")

    with seen(state.file("vault"), status(tag, is_folder=False), monkeypatch):
        for act in (lambda: state.read("vault"), lambda: state.append("vault", b"x", after=0)):
            with pytest.raises(ConfigurationError, match="vault is a "):
                act()


@pytest.mark.parametrize("tag", [0, ONEDRIVE, DEDUPLICATED])
def test_what_a_file_system_keeps_elsewhere_is_still_that_folder(tmp_path, monkeypatch, tag):
    state = StateDir(str(tmp_path / "state"))
    state.write("vault", b"secret")

    with seen(state.path, status(tag), monkeypatch):
        assert state.read("vault") == b"secret"


def test_a_file_that_is_exchanged_between_the_look_and_the_opening_is_not_read(
    tmp_path, monkeypatch
):
    state = StateDir(str(tmp_path / "state"))
    state.write("vault", b"secret")

    swapped = seen(state.file("vault"), status(0, is_folder=False), monkeypatch)
    with swapped, pytest.raises(ConfigurationError, match="symbolic link"):
        state.read("vault")


def test_the_way_behind_a_junction_is_judged_too(tmp_path, monkeypatch):
    for folder in ("link", "elsewhere"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config").touch()
    open_to_others(tmp_path / "elsewhere", 7)
    monkeypatch.setattr(os, "readlink", lambda _: f"\\\\?\\{tmp_path / 'elsewhere'}")

    with seen(tmp_path / "link", status(JUNCTION), monkeypatch):
        weak = writable_by_others(str(tmp_path / "link" / "config"))

    assert weak.path == str(tmp_path / "elsewhere")
