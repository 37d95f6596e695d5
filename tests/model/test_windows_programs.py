"""Which program a word means on Windows, and what cmd.exe gets to read."""

import botocore.compat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.errors import UsageError
from awscreds.model.windows_programs import batch_line, find, is_batch_file, split

PATH = r'C:\one;"C:\two ; half";;.;tools;\rooted;C:here;C:\three'


def found(name, *files):
    environ = {"PATH": PATH, "PATHEXT": ".EXE;.CMD"}
    return find(name, environ, lambda path: path.lower() in [file.lower() for file in files])


@pytest.mark.parametrize(
    ("name", "there", "program"),
    [
        ("tool", r"C:\three\tool.exe", r"C:\three\tool.EXE"),
        ("tool", r"C:\one\tool.cmd", r"C:\one\tool.CMD"),
        ("tool.exe", r"C:\three\tool.exe", r"C:\three\tool.exe"),
        (r"C:\else\tool", r"C:\else\tool.exe", r"C:\else\tool.EXE"),
        # As a word with no extension, it is not run: it may be a script of another system.
        ("tool", r"C:\one\tool", None),
        # The current folder, however the PATH may name it.
        *(("tool", place, None) for place in ("tool.exe", r".\tool.exe", r"tools\tool.exe")),
        *(("tool", place, None) for place in (r"\rooted\tool.exe", r"C:here\tool.exe")),
    ],
)
def test_a_program_is_found_in_the_folders_of_the_path(name, there, program):
    assert found(name, there) == program


def test_a_program_comes_before_a_batch_file_of_its_folder():
    assert found("tool", r"C:\one\tool.cmd", r"C:\one\tool.exe") == r"C:\one\tool.EXE"


@pytest.mark.parametrize("name", ["a.cmd", "a.BAT", "a.bat ", "a.cmd. ."])
def test_a_batch_file_is_known_by_its_name(name):
    assert is_batch_file(name)
    assert not is_batch_file("a.exe")


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("a & calc", '"a & calc"'),
        ("a^b|c>d", '"a^b|c>d"'),
        ('a" & calc "', '"a"" & calc """'),
        ("a\\", '"a\\\\"'),
        ('a\\"', '"a\\\\"""'),
        ("", '""'),
    ],
)
def test_each_word_for_a_batch_file_is_in_quotes(word, quoted):
    line = batch_line("cmd.exe", r"C:\a b\x.cmd", [word])
    assert line == rf'"cmd.exe" /d /e:on /v:off /s /c ""C:\a b\x.cmd" {quoted}"'


@pytest.mark.parametrize("word", ["%AWS_SECRET_ACCESS_KEY%", "100%", "a\nb", "a\rb"])
def test_what_no_quotes_can_protect_is_refused(word):
    with pytest.raises(UsageError, match=r"cmd\.exe would read it"):
        batch_line("cmd.exe", "x.cmd", [word])


def botocore_words(line):
    try:
        return botocore.compat.compat_shell_split(line, platform="win32")
    except ValueError:
        return None


def words_of(line):
    try:
        return split(line)
    except ValueError:
        return None


@given(st.text('\\\\""  \tab\'^%\n', max_size=30))
def test_a_line_is_split_as_botocore_splits_it_on_windows(line):
    assert words_of(line) == botocore_words(line)


def test_a_line_with_an_open_quote_has_no_words():
    assert words_of('"C:\\a b.exe') is None
