"""The shell that started us is told from its process, whoever stands between it and us."""

import itertools
import shutil
import subprocess
import sys

import pytest

from awscreds.calling_shell import shell_of
from tests.helpers import missing_tool

PWSH = ("/opt/microsoft/powershell/7/pwsh", ["pwsh", "-NoLogo"])
BASH = ("/usr/bin/bash", ["bash"])
FISH = ("-fish", ["-fish"])
CMD = ("cmd.exe", [])
UV = ("/home/me/.local/bin/uv", ["uv", "run", "awscreds", "export"])
PIPX = ("/usr/bin/python3", ["/usr/bin/python3", "/usr/bin/pipx", "run", "awscreds"])
LAUNCHER = ("awscreds.exe", [])
VENV_PYTHON = (r"C:\venv\Scripts\python.exe", [])


@pytest.mark.parametrize(
    ("ancestors", "shell"),
    [
        ([PWSH], "powershell"),
        ([("dotnet", ["dotnet", "/opt/app/pwsh.dll", "-NoProfile"])], "powershell"),
        ([("/usr/bin/dotnet", ["dotnet", "app.dll", "pwsh.dll"])], "sh"),
        ([FISH], "fish"),
        ([BASH, FISH], "sh"),
        ([BASH, PWSH], "sh"),
        ([UV, FISH], "fish"),
        ([PIPX, PWSH], "powershell"),
        ([UV, PIPX, BASH], "sh"),
        ([("python3", ["python3", "tool.py", "--with", "fish"]), FISH], "sh"),
        ([("make", ["make"]), FISH], "sh"),
        ([CMD], "sh"),
        ([], "sh"),
        (itertools.repeat(UV), "sh"),
    ],
)
def test_the_nearest_program_that_is_no_launcher_of_ours_decides(ancestors, shell):
    assert shell_of(ancestors, windows=False) == shell


@pytest.mark.parametrize(
    ("ancestors", "shell"),
    [
        ([CMD], "cmd"),
        ([LAUNCHER, CMD], "cmd"),
        ([VENV_PYTHON, LAUNCHER, ("PowerShell.EXE", [])], "powershell"),
        ([VENV_PYTHON, ("pwsh.exe", [])], "powershell"),
        ([LAUNCHER, ("bash.exe", []), ("cmd.exe", [])], "sh"),
    ],
)
def test_on_windows_the_launchers_of_a_virtual_environment_are_passed_over(ancestors, shell):
    assert shell_of(ancestors, windows=True) == shell


ASK = "from awscreds.calling_shell import calling_shell; print(calling_shell())"


@pytest.mark.parametrize(
    ("shell", "words", "expected"),
    [
        ("fish", ["--no-config", "-c"], "fish"),
        ("bash", ["--norc", "-c"], "sh"),
        ("zsh", ["-f", "-c"], "sh"),
        ("pwsh", ["-NoProfile", "-NonInteractive", "-Command"], "powershell"),
    ],
)
def test_a_real_shell_is_known(tmp_path, shell, words, expected):
    if not shutil.which(shell):
        missing_tool(f"{shell} is not installed")
    script = tmp_path / "ask.py"
    script.write_text(ASK)
    # The second command keeps the shell from becoming the program.
    line = f"{sys.executable} {script}; echo end"
    done = subprocess.run(
        [shell, *words, line], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == [expected, "end"]
