"""What a profile can be called: judged beside models of the SDKs' own parsers."""

import re

import pytest
from hypothesis import example
from hypothesis import strategies as st

from awscreds.errors import UsageError
from awscreds.model import names, tools
from awscreds.model.ini.document import PROFILE, Document
from awscreds.model.ini.edit import header_text
from awscreds.model.problems.lines import problems_of
from tests.model.ini.cases import law

# Models of what each SDK does with a header, from the sources named in `model.tools`.
# Each takes the line and gives the profile's name; None where it sees none; Refused for the file.

IDENTIFIER = re.compile(r"[A-Za-z0-9_\-/.%@:+]+")


class Refused(Exception):
    pass


def strict(line):
    """Java and Rust: comments need no blank before them in a header, and it must end in ]."""
    line = re.split("[#;]", line, maxsplit=1)[0].strip(" \t")
    if not line.endswith("]"):
        raise Refused
    words = re.fullmatch(r"profile[ \t]+(.*)", line[1:-1].strip(" \t"))
    return words[1] if words and IDENTIFIER.fullmatch(words[1]) else None


def go(line):
    line = re.split("[#;]", line, maxsplit=1)[0].rstrip(" \t")
    if not (line.startswith("[") and line.endswith("]")):
        if "=" in line or ":" in line:
            return None
        raise Refused
    words = re.fullmatch(r"profile[ \t]+(.*)", line[1:-1].strip())
    return words[1] if words else None


def javascript(line):
    line = re.split(r"(?:^|\s)[;#]", line, maxsplit=1)[0].strip()
    if not (line.startswith("[") and line.endswith("]")):
        return None
    if line[1:-1] in ("__proto__", "profile __proto__"):
        raise Refused
    found = re.fullmatch(r"""([\w-]+)\s(["'])?([\w@+.%:/-]+)(\2)?""", line[1:-1], re.ASCII)
    return found[3] if found and found[1] == "profile" and found[2] == found[4] else None


MODELS = {
    tools.GO: go,
    tools.JAVA: strict,
    tools.RUST: strict,
    tools.JAVASCRIPT: javascript,
}

NAMES = st.text(alphabet="ab_9.-/%@:+ #;='\"\\,[]()$`~é\u3164\u200b\n\t", max_size=6) | st.text(
    max_size=5
)


@law(NAMES)
@example("#h")
@example("a#b")
@example("a ;b")
@example("__proto__")
@example("two words")
@example("ü")
@example("a=b")
def test_a_new_name_breaks_no_file_and_is_seen_by_all_but_those_that_are_named(name):
    if names.breaks(name):
        with pytest.raises(UsageError):
            names.checked(name)
        return
    assert names.checked(name) == name
    if name == "default":
        return
    line = f"[{header_text((PROFILE, name), credentials=False)}]"
    blind = [tool for tool in tools.SDKS if MODELS[tool](line) != name]
    assert blind == list(names.blind(name))


@law(st.text(alphabet=sorted(names.EVERYWHERE), min_size=1))
def test_a_name_of_letters_digits_and_these_marks_is_seen_by_every_tool(name):
    assert names.blind(name) == ()
    assert names.breaks(name) is None or name in ("DEFAULT", "__proto__")


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", " a", "a ", "a]b", "a\nb", "a\tb", "a\x1bb", "a\u202eb", "a\u200bb", "a\udcffb"),
        *("#h", ";h", "a #b", "a ;b", "a#b", "a;b", "DEFAULT", "__proto__", "\u3164", "a\ufe0f"),
        *("a\xa0b", "\u2800", "a\u034fb", "a\U000e0100"),
    ],
)
def test_a_name_that_breaks_a_file_or_hides_is_refused(name):
    with pytest.raises(UsageError) as caught:
        names.checked(name)
    assert caught.value.code == "bad-profile-name"


@pytest.mark.parametrize(
    ("name", "blind"),
    [
        ("a b", tools.SDKS),
        ("o'neill", tools.SDKS),
        ('"x"', tools.SDKS),
        ("a\\b", tools.SDKS),
        ("käse", (tools.JAVA, tools.JAVASCRIPT, tools.RUST)),
        ("a=b", (tools.JAVA, tools.JAVASCRIPT, tools.RUST)),
        ("a,b", (tools.JAVA, tools.JAVASCRIPT, tools.RUST)),
        ("[b", (tools.JAVA, tools.JAVASCRIPT, tools.RUST)),
        ("$(id)`", (tools.JAVA, tools.JAVASCRIPT, tools.RUST)),
        ("a.b@c+d/e:f%g", ()),
    ],
)
def test_a_name_that_some_sdks_cannot_see_can_be_had_and_they_are_named(name, blind):
    assert names.checked(name) == name
    assert names.blind(name) == blind
    assert all(tool in names.question(name) for tool in blind)


@law(NAMES)
def test_the_linter_names_the_same_tools_for_a_name_that_is_there_already(name):
    if names.breaks(name) or name == "default":
        return
    header = header_text((PROFILE, name), credentials=False)
    found = problems_of(Document.parse(f"[{header}]\n".encode()))
    assert [p.tools for p in found if p.code == "unseen-name"] == [names.blind(name)] * bool(
        names.blind(name)
    )


def test_a_secret_is_no_name():
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert names.breaks(secret) == "look like a secret access key"
    assert names.breaks(secret.lower()) is names.breaks(secret + "s") is None
