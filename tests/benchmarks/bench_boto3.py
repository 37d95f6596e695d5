"""What a cold ``mfa-session`` costs beside the least that a boto3 program can do for one.

Run it as ``python -m tests.benchmarks.bench_boto3 [ROUNDS]``. Whole processes against the same
local endpoint, which answers GetSessionToken at once; each round runs all of them one after the
other, so that a busy machine slows them all, and each is compared with the floor of its own round.
The floor imports boto3, builds the STS client with explicit keys and makes that one call. Ours
reads the profile, takes the key out of a real gnome-keyring, makes the call, and keeps the session
sealed for the next time.
"""

import contextlib
import datetime as dt
import http.server
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from tests.stores.secret_service import gnome_keyring

FLOOR = "boto3 floor"
PROGRAM = os.path.join(os.path.dirname(sys.executable), "awscreds")
ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documentation example
SERIAL = "arn:aws:iam::123456789012:mfa/alice"
MANY = 10_000
LIBRARY = """
import sys
from awscreds.aws import Aws
from awscreds.model.connection import Connection
from awscreds.model.credentials import AccessKey
key, how = AccessKey(sys.argv[1], sys.argv[2]), Connection("eu-central-1", sys.argv[3])
Aws().session_token(key, how, serial=sys.argv[4], code="123456")
"""
BOTO3 = """
import sys
import boto3
sts = boto3.client(
    "sts", region_name="eu-central-1", endpoint_url=sys.argv[3],
    aws_access_key_id=sys.argv[1], aws_secret_access_key=sys.argv[2],
)
sts.get_session_token(SerialNumber=sys.argv[4], TokenCode="123456")
"""


def main(rounds):
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(endpoint())
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        arguments = [ID, SECRET, url, SERIAL]
        clean = environment(folder / "none", url)
        (folder / "none").mkdir()
        commands = {
            FLOOR: ([sys.executable, "-c", BOTO3, *arguments], clean),
            "our gateway alone": ([sys.executable, "-c", LIBRARY, *arguments], clean),
        }
        words = ["mfa-session", "--profile", "dev", "--refresh", "--token", "123456"]
        bus = stack.enter_context(gnome_keyring(folder / "keyring"))
        for count in (1, MANY):
            home = folder / f"home-{count}"
            managed = environment(home, url) | bus | {"HOME": str(home)}
            write_files(home, count)
            configure = [PROGRAM, "configure", "--profile", "dev", "--access-key-id", ID]
            subprocess.run(
                [*configure, "--secret-stdin", "--no-verify"],
                env=managed, input=SECRET, text=True, check=True, capture_output=True,
            )  # fmt: skip
            profiles = f"{count:,} profile{'s' if count > 1 else ''}"
            commands[f"mfa-session, {profiles}"] = ([PROGRAM, *words], managed)
        for command in commands.values():  # once unmeasured: byte code, page cache
            run(*command)
        rows = [{name: run(*command) for name, command in commands.items()} for _ in range(rounds)]
    print(f"{rounds} rounds; multiples of the {FLOOR}: median (quartiles)")
    for at, what in enumerate(("from start to end", "of processor time")):
        print(what)
        for name in commands:
            middle = statistics.median(row[name][at] for row in rows) * 1000
            ratios = [row[name][at] / row[FLOOR][at] for row in rows]
            low, ratio, high = statistics.quantiles(ratios, n=4)
            print(f"  {name:42} {middle:6.1f} ms  {ratio:5.2f} ({low:.2f} to {high:.2f})")


def environment(home, url):
    foreign = ("AWS", "DBUS", "PYTHON", "XDG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "HOME": str(home), "AWS_ENDPOINT_URL": url}


def write_files(home, count):
    """A config file with ``dev``, which has an MFA device, and as many profiles in all."""
    folder = home / ".aws"
    folder.mkdir(mode=0o700, parents=True)
    others = (f"\n[profile p{number}]\nregion = eu-central-1\n" for number in range(count - 1))
    dev = f"[profile dev]\nregion = eu-central-1\nmfa_serial = {SERIAL}\n"
    (folder / "config").write_text(dev + "".join(others))


class Sts(http.server.BaseHTTPRequestHandler):
    """GetSessionToken, answered without a thought."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        end = dt.datetime.now(dt.UTC) + dt.timedelta(hours=12)
        body = (
            '<GetSessionTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            "<GetSessionTokenResult><Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>"
            f"<SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{'t' * 400}</SessionToken>"
            f"<Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>"
            "</GetSessionTokenResult></GetSessionTokenResponse>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing."""


@contextlib.contextmanager
def endpoint():
    """The address of a server that gives sessions."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sts) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run(argv, environ):
    """Seconds from the start of a process to its end, which must be a good one; and of its CPU."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    quiet += [(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, environ, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"{argv[0]} failed")
    return seconds, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)
