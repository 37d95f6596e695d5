"""Files with the traps that AWS's config format has, and what botocore makes of them."""

import configparser
import copy
import os

from botocore import configloader
from botocore.exceptions import ConfigParseError
from hypothesis import given, settings
from hypothesis import strategies as st

from awscreds.model.ini.document import PROFILE, SERVICES, SSO_SESSION

KINDS = {PROFILE: "profiles", SSO_SESSION: "sso_sessions", SERVICES: "services"}


def law(*arguments):
    """`given`, with no deadline for an example: machines stall."""
    return lambda test: settings(deadline=None)(given(*arguments)(test))


HEADERS = [
    "default",
    "profile default",
    " default ",
    "DEFAULT",
    "profile dev",
    "profile  dev",
    "profile\tdev",
    'profile "dev"',
    "profile 'dev'",
    "profile d\\ev",
    'profile "a b"',
    "profile 'a b'",
    "profile a b",
    "profile",
    'profile ""',
    'profile "a',
    " profile dev",
    "profile dev ",
    "profilefoo dev",
    "profile plug",
    "profile plugin",
    "profile user@host.example+x/y",
    "profile a]b",
    "profile a#b",
    "profile é\u00a0x",
    "plugins",
    "plug",
    "p",
    "dev",
    "preview",
    "sso-session x",
    "sso-session",
    "services x",
    "services 'x'",
    "",
    "]",
]
KEYS = [
    "region",
    "Region",
    "REGION",
    "output",
    "s3",
    "S3",
    "x y",
    "aws_secret_access_key",
    "İ",
    "[k",
    "",
]
VALUES = [
    "eu-central-1",
    "",
    "x # not a comment",
    "x ; nor this",
    "a=b",
    "a:b",
    "=",
    "[profile dev]",
    "'quoted'",
    "\u00e9\u2028\u00e9",
    "a = b\x1cc = d",
    "\x85",
    "100%",
]
BLANKS = st.sampled_from(
    ["", "", "", " ", "  ", "    ", "\t", "\u00a0", "\x0b", " \x1f", "\u3000 "]
)
ENDINGS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])


@st.composite
def lines(draw, headers=HEADERS):
    """One line, or a nested block, mostly well-formed."""
    kind = draw(st.sampled_from("hhhkkkkkkbbccnnnj"))
    indent = draw(BLANKS) if draw(st.booleans()) else ""
    ending = draw(ENDINGS) if draw(st.integers(0, 4)) == 0 else "\n"
    if kind == "h":
        after = draw(st.sampled_from(["", "", " ", " # comment", "x", " ]"]))
        return f"{indent}[{draw(st.sampled_from(headers))}]{after}{ending}"
    if kind == "b":
        return indent + ending
    if kind == "c":
        return indent + draw(st.sampled_from("#;")) + " k = v" + ending
    if kind == "j":
        return indent + draw(st.sampled_from(["junk", "= x", ": x", "[open", "k = v"])) + ending
    delimiter = draw(st.sampled_from([" = ", "=", ":", " : ", "= ", " =\t", "\u00a0=\u00a0"]))
    key, value = draw(st.sampled_from(KEYS)), draw(st.sampled_from(VALUES))
    if kind == "k":
        return f"{indent}{key}{delimiter}{value}{draw(BLANKS)}{ending}"
    inner = draw(
        st.lists(
            st.sampled_from(
                ["a = 1", "B = 2", "a=", "max_concurrent_requests = 20", "", "# c", "x", "k: v = w"]
            ),
            max_size=4,
        )
    )
    return f"{indent}{key}{delimiter.rstrip()}{ending}" + "".join(
        f"{indent}{draw(st.sampled_from(['  ', '    ', chr(9), ' ']))}{line}{ending}"
        for line in inner
    )


@st.composite
def texts(draw, headers=HEADERS):
    """A file's text."""
    body = "".join(draw(st.lists(lines(headers), max_size=12)))
    start = draw(st.sampled_from(["[default]\n"] * 6 + ["", "\ufeff"]))
    text = start + body
    return text.rstrip("\r\n") if draw(st.integers(0, 3)) == 0 else text


soups = st.text(
    alphabet="[[]]==: \t\n\n\n\r#;abpP\"'\\\x0b\x0c\x1c\x85\u00a0\u2028\ufeff", max_size=60
).map(lambda text: "[p]\n" + text)
"""Texts of nothing but the characters that mean something."""

TIDY = [header for header in HEADERS if header != "DEFAULT"]


def by_botocore(data, folder):
    """What botocore reads: all of `load_config`; None where it refuses."""
    path = os.path.join(folder, "config")
    with open(path, "wb") as file:
        file.write(data)
    try:
        return configloader.load_config(path)
    except ConfigParseError:
        return None


def sections_by_botocore(data, folder):
    """What botocore reads in a credentials file; None where it refuses."""
    path = os.path.join(folder, "credentials")
    with open(path, "wb") as file:
        file.write(data)
    try:
        return configloader.raw_config_parse(path)
    except ConfigParseError:
        return None


def by_lenient_botocore(text):
    """What botocore would read if its parser let duplicates pass; None where it still fails."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text.replace("\r\n", "\n").replace("\r", "\n"))
        sections = {}
        for section in parser.sections():
            sections[section] = dict(parser.items(section))
            for key, value in sections[section].items():
                if value.startswith("\n"):
                    sections[section][key] = configloader._parse_nested(value)
    except (configparser.Error, ValueError):
        return None
    return configloader.build_profile_map(sections)


def as_botocore(document):
    """A document's values in the shape of botocore's `load_config`."""
    shape = {name: {} for name in KINDS.values()}
    for section in document.sections():
        kind, name = section
        if kind in KINDS and name:
            shape[KINDS[kind]][name] = document.values(section)
        elif not kind.startswith(tuple(KINDS)) and kind not in KINDS.values():
            shape[kind] = document.values(section)
    return shape


def comparable(loaded):
    """botocore's answer without what has no name here: profiles called by the empty text."""
    loaded = copy.deepcopy(loaded)
    for kind in KINDS.values():
        loaded[kind].pop("", None)
    return loaded
