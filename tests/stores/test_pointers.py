"""A stored secret stays while any known config file points to it, or cannot be read."""

import ast
import json
import os
import re
import shutil
import sys
import threading
from pathlib import Path

import pytest

import awscreds
from awscreds.errors import AwscredsError, ConfigurationError
from awscreds.stores import locations
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.pointers import Pointers
from awscreds.stores.state import State
from awscreds.stores.state_dir import StateDir

KEY = "AKIAIOSFODNN7EXAMPLE"
POINTS = f"[profile dev]\nregion = x\nawscreds_access_key_id = {KEY}\n"


class Store:
    def __init__(self):
        self.entries = {KEY}
        self.at_erase = lambda: None

    def erase(self, entry_id):
        self.at_erase()
        self.entries.discard(entry_id)
        return True


class Machine:
    """A state folder, a default config file and others; ``pointers(NAME)`` is a process with it."""

    def __init__(self, folder):
        self.folder = folder
        self.state_dir = StateDir(str(folder / "state"), lock_folder=str(folder / "locks"))
        self.store = Store()
        (folder / "default").write_text("# an empty file would be waited for\n")
        self.state.note(KEY, kind="access-key", backend="vault")

    @property
    def state(self):
        return State(self.state_dir)

    def path(self, name):
        return self.folder / name

    def pointers(self, name="default"):
        files = AwsFiles(str(self.path(name)), os.devnull)
        return Pointers(self.state_dir, self.state, files)

    def point(self, name, text=POINTS):
        """Let a file point to the key, as every command does that sets a pointer."""
        self.path(name).parent.mkdir(exist_ok=True)
        with self.pointers(name).pointing_to(KEY):
            self.path(name).write_text(text)

    def forget(self, name="default"):
        return self.pointers(name).erase(self.store, KEY)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "awscreds.stores.pointers.file_paths",
        lambda _: (str(tmp_path / "default"), str(tmp_path / "credentials")),
    )
    return Machine(tmp_path)


def test_what_nothing_points_to_is_erased(machine):
    assert machine.forget()
    assert machine.store.entries == set()


@pytest.mark.parametrize(
    "text",
    [
        POINTS,
        f"[default]\nawscreds_access_key_id={KEY}\n",
        f"[profile dev]\nawscreds_access_key_id = {KEY}\n[profile dev]\nregion = x\n",
        f"[profile dev]\nAWSCREDS_ACCESS_KEY_ID = {KEY}\n",
        f"[profile dev]\nawscreds_access_key_id = {KEY}\nawscreds_access_key_id = AKIAOTHER\n",
    ],
)
@pytest.mark.parametrize("used_from", ["default", "other", "third"])
def test_what_another_config_file_points_to_stays_and_file_line_and_profile_are_named(
    machine, text, used_from
):
    machine.point("other", text)
    with pytest.raises(ConfigurationError) as caught:
        machine.forget(used_from)
    assert caught.value.code == "key-in-use"
    line = 1 + next(n for n, row in enumerate(text.splitlines()) if KEY in row)
    assert f"({machine.path('other')}:{line})" in caught.value.message
    assert ("dev" if "dev" in text else "default") in caught.value.message
    if used_from != "other":
        assert "awscreds configure --profile" in caught.value.hint
        windows = f"$Env:AWS_CONFIG_FILE = '{machine.path('other')}'; awscreds"
        posix = f"AWS_CONFIG_FILE={machine.path('other')} awscreds"
        assert (windows if sys.platform == "win32" else posix) in caught.value.hint
    assert machine.store.entries == {KEY}
    machine.path("other").write_text("[profile dev]\n")
    assert machine.forget(used_from)


def test_the_default_file_and_the_one_in_use_count_also_where_nothing_was_noted(machine):
    for name in ("default", "here"):
        machine.path(name).write_text(POINTS)
        with pytest.raises(ConfigurationError, match=re.escape(str(machine.path(name)))):
            machine.forget("here")
        machine.path(name).write_text("")
    assert machine.forget("here")


def test_a_file_is_known_by_its_real_path(machine):
    machine.point("other")
    machine.path("link").symlink_to(machine.path("other"))
    machine.pointers("link").require_none("AKIANOBODYSKEY000000")
    with machine.pointers("link").pointing_to(KEY):
        pass
    real = str(machine.path("other").resolve())
    assert set(machine.state.files_of(KEY)) == {str(machine.path("link")), real}
    (pointer,) = machine.pointers("link").find(KEY)
    assert pointer.path == real
    assert machine.pointers("link").elsewhere(KEY) == []


