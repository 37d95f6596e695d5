"""Medians, and exponents of growth."""

import pytest

from tests.benchmarks.figures import exponent, shown, spread


def test_the_spread_is_the_median_between_its_quartiles():
    assert spread([5, 1, 4, 2, 3]) == {"median": 3, "low": 2, "high": 4}


def test_the_spread_of_two_is_the_two():
    assert spread([3, 1]) == {"median": 2, "low": 1, "high": 3}


@pytest.mark.parametrize("power", [0.5, 1, 1.5, 2])
@pytest.mark.parametrize("start", [0.0001, 0.05])
def test_the_exponent_is_that_of_the_growth_whatever_the_start_costs(power, start):
    points = [(n, start + 1e-4 * n**power) for n in (3, 1_000, 10_000, 100_000)]
    assert exponent(points) == pytest.approx(power, abs=0.04)


def test_what_does_not_grow_has_no_exponent():
    assert exponent([(3, 0.100), (1_000, 0.099), (10_000, 0.102)]) is None


def test_one_point_that_grew_is_no_curve():
    assert exponent([(3, 0.1), (1_000, 0.1), (10_000, 0.9)]) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.06412, "0.0641"), (1.054, "1.05"), (3, "3"), (99.96, "100"), (565.4, "565"),
     (4114, "4,110"), (1_234_567, "1,230,000")],
)  # fmt: skip
def test_a_figure_has_three_digits_that_count_and_never_an_exponent(value, text):
    assert shown(value) == text
