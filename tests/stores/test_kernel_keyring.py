"""The kernel's key store as a cache: who can read it, how long it lasts, and how it fails."""

import os
import posix
import signal
import subprocess
import sys
import time
import types

import pytest

from awscreds import warm
from awscreds.stores import kernel_keyring
from awscreds.stores.kernel_keyring import KernelKeyring, kernel
from awscreds.stores.kernel_keyring import _system_call as call
from tests.helpers import missing_tool

ADD_KEY, KEYCTL = "add_key", "keyctl"
JOIN_SESSION_KEYRING, CHOWN = 1, 4
SESSION_KEYRING = -3
DEFAULT_PERMISSIONS = 0x3F010000
# Users that nobody else is, this very minute: what they leave behind counts against their quota
# until the kernel has collected it.
ALICE, BOB, SHARE, QUOTA, CLOCK = range(10_000 + os.getpid() % 10_000 * 5, 60_000)[:5]

PREAMBLE = """
import ctypes, os, signal, sys
from awscreds import warm
from awscreds.stores import kernel_keyring
from awscreds.stores.kernel_keyring import KernelKeyring, kernel
from awscreds.stores.kernel_keyring import _system_call as call
kernel.scope("/")  # so that nothing is left to import once the user has changed
"""


@pytest.fixture
def name(tmp_path):
    """The name of an entry that no other test uses; all that begins with it is dropped after."""
    begin = kernel.scope(str(tmp_path)) + "test:"
    if not kernel.put(begin, b"probe", 60):
        missing_tool("this kernel, or its container, refuses the key store")
    kernel.drop(begin)
    yield begin
    kernel.drop_all(begin)


