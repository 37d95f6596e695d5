"""The benchmark's own machinery: what counts as a run, and what is void."""

import os
import sys

import pytest

from tests.benchmarks import measure as measure_module
from tests.benchmarks.measure import BARE, Launcher, Row, measure


@pytest.fixture(scope="module")
def launcher():
    with Launcher() as one:
        yield one


@pytest.fixture(autouse=True)
def _one_run_in_a_round(monkeypatch):
    monkeypatch.setattr(measure_module, "REPEATS", 1)


def python(code, **more):
    return Row("group", "name", "python", [sys.executable, "-I", "-S", "-c", code], {}, **more)


def measured(launcher, row, *, rounds=2, **more):
    [series] = measure([row], rounds, launcher, **more)
    return series


def test_each_round_gives_a_sample_beside_one_of_the_bare_python(launcher):
    series = measured(launcher, python("print('x')"), rounds=3)
    assert series.void is None
    assert len(series.samples) == 3
    for sample in series.samples:
        assert min(sample.wall, sample.cpu, sample.bare_wall, sample.bare_cpu, sample.rss) > 0


def test_a_row_that_fails_is_void_and_says_why(launcher):
    series = measured(launcher, python("import sys; sys.exit('no such profile')"))
    assert series.void == "exit 1: no such profile"
    assert series.samples == []


def test_one_failure_among_many_rounds_voids_the_row(launcher, tmp_path):
    count = f"open({str(tmp_path / 'runs')!r}, 'a+')"
    code = f"f = {count}; f.write('x'); f.flush(); f.seek(0); exit(len(f.read()) == 3)"
    row = python(f"from sys import exit\n{code}")
    assert measured(launcher, row, rounds=5).void == "exit 1: it says nothing on stderr"


def test_a_process_that_a_signal_ended_is_void(launcher):
    assert measured(launcher, python("import os; os.kill(os.getpid(), 9)")).void == (
        "ended by signal 9: it says nothing on stderr"
    )


@pytest.mark.parametrize(("due", "made"), [(1, 0), (0, 1), (1, 2)])
def test_a_row_is_void_with_fewer_or_more_calls_of_aws_than_are_due(launcher, due, made):
    calls = iter(range(0, 100, made or 1))
    series = measured(
        launcher, python("pass", calls=due), calls=(lambda: next(calls)) if made else lambda: 0
    )
    assert series.void == f"{made} calls of AWS, and {due} are due"


def test_a_row_that_prints_something_else_is_void(launcher):
    row = python("print('a')", check=lambda output: None if output == b"b\n" else "not b")
    assert measured(launcher, row).void == "not b"


def test_a_row_that_does_not_do_what_it_says_is_void(launcher):
    assert measured(launcher, python("pass", after=lambda number: "nothing written")).void == (
        "nothing written"
    )


def test_many_callers_run_at_once_and_each_is_checked(launcher, tmp_path):
    meet = (
        f"import os, time; open(os.path.join({str(tmp_path)!r}, str(os.getpid())), 'w')\n"
        f"while len(os.listdir({str(tmp_path)!r})) < 4: time.sleep(0.01)\n"
        "print(os.getpid())"
    )
    outputs = []
    row = python(meet, callers=4, check=outputs.append, most=1)
    assert measured(launcher, row, rounds=1).void is None
    assert len(set(outputs)) == 4


def test_one_caller_of_many_that_fails_voids_the_row(launcher, tmp_path):
    code = f"import os; os.mkdir({str(tmp_path / 'only')!r})"
    assert measured(launcher, python(code, callers=3, most=1)).void.startswith("exit 1: ")


def test_at_a_terminal_the_streams_are_one(launcher):
    row = python(
        "import os, sys\nprint(os.isatty(0), os.isatty(1), os.isatty(2), *os.get_terminal_size())",
        terminal=True,
        check=lambda output: None if output == b"True True True 100 40\r\n" else str(output),
    )
    assert measured(launcher, row).void is None


def test_a_run_is_prepared_each_time_and_knows_its_round(launcher):
    prepared = []
    row = python("", before=lambda: prepared.append("x"))
    row.argv = lambda number: [*BARE[:-1], f"print({number})"]
    seen = []
    row.check = seen.append
    measured(launcher, row, rounds=2)
    assert len(prepared) == 3
    assert seen == [b"0\n", b"1\n", b"2\n"]


def test_the_memory_is_that_of_the_process_and_not_of_who_measures(launcher):
    ballast = bytearray(os.urandom(1 << 20)) * 60
    [series] = measure([python("pass")], 1, launcher)
    assert series.samples[0].rss * 1024 < len(ballast)


def test_a_slow_row_is_measured_in_fewer_rounds(launcher):
    slow, fast = python("pass", most=2), python("pass", profiles=3)
    counts = [len(series.samples) for series in measure([slow, fast], 5, launcher)]
    assert counts == [2, 5]


def test_a_brief_row_is_run_more_than_once_in_a_round(launcher, monkeypatch):
    monkeypatch.setattr(measure_module, "REPEATS", 4)
    monkeypatch.setattr(measure_module, "BRIEF", 60)
    seen = []
    row = python("")
    row.argv = lambda number: [*BARE[:-1], f"print({number})"]
    row.check = seen.append
    assert len(measured(launcher, row, rounds=2).samples) == 8
    assert seen == [b"%d\n" % number for number in range(9)]


@pytest.mark.parametrize(("brief", "more"), [(0, {}), (60, {"most": 2})], ids=["slow", "limited"])
def test_another_row_is_run_once_in_a_round(launcher, monkeypatch, brief, more):
    monkeypatch.setattr(measure_module, "REPEATS", 4)
    monkeypatch.setattr(measure_module, "BRIEF", brief)
    assert len(measured(launcher, python("pass", **more)).samples) == 2


def test_output_of_any_size_is_read(launcher):
    row = python(
        "print('x' * 300_000)", check=lambda output: None if len(output) == 300_001 else "short"
    )
    assert measured(launcher, row).void is None
