"""Starts awscreds in a process of its own, forked from one that has loaded it already.

Loading modules, describing AWS's services and deriving a vault's key take most of the time of most
commands, and most tests are of none of them. A run gets what an installed script's process gets:
arguments, environment, working directory, three pipes, a session of its own without a terminal; it
goes through the same door. Only a new vault's key is derived with little work, and nothing waits
for the disk (``unsynced``).

``pytest --installed`` starts the installed script instead. Tests of the start itself always do.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import io
import json
import os
import pkgutil
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from tests.helpers import LITTLE_WORK, tell_tracer, unsynced

HEEDED = re.compile(r"PYTHON(?!_KEYRING)|LC_|LANG")
"""Variables that Python itself heeds when it starts."""

ROOT = str(Path(__file__).parents[2])


def preload():
    """Load what a run may need: modules, and the services' descriptions; be quick with vaults."""
    import botocore.session  # noqa: F401 - it is there for runs to come
    import cryptography.hazmat.primitives.ciphers.aead  # noqa: F401 - the same

    import awscreds
    from awscreds.aws.clients import client_for
    from awscreds.model.credentials import AccessKey
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.stores.backends import vault

    vault.preferred_kdf = lambda: LITTLE_WORK
    os.fsync = unsynced
    # On Windows nothing is forked: a run loads what it needs.
    modules = (
        pkgutil.walk_packages(awscreds.__path__, "awscreds.") if sys.platform != "win32" else ()
    )
    for module in modules:
        is_of_windows = ".windows_" in module.name
        is_left_out = module.name.startswith("awscreds.sandbox") or "__main__" in module.name
        if not is_left_out and not is_of_windows:
            importlib.import_module(module.name)
    make_clients_quick()
    for service in ("iam", "sts"):
        client_for(service, AccessKey("none", "none"), ServiceEndpoint("us-east-1"))
    gc.freeze()


def make_clients_quick(change=setattr):
    """Have botocore remember what it works out for each client. ``change`` is like setattr."""
    import botocore.hooks

    # A new session of botocore, and there is one for each client, looks at the signature of each of
    # its 130 handlers, and for other names of 1,700 events: most of what a client costs.
    hooks = botocore.hooks
    aliaser = hooks.EventAliaser(hooks.HierarchicalEmitter())
    names = functools.cache(aliaser._alias_event_name)
    accepts = functools.cache(hooks.accepts_kwargs)
    # Of a method, its function: the cache would keep each client.
    change(hooks, "accepts_kwargs", lambda handler: accepts(getattr(handler, "__func__", handler)))
    change(hooks.EventAliaser, "_alias_event_name", lambda _, name: names(name))


# -- for tests -----------------------------------------------------------------------------------


def can_run(argv, environment):
    """Whether a prepared process is the same: nothing tells Python to start in another way."""
    if sys.platform == "win32" and argv[:1] in (["exec"], ["sandbox"]):
        return False  # their programs write to what this process was started with
    return _heeded(environment) == _heeded(_plain(os.environ))


def _plain(environment):
    return {name: text for name, text in environment.items() if not name.startswith("PYTHON")}


def _heeded(environment):
    return {name: text for name, text in environment.items() if HEEDED.match(name)}