def run(program, *arguments, expected=0):
    """Run ``program`` as a process of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", PREAMBLE + program, *arguments],
        capture_output=True,
        text=True,
        env=dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=60,
        check=False,
    )
    assert done.returncode == expected, done.stderr
    return done.stdout.strip()


def need_root():
    if os.geteuid() != 0:
        missing_tool("only root can become another user")


def raw(name):
    return os.fsencode(name)


def names_held(begin):
    return sorted(name for _, name in kernel._entries() if name.startswith(begin))


# Keeping


@pytest.mark.parametrize("payload", [b"\0", b"a\0b\0", bytes(range(256)), b"x" * 5000])
def test_gives_back_the_very_bytes(name, payload, monkeypatch):
    monkeypatch.setattr(kernel, "BUDGET", 16_000)  # whatever other tests hold just now
    assert kernel.put(name, payload, 60) is True
    assert kernel.get(name) == payload


def test_a_name_never_kept_holds_nothing(name):
    assert kernel.get(name) is None
    kernel.drop(name)


@pytest.mark.parametrize("ending", ["a;b;c", "ünïcode 🔑", "a b\tc", "\udcff", "x" * 300])
def test_any_name_will_do(name, ending):
    assert kernel.put(name + ending, b"1", 60)
    assert kernel.get(name + ending) == b"1"
    kernel.drop(name + ending)
    assert kernel.get(name + ending) is None


def test_a_name_that_is_too_long_is_not_kept(name):
    assert kernel.put(name + "x" * 5000, b"1", 60) is False
    assert kernel.get(name + "x" * 5000) is None


def test_another_process_reads_it_and_replaces_it(name):
    kernel.put(name, b"first", 60)
    assert run("print(kernel.get(sys.argv[1]))", name) == "b'first'"
    assert run("print(kernel.put(sys.argv[1], b'second', 60))", name) == "True"
    assert kernel.get(name) == b"second"


def test_names_what_is_kept_by_how_it_begins(name):
    for ending in ("a:1", "a:2", "b:1"):
        kernel.put(name + ending, b"1", 60)
    assert sorted(kernel.names(name + "a:")) == [name + "a:1", name + "a:2"]
    assert kernel.names(name + "c:") == []


@pytest.mark.parametrize(("seconds", "least"), [(50, 40), (7199, 7189), (10**6, 10**6 - 10)])
def test_tells_how_long_the_first_to_end_lasts_at_least(name, seconds, least):
    kernel.put(name + "long b c", b"1", 10**7)
    kernel.put(name + "short", b"1", seconds)
    assert least <= kernel.seconds_left(name) <= seconds
    assert kernel.seconds_left(name + "none") == 0


def test_a_replaced_entry_is_linked_no_more(name):
    for payload in (b"first", b"second, longer", b"3"):
        assert kernel.put(name, payload, 60)
        assert kernel.get(name) == payload
        assert names_held(name) == [name]


def test_no_key_stays_where_the_next_write_would_update_it_in_place(name):
    kernel.put(name, b"1", 60)
    first = kernel._system_call(KEYCTL, warm.SEARCH, warm.USER_KEYRING, b"user", raw(name), 0)
    assert kernel._system_call(KEYCTL, warm.SEARCH, -2, b"user", raw(name), 0) < 0
    kernel.put(name, b"2", 60)
    second = kernel._system_call(KEYCTL, warm.SEARCH, warm.USER_KEYRING, b"user", raw(name), 0)
    assert first != second


def test_the_kernel_forgets_when_the_time_is_up(name):
    """Also where an entry of a longer time was replaced, and not where one of a shorter was."""
    assert kernel.put(name + "plain", b"1", 1)
    assert kernel.put(name + "shortened", b"1", 1000)
    assert kernel.put(name + "shortened", b"2", 1)
    assert kernel.put(name + "lengthened", b"1", 1)
    assert kernel.put(name + "lengthened", b"2", 1000)
    give_up = time.monotonic() + 30
    while kernel.get(name + "plain") or kernel.get(name + "shortened"):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    assert kernel.get(name + "lengthened") == b"2"
    assert kernel.put(name + "plain", b"again", 60)
    assert kernel.get(name + "plain") == b"again"


@pytest.mark.parametrize("seconds", [0, -1])
def test_no_time_means_not_kept_and_never_kept_for_ever(name, seconds):
    kernel.put(name, b"old", 60)
    assert kernel.put(name, b"new", seconds) is False
    assert kernel.get(name) is None


def test_an_empty_payload_is_not_kept(name):
    assert kernel.put(name, b"", 60) is False
    assert kernel.get(name) is None


def test_drop_forgets_one_and_drop_all_what_begins_alike(name):
    for ending in ("a", "a:1", "a:2", "b"):
        kernel.put(name + ending, b"1", 60)
    kernel.drop(name + "a")
    assert names_held(name) == [name + "a:1", name + "a:2", name + "b"]
    kernel.drop_all(name + "a:")
    assert names_held(name) == [name + "b"]
    assert kernel.get(name + "a:1") is None
    assert kernel.get(name + "b") == b"1"


def test_a_dropped_key_is_dead_for_those_who_still_know_its_number(name):
    kernel.put(name, b"1", 60)
    [key] = [key for key, found in kernel._entries() if found == name]
    kernel.drop(name)
    assert warm.fetched(call, warm.READ, key) is None


def test_a_scope_is_of_one_user_and_one_home(tmp_path):
    one = kernel.scope(str(tmp_path / "one"))
    (tmp_path / "link").symlink_to(tmp_path / "one")
    assert one.startswith(f"{warm.OWN}{os.geteuid()}:")
    assert kernel.scope(str(tmp_path / "link")) == one
    assert kernel.scope(str(tmp_path / "two")) != one
    assert kernel.scope(str(tmp_path / "one" / "..")) != one
    assert not kernel.scope(str(tmp_path / "one2")).startswith(one)
    assert str(tmp_path) not in one


def test_a_clock_that_is_set_back_leaves_nothing_for_longer(name, monkeypatch):
    """The kernel counts by the clock of the day."""
    assert kernel.put(name, b"payload", 600)
    later = warm.awake() + 599 * 10**9
    monkeypatch.setattr(warm, "awake", lambda: later)
    assert kernel.get(name) == b"payload"
    monkeypatch.setattr(warm, "awake", lambda: later + 10**9)
    assert kernel.get(name) is None


def test_a_clock_that_is_set_back_adds_nothing_to_the_time_that_is_told(name):
    """The kernel has a day more for this one."""
    assert kernel.put(name, b"payload", 86_400)
    (key,) = [key for key, found in kernel._entries() if found == name]
    held = warm.until(60) + b"payload"
    assert call(ADD_KEY, b"user", raw(name), held, len(held), warm.USER_KEYRING) == key
    assert call(KEYCTL, kernel_keyring._SET_TIMEOUT, key, 86_400) == 0

    assert 50 <= kernel.seconds_left(name) <= 60


def test_what_has_ended_although_the_kernel_keeps_it_takes_no_room(name):
    need_root()  # for a user whose entries are none of other tests
    program = f"""
kernel.get("loads what it needs, while the interpreter's folder can still be read")
os.setuid({CLOCK})
name = sys.argv[1]
print(kernel.put(name + "ended", b"x" * 5000, 600), kernel.put(name + "good", b"1", 1000))
later = warm.awake() + 601 * 10**9
warm.awake = lambda: later
print(kernel.put(name + "new", b"x" * 5000, 600), *sorted(kernel.names(name)))
kernel.drop_all(name)
"""
    assert run(program, name).split() == ["True"] * 3 + [name + "good", name + "new"]


def test_no_more_is_taken_than_our_share_of_the_quota(name):
    need_root()
    program = f"""
