"""What people see is escaped by whoever writes it, whoever calls."""

import ast
import io
import os
import sys
import threading
import unicodedata
from pathlib import Path

import pytest

import awscreds
from awscreds import render
from awscreds.app import App
from awscreds.cli import report, run
from awscreds.commands.rotate.progress import ProgressLine
from awscreds.errors import AwscredsError
from awscreds.model.text import escaped
from awscreds.process import tell
from tests.test_cli_help import ALL

PACKAGE = Path(awscreds.__file__).parent

HOSTILE = {
    "escape": "\x1b]0;owned\x07\x1b[2J",
    "C1": "\x9b31m\x90x\x9c",
    "bidi": "a\u202eb\u2066c\u200fd",
    "invisible": "a\u200bb\u3164c\u115f\u1160d\uffa0e\u2800f\u034fg\u17b4h\ufe0fi\u2060j\U000e0041",
    "blanks": "a\u00a0b\u3000c\u2028d\u2029e\u0085f",
    "lines": "a\nawscreds: all is well\rb\x00c\td",
    "mark": "\u0301a",
    "bytes": b"a\xff\x9b\xfe".decode("utf-8", "surrogateescape"),
}


def is_clean(text):
    return all(escaped(line) == line for line in text.split("\n"))


# -- the writers ---------------------------------------------------------------------------------


def app_of(stream, *, verbose=False, quiet=False):
    app = App({}, stderr=stream)
    app.options.verbose = verbose
    app.options.quiet = quiet
    return app


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("name", ["say", "detail", "note", "warn"])
def test_a_message_is_one_escaped_line_whatever_is_in_it(name, text, verbose):
    stream = io.StringIO()
    getattr(app_of(stream, verbose=verbose), name)(f"the profile {text} is there")
    said = stream.getvalue()
    assert is_clean(said)
    assert said.count("\n") == (0 if name == "detail" and not verbose else 1)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize(
    "write",
    [
        lambda text: tell(text, text),
        lambda text: report(AwscredsError(text, hint=text)),
        lambda text: render.print_text(text, text),
        lambda text: render.print_table(render.Table(["NAME"], [[text], [text]], whole=["NAME"])),
    ],
    ids=["tell", "report", "print_text", "print_table"],
)
def test_every_other_writer_for_people_escapes_too(write, text, capsys):
    write(text)
    captured = capsys.readouterr()
    assert is_clean(captured.err)
    assert is_clean(captured.out)
    assert captured.err.count("\n") + captured.out.count("\n") in (2, 3)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_a_value_for_scripts_is_raw_in_a_pipe_and_escaped_on_a_terminal(text, monkeypatch):
    for is_terminal in (False, True):
        stream = io.StringIO()
        stream.isatty = lambda is_terminal=is_terminal: is_terminal
        monkeypatch.setattr(sys, "stdout", stream)
        render.print_values([text])
        shown = escaped(text) if is_terminal else text
        assert stream.getvalue() == shown + "\n"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_the_line_of_progress_moves_to_its_own_beginning_and_nowhere_else(text, capsys):
    board = ProgressLine(app_of(None), 1)
    board._is_live = True
    board.tell(text, "at work")
    said = capsys.readouterr().err
    assert (said[0], said[-1]) == ("\r", "\r")
    assert is_clean(said[1:-1])


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("name", ["ask", "ask_secret", "confirm"])
def test_a_prompt_is_escaped(name, text, monkeypatch):
    from awscreds import console, prompts

    ours, theirs = os.openpty()
    monkeypatch.setattr(console, "TERMINAL", os.ttyname(theirs))
    shown = []

    def answer():
        while b"]" not in b"".join(shown):
            shown.append(os.read(ours, 4096))
        os.write(ours, b"y\n")

    person = threading.Thread(target=answer, daemon=True)
    person.start()
    options = {"default": False} if name == "confirm" else {}
    getattr(prompts.Terminal(), name)(f"Region [{text}]", **options)
    person.join()
    assert is_clean(b"".join(shown).decode("utf-8", "surrogateescape").replace("\r\n", "\n"))
    os.close(ours)
    os.close(theirs)


# -- nobody writes but them ----------------------------------------------------------------------

WRITERS = {
    "process.py": {"stderr"},
    "render.py": {"stdout"},
    "cli.py": {"stdout"},  # the document of an error, and `false` for shells: constants
    "hotpath.py": {"stdout"},  # the document of credentials
    "pager.py": {"stdout"},  # what `render` gives it
    "quick/__init__.py": {"stdout"},  # plain text: of plain files, as `print_listing` escapes it
    "sandbox/server.py": {"stdout", "print"},  # a process of its own, read by ours
    "sandbox/tour/__init__.py": {"stdout"},  # a page of its own, escaped by it
}


