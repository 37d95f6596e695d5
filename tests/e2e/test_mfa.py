"""``awscreds mfa`` in the sandbox: enrolment, codes, removal, and what interrupts them."""

import io
import json
import re
import threading

import pytest

from awscreds.app import App
from awscreds.model import totp
from tests.e2e.mfa import ACCOUNT, NEW, OLD, PHONE, STORE, Mfa, Phone
from tests.helpers import need_posix

pytestmark = pytest.mark.slow


@pytest.fixture
def mfa(alice, capsys, monkeypatch):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, alice.environment[name])
    alice.configure("alice", "--region", "us-east-1")
    return Mfa(alice, capsys)


def is_whole(mfa, serial=NEW):
    """The device is enabled, named where the AWS SDK for .NET does not mind; nothing is left."""
    assert serial in mfa.enabled()
    assert mfa.named() == serial
    assert f"awscreds_mfa_serial = {serial}\n" in mfa.user.config.read_text()
    assert mfa.unassigned() == []
    assert mfa.records() == []
    return True


def is_nothing(mfa):
    assert (mfa.enabled(), mfa.unassigned(), mfa.named()) == ([OLD], [], None)
    assert (mfa.records(), mfa.seeds()) == ([], [])
    return True


# -- a phone ---------------------------------------------------------------------------------------


def test_a_phone_is_enrolled_by_two_codes_and_named_in_the_profile(mfa):
    document = mfa.json(*PHONE)
    assert is_whole(mfa)
    assert document["codes_from"] == "phone"
    assert document["seed_in"] is None
    assert mfa.seeds() == []
    assert any("\u2588" in line for line in mfa.terminal.screens[0])


def test_no_seed_is_in_a_file_an_error_or_what_is_said(mfa):
    mfa("mfa", "enable", "--show-seed", "--verbose")
    [seed_line] = [line for line in mfa.terminal.screens[0] if line.startswith("Seed: ")]
    seed = seed_line.removeprefix("Seed: ").replace(" ", "")
    assert len(seed) == 64
    assert seed not in mfa.out + mfa.err
    for path, data in mfa.user.files().items():
        assert seed.encode() not in data, path


def test_wrong_codes_are_asked_for_again_and_the_third_time_the_device_goes(mfa):
    mfa.terminal.answers = iter(["000000", "111111"])
    mfa(*PHONE)
    assert is_whole(mfa)
    assert "rejected the two codes" in mfa.err
    assert mfa.terminal.screens[1][0].startswith("AWS refused these codes.")
    mfa("mfa", "remove", "--yes", "--token", mfa.control.code(OLD)["code"])
    mfa.terminal.answers = iter(["000000", "111111"] * 3)
    mfa(*PHONE, rc=5)
    assert is_nothing(mfa)


def test_the_same_code_twice_is_refused_before_aws_sees_it(mfa):
    mfa.terminal.answers = iter(["123456", "123456"])
    mfa(*PHONE, rc=2)
    assert "the same code" in mfa.err
    assert mfa.control.log("EnableMFADevice") == []
    assert is_nothing(mfa)


@pytest.mark.parametrize("answers", [[KeyboardInterrupt()], ["123456", KeyboardInterrupt()]])
def test_ctrl_c_deletes_the_half_made_device(mfa, answers):
    mfa.terminal.answers = iter(answers)
    mfa(*PHONE, rc=130)
    assert is_nothing(mfa)


def test_without_a_terminal_nothing_is_created(mfa):
    mfa.terminal.is_there = False
    mfa(*PHONE, rc=6)
    assert "--store-seed" in mfa.err
    assert mfa.control.log("CreateVirtualMFADevice") == []


# -- a stored seed ---------------------------------------------------------------------------------


