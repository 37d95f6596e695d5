"""Figures out of samples: medians with their quartiles, and the exponent of growth; how shown."""

import math
import statistics

NOISE = 0.03
"""The part of the smallest figure below which more is no growth."""


def spread(values):
    """The median of ``values`` with both quartiles; of one or two, those are the extremes."""
    values = sorted(values)
    if len(values) < 3:
        low, high = values[0], values[-1]
    else:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": statistics.median(values), "low": low, "high": high}


def exponent(points):
    """The ``k`` with which ``t`` grows: ``t = a + b * n ** k``. None where it does not grow.

    ``points`` are ``(n, t)``, at least three. What the smallest ``n`` takes is taken for ``a``, and
    its ``n`` from each other one, so that a line has exactly 1; what is left is fitted in
    logarithms by least squares. Points that are no higher than noise tell nothing of growth.
    """
    (least, base), *rest = sorted(points)
    grown = [(n - least, t - base) for n, t in rest if t - base > NOISE * base]
    if len(grown) < 2:
        return None
    xs, ys = ([math.log(value) for value in column] for column in zip(*grown, strict=True))
    return statistics.linear_regression(xs, ys).slope


def shown(value):
    """A figure for people: three digits that count, and commas between thousands."""
    return f"{float(f'{value:.3g}'):,.15g}"
