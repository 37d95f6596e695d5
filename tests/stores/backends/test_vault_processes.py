"""The vault under many processes at once, under killed ones, and with what really holds its key."""

import json
import os
import re
import subprocess
import sys

import pytest

from awscreds.errors import InputNeeded, SecretStoreError, WrongPassphrase
from awscreds.stores.backends.vault import VaultBackend, key_keeper
from awscreds.stores.state_dir import StateDir
from tests.helpers import LITTLE_WORK, missing_tool
from tests.stores.backends.contract import run_together
from tests.stores.backends.test_vault import OPENING, PASSPHRASE, Passphrases
from tests.stores.fakes import Nobody

pytestmark = pytest.mark.slow

NEW_PASSPHRASE = "another one"


@pytest.fixture
def state(home):
    return StateDir(str(home / "state"))


@pytest.fixture
def vault(state):
    def open_vault(passphrases=None, keeper=None):
        return VaultBackend(state, passphrases or Passphrases(), keeper=keeper, kdf=LITTLE_WORK)

    return open_vault


@pytest.fixture
def real_keeper(state):
    keeper = key_keeper()
    scope = keeper.scope(state.path)
    if not keeper.put(scope + "probe", b"1", 60):
        missing_tool("this kernel, or its container, refuses the key store")
    yield keeper
    keeper.drop_all(scope)


def opening(state, *, keeper="None"):
    return OPENING + (
        "from awscreds.stores.backends.vault import key_keeper\n"
        f"state_dir = StateDir({state.path!r})\n"
        f"backend = VaultBackend(state_dir, Passphrases(), keeper={keeper}, kdf=fast)\n"
    )


# At once


def test_processes_that_make_the_vault_at_once_make_one_and_lose_nothing(vault, state):
    ids = [f"id{number}" for number in range(20)]
    run_together(f"{opening(state)}\ngo()\nbackend.write({i!r}, {i!r})" for i in ids)
    backend = vault()
    assert backend.ids() == sorted(ids)
    assert [backend.read(i) for i in ids] == ids


def test_processes_that_write_and_erase_at_once_lose_nothing(vault, state):
    backend = vault()
    for number in range(10):
        backend.write(f"old{number}", "x")
    programs = [
        f"{opening(state)}\nbackend.ids()\ngo()\n"
        f"for n in range(5): backend.write('new%d-{number}' % n, 'y')\n"
        f"assert backend.erase('old{number}')"
        for number in range(10)
    ]
    run_together(programs)
    assert vault().ids() == sorted(f"new{n}-{number}" for n in range(5) for number in range(10))


def test_derivations_take_turns(vault, state):
    """Each takes 64 MiB: fifty at once would take the machine."""
    vault().write("a", "1")
    busy = state.file("busy")
    program = f"""{opening(state)}
import os
derive = Kdf.derive
def one_at_a_time(*arguments):
    os.close(os.open({busy!r}, os.O_CREAT | os.O_EXCL))
    try:
        return derive(*arguments)
    finally:
        os.unlink({busy!r})
Kdf.derive = one_at_a_time
go()
assert backend.read("a") == "1"
"""
    run_together([program] * 8)


def test_of_many_that_wait_for_their_turn_only_the_first_derives(vault, state, real_keeper):
    vault().write("a", "1")
    program = f"""{opening(state, keeper="key_keeper()")}
derive = Kdf.derive
def counted(*arguments):
    print("derived")
    return derive(*arguments)
Kdf.derive = counted
go()
assert backend.read("a") == "1"
"""
    outputs = run_together([program] * 8)
    assert "".join(outputs) == "derived\n"


