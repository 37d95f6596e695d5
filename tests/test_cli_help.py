"""Every command is explained where people look: in its help, in the overview, in the README."""

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


def test_the_overview_and_the_commands_say_the_same_names():
    assert set(COMMANDS) == {path[0] for path, _ in ALL if len(path) == 1}
