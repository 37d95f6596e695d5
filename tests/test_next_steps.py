"""Each command that a message proposes can be copied to a shell, and is about the right profile."""

import io
import os
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout

import pytest

from awscreds.app import App
from awscreds.cli import run
from awscreds.model.text import COMMANDS
from tests.test_quick import HERE, PAIR, POINTER, Terminal, write

NAMES = ("-x", "--help", "a]b", "a#b", "it's $(touch pwned)", 'say "ü"', "a, or b. c", "exec")
CANNOT_BE = ("a]b", "a#b")
"""Names that no file may have, so that nothing may propose to create them."""
ROLE = "role_arn = arn:aws:iam::123456789012:role/x\n"
KINDS = {
    "none": None,
    "settings": "region = eu-west-1\n",
    "plaintext": PAIR,
    "half": "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n",
    "managed": f"credential_process = {HERE} credential-process --profile x\n{POINTER}",
    "broken role": ROLE,
    "role": f"{ROLE}source_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/a\n",
    "role of nothing": f"{ROLE}source_profile = nowhere\n",
    "SSO": "sso_session = gone\nsso_account_id = 123456789012\nsso_role_name = R\n",
    "login": "login_session = arn:aws:iam::123456789012:user/e\n",
}
CASES = [
    (name, kind)
    for name in NAMES
    for kind, text in KINDS.items()
    if text is None or name not in CANNOT_BE  # no file has such a profile
]
LINES = (
    *("whoami", "profile show", "profile wrap", "profile unwrap", "mfa code", "mfa list"),
    *("configure unset aws_access_key_id", "configure get aws_secret_access_key", "rotate --yes"),
    *("credential-process", "export", "migrate", "login", "logout", "keys list", "console --print"),
    "keys delete AKIAIOSFODNN7EXAMPLE",
)
PROPOSED = re.compile(
    rf"`(awscreds (?:{'|'.join(COMMANDS)})\b[^`]*)`"
    rf"|(?<![\w`/])(awscreds (?:{'|'.join(COMMANDS)})\b.*?)(?:;(?= )|,? then\b|\)?$)",
    re.MULTILINE,
)
FILLED = {
    "ARN": "arn:aws:iam::123456789012:role/x",
    **dict.fromkeys(("NAME", "NEW-NAME", "NEW_NAME", "PROFILE"), "base"),
}
WRONG = re.compile(
    r"there is no profile|no option|unexpected argument|a profile's name cannot|not both|Missing"
    r"|has a bug|only one of"
)
BASE = "[profile base]\nregion = eu-west-1\n"


@pytest.fixture
def environ(home, monkeypatch):
    monkeypatch.chdir(home)
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nobody listens there
        "AWSCREDS_BACKEND": "vault",
        "AWSCREDS_PASSPHRASE": "none is there",
    }


def said(words, environ):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        app = App(environ, stderr=err)
        app.options.no_input = True
        run(words, app)
    return out.getvalue() + err.getvalue()


def section(name, kind):
    quote = '"' if "'" in name else "'"
    word = f"{quote}{name}{quote}" if set(name) & set(" '\"") else name
    return f"[profile {word}]\n{KINDS[kind]}"


def steps(text):
    return [(found[1] or found[2]).strip() for found in PROPOSED.finditer(text)]


@pytest.mark.posix("the words of a POSIX shell")
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_each_next_step_can_be_run_as_it_is_printed(name, kind, home, environ):
    files = BASE if KINDS[kind] is None else BASE + section(name, kind)
    seen = set()
    for line in LINES:
        if (line, kind) == ("login", "login"):
            continue
        write(home, files, "")
        text = said([*line.split(), "--profile", name], environ)
        assert "has a bug" not in text, (line, text)
        for step in steps(text if line != "profile show" else text.partition("\nSETTING")[0]):
            words = [FILLED.get(word, word) for word in shlex.split(step)]
            is_login = words[1] == "login"  # it would wait for a browser, and is only parsed
            if step in seen or "base" in words:
                continue
            seen.add(step)
            write(home, files, "")
            answer = said([*words[1:], "--help"] if is_login else words[1:], environ)
            assert not WRONG.search(answer), (line, text, step, answer)
            assert not ("--yes" in words and name in CANNOT_BE), (line, step)
    assert not (home / "pwned").exists()


def test_the_steps_of_a_message_are_found():
    text = (
        "warning: x. Fix: `awscreds mfa list --profile 'a b'` shows; awscreds lock; awscreds list"
    )
    assert steps(text) == ["awscreds mfa list --profile 'a b'", "awscreds lock", "awscreds list"]


def test_only_what_may_be_a_command_is_proposed_as_one(home, environ):
    write(home, BASE, "")
    assert "awscreds exec -- nope" in said(["exec", "nope"], environ)
    assert "awscreds exec -- nope" not in said(["exec", "nope", "--", "true"], environ)


@pytest.mark.parametrize("words", [["export"], ["mfa-session"]], ids=" ".join)
def test_no_line_to_type_is_proposed_for_a_profile_that_does_not_exist(words, home, environ):
    write(home, BASE, "")
    err = io.StringIO()
    with redirect_stdout(Terminal()), redirect_stderr(err):
        assert run([*words, "--profile", "nope"], App(environ, stderr=err)) == 3
        assert run([*words, "--profile", "base"], App(environ, stderr=err)) == 2
    assert "there is no profile 'nope'" in err.getvalue()
    assert "awscreds " + words[0] + " --profile nope" not in err.getvalue()
    assert "awscreds " + words[0] + " --profile base" in err.getvalue()


def test_a_wrapped_role_without_a_source_is_not_to_be_loaded(home, environ):
    for source, is_proposed in (("nowhere", False), ("keys", True)):
        files = f"[profile r]\n{ROLE}source_profile = {source}\n[profile keys]\n{PAIR}"
        write(home, files, "")
        text = said(["profile", "wrap", "r"], environ)
        assert ("awscreds export --profile r" in text) == is_proposed, text


@pytest.mark.posix("the words of a POSIX shell")
def test_a_name_that_some_tools_cannot_see_comes_with_the_command_that_changes_it(home, environ):
    write(home, "[profile 'a b']\nregion = eu-west-1\n", "")
    text = said(["doctor", "--offline"], environ)
    assert "awscreds profile rename 'a b' NEW_NAME" in text
    said(["profile", "rename", "a b", "new", "--yes"], environ)
    assert "[profile new]" in (home / ".aws" / "config").read_text()
