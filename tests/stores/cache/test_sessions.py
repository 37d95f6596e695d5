"""The session cache: what shapes a session, what is on disk, and that no failure of it matters."""

import base64
import json
import os
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awscreds.errors import AwscredsError, ConfigurationError, StoreLocked
from awscreds.model.credentials import Session
from awscreds.stores.cache.kernel_budget import SHARE, KernelBudget
from awscreds.stores.cache.session_format import SessionKey, SessionScope, StsParameters
from awscreds.stores.cache.sessions import SessionCache
from awscreds.stores.kernel_keyring import kernel as real_kernel
from awscreds.stores.state_dir import StateDir
from awscreds.warm import END_BYTES
from tests.helpers import missing_tool
from tests.stores.fakes import MemoryKernel
from tests.stores.support import AS_NOBODY, mode, names, need_root, open_folder, run

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
OTHER_ID = "AKIAI44QH8DHBEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLETOKEN"
ROLE = "arn:aws:iam::123456789012:role/admin"
SERIAL = "arn:aws:iam::123456789012:mfa/alice"
SEALING_KEY = bytes(range(32))
NOW = 1_800_000_000.0
HOUR = 3600


class World:
    """One state folder, over which caches of many processes can be opened."""

    def __init__(self, folder):
        self.state_dir = StateDir(str(folder / "state"), lock_folder=str(folder / "locks"))
        self.now = NOW
        self.notes = []
        self.asked = 0
        self.kernel = None

    def sealing_key(self):
        self.asked += 1
        return SEALING_KEY

    def locked(self):
        self.asked += 1
        raise StoreLocked("the vault is locked")

    def cache(self, **options):
        options = {"note": self.notes.append, "clock": lambda: self.now, "kernel": self.kernel} | (
            options
        )
        return SessionCache(self.state_dir, options.pop("sealing_key", self.sealing_key), **options)

    def session(self, lasting=HOUR, number=0):
        return Session(f"ASIA{number:016}", SECRET, TOKEN, self.now + lasting)

    def keep(self, shape, lasting=HOUR, number=0, **options):
        session = self.session(lasting, number)
        assert self.cache(**options).fetch(shape, lambda: session, refresh=True) is session
        return session

    def plant(self, name, data):
        path = self.state_dir.file(name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)

    @property
    def files(self):
        return self.state_dir.names("session-")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def key(**facts):
    facts = {"profile": "dev", "access_key_id": KEY_ID, "serial": SERIAL} | facts
    parameters = {name: facts.pop(name) for name in StsParameters.__slots__ if name in facts}
    scope = {name: facts.pop(name) for name in SessionScope.__slots__ if name in facts}
    return SessionKey(parameters=StsParameters(**parameters), scope=SessionScope(**scope), **facts)


def fields(session):
    return session and (session.id, session.secret, session.token, session.expiration)


def never():
    raise AssertionError("a cached session was to be used")


# What shapes a session


