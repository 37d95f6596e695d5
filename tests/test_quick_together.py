"""All short ways over the same odd files, variables and streams: each prints what the command does.

``test_quick`` has files of whole profiles. Here their lines are mixed and damaged.
"""

import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.test_quick import CREDENTIALS, LINES, LISTED, LISTS, STATE, agree, write

SHORT = [*LINES, *LISTS, ["--version"]]
LINES_OF_FILES = sorted({line for text in (*LISTED, *CREDENTIALS) for line in text.splitlines()})
ODD_LINES = (
    *(
        "[profile grün]",
        "[profile 日本]",
        "[profile a\u0301]",
        "[profile a\u202eb]",
        "[profile  a]",
    ),
    *("[profile a] # x", "[ profile a ]", "[profile a ]", "[profilea]", "[a]", "[default]", "[]"),
    *(
        '[profile "a b"]',
        "[profile 'a']",
        "[profile a",
        "profile a]",
        "[profile -x]",
        "[profile A]",
    ),
    *(
        "[profile *]",
        "[profile default]",
        "[preview]",
        "[plugins]",
        "[sso-session a]",
        "[profile \t]",
    ),
    *("region =", "region", "region=x", "region : x", "Region = x", " region = x", "\tregion = x"),
    *("region = x # y", "region = x ; y", "region = \u00e9", "region = a\tb", "region = a\x07b"),
    *("region = us-east-1\xa0", "= x", "a = b", "source_profile = a", "source_profile = A"),
    *("role_arn = arn:aws:iam::123456789012:role/grün", "role_arn = ", "mfa_serial = x"),
    *("aws_account_id = 12345678901", "sso_account_id = x", "awscreds_serve = session"),
    *("awscreds_key_cache = 1h", "awscreds_max_key_age = x", "output = table", "s3 =", "  x = y"),
    *("", " ", "\t", "# x", "; x", " # x", "\x0c", "\x1c", "\u2028", "\ufeff", "\x00", "\udcff"),
)
LINE = st.sampled_from(LINES_OF_FILES) | st.sampled_from(ODD_LINES)
NAMES = st.sampled_from(("", "a", "b", "c", "p", "default", "none", "grün", " a", "A", "*"))
WIDTHS = ("1", "9", "20", "40", "61", "80", "100", "140", "1000", "٣")  # the stream itself has none
VARIABLES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWSCREDS_PROFILE"), NAMES),
        "AWS_REGION": st.sampled_from(("", "eu-west-1", "\x1b[31m")),
        "AWS_ACCESS_KEY_ID": st.just("AKIAIOSFODNN7EXAMPLE"),
        "COLUMNS": st.sampled_from(WIDTHS),
        "NO_COLOR": st.sampled_from(("", "1")),
        "TERM": st.sampled_from(("", "dumb", "xterm")),
        "AWSCREDS_PAGER": st.sampled_from(("", "less", '"')),
        "AWS_CONFIG_FILE": st.sampled_from(("", "/nonexistent", "config", "~/.aws/credentials")),
    },
)


@st.composite
def files(draw):
    """The text of an AWS file, and what ends its lines."""
    lines = draw(st.lists(LINE, max_size=9))
    if draw(st.booleans()):
        lines = [*draw(st.sampled_from(LISTED)).splitlines(), *lines]
    text = draw(st.sampled_from(("\n", "\n", "\n", "\r\n", "\r"))).join(lines)
    at = draw(st.integers(0, len(text)))
    added = draw(
        st.sampled_from(("", "", "", "[", "]", "=", " ", "\n", "\t", "'", '"', "#", "%", "\x1b"))
    )
    return text[:at] + added + text[at:] + draw(st.sampled_from(("", "\n", "\n\n", " ")))


def write_bytes(home, texts):
    write(home, "", "")
    for name, text in zip(("config", "credentials"), texts, strict=True):
        if text:
            path = home / ".aws" / name
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
            path.chmod(0o600)


@pytest.mark.timeout(900)  # with --full
@pytest.mark.parametrize("state", [None, STATE], ids=["no record", "a record"])
def test_all_short_ways_agree_with_the_commands_over_odd_files(state, home, at_rest, monkeypatch):
    monkeypatch.chdir(home)
    taken = set()
    folder = home / ".aws" / "awscreds"
    if state:
        folder.mkdir(mode=0o700, parents=True)
        (folder.parent).chmod(0o700)
        (folder / "state.json").write_text(state)
        (folder / "state.json").chmod(0o600)

    @settings(suppress_health_check=list(HealthCheck))
    @given(files(), files() | st.just(""), VARIABLES, st.booleans())
    @example("[profile a]\nregion = x\n", "", {}, True)
    def law(config, credentials, variables, at_terminal):
        write_bytes(home, (config, credentials))
        environ = {**os.environ, **variables}
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            for words in SHORT:
                if agree(words, environ, at_terminal=at_terminal and "COLUMNS" in variables):
                    taken.add(" ".join(words))

    law()
    assert {"list", "list --json", "configure list-profiles"} <= taken
