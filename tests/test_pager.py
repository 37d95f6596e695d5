"""Long lists at a terminal: who shows them, what that program gets, and how it all ends."""

import ast
import json
import os
import shutil
import signal
import stat
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import awscreds
from awscreds import pager
from awscreds.model.environment import ACTIVE, IDENTITY_VARIABLES, SAVED
from tests.e2e.terminal import terminal
from tests.helpers import missing_tool
from tests.test_findings import PAIR, SECRET

if sys.platform == "win32":
    pytest.skip("there is no pager on Windows", allow_module_level=True)

PACKAGE = Path(awscreds.__file__).parent
PAGED = {
    "commands/list.py": "what it knows of a key are its last four characters",
    "commands/configure/listing.py": "names of profiles",
    "commands/sessions.py": "profiles, roles, and how long their sessions last",
    "commands/store.py": "the names of entries: access key IDs and serial numbers",
    "commands/doctor/__init__.py": "findings, which quote no line and no value",
    "commands/sso/report.py": "names of profiles, accounts and roles",
    "render.py": "who hands it on",
    "quick/__init__.py": "the first two of these",
}
"""Modules that let a pager show something, and why there is no secret in it."""
COMMANDS = (
    ("list",),
    ("list", "--filter", "p"),
    ("configure", "list-profiles"),
    ("configure", "list-profiles", "--quiet"),
    ("doctor", "--offline"),
    ("store", "show"),
)
ROWS = 24
"""Lines of the terminal."""
PATIENCE = 20
"""Seconds until something that should happen is missed."""
HIDDEN = ("OpensAVault", "OfASession", SECRET)


def many(count):
    return "".join(f"[profile p{number}]\nregion = eu-west-1\n" for number in range(count))


@pytest.fixture
def user(home):
    """Somebody with 40 profiles, and secrets wherever one can be."""
    folder = home / ".aws"
    folder.mkdir(mode=0o700)
    strange = f"[profile x]\nregion = {SECRET}\nsource_profile = {SECRET}\nrole_arn = a:{SECRET}\n"
    strange += f"[profile y]\naws_access_key_id = {SECRET}\ncredential_process = x {SECRET}\n"
    pairs = "".join(f"[p{number}]\n{PAIR}" for number in range(40))
    for name, text in (("config", many(40) + strange), ("credentials", pairs)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    entries = {
        f"AKIA{number:016}": {"kind": "access-key", "backend": "vault"} for number in range(40)
    }
    (folder / "awscreds").mkdir(mode=0o700)
    state = folder / "awscreds" / "state.json"
    state.write_text(json.dumps({"version": 1, "entries": entries}))
    state.chmod(0o600)
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME")},
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
        "AWSCREDS_BACKEND": "vault",
        "LC_ALL": "C.UTF-8",
    }
    return SimpleNamespace(folder=home, aws=folder, environment=environment)


def plain(user, count):
    (user.aws / "config").write_text(many(count))
    (user.aws / "credentials").unlink()


def script(user, text):
    """A pager of this text."""
    path = user.folder / "a pager"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return f"'{path}'"


def noted(user, more=""):
    """A pager that notes what it gets, in files beside it."""
    return script(user, f"cat > '{user.folder}/shown'; env > '{user.folder}/environment'; {more}")


def awscreds_at(user, *words, **environment):
    return terminal(user, sys.executable, "-m", "awscreds", *words, **environment)


def run(user, *words, **environment):
    """What was on the terminal, and the exit code."""
    with awscreds_at(user, *words, **environment) as screen:
        code = screen.end()
        return screen.text.replace("\r\n", "\n"), code


def until(is_so):
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def uses_of(name):
    """The modules that give an argument of this name something else than False."""
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == name and ast.unparse(node.value) != "False"
    }


def test_nothing_is_paged_but_what_was_found_to_have_no_secret():
    assert uses_of("is_paged") == set(PAGED)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_pager_gets_what_the_terminal_would_show_and_no_secret(words, user):
    shown = user.folder / "shown"
    environ = {
        "COLUMNS": "60",
        "AWSCREDS_PASSPHRASE": "OpensAVault1234567890",
        "AWS_SESSION_TOKEN": "OfASession",
        "AWSCREDS_SAVED_AWS_SESSION_TOKEN": "OfASession",
        "CF_KEYRING_FILE_PASSWORD": "OpensAVault",
    }
    directly, code = run(user, *words, AWSCREDS_PAGER="", **environ)
    beside, paged_code = run(user, *words, AWSCREDS_PAGER=noted(user), **environ)
    assert paged_code == code
    text = shown.read_text()
    assert text.count("\n") >= ROWS
    # What is said is beside the list, on the terminal.
    assert text in directly
    assert directly.replace(text, "") == beside
    everything = text + (user.folder / "environment").read_text()
    assert [secret for secret in HIDDEN if secret in everything] == []


