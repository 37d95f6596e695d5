"""Every command is explained where people look: in its help, in the overview, in the README."""

import re
from pathlib import Path

import click
import pytest

from awscreds.cli import COMMANDS, root

README = Path(__file__).parents[1] / "README.md"


def commands(group=root, path=()):
    """Every command with its path, groups included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = list(commands())
IDS = [" ".join(path) for path, _ in ALL]


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_a_command_says_what_it_does_and_shows_two_examples_of_itself(path, command):
    assert command.help
    first = command.help.split("\n\n")[0].strip()
    assert first.endswith(".")
    _, _, examples = command.help.partition("Examples:")
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    own = [line for line in lines if f"awscreds {' '.join(path)}" in line]
    assert len(own) >= 2, f"{' '.join(path)} shows {own}"


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_every_option_has_help_that_ends_like_a_sentence(path, command):
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{path} {option.opts}"
            assert option.help.endswith((".", ".)", "…")), f"{path} {option.opts}: {option.help}"


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_every_command_takes_the_flags_that_are_everywhere(path, command):
    flags = {flag for option in command.params for flag in option.opts}
    missing = {"--quiet", "--verbose", "--no-input", "--no-color"} - flags
    assert missing == set()


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_every_command_is_in_the_readme(path, command):
    assert " ".join(path) in README.read_text(encoding="utf-8")


def test_the_overview_and_the_commands_say_the_same():
    summaries = {path[0]: summary(command) for path, command in ALL if len(path) == 1}
    assert summaries == COMMANDS


WIDTH = 80
GLOBAL = (
    *("--profile", "--json", "--yes", "--no-pager"),
    *("--no-input", "--quiet", "--verbose", "--no-color", "-h"),
)
WITH_ROOT = [((), root), *ALL]
ALL_IDS = ["awscreds", *IDS]


def summary(command):
    """The first paragraph of a command's help."""
    return " ".join(command.help.split("\n\n")[0].split())


def lines_of_help(path, command):
    """The help as it is printed in a window of 80 columns."""
    context = click.Context(root, info_name="awscreds", terminal_width=WIDTH, **SETTINGS)
    for name in path:
        below = context.command.get_command(context, name)
        context = click.Context(below, info_name=name, parent=context, terminal_width=WIDTH)
    return command.get_help(context).splitlines()


SETTINGS = root.context_settings


def section(lines, title):
    """The lines below ``title:``, up to the next one."""
    after = lines[lines.index(f"{title}:") + 1 :]
    return after[: after.index("")] if "" in after else after


@pytest.mark.parametrize(("path", "command"), WITH_ROOT, ids=ALL_IDS)
def test_a_summary_is_one_sentence_on_one_line(path, command):
    lines = lines_of_help(path, command)
    assert lines[2] == f"  {summary(command)}"
    assert lines[3] == ""
    assert lines[2].count(". ") == 0
    assert lines[2][2].isupper()


@pytest.mark.parametrize(("path", "command"), WITH_ROOT, ids=ALL_IDS)
def test_a_list_of_commands_shows_each_summary_uncut_on_its_line(path, command):
    if not isinstance(command, click.Group):
        return
    lines = lines_of_help(path, command)
    for name in command.list_commands(click.Context(command)):
        below = command.get_command(click.Context(command), name)
        shown = [line for line in lines if re.match(rf"  {name} +[A-Z]", line)]
        assert [line.split(None, 1)[1] for line in shown] == [summary(below)]
        assert len(shown[0]) <= WIDTH


@pytest.mark.parametrize(("path", "command"), WITH_ROOT, ids=ALL_IDS)
def test_no_line_of_help_is_wider_than_the_window(path, command):
    wide = [line for line in lines_of_help(path, command) if len(line) > WIDTH]
    # A line to type is not broken, and longer in PowerShell.
    assert [line for line in wide if not line.endswith("| Out-String | iex")] == []


@pytest.mark.parametrize(("path", "command"), WITH_ROOT, ids=ALL_IDS)
def test_global_options_are_the_last_section_and_nowhere_else(path, command):
    lines = lines_of_help(path, command)
    assert lines.count("Global options:") == 1
    shown = section(lines, "Global options")
    assert shown == lines[-len(shown) :]
    taken = [opt for option in command.params for opt in option.opts]
    expected = [flag for flag in GLOBAL if flag in taken or flag == "-h"]
    found = [re.match(r"  (--?[a-z-]+)", line)[1] for line in shown]
    assert [flag for flag in found if flag != "--version"] == expected
    for flag in expected:
        assert len([line for line in lines if re.match(rf"  {flag}(?![\w-])", line)]) == 1
    if path == ():
        assert "--version" in found
        assert "Options:" not in lines


@pytest.mark.parametrize(("path", "command"), WITH_ROOT, ids=ALL_IDS)
def test_every_command_shows_an_example(path, command):
    lines = lines_of_help(path, command)
    first = lines[lines.index("  Examples:") + 1]
    assert "awscreds" in first
