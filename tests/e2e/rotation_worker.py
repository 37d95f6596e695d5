"""Runs awscreds over and over on Windows, which has no fork: in a process that lasts until killed.

``Worker`` is what ``rotation.Zygote`` is elsewhere, and does the same deeds. It starts the process
with the first job, and another one after a job that was killed. Each job has an App of its own, and
nothing of awscreds outlives that.

    python -m tests.e2e.rotation_worker
"""

import io
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

ROOT = str(Path(__file__).parents[2])


class Worker:
    """Does one job after the other. Use it with ``with``."""

    _process = None

    def __enter__(self):
        return self

    def __call__(self, deed, environ, **job):
        """What came of it: exit code, what it printed, what it told until then."""
        if self._process is None:
            self._start()
        job |= {"deed": deed, "environ": environ}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        found = {"out": "", "err": "", "told": []}
        for line in self._process.stdout:
            message = json.loads(line)
            if "code" in message:
                return found | message
            for name, more in message.items():
                found[name] += more
        return found | {"code": self._end()}

    def _start(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.rotation_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": ROOT},
            creationflags=subprocess.DETACHED_PROCESS,  # no console: nobody to ask
        )

    def _end(self):
        process, self._process = self._process, None
        with process:
            process.stdin.close()
        return process.returncode

    def seen(self, path):
        return Path(path)

    def __exit__(self, *_):
        if self._process is not None:
            self._end()


class Forwarded(io.StringIO):
    """A stream whose text is passed on at once: nobody else has it if this process is killed."""

    def __init__(self, name, answer):
        super().__init__()
        self._name = name
        self._answer = answer

    def write(self, text):
        self._answer({self._name: text})
        return len(text)


def command(job, _tell):
    """Run a command line as the installed script does."""
    from awscreds import __main__, process

    def end(code):
        raise SystemExit(code)

    process.exit_now = end  # this process goes on
    stdin = io.TextIOWrapper(io.BytesIO(job["text"].encode()), encoding="utf-8")
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n") for _ in range(2))
    shown = sys.stdout, sys.stderr
    before = sys.stdin, os.getcwd()
    sys.stdin, sys.stdout, sys.stderr = stdin, out, err
    sys.argv = ["awscreds", *job["argv"]]
    os.chdir(job["cwd"])
    try:
        __main__.main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout, sys.stderr = shown
        sys.stdin, folder = before
        os.chdir(folder)
        for stream, given in zip(shown, (out, err), strict=True):
            given.flush()
            stream.write(given.buffer.getvalue().decode("utf-8", "replace"))
    return code


def main():
    from tests.e2e.prepared import preload
    from tests.e2e.rotation_zygote import DEEDS

    deeds = {**DEEDS, "main": command}
    jobs, answers = sys.stdin, os.fdopen(os.dup(1), "w", encoding="utf-8")

    def answer(message):
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    sys.stdin = io.StringIO()
    sys.stdout, sys.stderr = Forwarded("out", answer), Forwarded("err", answer)
    preload()
    for line in jobs:
        job = json.loads(line)
        os.environ.clear()
        os.environ.update(job["environ"])
        try:
            code = deeds[job["deed"]](job, lambda told: answer({"told": [told]}))
        except BaseException:  # noqa: BLE001 - it is to be seen
            traceback.print_exc()
            code = 99
        answer({"code": code})


if __name__ == "__main__":
    main()
