"""What the processes of awscreds hand on, read from the lines of ``strace -f -yy -v``."""

import codecs
import collections
import itertools
import os
import re
from typing import NamedTuple

from awscreds.stores.temporary_names import MARK

LINE = re.compile(rb"(\d+) +(?:<\.\.\. )?(\w+)(.*)", re.DOTALL)
STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"')
FD = re.compile(rb"\((\d+)<(.*?)>(?:, |\))")
PID_GIVEN = re.compile(rb"= (\d+)$")
CUT = 200
"""Bytes of a write that are looked at together with the next one."""


class Handed(NamedTuple):
    """Bytes that a process gave away: where to, its subcommand, and the test that it was in.

    Of a process that is not ours there are those that went into files, and ``command`` is None.
    """

    data: bytes
    place: str
    command: str | None
    test: str | None


class Process:
    """``command``: the words after ``awscreds``, of a process of ours; else None."""

    def __init__(self, command):
        self.command, self.ends = command, {}
        self.asked = None


class Processes:
    """All processes of a trace. ``tell`` reads what `canaries.tell_tracer` wrote."""

    def __init__(self, tell):
        self.tell, self.test = tell, None
        self.known, self.waiting = {}, collections.defaultdict(list)

    def handed(self, lines):
        """What processes hand on: ``Handed``, in order."""
        for line in lines:
            if not (match := LINE.match(line.rstrip(b"\n"))):  # a signal, or the end
                if b" +++ " in line:
                    self.known.pop(line.split(maxsplit=1)[0], None)
                continue
            pid, call, rest = match.groups()
            if not self.known:
                self.known[pid] = Process(None)
            if pid not in self.known:  # its parent has yet to return from the call that made it
                self.waiting[pid].append((call, rest))
                continue
            yield from self._of(pid, call, rest)

    def _of(self, pid, call, rest):
        process = self.known[pid]
        if call in (b"clone", b"clone3", b"fork", b"vfork"):
            if given := PID_GIVEN.search(rest):
                child = given[1]
                self.known[child] = Process(process.command)
                for held in self.waiting.pop(child, ()):
                    yield from self._of(child, *held)
        elif call == b"execve":
            yield from self._started(process, rest)
        elif fd := FD.match(rest):
            text = b"".join(map(_bytes, STRING.findall(rest, fd.end())))
            if fd[2].startswith(b"/dev/null"):
                self._told(process, text)
            elif process.command is not None or fd[2].startswith(b"/"):
                data = process.ends.get(fd.groups(), b"") + text
                process.ends[fd.groups()] = data[-CUT:]
                yield self._handed(process, data, _place(fd[1], fd[2].decode()))

    def _handed(self, process, data, place):
        command = None if process.command is None else _short(process.command)
        return Handed(data, place, command, self.test)

    def _told(self, process, text):
        if text.startswith(b"[") and text.endswith(b"]"):
            what, *words = self.tell(text)
            if what == "test":
                [self.test] = words
            else:
                process.command = words

    def _started(self, process, rest):
        if rest.startswith(b"("):
            arguments, _, environment = rest.partition(b"], [")
            process.asked = [
                [_bytes(text) for text in STRING.findall(part)]
                for part in (arguments.partition(b", [")[2], environment)
            ]
        if not rest.endswith(b" = 0"):
            return
        words, variables = process.asked
        if process.command is not None:
            program = os.path.basename(words[0].decode())
            for word in words:
                yield self._handed(process, word, f"argv of {program}")
            for variable in variables:
                name, _, value = variable.partition(b"=")
                yield self._handed(process, value, f"{name.decode()} of {program}")
        process.command, process.ends = command_of(words), {}


def command_of(words):
    """What follows ``awscreds`` where these words start it, else None."""
    words = [word.decode(errors="replace") for word in words]
    if os.path.basename(words[0]).startswith("python"):  # options, then what it is to run
        words = words[next((n for n, word in enumerate(words) if n and word[0:1] != "-"), 0) :]
    is_ours = words[0].endswith("/awscreds/__main__.py") or os.path.basename(words[0]) == "awscreds"
    return words[1:] if is_ours else None


def _short(words):
    """The subcommand, the setting that it is about, and which options it has."""
    options = [word.partition("=")[0] for word in words if word.startswith("--")]
    while words and words[0].startswith("-"):
        words = words[2 if words[0] == "--profile" else 1 :]
    names = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
    most = 3 if names[:1] == ["configure"] else 2
    return " ".join(names[:most] + sorted(options))


def _bytes(text):
    return codecs.escape_decode(text)[0]


def _place(number, target):
    """Where a process wrote to: a file, or what it is."""
    if target.startswith(("pipe:", "/dev/pts/", "/dev/tty", "UNIX", "TCP", "socket:")):
        name = {b"1": "stdout", b"2": "stderr"}.get(number)
        return name or re.match(r"/dev/(?:pts|tty)|\w+", target)[0]
    return re.sub(rf"\.?([^/]+){re.escape(MARK)}[^/]+$", r"\1", target)  # what is to replace it
