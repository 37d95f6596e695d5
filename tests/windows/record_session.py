"""Records a session of awscreds for Windows: `.ci/windows --record` runs it, outside of Wine.

``wine`` starts the Windows programs. PowerShell is the one for Linux, which evaluates what awscreds
for Windows prints; cmd.exe is Wine's. AWS is our sandbox, which runs on Windows too.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from awscreds.sandbox.client import Control
from awscreds.sandbox.world import environment

PYTHON = sys.argv[1]
SCRIPTS = Path(PYTHON).parent / "Scripts"
BOTO3 = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
STEP_DEADLINE = 60.0
"""Seconds in which a rotation comes to the step in which it is killed."""


class Recorder:
    """Runs commands in a home, and shows each with what it prints."""

    def __init__(self, home, environ):
        self.home = home
        self.environ = environ

    def show(self, text):
        """Print it without the paths of this machine."""
        python = str(Path(PYTHON).parent)
        windows = "Z:" + python.replace("/", "\\")
        for spelled in (windows, python):
            text = text.replace(spelled, "C:\\Python")
        # Secrets are the sandbox's own; but nobody should learn to print them.
        text = re.sub(r"(SECRET_ACCESS_KEY|SESSION_TOKEN)(\W+)[\w+/=]{20,}", r"\1\2…", text)
        print(text, flush=True)

    def run(self, prompt, typed, argv, *, stdin="", code=0, **more):
        """Show what is ``typed``, run ``argv``, show what comes. Raises if it ends otherwise."""
        self.show(f"{prompt} {typed}")
        done = subprocess.run(
            argv,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env={**self.environ, **more},
            cwd=self.home,
            check=False,
        )
        streams = (text.replace("\r", "").rstrip("\n") for text in (done.stdout, done.stderr))
        self.show("\n".join(filter(None, streams)))
        if done.returncode != code:
            raise SystemExit(f"{typed}: exit {done.returncode}, not {code}")
        if code:
            self.show(f"(exit {code})")
        return done.stdout

    def awscreds(self, typed, *, stdin="", code=0, **more):
        argv = ["wine", PYTHON, "-m", "awscreds", *typed.split()]
        return self.run("C:\\>", f"awscreds {typed}", argv, stdin=stdin, code=code, **more)

    def boto3(self, typed="python whoami.py", prompt="C:\\>", **more):
        return self.run(prompt, typed, ["wine", PYTHON, "-c", BOTO3], **more)

    def powershell(self, script):
        """PowerShell for Linux; ``awscreds`` and ``python`` are the programs for Windows."""
        functions = "".join(
            f"function {name} {{ wine {PYTHON} {words} @args }}; "
            for name, words in (("awscreds", "-m awscreds"), ("python", ""))
        )
        argv = ["pwsh", "-NoProfile", "-NonInteractive", "-Command", functions + script]
        return self.run("PS C:\\>", script, argv)

    def cmd(self, *lines):
        """Wine's cmd.exe, which runs no command whose word comes out of a variable: see ``if``."""
        script = self.home / "session.cmd"
        shown = [line.replace("@%%i", '@if "%%i" == "set" set %%j') for line in lines]
        shown = [line.replace('"delims="', '"tokens=1,*"') for line in shown]
        script.write_text("".join(f"{line}\r\n" for line in ("@echo off", *shown)))
        return self.run("C:\\>", "\nC:\\> ".join(lines), ["wine", "cmd", "/d", "/c", script])

    def rotation_killed_at(self, stage, typed):
        """Start a rotation, and kill it once its journal has this stage."""
        self.show(f"C:\\> awscreds {typed}")
        process = subprocess.Popen(
            ["wine", PYTHON, "-m", "awscreds", *typed.split()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env=self.environ,
            cwd=self.home,
        )
        end = time.monotonic() + STEP_DEADLINE
        state = self.home / ".aws" / "awscreds"
        while not any(f'"{stage}"' in path.read_text() for path in state.glob("rotation-*.jsonl")):
            if time.monotonic() > end or process.poll() is not None:
                raise SystemExit(f"the rotation has not come to {stage}")
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        self.show(process.communicate()[0].replace("\r", "").rstrip("\n"))
        self.show(f"(killed at the step {stage!r})")


def record(recorder, control, facts):
    key_id, secret = facts["access_key_id"], facts["secret_access_key"]
    dev = {"AWS_PROFILE": "dev"}
    recorder.show("# A key is configured: its secret goes to the Windows Credential Manager.")
    words = f"configure --profile dev --access-key-id {key_id} --region eu-central-1"
    recorder.awscreds(f"{words} --mfa-serial {facts['mfa_serial']} --secret-stdin", stdin=secret)
    recorder.awscreds("list")
    recorder.awscreds("store show")

    recorder.show("\n# boto3, which knows nothing of awscreds (whoami.py calls GetCallerIdentity).")
    recorder.boto3(**dev)

    recorder.show("\n# One MFA code: a session in PowerShell, and in cmd.exe the same one.")
    control.require_mfa("alice")
    code = control.code(facts["mfa_serial"])["code"]
    recorder.powershell(
        f"awscreds mfa-session --profile dev --token {code} --format powershell | Out-String | iex;"
        ' "$Env:AWSCREDS_PROFILE $($Env:AWS_ACCESS_KEY_ID.Substring(0, 4))…";'
        f' python -c "{BOTO3}"'
    )
    recorder.cmd(
        "for /f \"delims=\" %%i in ('awscreds mfa-session --profile dev') do @%%i",
        "echo %AWSCREDS_PROFILE% %AWS_ACCESS_KEY_ID:~0,4%...",
        f'"{PYTHON}" -c "{BOTO3}"',
    )
    recorder.awscreds("sessions list")

    recorder.show("\n# A rotation, killed while it waits for the new key; then resumed.")
    control.propagation(appear=5)
    recorder.rotation_killed_at("verify", "rotate --profile dev --yes")
    recorder.boto3(**dev)
    recorder.awscreds("rotate --resume --yes")
    control.advance(60)  # a code is good for once
    code = control.code(facts["mfa_serial"])["code"]
    recorder.awscreds(f"keys list --profile dev --token {code}")
    recorder.boto3(**dev)

    recorder.show("\n# Locked: the sessions are gone, and a new one needs a code.")
    recorder.awscreds("lock")
    recorder.awscreds("mfa-session --profile dev --no-input", code=6)
    recorder.awscreds("sessions list")


def main():
    server = subprocess.Popen(
        ["wine", PYTHON, "-E", "-P", "-m", "awscreds.sandbox.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,  # Python for Windows does not start with a file there
        env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"},
    )
    with server:
        control = Control(**json.loads(server.stdout.readline()))
        facts = control.facts()
        # Wine sets USERPROFILE itself, whatever it is given.
        [home] = Path(os.environ["WINEPREFIX"], "drive_c", "users").glob("[!P]*")
        shutil.rmtree(home / ".aws", ignore_errors=True)
        (home / ".aws").mkdir()
        environ = environment(os.environ, home, control, facts)
        environ["WINEPATH"] = "Z:" + str(SCRIPTS).replace("/", "\\")
        environ["AWSCREDS_BACKEND"] = "keyring"
        try:
            record(Recorder(home, environ), control, facts)
        finally:
            shutil.rmtree(home / ".aws", ignore_errors=True)
            server.stdin.close()


if __name__ == "__main__":
    main()
