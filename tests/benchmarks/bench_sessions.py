"""What a session costs: ours, the least that boto3 can do for one, and other tools'.

Run it as ``python -m tests.benchmarks.bench_sessions [ROUNDS]`` (about 3 minutes). Whole processes,
from posix_spawn to their end, against one local endpoint that answers GetSessionToken at once: the
sandbox takes each code once, and the time it thinks would flatter every ratio. Each round runs all
of them one after the other, so that a busy machine slows them all, and each is compared with the
baseline of its own round.

The floor imports boto3, builds the STS client with explicit keys and makes that one call. *Cold*
makes the call, *warm* finds the session of the run before. Ours take the key out of a real
gnome-keyring and keep sessions sealed; the others read and keep plaintext. They are installed by
pip into a virtual environment of their own, but for the AWS CLI, which is the one of this
environment; whatever cannot be installed or driven is named below the table.
"""

import contextlib
import datetime as dt
import http.server
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import venv

from awscreds.stores.kernel_keyring import kernel
from tests.benchmarks.bench_warm import line_of
from tests.stores.backends.secret_service import gnome_keyring

FLOOR = "boto3's floor"
BARE = "python -I -S -c pass"
HERE = os.path.dirname(sys.executable)
PROGRAM = os.path.join(HERE, "awscreds")
ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documentation example
SERIAL = "arn:aws:iam::123456789012:mfa/alice"
CODE = "123456"
KEYS = f"aws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"
MANY = 10_000
BOTO3 = """
import sys
import boto3
sts = boto3.client(
    "sts", region_name="eu-central-1", endpoint_url=sys.argv[3],
    aws_access_key_id=sys.argv[1], aws_secret_access_key=sys.argv[2],
)
sts.get_session_token(SerialNumber=sys.argv[4], TokenCode="123456")
"""


class Command:
    """What one row of the table runs. ``calls`` is how many calls each run is to make of STS."""

    def __init__(self, argv, environ, *, calls=0, stdin=os.devnull):
        self.argv = argv
        self.environ = environ
        self.calls = calls
        self.stdin = stdin

    def run(self):
        """Seconds from the start of the process to its end, those of its CPU, and its status."""
        opened = ((0, self.stdin, os.O_RDONLY), (1, os.devnull, os.O_WRONLY))
        files = [(os.POSIX_SPAWN_OPEN, number, path, flag, 0) for number, path, flag in opened]
        files.append((os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0))
        start = time.perf_counter()
        pid = os.posix_spawn(self.argv[0], self.argv, self.environ, file_actions=files)
        _, status, usage = os.wait4(pid, 0)
        return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, status

    def trouble(self, server):
        """Why it cannot be measured, by a run that is watched; None where it can."""
        before = server.calls
        with open(self.stdin, encoding="utf-8") as stdin:
            done = subprocess.run(
                self.argv, env=self.environ, stdin=stdin, capture_output=True, text=True,
                timeout=60, check=False,
            )  # fmt: skip
        said = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["it says nothing"]
        if done.returncode:
            return f"exit {done.returncode}: {said[-1]}"
        made = server.calls - before
        return None if made == self.calls else f"made {made} calls of STS, not {self.calls}"


def main(rounds):
    before = os.getloadavg()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(endpoint())
        url = f"http://127.0.0.1:{server.server_port}"
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bus = stack.enter_context(gnome_keyring(folder / "keyring"))
        sessions, lines = {FLOOR: floor(folder, url)}, {BARE: bare(folder, url)}
        for count in (1, MANY):
            cold_and_warm, line_and_script = ours(stack, folder / f"ours-{count}", url, bus, count)
            sessions |= cold_and_warm
            lines |= line_and_script
        theirs, troubles = others(folder, url)
        sessions |= theirs
        for name, command in [*sessions.items(), *lines.items()]:
            trouble = command.trouble(server)  # also: byte code, page cache, the kept answer
            if trouble:
                troubles[name] = trouble
        commands = {k: v for k, v in (sessions | lines).items() if k not in troubles}
        rows = []
        for _ in range(rounds):
            row = {name: command.run() for name, command in commands.items()}
            troubles |= {name: "failed now and then" for name, run in row.items() if run[2]}
            rows.append(row)
    print(f"{rounds} rounds; median of each, and of its multiples of the first (quartiles)")
    table("a session", [name for name in sessions if name not in troubles], rows)
    table("credential-process", [name for name in lines if name not in troubles], rows)
    for name, trouble in troubles.items():
        print(textwrap.fill(f"not measured: {name}: {trouble}", 79, subsequent_indent="  "))
    print(f"load of {os.cpu_count()} processors, 1 minute: {before[0]:.1f} before, ", end="")
    print(f"{os.getloadavg()[0]:.1f} after; Python {sys.version.split()[0]}")


def table(title, names, rows):
    print(f"\n{title:38} {'ms':>6} {'CPU ms':>7}  {'multiple (quartiles)'}")
    for name in names:
        took, cpu = (statistics.median(row[name][at] for row in rows) * 1000 for at in (0, 1))
        ratios = [row[name][0] / row[names[0]][0] for row in rows]
        low, ratio, high = statistics.quantiles(ratios, n=4)
        print(f"  {name:36} {took:6.1f} {cpu:7.1f}  {ratio:5.2f} ({low:.2f} to {high:.2f})")


# -- what is measured ------------------------------------------------------------------------