@pytest.mark.parametrize("words", [("list",), ("list", "--filter", "p"), COMMANDS[2]], ids=" ".join)
@pytest.mark.parametrize("count", [ROWS - 3, ROWS - 2, ROWS - 1, ROWS])
def test_a_pager_is_there_only_for_more_than_the_terminal_shows(count, words, user):
    """The shell's prompt takes a line, and `list` has one of titles."""
    plain(user, count)
    run(user, *words, PAGER=noted(user))
    lines = count + (words[0] == "list")
    assert (user.folder / "shown").exists() == (lines >= ROWS)


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        ((), {"TERM": "dumb"}),
        ((), {"TERM": ""}),
        ((), {"CI": "true"}),
        ((), {"PAGER": ""}),
        ((), {"PAGER": " "}),
        ((), {"PAGER": "cat"}),
        ((), {"AWSCREDS_PAGER": ""}),
        ((), {"AWS_PAGER": ""}),
        (("--no-pager",), {}),
        (("--json",), {}),
    ],
)
def test_nobody_is_paged_who_cannot_or_does_not_want_to_be(words, environment, user):
    text, code = run(user, "list", *words, **{"PAGER": noted(user), **environment})
    assert code == 0
    assert not (user.folder / "shown").exists()
    assert text.count("\n") > ROWS


def test_the_flag_is_taken_before_any_command_too(user):
    run(user, "--no-pager", "list", PAGER=noted(user))
    assert not (user.folder / "shown").exists()
    assert run(user, "--no-pager", "policy", "rotate")[1] == 0


@pytest.mark.parametrize("stream", ["<", ">", "2>"])
def test_only_a_person_at_both_ends_is_paged(stream, user):
    line = f'"$0" -m awscreds list {stream} "$1"'
    file = user.folder / "stream"
    file.touch()
    with terminal(
        user, "/bin/sh", "-c", line, sys.executable, str(file), PAGER=noted(user)
    ) as screen:
        assert screen.end() == 0
    assert (user.folder / "shown").exists() == (stream == "2>")


NAMED = [
    ({}, ["less"]),
    ({"PAGER": "most -s"}, ["most", "-s"]),
    ({"PAGER": "p 'a b' \"c\" $HOME;x"}, ["p", "a b", "c", "$HOME;x"]),  # no shell
    ({"PAGER": "most", "AWSCREDS_PAGER": "moar"}, ["moar"]),
    ({"PAGER": "most", "AWSCREDS_PAGER": ""}, []),
    ({"PAGER": ""}, []),
    ({"PAGER": "cat"}, []),
    ({"PAGER": "cat -v"}, ["cat", "-v"]),
    ({"PAGER": "it's"}, ["it's"]),
    ({"PAGER": "most", "AWS_PAGER": ""}, []),
    ({"PAGER": "most", "AWS_PAGER": "jq"}, ["most"]),
    ({"AWSCREDS_PAGER": "most", "AWS_PAGER": ""}, ["most"]),
    ({"PAGER": "most", "SUDO_UID": "1000"}, ["less"]),
    ({"PAGER": "", "SUDO_UID": "1000"}, []),
]


@pytest.mark.parametrize(("environ", "words"), NAMED)
def test_the_pager_is_the_one_that_the_variables_name(environ, words, tmp_path):
    for name in pager.USUAL:
        (tmp_path / name).touch(mode=0o700)
    assert pager.words_of({"PATH": str(tmp_path), **environ}) == words


def test_more_is_for_whoever_has_no_less_and_is_not_another_user(tmp_path):
    assert pager.words_of({"PATH": str(tmp_path)}) == []
    (tmp_path / "more").touch(mode=0o700)
    assert pager.words_of({"PATH": str(tmp_path)}) == ["more"]
    assert pager.words_of({"PATH": str(tmp_path), "SUDO_UID": "1000"}) == []


