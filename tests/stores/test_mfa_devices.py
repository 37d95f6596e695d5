"""What is remembered of MFA devices helps, and never stands in the way."""

import json

import pytest

from awscreds.stores.mfa_devices import FILE, MfaDeviceCache
from awscreds.stores.state_dir import StateDir

SERIAL = "arn:aws:iam::123456789012:mfa/alice"
ID = "AKIAIOSFODNN7EXAMPLE"


class World:
    def __init__(self, folder):
        self.now = 1_700_000_000.0
        self.state_dir = StateDir(str(folder / "state"), lock_folder=str(folder / "locks"))

    @property
    def devices(self):
        """As the next run sees them."""
        return MfaDeviceCache(self.state_dir, clock=lambda: self.now)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_serial_is_remembered_by_key_and_can_be_forgotten(world):
    assert world.devices.serial_of(ID) is None
    world.devices.note_serial(ID, SERIAL)
    assert world.devices.serial_of(ID) == SERIAL
    assert world.devices.serial_of("AKIAI44QH8DHBEXAMPLE") is None
    world.devices.note_serial(ID, None)
    assert world.devices.serial_of(ID) is None


def test_a_code_is_known_to_be_spent_on_its_device_alone(world):
    world.devices.note_spent(SERIAL, "123456")
    world.now += 7
    assert world.devices.spent_ago(SERIAL, "123456") == 7
    assert world.devices.spent_ago(SERIAL, "654321") is None
    assert world.devices.spent_ago(SERIAL + "2", "123456") is None


def test_the_same_digits_five_minutes_later_are_another_code(world):
    world.devices.note_spent(SERIAL, "123456")
    world.now += 299
    assert world.devices.spent_ago(SERIAL, "123456") == 299
    world.now += 1
    assert world.devices.spent_ago(SERIAL, "123456") is None


def test_a_code_of_no_known_time_is_not_known_to_be_spent(world):
    world.devices.note_spent(SERIAL, "123456")
    document = json.loads(world.state_dir.read(FILE))
    document["codes"][SERIAL]["at"] = "x"
    world.state_dir.write(FILE, json.dumps(document).encode())
    assert world.devices.spent_ago(SERIAL, "123456") is None


def test_a_device_s_successor_is_remembered_until_it_is_its_own(world):
    assert world.devices.successor(SERIAL) is None
    world.devices.note_successor(SERIAL, f"{SERIAL}-2")
    assert world.devices.successor(SERIAL) == f"{SERIAL}-2"
    assert world.devices.successor(f"{SERIAL}-2") is None

    world.devices.note_successor(SERIAL, SERIAL)

    assert world.devices.successor(SERIAL) is None


def test_a_clock_that_went_back_tells_nothing(world):
    world.devices.note_spent(SERIAL, "123456")
    world.now -= 10
    assert world.devices.spent_ago(SERIAL, "123456") is None


def test_neither_fact_costs_the_other(world):
    world.devices.note_serial(ID, SERIAL)
    world.devices.note_spent(SERIAL, "123456")
    assert world.devices.serial_of(ID) == SERIAL
    assert world.devices.spent_ago(SERIAL, "123456") == 0


def test_no_code_stands_in_the_file(world):
    world.devices.note_spent(SERIAL, "987654")
    assert b"987654" not in world.state_dir.read(FILE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no JSON",
        b"[]",
        b"\xff",
        b'{"codes": [], "serials": 1}',
        json.dumps({"codes": {SERIAL: {"at": "x"}}, "serials": {ID: {}}}).encode(),
        json.dumps({"codes": {SERIAL: "x"}, "successors": {SERIAL: 5}}).encode(),
    ],
)
def test_a_damaged_file_knows_nothing_and_is_written_anew(world, data):
    world.state_dir.write(FILE, data)
    assert world.devices.serial_of(ID) is None
    assert world.devices.spent_ago(SERIAL, "123456") is None
    assert world.devices.successor(SERIAL) is None
    world.devices.note_serial(ID, SERIAL)
    assert world.devices.serial_of(ID) == SERIAL


def test_a_folder_that_is_not_safe_costs_the_memory_alone(world, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "state").symlink_to(elsewhere)
    world.devices.note_serial(ID, SERIAL)
    assert world.devices.serial_of(ID) is None
    assert list(elsewhere.iterdir()) == []