def run(argv, environment, cwd, text, timeout, *, life=None, within=None):
    """Run ``awscreds ARGV`` and wait for its end: a CompletedProcess. Raises TimeoutExpired.

    Not on Windows: it is killed if it runs longer than ``life`` seconds, and ``within`` names one
    of the environments of ``tests.abuse``.
    """
    if sys.platform == "win32":
        job = {"argv": argv, "cwd": str(cwd), "text": text}
        with _one_at_a_time:
            done = _worker()("main", environment, **job)
        return subprocess.CompletedProcess(argv, done["code"], done["out"], done["err"])
    (stdin, feed), (out, stdout), (err, stderr) = (os.pipe() for _ in range(3))
    heard = {}
    threads = [
        threading.Thread(target=_feed, args=(feed, text), daemon=True),
        threading.Thread(target=_hear, args=(out, heard), daemon=True),
        threading.Thread(target=_hear, args=(err, heard), daemon=True),
    ]
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(timeout)
        line.connect(_address())
        socket.send_fds(line, [b"+"], [stdin, stdout, stderr])
        for end in (stdin, stdout, stderr):
            os.close(end)
        for thread in threads:
            thread.start()
        line.sendall(json.dumps([argv, environment, str(cwd), within, life]).encode() + b"\n")
        try:
            code = json.loads(line.makefile().readline())
        except TimeoutError:
            raise subprocess.TimeoutExpired(argv, timeout) from None
        for thread in threads:
            thread.join(timeout)
    return subprocess.CompletedProcess(argv, code, heard[out], heard[err])


_one_at_a_time = threading.Lock()


@functools.cache
def _worker():
    """What runs commands on Windows, where nothing can be forked."""
    from tests.e2e.rotation_worker import Worker

    worker = Worker()
    atexit.register(worker.__exit__)
    return worker


def _feed(end, text):
    with contextlib.suppress(BrokenPipeError), open(end, "w", encoding="utf-8") as stream:
        stream.write(text)


def _hear(end, heard):
    with open(end, encoding="utf-8", errors="backslashreplace") as stream:
        heard[end] = stream.read()


@functools.cache
def _address():
    """Where the server of this worker listens. It ends when the worker does."""
    address = os.path.join(tempfile.mkdtemp(), "prepared")
    listener = socket.socket(socket.AF_UNIX)
    with listener:
        listener.bind(address)
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.prepared", str(listener.fileno())],
            pass_fds=[listener.fileno()],
            cwd=ROOT,
            env={**_plain(os.environ), "PYTHONPATH": ROOT},
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def end():
        server.stdin.close()
        server.wait()
        shutil.rmtree(os.path.dirname(address))

    atexit.register(end)
    return address


# -- the server ----------------------------------------------------------------------------------


def serve(listener):
    """Fork for each job, until whoever started this has ended."""
    preload()
    while sys.stdin not in (ready := select.select([listener, sys.stdin], [], [])[0]):
        assert ready == [listener]
        line, _ = listener.accept()
        with line:
            if os.fork() == 0:
                _manage(line)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _manage(line):
    """Have the job of this line done by a child, and say how that ended."""
    _, fds, _, _ = socket.recv_fds(line, 1, 3)
    *job, life = json.loads(line.makefile().readline())
    pid = os.fork()
    if pid == 0:
        line.close()
        _become(job, fds)
    for fd in fds:
        os.close(fd)
    if life is not None and not select.select([os.pidfd_open(pid)], [], [], life)[0]:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):  # nobody waits any more
        line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(job, fds):
    """Do as the installed script's process: never returns."""
    argv, environment, cwd, within = job
    code = 99
    try:
        tell_tracer("awscreds", *argv)
        os.setsid()
        os.chdir(cwd)
        for number, fd in enumerate(fds):
            os.dup2(fd, number)
            os.close(fd)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        sys.stdin, sys.stdout, sys.stderr = map(_stream, range(3))
        sys.argv = [os.path.join(os.path.dirname(sys.executable), "awscreds"), *argv]
        from awscreds.__main__ import main

        if within is not None:
            from tests.abuse import environments

            environments.enter(within)
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as Python does at its end
        traceback.print_exc()
        code = 1
    finally:
        with contextlib.suppress(Exception):
            atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(code)


def _stream(number):
    """As Python opens them at its start, for pipes."""
    raw = open(number, "rb" if number == 0 else "wb", closefd=False)  # noqa: SIM115 - kept
    errors = "backslashreplace" if number == 2 else "strict"
    return io.TextIOWrapper(raw, encoding="utf-8", errors=errors, line_buffering=number == 2)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    serve(socket.socket(fileno=int(sys.argv[1])))
