"""Runs the tests of a part once for each mutant: first those that reach the changed lines.

One pytest session collects the tests. A fork of it runs them all without a change, and notes which
lines and functions each reaches, whether it forks or starts threads, and how long it takes. Then
each mutant has a fork, whose first failure ends it. After the tests that are known to reach the
line come those that call its function, those of the same files that share what a fixture made, and
those whose children or threads may reach it. Others could notice it only by what is cached: they
are not run.
"""

import _thread
import contextlib
import io
import os
import pickle
import select
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

SILENCE = 60
"""Seconds that a test may take longer than without a change, twenty times its own time included."""
CALLS = 20
"""How many calls of a function, in a test, are followed line by line."""
SURVIVED, NOTICED, BROKEN = 0, 1, 99
"""What a fork ends with."""


@dataclass(frozen=True)
class Run:
    """What came of a mutant: ``test`` noticed it, or it hung there; None if it survived.

    ``reached_by`` is the number of tests that call the changed function in this process.
    """

    test: str | None
    has_hung: bool
    is_reached: bool
    reached_by: int


class Session:
    """A plugin of pytest that hands the collected tests to ``work`` instead of running them."""

    def __init__(self, files, work):
        self._files, self._work = files, work
        self.error = None

    def pytest_runtestloop(self, session):
        self._items = session.items
        self._session = session
        try:
            self._learn()
            self._work(self)
        except AssertionError as error:  # pytest would print it, and it prints nowhere
            self.error = error
        return True

    def _learn(self):
        """Run all tests without a change. Raises AssertionError if one fails."""
        with tempfile.NamedTemporaryFile() as file:
            pid = os.fork()
            if pid == 0:
                with _exit_afterwards():
                    reach = Reach(self._files)
                    reach.failed = self._run_all(reach)
                    Path(file.name).write_bytes(pickle.dumps(reach.found()))
                    os._exit(SURVIVED)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == SURVIVED
            found = pickle.loads(Path(file.name).read_bytes())
            self._lines, self._functions, self._seconds, self._branching, failed = found
        assert not failed, f"this test fails without a change: {failed}"

    def _run_all(self, reach):
        for number, item in enumerate(self._items):
            with reach.of(number):
                item.config.hook.pytest_runtest_protocol(
                    item=item, nextitem=(*self._items, None)[number + 1]
                )
            if self._session.testsfailed:
                return item.nodeid
        return None

    def run(self, path, lines, change):
        """The Run of a mutant: ``change`` makes it, in ``lines`` of the file ``path``."""
        reaching, calling = (
            {number for line in lines for number in found[path, line]}
            for found in (self._lines, self._functions)
        )
        files = {self._items[number].path for number in calling}
        order = sorted(
            (
                number
                for number, item in enumerate(self._items)
                if number in calling | self._branching or (item.path in files and _shares(item))
            ),
            key=lambda number: (
                number not in reaching,
                number not in calling,
                self._seconds[number],
                number,
            ),
        )
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            with _exit_afterwards():
                os.setpgid(0, 0)
                change()
                os._exit(self._run_in_order(order, writer))
        os.close(writer)
        begun, has_hung = self._follow(pid, reader)
        os.close(reader)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # also what its tests have left running
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert code != BROKEN, f"cannot be made: {path} {lines}"
        if code == SURVIVED:
            return Run(None, False, bool(calling), len(calling))
        last = order[begun - 1]
        return Run(self._items[last].nodeid, has_hung, last in calling, len(calling))

    def _run_in_order(self, order, writer):
        for number, following in pairwise([*order, None]):
            os.write(writer, b".")
            self._items[number].config.hook.pytest_runtest_protocol(
                item=self._items[number],
                nextitem=None if following is None else self._items[following],
            )
            if self._session.testsfailed:
                return NOTICED
        return SURVIVED

    def _follow(self, pid, reader):
        """How many tests were begun until the fork ended, and whether it does not end."""
        ended, begun = os.pidfd_open(pid), 0
        patience = SILENCE + 20 * max(self._seconds.values())
        try:
            while ready := select.select([ended, reader], [], [], patience)[0]:
                if reader in ready:
                    told = os.read(reader, 1 << 16)
                    begun += len(told)
                    if told:
                        continue
                    # What a test has left running may still have the other end, and the fork not.
                if ended in ready:
                    return begun, False
                if reader in ready:
                    select.select([ended], [], [], patience)
                    return begun, False
            return begun, True
        finally:
            os.close(ended)


def _shares(item):
    """Whether a test uses a fixture of ours that others may have made."""
    return any(
        fixture.scope != "function" and fixture.baseid  # pytest's own ones have no place
        for fixtures in item._fixtureinfo.name2fixturedefs.values()
        for fixture in fixtures
    )


class Reach:
    """What each test reaches of some files, its seconds, and whether it forks or starts threads."""

    def __init__(self, files):
        self._files = {str(file) for file in files}
        self._number = None
        self._lines, self._codes = defaultdict(set), defaultdict(set)
        self._calls = Counter()
        self._seconds = {}
        self._branching = set()
        self.failed = None
        sys.addaudithook(self._heed)
        # What `threading` starts is followed, and this is not.
        self._start, _thread.start_new_thread = _thread.start_new_thread, self._start_thread

    def found(self):
        """The tests by line; by each line of a function that they call; and the rest."""
        functions = defaultdict(set)
        for code, numbers in self._codes.items():
            for line in {line for _, _, line in code.co_lines() if line}:
                functions[code.co_filename, line] |= numbers
        return self._lines, functions, self._seconds, self._branching, self.failed

    @contextlib.contextmanager
    def of(self, number):
        started = time.monotonic()
        self._number = number
        self._calls.clear()
        threading.settrace(self._trace)
        sys.settrace(self._trace)
        try:
            yield
        finally:
            sys.settrace(None)
            threading.settrace(None)
            self._seconds[number] = time.monotonic() - started

    def _heed(self, event, _arguments):
        if event in ("os.fork", "os.forkpty"):
            self._branching.add(self._number)

    def _start_thread(self, *given):
        self._branching.add(self._number)
        return self._start(*given)

    def _trace(self, frame, _event, _argument):
        code = frame.f_code
        if code.co_filename not in self._files:
            return None
        self._codes[code].add(self._number)
        self._calls[code] += 1
        return self._note if self._calls[code] <= CALLS else None

    def _note(self, frame, _event, _argument):
        self._lines[frame.f_code.co_filename, frame.f_lineno].add(self._number)
        return self._note


@contextlib.contextmanager
def _exit_afterwards():
    """A fork never goes on with what its parent does."""
    try:
        yield
    finally:
        os._exit(BROKEN)


def with_session(files, tests, work):
    """Call ``work`` with a Session of ``tests``, which are files and folders of tests."""
    session = Session(files, work)
    with tempfile.TemporaryDirectory() as folder:
        words = ["-q", "-n0", "-p", "no:cacheprovider", "-p", "no:randomly"]
        words += [f"--basetemp={folder}/tests", *tests]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            code = pytest.main(words, plugins=[session])
    if session.error:
        raise session.error
    assert code == 0, f"cannot run {tests}"
