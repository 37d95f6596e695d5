"""Starts processes and measures them: a small process, so that its own memory counts for nothing.

The kernel counts what a process had before its exec among the most that it ever had: started from
a process with the server and its libraries in it, each would seem to need as much. So this one
imports next to nothing. It reads requests from stdin and answers on stdout, both as marshal writes
them. Output goes to files; it is never kept here.
"""

import marshal
import os
import signal
import sys
import time

CHUNK = 1 << 16
ROWS, COLUMNS = 40, 100


def main():
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            request = marshal.load(requests)
        except EOFError:
            return
        marshal.dump(run(**request), answers)
        answers.flush()


def run(*, argv, environ, cwd, stdin, outputs, errors, terminal, deadline):
    """Run ``argv`` once for each of the files ``outputs``, all at once.

    Gives the seconds until all have ended and their output is read, the seconds of CPU of all, the
    KiB that the largest had, and how each ended. ``deadline`` is in seconds; then all are killed.
    """
    os.chdir(cwd)
    pids = []

    def end(*_):
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.alarm(deadline)
    one = len(outputs) == 1
    reading, actions = _streams(stdin, outputs[0] if one else None, errors, terminal)
    start = time.perf_counter()
    for output in outputs:
        own = actions if one else [*actions, _opened(1, output)]
        pids.append(os.posix_spawn(argv[0], argv, environ, file_actions=own, setsid=True))
    if one:
        _drain(reading, actions, outputs[0])
    ended = []
    while pids:
        pid, status, usage = os.wait4(pids[0], 0)
        pids.remove(pid)
        ended.append((status, usage))
    wall = time.perf_counter() - start
    signal.alarm(0)
    return {
        "wall": wall,
        "cpu": sum(usage.ru_utime + usage.ru_stime for _, usage in ended),
        "rss": max(usage.ru_maxrss for _, usage in ended),
        "statuses": [status for status, _ in ended],
    }


def _streams(stdin, output, errors, terminal):
    """What is to be read of the one process there is, and where its streams go."""
    if terminal:
        import fcntl
        import struct
        import termios

        reading, writing = os.openpty()
        fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        return reading, [(os.POSIX_SPAWN_DUP2, writing, number) for number in (0, 1, 2)]
    actions = [(os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0), _opened(2, errors)]
    if output is None:
        return None, actions
    reading, writing = os.pipe()
    return reading, [*actions, (os.POSIX_SPAWN_DUP2, writing, 1)]


def _opened(number, path):
    return (os.POSIX_SPAWN_OPEN, number, path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _drain(reading, actions, output):
    """Read the pipe or terminal to its end into the file ``output``."""
    writing = next(what[1] for what in reversed(actions) if what[0] == os.POSIX_SPAWN_DUP2)
    os.close(writing)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        while data := os.read(reading, CHUNK):
            os.write(file, data)
    except OSError:  # a terminal's end
        pass
    finally:
        os.close(file)
        os.close(reading)


if __name__ == "__main__":
    main()
