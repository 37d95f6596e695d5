"""How much `list` and `status` do, counted: what they load, and what they do for each profile."""

import io
import json
import os
import subprocess
import sys

import pytest

from awscreds.app import App
from awscreds.cli import run
from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.blocks import Block, Entry
from awscreds.model.ini.document import Document
from awscreds.model.pairs import refuse_losses
from awscreds.model.problems.lines import problems_of
from awscreds.model.profile import KEY_ID, SECRET, Profile
from awscreds.model.text import escaped
from awscreds.render import Listing, print_listing

DEAR = {
    *("rich", "boto3", "botocore", "keyring", "cryptography", "logging", "pathlib", "subprocess"),
    *("dataclasses", "shutil", "tempfile", "difflib", "asyncio", "ssl", "socket", "secrets"),
}
"""What nobody needs to read two files and print a table. ``dataclasses`` compiles source."""

KINDS = (
    "role_arn = arn:aws:iam::210987654321:role/r{0}\nsource_profile = p0\nregion = eu-west-1\n",
    "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = ReadOnly\n",
    "credential_process = /usr/bin/true\n",
    "region = eu-central-1\n",
)
CALLS = 160
"""Function calls that `list` may need for one more profile; it is about 130."""


def write(home, count):
    folder = home / ".aws"
    folder.mkdir(mode=0o700, exist_ok=True)
    texts = {
        "config": "".join(
            f"[profile p{at}]\n{KINDS[at % len(KINDS)].format(at)}\n" for at in range(1, count)
        )
        + "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\n",
        "credentials": "[p0]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        f"aws_secret_access_key = {'s' * 40}\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)


def listed(home, *words):
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "AWSCREDS_BACKEND": "vault"}
    assert run(words, App(environ, stderr=io.StringIO())) == 0


@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("status",)])
def test_no_module_is_loaded_that_is_not_needed(home, words):
    write(home, 10)
    program = (
        "import sys\nfrom awscreds.app import App\nfrom awscreds.cli import run\n"
        f"code = run({words!r}, App())\n"
        "print(' '.join(sys.modules), file=sys.stderr)\nsys.exit(code)"
    )
    environ = {**os.environ, "HOME": str(home), "AWSCREDS_BACKEND": "vault"}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
    )
    assert DEAR & set(ended.stderr.split()) == set()


def test_no_installation_is_checked_for_a_list(home, monkeypatch):
    """To compare our lines with those of this installation, each of its files is looked at."""
    write(home, 10)
    monkeypatch.setattr("awscreds.stores.installation.starter", lambda: pytest.fail("checked"))
    listed(home, "list")
    listed(home, "status")


class Counted:
    """Counts the calls of one method."""

    def __init__(self, monkeypatch, cls, name):
        self.count = 0
        function = getattr(cls, name)

        def counted(*arguments, **named):
            self.count += 1
            return function(*arguments, **named)

        monkeypatch.setattr(cls, name, counted)


@pytest.mark.parametrize("words", [("list",), ("status",)])
def test_each_file_is_parsed_once_and_each_plain_section_read_once(
    home, words, monkeypatch, capsys
):
    write(home, 1000)
    parse = Document.__dict__["parse"].__func__
    parsed = []
    monkeypatch.setattr(
        Document,
        "parse",
        classmethod(lambda cls, *a, **k: parsed.append(a) or parse(cls, *a, **k)),
    )
    made = Counted(monkeypatch, Profile, "__init__")
    tidily, closely, lines = (
        Counted(monkeypatch, Block, name) for name in ("_of_tidy", "_of_any", "read")
    )
    listed(home, *words)
    assert len(parsed) == 2
    assert made.count == 1000
    assert tidily.count <= 1000
    assert closely.count <= 3
    assert lines.count <= 3
    capsys.readouterr()


def calls(home, count):
    import cProfile
    import pstats

    write(home, count)
    watch = cProfile.Profile()
    watch.runcall(listed, home, "list")
    return pstats.Stats(watch).total_calls


def test_one_more_profile_costs_a_list_few_calls(home, capsys):
    calls(home, 1000)  # what is imported on the way is not counted
    assert calls(home, 2000) - calls(home, 1000) < 1000 * CALLS
    capsys.readouterr()


def test_the_fast_pass_and_the_document_say_the_same_of_a_profile(home, capsys):
    """Long files are read by one pattern. A line that it does not know makes them all the same."""
    write(home, 1000)
    listed(home, "list", "--json")
    quickly = json.loads(capsys.readouterr().out)
    path = home / ".aws" / "config"
    path.write_text(path.read_text().replace("\n", "\r", 1))  # a lone CR: no pattern fits
    listed(home, "list", "--json")
    assert json.loads(capsys.readouterr().out) == quickly


@pytest.mark.parametrize("cell", ["a\tb", "a\nb", "a\x1bb", "é", "a\u202eb", ""])
@pytest.mark.parametrize("at_terminal", [True, False])
def test_every_cell_of_a_listing_is_escaped(cell, at_terminal, monkeypatch):
    out = io.StringIO()
    out.isatty = lambda: at_terminal
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", "80")
    listing = Listing(
        ("", "NAME", "NOTES"), [["*", "x", cell], ["", "y", "z"]], "NAME", (), [None] * 2
    )
    print_listing(listing, color=False)
    lines = out.getvalue().split("\n")
    assert len(lines) == (4 if at_terminal else 3)
    assert lines[-3].endswith(escaped(cell) or ("" if at_terminal else "-"))
    assert not at_terminal or "\t" not in out.getvalue()
    assert at_terminal or lines[0].count("\t") == 2


@pytest.mark.parametrize(
    "row",
    [
        "k = v\n",
        " w\n",
        "k = v\n w\n",
        "k{0} = v\n w\n",
        "s3 =\n k = v\n",
        " # c\n",
        "[p{0}]\n [a]\n",
    ],
)
def test_twice_the_lines_are_twice_the_work_to_find_what_is_wrong(row, monkeypatch):
    """Counted in lines of code run and in characters of values that are put together."""
    characters = []
    text = Entry.text.fget
    monkeypatch.setattr(
        Entry, "text", property(lambda entry: characters.append(len(text(entry))) or text(entry))
    )

    def work(count):
        characters.clear()
        document = Document.parse(
            f"[a]\nkey = v\n{''.join(row.format(at) for at in range(count))}".encode()
        )
        problems, lines = lines_run(lambda: list(problems_of(document)))
        assert len(problems) < 10 * count
        return lines + sum(characters)

    work(10)  # what is made once
    assert work(400) < 2.5 * work(200)


def test_twice_the_keys_are_twice_the_work_to_see_that_none_is_lost():
    def work(count):
        documents = [
            Document.parse("".join(text.format(at) for at in range(count)).encode())
            for text in (
                "[profile p{0}]\nregion = eu-west-1\n [lost{0}]\n",
                f"[p{{0}}]\n{KEY_ID} = AKIA{{0:016}}\n{SECRET} = {'s' * 36}{{0:04}}\n",
            )
        ]
        before = AwsDocuments(*documents, "config", "credentials")
        _, lines = lines_run(lambda: refuse_losses(before, before.clone(), ()))
        return lines

    work(10)  # what is made once
    assert work(400) < 2.5 * work(200)


def lines_run(function):
    """What ``function`` gives, and how many lines of Python it ran, each turn of a loop counted."""
    lines = [0]

    def trace(frame, event, argument):
        lines[0] += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        found = function()
    finally:
        sys.settrace(before)
    return found, lines[0]
