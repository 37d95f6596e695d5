"""Reading AWS files, against botocore's `load_config` of the same file.

Run it as ``python -m tests.benchmarks.bench_ini``. For a config file of 10,000 profiles (1.5 MB) it
prints the ratio of our time to botocore's: the median, and the range, of pairs of processes run one
after the other. Then, for hostile files, how much longer twice the size takes: about 2 where the
work is linear, 4 where it is quadratic.
"""

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time

from awscreds.model.ini.document import PROFILE, Document, scan
from awscreds.model.problems.lines import problems_of

PROFILES = 10_000
PAIRS = 9


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


def main():
    data = config(PROFILES)
    print(f"{PROFILES} profiles, {len(data)} bytes; {PAIRS} pairs of fresh processes")
    compare("full parse / botocore load_config", data, "parse", "botocore")
    crlf = data.replace(b"\n", b"\r\n")
    compare("the same of CRLF", crlf, "parse", "botocore")
    compare("scan for the last / full parse", data, "scan", "parse")
    print("1 MB / 0.5 MB, all that can be done to a file")
    for name, make in HOSTILE.items():
        large, small = make(1_000_000), make(500_000)
        report(name, [seconds(everything, large) / seconds(everything, small) for _ in range(3)])


def compare(name, data, one, other):
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(data)
    try:
        report(name, [measured(one, file.name) / measured(other, file.name) for _ in range(PAIRS)])
    finally:
        os.unlink(file.name)


def measured(work, path):
    """Seconds that one reading takes in a process of its own, imports not counted."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_ini", work, path]
    return float(subprocess.run(command, check=True, capture_output=True).stdout)


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


def report(name, ratios):
    middle = statistics.median(ratios)
    print(f"  {name:36} {middle:.3f}  ({min(ratios):.3f} to {max(ratios):.3f})")


if __name__ == "__main__":
    if sys.argv[1:]:
        print(measure(*sys.argv[1:]))
    else:
        main()
