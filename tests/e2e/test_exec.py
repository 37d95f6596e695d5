"""`exec` runs the user's command as the user's shell would, with the profile's session."""

import os
import signal
import subprocess
import sys

import pytest

from awscreds.cli import run
from awscreds.process import soften
from tests.e2e.conftest import PROGRAM
from tests.e2e.terminal import terminal

SHOW = "import os, sys; print(os.environ['AWSCREDS_PROFILE'], *sys.argv[1:])"


@pytest.fixture
def user(alice):
    """Alice, whose profiles `dev` and `other` give a session without asking anybody."""
    program = alice.home / "give"
    document = (
        '{"Version": 1, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "s", '
        '"SessionToken": "t", "Expiration": "2099-01-01T00:00:00Z"}'
    )
    program.write_text(f"#!/bin/sh\necho asked >>{alice.home}/asked\necho '{document}'\n")
    program.chmod(0o700)
    alice.config.write_text(
        "".join(f"[profile {n}]\ncredential_process = {program}\n" for n in ("dev", "other"))
    )
    alice.show = alice.folder / "show"
    alice.show.write_text(f"#!{sys.executable}\n{SHOW}\n")
    alice.show.chmod(0o700)
    return alice


# Signals and streams


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_pipe_whose_reader_is_gone_ends_the_writer(user, shell):
    status = "${PIPESTATUS[0]}" if shell == "bash" else "${pipestatus[1]}"
    done = user.awscreds("exec", "dev", shell, "-c", f"yes | head -1; echo {status}")
    assert done.stdout == "y\n141\n"


def test_every_signal_is_as_it_was_before_python(user):
    """A shell started by us, and one started by the test, ignore and block the same signals."""
    words = ("grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status")
    assert user.awscreds("exec", "dev", *words).stdout == user.run(*words).stdout


def test_a_signal_that_was_ignored_stays_ignored(user):
    words = ("sh", "-c", "kill -INT $$; echo survived")
    ignoring = ("env", "--ignore-signal=INT", PROGRAM, "exec", "dev", *words)
    assert user.run(*ignoring).stdout == "survived\n"
    assert user.awscreds("exec", "dev", *words, rc=-signal.SIGINT).stdout == ""


def test_the_core_limit_is_as_it_was(user):
    words = ("sh", "-c", 'ulimit -S -c 123 && exec "$0" exec dev sh -c "ulimit -c"', PROGRAM)
    assert user.run(*words).stdout == "123\n"


def test_no_core_file_comes_from_us_and_the_limits_are_given_back():
    code = (
        "import resource; from awscreds.process import harden, soften; "
        "before = resource.getrlimit(resource.RLIMIT_CORE); harden(); "
        "during = resource.getrlimit(resource.RLIMIT_CORE); soften(); "
        "print(during == (0, before[1]), before == resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"


def test_the_two_signals_that_python_ignores_are_given_back():
    code = "from awscreds.process import soften; import signal; soften(); print("
    code += "[signal.getsignal(n) is signal.SIG_DFL for n in (signal.SIGPIPE, signal.SIGXFSZ)])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[True, True]\n"
    assert soften.__doc__


# Whose word is it


@pytest.mark.parametrize(
    "words",
    [
        ("terraform", "plan", "--refresh"),
        ("aws", "s3", "ls", "--profile", "other"),
        ("cmd", "--json", "--help", "--yes", "-h"),
        ("cmd", "--", "x"),
        ("cmd", "--token", "123456", "--duration=1h"),
        ("cmd", "--verbose", "--", "--quiet"),
    ],
)
@pytest.mark.parametrize("dashes", [("--",), ()])
def test_everything_after_the_profile_is_the_commands(user, words, dashes):
    (user.folder / words[0]).symlink_to(user.show)
    done = user.awscreds("exec", "dev", *dashes, *words, PATH=f"{user.folder}:{os.environ['PATH']}")
    assert done.stdout.split() == ["dev", *words[1:]]
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "environ", "profile"),
    [
        (("exec", "--", "{}", "x"), {"AWS_PROFILE": "other"}, "other"),
        (("exec", "--profile", "other", "--", "{}", "x"), {}, "other"),
        (("--profile", "other", "exec", "--", "{}", "x"), {"AWS_PROFILE": "dev"}, "other"),
        (("--profile", "other", "exec", "{}", "x"), {}, "other"),
        (("exec", "--profile=other", "--quiet", "{}", "x"), {}, "other"),
        (("--profile", "dev", "exec", "dev", "{}", "x"), {}, "dev"),
        (("exec", "--quiet", "other", "{}", "x"), {"AWS_PROFILE": "dev"}, "other"),
    ],
)
def test_the_profile_is_the_first_word_unless_dashes_or_an_option_say_otherwise(
    user, words, environ, profile
):
    done = user.awscreds(*(word.format(user.show) for word in words), **environ)
    assert done.stdout == f"{profile} x\n"


