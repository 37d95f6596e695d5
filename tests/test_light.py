"""The light parts of the standard library do what the standard library does."""

import contextlib
import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awscreds import light

ROOT = str(Path(light.__file__).parent.parent)

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
SPACES = st.text(" \t\n\r", max_size=2)
BROKEN = [
    "",
    "nul",
    "[1] x",
    '{"a"',
    "[1,",
    "'a'",
    '"\x01"',
    "\ufeff{}",
    "1" * 5000,
    "\v1",
    "\u00a01",
]


def outcome(function, *arguments):
    try:
        return repr(function(*arguments))
    except (ValueError, RecursionError) as error:
        return repr(error)


@given(ANY, SPACES, SPACES, st.booleans())
def test_json_is_read_as_the_library_reads_it(value, before, after, ascii_only):
    text = before + json.dumps(value, ensure_ascii=ascii_only) + after
    assert repr(light.loads(text)) == repr(json.loads(text)) == repr(light.loads(text.encode()))


@given(st.text('{}[]",:\\ueE+-.0123456789 \n\x00NaIfinty\ud800\ufeff'))
@example('{"a": 1, "a": [NaN, -Infinity, 1e400]}')
@example("[" * 100_000)
def test_anything_is_read_or_refused_as_the_library_does(text):
    data = text.encode("utf-8", "surrogatepass")
    assert outcome(light.loads, text) == outcome(json.loads, text)
    assert outcome(light.loads, data) == outcome(json.loads, data)


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_json_is_refused_with_the_library_s_error(text):
    with pytest.raises(json.JSONDecodeError if len(text) < 5000 else ValueError) as refused:
        light.loads(text)
    assert repr(refused.value) == outcome(json.loads, text)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32-be"])
def test_other_encodings_are_read_too(encoding):
    assert light.loads('{"a": "ü"}'.encode(encoding)) == {"a": "ü"}


@given(st.text())
def test_a_text_is_quoted_as_the_library_quotes_it(text):
    assert light.quoted(text) == json.dumps(text)


def test_json_is_read_where_the_compiled_reader_is_gone(monkeypatch):
    monkeypatch.setitem(sys.modules, "_json", None)
    assert light.loads(b'{"a": [1, "\xc3\xbc"]}') == {"a": [1, "ü"]}
    assert light.quoted("ü") == '"\\u00fc"'


@pytest.mark.parametrize("suppress", [contextlib.suppress, light.suppress])
def test_only_the_named_errors_are_suppressed(suppress):
    with suppress(KeyError, OSError):
        raise FileNotFoundError
    with suppress(KeyError):
        pass
    with pytest.raises(OSError, match="here"), suppress(KeyError):
        raise OSError("here")
    with pytest.raises(KeyboardInterrupt), suppress(Exception):
        raise KeyboardInterrupt


@pytest.mark.parametrize("cached_property", [functools.cached_property, light.cached_property])
def test_a_cached_property_is_made_once_for_each_object(cached_property):
    class Counter:
        made = 0

        @cached_property
        def value(self):
            """The value."""
            self.made += 1
            return [self.made]

    first, second = Counter(), Counter()
    assert first.value is first.value
    assert (first.made, second.made) == (1, 0)
    first.value = "set"
    assert (first.value, second.value) == ("set", [1])
    del first.value
    assert first.value == [2]
    assert Counter.value.__doc__ == "The value."


def test_it_loads_nothing_that_is_not_loaded_at_every_start():
    code = f"import sys; sys.path.append({ROOT!r}); before = set(sys.modules)\n"
    code += "from awscreds import light; light.loads('[1]'); light.quoted('a')\n"
    code += "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == {"__future__", "_json", "awscreds", "awscreds.light"}
