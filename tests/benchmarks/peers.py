"""The other tools: installed into a cache folder, or found on PATH; and awscreds, as pip puts it.

Each is in a virtual environment of its own, with its byte code compiled, put there by the newest
pip, as by pipx. (Those before 25.2, such as that of Python 3.11, write scripts that import ``re``
for nothing.) What cannot be had is in ``missing``, with the reason.
"""

import os
import shutil
import subprocess
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
BY_PIP = {"aws-mfa": "aws-mfa", "awsume": "awsumepy", "awscli": "aws"}
"""What is installed, and the program that it brings."""
ON_PATH = {
    "AWS CLI v2": ("aws", "aws-cli/2"),
    "aws-vault": ("aws-vault", ""),
    "granted": ("granted", ""),
}
"""What is not in the index: the program, and how the version begins that it says it has."""


class Peers:
    """``awscreds`` is our program; ``programs`` are the others by name, ``versions`` of each."""

    def __init__(self, cache, *, progress=lambda text: None):
        self._cache = Path(cache).absolute()
        self._progress = progress
        self.programs, self.versions, self.missing = {}, {}, {}
        self.awscreds = str(self._installed("awscreds-cli", "awscreds", str(ROOT), anew=True))
        self.python = str(Path(self.awscreds).with_name("python"))
        for package, program in BY_PIP.items():
            name = "AWS CLI v1" if package == "awscli" else package
            try:
                self.programs[name] = str(self._installed(package, program, package))
            except subprocess.CalledProcessError as error:
                last = (error.stderr.strip().splitlines() or ["pip says nothing"])[-1]
                self.missing[name] = f"pip could not install it: {last}"
        for name, (program, beginning) in ON_PATH.items():
            found, reason = on_path(program, beginning)
            if found:
                self.programs[name], self.versions[name] = found
            else:
                self.missing[name] = reason

    def _installed(self, package, program, what, *, anew=False):
        folder = self._cache / package
        path = folder / "bin" / program
        if not (folder / "bin" / "pip").exists():
            self._progress(f"installing {package} into {folder}")
            venv.create(folder, with_pip=True, clear=True)
            self._pip(folder, "install", "--upgrade", "pip")
        if anew or not path.exists():
            fresh = ["--force-reinstall", "--no-deps"] if path.exists() else []
            # Their set-up may write to the start-up files of a shell: to those of no home of ours.
            self._pip(folder, "install", *fresh, what)
        subprocess.run(
            [folder / "bin" / "python", "-m", "compileall", "-q", "-j", "0", folder / "lib"],
            check=False,
            capture_output=True,
        )
        shown = self._pip(folder, "show", package)
        self.versions[package] = next(
            line.partition(": ")[2] for line in shown.splitlines() if line.startswith("Version: ")
        )
        return path

    def _pip(self, folder, *words):
        return subprocess.run(
            [folder / "bin" / "pip", *words, "--no-input", "--disable-pip-version-check"],
            env={**os.environ, "HOME": str(self._cache)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout


def on_path(program, beginning):
    """The path of the first ``program`` on PATH whose version begins so, and that version.

    If there is none, None and the reason.
    """
    others = []
    for folder in os.get_exec_path():
        path = shutil.which(program, path=folder)
        if path is None:
            continue
        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        said = (done.stdout.strip() or done.stderr.strip() or "?").splitlines()[0]
        if said.startswith(beginning):
            return (path, said.split()[0 if beginning else -1]), None
        others.append(said.split()[0])
    if others:
        return None, f"the {program} on PATH is another one ({others[0]})"
    return None, "not on PATH"


def default_cache():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "awscreds-benchmarks"