kernel.get("loads what it needs, while the interpreter's folder can still be read")
os.setuid({SHARE})
name = sys.argv[1]
call("add_key", b"user", b"another program's", b"x" * 4000, 4000, -4)
print(kernel.put(name + "a", b"x" * 5000, 60), kernel.put(name + "b", b"y" * 3177, 60))
print(kernel.get(name + "b"), kernel.put(name + "b", b"y" * 3176, 60))
print(kernel.put(name + "a", b"z" * 5000, 60), kernel.get(name + "a")[:1])
print(kernel.put(name + "a", b"z" * 5001, 60), kernel.get(name + "a"))
kernel.drop_all("")
"""
    assert run(program, name).splitlines() == [
        "True False",
        "None True",
        "True b'z'",
        "False None",
    ]


# Who can read it


def test_only_its_owner_can_use_a_key_and_nobody_by_possession(name):
    kernel.put(name, b"1", 60)
    [described] = [warm.described(call, key) for key, found in kernel._entries() if found == name]
    assert described == (os.geteuid(), 0x003F0000, name.encode())


def test_a_key_that_possession_opens_is_not_read(name):
    """Somebody else's code, or an older recipe, put it there: it may be in other hands too."""
    key = kernel._system_call(ADD_KEY, b"user", name.encode(), b"1", 1, warm.USER_KEYRING)
    assert warm.described(call, key)[1] == DEFAULT_PERMISSIONS
    assert kernel.get(name) is None
    assert kernel.put(name, b"2", 60)
    assert kernel.get(name) == b"2"
    assert warm.fetched(call, warm.READ, key) != b"2"


def test_a_key_of_another_user_is_not_read(name):
    need_root()
    key = kernel._system_call(ADD_KEY, b"user", name.encode(), b"planted", 7, warm.USER_KEYRING)
    assert kernel._system_call(KEYCTL, kernel_keyring._SETPERM, key, 0x3F3F3F3F) == 0
    assert kernel._system_call(KEYCTL, CHOWN, key, ALICE, -1) == 0
    assert warm.fetched(call, warm.READ, key) == b"planted"
    assert kernel.get(name) is None


def test_a_key_that_the_kernel_says_is_another_user_s_is_not_read(name):
    """No kernel lets us search such a key; should one do, that is no reason to believe it."""
    kernel.put(name, b"1", 60)

    def describe_as_foreign(which, *arguments):
        size = kernel._system_call(which, *arguments)
        if arguments[0] == warm.DESCRIBE:
            buffer = arguments[2]
            owner, other = f"user;{os.geteuid()};", f"user;{os.geteuid() + 1};"
            buffer.value = buffer.value.replace(owner.encode(), other.encode())
            return len(buffer.value) + 1
        return size

    assert kernel.get(name) == b"1"
    assert KernelKeyring(describe_as_foreign).get(name) is None


def test_su_without_a_login_shell_reads_nothing(name):
    """``su bob`` keeps alice's session keyring, which links her user keyring.

    A key with the default permissions is there to show that bob would find ours if he could.
    """
    need_root()
    program = f"""
name = sys.argv[1].encode()
call("keyctl", {JOIN_SESSION_KEYRING}, None)
os.setresuid({ALICE}, {ALICE}, 0)
kernel.drop_all("")
print(kernel.put(sys.argv[1], b"secret", 60), kernel.get(sys.argv[1]))
call("add_key", b"user", name + b"default", b"secret", 6, -4)
ours = call("keyctl", warm.SEARCH, -4, b"user", name, 0)
print(call("keyctl", kernel_keyring._LINK, -4, {SESSION_KEYRING}))
os.setresuid(0, 0, 0)
os.setresuid({BOB}, {BOB}, {BOB})
theirs = call("keyctl", warm.SEARCH, {SESSION_KEYRING}, b"user", name + b"default", 0)
print(warm.fetched(call, warm.READ, theirs))
print(call("keyctl", warm.SEARCH, {SESSION_KEYRING}, b"user", name, 0))
print(warm.fetched(call, warm.READ, ours), warm.described(call, ours))
print(kernel.get(sys.argv[1]))
"""
    try:
        assert run(program, name).splitlines() == [
            "True b'secret'",
            "0",
            "b'secret'",
            "-1",
            "None None",
            "None",
        ]
    finally:
        run(f"os.setuid({ALICE})\nkernel.drop_all('')")


def test_another_user_finds_nothing_even_under_the_very_name(name):
    need_root()
    kernel.put(name, b"secret", 60)
    assert run(f"os.setuid({BOB})\nprint(kernel.get(sys.argv[1]))", name) == "None"
    assert kernel.get(name) == b"secret"


