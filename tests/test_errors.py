"""Errors on their way up: whoever knows more says more, and changes no error of another's."""

import pytest

from awscreds.errors import AwscredsError, AwsError, EntryMissing, UsageError


@pytest.mark.parametrize("kind", [AwscredsError, UsageError, EntryMissing, AwsError])
def test_a_copy_says_what_it_is_given_and_keeps_the_rest(kind):
    error = kind("it failed", code="failed-so", hint="try again")
    more = error.because(message="the key: it failed")
    assert (type(more), str(more), more.message) == (kind, "the key: it failed", more.message)
    assert (more.code, more.hint, more.exit_code) == ("failed-so", "try again", kind.exit_code)
    assert (error.message, error.args) == ("it failed", ("it failed",))
    assert error.because(hint="ask somebody").hint == "ask somebody"
    assert error.because(code="other").code == "other"


def test_the_code_of_aws_is_kept():
    error = AwsError("refused", aws_code="AccessDenied")
    assert error.because(hint="ask an administrator").aws_code == "AccessDenied"
