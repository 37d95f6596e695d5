"""Reading AWS files, against botocore's `load_config` of the same file.

Run as `python -m tests.benchmarks.bench_ini`. Prints, for a config file of 10,000 profiles
(1.5 MB), the ratio of our time to botocore's in paired runs within one process: median, and the
smallest and largest of the pairs. Then, for hostile files, how much longer twice the size takes:
about 2 where the work is linear, 4 where it is quadratic.
"""

import gc
import os
import statistics
import tempfile
import time

from botocore.configloader import load_config

from awscreds.model.ini import PROFILE, Document, scan

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
    """A full parse: every value of every section is looked at, and kept, as botocore does."""
    document = Document.parse(data)
    return {section: document.values(section) for section in document.sections()}


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
    document.problems  # noqa: B018 - finding them is the work
    document.set((PROFILE, "a"), "new", "value")
    document.unset((PROFILE, "a"), "k")
    document.remove_section(("a", ""))
    document.render()


def seconds(work, *arguments):
    gc.collect()
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def ratio(work, baseline, pairs=PAIRS):
    ratios = [seconds(*work) / seconds(*baseline) for _ in range(pairs)]
    return f"{statistics.median(ratios):.3f}  ({min(ratios):.3f} to {max(ratios):.3f})"


def main():
    data = config(PROFILES)
    last = PROFILE, f"team-{PROFILES - 1:05d}"
    handle, path = tempfile.mkstemp()
    try:
        os.write(handle, data)
        os.close(handle)
        print(f"{PROFILES} profiles, {len(data)} bytes, {PAIRS} pairs")
        baseline = load_config, path
        print("full parse / botocore load_config     ", ratio((parse, data), baseline))
        print("the same, of CRLF                     ", ratio((parse, crlf(data)), baseline))
        print("scan of the last profile / full parse ", ratio((scan, data, last), (parse, data)))
    finally:
        os.unlink(path)
    for name, make in HOSTILE.items():
        pair = (everything, make(1_000_000)), (everything, make(500_000))
        print(f"1 MB / 0.5 MB: {name:28}", ratio(*pair, pairs=3))


def crlf(data):
    return data.replace(b"\n", b"\r\n")


if __name__ == "__main__":
    main()