def test_a_passphrase_changed_under_writers_loses_nothing(vault, state):
    """Each of them knows both passphrases, and tries the old one first."""
    vault().write("a", "1")
    both = f"""
class Both:
    passphrases = [{NEW_PASSPHRASE!r}, {PASSPHRASE!r}]
    def existing(self): return self.passphrases.pop()
    def again(self, reason): return False
    def new(self): return {NEW_PASSPHRASE!r}
backend._passphrases = Both()
"""
    writers = [
        f"{opening(state)}{both}\nbackend.ids()\ngo()\nbackend.write('id{number}', 'x')"
        for number in range(10)
    ]
    changer = f"{opening(state)}{both}\ngo()\nbackend.change_passphrase()"
    run_together([*writers[:5], changer, *writers[5:]])
    assert vault(Passphrases(NEW_PASSPHRASE)).ids() == ["a", *(f"id{n}" for n in range(10))]
    with pytest.raises(WrongPassphrase):
        vault(Passphrases(PASSPHRASE)).ids()


# The same races, at their narrowest


class Meanwhile(Passphrases):
    """Somebody else does something while this one types."""

    def __init__(self, something, existing=(PASSPHRASE,), new=NEW_PASSPHRASE):
        super().__init__()
        self.something = something
        self.answers = list(existing)
        self.next = new

    def existing(self):
        self.asked.append("existing")
        self._once()
        return self.answers.pop(0)

    def new(self):
        self.asked.append("new")
        self._once()
        return self.next

    def _once(self):
        something, self.something = self.something, lambda: None
        something()


def test_a_key_outdated_while_it_was_typed_encrypts_nothing(vault):
    vault().write("a", "1")
    other = vault(Passphrases(PASSPHRASE, new=NEW_PASSPHRASE))
    typing = Meanwhile(other.change_passphrase, existing=[PASSPHRASE, NEW_PASSPHRASE])
    vault(typing).write("b", "2")
    assert typing.asked == ["existing", "existing"]
    assert vault(Passphrases(NEW_PASSPHRASE)).ids() == ["a", "b"]


def test_an_outdated_key_in_memory_encrypts_nothing(vault, state):
    writer = vault()
    writer.write("a", "1")
    vault(Passphrases(PASSPHRASE, new=NEW_PASSPHRASE)).change_passphrase()
    before = state.read("vault")
    with pytest.raises(WrongPassphrase):
        writer.write("b", "2")
    assert state.read("vault") == before


def test_what_was_written_while_a_new_passphrase_was_typed_is_kept(vault):
    vault().write("a", "1")
    typing = Meanwhile(lambda: vault().write("b", "2"))
    backend = vault(typing)
    backend.change_passphrase()
    assert vault(Passphrases(NEW_PASSPHRASE)).ids() == ["a", "b"]


def test_of_two_changes_of_passphrase_at_once_the_second_is_refused(vault, state):
    vault().write("a", "1")
    first = vault(Passphrases(PASSPHRASE, new="the first"))
    with pytest.raises(SecretStoreError, match="another process changed") as caught:
        vault(Meanwhile(first.change_passphrase)).change_passphrase()
    assert caught.value.exit_code == 4
    assert vault(Passphrases("the first")).read("a") == "1"


def test_a_vault_made_while_another_one_was_being_made_is_joined(vault):
    typing = Meanwhile(lambda: vault().write("a", "1"), existing=[PASSPHRASE])
    vault(typing).write("b", "2")
    assert typing.asked == ["new", "existing"]
    assert vault().ids() == ["a", "b"]


def test_a_vault_removed_after_it_was_read_is_made_anew(vault, state):
    vault().write("a", "1")
    typing = Meanwhile(lambda: state.remove("vault"))
    vault(typing).write("b", "2")
    assert typing.asked == ["existing", "new"]
    assert vault(Passphrases(NEW_PASSPHRASE)).ids() == ["b"]


def test_a_content_that_the_key_does_not_open_inside_the_lock_is_not_overwritten(vault, state):
    """The same salt, other content: damage done between the first look and the second."""
    vault().write("a", "1")
    from tests.stores.backends.test_vault import sealed

    def tamper():
        body = bytearray(state.read("vault")[:-32])
        body[-1] ^= 1
        state.write("vault", sealed(bytes(body)))

    with pytest.raises(SecretStoreError, match="damaged"):
        vault(Meanwhile(tamper)).write("b", "2")
    with pytest.raises(SecretStoreError, match="damaged"):
        vault().read("a")