@pytest.mark.parametrize(
    "facts",
    [
        {"access_key_id": OTHER_ID},
        {"serial": None},
        {"role": ROLE},
        {"external_id": "x"},
        {"session_name": "x"},
        {"duration": 900},
        {"identity": "x"},
        {"partition": "aws-cn"},
        {"endpoint": "https://sts.eu-west-1.amazonaws.com"},
        {"files": ("/a/config", "/a/credentials")},
        {"state_path": "/a"},
        {"backend": "vault"},
        {"source": key()},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_whatever_shapes_a_session_leads_to_another(world, facts):
    world.keep(key())
    assert world.cache().get(key(**facts)) is None
    assert world.cache().get(key()) is not None


def test_a_source_that_differs_makes_another_session():
    mine, other = key(role=ROLE, source=key()), key(role=ROLE, source=key(serial=None))
    assert mine.digest != other.digest


def test_all_profiles_that_would_make_the_same_session_share_it(world):
    kept = world.keep(key(profile="dev"))
    assert fields(world.cache().get(key(profile="ops"))) == fields(kept)


# On disk


def test_another_process_finds_the_session(world):
    kept = world.keep(key())
    assert fields(world.cache().get(key())) == fields(kept)
    assert world.notes == []


def test_no_secret_is_in_any_file(world):
    world.keep(key())
    shapes = [
        shape
        for text in (SECRET.encode(), TOKEN.encode(), SEALING_KEY)
        for shape in (text, text.hex().encode(), base64.b64encode(text)[:-4])
    ]
    (name,) = world.files
    data = world.state_dir.read(name)
    assert [shape for shape in shapes if shape in data] == []
    assert mode(world.state_dir.file(name)) == 0o600


def test_the_same_session_is_sealed_differently_each_time(world):
    world.keep(key())
    before = world.state_dir.read(world.files[0])
    world.keep(key())
    after = world.state_dir.read(world.files[0])
    assert before.splitlines()[1] == after.splitlines()[1]
    assert before != after


@given(data=st.data())
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_file_with_any_byte_changed_is_no_session_and_goes(world, data):
    world.keep(key())
    (name,) = world.files
    good = bytearray(world.state_dir.read(name))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] ^= data.draw(st.integers(1, 255))
    world.plant(name, bytes(good))
    assert world.cache().get(key()) is None
    made = world.session(number=1)
    assert world.cache().fetch(key(), lambda: made) is made
    assert fields(world.cache().get(key())) == fields(made)


def test_a_file_cut_short_anywhere_is_no_session(world):
    world.keep(key())
    (name,) = world.files
    whole = world.state_dir.read(name)
    for length in range(len(whole)):
        world.plant(name, whole[:length])
        assert world.cache().get(key()) is None


def test_a_file_put_in_the_place_of_another_is_no_session(world):
    shapes = key(), key(role=ROLE)
    world.keep(shapes[0])
    world.keep(shapes[1], number=1)
    paths = [world.state_dir.file(f"session-{shape.digest}") for shape in shapes]
    os.replace(*paths)
    assert world.cache().get(shapes[1]) is None
    assert world.files == []


def test_a_file_put_in_the_place_of_another_with_its_lines_forged_is_no_session(world):
    shapes = key(), key(role=ROLE)
    world.keep(shapes[0])
    name = f"session-{shapes[1].digest}"
    data = world.state_dir.read(f"session-{shapes[0].digest}")
    world.plant(name, data.replace(shapes[0].digest.encode(), shapes[1].digest.encode()))
    assert world.cache().get(shapes[1]) is None
    assert name not in world.files


@pytest.mark.parametrize(
    "line",
    [
        b"[]",
        b"null",
        b"{",
        b"[" * 100_000,
        b'{"version": 2}',
        b'{"version": 1}',
        json.dumps({"version": 1, "digest": 1, "made": 0, "expiration": 2e9}).encode(),
    ],
    ids=["list", "null", "cut", "deep", "other version", "empty", "no facts"],
)
def test_a_file_that_talks_nonsense_is_no_session(world, line):
    world.keep(key())
    (name,) = world.files
    world.plant(name, b"awscreds session\n" + line + b"\n" + bytes(40))
    assert world.cache().get(key()) is None
    assert world.cache().entries() == []


@pytest.mark.parametrize("when", ["NaN", "Infinity", "1e300", "-1", '"2030"', "true", "null"])
def test_a_time_that_is_none_is_no_session(world, when):
    world.keep(key())
    (name,) = world.files
    data = world.state_dir.read(name)
    world.plant(name, data.replace(str(NOW + HOUR).encode(), when.encode()))
    assert world.cache().entries() == []
    assert world.cache().get(key()) is None


@pytest.mark.parametrize(
    "how",
    [pytest.param("mode", marks=pytest.mark.posix("it has no modes")), "symlink", "fifo", "folder"],
)
def test_an_unsafe_file_is_not_read_and_is_said_once(world, how):
    world.keep(key())
    path = world.state_dir.file(world.files[0])
    if how == "mode":
        os.chmod(path, 0o644)
    else:
        os.rename(path, world.state_dir.file("elsewhere"))
        {
            "symlink": lambda: os.symlink(world.state_dir.file("elsewhere"), path),
            "fifo": lambda: os.mkfifo(path, 0o600),
            "folder": lambda: os.mkdir(path, 0o700),
        }[how]()
    cache = world.cache()
    assert cache.get(key()) is None
    assert cache.get(key()) is None
    assert len(world.notes) == 1
    assert path in world.notes[0]


def test_a_file_of_another_user_is_not_read(world):
    need_root()
    world.keep(key())
    os.chown(world.state_dir.file(world.files[0]), 65534, 65534)
    assert world.cache().get(key()) is None
    assert "belongs to" in world.notes[0]


# Time


@pytest.mark.parametrize(("left", "minimum", "found"), [(300, 300, True), (299, 300, False)])
def test_a_session_serves_as_long_as_the_minimum_is_left(world, left, minimum, found):
    world.keep(key(), lasting=left)
    assert (world.cache().get(key(), minimum=minimum) is not None) is found
    assert (world.cache().get(key(), minimum=1) is not None) is True


def test_a_short_session_serves_half_its_life_whatever_the_minimum(world):
    world.keep(key(), lasting=900)
    world.now += 450
    assert world.cache().get(key(), minimum=1200) is not None
    world.now += 1
    assert world.cache().get(key(), minimum=1200) is None
    assert world.cache().get(key()) is not None


def test_a_long_session_is_asked_for_all_of_the_minimum(world):
    world.keep(key(), lasting=HOUR)
    world.now += HOUR - 1199
    assert world.cache().get(key(), minimum=1200) is None


def test_what_has_too_little_left_opens_no_secret_store(world):
    world.keep(key(), lasting=200)
    world.asked = 0
    assert world.cache().get(key()) is None
    assert world.asked == 0


def test_use_does_not_make_a_session_last(world):
    world.keep(key())
    for _ in range(11):
        world.now += 300
        assert world.cache().get(key()) is not None
    world.now += 300
    assert world.cache().get(key()) is None


def test_expired_files_are_removed_when_others_are_written_or_listed(world):
    world.keep(key(role="old"), lasting=60)
    world.now += 61
    world.keep(key())
    assert world.files == [f"session-{key().digest}"]
    world.now += HOUR
    assert world.cache().entries() == []
    assert world.files == []


def test_a_clock_set_back_brings_no_session_back_to_life(world):
    """But for a minute, by which clocks are set all the time."""
    world.keep(key())
    world.now -= 60
    assert world.cache().get(key()) is not None
    world.now -= 1
    assert world.cache().get(key()) is None


def test_a_clock_set_ahead_ends_a_session(world):
    world.keep(key())
    world.now += HOUR
    assert world.cache().get(key(), minimum=1) is None


def test_a_session_without_a_known_end_is_not_kept(world):
    session = Session("ASIA", SECRET, TOKEN, None)
    assert world.cache().fetch(key(), lambda: session) is session
    assert world.cache().get(key()) is None


# Making


def test_a_cached_session_is_not_made_again(world):
    kept = world.keep(key())
    assert fields(world.cache().fetch(key(), never)) == fields(kept)


def test_refresh_makes_a_new_one_that_is_kept(world):
    world.keep(key())
    world.now += 1
    new = world.keep(key(), number=1)
    assert fields(world.cache().get(key())) == fields(new)


def test_a_session_shorter_than_the_minimum_is_not_refused_by_who_made_it(world):
    short = world.session(lasting=900)
    assert world.cache().fetch(key(), lambda: short, minimum=1200) is short


def test_what_making_raises_comes_through_and_nothing_is_kept(world):
    def refused():
        raise AwscredsError("MultiFactorAuthentication failed")

    with pytest.raises(AwscredsError, match="MultiFactor"):
        world.cache().fetch(key(), refused)
    assert world.files == []
    made = world.session()
    assert world.cache().fetch(key(), lambda: made) is made


# A cache that fails


def test_a_locked_store_is_asked_once_and_said_once_and_sessions_still_work(world):
    cache = world.cache(sealing_key=world.locked)
    for number in range(3):
        session = world.session(number=number)
        assert cache.fetch(key(role=str(number)), lambda session=session: session) is session
    assert world.asked == 1
    assert world.notes == ["awscreds cannot cache sessions in a file: the vault is locked"]
    assert world.files == []


def test_a_locked_store_leaves_the_kernel_to_serve(world):
    world.kernel = MemoryKernel()
    kept = world.keep(key(), sealing_key=world.locked)
    world.asked = 0
    assert fields(world.cache(sealing_key=world.locked).get(key())) == fields(kept)
    assert world.asked == 0


def test_a_locked_store_keeps_a_file_shut_and_leaves_it(world):
    kept = world.keep(key())
    assert world.cache(sealing_key=world.locked).get(key()) is None
    assert fields(world.cache().get(key())) == fields(kept)


def test_an_older_session_does_not_come_back_where_the_new_one_could_not_be_sealed(world):
    world.keep(key())
    world.now += 1
    world.keep(key(), number=1, sealing_key=world.locked)
    assert world.files == []


def test_another_sealing_key_means_no_session(world):
    world.keep(key())
    assert world.cache(sealing_key=lambda: bytes(32)).get(key()) is None
    assert world.files == []


@pytest.mark.parametrize("what", ["state", "locks"])
def test_a_folder_that_cannot_be_used_means_no_cache(world, tmp_path, what):
    (tmp_path / what).write_text("in the way")
    session = world.session()
    cache = world.cache()
    assert cache.fetch(key(), lambda: session) is session
    assert cache.fetch(key(), lambda: session, refresh=True) is session
    assert len(world.notes) == 1


def test_a_full_disk_means_no_cache(world, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("awscreds.stores.state_dir.replace_file", full)
    session = world.session()
    assert world.cache().fetch(key(), lambda: session) is session
    assert "No space left on device" in world.notes[0]


def test_a_folder_that_cannot_be_written_means_no_cache():
    code = (
        """
import sys, time
from awscreds.model.credentials import Session
from awscreds.stores.state_dir import StateDir
from awscreds.stores.cache.session_format import SessionKey, SessionScope, StsParameters
from awscreds.stores.cache.sessions import SessionCache
import cryptography.hazmat.primitives.ciphers.aead
"""
        + AS_NOBODY
        + """
os.mkdir(sys.argv[1] + "/state", 0o500)
state_dir = StateDir(sys.argv[1] + "/state", lock_folder=sys.argv[1] + "/locks")
notes = []
cache = SessionCache(state_dir, lambda: bytes(32), note=notes.append, kernel=None)
key = SessionKey(profile="dev", access_key_id="AKIAIOSFODNN7EXAMPLE")
print(cache.fetch(key, lambda: Session("ASIA", "s", "t", time.time() + 3600)).id, len(notes))
"""
    )
    with open_folder() as folder:
        assert run(code, folder).split() == ["ASIA", "1"]


# Listing and clearing


def test_entries_say_whose_they_are_and_where_and_open_no_store(world):
    world.kernel = MemoryKernel()
    world.keep(key(), lasting=2 * HOUR)
    world.keep(key(profile="adm\nin", role=ROLE), lasting=HOUR, sealing_key=world.locked)
    world.kernel.drop_all("")
    world.keep(key(profile="x", access_key_id=OTHER_ID), lasting=3 * HOUR)
    world.asked = 0
    found = [
        (one.profile, one.access_key_id, one.role, one.serial, one.expiration, one.where)
        for one in world.cache().entries()
    ]
    assert found == [
        ("dev", KEY_ID, None, SERIAL, NOW + 2 * HOUR, ("file",)),
        ("x", OTHER_ID, None, SERIAL, NOW + 3 * HOUR, ("kernel", "file")),
    ]
    assert world.asked == 0


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ({}, []),
        ({"access_key_id": KEY_ID}, ["c"]),
        ({"profile": "a"}, ["b", "c"]),
        ({"access_key_id": OTHER_ID, "profile": "a"}, ["a", "b", "c"]),
    ],
)
def test_clear_removes_what_is_named_from_files_and_kernel(world, wanted, left):
    world.kernel = MemoryKernel()
    for name, key_id in (("a", KEY_ID), ("b", KEY_ID), ("c", OTHER_ID)):
        world.keep(key(profile=name, access_key_id=key_id, role=name))
    world.kernel.put(world.kernel.scope(world.state_dir.path) + "answer:x", b"x", 60)
    assert world.cache(sealing_key=never).clear(**wanted) == 3 - len(left)
    assert sorted(one.profile for one in world.cache().entries()) == left
    assert len(world.files) == len(left)
    assert len(world.kernel.held) == len(left)  # no answer among them


