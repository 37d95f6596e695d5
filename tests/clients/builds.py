"""The clients' programs, built once and kept in a folder that git ignores.

Each is rebuilt when its sources change: the folder's name is their hash.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.helpers import missing_tool

PROGRAMS = Path(__file__).parent / "programs"
CACHE = Path(os.environ.get("TEST_CLIENTS_CACHE") or Path(__file__).parents[2] / ".clients")
REQUIREMENTS = Path(__file__).parents[2] / ".ci" / "requirements"
DEADLINE = 900
"""Seconds a build may take: all of its packages are fetched and compiled at the first."""


def go():
    folder = _built("go", ["go", "build", "-o", "client", "."])
    return [str(folder / "client"), "go"]


def terraform():
    return [*go()[:1], "terraform"]


def keyring():
    """What writes keys as aws-vault and granted do, with their own library."""
    folder = _built("keyring", ["go", "build", "-o", "client", "."])
    return str(folder / "client")


def aws_vault():
    """aws-vault itself."""
    command = ["go", "build", "-o", "aws-vault", "github.com/99designs/aws-vault/v7"]
    return str(_built("aws_vault", command) / "aws-vault")


def java():
    copy = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"]
    folder = _built(
        "java", [*copy, "-DincludeScope=runtime"], ["javac", "-cp", "lib/*", "Client.java"]
    )
    return ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{folder}:{folder}/lib/*", "Client"]


def _npm():
    return _built("javascript", ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"])


def javascript_3():
    return ["node", str(_npm() / "v3.mjs")]


def javascript_2():
    return ["node", str(_npm() / "v2.cjs")]


def python():
    return [sys.executable, str(PROGRAMS / "python" / "client.py")]


def awscrt():
    """The folder with the package that botocore signs with if it reads a login by itself."""
    requirements = REQUIREMENTS / "awscrt.txt"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", "lib"]
    hashed = ["--require-hashes", "-r", requirements.name]
    return _built("awscrt", [*install, *hashed], sources=[requirements]) / "lib"


AWS_CLI_2 = "/usr/bin/aws"
"""Where Debian has it. The one of the virtual environment is version 1."""


def cli():
    return [
        sys.executable,
        str(PROGRAMS / "python" / "cli.py"),
        str(Path(sys.executable).with_name("aws")),
    ]


def cli_2():
    return [*cli()[:-1], _program(AWS_CLI_2)]


def cpp():
    return [sys.executable, str(PROGRAMS / "python" / "cpp.py")]


def ruby():
    return [_program("ruby"), str(PROGRAMS / "ruby" / "client.rb")]


def php():
    return [_program("php"), str(PROGRAMS / "php" / "client.php")]


def dotnet_4():
    return _dotnet("v4")


def dotnet_3():
    return _dotnet("v3")


def _dotnet(version):
    """The client of ``TEST_DOTNET_CLIENT``, on the runtime that PowerShell brings."""
    folder = os.environ.get("TEST_DOTNET_CLIENT")
    if not folder:
        missing_tool("TEST_DOTNET_CLIENT names no folder with the client of the AWS SDK for .NET")
    runtime = Path(os.path.realpath(_program("pwsh"))).parent / "dotnet" / "dotnet"
    if not runtime.exists():
        missing_tool(f"there is no .NET runtime at {runtime}")
    return [str(runtime), str(Path(folder) / version / "netclient.dll")]


def _program(name):
    found = shutil.which(name)
    if not found:
        missing_tool(f"{name} is not installed")
    return found


def _built(name, *commands, sources=None):
    """The folder with a copy of the sources of ``name``, in which ``commands`` have run."""
    sources = sources or sorted((PROGRAMS / name).iterdir())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    folder = CACHE / f"{name}-{digest}"
    if not folder.exists():
        _program(commands[0][0])
        unfinished = CACHE / f"{name}-{digest}-{os.getpid()}"
        unfinished.mkdir(parents=True)
        for path in sources:
            shutil.copy(path, unfinished)
        for command in commands:
            done = subprocess.run(
                command,
                cwd=unfinished,
                capture_output=True,
                text=True,
                timeout=DEADLINE,
                check=False,
            )
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        unfinished.rename(folder)
    return folder
