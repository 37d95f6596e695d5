"""What a command accepts it obeys, and what it does not obey it refuses."""

import ast
import functools
import inspect
import io
import json
import textwrap

import click
import pytest

from awscreds.app import App
from awscreds.app.dialogue import Dialogue
from awscreds.app.file_warnings import FileWarnings
from awscreds.app.key_facts import KeyFacts
from awscreds.app.profile_selection import ProfileSelection
from awscreds.app.provider import CredentialProvider
from awscreds.cli import run
from awscreds.commands.session_output import OutputOptions, SessionOptions
from awscreds.stores.selection import StoreSelection
from tests.test_cli_help import ALL, IDS

SHARED = {"profile": ["--profile", "nobody"], "json": ["--json"], "yes": ["--yes"]}

PRINTS_JSON_ANYWAY = {"credential-process", "policy rotate", "policy mfa", "policy revoke-sessions"}
"""Commands whose stdout is a JSON document without being asked: failures are, too, with --json."""

READS = {
    "profile": {"profile", "selection.named", "selection.name"},
    "json": {"json", "Result"},
    "yes": {"yes", "consent"},
}
"""The names by which code gets at an option, itself or by a method of a part of App.

Whoever returns a Result has its document printed (tests/test_results.py).
"""

PARTS = (
    App,
    CredentialProvider,
    Dialogue,
    FileWarnings,
    KeyFacts,
    ProfileSelection,
    StoreSelection,
)


def leaves():
    for path, command in ALL:
        if not isinstance(command, click.Group) or path in (("configure",), ("sandbox",)):
            yield path, command


LEAVES = list(leaves())
LEAF_IDS = [" ".join(path) for path, _ in LEAVES]


BUNDLES = {"session": SessionOptions, "output": OutputOptions}
"""Arguments that hold several options, and what they hold."""


def taken(command):
    """Which of the shared options the command obeys, or takes for its subcommands."""
    flags = {flag for option in command.params for flag in option.opts}
    return {name for name in SHARED if f"--{name}" in flags}


def reachable_names(function):
    """Every name in the code of ``function``, and in the code of what it calls in our package.

    Methods are followed by their name alone, so this may find too much, never too little.
    """
    seen, names, waiting = set(), set(), [inspect.unwrap(function)]
    while waiting:
        code_of = waiting.pop()
        if code_of not in seen:
            seen.add(code_of)
            found, called = names_in(code_of)
            names |= found
            waiting += called
    return names


@functools.cache
def names_in(code_of):
    """The names in this code, and what of our package it may call."""
    module = inspect.getmodule(code_of)
    nodes = list(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(code_of)))))
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    found = {node.attr for node in attributes}
    found |= {
        f"{node.value.attr}.{node.attr}"
        for node in attributes
        if isinstance(node.value, ast.Attribute)
    }
    found |= {node.id for node in nodes if isinstance(node, ast.Name)}
    called = []
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("awscreds.c"):
            imported = __import__(node.module, fromlist=["x"])
            called += [
                getattr(imported, alias.name)
                for alias in node.names
                if inspect.isfunction(getattr(imported, alias.name))
                or inspect.isclass(getattr(imported, alias.name))
            ]
    for name in found:
        thing = getattr(module, name, None)
        own = getattr(thing, "__module__", "") or ""
        if own.startswith("awscreds.commands") and (
            inspect.isfunction(thing) or inspect.isclass(thing)
        ):
            called.append(inspect.unwrap(thing) if inspect.isfunction(thing) else thing)
        methods = [getattr(part, name, None) for part in PARTS]
        called += [
            method
            for method in methods
            if inspect.isfunction(method)
            and method.__code__.co_filename != "<string>"  # a dataclass generates __init__
        ]
    return found, called


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=LEAF_IDS)
def test_an_option_that_a_command_takes_is_read_by_its_code(path, command):
    names = reachable_names(command.callback)
    for option in taken(command):
        if option == "json" and " ".join(path) in PRINTS_JSON_ANYWAY:
            continue
        assert READS.get(option, {option}) & names, f"{' '.join(path)} does not obey --{option}"


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=LEAF_IDS)
def test_a_parameter_of_its_own_is_read_by_its_code(path, command):
    function = inspect.unwrap(command.callback)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    given = {p.name for p in command.params if p.expose_value and p.name not in ("first", "help")}
    parameters = inspect.signature(function).parameters
    bundles = [name for name in BUNDLES if name in parameters]
    bundled = {field for name in bundles for field in BUNDLES[name].__dataclass_fields__}
    assert {*(given - bundled), *bundles} <= loaded
    assert given & bundled <= reachable_names(command.callback)