def floor(folder, url):
    argv = [sys.executable, "-c", BOTO3, ID, SECRET, url, SERIAL]
    return Command(argv, environment(folder / "none", url), calls=1)


def bare(folder, url):
    return Command([sys.executable, "-I", "-S", "-c", "pass"], environment(folder / "none", url))


def ours(stack, home, url, bus, count):
    """The rows of awscreds with so many profiles, ``dev`` the one in use: sessions, and lines."""
    environ = environment(home, url) | bus | {"HOME": str(home)}
    write_config(home, count)
    words = ["--access-key-id", ID, "--secret-stdin", "--no-verify"]
    set_up(environ, "configure", "--profile", "dev", *words, given=SECRET)
    set_up(environ, "configure", "set", "awscreds_key_cache", "15m", "--profile", "dev")
    stack.callback(set_up, environ, "lock", "--quiet")
    time.sleep(2.5)  # nothing is kept while the files are that new
    argv = [PROGRAM, "mfa-session", "--profile", "dev"]
    profiles = f"{count:,} profile{'s' if count > 1 else ''}"
    sessions = {
        f"awscreds cold, {profiles}": Command(
            [*argv, "--refresh", "--token", CODE], environ, calls=1
        ),
        f"awscreds warm, {profiles}": Command(argv, environ),
    }
    line = line_of("dev", environ)
    set_up(environ, "credential-process", "--profile", "dev")
    if not kernel.names(kernel.scope(str(home / ".aws" / "awscreds")) + "answer:"):
        sys.exit("no answer was kept: this kernel, or its container, refuses the key store")
    lines = {
        f"the config line, {profiles}": Command(line, environ),
        f"the pip script, {profiles}": Command(
            [PROGRAM, "credential-process", "--profile", "dev"], environ
        ),
    }
    return sessions, lines


def others(folder, url):
    """The rows of other tools, and why some have none."""
    troubles = {}
    tools = folder / "tools"
    venv.create(tools, with_pip=True)
    for package in ("aws-mfa", "awsume"):
        # Their set-up may write to the start-up files of a shell: to those of no home of ours.
        done = subprocess.run(
            [tools / "bin" / "pip", "install", "--quiet", "--no-input", package],
            env=os.environ | {"HOME": str(folder)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["pip says nothing"]
            troubles[package] = f"cannot be installed: {said[-1]}"
    code = folder / "code"
    code.write_text(f"{CODE}\n")
    rows = {}
    for count in (1, MANY):
        profiles = f"{count:,} profile{'s' if count > 1 else ''}"
        homes = {name: folder / f"{name}-{count}" for name in ("aws-mfa", "awsume", "aws")}
        for name, home in homes.items():
            write_config(home, count)
            section = "dev-long-term" if name == "aws-mfa" else "dev"
            (home / ".aws" / "credentials").write_text(f"[{section}]\n{KEYS}")
        if "aws-mfa" not in troubles:
            # It has no option for the code, but its prompt reads any stdin; and it looks for a
            # region in the environment alone.
            argv = [str(tools / "bin" / "aws-mfa"), "--profile", "dev", "--device", SERIAL]
            environ = environment(homes["aws-mfa"], url) | {"AWS_DEFAULT_REGION": "eu-central-1"}
            rows[f"aws-mfa cold, {profiles}"] = Command(
                [*argv, "--force"], environ, calls=1, stdin=str(code)
            )
            rows[f"aws-mfa warm, {profiles}"] = Command(argv, environ)
        if "awsume" not in troubles:
            # What the shell function of that name starts.
            argv = [str(tools / "bin" / "awsumepy"), "dev"]
            environ = environment(homes["awsume"], url)
            rows[f"awsume cold, {profiles}"] = Command(
                [*argv, "--refresh", "--mfa-token", CODE], environ, calls=1
            )
            rows[f"awsume warm, {profiles}"] = Command(argv, environ)
        if shutil.which("aws", path=HERE):
            argv = [os.path.join(HERE, "aws"), "sts", "get-session-token", "--profile", "dev"]
            argv += ["--serial-number", SERIAL, "--token-code", CODE]
            environ = environment(homes["aws"], url)
            rows[f"aws (keeps none), {profiles}"] = Command(argv, environ, calls=1)
        else:
            troubles["aws"] = "not installed beside this Python (pip install awscli)"
    return rows, troubles


# -- where it runs ---------------------------------------------------------------------------


def environment(home, url):
    home.mkdir(exist_ok=True)
    foreign = ("AWS", "DBUS", "MFA_", "PYTHON", "XDG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "HOME": str(home), "AWS_ENDPOINT_URL": url}


def write_config(home, count):
    """A config file with ``dev``, which has an MFA device, and as many profiles in all."""
    folder = home / ".aws"
    folder.mkdir(mode=0o700, parents=True)
    others = (f"\n[profile p{number}]\nregion = eu-central-1\n" for number in range(count - 1))
    dev = f"[profile dev]\nregion = eu-central-1\nmfa_serial = {SERIAL}\n"
    (folder / "config").write_text(dev + "".join(others))


def set_up(environ, *words, given=None):
    command = [PROGRAM, *words]
    subprocess.run(command, env=environ, input=given, text=True, check=True, capture_output=True)


class Sts(http.server.BaseHTTPRequestHandler):
    """GetSessionToken, answered without a thought."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.calls += 1
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
    """A server that gives sessions, and counts them."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sts) as server:
        server.calls = 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