@pytest.mark.parametrize("swapped", ["file", "folder"])
def test_a_link_that_leads_to_another_file_by_now_is_followed(machine, swapped):
    for name in ("v1", "v2"):
        machine.path(name).mkdir()
    link = machine.path("now")
    if swapped == "folder":
        link.symlink_to(machine.path("v1"))
        name = "now/config"
    else:
        link.symlink_to(machine.path("v1/config"))
        name = "now"
    machine.point(name)
    machine.path("v1/config").rename(machine.path("v2/config"))
    link.unlink()
    link.symlink_to(machine.path("v2" if swapped == "folder" else "v2/config"))
    with pytest.raises(ConfigurationError, match=re.escape(str(machine.path("v2/config")))):
        machine.forget()
    machine.path("v2/config").unlink()
    assert machine.forget()


@pytest.mark.parametrize("used", ["in use", "default"])
def test_a_pointer_that_somebody_moved_to_the_credentials_file_counts(machine, used):
    path = machine.path("credentials")
    path.write_text(f"[dev]\nawscreds_access_key_id = {KEY}\n")
    other = machine.path("third" if used == "in use" else "no-credentials")
    files = AwsFiles(str(machine.path("x")), str(path if used == "in use" else other))
    pointers = Pointers(machine.state_dir, machine.state, files)
    with pytest.raises(ConfigurationError, match=re.escape(f"dev ({path}:2)")) as caught:
        pointers.erase(machine.store, KEY)
    assert "move it to the config file" in caught.value.hint
    assert bool(pointers.elsewhere(KEY)) == (used == "default")
    path.write_bytes("[dev]\n".encode("utf-16"))
    with pytest.raises(ConfigurationError, match=r"credentials file .* cannot be read"):
        pointers.erase(machine.store, KEY)
    path.unlink()
    assert pointers.erase(machine.store, KEY)


def test_who_asks_for_pointers_elsewhere_hears_of_a_file_that_cannot_be_read(machine):
    machine.point("disk/other")
    machine.path("disk/other").unlink()
    machine.path("disk").rmdir()
    with pytest.raises(ConfigurationError, match=re.escape(str(machine.path("disk/other")))):
        machine.pointers().elsewhere(KEY)


def test_the_other_config_files_are_those_that_were_noted_and_the_default_one(machine):
    machine.point("other")
    machine.path("link").symlink_to(machine.path("other"))
    machine.point("link")

    def known(name):
        return [Path(path).name for path in machine.pointers(name).other_configs()]

    assert known("default") == ["other"]
    assert known("other") == known("link") == ["default"]
    assert sorted(known("third")) == ["default", "other"]


def test_a_file_is_forgotten_once_it_does_not_point_to_a_key_any_more(machine):
    machine.path("link").symlink_to(machine.path("other"))
    machine.point("link")
    both = {str(machine.path("link")), str(machine.path("other"))}
    machine.pointers("link").no_longer_in_use([KEY, "AKIAI44QH8DHBEXAMPLE"])
    assert set(machine.state.files_of(KEY)) == both

    machine.path("other").write_text("")
    machine.pointers("link").no_longer_in_use([KEY])

    assert machine.state.files_of(KEY) == {}


def test_the_lock_may_be_nested_and_is_given_back_at_the_end(machine):
    pointers, lock = machine.pointers(), machine.state_dir.lock("pointers", deadline=0)
    for _ in range(2):
        with pointers.held():
            with pointers.held():
                pass
            with pytest.raises(AwscredsError), lock:
                pass
        with lock:
            pass


# -- files that cannot be read -------------------------------------------------------------------


def folder_gone(machine, path):
    path.unlink()
    path.parent.rmdir()


def other_disk(machine, path):
    path.unlink()
    machine.state.note_file(KEY, str(path), 12345)


def emptied(machine, path):
    path.write_text("")


def utf16(machine, path):
    path.write_bytes(POINTS.encode("utf-16"))


