"""Errors on their way up: whoever knows more says more, and changes no error of another's."""

import ast
import ssl
import threading
from pathlib import Path

import pytest

import awscreds
from awscreds.errors import (
    AwscredsError,
    AwsError,
    EntryMissing,
    UsageError,
    hints,
    unexpected_error,
)


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


def test_what_the_system_has_no_more_of_is_no_bug(monkeypatch):
    def refused(*_):
        raise RuntimeError("can't start new thread")  # as CPython's thread module does

    monkeypatch.setattr(threading, "_start_new_thread", refused)
    with pytest.raises(RuntimeError) as caught:
        threading.Thread(target=print).start()
    of_ssl = ssl.SSLError("[SSL] malloc failure (_ssl.c:3098)")  # as CPython's ssl module does
    lost_by_python = SystemError("<method> returned NULL without setting an exception")
    for error in (caught.value, MemoryError(), of_ssl, lost_by_python):
        shown = unexpected_error(error)
        assert (shown.code, shown.exit_code) == ("system", 1)
        assert "ulimit" in shown.hint
    assert unexpected_error(RuntimeError("another")).code == "bug"


def test_no_sentence_quotes_a_hint_that_may_be_missing():
    # f"{error.hint}; or …" says "None; or …" for an error of AWS's that has no hint.
    for path in sorted(Path(awscreds.__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        guarded = {
            id(value)
            for node in ast.walk(tree)
            if isinstance(node, ast.IfExp)
            for value in ast.walk(node.body)
        }
        bad = [
            f"{path.name}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.FormattedValue)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr == "hint"
            and id(node) not in guarded
        ]
        assert bad == []


def test_hints_leave_out_what_is_missing():
    assert hints(None, "or a", None, "b") == "or a; b"
    assert AwscredsError("it failed").whole == "it failed"
    assert AwscredsError("it failed", hint="try").whole == "it failed. try"
