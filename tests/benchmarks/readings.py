"""Rows: reading AWS files in memory, beside botocore's `load_config` of the same file; growth.

For hostile files, the exponent says whether the work is linear in the size of the file, 1, or
quadratic, 2.
"""

import gc
import subprocess
import sys
import time

from awscreds.model.ini.document import PROFILE, Document, scan
from awscreds.model.problems.lines import problems_of
from tests.benchmarks.measure import BARE, OWN, PEER, Row, Sample, Series
from tests.benchmarks.peers import ROOT

GROUP = "Reading 10,000 profiles in memory"
PROFILES = 10_000
SIZES = (62_500, 125_000, 250_000, 500_000, 1_000_000)
WORKS = (
    ("every value", OWN, "parse"),
    ("one profile, the last", OWN, "scan"),
    ("every value, botocore", PEER, "botocore"),
)
CALLS = {
    "parse": "Document.parse",
    "scan": "scan",
    "botocore": "botocore.configloader.load_config",
}


def config(profiles):
    """A file of profiles as people have them: comments and nested blocks among them."""
    extras = [
        "credential_process = /opt/awscreds/bin/python -I\n",
        "role_arn = arn:aws:iam::123456789012:role/x\n",
        "s3 =\n    max_concurrent_requests = 20\n",
        "# a comment line here\nduration_seconds = 3600\n",
    ]
    return "".join(
        f"[profile team-{number:05d}]\n"
        "region = eu-central-1\n"
        "output = json\n"
        f"mfa_serial = arn:aws:iam::123456789012:mfa/alice-{number:05d}\n"
        f"{extras[number % len(extras)]}\n"
        for number in range(profiles)
    ).encode()


def parse(data):
    """A full parse: every value of every section is read."""
    document = Document.parse(data)
    for section in document.sections():
        document.values(section)


HOSTILE = {
    "one line of [": lambda size: b"[" * size,
    "lines of [": lambda size: b"[\n" * (size // 2),
    "one line of [ below a key": lambda size: b"[a]\nk=v\n " + b"[" * size,
    "headers": lambda size: b"[a]\n" * (size // 4),
    "indented headers": lambda size: b" [a]\n" * (size // 5),
    "different indented headers": lambda size: b"".join(b" [%d]\n" % n for n in range(size // 9)),
    "one header": lambda size: b"[" + b"a" * size + b"]",
    "one header of quotes": lambda size: b"[profile '" + b'"\\ ' * (size // 3) + b"']",
    "one line of blanks": lambda size: b"[a]\n" + b" " * size,
    "blanks in a line": lambda size: b"[a]\nk" + b" " * size + b"v",
    "blank lines in a value": lambda size: b"[a]\nk = v\n" + b"\n" * size + b" w",
    "lines of one CR": lambda size: b"[a]\r" + b"k=v\r" * (size // 4),
    "CRs": lambda size: b"[a]\nk=v" + b"\r" * size,
    "one value": lambda size: b"[a]\nk = " + b"x" * size,
    "one key": lambda size: b"[a]\n" + b"k" * size,
    "duplicate keys": lambda size: b"[a]\n" + b"k = v\n" * (size // 6),
    "continuations": lambda size: b"[a]\nk = v\n" + b" w\n" * (size // 3),
    "a nested block": lambda size: b"[a]\ns3 =\n" + b" k = v\n" * (size // 7),
    "keyless lines": lambda size: b"[a]\n" + b"k\n" * (size // 2),
    "no UTF-8": lambda size: b"[a]\nk = " + b"\xff" * size,
}


def everything(data):
    """All that can be done to a file: read, scan, problems, an edit at each end."""
    document = Document.parse(data)
    for section in document.sections():
        document.values(section)
    scan(data, (PROFILE, "a"))
    problems_of(document)
    document.set((PROFILE, "a"), "new", "value")
    document.unset((PROFILE, "a"), "k")
    document.remove_section(("a", ""))
    document.render()


def measured(stage, rounds, launcher):
    """A series for each reading, in turn; each is of a fresh process, imports not counted."""
    data = config(PROFILES)
    files = {"": data, ", CRLF": data.replace(b"\n", b"\r\n")}
    cases = []
    for ending, text in files.items():
        path = stage.folder("readings") / f"config{len(ending)}"
        path.write_bytes(text)
        cases += [(f"{name}{ending}", who, work, path) for name, who, work in WORKS]
    series = [
        Series(Row(GROUP, name, f"{CALLS[work]}(…)", (), {}, who=who))
        for name, who, work, _ in cases
    ]
    for _ in range(rounds):
        for each, (_, _, work, path) in zip(series, cases, strict=True):
            bare = launcher.run(BARE, {})["wall"]
            each.samples.append(Sample(one_reading(work, path), None, None, bare, None))
    return series


def grown(stage):
    """How all that can be done to a hostile file grows with its size."""
    sizes = [size // (4 if stage.quick else 1) for size in SIZES]
    for name, make in HOSTILE.items():
        points = [(size, min(cpu_seconds(make(size)) for _ in range(3))) for size in sizes]
        yield {"group": "Hostile files", "name": name, "over": "bytes", "points": points}


def cpu_seconds(data):
    gc.collect()
    start = time.process_time()
    everything(data)
    return time.process_time() - start


def one_reading(work, path):
    """Seconds that one reading takes in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.readings", work, str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)


def measure(work, path):
    if work == "botocore":
        from botocore.configloader import load_config

        return seconds(load_config, path)
    with open(path, "rb") as file:
        data = file.read()
    if work == "scan":
        return seconds(scan, data, (PROFILE, f"team-{PROFILES - 1:05d}"))
    return seconds(parse, data)


def seconds(work, *arguments):
    gc.collect()
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


if __name__ == "__main__":
    print(measure(*sys.argv[1:]))