def test_no_program_of_the_current_folder_is_a_pager(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    monkeypatch.chdir(tmp_path)
    for place in ("less", "bin/less"):
        Path(place).touch(mode=0o700)
    for path in ("", ".", ":", "bin", f".:{tmp_path}/none"):
        assert pager.words_of({"PATH": path}) == []
    assert pager.program_of("./less", {}) is None
    assert pager.program_of("bin/less", {}) is None
    assert pager.program_of(str(tmp_path / "less"), {}) == str(tmp_path / "less")
    (tmp_path / "less").chmod(stat.S_IRUSR)
    assert pager.program_of(str(tmp_path / "less"), {}) is None
    assert pager.program_of(str(tmp_path), {}) is None


def test_a_pager_gets_no_variable_of_an_identity():
    theirs = {name.replace("*", "X"): "x" for name in IDENTITY_VARIABLES}
    theirs |= {ACTIVE: "x", f"{SAVED}AWS_PROFILE": "x", "AWS_VAULT_FILE_PASSPHRASE": "x"}
    assert not pager.environment(theirs).keys() & theirs.keys()
    assert pager.environment({"HOME": "/h", "LESS": "-i"}).items() >= {
        ("HOME", "/h"),
        ("LESS", "-i"),
    }


@pytest.mark.parametrize("variable", ["SUDO_UID", "DOAS_USER", "PKEXEC_UID"])
def test_less_starts_no_program_for_somebody_who_is_root_by_sudo(variable):
    assert pager.environment({variable: "1000"})["LESSSECURE"] == "1"
    assert "LESSSECURE" not in pager.environment({})


def test_a_pager_that_is_left_early_is_no_error(user):
    text, code = run(user, "list", PAGER=script(user, "head -n 2"))
    assert code == 0
    assert text.count("\n") == 2


def test_rows_are_made_as_they_are_read(monkeypatch):
    """Whoever leaves after the first screen waits for no other, and sees it before the last."""
    made = []

    def pieces():
        for number in range(10_000):
            made.append(number)
            yield f"{'x' * 99}\n"

    monkeypatch.setattr(sys, "stdout", SimpleNamespace(encoding="utf-8", errors="strict"))
    assert pager.shown_by(["head", "-n", "1"], pieces(), {"PATH": os.environ["PATH"]}) is None
    assert len(made) < 5_000


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nope -x", "the pager nope was not found on the PATH"),
        ("./nope", "the pager ./nope is not the absolute path of a program"),
        ("it's", "the pager it's was not found"),
        ("false", "the pager false ended with exit code 1"),
        ("sh -c 'head -n 3; exit 7'", "the pager sh ended with exit code 7"),
    ],
)
def test_the_list_is_there_if_the_pager_fails_and_it_says_why(line, said, user):
    plain(user, 200)
    directly, _ = run(user, "list", PAGER="")
    text, code = run(user, "list", PAGER=line)
    assert code == 0
    assert directly in text
    after = text.partition(directly)[2]
    assert said in " ".join(after.split())
    assert "AWSCREDS_PAGER" in after


def test_a_pager_that_is_no_program_is_not_started(user):
    plain(user, 200)
    line = script(user, "")
    (user.folder / "a pager").write_bytes(b"\x7fELF is what it is not")
    text, code = run(user, "list", PAGER=line)
    assert code == 0
    assert "cannot be started: Exec format error" in text
    assert "p199" in text


def test_ctrl_c_is_for_the_pager(user):
    plain(user, 200)
    line = script(user, "trap 'echo asked; exit 9' INT; echo ready; read line < /dev/tty")
    with awscreds_at(user, "list", PAGER=line) as screen:
        screen.interrupt("ready")
        screen.expect("asked")
        assert screen.end() == 0
    assert "p199" not in screen.text  # leaving is no failure


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_ends_us_ends_the_pager_first(number, user):
    plain(user, 200)
    file = user.folder / "pid"
    line = script(
        user,
        f"trap '' HUP; trap 'echo bye > {file}; kill $!; exit' TERM\n"
        f"sleep 1000 &\necho $$ > {file}; wait",
    )
    with awscreds_at(user, "list", PAGER=line) as screen:
        until(lambda: file.exists() and file.read_text())
        os.kill(screen.pid, number)
        screen.end()
        assert screen.signal == number
    until(lambda: file.read_text() == "bye\n")


def test_a_pager_inherits_no_signal_that_python_ignores(user):
    plain(user, 200)
    run(user, "list", PAGER=script(user, f"grep SigIgn /proc/self/status > '{user.folder}/shown'"))
    ignored = int((user.folder / "shown").read_text().split()[1], 16)
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        assert not ignored & 1 << number - 1


@pytest.mark.parametrize("environment", [{}, {"LESS": "-i"}, {"PAGER": "less -S"}])
def test_less_shows_colours_and_leaves_its_screen(environment, user):
    if shutil.which("less") is None:
        missing_tool("less is not installed")
    with awscreds_at(user, "list", **environment) as screen:
        screen.expect("\x1b[1mPROFILE")
        screen.expect(":")
        screen.answer("", "q")
        assert screen.end() == 0
    assert "ESC[" not in screen.text
    assert "p39" not in screen.text


def test_more_gets_no_colours(user):
    user.environment["PATH"] = str(user.folder)
    shutil.copy("/bin/sh", user.folder / "sh")
    script(user, f"exec /bin/cat > '{user.folder}/shown'")
    os.rename(user.folder / "a pager", user.folder / "more")
    run(user, "list", PAGER="more")
    assert (user.folder / "shown").read_text().startswith("PROFILE  ")