def a_folder(machine, path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("happens", [folder_gone, other_disk, emptied, utf16, a_folder])
def test_what_a_file_that_cannot_be_read_may_point_to_stays_until_it_is_released(machine, happens):
    machine.point("disk/other")
    path = machine.path("disk/other")
    happens(machine, path)
    with pytest.raises(ConfigurationError) as caught:
        machine.forget()
    assert caught.value.code == "config-unreadable"
    assert str(path) in caught.value.message
    assert f"awscreds store release {path}" in caught.value.hint
    assert machine.store.entries == {KEY}
    found, (problem,) = machine.pointers().look(KEY)
    assert (found, problem.code) == ([], "config-unreadable")

    assert machine.pointers().release(str(path)) == [KEY]
    assert machine.forget()


def test_a_file_that_nobody_may_read_is_not_taken_for_one_without_pointers(machine, monkeypatch):
    machine.point("other")
    read = AwsFiles.load

    def load(files):
        if files.config_path.endswith("other"):
            raise ConfigurationError("cannot read it: Permission denied", code="unreadable")
        return read(files)

    monkeypatch.setattr(AwsFiles, "load", load)
    with pytest.raises(ConfigurationError, match="Permission denied") as caught:
        machine.forget()
    assert caught.value.code == "config-unreadable"


def test_a_file_that_was_deleted_uses_nothing(machine):
    machine.point("disk/other")
    machine.path("disk/other").unlink()
    assert machine.forget()


def test_a_file_that_can_be_read_is_not_released(machine):
    machine.point("other")
    with pytest.raises(ConfigurationError) as caught:
        machine.pointers().release(str(machine.path("other")))
    assert caught.value.code == "config-readable"
    assert machine.pointers().release(str(machine.path("nobody"))) == []
    with pytest.raises(ConfigurationError):
        machine.forget()


@pytest.mark.parametrize("files", ["x", ["/a"], {"/a": "b"}, None, 1])
def test_a_note_that_is_damaged_stops_nothing_but_an_erasure(machine, files):
    document = json.loads(machine.state_dir.read("state.json"))
    document["entries"][KEY]["files"] = files
    machine.state_dir.write("state.json", json.dumps(document).encode())
    assert machine.state.entry(KEY) == {"kind": "access-key", "backend": "vault"}
    machine.point("other")
    with pytest.raises(ConfigurationError):
        machine.forget()


# -- at the same time ----------------------------------------------------------------------------


def test_a_pointer_that_is_set_while_a_secret_is_erased_waits_and_finds_it_gone(machine):
    order = []

    def point():
        with machine.pointers("other").pointing_to(KEY):
            order.append(("pointing", KEY in machine.store.entries))

    other = threading.Thread(target=point)

    def at_erase():
        other.start()
        other.join(0.2)
        order.append("erasing")

    machine.store.at_erase = at_erase
    machine.forget()
    other.join()
    assert order == ["erasing", ("pointing", False)]


def test_an_erasure_waits_for_a_pointer_that_is_being_set_and_sees_it(machine):
    refused = []

    def forget():
        try:
            machine.forget()
        except ConfigurationError as error:
            refused.append(error.code)

    other = threading.Thread(target=forget)
    with machine.pointers("other").pointing_to(KEY):
        other.start()
        other.join(0.2)
        assert refused == []
        machine.path("other").write_text(POINTS)
    other.join()
    assert refused == ["key-in-use"]
    assert machine.store.entries == {KEY}


def test_a_note_that_another_process_has_made_meanwhile_is_seen(machine):
    long_at_work = machine.pointers()
    assert long_at_work.find(KEY) == []
    machine.point("other")
    with pytest.raises(ConfigurationError, match="other"):
        long_at_work.erase(machine.store, KEY)


# -- nobody goes past it -------------------------------------------------------------------------


def calls(name):
    """Every call of a method of that name in the package: file, function, receiver."""
    for path in sorted(Path(awscreds.__file__).parent.rglob("*.py")):
        place = path.relative_to(Path(awscreds.__file__).parent).as_posix()
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                called = node.func if isinstance(node, ast.Call) else None
                if isinstance(called, ast.Attribute) and called.attr == name:
                    yield place, function.name, ast.unparse(called.value), node


def test_stored_secrets_are_erased_in_one_place():
    guarded = ("pointers", "_means", "context", "_context", "seeds", "_seeds")
    typing = ("console.py", "model/typed_line.py")  # letters, not secrets
    found = {
        (place, function, receiver)
        for place, function, receiver, _ in calls("erase")
        if receiver.rpartition(".")[2] not in guarded and place not in typing
    }
    assert found == {
        ("stores/pointers.py", "erase", "store"),
        ("stores/secret_store.py", "erase", "self.backend"),
        ("stores/secret_store.py", "erase", "self._open_backend(left_in)"),  # a copy of the same
        ("stores/totp_seeds.py", "erase", "store"),  # no config file points to a seed
        ("stores/backends/keyring.py", "erase", "self._client()"),
        ("workflows/rotation/context.py", "erase", "self._backend"),
        ("workflows/store.py", "move", "source.backend"),  # it was written elsewhere before
        ("workflows/store.py", "finish_moves", "open_store(left_in).backend"),  # likewise
    }


def test_every_place_that_sets_a_pointer_is_known_here_and_notes_it():
    found = {
        (place, function)
        for place, function, _, node in calls("set")
        if any(isinstance(word, ast.Name) and word.id == "POINTER" for word in node.args)
    }
    assert found == {
        ("commands/configure/key_settings.py", "_point_to"),  # within pointing_to
        ("commands/configure/key_settings.py", "change"),  # a part of it
        ("workflows/rotation/access.py", "_with_key"),  # a copy in memory
        ("workflows/configure.py", "write_managed"),  # _keep, migration: within pointing_to
        ("workflows/migration/carry_out.py", "_follow"),  # carry_out: within pointing_to
        ("workflows/rotation/repoint.py", "repoint"),  # Stages._point: within pointing_to
        ("workflows/rotation/repoint.py", "_exchange"),  # likewise
        ("workflows/rotation/repoint.py", "repoint_stored"),  # move_pointers_elsewhere: likewise
    }


def test_the_default_file_is_the_one_in_the_home():
    assert locations.file_paths({})[0] == os.path.abspath(os.path.expanduser("~/.aws/config"))


# Several state folders (AWSCREDS_HOME) with one OS keyring


class Home(Machine):
    """One of them, with a config file of its own."""

    def __init__(self, folder, *, backend="keyring", default=False):
        folder.mkdir(mode=0o700)
        self.folder = folder
        place = os.path.join(os.path.expanduser("~"), ".aws", "awscreds") if default else None
        self.state_dir = StateDir(place or str(folder / "state"))
        self.store = Store()
        self.state.add(KEY, "access-key", backend)


@pytest.fixture
def homes(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "awscreds.stores.pointers.file_paths",
        lambda _: (str(tmp_path / "none"), str(tmp_path / "none")),
    )
    return [
        Home(tmp_path / "a", default=True),
        Home(tmp_path / "b"),
        Home(tmp_path / "c"),
        Home(tmp_path / "d", backend="vault"),
    ]


@pytest.mark.parametrize("of", range(3))
@pytest.mark.parametrize("by", range(3))
def test_a_keyring_keeps_what_a_profile_of_another_state_folder_uses(homes, by, of):
    homes[of].point("config")
    with pytest.raises(ConfigurationError) as caught:
        homes[by].forget("config")
    assert caught.value.code == "key-in-use"
    assert str(homes[of].path("config")) in caught.value.message
    homes[of].path("config").write_text("[profile dev]\n")
    assert homes[by].forget("config")


def test_a_vault_is_only_about_its_own_state_folder(homes):
    homes[0].point("config")
    assert homes[3].forget("config")
    homes[3].point("config")
    homes[0].path("config").write_text("[profile dev]\n")
    assert homes[1].forget("config")


def test_a_state_folder_that_cannot_be_read_keeps_the_secret_and_a_removed_one_does_not(homes):
    homes[1].state_dir.write("state.json", b"{")
    with pytest.raises(ConfigurationError) as caught:
        homes[0].forget("config")
    assert caught.value.code == "state-damaged"
    shutil.rmtree(homes[1].folder)
    with pytest.raises(ConfigurationError) as caught:
        homes[0].forget("config")
    assert caught.value.code == "home-unreadable"
    homes[1].folder.mkdir()
    assert homes[0].forget("config")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"homes": 5}', b'{"homes": [1]}'])
def test_a_damaged_list_of_state_folders_keeps_the_secret(homes, data):
    homes[0].state_dir.write("homes.json", data)
    with pytest.raises(ConfigurationError, match="is damaged"):
        homes[1].forget("config")
    homes[2].point("config")  # which is no reason not to work


def test_a_state_folder_is_listed_once_and_the_default_one_and_a_vaults_never(homes):
    homes[1].point("config")
    homes[3].point("config")
    listed = json.loads(homes[0].state_dir.read("homes.json"))["homes"]
    assert listed == [homes[1].state_dir.path, homes[2].state_dir.path]
