r"""What is printed, against the rules of its readers.

The POSIX shells and fish read it themselves in tests/e2e/test_shells.py. PowerShell and cmd.exe
are here as small readers of exactly the syntax that may be printed.
"""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.errors import AwscredsError
from awscreds.model import shells

KEYS = {
    "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY==",
    "AWS_CREDENTIAL_EXPIRATION": "2030-01-01T00:00:00Z",
    "AWSCREDS_PROFILE": "my dev",
}

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
environment_texts = st.binary().map(
    lambda raw: raw.replace(b"\0", b"").decode("utf-8", "surrogateescape")
)


def printed(shape, value, name="K"):
    return shells.statements(shape, assign={name: value})


def test_keys_and_tokens_stay_readable():
    assert shells.statements("sh", assign=KEYS, remove=["AWS_PROFILE", "AWS_SECURITY_TOKEN"]) == (
        "export AWS_ACCESS_KEY_ID='ASIAIOSFODNN7EXAMPLE';\n"
        "export AWS_SECRET_ACCESS_KEY='wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY==';\n"
        "export AWS_CREDENTIAL_EXPIRATION='2030-01-01T00:00:00Z';\n"
        "export AWSCREDS_PROFILE='my dev';\n"
        "unset -v AWS_PROFILE AWS_SECURITY_TOKEN;\n"
    )
    assert "set -gx AWSCREDS_PROFILE 'my dev';\n" in shells.statements("fish", assign=KEYS)
    assert "$Env:AWSCREDS_PROFILE = 'my dev';\n" in shells.statements("powershell", assign=KEYS)
    assert 'set "AWSCREDS_PROFILE=my dev"\n' in shells.statements("cmd", assign=KEYS)


@given(environment_texts)
def test_text_for_sh_has_nothing_in_it_that_an_unquoted_expansion_could_change(value):
    text = shells.statements("sh", assign={"K": value, "L": value}, remove=["M"])
    text = text.replace('"${K%.}"', "").replace('"${L%.}"', "")
    assert re.fullmatch(r"[A-Za-z0-9_./:@%+=\-\"'`\\; \n]*", text)
    assert not re.search(r"\\[^0-7]|\\\Z|  | =|[^;]\n", text)


@pytest.mark.parametrize("shape", ["sh", "fish"])
@given(value=environment_texts)
def test_no_statement_depends_on_a_line_break(shape, value):
    text = shells.statements(shape, assign={"K": value}, remove=["M"])
    assert all(line.endswith(";") for line in text.splitlines())


@pytest.mark.parametrize("shape", ["sh", "fish", "powershell", "cmd"])
@given(value=texts)
def test_what_a_shell_gets_is_ascii(shape, value):
    try:
        text = printed(shape, value)
    except AwscredsError:
        return
    assert all(" " <= char <= "~" or char == "\n" for char in text)


# -- PowerShell ----------------------------------------------------------------------------------

SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b"


def powershell(line):
    """What `iex` makes of `$Env:K = 'text' + [char]0x263a + …;`."""
    head, rest = re.fullmatch(r"\$Env:(\w+) = (.*);", line).groups()
    units = b""
    while True:
        if rest[0] in SINGLE_QUOTES:
            at = 1
            while rest[at] not in SINGLE_QUOTES or rest[at + 1 : at + 2] in tuple(SINGLE_QUOTES):
                # A quote is said by two, of any of the kinds; the second is the one that counts.
                at += rest[at] in SINGLE_QUOTES
                units += rest[at].encode("utf-16-be")
                at += 1
            rest = rest[at + 1 :]
        else:
            unit, rest = re.fullmatch(r"\[char\]0x([0-9a-f]{4})(.*)", rest).groups()
            units += bytes.fromhex(unit)
        if not rest:
            return head, units.decode("utf-16-be")
        assert rest.startswith(" + ")
        rest = rest.removeprefix(" + ")


@given(texts)
def test_powershell_reads_any_text_back_line_by_line(value):
    (line,) = printed("powershell", value).splitlines()
    assert powershell(line) == ("K", value)
    assert line.startswith("$Env:K = '")  # a string comes first: [char] + [char] adds numbers


@pytest.mark.parametrize("quote", SINGLE_QUOTES)
def test_powershell_never_sees_a_quote_it_would_take_for_the_end(quote):
    (line,) = printed("powershell", f"a{quote}; calc; {quote}").splitlines()
    assert powershell(line) == ("K", f"a{quote}; calc; {quote}")


def test_powershell_removes_what_may_not_be_there():
    assert shells.statements("powershell", assign={}, remove=["A", "B"]) == (
        "$Env:A = $null; $Env:B = $null;\n"
    )


# -- cmd.exe -------------------------------------------------------------------------------------


def cmd(line, *, batch, delayed):
    """What cmd.exe makes of `set "K=v"`, in a batch file or out of `for /f`."""
    if batch:
        line = re.sub("%(%|[^%]*%|)", lambda found: "%" if found[1] == "%" else "", line)
    if delayed and "!" in line:
        line = re.sub(r"\^(.)", r"\1", re.sub("![^!]*!?", "", line))
    assert len(line) <= 8191
    name, value = re.fullmatch(r'set "(\w+)=(.*)"', line).groups()
    assert '"' not in value  # where quotes are open, & | < > ( ) ^ are text
    return name, value


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("delayed", [True, False])
@given(value=st.text(st.characters(max_codepoint=0x17F)))
def test_cmd_reads_back_what_is_printed_for_it(batch, delayed, value):
    try:
        (line,) = printed("cmd", value).split("\n")[:-1]
    except AwscredsError:
        assert re.search(r'[^ -~]|["%!]', value)
    else:
        assert cmd(line, batch=batch, delayed=delayed) == ("K", value)