def test_sessions_follow_a_renamed_profile_and_the_store_stays_shut(world):
    kept = world.keep(key())
    other = world.keep(key(profile="x", role=ROLE), number=1)
    for old, new in (("dev", "é\udcff\n"), ("é\udcff\n", "prod")):  # once more, over the first
        world.cache(sealing_key=never).rename_profile(old, new)
        assert {one.profile for one in world.cache().entries()} == {new, "x"}
    world.kernel = MemoryKernel()
    assert fields(world.cache().get(key())) == fields(kept)
    assert fields(world.cache().get(key(role=ROLE))) == fields(other)
    assert {one.profile for one in world.cache().entries()} == {"prod", "x"}  # in the kernel, too
    world.cache(sealing_key=never).rename_profile("prod", "last")
    assert world.cache(sealing_key=never).clear(profile="dev") == 0
    assert world.cache(sealing_key=never).clear(profile="last") == 1


@pytest.mark.parametrize("line", [b"", b"{", b"1", b"[" * 9999, b'"x'])
def test_a_renamed_file_that_talks_nonsense_is_no_session(world, line):
    world.keep(key())
    (name,) = world.files
    data = world.state_dir.read(name)
    world.plant(name, b"awscreds profile " + line + b"\n" + data)
    assert world.cache().get(key()) is None
    assert world.files == []