def test_a_session_keyring_without_the_user_keyring_makes_no_difference(name):
    program = f"""
call("keyctl", {JOIN_SESSION_KEYRING}, None)
print(call("keyctl", warm.SEARCH, {SESSION_KEYRING}, b"user", sys.argv[1].encode(), 0))
print(kernel.get(sys.argv[1]), kernel.put(sys.argv[1], b"inside", 60), kernel.get(sys.argv[1]))
"""
    kernel.put(name, b"outside", 60)
    assert run(program, name).splitlines() == ["-1", "b'outside' True b'inside'"]
    assert kernel.get(name) == b"inside"


# Failing


def failing(*operations):
    """The kernel's calls, but for some that it refuses."""

    def call(which, *arguments):
        if (which if which == ADD_KEY else arguments[0]) in operations:
            return -1
        return kernel._system_call(which, *arguments)

    return call


@pytest.mark.parametrize(
    "operation",
    [ADD_KEY, kernel_keyring._SET_TIMEOUT, kernel_keyring._SETPERM, kernel_keyring._LINK],
    ids=str,
)
def test_a_step_that_fails_leaves_neither_the_new_nor_the_old(name, operation):
    kernel.put(name, b"old", 60)
    assert KernelKeyring(failing(operation)).put(name, b"new", 60) is False
    assert kernel.get(name) is None
    assert names_held(name) == []
    found = kernel._system_call(KEYCTL, warm.SEARCH, -2, b"user", name.encode(), 0)
    assert found < 0


@pytest.mark.parametrize("operation", [warm.SEARCH, warm.READ, warm.DESCRIBE], ids=str)
def test_what_cannot_be_read_is_not_there(name, operation):
    kernel.put(name, b"1", 60)
    assert KernelKeyring(failing(operation)).get(name) is None


def test_a_full_quota_means_no_cache_and_no_stale_one(name):
    need_root()
    program = f"""
kernel.get("loads what it needs, while the interpreter's folder can still be read")
os.setuid({QUOTA})
kernel.drop_all("")
name = sys.argv[1]
print(kernel.put(name, b"old", 60), kernel.get(name))
size, filled = 8000, 0
while size:
    if call("add_key", b"user", b"filler %d" % filled, b"x" * size, size, -4) < 0:
        size //= 2
    filled += 1
print(kernel.put(name, b"new" * 100, 60), kernel.get(name), kernel.put(name + "2", b"1" * 99, 60))
kernel.drop_all("filler")
"""
    assert run(program, name).splitlines() == ["True b'old'", "False None False"]


def nothing_works(name):
    assert kernel.put(name, b"1", 60) is False
    assert kernel.get(name) is None
    kernel.drop(name)
    kernel.drop_all(name)


def test_a_kernel_without_these_calls_caches_nothing():
    def refuse(*_):
        return -1

    assert KernelKeyring(refuse).put("awscreds:x", b"1", 60) is False
    assert KernelKeyring(refuse).get("awscreds:x") is None
    KernelKeyring(refuse).drop("awscreds:x")
    KernelKeyring(refuse).drop_all("awscreds:")


def test_an_unknown_machine_caches_nothing(monkeypatch):
    monkeypatch.setattr(posix, "uname", lambda: types.SimpleNamespace(machine="vax"))
    nothing_works("awscreds:x")


def test_a_32_bit_program_on_a_64_bit_kernel_caches_nothing(monkeypatch):
    """Its system calls have other numbers: ours would be some quite different ones."""
    monkeypatch.setattr(posix, "uname", lambda: types.SimpleNamespace(machine="x86_64"))
    monkeypatch.setattr(sys, "maxsize", 2**31 - 1)
    nothing_works("awscreds:x")


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_another_system_caches_nothing(monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    nothing_works("awscreds:x")
    assert kernel.scope("anywhere")


def test_a_python_without_ctypes_caches_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "_ctypes", None)
    monkeypatch.delitem(sys.modules, "awscreds.libc", raising=False)
    nothing_works("awscreds:x")


@pytest.mark.parametrize("operation", ["_SET_TIMEOUT", "_SETPERM", "_LINK"])
def test_a_process_killed_half_way_leaves_no_key(name, operation):
    program = f"""
def dying(which, *arguments):
    if which == "keyctl" and arguments[0] == kernel_keyring.{operation}:
        os.kill(os.getpid(), signal.SIGKILL)
    return call(which, *arguments)
KernelKeyring(dying).put(sys.argv[1], b"secret", 60)
"""
    run(program, name, expected=-signal.SIGKILL)
    assert kernel.get(name) is None
    assert names_held(name) == []


def test_no_program_is_started_to_find_the_c_library(name):
    kernel.put(name, b"1", 60)
    program = """
print(kernel.get(sys.argv[1]), {"subprocess", "ctypes.util", "hashlib"} & set(sys.modules))
"""
    assert run(program, name) == "b'1' set()"