# Killed


@pytest.mark.posix("it has no fork")
def test_a_writer_killed_at_any_step_leaves_the_old_vault_or_the_new(vault, state):
    """A child for every call to the system that a write makes, killed right before it."""
    vault().write("a", "old")
    program = f"""{opening(state)}
import os, signal
backend.read("a")
step = 0
finished = False
while not finished:
    step += 1
    child = os.fork()
    if child == 0:
        left = step
        def dying(name):
            real = getattr(os, name)
            def call(*arguments, **options):
                global left
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), 9)
                return real(*arguments, **options)
            return call
        for name in ("open", "write", "fchmod", "fsync", "replace", "close", "fstat", "lstat"):
            setattr(os, name, dying(name))
        backend.write("a", "new")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    finished = status == 0
    assert finished or os.WTERMSIG(status) == signal.SIGKILL, status
    print(backend.read("a"), backend.read("b"))
    if step == 1:
        backend.write("b", "kept")
"""
    go = "def go(): pass\n"
    done = subprocess.run(
        [sys.executable, "-c", go + program],
        capture_output=True,
        text=True,
        env=dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = [line.split()[0] for line in done.stdout.splitlines()]
    assert len(seen) > 12
    assert seen[0] == "old"
    assert seen[-1] == "new"
    assert seen == sorted(seen, reverse=True)
    assert seen.count("new") >= 2, "a step after the rename was reached too"
    assert vault().read("b") == "kept"


# With what holds the key on this system


def test_the_next_process_needs_no_passphrase_until_the_vault_is_locked(vault, state, real_keeper):
    vault(keeper=real_keeper).write("a", "1")
    program = f"""{opening(state, keeper="key_keeper()")}
backend._passphrases = None
go()
print(backend.is_open(), backend.read("a"))
backend.lock()
"""
    assert run_together([program]) == ["True 1\n"]
    assert not vault(keeper=real_keeper).is_open()
    with pytest.raises(InputNeeded):
        vault(Nobody(), keeper=real_keeper).read("a")


def test_unlock_holds_the_key_for_the_next_process(vault, state, real_keeper):
    vault().write("a", "1")
    vault(keeper=real_keeper).unlock(3600)
    assert vault(Nobody(), keeper=real_keeper).read("a") == "1"


def test_two_homes_hold_two_keys(vault, state, real_keeper, home):
    vault(keeper=real_keeper).write("a", "1")
    other = StateDir(str(home / "other"))
    other.write("vault", state.read("vault"))
    with pytest.raises(InputNeeded):
        VaultBackend(other, Nobody(), keeper=real_keeper).read("a")


# Light


def test_importing_the_vault_loads_nothing_heavy():
    program = """
import sys
before = set(sys.modules)
import awscreds.stores.backends.vault
print("\\n".join(set(sys.modules) - before))
"""
    loaded = python(program).split()
    heavy = "dataclasses|typing|pathlib|logging|subprocess|hashlib|ctypes|cryptography|unicodedata"
    assert "awscreds.stores.kernel_keyring" in loaded
    assert [name for name in loaded if re.fullmatch(rf"({heavy})(\..*)?", name)] == []


def test_a_read_with_the_key_held_derives_nothing(vault, state, real_keeper):
    vault(keeper=real_keeper).write("a", "1")
    program = f"""{opening(state, keeper="key_keeper()")}
import json, sys
print(backend.read("a"))
print(json.dumps(sorted(sys.modules)))
"""
    answer, modules = python(program).splitlines()
    assert answer == "1"
    assert not [name for name in json.loads(modules) if ".kdf" in name or name == "unicodedata"]


def python(program):
    """What a Python of its own prints that sees no more of site-packages than it must."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        env=dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
