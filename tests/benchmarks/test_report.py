"""From the series to the page: figures, void rows, goals, the chart."""

import json
from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks import goals, report
from tests.benchmarks.chart import draw
from tests.benchmarks.goals import LINE, PROFILES
from tests.benchmarks.measure import PEER, Row, Sample, Series
from tests.docs import benchmarks_page

RUN = "<!-- run -->\n<!-- /run -->\n"
PAGE = f"by hand\n\n{RUN}<!-- goals -->\nold\n<!-- /goals -->\n<!-- rows -->\n<!-- /rows -->\nend\n"


def series(group, name, multiple, *, void=None, **more):
    row = Row(group, name, f"awscreds {name}", (), {}, **more)
    samples = [] if void else [Sample(multiple / 100, multiple / 100, 9216, 0.01, 0.01)] * 3
    return Series(row, samples, void)


def found(*rows, grown=()):
    return report.document(
        rows,
        grown,
        [{"wall": 0.01, "cpu": 0.01}],
        command="python -m tests.benchmarks",
        rounds=3,
        versions={"awscli": "1.2"},
        missing=["granted: not on PATH"],
        load=[0.1, 0.2],
    )


FULL = (
    series(LINE, "vault, warm (key_cache 15m)", 1.2, profiles=4),
    series(LINE, "gnome-keyring, cold", 5),
    series(LINE, "vault, cold, its key held", 1, profiles=4, void="exit 1: | no"),
    *(series(PROFILES, "get", 1 + n / 1000, profiles=n) for n in (3, 1_000, 10_000)),
    series(PROFILES, "get, AWS CLI v1", 100, profiles=10_000, who=PEER),
)


def test_a_row_has_its_multiples_of_the_bare_python():
    [row] = found(series("g", "n", 5))["rows"]
    assert row["wall_f"] == row["cpu_f"] == {"median": 5, "low": 5, "high": 5}
    assert row["mib"] == 9


def test_a_void_row_has_a_reason_and_no_figure_anywhere():
    results = found(*FULL)
    row = next(row for row in results["rows"] if row["void"])
    assert row["void"] == "exit 1: | no"
    assert not {"wall", "cpu", "wall_f", "mib"} & set(row)
    shown = "\n".join(report.table(results))
    assert "void: exit 1: | no" in shown
    page = benchmarks_page.render(PAGE, results)
    assert "void: exit 1: \\| no" in page
    assert "| cold, vault with its key held | 3.5 F | not measured | | |" in page
    assert "vault, cold, its key held" not in draw(results)


def test_growth_is_fitted_over_profiles():
    [grown] = found(*FULL)["growth"]
    assert (grown["name"], grown["over"], grown["exponent"]) == ("get", "profiles", 1)


def test_rows_of_one_name_with_the_same_number_are_no_growth():
    assert found(*[series("g", "n", 5, profiles=3)] * 3)["growth"] == []


def test_what_grew_in_another_way_is_fitted_too():
    points = [(1, 1.0), (2, 2.0), (4, 4.0)]
    [grown] = found(
        FULL[0], grown=[{"group": "h", "name": "n", "over": "bytes", "points": points}]
    )["growth"]
    assert grown["exponent"] == 1


@pytest.mark.parametrize(
    ("goal", "line"),
    [
        ("a warm answer", "| 1.25 F | 1.2 F | 1.2 F | yes |"),
        ("cold, gnome-keyring", "| 3 F | 5 F | 5 F | no. "),
        ("`configure get` of 10,000, in times of `aws configure get`", "| 0.05 | 0.11 | 0.11 |"),
        ("`--version`", "| 2 F | not measured | | |"),
        ("exponent of growth: `list`, `list-profiles`, `get`", "| 1.1 | 1 |  | yes |"),
    ],
)
def test_a_goal_is_reached_or_not_and_says_why(goal, line):
    assert f"| {goal} {line}" in benchmarks_page.render(PAGE, found(*FULL))


def test_every_goal_that_can_be_missed_says_why():
    easy = {"list", "get"}
    for goal in goals.GOALS:
        assert goal.why or easy & set(goal.text.replace("`", " ").replace("-", " ").split())


def test_the_page_keeps_what_is_written_by_hand():
    page = benchmarks_page.render(PAGE, found(*FULL))
    assert page.startswith("by hand\n")
    assert page.endswith("end\n")
    assert "\nold\n" not in page
    assert benchmarks_page.render(page, found(*FULL)) == page


def test_the_file_of_figures_is_json_with_a_line_for_each_row():
    results = found(*FULL)
    text = report.as_json(results)
    assert json.loads(text) == json.loads(json.dumps(results))
    assert len([line for line in text.splitlines() if '"group"' in line]) == len(FULL) + 1


def test_the_chart_is_an_svg_that_needs_nothing_else():
    text = draw(found(*FULL))
    assert ET.fromstring(text).tag.endswith("svg")
    assert text.count("http") == 1  # the name of the format
    assert "gnome-keyring, cold" in text
