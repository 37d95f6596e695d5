import base64

import pytest

from awscreds.model import totp

# RFC 6238, appendix B: the seed, and its eight-digit codes, of which AWS shows the last six.
SEED = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_the_rfc(seconds, eight_digits):
    assert totp.code(SEED, totp.step_at(seconds)) == eight_digits[-6:]


def test_a_seed_may_lack_its_padding_and_be_lower_case():
    assert totp.code("mfrgg", 1) == totp.code("MFRGG===", 1)


def test_the_step_of_a_code_is_found_among_the_candidates_only():
    digits = totp.code(SEED, 41)
    assert totp.matching_step(SEED, digits, range(40, 43)) == 41
    assert totp.matching_step(SEED, digits, range(42, 44)) is None
