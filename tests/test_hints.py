"""Every command that a message, a help text or a page sends people to is there and complete."""

import ast
import re
from pathlib import Path

import click
import pytest

import awscreds
from awscreds.cli import root
from tests.docs.pages import DOCS, ROOT
from tests.docs.test_pages import commands as in_code

PACKAGE = Path(awscreds.__file__).parent
HOLE = "\ufffc"
"""What varies in an f-string."""

MENTION = re.compile(r"(?<![\w./@:-])awscreds (?=[\w{\ufffc-])")
END = re.compile(r"`|\n|;|,|\)|\(|: | [|<>&] | && |\. |\.$|\"|\?$| # ")
PROSE = {
    # What may follow the name of the program in a sentence.
    "and", "does", "edits", "failed", "finds", "for", "has", "in", "is", "keeps", "knows", "leaves",
    "makes", "never", "reads", "runs", "session", "that", "to", "tried", "vault", "with", "without",
    "writes", "wrote", "has",
}  # fmt: skip
DATA = {"session\n", "vault\n"}


def texts():
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if place.startswith("completion/"):
            continue  # code of shells, which has tests of its own
        for line, text in literals(ast.parse(path.read_text("utf-8")), in_help="commands" in place):
            yield f"{place}:{line}", text


def literals(tree, *, in_help):
    """The strings of a module, f-strings as one; of docstrings only those that are a help."""
    left_out = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in node.values}
        elif isinstance(node, ast.Module | ast.ClassDef) or (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and not (in_help and node.decorator_list)
        ):
            left_out |= {
                id(each.value)
                for each in node.body
                if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
            }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else HOLE for p in node.values]
            yield node.lineno, "".join(parts)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in left_out
        ):
            yield node.lineno, node.value


def mentions(text):
    """Every command of ours in a text, and whether it stands in backticks."""
    for found in MENTION.finditer(text):
        rest = text[found.end() :]
        end = END.search(rest)
        command = rest[: end.start()] if end else rest
        quoted = text[: found.start()].endswith("`")
        yield command.strip(), quoted


MENTIONED = [
    pytest.param(command, quoted, id=f"{place} {command}"[:100])
    for place, text in texts()
    for command, quoted in mentions(text)
    if quoted or command.split(" ")[0] not in PROSE
]


def complaint(line):
    """What is wrong with the words after ``awscreds``; None where they are a command."""
    words = line.split(" -- ")[0].split()
    command, context = root, click.Context(root, **root.context_settings)
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        if words[0].startswith(HOLE):
            return None
        if words[0] not in command.list_commands(context):
            return f"there is no {words[0]} in {context.command_path}"
        below = command.get_command(context, words[0])
        command, context = below, click.Context(below, parent=context, info_name=words[0])
        words = words[1:]
    return _of_parameters(command, context, words, takes_more=" -- " in line)


def _of_parameters(command, context, words, *, takes_more):
    options = {
        flag: option
        for option in command.get_params(context)
        if isinstance(option, click.Option)
        for flag in option.opts
    }
    given, positional = set(), 0
    words = list(words)
    while words:
        word = words.pop(0)
        if word in ("--", HOLE) or word.startswith(HOLE):
            positional += 1
            continue
        if not word.startswith("-"):
            positional += 1
            continue
        flag, _, value = word.partition("=")
        if flag.startswith(f"--{HOLE}"):
            continue
        if flag not in options:
            return f"{context.command_path} has no {flag}"
        given.add(options[flag].name)
        if not value and not options[flag].is_flag and not options[flag].count:
            if not words and not takes_more:
                return f"{flag} lacks its value"
            words = words[1:]
    arguments = [p for p in command.get_params(context) if isinstance(p, click.Argument)]
    required = sum(argument.required for argument in arguments)
    if positional < required and not takes_more:
        return f"{context.command_path} lacks an argument"
    unbounded = takes_more or any(argument.nargs == -1 for argument in arguments)
    if positional > len(arguments) and not unbounded:
        return f"{context.command_path} takes no {positional} arguments"
    missing = {
        option.name for option in options.values() if option.required and option.name not in given
    }
    return f"{context.command_path} lacks {missing}" if missing else None


@pytest.mark.parametrize(("command", "quoted"), MENTIONED)
def test_a_command_in_a_message_or_help_can_be_run(command, quoted):
    assert complaint(command) is None


def test_the_check_sees_the_commands_and_what_is_wrong_with_them():
    assert len(MENTIONED) > 150
    for line in (
        "doctor",
        "profile show",
        "keys lst",
        "rotate --every",
        "keys delete",
        "store move",
        "configure stores it again",
        "list shows them",
        "rotate --profile",
    ):
        assert complaint(line), line
    for line in (
        "rotate --resume",
        f"configure --profile {HOLE}",
        "keys delete KEYID",
        "exec dev -- terraform plan --refresh",
        "store move --to vault",
        "configure set region --profile dev eu-central-1",
    ):
        assert complaint(line) is None, line


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *DOCS.rglob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_on_a_page_is_complete_too(page):
    for line in in_code(page.read_text("utf-8")):
        words = line.partition("awscreds ")[2].split(" > ")[0].split(" < ")[0]
        if words and not words.startswith("-") and "[" not in words and "…" not in words:
            assert complaint(words.rstrip("\"'")) is None, line
