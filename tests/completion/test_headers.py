"""Which names the awk program finds: those that the AWS CLI knows, and never another line."""

import shutil
import subprocess
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import awscreds.completion
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from tests.helpers import missing_tool

PROGRAM = (Path(awscreds.completion.__file__).parent / "headers.awk").read_text()
AWKS = ["awk", "mawk", "gawk", "original-awk", "busybox"]
"""The system's own, and those of Debian, of Fedora, of macOS and the BSDs, of Alpine."""


@pytest.fixture(params=[awk for awk in AWKS if awk == "awk" or shutil.which(awk)])
def awk(request):
    if not shutil.which(request.param):
        missing_tool("awk is not installed")
    return ["busybox", "awk"] if request.param == "busybox" else [request.param]


def found(awk, config=b"", credentials=b"", want="profile", *, typed="", folder):
    """The names that the program prints of two files; of one that is there twice, both."""
    (folder / "config").write_bytes(config)
    (folder / "credentials").write_bytes(credentials)
    program = "function put(text) { print text }\n" + PROGRAM
    done = subprocess.run(
        [
            *awk,
            "-v",
            f"want={want}",
            program,
            "kind=config",
            "config",
            "kind=credentials",
            "credentials",
        ],
        capture_output=True,
        cwd=folder,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "AWSCREDS_TYPED": typed},
        check=True,
    )
    assert done.stderr == b""
    return done.stdout.decode(errors="surrogateescape").splitlines()


CONFIG = rb"""
[default]
[profile plain]
[profile	tab]
[profile "two words"]
[profile 'it is']
[profile "quo\"te"]
[profile back\ slash]
[profilefoo bar]
[profile open"quote]
[profile a b]
[profile ]
[ profile padded]
[sso-session x]
[services y]
[plugins]
[profile commented] # and more
[profile noted] ; aws_secret_access_key = x]
  [profile indented]
key = [profile value]
[profile plain]
[profile cr]
"""
EXPECTED = [
    "default",
    "plain",
    "tab",
    "two words",
    "it is",
    'quo"te',
    "back slash",
    "bar",
    "commented",
    "plain",
    "cr",
]


def test_names_are_parted_as_the_aws_cli_does(awk, tmp_path):
    assert found(awk, CONFIG, folder=tmp_path) == EXPECTED
    assert set(EXPECTED) < set(Document.parse(CONFIG).profiles())


def test_in_the_credentials_file_the_whole_header_is_the_name(awk, tmp_path):
    credentials = b"[default]\n[a b]\n[profile x]\n"
    assert found(awk, b"", credentials, folder=tmp_path) == ["default", "a b", "profile x"]


@pytest.mark.parametrize("typed", ["p", "plain", "two w", "it ", 'quo"', "back s", "c", "x", "["])
def test_only_names_that_begin_as_what_was_typed_are_printed(awk, typed, tmp_path):
    expected = [name for name in EXPECTED if name.startswith(typed)]
    assert found(awk, CONFIG, typed=typed, folder=tmp_path) == expected
    credentials = b"".join(b"[" + name.encode() + b"]\n" for name in EXPECTED)
    assert found(awk, b"", credentials, typed=typed, folder=tmp_path) == expected


def test_the_last_header_needs_no_line_end_and_the_next_file_is_another(awk, tmp_path):
    assert found(awk, b"[profile a]\n[profile b]", b"[c]", folder=tmp_path) == ["a", "b", "c"]
    assert found(awk, b"[profile a] x[y\n", b"[profile b] [c]", folder=tmp_path) == []


def test_a_byte_order_mark_and_foreign_line_ends_are_no_part_of_a_name(awk, tmp_path):
    config = b"\xef\xbb\xbf[profile first]\r\n[profile second]\r\n"
    assert found(awk, config, folder=tmp_path) == ["first", "second"]


def test_a_file_of_lone_carriage_returns_gives_away_no_key(awk, tmp_path):
    credentials = b"[one]\raws_secret_access_key = secret]\r[two]\r"
    assert found(awk, b"", credentials, folder=tmp_path) in (["one"], [])


@pytest.mark.parametrize(
    "name",
    [
        b"\x1b[31mred",
        b"tab\there",
        b"del\x7f",
        b"\xc2\x9bcsi",
        b"\xe2\x80\xaertl",
        b"zero\xe2\x80\x8bwidth",
        b"\xe2\x81\xa6isolate",
        b"\xd8\x9cmark",
    ],
)
def test_names_that_would_deceive_on_a_screen_are_not_offered(awk, tmp_path, name):
    credentials = b"[" + name + b"]\n[umpl\xc3\xa4ut]\n"
    assert found(awk, b"", credentials, folder=tmp_path) == ["umpläut"]


def test_key_ids_are_the_pointers_of_the_config_file_and_nothing_else(awk, tmp_path):
    config = (
        b"[profile a]\nawscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\r\n"
        b"[profile b]\nawscreds_access_key_id=AKIAI44QH8DHBEXAMPLE  \n"
        b"[profile c]\nawscreds_access_key_id = $(touch x)\naws_secret_access_key = SECRET\n"
        b"awscreds_access_key_id_of = AKIAOTHER\n  awscreds_access_key_id = AKIANESTED\n"
    )
    ids = found(awk, config, want="key-id", folder=tmp_path)
    assert ids == ["AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"]


PIECES = st.sampled_from(
    [
        "[",
        "]",
        "profile",
        "default",
        " ",
        "\t",
        '"',
        "'",
        "\\",
        "a",
        "b-c",
        "ä",
        "=",
        "#",
        "\n",
        "x",
    ]
)
FILES = st.lists(
    st.one_of(
        st.builds("[profile {}]".format, st.lists(PIECES, max_size=6).map("".join)),
        st.builds("[{}]".format, st.lists(PIECES, max_size=6).map("".join)),
        st.builds("key = {}".format, st.lists(PIECES, max_size=6).map("".join)),
        st.lists(PIECES, max_size=8).map("".join),
    ),
    max_size=8,
).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(config=FILES, credentials=FILES)
def test_every_name_that_is_offered_is_a_profile(tmp_path_factory, config, credentials):
    folder = tmp_path_factory.mktemp("files")
    both = config.encode(), credentials.encode()
    known = Profiles(Document.parse(both[0]), Document.parse(both[1], credentials=True)).names()
    assert set(found(["awk"], *both, folder=folder)) <= set(known)


NAMES = st.text(
    st.characters(
        exclude_characters="[]\x7f", exclude_categories=("C", "Z"), include_characters=" "
    ),
    min_size=1,
).filter(lambda name: name == name.strip() and name != "default")


@settings(max_examples=100, deadline=None)
@given(names=st.lists(NAMES, unique=True, max_size=5))
def test_every_profile_that_was_written_plainly_is_offered(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("files")
    document = Document.parse(b"")
    for name in names:
        document.set(("profile", name), "region", "eu-central-1")
    deceptive = set("\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u2060\ufeff")
    honest = [name for name in names if not deceptive & set(name)]
    assert found(["awk"], document.render(), folder=folder) == honest
    for typed in {name[: 1 + len(name) // 2] for name in names}:
        expected = [name for name in honest if name.startswith(typed)]
        assert found(["awk"], document.render(), typed=typed, folder=folder) == expected