@pytest.mark.parametrize("value", ['a"b', "100%", "a!b", "a\nb", "\x1a", "zoë", "x" * 8190])
def test_cmd_gets_nothing_that_it_cannot_quote(value):
    with pytest.raises(AwscredsError, match="K cannot be printed in the format cmd"):
        printed("cmd", value)


def test_cmd_takes_what_only_looks_dangerous():
    assert printed("cmd", "a & b | c ^ d < e > (f)") == 'set "K=a & b | c ^ d < e > (f)"\n'
    assert shells.statements("cmd", assign={}, remove=["A", "B"]) == 'set "A="\nset "B="\n'


# -- data ----------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(["A", "B", "C"]), environment_texts))
def test_json_is_one_object_of_what_is_assigned(variables):
    text = shells.statements("json", assign=variables, remove=["AWS_PROFILE"])
    assert json.loads(text) == variables
    assert text.isascii()
    assert text.endswith("}\n")


def docker_env_file(text):
    """As docker reads an --env-file: lines, a final CR off, then all after the first `=`."""
    for line in text.encode().decode("utf-8").split("\n"):
        if line := line.removesuffix("\r").lstrip():
            yield tuple(line.split("=", 1))


@given(texts)
def test_docker_reads_back_what_is_printed_as_dotenv(value):
    try:
        text = shells.statements("dotenv", assign={"A": value, "B": "x"}, remove=["AWS_PROFILE"])
    except AwscredsError:
        assert "\n" in value or value.endswith("\r")
    else:
        assert list(docker_env_file(text)) == [("A", value), ("B", "x")]


def test_dotenv_has_no_quotes():
    assert printed("dotenv", "my 'dev' #1") == "K=my 'dev' #1\n"


# -- refusals and failures -----------------------------------------------------------------------

TOO_MUCH = {
    "sh": ["\0", "\ud800"],
    "fish": ["\0", "\ud800"],
    "powershell": ["\0", "\ud800", "\udc80"],
    "cmd": ["\0", "\n", "\udc80"],
    "dotenv": ["\0", "\n", "\r", "\udc80"],
}


@pytest.mark.parametrize(
    ("shape", "char"), [(shape, char) for shape, chars in TOO_MUCH.items() for char in chars]
)
def test_a_refused_value_is_named_and_not_shown(shape, char):
    with pytest.raises(AwscredsError) as caught:
        printed(shape, f"hush{char}", name="AWS_SECRET_ACCESS_KEY")
    error = caught.value
    assert "AWS_SECRET_ACCESS_KEY" in error.message
    assert shape in error.message
    assert error.hint
    assert "hush" not in f"{error!r}{error.message}{error.hint}"
    assert error.__suppress_context__
    assert "hush" not in repr(error.__context__)


def test_a_shell_with_nothing_to_change_gets_a_comment_and_a_program_no_data():
    assert {shape: shells.statements(shape, assign={}) for shape in shells.FORMATS} == {
        "sh": "# awscreds: nothing to change\n",
        "fish": "# awscreds: nothing to change\n",
        "powershell": "# awscreds: nothing to change\n",
        "cmd": "rem awscreds: nothing to change\n",
        "json": "{}\n",
        "dotenv": "",
    }


def test_a_failure_is_a_command_that_fails():
    assert {shape: shells.failure(shape, 3) for shape in shells.FORMATS} == {
        "sh": "false",
        "fish": "false",
        "powershell": "throw 'awscreds failed (exit 3)';",
        "cmd": "false",
        "json": "false",
        "dotenv": "false",
    }


def test_only_a_value_that_ends_with_a_line_break_has_a_guard_for_it():
    assign = shells.FORMATS["sh"].assign
    assert "%.}" in assign("A", "a b\n")
    assert "%.}" not in assign("A", "a b")


def test_the_command_beside_a_variable_is_separated_as_each_shell_does_it():
    assert shells.with_variable("cmd", "A", "x", "run").endswith("& run")
    assert "&" not in shells.with_variable("powershell", "A", "x", "run")
    assert shells.with_variable("sh", "A", "x", "run") == "A=x run"


@pytest.mark.parametrize("value", [" x", "~", "x y ", "~ ~"])
def test_what_begins_or_ends_with_the_first_or_last_printable_letter_stays_readable(value):
    assert printed("powershell", value) == f"$Env:K = '{value}';\n"
    assert printed("fish", value) == f"set -gx K '{value}';\n"


def test_the_longest_line_of_cmd_is_printed_and_a_longer_one_refused():
    longest = "x" * (8191 - len('set "K="'))
    assert printed("cmd", longest) == f'set "K={longest}"\n'
    with pytest.raises(AwscredsError, match="too long"):
        printed("cmd", longest + "x")


def test_each_shell_has_its_format_and_a_program_that_is_none_has_no_format():
    assert {
        program: shells.format_of(program)
        for program in ("bash", "busybox", "fish", "pwsh", "powershell", "cmd", "sh.exe", "nu", "")
    } == {
        "bash": "sh",
        "busybox": "sh",
        "fish": "fish",
        "pwsh": "powershell",
        "powershell": "powershell",
        "cmd": "cmd",
        "sh.exe": None,
        "nu": None,
        "": None,
    }


def test_data_is_what_can_remove_no_variable():
    assert [name for name, rules in shells.FORMATS.items() if rules.is_data] == ["json", "dotenv"]