@pytest.mark.parametrize(
    "words", [("--profile", "dev", "exec", "other"), ("exec", "--profile", "dev", "other", "--")]
)
def test_two_profiles_are_a_usage_error(user, words):
    done = user.awscreds(*words, "env", rc=2)
    assert "this names two profiles: dev and other" in done.stderr
    assert done.stdout == ""


def test_an_option_of_ours_after_the_profile_is_explained(user):
    done = user.awscreds("exec", "dev", "--duration", "1h", "--", "env", rc=2)
    assert "options of awscreds go before the profile" in done.stderr
    assert "awscreds exec --duration" in done.stderr


def test_a_first_word_that_is_no_profile_is_told_of_the_dashes(user):
    done = user.awscreds("exec", "terraform", "plan", rc=3, AWS_PROFILE="dev")
    assert "no profile 'terraform'" in done.stderr
    assert "awscreds exec -- terraform" in done.stderr


@pytest.mark.parametrize("words", [("exec", "dev"), ("exec", "dev", "--"), ("exec",)])
def test_without_a_command_it_is_the_users_shell(user, words):
    options = {"SHELL": str(user.show), "AWS_PROFILE": "dev"}
    assert user.awscreds(*words, **options).stdout == "dev\n"


def test_where_there_is_no_such_shell_it_is_the_systems(user):
    done = user.awscreds("exec", "dev", stdin="echo $0", SHELL="/nonexistent")
    assert done.stdout == "/bin/sh\n"


# Notes: before the program, and in no log


@pytest.fixture
def without_mfa(alice):
    """A user without a device, of which every command says something."""
    iam = alice.sandbox.client("iam")
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=alice.mfa_serial)
    alice.configure()
    return alice


SAY = ("exec", "alice", "sh", "-c", "echo said >&2")


def test_a_note_is_in_no_log_of_the_program_unless_it_is_wanted(without_mfa):
    assert without_mfa.awscreds(*SAY).stderr == "said\n"
    wanted = without_mfa.awscreds("--verbose", *SAY).stderr
    assert "note: this session has no MFA" in wanted
    assert wanted.endswith("\nsaid\n")


def test_a_person_sees_the_note_before_the_program_starts(without_mfa):
    with terminal(without_mfa, PROGRAM, *SAY) as screen:
        screen.expect("note: this session has no MFA")
        screen.expect("said")
        assert screen.end() == 0


@pytest.mark.parametrize("words", [("export", "--profile", "alice"), ("exec", "alice", "true")])
@pytest.mark.parametrize("code", [(), ("--token", "123456")])
def test_without_a_network_nobody_is_told_to_name_a_device(alice, words, code):
    alice.configure("alice", "--no-verify")
    words = (words[0], *code, *words[1:])
    done = alice.awscreds(*words, AWS_ENDPOINT_URL="http://127.0.0.1:1", rc=5)
    assert "check the network" in done.stderr
    assert "--serial" not in done.stderr
    assert "mfa_serial" not in done.stderr


# What cannot be run


@pytest.mark.parametrize(
    ("program", "rc"),
    [("no-such-command", 127), ("./no-such-file", 127), ("{folder}", 126), ("{plain}", 126)],
)
def test_a_command_that_cannot_run_is_told_before_anything_is_asked(user, program, rc):
    plain = user.folder / "plain"
    plain.write_text("x")
    name = program.format(folder=user.folder, plain=plain)
    done = user.awscreds("exec", "dev", "--", name, rc=rc)
    assert os.path.basename(name) in done.stderr
    assert not (user.home / "asked").exists()


def test_a_script_without_an_interpreter_runs_as_in_a_shell(user):
    script = user.folder / "bare"
    script.write_text('echo "bare $1"\n')
    script.chmod(0o700)
    assert user.awscreds("exec", "dev", "./bare", "x").stdout == "bare x\n"
    script.write_bytes(b"\x7fNO\0PROGRAM")
    user.awscreds("exec", "dev", "./bare", rc=126)


@pytest.mark.parametrize(
    ("late", "remedy"),
    [
        ("--refresh", "awscreds exec --refresh dev COMMAND"),
        ("--duration=1h", "awscreds exec --duration … dev COMMAND"),
        ("--json", "has no such option; the command goes there: awscreds exec dev COMMAND"),
        ("-x", "has no such option; the command goes there: awscreds exec dev COMMAND"),
    ],
)
def test_an_option_after_the_profile_is_sent_before_it_only_if_it_can_be_there(
    late, remedy, capsys
):
    assert run(["exec", "dev", late]) == 2
    assert remedy in capsys.readouterr().err
