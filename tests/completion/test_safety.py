"""Nothing in the AWS files is run, shown, waited for or complained of, whatever they are like."""

import os
import shutil
import subprocess

import pytest

from tests.completion.shells import SHELLS, candidates, family, program, script, write

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = f"aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"
WITHOUT_A_TERMINAL = [shell for shell in SHELLS if shell in ("bash", "fish", "old bash")]
LINE = "awscreds whoami --profile "
TRACING = {"bash": "set -x", "zsh": "set -x", "fish": "set -g fish_trace 1"}


def test_a_trace_shows_no_line_but_headers(shell, home, typist):
    write(home, f"[profile one]\nregion = hidden-region\n{KEYS}", f"[two]\n{KEYS}[three]\n{KEYS}")
    person = typist(shell, setup=TRACING[family(shell)])
    shown = person.screen(LINE) + "".join(person.words(f"{LINE}th")) + person.run("set")
    assert "three" in shown
    assert SECRET not in shown
    assert "hidden-region" not in shown


def test_a_trace_into_a_file_shows_none_either(home, folder):
    """`set -x` may go elsewhere than to stderr, which the function closes."""
    write(home, "", f"[two]\n{KEYS}")
    ask = f"""
        exec 9>trace; BASH_XTRACEFD=9; . {script("bash")}; set -x
        COMP_LINE='{LINE}'; COMP_POINT={len(LINE)}; _awscreds awscreds ''
        set +x; set >variables
    """
    subprocess.run(
        ["bash", "--norc", "-c", ask],
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        cwd=folder,
        check=True,
        timeout=30,
    )
    for name in ("trace", "variables"):
        text = (folder / name).read_text()
        assert "two" in text
        assert SECRET not in text


FILES = {
    "absent": lambda path: None,
    "empty": lambda path: path.write_bytes(b""),
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a loop of links": lambda path: path.symlink_to(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "no text": lambda path: path.write_bytes(bytes(range(256)) * 40),
    "UTF-16": lambda path: path.write_bytes(f"[one]\n{KEYS}".encode("utf-16")),
    "one long line": lambda path: path.write_bytes(b"[" + b"x" * 3_000_000),
    "a header never closed": lambda path: path.write_text(f"[one\n{KEYS}x = ]\n"),
    "a header over two lines": lambda path: path.write_text(f"[one\n{SECRET}]\n"),
    "carriage returns": lambda path: path.write_bytes(f"[one\r{SECRET}]\r{KEYS}".encode()),
    "brackets in values": lambda path: path.write_text(f"x = [{SECRET}]\ny =\n  [{SECRET}]\n"),
    "a value at a bracket": lambda path: path.write_text(f"x = [\n{SECRET}]\ny = [z\n[{SECRET}\n"),
    "a nul": lambda path: path.write_bytes(b"[o\0ne]\n" + KEYS.encode()),
}


@pytest.mark.parametrize("shell", WITHOUT_A_TERMINAL)
@pytest.mark.parametrize("state", FILES)
def test_files_of_any_kind_are_met_in_silence(shell, home, state):
    (home / ".aws").mkdir()
    for name in ("config", "credentials"):
        FILES[state](home / ".aws" / name)
    offered = candidates(
        shell, home, LINE
    )  # which sees that stderr stays empty, and waits not long
    assert SECRET not in "".join(offered)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["absent", "a pipe", "a folder", "a header over two lines"])
def test_nothing_is_said_on_the_screen_either(shell, home, state, typist):
    (home / ".aws").mkdir()
    for name in ("config", "credentials"):
        FILES[state](home / ".aws" / name)
    person = typist(shell)
    assert person.words(f"{LINE}x") == ["awscreds", "whoami", "--profile", "x"]
    assert person.words("awscreds who")[-1] == "whoami"


@pytest.mark.parametrize("shell", WITHOUT_A_TERMINAL)
def test_files_that_may_not_be_read_are_met_in_silence(shell, home, folder):
    write(home, "[profile one]\n", "[two]\n")
    for name in ("config", "credentials"):
        (home / ".aws" / name).chmod(0)
    # Whoever runs it may not be let into the folder of this checkout.
    copy = shutil.copy(script(family(shell)), home / "completion")
    ask = {
        "bash": f". {copy}; COMP_LINE='{LINE}'; COMP_POINT=99; _awscreds awscreds ''; "
        'echo "${COMPREPLY[*]}"',
        "fish": f". {copy}; complete -C '{LINE}'",
    }[family(shell)]
    argv = [program(shell), "-c", ask]
    if os.geteuid() == 0:  # who may read anything
        shutil.chown(home, 65534, 65534)
        argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c",
                'cd / && exec "$@"', "sh", *argv]  # fmt: skip
        for parent in [home, *home.parents]:
            if str(parent).startswith("/tmp/") and parent.stat().st_uid == 0:
                parent.chmod(parent.stat().st_mode | 0o011)
    done = subprocess.run(
        argv,
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_nothing_is_started_but_awk(shell, home, folder, typist):
    """Neither Python nor awscreds nor a keyring: there is nothing else on the PATH."""
    write(home, "[profile one]\n[profile two]\n", "")
    (folder / "bin").mkdir()
    (folder / "bin" / "awk").symlink_to(shutil.which("awk"))
    person = typist(shell, PATH=str(folder / "bin"))
    assert person.words(f"{LINE}o")[-1] == "one"
    assert person.words("awscreds mfa-session --dur")[-1] == "--duration"


def test_without_awk_there_are_no_names_and_no_complaint(shell, home, folder, typist):
    write(home, "[profile one]\n", "")
    person = typist(shell, PATH=str(folder))
    assert person.words(f"{LINE}o")[-1] == "o"
    assert person.words("awscreds who")[-1] == "whoami"


def test_a_shell_without_a_home_is_met_in_silence(shell, typist):
    person = typist(shell, setup="set -e HOME" if shell == "fish" else "unset HOME")
    assert person.words(f"{LINE}x")[-1] == "x"


def test_ten_thousand_names_are_completed_and_one_of_them_is_code(shell, home, folder, typist):
    names = [f"[profile test-{number:04d}]\n{KEYS}" for number in range(10_000)]
    write(home, "".join(names) + '[profile "a b\'$(touch x)"]\n', "")
    person = typist(shell)
    assert person.words("awscreds mfa-session --profile te")[-1] == "test-"
    assert person.words("awscreds mfa-session --profile test-123")[-1] == "test-123"
    assert person.words("awscreds mfa-session --profile a")[-1] == "a b'$(touch x)"
    assert SECRET not in person.screen("awscreds mfa-session --profile test-123")
    assert list(folder.iterdir()) == []