def test_a_file_that_nobody_can_read_does_not_hide_the_others(world):
    world.keep(key(role="a"))
    world.keep(key(role="b"))
    path = world.state_dir.file(world.files[0])
    if sys.platform == "win32":
        os.unlink(path)
        os.mkdir(path)
    else:
        os.chmod(path, 0o644)
    assert len(world.cache().entries()) == 1
    assert len(world.notes) == 1


def test_clear_counts_a_session_in_two_places_once(world):
    world.kernel = MemoryKernel()
    world.keep(key())
    assert world.cache().clear() == 1
    assert world.cache().clear() == 0


def test_clear_removes_what_killed_writers_left_and_what_nobody_can_read(world):
    world.keep(key())
    kept = world.files
    if sys.platform != "win32":  # it has no modes
        os.chmod(world.state_dir.file(kept.pop()), 0o644)
    world.plant(".session-00.awscreds-1-abc", b"half")
    world.plant("session-00", b"nonsense")
    world.plant("vault", b"not ours to clear")
    world.cache().clear(access_key_id=OTHER_ID)
    assert names(world.state_dir.path) == [*kept, "vault"]


def test_clear_says_what_it_could_not_remove_and_removes_the_rest(world):
    world.keep(key())
    os.mkdir(world.state_dir.file("session-0"))
    with pytest.raises(ConfigurationError, match="session-0"):
        world.cache().clear()
    assert world.files == ["session-0"]


