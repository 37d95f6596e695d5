"""No test sees the developer's own home, keyring or AWS settings."""

import collections
import datetime as dt
import os
import signal
import sys

import hypothesis
import pytest

from awscreds.stores.backends.vault import key_keeper
from awscreds.warm import OWN
from tests.helpers import LITTLE_WORK, need_posix, unsynced
from tests.stores.support import NoTime

LINUX_ONLY = {
    "stores/backends/test_keyring.py": "a Secret Service on D-Bus",
    "stores/backends/test_keyring_trust.py": "a Secret Service on D-Bus",
    "stores/backends/test_dbus_wire.py": "a Secret Service on D-Bus",
    "stores/backends/test_short_way.py": "a Secret Service on D-Bus",
    "stores/backends/test_unlocked_item.py": "a Secret Service on D-Bus",
    "benchmarks/test_measure.py": "processes are measured by wait4",
    "benchmarks/test_rows.py": "processes are measured by wait4",
    "test_install_lines.py": "what it reads is the whole checkout, the same for any system",
    "test_requirements.py": "what it reads is the whole checkout, the same for any system",
    "test_release.py": "what it reads is the whole checkout, the same for any system",
    "test_two_commands.py": "what it reads is the whole checkout, the same for any system",
    "stores/test_kernel_keyring.py": "the kernel's key store",
    "test_warm.py": "the kernel's key store",
    "stores/test_exchange.py": "names are exchanged nowhere there",
    "stores/test_other_writers.py": "leases and writers of POSIX",
    "abuse/test_environments.py": "limits, locks and signals of POSIX",
}
"""Files that Windows cannot even import, or that are about something that only Linux has."""
collect_ignore = list(LINUX_ONLY) if sys.platform == "win32" else []

STARTS_IN_WINE = 5
"""How often a process is started in Wine, which now and then answers ERROR_INTERNAL_ERROR."""
_INTERNAL_ERROR = 1359

NOT_IN_WINDOWS = {
    "symlink": "users may not make links",
    "mkfifo": "it has no FIFOs in folders",
    "fork": "it has no fork",
    "chown": "it has no numbers for users",
}
"""What tests use, and we do not: such a test is skipped there when it comes to it."""

FOREIGN = ("AWS_", "AWSCREDS_", "PYTHON_KEYRING", "DBUS_")


if sys.platform == "win32":
    import _winapi

    _create_process = _winapi.CreateProcess

    def _started(*given):
        for _ in range(STARTS_IN_WINE - 1):
            try:
                return _create_process(*given)
            except OSError as error:  # nothing has been started
                if error.winerror != _INTERNAL_ERROR:
                    raise
        return _create_process(*given)

    _winapi.CreateProcess = _started


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="run every case of every matrix")
    parser.addoption(
        "--day", type=int, help="run the cases of this day, of tests that change daily"
    )
    parser.addoption(
        "--abuse-minutes",
        type=float,
        default=0,
        metavar="N",
        help="each storm of tests/abuse goes on for so long, with figures; use it with -n 0",
    )
    parser.addoption(
        "--part", metavar="K/N", help="outside tests/windows, run only each Nth test, from the Kth"
    )
    parser.addoption(
        "--installed",
        action="store_true",
        help="start the installed script for each command, instead of forking a prepared process",
    )


def pytest_configure(config):
    if config.option.day is None:  # all workers get it from here
        config.option.day = dt.datetime.now(dt.UTC).toordinal()
    os.fsync = unsynced
    # A busy machine is no failure; and what any system does the same, Linux has tried with more.
    examples = 25 if sys.platform == "win32" else 60
    if config.getoption("full"):
        examples = 400
    hypothesis.settings.register_profile("awscreds", deadline=None, max_examples=examples)
    hypothesis.settings.load_profile("awscreds")
    # Whoever starts us in the background (&, nohup) may have us ignore these, and our children too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGHUP", "SIGQUIT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def pytest_collection_modifyitems(config, items):
    leave_out(config, items, of_the_other_command(items, config.option))
    if config.getoption("part"):  # Wine is slow, and CI has minutes
        first, step = map(int, config.getoption("part").split("/"))
        others = [each for each in items if not each.nodeid.startswith("tests/windows/")]
        leave_out(config, items, set(others) - set(others[first - 1 :: step]))
    if not config.getoption("full"):
        leave_out(config, items, not_today(items, config.option.day))
    for item in items if sys.platform == "win32" else ():
        if mark := item.get_closest_marker("posix"):
            [why] = mark.args
            item.add_marker(pytest.mark.skip(reason=f"not on Windows: {why}"))


def leave_out(config, items, these):
    """Run all ``items`` but ``these``, and count them."""
    left_out = set(these)
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [each for each in items if each not in left_out]


def of_the_other_command(items, option):
    """Of the tests of the ordinary command: those marked ``slow``, which ``-m slow`` runs.

    A share of all tests (``--part``) and all cases (``--full``) have them too, and so has a file
    that is named.
    """
    if option.markexpr or option.part or option.full:
        return []
    named = {os.path.abspath(each.split("::")[0]) for each in option.file_or_dir}
    return [
        item
        for item in items
        if item.get_closest_marker("slow") and os.path.abspath(item.path) not in named
    ]


def not_today(items, day):
    """Of the tests with ``daily(count)``: the cases, beyond so many, of which other days are."""
    cases = collections.defaultdict(list)
    for item in items:
        if mark := item.get_closest_marker("daily"):
            cases[item.path, item.cls, item.originalname, *mark.args].append(item)
    for (*_, count), found in cases.items():
        first = day * count % len(found)
        yield from (found + found)[first + count : first + len(found)]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """For ``-n auto``: one more than processors, because many tests wait for something."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    at_hand = getattr(os, "sched_getaffinity", None)  # not on Windows and macOS
    return (len(at_hand(0)) if at_hand else os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Who is done takes over what another has not begun: slow tests stand beside each other."""
    if sys.platform == "win32":  # tests that empty its Credential Manager stay in one worker
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


def pytest_report_header():
    return [f"not on Windows: {name}: {LINUX_ONLY[name]}" for name in collect_ignore]


def pytest_terminal_summary(terminalreporter, config):
    if not config.getoption("full"):
        terminalreporter.write_line(f"cases of --day {config.option.day}; --full runs all")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A throwaway home, and an environment with nothing of AWS or a keyring in it."""
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("USERPROFILE" if sys.platform == "win32" else "HOME", str(folder))
    # Nor the bus that would be found without a variable: /run/user/UID/bus.
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("awscreds.stores.backends.vault.preferred_kdf", lambda: LITTLE_WORK)
    for name, why in NOT_IN_WINDOWS.items() if sys.platform == "win32" else ():
        monkeypatch.setattr(os, name, lambda *_, _why=why, **__: need_posix(_why), raising=False)
    yield folder
    _forget_held(tmp_path)


@pytest.fixture
def at_rest(monkeypatch):
    """No edit in this process waits for whoever may still write what the test has just written."""
    monkeypatch.setattr("awscreds.stores.aws_files.Time", NoTime)


KEEPER = key_keeper()
"""Found before a test changes the system's name."""


def _forget_held(below):
    """Give back what is held for homes of this test: the kernel's room is all the user has."""
    keeper = KEEPER
    held = keeper.names(OWN)
    for folder, _, _ in os.walk(below) if held else ():
        scope = keeper.scope(folder)
        if any(name.startswith(scope) for name in held):
            keeper.drop_all(scope)
