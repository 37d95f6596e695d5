"""Threads that do several things at once: what they find arrives, or whoever waits learns it."""

import _thread
import threading

import pytest

from awscreds.workflows import crew
from awscreds.workflows.crew import Crew, map_concurrently


@pytest.fixture(autouse=True)
def short_naps(monkeypatch):
    monkeypatch.setattr(crew, "NAP", 0.01)


class Dying(Crew):
    """Its thread dies before it does the item ``at``, which it has taken already."""

    at = 0

    def _answer(self, number):
        if number == self.at:
            raise MemoryError
        super()._answer(number)


@pytest.mark.parametrize("width", [1, 3, 100])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_the_results_are_in_the_order_of_the_items(width, count):
    assert map_concurrently(range(count), lambda item: item * 2, width) == [
        item * 2 for item in range(count)
    ]


def test_no_more_than_the_width_are_at_work():
    meeting, counts, at_work = threading.Barrier(3, timeout=30), [], []

    def do(item):
        at_work.append(item)
        counts.append(len(at_work))
        meeting.wait()
        at_work.remove(item)
        meeting.wait()

    map_concurrently(range(9), do, 3)

    assert max(counts) == 3


@pytest.fixture
def called(monkeypatch):
    """Events that tell that `Crew.stop` and `Crew.join` were called."""
    events = {name: threading.Event() for name in ("stop", "join")}

    def telling(name, real):
        def method(self):
            if name == "join":  # before it waits
                events[name].set()
            real(self)
            events[name].set()

        return method

    for name in events:
        monkeypatch.setattr(Crew, name, telling(name, getattr(Crew, name)))
    return events


def test_an_error_is_raised_after_those_that_have_begun(called):
    both, ended = threading.Barrier(2, timeout=30), []

    def do(item):
        both.wait()
        if item == "fails":
            raise ValueError(item)
        called["join"].wait(5)
        ended.append(item)

    with pytest.raises(ValueError, match="fails"):
        map_concurrently(["fails", "ends"], do, 2)

    assert ended == ["ends"]


def test_after_an_error_nothing_begins(called):
    begun = []

    def do(item):
        if item == 0:
            raise ValueError(item)
        begun.append(item)
        called["stop"].wait(5)

    with pytest.raises(ValueError, match="0"):
        map_concurrently(range(5), do, 1)

    assert begun in ([], [1])


def test_a_result_arrives_while_another_is_at_work(monkeypatch):
    monkeypatch.setattr(crew, "NAP", 3600)
    arrived = threading.Event()
    some = Crew([0, 1], lambda item: item == 0 or arrived.wait(5), 2)

    for number, is_so in some.results():
        assert is_so, number
        arrived.set()


def test_nobody_naps_when_all_is_done(monkeypatch):
    monkeypatch.setattr(crew, "NAP", 3600)

    assert map_concurrently(range(9), str, 2) == list("012345678")


def test_an_error_that_is_an_index_error_ends_no_thread():
    with pytest.raises(IndexError):
        map_concurrently([1], lambda item: [][item], 1)


@pytest.mark.parametrize("at", [0, 1, 4])
@pytest.mark.parametrize("width", [1, 3])
def test_a_thread_that_dies_with_its_item_is_missed(width, at, monkeypatch):
    monkeypatch.setattr(Dying, "at", at)

    with pytest.raises(MemoryError):
        dict(Dying(range(5), str, width).results())


def test_the_other_threads_do_what_is_left_before_one_that_died_is_missed():
    results = Dying(range(5), str, 3).results()

    assert {next(results) for _ in range(4)} == {(number, str(number)) for number in range(1, 5)}
    with pytest.raises(MemoryError):
        next(results)


def test_an_item_may_take_longer_than_a_thread_to_begin(monkeypatch):
    monkeypatch.setattr(crew, "MOST_NAPS", 1)
    nap, naps, begun, long_enough = Crew._nap, [], threading.Event(), threading.Event()

    def counted(self):
        naps.append(1)
        if len(naps) > 9:
            long_enough.set()
        return nap(self)

    def do(_item):
        begun.set()
        return long_enough.wait(30)

    monkeypatch.setattr(Crew, "_nap", counted)
    some = Crew([0], do, 1)
    begun.wait(30)

    assert dict(some.results()) == {0: True}


def test_threads_that_never_begin_are_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr(_thread, "start_new_thread", lambda *_: 0)

    with pytest.raises(MemoryError):
        map_concurrently([1, 2], str, 2)


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
def test_fewer_threads_than_wanted_are_enough(error, monkeypatch):
    start, started = _thread.start_new_thread, []

    def start_one(*arguments):
        if started:
            raise error
        started.append(start(*arguments))

    monkeypatch.setattr(_thread, "start_new_thread", start_one)

    assert map_concurrently(range(5), str, 3) == list("01234")


def test_no_thread_at_all_is_an_error(monkeypatch):
    def refuse(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", refuse)

    with pytest.raises(RuntimeError, match="thread"):
        map_concurrently([1], str, 1)


def test_nothing_begins_after_a_stop():
    begun, go_on, done = threading.Event(), threading.Event(), []

    def do(item):
        begun.set()
        go_on.wait(30)
        done.append(item)

    some = Crew(range(9), do, 1)
    begun.wait(30)
    some.stop()
    go_on.set()
    some.join()

    assert done == [0]


def test_a_result_is_handed_on_at_once_and_not_after_a_nap(monkeypatch):
    monkeypatch.setattr(crew, "NAP", 60.0)
    is_taken = threading.Event()
    at_work = crew.Crew([False, True], lambda waits: not waits or is_taken.wait(20), 1)
    results = at_work.results()

    assert next(results) == (0, True)
    is_taken.set()
    assert next(results) == (1, True)
