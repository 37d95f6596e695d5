"""The pages by hand: every command in them exists, and every page is reached."""

import ast
import re
import shlex

import click
import pytest

from awscreds.cli import root
from tests.docs.pages import DOCS, ROOT

PAGES = sorted(DOCS.rglob("*.md"))
BY_HAND = [page for page in PAGES if page.name != "commands.md"]
BEGINNINGS = re.compile(r"(?:^|[\s;|(`])((?:\S*/bin/)?awscreds(?: [^|;&)`#<>\n]*)?)")

FAMILIES = (
    *("app", "aws", "backends", "cache", "configure", "ini", "problems"),
    *("rotate", "rotation", "sessions", "workflows"),
)
"""Packages that say what each of their files is."""

WORD = re.compile(r"[a-z][a-z-]*")


def commands(text):
    """Every command line of awscreds in the code of a page."""
    code = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    code += re.findall(r"^    .*", text, re.MULTILINE)
    code += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    for piece in code:
        joined = piece.replace("\\\n", " ")
        for line in joined.splitlines():
            for found in BEGINNINGS.findall(line):
                yield found.replace('"$', "$").split(" -- ")[0].strip()


def check(line):
    """Raise AssertionError unless the command and its options exist."""
    words = shlex.split(line.rstrip("…\"'").replace("…", ""), posix=False)[1:]
    command, context = root, click.Context(root, **root.context_settings)
    while words and isinstance(command, click.Group) and WORD.fullmatch(words[0]):
        names = command.list_commands(context)
        assert words[0] in names, f"{line}: there is no command {words[0]}"
        below = command.get_command(context, words[0])
        command, context = below, click.Context(below, parent=context, info_name=words[0])
        words = words[1:]
    known = {opt for p in command.get_params(context) for opt in p.opts if opt.startswith("-")}
    for word in words:
        if word.endswith("⇥"):  # where somebody presses TAB: the beginning of an option
            assert any(option.startswith(word[:-1]) for option in known) or word[0] != "-", line
        elif word.startswith("--"):
            assert word.split("=")[0] in known, f"{line}: {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_on_a_page_exists_with_its_options(page):
    for line in commands(page.read_text(encoding="utf-8")):
        check(line)


def test_the_check_sees_commands_and_finds_what_is_not_there():
    seen = [line for page in BY_HAND for line in commands(page.read_text(encoding="utf-8"))]
    assert len(seen) > 80
    for wrong in (
        "awscreds rotate --evr⇥",
        "awscreds docter",
        "awscreds keys lst",
        "awscreds rotate --every",
    ):
        with pytest.raises(AssertionError):
            check(wrong)


def test_every_page_is_in_the_navigation():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\S+\.md", text)) == {
        page.relative_to(DOCS).as_posix() for page in PAGES
    }


def test_every_link_leads_to_a_page():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_file_that_contributing_names_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    for named in re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|toml)|(?:[\w.-]+/)+)`", text):
        if "NAME" not in named:
            assert (ROOT / named).exists() or (ROOT / "awscreds" / named).exists(), named


def test_no_task_of_contributing_needs_more_than_four_files():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tasks = re.findall(
        r"^\| (.+?) \| (.+) \|$", text.partition("## To change X, open Y")[2], re.MULTILINE
    )
    assert len(tasks) == 11  # with the head of the table
    for task, files in tasks[1:]:
        named = re.findall(r"`[\w/]+\.(?:py|md)`", files)
        assert 1 <= len(named) <= 4, task


def test_every_package_says_what_its_files_are():
    for package in (ROOT / "awscreds").rglob("__init__.py"):
        text = ast.get_docstring(ast.parse(package.read_text(encoding="utf-8")))
        assert text, package
        if package.parent.name in FAMILIES:
            for file in package.parent.glob("[!_]*.py"):
                assert re.search(rf"\b{file.stem}\b", text), f"{package}: {file.stem}"


def test_the_readme_is_short_and_its_links_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_every_command_in_the_papers_at_the_top_exists_with_its_options(name):
    for line in commands((ROOT / name).read_text(encoding="utf-8")):
        check(line)