# The kernel in front


def test_the_kernel_serves_without_the_file_and_the_store(world):
    world.kernel = MemoryKernel()
    kept = world.keep(key())
    os.unlink(world.state_dir.file(world.files[0]))
    assert fields(world.cache(sealing_key=never).get(key())) == fields(kept)


def test_a_session_from_a_file_is_at_hand_in_the_kernel_from_then_on(world):
    kept = world.keep(key())
    world.kernel = MemoryKernel()
    assert fields(world.cache().get(key())) == fields(kept)
    assert fields(world.cache(sealing_key=never).get(key())) == fields(kept)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda payload: b"",
        lambda payload: b"x" * 50,
        lambda payload: payload[:-1],
        lambda payload: payload.replace(key().digest.encode(), key(role=ROLE).digest.encode()),
    ],
    ids=["empty", "nonsense", "cut short", "of another"],
)
def test_nonsense_in_the_kernel_is_no_session_and_the_file_serves(world, spoil):
    world.kernel = MemoryKernel()
    kept = world.keep(key())
    ((name, (payload, end)),) = world.kernel.held.items()
    world.kernel.put(name, spoil(payload), 60)
    assert fields(world.cache().get(key())) == fields(kept)
    assert world.kernel.held == {name: (payload, end)}


def test_sessions_leave_room_for_the_vaults_key_and_the_soonest_to_end_go_first():
    kernel = MemoryKernel()
    homes = [KernelBudget(path, kernel) for path in ("/a", "/b")]
    kernel.put(kernel.scope("/a") + "vault:x", bytes(32), 900)
    for number, end in enumerate([500, 100, 400, 300, 200]):
        homes[number % 2].put(f"session:{number}", bytes(1400), end=end, seconds=end)
        taken = sum(len(payload) for payload, _ in kernel.held.values()) - 32
        assert taken <= SHARE
    left = sorted(name.rpartition(":")[2] for name in kernel.held)
    assert left == ["0", "2", "3", "4", "x"]


