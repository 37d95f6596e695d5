"""The line in the config file reaches us as the same arguments, whoever reads it."""

import shlex
import subprocess
import sys

import pytest
from botocore.compat import compat_shell_split
from hypothesis import example, given, settings
from hypothesis import strategies as st

from awscreds.errors import ConfigurationError
from awscreds.model import credential_process
from awscreds.warm import parse_arguments

STARTER = ["/opt/aws creds/bin/python", "-I", "/opt/aws creds/awscreds/__main__.py"]
NASTY = "a b'$(touch x)`id`;|&<>\"\\*?[x]{y,z}~#%PATH%!x^"

names = st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1)


def through_sh(line: str) -> list[str]:
    # `set -- LINE` gives what a program started by `sh -c LINE` would get as its arguments.
    script = f"set -- {line}\nprintf '%s\\0' \"$@\""
    out = subprocess.run(["sh", "-c", script], check=True, capture_output=True).stdout
    return out.decode().split("\0")[:-1]


@given(names, names)
@example(NASTY, NASTY)
@example("-x", "/with space")
@example("--profile", "~")
@example("default", "/home/me/.aws/config")
@example("käse", "/é")
def test_shlex_and_our_parser_give_back_any_name_and_path(name, path):
    line = credential_process.line(STARTER, name, config_file=path, home=path)
    words = shlex.split(line)
    assert words[:3] == STARTER
    request = parse_arguments(words[4:])
    assert (request.profile, request.config_file, request.home) == (name, path, path)


@pytest.mark.posix("it has no sh")
@settings(max_examples=15)
@given(names)
@example(NASTY)
def test_sh_gives_the_same_words_as_shlex(name):
    line = credential_process.line(STARTER, name, home="/some where/else")
    assert through_sh(line) == shlex.split(line)


@given(names)
@example(NASTY)
def test_botocores_windows_splitter_gives_the_same_words(name):
    folder = "C:\\Program Files\\Python"
    starter = [f"{folder}\\python.exe", "-I", f"{folder}\\awscreds\\__main__.py"]
    line = credential_process.line(starter, name, windows=True)
    words = compat_shell_split(line, "win32")
    assert words[:3] == starter
    assert parse_arguments(words[4:]).profile == name


@given(names)
def test_only_plain_characters_of_a_name_ever_stand_in_the_line(name):
    line = credential_process.line(["/python", "-I", "/awscreds/__main__.py"], name)
    assert set(line) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@+/=- "
    )


def test_a_plain_name_stays_readable():
    line = credential_process.line(
        ["/v/bin/python", "-I", "/v/awscreds/__main__.py"], "dev@acme.com"
    )
    assert line == (
        "/v/bin/python -I /v/awscreds/__main__.py credential-process --profile dev@acme.com"
    )


@pytest.mark.parametrize("path", ["/a #b/python", "/a ;b/python", "/a\nb/python"])
def test_a_path_that_other_sdks_would_cut_is_refused(path):
    with pytest.raises(ConfigurationError, match="cannot contain"):
        credential_process.line([path], "dev")


@pytest.mark.parametrize("path", ["C:\\%TEMP%\\p.exe", 'C:\\a"b\\p.exe', "C:\\a!b\\p.exe"])
def test_a_windows_path_that_cmd_would_expand_is_refused(path):
    with pytest.raises(ConfigurationError, match="cannot contain"):
        credential_process.line([path], "dev", windows=True)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--profile"],
        ["--profile", ""],
        ["--profile", "a", "--profile", "b"],
        ["--profile-hex", "zz"],
        ["--help"],
        ["--profile", "a", "--json"],
        ["stray", "--profile", "a"],
    ],
)
def test_what_is_not_the_line_we_wrote_goes_to_the_full_parser(arguments):
    assert parse_arguments(arguments) is None


def test_equals_signs_are_taken_as_well():
    assert parse_arguments(["--profile=a=b"]).profile == "a=b"


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        (credential_process.line(STARTER, "dev"), True),
        (credential_process.line(STARTER, NASTY), True),
        (credential_process.line(["C:\\x y\\awscreds\\__main__.py"], "dev", windows=True), True),
        ("aws-vault export --format=json dev", False),
        ("/bin/other credential-process --profile dev", False),
        ("", False),
    ],
)
def test_our_own_line_is_told_from_a_foreign_one(line, ours):
    assert credential_process.is_ours(line) is ours


def test_the_interpreter_of_this_very_installation_can_stand_in_a_line():
    assert shlex.split(credential_process.line([sys.executable], "x"))[0] == sys.executable