NOT_OBEYED = [
    (path, command, option)
    for path, command in LEAVES
    for option in SHARED
    if option not in taken(command)
]


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize(
    ("path", "command", "option"), NOT_OBEYED, ids=[f"{' '.join(p)} {o}" for p, _, o in NOT_OBEYED]
)
def test_an_option_that_a_command_does_not_obey_is_refused(path, command, option, where, capsys):
    arguments = [
        "x" if not isinstance(p.type, click.Choice) else p.type.choices[0]
        for p in command.params
        if isinstance(p, click.Argument) and p.required
    ]
    arguments += ["--to", "vault"] if path == ("store", "move") else []
    words = [*path, *arguments]
    words = [*SHARED[option], *words] if where == "before" else [*words, *SHARED[option]]
    if path == ("exec",):  # whose words after the profile are the command's
        words = [*SHARED[option], "exec"] if where == "before" else ["exec", *SHARED[option]]
    assert run(words, App({}, stderr=io.StringIO())) == 2
    said = capsys.readouterr()
    told = json.loads(said.out)["error"]["message"] if said.out.startswith("{") else said.err
    assert f"--{option}" in told


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_a_group_takes_for_its_commands_what_any_of_them_obeys(path, command):
    if isinstance(command, click.Group):
        below = {n for p, c in ALL if p[: len(path)] == path and p != path for n in taken(c)}
        assert below <= taken(command) == below | taken(command)


def test_a_command_that_asks_for_consent_takes_yes():
    asks = {
        " ".join(path) for path, command in LEAVES if "consent" in reachable_names(command.callback)
    }
    takes = {" ".join(path) for path, command in LEAVES if "yes" in taken(command)}
    assert asks <= takes


HAS_OTHER_ARGUMENTS = {
    "configure": "its subcommands",
    "configure get": "KEY",
    "configure set": "KEY and VALUE",
    "configure unset": "KEY",
    "configure import": "what looks like its FILE",
    "import": "what looks like its tool",
    "keys activate": "ACCESS_KEY_ID, and what looks like a second one",
    "keys deactivate": "ACCESS_KEY_ID, and what looks like a second one",
    "keys delete": "ACCESS_KEY_ID, and what looks like a second one",
    "migrate": "it is about several, each with its --profile",
    "credential-process": "nothing: only SDKs type it",
}
"""Commands that take --profile but no PROFILE, which could be taken for something else."""

ABOUT_ONE = [
    path
    for path, command in ALL
    if any(argument.metavar == "[PROFILE]" for argument in command.params)
    and path not in (("exec",), ("sessions", "clear"))
]


def test_a_command_that_takes_a_profile_takes_it_as_its_argument_too():
    """Unless it has other arguments that a profile could be taken for."""
    groups = {" ".join(path) for path, command in ALL if isinstance(command, click.Group)}
    takes = {" ".join(path) for path, command in ALL if "profile" in taken(command)}
    have = {" ".join(path) for path in ABOUT_ONE} | {"exec", "sessions clear"}
    assert takes - groups - have | {"configure"} == set(HAS_OTHER_ARGUMENTS)
    assert have <= takes


@pytest.mark.parametrize("path", ABOUT_ONE, ids=" ".join)
def test_a_command_about_one_profile_takes_it_as_its_argument(path, capsys):
    assert run([*path, "nobody"], App({})) == 3
    assert "nobody" in capsys.readouterr().err


@pytest.mark.parametrize("path", [*ABOUT_ONE, ("exec",), ("sessions", "clear")], ids=" ".join)
@pytest.mark.parametrize("before", [True, False])
def test_two_profiles_are_a_usage_error(path, before, capsys, home):
    (home / ".aws").mkdir(mode=0o700)
    (home / ".aws" / "config").write_text("[profile other]\nregion = eu-west-1\n")
    option = ["--profile", "one"]
    words = [*option, *path, "other"] if before else [*path, *option, "other"]
    assert run(words, App({"HOME": str(home), "PATH": "/bin:/usr/bin"})) == 2
    assert "this names two profiles: one and other" in capsys.readouterr().err


@pytest.mark.parametrize("format_", ["zsh", "nope"])
def test_an_unknown_format_is_a_usage_error(format_, capsys, home):
    app = App({"HOME": str(home), "PATH": "/bin:/usr/bin"})
    assert run(["export", "--format", format_], app) == 2
    said = capsys.readouterr()
    assert said.out == "false"
    assert ("for zsh, use --format sh" in said.err) == (format_ == "zsh")


@pytest.mark.parametrize("name", ["wrap", "unwrap"])
def test_a_command_that_changes_a_profile_does_not_guess_which(name, capsys):
    assert run(["profile", name], App({"AWS_PROFILE": "admin"})) == 2
    assert f"awscreds profile {name} needs a profile" in capsys.readouterr().err


def test_an_argument_too_many_is_told_where_a_profile_goes(capsys):
    assert run(["configure", "get", "region", "hunter2"], App({})) == 2
    said = capsys.readouterr().err
    assert "unexpected argument" in said
    assert "use --profile NAME" in said
    assert "hunter2" not in said


def test_one_profile_named_twice_is_one(capsys):
    assert run(["--profile", "nobody", "whoami", "nobody"], App({})) == 3
