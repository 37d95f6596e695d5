"""Garbage for each parser: an answer or an error of ours that says where, and in bounded time.

Hypothesis makes some of it in the ordinary run. With ``--abuse-minutes`` there is much more, as
long as asked, and ``python -m tests.abuse.coverage_guided`` follows the branches of the code.
"""

import json
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.abuse.mutations import mutated
from tests.abuse.targets import TARGETS, law


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_takes_each_seed(name):
    for seed in TARGETS[name].seeds:
        law(name, seed)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=15, suppress_health_check=list(HealthCheck), database=None)
@given(st.binary(max_size=300))
def test_a_parser_answers_any_bytes_or_says_what_is_wrong(name, data):
    law(name, data)


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_answers_what_is_nearly_right_or_says_what_is_wrong(name, request):
    options = request.config.option
    chance = random.Random(f"{name}/{options.day}")
    end = time.monotonic() + 60 * options.abuse_minutes / len(TARGETS)
    tried = 0
    while tried < 60 or time.monotonic() < end:
        data = mutated(chance.choice(TARGETS[name].seeds), chance)
        try:
            law(name, data)
        except Exception as error:
            error.add_note(f"--day {options.day}: {name} of {data!r}")
            raise
        tried += 1


LARGE = {
    "brackets": b"[" * 200_000,
    "braces": b'{"a":' * 100_000,
    "digits": b'{"version": ' + b"9" * 5_000 + b"}",
    "lines": b"[profile x]\na = 1\n" * 20_000,
    "one line": b"a" * 1_000_000,
    "exponent": b'{"version": 1, "Version": 1, "given": [1e999], "time": 1e999, "end": 1e999}',
    "surrogate": json.dumps({"version": 1, "backend": "\ud800", "Expiration": "\ud800"}).encode(),
    "NUL": bytes(1000),
}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("data", LARGE.values(), ids=list(LARGE))
def test_a_parser_is_not_exhausted(name, data):
    law(name, data)