def test_what_fills_the_share_to_its_last_byte_stays():
    kernel = MemoryKernel()
    share = KernelBudget("/a", kernel)
    half = bytes(SHARE // 2 - END_BYTES)
    for number in (1, 2):
        share.put(f"session:{number}", half, end=100, seconds=100)
    assert len(kernel.held) == 2
    share.put("session:3", bytes(SHARE - END_BYTES), end=200, seconds=200)
    assert list(kernel.held) == [kernel.scope("/a") + "session:3"]


@pytest.mark.parametrize(("seconds", "is_kept"), [(1, True), (0.9, False)])
def test_what_ends_within_a_second_is_not_kept(seconds, is_kept):
    kernel = MemoryKernel()
    KernelBudget("/a", kernel).put("session:1", b"new", end=100, seconds=seconds)
    assert bool(kernel.held) == is_kept


def test_what_is_too_big_for_all_of_it_is_not_kept_nor_what_was_there_before():
    kernel = MemoryKernel()
    share = KernelBudget("/a", kernel)
    share.put("session:1", b"old", end=100, seconds=100)
    share.put("session:1", bytes(SHARE), end=100, seconds=100)
    assert kernel.held == {}


def test_an_answer_for_which_sessions_leave_no_room_is_not_kept_nor_its_predecessor():
    kernel = MemoryKernel()
    share = KernelBudget("/a", kernel)
    share.put("answer:1", b"old", end=100, seconds=100)
    session = kernel.scope("/a") + "session:1"
    kernel.put(session, (90).to_bytes(END_BYTES, "big") + bytes(SHARE - END_BYTES), 90)
    share.put("answer:1", b"new", end=100, seconds=100)
    assert list(kernel.held) == [session]


def test_an_answer_whose_room_another_process_has_just_taken_for_a_session_is_not_kept():
    class Shared(MemoryKernel):
        def put(self, name, payload, seconds):
            held = (90).to_bytes(END_BYTES, "big") + bytes(SHARE - END_BYTES)
            super().put(self.scope("/b") + "session:1", held, 90)
            return super().put(name, payload, seconds)

    kernel = Shared()
    KernelBudget("/a", kernel).put("answer:1", b"new", end=100, seconds=100)
    assert list(kernel.held) == [kernel.scope("/b") + "session:1"]


@pytest.mark.posix("it has no key store in the kernel")
def test_the_real_kernel_gives_a_session_back_and_forgets_it(world):
    world.kernel = real_kernel
    try:
        kept = world.keep(key(), sealing_key=world.locked)
        if world.cache(sealing_key=world.locked).get(key()) is None:
            missing_tool("this kernel, or its container, refuses the key store")
        found = world.cache(sealing_key=never).get(key())
        assert fields(found) == fields(kept)
        assert [one.where for one in world.cache().entries()] == [("kernel",)]
        assert world.cache().clear() == 1
        assert real_kernel.names(real_kernel.scope(world.state_dir.path)) == []
    finally:
        real_kernel.drop_all(real_kernel.scope(world.state_dir.path))
