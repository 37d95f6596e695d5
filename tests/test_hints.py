"""Every command that a message, a help text or a page sends people to is there and complete."""

import ast
import re
from pathlib import Path

import click
import pytest

import awscreds
from awscreds.cli import root
from tests.docs.pages import ROOT
from tests.docs.test_pages import check
from tests.docs.test_pages import commands as in_code

PACKAGE = Path(awscreds.__file__).parent
HOLE = "\ufffc"
"""What varies in an f-string."""

MENTION = re.compile(r"(?<![\w./@:-])awscreds (?=[\w{\ufffc-])")
END = re.compile(r"`|\n|;|,|\)|\(|: | [|<>&] | && |\. |\.$|\"|\?$| # ")
PROSE = {
    # What may follow the name of the program in a sentence.
    "again", "and", "as", "asks", "becomes", "cannot", "checks", "could", "creates", "deletes",
    "did", "does", "edits", "failed", "finds", "for", "from", "gives", "go", "has", "ignores", "in",
    "is", "itself", "keeps", "knows", "leaves", "makes", "must", "needs", "never", "no", "or",
    "process", "reads", "runs", "saved", "saves", "says", "serves", "session", "shows", "starts",
    "stores", "that", "then", "to", "tried", "updates", "uses", "vault", "waited", "waits", "was",
    "with", "without", "would", "writes", "wrote", "renames", "unlocked",
}  # fmt: skip


MODULES = [
    place
    for place in (path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py")))
    if not place.startswith("completion/")  # code of shells, which has tests of its own
]


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


def mentioned(module):
    """Each command that a module sends people to, with its line."""
    tree = ast.parse((PACKAGE / module).read_text("utf-8"))
    return [
        (line, command)
        for line, text in literals(tree, in_help="commands" in module)
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
    parameters = command.get_params(context)
    options = {f: p for p in parameters if isinstance(p, click.Option) for f in p.opts}
    arguments = [p for p in parameters if isinstance(p, click.Argument)]
    try:
        given, positional = _parted(words, options, takes_more=takes_more)
    except ValueError as error:
        return f"{context.command_path}: {error}"
    if "--help" in given:
        return None
    missing = {p.name for p in options.values() if p.required} - {options[f].name for f in given}
    if missing:
        return f"{context.command_path} lacks {missing}"
    if positional < sum(argument.required for argument in arguments) and not takes_more:
        return f"{context.command_path} lacks an argument"
    unbounded = takes_more or any(argument.nargs == -1 for argument in arguments)
    if positional > len(arguments) and not unbounded:
        return f"{context.command_path} takes no {positional} arguments"
    return None


def _parted(words, options, *, takes_more):
    """The flags among ``words``, and how many arguments there are beside them."""
    given, positional = set(), 0
    words = list(words)
    while words:
        word = words.pop(0)
        if not word.startswith("--") or word == "--" or HOLE in word.partition("=")[0]:
            positional += word != "--"
            continue
        flag, _, value = word.partition("=")
        if flag not in options:
            raise ValueError(f"no {flag}")
        given.add(flag)
        if not (value or options[flag].is_flag or options[flag].count):
            if not words and not takes_more:
                raise ValueError(f"{flag} lacks its value")
            words = words[1:]
    return given, positional


NO_PROFILE_NEEDED = {
    *("configure list", "credential-process", "export --unset", "mfa-session"),
    *("configure import --csv -", f"configure import --csv {HOLE}", f"exec -- {HOLE}"),
}
"""Commands in messages that are about any profile, or about that of the shell."""
NAMED = {
    *("--profile", "PROFILE", "NAME", "ROLE", "--all", "--resume", "--sso-session", "--help"),
}


def is_nameless(line):
    """Whether a command acts on a profile that it does not name: then it acts on another one."""
    words = line.split(" -- ")[0].split()
    command, context = root, click.Context(root, **root.context_settings)
    while words and isinstance(command, click.Group) and words[0] in command.list_commands(context):
        if words[0] == "policy":  # the same for all profiles
            return False
        below = command.get_command(context, words[0])
        command, context = below, click.Context(below, parent=context, info_name=words[0])
        words = words[1:]
    if isinstance(command, click.Group) and HOLE in line.partition(" ")[2].partition(" ")[0]:
        return False  # any subcommand
    flags = {flag for parameter in command.get_params(context) for flag in parameter.opts}
    if command is root or "--profile" not in flags or line in NO_PROFILE_NEEDED:
        return False
    arguments = [each.name for each in command.params if isinstance(each, click.Argument)]
    of_profile = words[:1] if arguments[:1] in (["named_profile"], ["first"]) else []
    # What follows a value without a blank is an option, or nothing.
    has_hole = any(HOLE in word for word in of_profile) or HOLE * 2 in line
    return NAMED.isdisjoint(words) and not has_hole


@pytest.mark.parametrize("module", [each for each in MODULES if each != "commands/suggestions.py"])
def test_a_command_in_a_message_names_the_profile_that_it_is_about(module):
    tree = ast.parse((PACKAGE / module).read_text("utf-8"))
    found = [
        (line, command)
        for line, text in literals(tree, in_help=False)
        for command, is_quoted in mentions(text)
        if (is_quoted or command.split(" ")[0] not in PROSE) and is_nameless(command)
    ]
    assert found == []


def test_a_command_without_its_profile_is_seen():
    for line in ("configure", "keys list", "keys delete ID", "migrate --undo", "rotate"):
        assert is_nameless(line), line
    for line in ("configure --profile NAME", "keys list PROFILE", "list", "store show"):
        assert not is_nameless(line), line


@pytest.mark.parametrize("module", MODULES)
def test_a_command_in_a_message_or_help_can_be_run(module):
    found = [(line, command, complaint(command)) for line, command in mentioned(module)]
    assert [each for each in found if each[2]] == []


def test_the_check_sees_the_commands_and_what_is_wrong_with_them():
    assert sum(len(mentioned(each)) for each in MODULES if each.startswith("commands/")) > 100
    for line in (
        "docter",
        "profile shw",
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


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_a_command_on_a_page_at_the_top_exists_with_its_options(page):
    for line in in_code((ROOT / page).read_text("utf-8")):
        check(line)
