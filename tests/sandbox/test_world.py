"""The throwaway home: what is in it, what gets into it, and that nothing of it stays."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from awscreds.errors import AwscredsError
from awscreds.sandbox.homes import remove_folder, sweep
from awscreds.sandbox.world import ending_on_signals, environment, run

HOSTILE = {
    "AWS_PROFILE": "prod",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_CONFIG_FILE": "/etc/aws",
    "AWS_ENDPOINT_URL_STS": "https://sts.amazonaws.com",
    "AWSCREDS_HOME": "/elsewhere",
    "AWSCREDS_BACKEND": "keyring",
    "AWSCREDS_PASSPHRASE": "mine",
    "BASH_ENV": "/etc/evil",
    "BOTO_CONFIG": "/etc/boto",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus",
    "ENV": "/etc/evil",
    "GNOME_KEYRING_CONTROL": "/run/keyring",
    "HTTPS_PROXY": "http://proxy:1",
    "KEYRING_PROPERTY_FILE": "x",
    "PYTHONPATH": "/evil",
    "PYTHONSTARTUP": "/evil.py",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    "XDG_RUNTIME_DIR": "/run/user/1000",
    "ZDOTDIR": "/evil",
    "http_proxy": "http://proxy:1",
}


def test_nothing_of_the_outer_aws_keyring_or_python_comes_in(sandbox):
    inherited = {"HOME": "/root", "PATH": "/usr/bin", "TERM": "xterm", "LANG": "C.UTF-8", **HOSTILE}
    inside = environment(inherited, sandbox.home, sandbox.control, sandbox.facts)
    kept = {name for name in HOSTILE if inside.get(name) == HOSTILE[name]}
    assert not kept
    assert {name for name in inside if name.startswith(("AWS_", "DBUS_", "PYTHON", "XDG_"))} == {
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_EC2_METADATA_DISABLED",
    }
    assert (inside["TERM"], inside["LANG"]) == ("xterm", "C.UTF-8")
    assert inside["HOME"] == str(sandbox.home)
    assert inside["AWSCREDS_BACKEND"] == "vault"
    assert len(inside["AWSCREDS_PASSPHRASE"]) >= 32
    assert inside["PATH"].split(os.pathsep) == [os.path.dirname(sys.executable), "/usr/bin"]


def test_each_sandbox_has_a_passphrase_of_its_own(sandbox):
    assert sandbox.environment["AWSCREDS_PASSPHRASE"] != sandbox.environment["AWSCREDS_PASSPHRASE"]


def test_the_home_holds_the_consoles_csv_as_the_console_writes_it(sandbox):
    key_id, secret = sandbox.key
    assert (sandbox.home / "alice_accessKeys.csv").read_bytes() == (
        b"\xef\xbb\xbfAccess key ID,Secret access key\r\n" + f"{key_id},{secret}\r\n".encode()
    )


def test_the_home_is_private(sandbox):
    for path in (sandbox.home, *sandbox.home.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_botocore_reads_the_role_profile(sandbox, monkeypatch):
    import botocore.session

    monkeypatch.setenv("HOME", str(sandbox.home))
    profiles = botocore.session.Session().full_config["profiles"]
    assert profiles == {
        "admin": {
            "role_arn": sandbox.facts["role_arn"],
            "source_profile": "alice",
            "mfa_serial": sandbox.facts["mfa_serial"],
            "region": "eu-central-1",
        }
    }


def test_the_seed_in_the_home_is_the_devices(sandbox):
    from awscreds.model import totp

    text = (sandbox.home / "alice_mfa_device.txt").read_text()
    seed = text.split("Secret configuration key: ")[1].strip()
    step = totp.step_at(sandbox.control.now())
    assert totp.code(seed, step) in {sandbox.token_code(), sandbox.token_code(-1)}


class TestRun:
    @pytest.mark.parametrize(
        ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143)]
    )
    def test_gives_the_programs_exit_code(self, tmp_path, script, code):
        assert run(["sh", "-c", script], environment=dict(os.environ), folder=tmp_path) == code

    def test_a_program_that_is_not_there_is_an_error_in_words(self, tmp_path):
        with pytest.raises(AwscredsError, match="no such program in the sandbox's PATH"):
            run(["no-such-program"], environment=dict(os.environ), folder=tmp_path)

    def test_a_signal_while_the_program_starts_ends_it_too(self, tmp_path, monkeypatch):
        class Popen(subprocess.Popen):
            def __init__(self, *arguments, **options):
                super().__init__(*arguments, **options)
                (tmp_path / "pid").write_text(str(self.pid))
                os.kill(os.getpid(), signal.SIGTERM)

        monkeypatch.setattr(subprocess, "Popen", Popen)
        with pytest.raises(SystemExit) as caught, ending_on_signals():
            run(["sleep", "600"], environment=dict(os.environ), folder=tmp_path)
        assert caught.value.code == 128 + signal.SIGTERM
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)

    def test_a_program_that_does_not_end_is_killed(self, tmp_path):
        script = "trap '' TERM HUP; echo $$ > pid; while :; do sleep 0.05; done"
        # Told to end once the program is there to ignore it.
        teller = (
            "import os, signal, sys, time\n"
            "while not os.path.exists('pid') or not open('pid').read(): time.sleep(0.01)\n"
            "os.kill(int(sys.argv[1]), signal.SIGTERM)\n"
        )
        telling = subprocess.Popen([sys.executable, "-c", teller, str(os.getpid())], cwd=tmp_path)
        with telling, pytest.raises(SystemExit) as caught, ending_on_signals():
            run(["sh", "-c", script], environment=dict(os.environ), folder=tmp_path)
        assert caught.value.code == 128 + signal.SIGTERM
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_folder_goes_with_all_that_was_made_read_only_in_it(tmp_path):
    folder, outside = tmp_path / "home", tmp_path / "outside"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_text("x")
    outside.write_text("kept")
    (folder / "a" / "link").symlink_to(outside)
    (folder / "a" / "b" / "file").chmod(0o400)
    (folder / "a" / "b").chmod(0o500)
    (folder / "a").chmod(0o500)
    tmp_path.chmod(0o777)
    program = (
        "import os, pathlib, sys\n"
        "from awscreds.sandbox.homes import remove_folder\n"
        "if os.getuid() == 0:\n"
        "    for path, names, files in os.walk(sys.argv[1]):\n"
        "        for name in ('', *names, *files): os.lchown(os.path.join(path, name), 65534, -1)\n"
        "    os.chdir(sys.argv[1] + '/..')\n"
        "    os.setuid(65534)\n"
        "remove_folder(pathlib.Path('home'))\n"
    )
    subprocess.run([sys.executable, "-c", program, str(folder)], check=True, cwd=tmp_path)
    assert not folder.exists()
    assert outside.read_text() == "kept"


def test_a_folder_that_is_gone_already_is_no_error(tmp_path):
    remove_folder(tmp_path / "none")


def awscreds(*arguments, environ=None, **options):
    return subprocess.run(
        [sys.executable, "-m", "awscreds", *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, **(environ or {})},
        **options,
    )


class TestCommand:
    """The command as a user starts it."""

    def test_runs_a_program_in_the_home_and_passes_its_exit_code_on(self):
        script = (
            'echo "$HOME" "$AWS_ENDPOINT_URL"; ls -A; pwd; '
            'echo "$AWS_PROFILE$DBUS_SESSION_BUS_ADDRESS$PYTHON_KEYRING_BACKEND"; '
            "awscreds sandbox code; awscreds sandbox; echo $?; exit 9"
        )
        done = awscreds("sandbox", "--", "sh", "-c", script, environ={**HOSTILE, "PYTHONPATH": ""})
        assert done.returncode == 9
        first, *files, folder, leaked, code, nested = done.stdout.splitlines()
        home, url = first.split()
        assert files == [
            ".aws",
            ".bashrc",
            ".zshrc",
            "alice_accessKeys.csv",
            "alice_mfa_device.txt",
        ]
        assert os.path.basename(folder) == os.path.basename(home)
        assert leaked == ""
        assert len(code) == 6
        assert code.isdigit()
        assert nested == "2"
        assert "already in a sandbox" in done.stderr
        assert not os.path.exists(home)
        assert not answers(url)

    def test_without_arguments_it_is_a_shell_that_says_what_there_is(self):
        done = awscreds("sandbox", environ={"SHELL": "/bin/sh"}, input="echo in $HOME; exit 3\n")
        assert done.returncode == 3
        assert "/awscreds-sandbox-" in done.stdout
        assert "alice_accessKeys.csv" in done.stderr
        assert "awscreds sandbox code" in done.stderr

    @pytest.mark.slow
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
    def test_nothing_stays_when_it_is_told_to_end(self, number):
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "awscreds", "sandbox", "--"),
                *("sh", "-c", 'echo "$HOME" "$AWS_ENDPOINT_URL" $$; exec sleep 600'),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        home, url, pid = process.stdout.readline().split()
        assert Path(home, "alice_accessKeys.csv").exists()
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == 128 + number
        assert not os.path.exists(home)
        assert not answers(url)
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)

    def test_a_home_whose_sandbox_was_killed_goes_when_nobody_is_left_in_it(self, tmp_path):
        environ = {"TMPDIR": str(tmp_path)}
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "awscreds", "sandbox", "--"),
                *("sh", "-c", 'echo "$HOME" $$; exec sleep 600'),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environ},
        )
        home, pid = process.stdout.readline().split()
        process.kill()
        process.wait()
        process.stdout.close()
        assert sweep(str(tmp_path)) == []  # a program is in it still
        assert Path(home, "alice_accessKeys.csv").exists()
        os.kill(int(pid), signal.SIGKILL)
        wait_for(lambda: not alive(int(pid)))
        assert awscreds("sandbox", "--", "true", environ=environ).returncode == 0
        assert [path.name for path in tmp_path.iterdir() if "sandbox" in path.name] == []

    def test_ctrl_c_in_its_shell_is_the_shells(self):
        import pexpect

        shell = pexpect.spawn(
            sys.executable,
            ["-m", "awscreds", "sandbox"],
            env={**os.environ, "SHELL": "/bin/bash", "TERM": "dumb"},
            encoding="utf-8",
            timeout=60,
        )
        prompt = r"\(awscreds sandbox\) ~ [#$] "
        shell.expect(prompt)
        # Said by the program itself: before it is there, Ctrl-C would be for the shell.
        shell.sendline("sh -c 'echo rea\"\"dy; exec sleep 600'")
        shell.expect("ready")
        shell.sendintr()
        shell.expect(prompt)
        shell.sendline("echo it is $HOME; exit 4")
        shell.expect(r"it is (/\S*awscreds-sandbox-\S+)")
        home = shell.match[1]
        shell.expect(pexpect.EOF)
        shell.close()
        assert shell.exitstatus == 4
        assert not os.path.exists(home)

    def test_nothing_stays_when_its_terminal_goes(self):
        import pexpect

        shell = pexpect.spawn(
            sys.executable,
            ["-m", "awscreds", "sandbox"],
            env={**os.environ, "SHELL": "/bin/bash", "TERM": "dumb"},
            encoding="utf-8",
            timeout=60,
        )
        shell.expect(r"\(awscreds sandbox\)")
        shell.sendline("echo it is $HOME $$")
        shell.expect(r"it is (/\S*awscreds-sandbox-\S+) (\d+)")
        home, pid = shell.match.groups()
        os.close(shell.child_fd)  # the terminal emulator is gone
        os.waitpid(shell.pid, 0)
        shell.closed = shell.terminated = True
        assert not os.path.exists(home)
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)

    def test_outside_of_a_sandbox_there_is_no_code(self):
        done = awscreds("sandbox", "code")
        assert (done.returncode, done.stdout) == (2, "")
        assert "start one: awscreds sandbox" in done.stderr

    def test_a_spent_code_is_shown_and_said_to_be_spent(self, sandbox):
        sandbox.control.advance(-(sandbox.control.now() % 30) + 1)
        sandbox.session()
        done = awscreds("sandbox", "code", environ=sandbox.environment)
        assert done.stdout.strip() in {sandbox.token_code(), sandbox.token_code(-1)}
        assert "this code was already used" in done.stderr

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["ls", "-l"], "awscreds sandbox -- ls"),
            (["--"], "-- needs a command"),
            (["tour", "--", "ls"], "does not take a command after `--`"),
        ],
    )
    def test_what_it_cannot_make_sense_of_is_a_usage_error(self, arguments, says):
        done = awscreds("sandbox", *arguments)
        assert done.returncode == 2
        assert says in done.stderr

    def test_without_the_extra_it_says_how_to_install_it(self, tmp_path):
        hidden = (
            "import sys\n"
            "for name in ('moto', 'flask', 'flask_cors'): sys.modules[name] = None\n"
            "from awscreds.cli import run\n"
            "sys.exit(run(['sandbox', '--', 'true']))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", hidden], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "moto, flask, flask_cors" in done.stderr
        assert f"{sys.executable} -m pip install" in done.stderr
        assert "awscreds[sandbox]" not in done.stderr


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


def answers(url):
    parts = urlsplit(url)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection((parts.hostname, parts.port), timeout=1).close()
        except OSError:
            return False
        time.sleep(0.02)
    return True
