"""Fuzzing that follows the branches of the code, with atheris, which is not among our packages.

    python -m pip install atheris
    python -m tests.abuse.coverage_guided TARGET [SECONDS]     (one of tests/abuse/targets.py)
    python -m tests.abuse.coverage_guided all [SECONDS]        (each for so long, in turn)

It ends with 1 at the first input that breaks the law of `targets.law`, and prints that.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

DEFAULT_SECONDS = 60


def main(words):
    name, seconds = words[0], int(words[1]) if words[1:] else DEFAULT_SECONDS
    if name != "all":
        return _fuzz(name, seconds)
    from tests.abuse.targets import TARGETS

    for each in TARGETS:
        command = [sys.executable, "-m", "tests.abuse.coverage_guided", each, str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        last = [line for line in done.stderr.splitlines() if line.startswith("Done ")]
        print(f"{each}: {last[-1] if last else done.stderr[-4000:]}", flush=True)
        if done.returncode:
            return done.returncode
    return 0


def _fuzz(name, seconds):
    import atheris

    # Only our code is followed: the time goes into what is ours to mend.
    with atheris.instrument_imports(include=["awscreds"]):
        from tests.abuse.targets import TARGETS, law

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(TARGETS[name].seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
        limits = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=8192"]
        atheris.Setup(
            [sys.argv[0], f"-max_total_time={seconds}", *limits, corpus],
            lambda data: law(name, data),
        )
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
