"""The shell that started us is told from its process, whoever stands between it and us."""

import ast
import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import awscreds
from awscreds import calling_shell
from awscreds.calling_shell import shell_of
from awscreds.model.shells import with_variable
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
    assert (shell_of(ancestors, windows=False) or "sh") == shell


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


LINES = {
    "sh": "eval $(awscreds export --profile a)",
    "fish": "awscreds export --profile a | source",
    "powershell": "awscreds export --profile a | Out-String | iex",
    "cmd": "for /f \"delims=\" %i in ('awscreds export --profile a') do @%i",
}
WITH_VARIABLE = {
    "sh": "AWS_CONFIG_FILE='/a b' awscreds list",
    "fish": "AWS_CONFIG_FILE='/a b' awscreds list",
    "powershell": "$Env:AWS_CONFIG_FILE = '/a b'; awscreds list",
    "cmd": 'set "AWS_CONFIG_FILE=/a b" & awscreds list',
}


@pytest.fixture(params=LINES)
def shell(request, monkeypatch):
    monkeypatch.setattr(calling_shell, "calling_shell", lambda unknown="sh": request.param)
    return request.param


def test_a_line_to_type_is_for_the_shell_that_called_us(shell):
    assert calling_shell.line_to_load("awscreds export --profile a") == LINES[shell]


@pytest.mark.posix("for sh, words are quoted as Windows needs it there")
def test_a_line_with_a_variable_is_so_too(shell):
    line = calling_shell.line_with_variable("AWS_CONFIG_FILE", "/a b", "awscreds list")
    assert line == WITH_VARIABLE[shell]


def test_examples_become_those_of_the_shell_that_called_us(shell):
    text = (
        f"  eval $(awscreds export --profile a)  # b\n  AWS_PROFILE=a awscreds exec -- c\n"
        f"  awscreds list     # c\n  eval $(awscreds export)   # {'too long ' * 9}\n"
    )
    expected = {
        "sh": text,
        "fish": "  awscreds export --profile a | source  # b\n  AWS_PROFILE=a awscreds exec -- c\n"
        "  awscreds list     # c\n  awscreds export | source\n",
        "powershell": "  awscreds export --profile a | Out-String | iex  # b\n"
        "  $Env:AWS_PROFILE = 'a'; awscreds exec -- c\n"
        "  awscreds list     # c\n  awscreds export | Out-String | iex\n",
        "cmd": "  for /f \"delims=\" %i in ('awscreds export --profile a') do @%i  & rem b\n"
        '  set "AWS_PROFILE=a" & awscreds exec -- c\n'
        "  awscreds list     & rem c\n"
        "  for /f \"delims=\" %i in ('awscreds export') do @%i\n",
    }
    assert calling_shell.examples_for_caller(text) == expected[shell]


def test_a_value_that_cmd_cannot_express_is_left_to_the_person():
    line = with_variable("cmd", "AWS_CONFIG_FILE", 'C:\\50%\\"', "awscreds list")
    assert line == 'set "AWS_CONFIG_FILE=PATH" & awscreds list'


# Nothing that only sh understands is in a message.

SH_ONLY = re.compile(
    r"eval \$\(|\b(chmod|chown|sudo|export [A-Z_]+=|rm|mv|cp|cat|ls -\w+|touch|mkdir -p) "
    r"(?=\{|~|/|-|\"|[a-z]+$)"
    r"|\b[A-Z_]{4,}=\S+ (aws|awscreds|\{)|> ?/dev/|\$HOME\b"
)
FOR_POSIX = {
    "stores/remedies.py",  # owners and modes, and what Windows has instead
    "stores/aws_files.py",  # a mode
    "workflows/checks/fixes.py",  # modes
    "stores/backends/dbus.py",  # a bus
    "model/shells.py",  # formats for sh
    "completion/install.py",  # start files of shells
    "sandbox/tour/keys.py",  # runs bash
}


def messages():
    """Each text of a module that is not documentation, with its place."""
    package = Path(awscreds.__file__).parent
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        own = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(getattr(node, "body", None), list)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [v.value if isinstance(v, ast.Constant) else "{}" for v in node.values]
                yield name, node.lineno, "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and id(node) not in own:
                yield name, node.lineno, str(node.value)


def test_no_message_has_a_command_that_only_sh_understands():
    found = [
        f"{name}:{line}: {text}"
        for name, line, text in messages()
        if SH_ONLY.search(text) and name not in FOR_POSIX
    ]
    assert found == []
