"""An editor renames its text over the config file again and again, while we edit it.

A careful one: right before its rename it looks whether the file is still what it read. So whatever
is lost was lost between a last look and a rename, ours or its own.
"""

import mmap
import os
import subprocess
import sys
import time

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.other_writers import Time

pytestmark = pytest.mark.posix("its editors replace a file in two steps")

EDITS, ALL, ROUND = 75, 10_000, 25
"""Our edits; with --full; and how many of them the same file sees."""

EDITOR = """
import mmap, os, random, sys, time
os.chdir(sys.argv[1])
rand, written = random.Random(sys.argv[2]), 0
with open("../turns", "r+b") as file:
    turns = mmap.mmap(file.fileno(), 8)
while turns[7] == 0:
    with open("config", "rb", buffering=0) as file:
        seen, data = os.fstat(file.fileno()), file.read()
    with open("new", "wb", buffering=0) as file:
        file.write(data + b"# theirs %d\\n" % written)
    now = os.stat("config")
    if (now.st_ino, now.st_mtime_ns) == (seen.st_ino, seen.st_mtime_ns):
        os.rename("new", "config")
        written += 1
    turns[:4] = (int.from_bytes(turns[:4], "big") + 1).to_bytes(4, "big")
    pause = time.perf_counter() + rand.uniform(0, 0.003)
    while time.perf_counter() < pause:
        pass
print(written)
"""


class Editor:
    """The editor, and the time in which it lives: a pause of ours is two turns of it at least."""

    def __init__(self, folder, seed):
        path = folder.parent / "turns"
        path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 8)
        self.slept = 0.0
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", EDITOR, folder, str(seed)], stdout=subprocess.PIPE
        )

    @property
    def turns(self):
        return int.from_bytes(self.shared[:4], "big")

    def sleep(self, seconds):
        """Until whatever it had read before is written, and seen by its own last look."""
        self.slept += max(seconds, 0.1)
        until = self.turns + 2
        while self.turns < until:
            assert self.process.poll() is None
            time.sleep(0.0001)

    def end(self):
        self.shared[7] = 1
        return int(self.process.communicate(timeout=60)[0])


def lost(folder, seed, edits):
    """How many changes of the editor, and of ours, are not in the file after so many of ours."""
    aws = folder / "aws"
    aws.mkdir(0o700, parents=True)
    config = aws / "config"
    config.write_bytes(b"[profile dev]\nregion = eu-central-1\n")
    editor = Editor(aws, seed)
    warnings, done = [], []
    files = AwsFiles(
        str(config),
        str(aws / "credentials"),
        lock_folder=str(folder / "locks"),
        warn=warnings.append,
        time=Time(monotonic=lambda: editor.slept, sleep=editor.sleep),
    )
    for number in range(edits):
        try:
            files.edit(lambda documents, name=f"key{number}": documents.config.set(DEV, name, "x"))
            done.append(b"key%d = x" % number)
        except ConfigurationError as error:
            assert error.code == "files-busy"
    written = editor.end()
    lines = config.read_bytes().splitlines()
    assert len(done) > edits / 2
    assert [name for name in os.listdir(aws) if name.startswith(".")] == [], warnings
    return (
        sum(b"# theirs %d" % number not in lines for number in range(written)),
        sum(line not in lines for line in done),
    )


DEV = ("profile", "dev")


@pytest.mark.timeout(1800)
def test_an_editor_that_renames_and_ours_lose_nothing(tmp_path, request):
    edits = ALL if request.config.getoption("--full") else EDITS
    rounds = [
        lost(tmp_path / str(start), start, min(ROUND, edits - start))
        for start in range(0, edits, ROUND)
    ]
    assert [sum(counts) for counts in zip(*rounds, strict=True)] == [0, 0]
