"""No hint about a file harms whoever follows it."""

import ast
import os
import re
from pathlib import Path

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores import edited_file, remedies, snapshot
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.state_dir import StateDir
from tests.test_hints import literals

HARMFUL = re.compile(r"\b(sudo [a-z]+|chown|chmod|rm)\b")
OUTSIDE = ["/dev/null", "/dev", "/", "/etc", "/usr/bin/env", "/tmp", "/proc/self/status"]


@pytest.mark.posix("it has neither chown nor chmod")
@pytest.mark.parametrize("path", [*OUTSIDE, "~", "~/fifo", "~/link-to-etc", "~/not-there"])
def test_nothing_but_a_file_or_folder_in_the_home_is_to_be_chowned(path, home):
    os.mkfifo(home / "fifo")
    (home / "link-to-etc").symlink_to("/etc")
    path = os.path.expanduser(path)
    assert remedies.to_own(path, "otherwise") == "otherwise"
    assert remedies.to_close(path, 0o600, "otherwise") == "otherwise"


@pytest.mark.posix("it has neither chown nor chmod")
def test_what_is_in_the_home_can_be_and_is_one_word_of_the_command(home):
    folder = home / "a b;c"
    folder.mkdir()
    assert remedies.to_own(str(folder), "") == f"sudo chown \"$(id -un)\" '{folder}'"
    assert remedies.to_close(str(folder), 0o700, "") == f"chmod 700 '{folder}'"


@pytest.mark.posix("it has no such files")
@pytest.mark.parametrize("path", ["/dev/null", "/dev/tty", "/proc/self/status", "/etc/passwd"])
@pytest.mark.parametrize("variable", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
def test_a_file_outside_the_home_is_refused_and_nobody_told_to_take_it(
    path, variable, home, monkeypatch
):
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    name = "config" if variable == "AWS_CONFIG_FILE" else "credentials"
    with pytest.raises(ConfigurationError) as caught:
        edited_file.EditedFile(name, path, None).check_replaceable()
    assert not HARMFUL.search(caught.value.hint)
    if path == "/dev/null":
        assert caught.value.code == "not-a-file"
        assert variable in caught.value.hint


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_into_a_store_that_a_tool_generates_is_said_to_be_that(
    kind, home, tmp_path, monkeypatch
):
    store = tmp_path / "store"
    store.mkdir()
    (store / "config").write_bytes(b"[default]\n")
    monkeypatch.setattr(remedies, "_GENERATED", ((f"{store}/", "Nix (NixOS, home-manager)"),))
    aws = home / ".aws"
    if kind == "folder":
        aws.symlink_to(store)
    else:
        aws.mkdir(mode=0o700)
        (aws / "config").symlink_to(store / "config")
    files = AwsFiles.from_environment({"HOME": str(home)}, warn=lambda _: None)
    with pytest.raises(ConfigurationError) as caught:
        files.check_replaceable()
    assert caught.value.code == "generated-file"
    assert "Nix (NixOS, home-manager) generates" in caught.value.message
    assert "AWS_CONFIG_FILE" in caught.value.hint
    assert not HARMFUL.search(caught.value.hint)
    assert (store / "config").read_bytes() == b"[default]\n"


@pytest.mark.parametrize(
    ("path", "tool"),
    [
        ("/nix/store/0hx-home-manager-files/.aws/config", "Nix (NixOS, home-manager)"),
        ("/gnu/store/0hx-home/.aws/config", "Guix"),
        ("/run/agenix/aws", "agenix"),
        ("/home/alice/nix/store/config", None),
        ("/home/alice/dotfiles/aws/config", None),
    ],
)
def test_the_stores_of_tools_are_known_by_their_path(path, tool):
    assert remedies.generator_of(path) == tool


@pytest.mark.posix("it has no such folders")
@pytest.mark.parametrize("folder", ["/tmp", "/dev/null", "/", "/etc", "~"])
def test_a_state_folder_that_is_somebody_elses_is_not_to_be_closed(folder, home):
    home.chmod(0o755)
    with pytest.raises(ConfigurationError) as caught:
        StateDir(os.path.expanduser(folder)).read("state.json")
    assert "AWSCREDS_HOME" in caught.value.hint
    assert not HARMFUL.search(caught.value.hint)


def test_an_unreadable_file_outside_the_home_is_not_to_be_taken(monkeypatch):
    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(snapshot, "read", refuse)
    with pytest.raises(ConfigurationError) as caught:
        snapshot.read_or_explain("/etc/shadow")
    assert not HARMFUL.search(caught.value.hint)


KNOWN = {
    # Where it is decided what may be named; rm and mv only of our own files.
    "stores/remedies.py": {"chmod", "chown", "mv", "rm"},
    "workflows/checks/fixes.py": {"chmod"},  # of a file that was looked at
    "sandbox/tour/keys.py": {"rm"},  # in its throwaway home
    "commands/exec.py": {"chmod"},  # +x, of the program that was named
    "workflows/sessions/subprocesses.py": {"chmod"},
}


def test_no_other_hint_names_a_command_that_could_harm():
    package = Path(edited_file.__file__).parents[1]
    found = {}
    for path in package.rglob("*.py"):
        for _, text in literals(ast.parse(path.read_text("utf-8")), in_help=False):
            for word in re.findall(r"\b(chown|chmod|chgrp|rm|mv|dd)\b [^ ]", text):
                found.setdefault(path.relative_to(package).as_posix(), set()).add(word)
    assert {place: words - KNOWN.get(place, set()) for place, words in found.items()} == {
        place: set() for place in found
    }