def uses_of_streams(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            name = ast.unparse(function)
            if name in ("print", "click.echo", "click.secho", "click.prompt", "click.confirm"):
                yield name
            if name.endswith(("stdout.write", "stderr.write", "stdout.buffer.write")):
                yield name.split(".")[1]
            if name in ("os.write", "Console") and "2" in map(ast.unparse, node.args):
                yield "stderr"


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_nobody_writes_to_a_stream_but_the_writers(path):
    allowed = WRITERS.get(path.relative_to(PACKAGE).as_posix(), set())
    assert set(uses_of_streams(path)) <= allowed


# -- what is escaped -----------------------------------------------------------------------------

# Default_Ignorable_Code_Point of Unicode 16, as ranges.
IGNORABLE = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
NEVER_PLAIN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def test_no_code_point_that_shows_nothing_or_steers_passes():
    ignorable = {code for first, last in IGNORABLE for code in range(first, last + 1)}
    # Beyond these planes there are private use and nothing.
    rest = range(0x40000, sys.maxunicode + 1, 997)
    for code in (*range(0x20000), *range(0x20000, 0x40000, 61), *range(0xE0000, 0xE1000), *rest):
        char = chr(code)
        if escaped(f"a{char}") == f"a{char}":
            kind = unicodedata.category(char)
            assert kind not in NEVER_PLAIN, hex(code)
            assert kind != "Zs" or char == " ", hex(code)
            assert code not in ignorable, hex(code)
            assert code != 0x2800


@pytest.mark.parametrize("text", [*HOSTILE.values(), "e\u0301", "'\u0301", "käse", "日本", "🐟"])
def test_what_was_escaped_passes_unchanged(text):
    assert escaped(escaped(text)) == escaped(text)


def test_a_mark_is_shown_on_a_letter_and_nowhere_else():
    assert escaped("e\u0301") == "e\u0301"
    assert escaped("\u0301") == "\\u0301"
    assert escaped("'\u0301x") == "'\\u0301x"


# -- every command, over hostile files -----------------------------------------------------------


def hostile_home(home, text):
    """AWS files whose names and values are hostile."""
    text = text.replace("\n", "").replace("\r", "").replace("\x00", "").replace("]", "")
    text = text.replace("\u2028", "").replace("\u2029", "").replace("\x85", "")
    aws = home / ".aws"
    aws.mkdir(mode=0o700)
    config = (
        f"[profile dev]\nregion = {text}\noutput = {text}\nmfa_serial = {text}\n"
        f"awscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\nendpoint_url = {text}\n"
        f"s3 =\n  addressing_style = {text}\n\n"
        f"[profile {text}]\nrole_arn = {text}\nsource_profile = {text}\n"
        f"role_session_name = {text}\n\n"
        f"[profile r]\nrole_arn = arn:aws:iam::123456789012:role/{text}\nsource_profile = x{text}\n"
        f"mfa_serial = {text}\nca_bundle = {text}\nduration_seconds = {text}\n\n"
        f"[profile p]\ncredential_process = /no/such/{text}\nmfa_process = {text}\n\n"
        f"[profile v{text}]\ncredential_process = aws-vault exec --json {text}\n\n"
        f"[profile s]\nsso_session = {text}\nsso_account_id = {text}\nsso_role_name = {text}\n\n"
        f"[sso-session {text}]\nsso_region = {text}\nsso_start_url = {text}\n\n"
        f"[profile l]\nlogin_session = {text}\nregion = {text}\n"
    )
    credentials = (
        f"[{text}]\naws_access_key_id = {text}\naws_secret_access_key = {text}\n\n"
        f"[plain]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = s{text}\n"
        f"region = {text}\n"
    )
    (aws / "config").write_text(config, encoding="utf-8", errors="surrogateescape")
    (aws / "credentials").write_text(credentials, encoding="utf-8", errors="surrogateescape")
    (aws / "credentials").chmod(0o600)
    return text


ARGUMENTS = {
    "configure get": (["region"], ["profile.r.role_arn"], ["s3"]),
    "configure set": (["region", "x"],),
    "configure unset": (["region"],),
    "configure import": (["--from-env"],),
    "import": (["--from", "all"], ["--from", "all", "--dry-run"]),
    "exec": (["dev", "--", "true"], ["{name}", "--", "{name}"], ["r", "--", "true"]),
    "export": ([], ["--format", "json"]),
    "keys deactivate": (["AKIAIOSFODNN7EXAMPLE"], ["{name}"]),
    "keys activate": (["AKIAIOSFODNN7EXAMPLE"],),
    "keys delete": (["AKIAIOSFODNN7EXAMPLE"],),
    "profile add": (
        ["new", "--role-arn", "{name}", "--source", "dev"],
        ["{name}", "--role-arn", "arn:aws:iam::123456789012:role/a", "--source", "{name}"],
    ),
    "profile copy": (["{name}", "new"], ["r", "{name}"], ["{name}", "{name}x"]),
    "profile rename": (["{name}", "new"], ["r", "{name}"], ["{name}", "{name}x"]),
    "profile remove": (["--yes"],),
    "profile wrap": (["r"], ["{name}"]),
    "migrate": (["--yes"], ["--no-verify", "--yes"], ["--all", "--dry-run"]),
    "profile unwrap": (["r"], ["{name}"]),
    "mfa enable": (["--store-seed"], ["--name", "{name}"]),
    "mfa remove": (["--yes"], ["--serial", "{name}", "--yes"]),
    "mfa code": ([], ["--serial", "{name}"]),
    "login": (
        *(["--no-browser"], ["s", "--no-browser", "--use-device-code"]),
        ["--sso-session", "{name}", "--no-browser", "--use-device-code"],
    ),
    "sso populate": (
        *([], ["--sso-session", "{name}"], ["--sso-session", "{name}", "--only", "{name}"]),
        ["--sso-session", "{name}", "--template", "{{role_name}}{name}"],
        ["--sso-session", "{name}", "--prefix", "{name}", "--region", "{name}"],
    ),
    "console": (
        ["--print"],
        ["--service", "{name}"],
        ["--path", "{name}"],
        ["--region", "{name}", "--print"],
        ["--chrome-profile", "{name}", "--browser", "opera"],
    ),
    "logout": ([], ["s"], ["--sso-session", "{name}"]),
    "store move": (["--to", "vault"],),
    "store forget": (["AKIAIOSFODNN7EXAMPLE"], ["{name}"]),
    "rotate": ([], ["--all", "--dry-run"], ["--resume"]),
    "completion": (["{name}"],),
    "list": ([], ["--filter", "{name}"]),
    "sessions clear": ([],),
    "unlock": (["--for", "{name}"],),
}
LEFT_OUT = {"sandbox", "sandbox tour", "sandbox code", "completion", "lock"}
"""Those that start servers or read none of these files."""


@pytest.mark.slow
@pytest.mark.daily(2)
@pytest.mark.parametrize("kind", ["escape", "C1", "bidi", "invisible", "mark", "bytes"])
def test_no_command_shows_a_hostile_name_or_value_raw(kind, home, monkeypatch, capfd):
    text = hostile_home(home, HOSTILE[kind])
    files = {path: path.read_bytes() for path in (home / ".aws").iterdir() if path.is_file()}
    monkeypatch.setenv("AWSCREDS_BACKEND", "vault")
    monkeypatch.setenv("AWSCREDS_PASSPHRASE", "correct horse battery")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delattr(os, "execvpe")  # nor does anything take this process's place
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    paths = [" ".join(path) for path, _ in ALL if " ".join(path) not in LEFT_OUT]
    runs = 0
    for path in paths:
        for extra in ARGUMENTS.get(path, ([],)):
            for profile in (["--profile", text], ["--profile", "r"], ["--profile", "dev"], []):
                words = [*path.split(), *(word.format(name=text) for word in extra)]
                at = words.index("--") if "--" in words else len(words)
                words[at:at] = [*profile, "--verbose", "--no-input"]
                run(words)
                sys.stdout.flush()
                said = capfd.readouterr()
                assert "has a bug" not in said.err, (words, said.err)
                for shown in (said.out, said.err):
                    assert is_clean(shown), (words, shown)
                runs += 1
                for file, data in files.items():
                    file.write_bytes(data)
    assert runs > 100


def test_every_table_says_which_columns_are_there_to_be_copied():
    calls = [
        (path.name, node.lineno, {keyword.arg for keyword in node.keywords})
        for path in (PACKAGE / "commands").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("print_table", "Table")
    ]
    assert len(calls) >= 5
    assert [call for call in calls if "whole" not in call[2]] == []
