"""The sentences on the screen keep to CONTRIBUTING's guide: words that must not come back."""

import ast
import functools
import io
import re
from pathlib import Path

import pytest

import awscreds
from awscreds.process import DONE, FAILURE, WARNING, tell
from tests.test_hints import literals

PACKAGE = Path(awscreds.__file__).parent

NEVER = {
    r"\bsay --": "use --plaintext, pass --yes",
    r"there is no telling": "it is not known",
    r"\bof that one\b": "name it",
    r"\banew\b": "again",
    r"\bheed": "use, obey",
    r"\bamiss\b": "wrong",
    r"\bbe had\b": "be obtained",
    r"\bfor ever\b": "say until when",
    r"\ball the same\b": "anyway",
    r"\bstands? (in|as|beside|there)\b": "is, is stored",
    r"\bat hand\b": "here, cached",
    r"(?<![Tt]here )\bis no (?!longer)\w+": "is not a",
    r"\btak(e|es) back\b": "undo, remove",
    r"\b(once more|no more than)\b": "again, at most",
    r"\bserves? itself\b": "gets its credentials from awscreds",
    r"\bthe present \w+ is\b": "your existing",
    r"\bmend\b(?!s)": "fix",
}
"""What a newcomer has to read twice, and what to write instead."""


@functools.cache
def sentences():
    """The texts with their places, read once for all of these tests."""
    return list(_sentences())


def _sentences():
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        # The sandbox plays AWS, the shells' scripts are code, and cli.py has summaries of help.
        if place.startswith(("sandbox/", "completion/", "cli.py")):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        help_texts = of_decorators(tree)
        for line, text in literals(tree, in_help=False):
            if " " in text.strip() and text not in help_texts:
                yield f"{place}:{line}", text


def of_decorators(tree):
    """The texts of options: help has a guide and tests of its own."""
    return {
        each.value
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        for each in ast.walk(decorator)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


@pytest.mark.parametrize("pattern", NEVER, ids=str)
def test_no_sentence_has_words_that_must_be_read_twice(pattern):
    found = {place: text for place, text in sentences() if re.search(pattern, text)}
    assert found == {}, f"write: {NEVER[pattern]}"


def test_no_sentence_has_a_line_that_only_posix_shells_read():
    """``shells`` has the lines of all; `calling_shell` chooses."""
    theirs = "model/shells.py"
    found = [place for place, text in sentences() if "eval $(" in text]
    assert [place for place in found if not place.startswith(theirs)] == []
    assert found


def test_the_check_sees_the_sentences():
    texts = [text for _, text in sentences()]
    assert len(texts) > 700
    assert any("Verified with AWS" in text for text in texts)


# -- marks ---------------------------------------------------------------------------------------


class Screen(io.StringIO):
    """A stream that may be a terminal, in an encoding."""

    def __init__(self, *, is_terminal=True, encoding="utf-8"):
        super().__init__()
        self._is_terminal, self._encoding = is_terminal, encoding

    encoding = property(lambda self: self._encoding)

    def isatty(self):
        return self._is_terminal


@pytest.fixture(autouse=True)
def colors(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def shown(mark, *, color=None, **screen):
    stream = Screen(**screen)
    tell("It is done.", "  so", stream=stream, mark=mark, color=color)
    return stream.getvalue()


@pytest.mark.parametrize("mark", [DONE, WARNING, FAILURE])
def test_a_mark_is_in_colour_on_a_terminal_and_before_the_first_line_only(mark):
    assert re.fullmatch(rf"\x1b\[3\dm{mark}\x1b\[0m It is done\.\n  so\n", shown(mark))


@pytest.mark.parametrize("mark", [DONE, WARNING, FAILURE])
def test_a_mark_has_no_colour_where_none_is_wanted(mark, monkeypatch):
    plain = f"{mark} It is done.\n  so\n"
    assert shown(mark, color=False) == plain
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert shown(mark) == plain


@pytest.mark.parametrize("mark", [DONE, WARNING, FAILURE])
def test_there_is_no_mark_in_a_pipe(mark):
    assert shown(mark, is_terminal=False) == "It is done.\n  so\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_mark_that_the_encoding_lacks_is_left_out(encoding):
    assert shown(DONE, encoding=encoding) == "It is done.\n  so\n"
    assert "!" in shown(WARNING, encoding=encoding)


# -- the home ------------------------------------------------------------------------------------


@pytest.mark.posix("its shells do not expand a tilde")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/home/alice/.aws/config:3: x", "~/.aws/config:3: x"),
        ("cannot read /home/alice/.aws/config: no", "cannot read ~/.aws/config: no"),
        ("keys of alice (/home/alice/.aws/config:3)", "keys of alice (~/.aws/config:3)"),
        ("rm '/home/alice/.aws/a b'", "rm '/home/alice/.aws/a b'"),
        ("A=/home/alice/c awscreds list", "A=/home/alice/c awscreds list"),
        ("/home/alice2/.aws", "/home/alice2/.aws"),
    ],
)
def test_the_home_is_shown_as_a_tilde_where_a_shell_would_expand_it(line, expected, monkeypatch):
    monkeypatch.setenv("HOME", "/home/alice")
    monkeypatch.delenv("SUDO_UID", raising=False)
    stream = Screen(is_terminal=False)
    tell(line, stream=stream)
    assert stream.getvalue() == f"{expected}\n"
    # Under sudo the shell's ~ is another.
    monkeypatch.setenv("SUDO_UID", "1000")
    stream = Screen(is_terminal=False)
    tell(line, stream=stream)
    assert stream.getvalue() == f"{line}\n"
