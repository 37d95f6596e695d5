"""A wrong command or option is answered with the right one, and options mean one thing."""

import re

import click
import pytest

from awscreds.cli import reader_of, root, run
from awscreds.commands.suggestions import ELSEWHERE
from tests.test_cli_help import ALL, IDS
from tests.test_hints import complaint

WAYS_TO_MISTYPE = {
    "a letter left out": lambda word: word[:-2] + word[-1],
    "a letter too many": lambda word: word + word[-1],
    "two letters swapped": lambda word: word[:-2] + word[-1] + word[-2],
}


def answer(words, capsys):
    code = run(words)
    captured = capsys.readouterr()
    assert (code, captured.out.removesuffix("false")) == (2, "")
    return captured.err


def suggested(said):
    """The words of ``did you mean a or b?``, best first."""
    _, _, words = said.strip().removesuffix("?").partition("\n  did you mean ")
    return words.split(" or ")


@pytest.mark.parametrize("mistype", WAYS_TO_MISTYPE.values(), ids=list(WAYS_TO_MISTYPE))
@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_a_mistyped_command_is_answered_with_the_right_one(path, command, mistype, capsys):
    *group, name = path
    wrong = mistype(name)
    if [*group, wrong] in [list(other) for other, _ in ALL]:
        return  # another command: key for keys
    said = answer([*group, wrong], capsys)
    assert name in (said if group == ["sandbox"] else suggested(said))


OPTIONS = [
    pytest.param(path, flag, id=f"{' '.join(path)} {flag}")
    for path, command in ALL
    for option in command.params
    if isinstance(option, click.Option)
    for flag in option.opts
    if flag.startswith("--") and len(flag) > 5 and "--help" not in option.opts
]


@pytest.mark.parametrize(("path", "flag"), OPTIONS)
def test_a_mistyped_option_is_answered_with_the_right_one(path, flag, capsys):
    assert flag in suggested(answer([*path, flag + flag[-1]], capsys))


def test_what_is_near_to_nothing_is_answered_with_where_to_look(capsys):
    assert answer(["xyzzy"], capsys).endswith("\n  `awscreds --help` shows all commands\n")
    said = answer(["keys", "xyzzy"], capsys)
    assert said.endswith("\n  `awscreds keys --help` shows all commands\n")
    assert answer(["keys", "list", "--xyzzy"], capsys).endswith("\n  awscreds keys list --help\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sess"], "sessions"),
        (["e"], "exec"),
        (["mfa-s"], "mfa-session"),
        (["keys", "del"], "delete"),
        (["configure", "list-p"], "list-profiles"),
        (["whoami", "--prof"], "--profile"),
    ],
)
def test_the_beginning_of_a_word_is_answered_with_the_whole(words, expected, capsys):
    assert suggested(answer(words, capsys))[0] == expected


FROM_ELSEWHERE = [
    ([*group.split(), word], hint)
    for group, words in ELSEWHERE.items()
    for word, hint in words.items()
]


@pytest.mark.parametrize(("words", "hint"), FROM_ELSEWHERE, ids=lambda v: v and " ".join(v)[:40])
def test_a_word_from_elsewhere_is_answered_with_what_does_that_here(words, hint, capsys):
    assert tuple(words) not in [path for path, _ in ALL]
    assert answer(words, capsys).endswith(f"\n  {hint}\n")
    for command in re.findall(r"`(awscreds(?: [^`]*)?)`", hint):
        assert complaint(command.removeprefix("awscreds ")) is None
    assert re.search(r"`(awscreds|aws) ", hint)


WANTED = {
    *("browser", "use", "add", "rm", "remove", "mv", "rename", "cp", "copy", "env"),
    *("populate", "ls", "show", "delete", "shell", "get", "set", "list-profiles"),
}


def test_the_words_that_people_bring_are_known():
    assert set(ELSEWHERE[""]) >= WANTED
    groups = {path[0] for path, command in ALL if isinstance(command, click.Group)}
    assert set(ELSEWHERE) == {"", *groups}


def test_a_command_of_a_group_is_found_without_the_group():
    roots = {path[0] for path, _ in ALL if len(path) == 1}
    for group, name in [path for path, _ in ALL if len(path) == 2]:
        if name not in roots | {"mfa"}:  # which begins as a command of the root does
            assert f"`awscreds {group} {name}" in ELSEWHERE[""][name]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["help"], "awscreds --help"),
        (["help", "rotate"], "awscreds rotate --help"),
        (["help", "keys", "list"], "awscreds keys list --help"),
        (["keys", "help", "list"], "awscreds keys list --help"),
        (["help", "xyzzy"], "awscreds --help"),
    ],
)
def test_help_as_a_command_is_answered_with_the_line_that_shows_it(words, line, capsys):
    assert answer(words, capsys).endswith(f"\n  run: {line}\n")


@pytest.mark.parametrize("path", [(), ("configure",), ("keys",), ("store",)])
def test_what_may_be_a_secret_is_not_repeated(path, capsys):
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert secret not in answer([*path, secret], capsys)


OF_THE_AWS_CLI = {("configure", "export-credentials"): "--format"}
"""Options with the AWS CLI's own names and values, whatever they are called elsewhere."""


def test_an_option_has_the_same_words_and_the_same_kind_of_value_everywhere():
    said = {}
    for path, command in [((), root), *ALL]:
        for option in command.params:
            if isinstance(option, click.Option) and OF_THE_AWS_CLI.get(path) not in option.opts:
                name = max(option.opts, key=len)
                said.setdefault(name, set()).add((option.help, option.metavar))
    assert {name: texts for name, texts in said.items() if len(texts) > 1} == {}


@pytest.mark.parametrize(
    ("words", "reader"),
    [
        (["exec", "dev", "--", "aws", "sts", "--json"], "people"),
        (["exec", "dev", "aws", "--json"], "people"),
        (["--profile", "dev", "exec", "--", "export", "--json", "--format", "fish"], "people"),
        (["sandbox", "--", "x", "--json"], "people"),
        (["exec", "--json", "dev", "--", "x"], "json"),
        (["--profile", "exec", "list", "--json"], "json"),
        (["list", "--profile", "exec", "--json"], "json"),
        (["export", "--format", "fish", "--", "--format=cmd"], "fish"),
    ],
)
def test_what_stands_behind_the_command_of_exec_is_not_for_us(words, reader):
    assert reader_of(words) == reader