def test_a_stored_seed_asks_for_no_code_ever_and_each_code_is_given_once(mfa):
    mfa.terminal.is_there = False
    document = mfa.json(*STORE)
    assert is_whole(mfa)
    assert document["seed_in"] == "vault"
    assert "both in the vault" in mfa.err
    given = [mfa("mfa", "code").out for _ in range(3)]
    assert len({*given}) == 3
    assert re.fullmatch(r"(waiting \d+ s for the next MFA code\n)?", mfa.err)
    key = json.loads(mfa("mfa-session", "--format", "json").out)
    assert key["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert [each["outcome"] for each in mfa.control.log("GetSessionToken")] == ["ok"]


def test_every_command_that_needs_a_code_takes_a_stored_one(mfa):
    mfa(*STORE)
    mfa.terminal.is_there = False
    for words in (["export", "--format", "json"], ["keys", "list"], ["rotate", "--yes"]):
        mfa("sessions", "clear")
        mfa.control.require_mfa("alice")
        mfa(*words)
    outcomes = {each["outcome"] for each in mfa.control.log("GetSessionToken")}
    assert outcomes == {"ok"}


def test_processes_at_the_same_time_get_different_codes(mfa):
    mfa(*STORE)
    app = mfa.app()
    codes, lock = [], threading.Lock()

    def take():
        own = mfa.app()
        code = own.provider.stored_codes().code_of(NEW, own.clock)
        with lock:
            codes.append(code)

    app.provider.stored_codes()
    threads = [threading.Thread(target=take) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({*codes}) == 5


def test_a_code_counts_as_given_before_it_is_waited_for(mfa):
    mfa(*STORE)
    first = mfa("mfa", "code").out

    class Stopped(Exception):
        pass

    def stop(_):
        raise Stopped

    app = mfa.app()
    app.sleep = stop
    with pytest.raises(Stopped):
        app.provider.stored_codes().code_of(NEW, app.clock)
    assert mfa("mfa", "code").out != first


def test_a_clock_that_is_wrong_makes_right_codes(mfa):
    """This machine is two minutes behind; AWS's answers tell."""
    app = mfa.app()
    app.clock = lambda: mfa.control.now() - 120
    from awscreds.cli import run

    assert run(["mfa", "enable", "--store-seed", "--profile", "alice"], app) == 0
    app = mfa.app()
    app.clock = lambda: mfa.control.now() - 120
    assert run(["mfa-session", "--format", "json", "--profile", "alice"], app) == 0
    assert "ASIA" in mfa._capsys.readouterr().out


def test_a_damaged_or_full_record_gives_no_code_twice(mfa):
    mfa(*STORE)
    mfa.control.advance(300)
    [record] = (mfa.user.aws / "awscreds").glob("mfa-codes-*")
    before = totp.step_at(mfa.control.now())
    record.write_bytes(b"{")
    mfa("mfa", "code")
    assert json.loads(record.read_bytes())["given"][-1] > before
    record.unlink()
    record.mkdir()
    mfa("mfa", "code", rc=3)
    assert mfa.out == ""


def test_the_seed_can_be_kept_apart_from_the_key(mfa, desktop):
    bus = "DBUS_SESSION_BUS_ADDRESS"
    mfa.user.environment[bus] = desktop[bus]
    document = mfa.json(*STORE, "--seed-in", "keyring")
    assert document["seed_in"] == "keyring"
    assert "both" not in mfa.err
    mfa("mfa-session", "--format", "json")  # though AWSCREDS_BACKEND says vault
    assert b"totp-seed" not in (mfa.user.aws / "awscreds" / "vault").read_bytes()
    mfa("store", "show")
    [row] = [row for row in mfa.out.splitlines() if row.startswith("totp-seed")]
    assert row.split()[-2:] == ["keyring", "alice"]
    mfa("mfa", "remove", "--yes")
    assert is_nothing(mfa)


def test_an_sdk_gets_a_session_by_a_stored_seed_and_hears_nothing(mfa):
    mfa(*STORE)
    mfa("configure", "set", "awscreds_serve", "session")
    mfa.control.advance(60)
    mfa("credential-process")
    assert json.loads(mfa.out)["SessionToken"]
    assert mfa.err == ""


def test_a_terminal_without_room_is_told_before_anything_is_created(mfa, monkeypatch):
    monkeypatch.setattr(Phone, "size", lambda _: (80, 20))
    mfa(*PHONE, rc=2)
    assert "--show-seed" in mfa.err
    assert mfa.control.log("CreateVirtualMFADevice") == []
    mfa(*PHONE, "--show-seed")
    assert is_whole(mfa)
    assert "There is no room for a QR code." in mfa.terminal.screens[0][0]


def test_a_code_is_not_given_without_a_seed(mfa):
    mfa("mfa", "code", rc=2)
    assert "names no MFA device" in mfa.err
    mfa("configure", "set", "mfa_serial", OLD)
    mfa("mfa", "code", rc=2)
    assert "is not stored here" in mfa.err


def test_a_seed_can_be_forgotten_where_aws_is_out_of_reach(mfa):
    mfa(*STORE)
    mfa("store", "forget", f"totp-seed:{NEW}", AWS_ENDPOINT_URL="http://127.0.0.1:9", rc=6)
    assert mfa.seeds()
    mfa("store", "forget", f"totp-seed:{NEW}", "--yes", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert mfa.seeds() == []
    mfa("store", "forget", f"totp-seed:{NEW}", "--yes", rc=4)


def test_a_device_that_was_replaced_before_is_used_again(mfa):
    from awscreds.stores.mfa_devices import MfaDeviceCache

    app = mfa.app()
    MfaDeviceCache(app.state_dir, clock=app.clock).note_successor(NEW, OLD)
    mfa(*STORE)
    mfa.terminal.answers = iter([KeyboardInterrupt()])  # no code of the other one is asked for
    mfa("mfa-session", "--format", "json")


def test_the_wait_is_counted_down_on_a_terminal_and_told_once_elsewhere(mfa, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm")
    for stream in (Terminal(), io.StringIO()):
        dialogue = App({}, stderr=stream).dialogue
        for left in (12, 11, None):
            dialogue.show_wait(left)
        lines = [line for line in stream.getvalue().replace("\r", "\n").split("\n") if line.strip()]
        told = ["waiting 12 s for the next MFA code", "waiting 11 s for the next MFA code"]
        assert [line.rstrip() for line in lines] == (told if stream.isatty() else told[:1])
    dialogue = App({}, stderr=Terminal()).dialogue
    dialogue.show_wait(2)
    dialogue.show_wait(None)
    assert dialogue._stderr.getvalue().endswith("\r" + " " * 40 + "\r")


# -- what AWS says ---------------------------------------------------------------------------------


def test_the_first_device_needs_the_policy_for_enrolment_and_the_message_names_it(mfa):
    mfa("mfa", "remove", "--serial", OLD, "--yes")
    mfa.policy()
    mfa(*STORE, rc=5)
    assert "awscreds policy mfa --enrol" in mfa.err
    assert (mfa.enabled(), mfa.unassigned(), mfa.records()) == ([], [], [])
    mfa.policy("--enrol")
    mfa(*STORE)
    assert is_whole(mfa, OLD)
    mfa.policy()
    mfa("mfa", "remove", "--yes")
    assert is_bare(mfa)


def is_bare(mfa):
    assert (mfa.enabled(), mfa.unassigned(), mfa.named(), mfa.seeds()) == ([], [], None, [])
    return True


def test_another_device_takes_a_code_of_the_present_one_if_the_policy_says_so(mfa):
    mfa.policy()
    mfa.control.advance(30)
    mfa(*STORE, "--token", mfa.control.code(OLD)["code"])
    assert is_whole(mfa)


def test_a_device_that_may_not_be_deleted_is_told_and_the_next_run_makes_another(mfa):
    mfa("mfa", "remove", "--serial", OLD, "--yes")
    mfa.policy("--enrol")
    mfa.terminal.answers = iter([KeyboardInterrupt()])
    mfa(*PHONE, rc=130)
    assert mfa.unassigned() == [OLD]
    assert f"awscreds mfa remove PROFILE --serial {OLD}" in mfa.err
    mfa(*STORE, "--yes")
    assert NEW in mfa.enabled()
    assert mfa.named() == NEW
    mfa("mfa", "remove", "--serial", OLD, "--yes")  # with MFA, from the stored seed
    assert mfa.unassigned() == []


def test_a_ninth_device_is_refused_before_it_is_created(mfa):
    for number in range(7):
        mfa.control.add_fido("alice", f"key{number}")
    mfa(*STORE, rc=2)
    assert "8 MFA devices" in mfa.err
    assert mfa.control.log("CreateVirtualMFADevice") == []


def test_a_device_of_another_try_is_asked_about(mfa):
    mfa.root.create_virtual_mfa_device(VirtualMFADeviceName="alice-2")
    mfa("mfa", "enable", "--store-seed", "--no-input", rc=6)
    assert "--yes" in mfa.err
    mfa(*STORE, "--yes")
    assert is_whole(mfa)


def test_a_name_that_is_taken_is_refused(mfa):
    mfa(*STORE, "--name", "alice", rc=2)
    assert "already an MFA device" in mfa.err
    mfa(*STORE, "--name", "my.laptop")
    assert is_whole(mfa, f"{ACCOUNT}:mfa/my.laptop")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_of_create_leaves_no_device(mfa, when):
    mfa.control.drop("CreateVirtualMFADevice", when=when)
    mfa(*STORE, rc=5)
    assert "answer to CreateVirtualMFADevice was lost" in mfa.err
    assert is_nothing(mfa)


def test_a_device_of_a_lost_answer_that_cannot_be_deleted_is_found_by_the_next_run(mfa):
    mfa.control.drop("CreateVirtualMFADevice", when="after")
    mfa.control.fail("DeleteVirtualMFADevice", "ServiceFailure", count=9)
    mfa(*STORE, rc=5)
    assert (mfa.unassigned(), len(mfa.records())) == ([NEW], 1)
    mfa.control.clear_faults()
    mfa(*STORE, "--yes")
    assert is_whole(mfa)


@pytest.mark.parametrize("count", [1, 9])
def test_a_lost_answer_of_enable_is_looked_up(mfa, count):
    mfa.control.drop("EnableMFADevice", when="after", count=count)
    mfa(*STORE)
    assert is_whole(mfa)


def test_a_new_device_that_is_not_known_everywhere_yet_is_waited_for(mfa):
    mfa.control.fail("EnableMFADevice", "NoSuchEntity", status=404, count=3)
    mfa(*STORE)
    assert is_whole(mfa)


def test_a_failure_that_also_forbids_the_cleanup_is_finished_by_the_next_run(mfa):
    mfa.control.fail("EnableMFADevice", "ServiceFailure", count=9)
    mfa.control.fail("DeleteVirtualMFADevice", "ServiceFailure", count=9)
    mfa(*STORE, rc=5)
    assert "run this again" in mfa.err
    assert mfa.seeds() == [f"totp-seed:{NEW}"]
    mfa.control.clear_faults()
    mfa(*STORE)
    assert is_whole(mfa)


def test_root_keys_and_profiles_with_mfa_process_are_refused(mfa):
    mfa("configure", "set", "mfa_process", "pass otp aws")
    mfa(*STORE, rc=2)
    assert "configure unset mfa_process" in mfa.err
    mfa("configure", "unset", "mfa_process")
    mfa.user.key_id, mfa.user.secret = mfa.user.sandbox.root_key
    mfa.user.configure("root")
    done = mfa.user.awscreds("mfa", "enable", "root", "--store-seed", rc=3)
    assert "root user" in done.stderr
    assert mfa.control.log("CreateVirtualMFADevice") == []


# -- killed ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["asked", "created", "kept", "enabled", "named", "closed"])
def test_a_killed_enrolment_is_finished_by_the_next_one(mfa, at):
    need_posix("it has no fork")
    mfa.killed(*STORE, at=at)
    assert mfa("whoami").out
    mfa(*STORE)
    # One that was enrolled to the end is followed by another.
    serial = f"{ACCOUNT}:mfa/alice-3" if at == "closed" else NEW
    assert is_whole(mfa, serial)
    assert f"totp-seed:{serial}" in mfa.seeds()
    mfa.control.advance(60)
    mfa("mfa-session", "--format", "json")


@pytest.mark.parametrize("at", ["created", "enabled"])
def test_a_killed_enrolment_of_a_phone_is_finished_by_the_next_one(mfa, at):
    need_posix("it has no fork")
    mfa.killed(*PHONE, at=at)
    mfa(*PHONE)
    assert is_whole(mfa)


@pytest.mark.parametrize("at", ["deactivated", "deleted", "unnamed", "forgotten"])
def test_a_killed_removal_is_finished_by_the_next_one(mfa, at):
    need_posix("it has no fork")
    mfa(*STORE)
    mfa.killed("mfa", "remove", "--yes", at=at)
    mfa("mfa", "remove", "--serial", NEW, "--yes")
    assert is_nothing(mfa)


# -- removal and list ------------------------------------------------------------------------------


def test_a_removal_says_what_stops_working_and_asks(mfa):
    mfa(*STORE)
    mfa("mfa", "remove", "--no-input", rc=6)
    assert NEW in mfa.enabled()
    mfa("mfa", "remove", "--yes")
    assert is_nothing(mfa)
    assert "admin" not in mfa.err  # whose device is another one


def test_the_seed_goes_last(mfa):
    mfa(*STORE)
    seen = []
    mfa("mfa", "remove", "--yes", step=lambda step: seen.append((step, mfa_entries(mfa))))
    assert [step for step, has_seed in seen if has_seed] == ["deactivated", "deleted", "unnamed"]


def mfa_entries(mfa):
    return "totp-seed" in (mfa.user.aws / "awscreds" / "state.json").read_text()


def test_a_removal_that_aws_refuses_changes_nothing(mfa):
    mfa(*STORE)
    before = mfa.user.config.read_bytes()
    mfa.control.fail("DeactivateMFADevice", "ServiceFailure", count=9)
    mfa("mfa", "remove", "--yes", rc=5)
    assert mfa.user.config.read_bytes() == before
    assert mfa.seeds()


def test_a_removal_at_a_strange_endpoint_is_refused(mfa):
    mfa(*STORE)
    state = mfa.user.aws / "awscreds" / "state.json"
    state.write_text(state.read_text().replace(mfa.control.url, "aws"))
    mfa("mfa", "remove", "--yes", rc=3)
    assert "belongs to the real AWS" in mfa.err
    assert NEW in mfa.enabled()


def test_list_names_every_kind_and_what_a_security_key_cannot_do(mfa):
    fido = mfa.control.add_fido("alice", "yubi")
    mfa(*STORE)
    document = mfa.json("mfa", "list")
    kinds = {each["serial"]: each for each in document["devices"]}
    assert {serial: each["kind"] for serial, each in kinds.items()} == {
        OLD: "virtual",
        NEW: "virtual",
        fido: "fido",
    }
    assert kinds[NEW]["is_used"]
    assert kinds[NEW]["seed_in"] == "vault"
    assert kinds[OLD]["used_by"] == ["admin"]
    mfa("mfa", "list")
    assert "only in a browser" in mfa.out
    assert "cannot start a session here" in mfa.err
    mfa("mfa", "remove", "--serial", fido, "--yes", rc=2)
    assert fido in mfa.enabled()
