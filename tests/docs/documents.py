"""The JSON documents of all commands, from runs in the sandbox: their keys and types."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import click

from awscreds.app import App
from awscreds.cli import root, run
from awscreds.prompts import Terminal

PASSPHRASE = "another passphrase"
CONTEXT = click.Context(root)
TYPES = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}

Shape = dict[str, set[str]]
"""The types of each key; ``a.b`` is a key within an object, ``a[]`` an element of a list."""


class Answers(Terminal):
    """Somebody at a terminal who types the same passphrase whenever one is asked for."""

    def ask_for(self, text: str, check: Any, *, is_hidden: bool = False) -> Any:
        return check(PASSPHRASE)

    def drop_typed_ahead(self) -> None:
        """Nothing is."""


class Person:
    """Alice, whose commands run in this process with ``--json``, by the sandbox's clock."""

    def __init__(self, sandbox: Any) -> None:
        self.sandbox = sandbox
        self.environment = sandbox.environment
        self.key_id, self.secret = sandbox.key
        self.seen: dict[str, Shape] = {}

    def json(self, *words: str, stdin: str = "", rc: int = 0, **variables: str | None) -> Any:
        """Run the command at the beginning of ``words``, and take note of its document."""
        environ = {**self.environment, **variables}
        environ = {name: value for name, value in environ.items() if value is not None}
        control = self.sandbox.control
        app = App(
            environ,
            clock=control.now,
            sleep=control.advance,
            stdin=io.StringIO(stdin),
            stderr=io.StringIO(),
        )
        app.dialogue.__dict__["terminal"] = Answers()
        flags = [flag for flag in ("--json", "--yes") if flag in _options(words)]
        with contextlib.redirect_stdout(io.StringIO()) as out:
            code = run([*words, *flags], app)
        assert code == rc, (words, code, out.getvalue())
        return json.loads(out.getvalue()) if out.getvalue() else None

    def note(self, command: str, *words: str, **options: Any) -> Any:
        """The document of ``command``, whose keys are added to those that were seen."""
        document = self.json(*command.split(), *words, **options)
        seen = self.seen.setdefault(command, {})
        for key, types in shape(document).items():
            seen.setdefault(key, set()).update(types)
        return document


def _options(words: tuple[str, ...]) -> set[str]:
    """The options of the command at the beginning of ``words``."""
    command: click.Command = root
    for word in words:
        if not isinstance(command, click.Group) or word not in command.list_commands(CONTEXT):
            break
        command = command.get_command(CONTEXT, word) or command
    return {option for parameter in command.params for option in parameter.opts}


def shape(document: dict[str, Any]) -> Shape:
    """The keys of a document with their types; ``version`` is in every one, and left out."""
    found: Shape = {}
    _add(found, "", {name: value for name, value in document.items() if name != "version"})
    return found


def _add(found: Shape, key: str, value: Any) -> None:
    if isinstance(value, dict):
        if key and not key.endswith("[]"):
            found.setdefault(key, set()).add("object")
        for name, below in value.items():
            _add(found, f"{key}.{name}".lstrip("."), below)
    elif isinstance(value, list):
        found.setdefault(key, set()).add("list")
        for below in value:
            _add(found, f"{key}[]", below)
    else:
        found.setdefault(key, set()).add(TYPES[type(value)])


def described(cells: list[list[str]]) -> Shape:
    """The same from the rows of a table of the page: keys, types, meaning."""
    found: Shape = {}
    for keys, types, _meaning in cells:
        for key in keys.replace("`", "").split(", "):
            for kind in types.split(" or "):
                name, _, elements = kind.partition(" of ")
                found.setdefault(key, set()).add(name)
                if elements and elements != "objects":
                    found.setdefault(f"{key}[]", set()).add(elements.removesuffix("s"))
    return found
