"""A secret in the place of an access key id is shown and copied by no command at all."""

import contextlib
import io
import json
import os
import types
from unittest import mock

import click
import pytest

from awscreds.app import App
from awscreds.cli import root, run
from tests.e2e.conftest import PROGRAM
from tests.e2e.terminal import terminal

SECRETS = (
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "je7MtGbClwBFs2Zp9Utkqh3yCo8nvbEXAMPLEKEY",
)
KEY_ID = "AKIAIOSFODNN7EXAMPLE"

PROFILES = ("swapped", "in-config", "pointer", "role", "plain-pointer")
CONFIG = """[profile swapped]
region = eu-west-1
[profile in-config]
aws_access_key_id = {secret}
aws_secret_access_key = {key_id}
[profile pointer]
credential_process = {line} pointer
awscreds_access_key_id = {secret}
[profile plain-pointer]
awscreds_access_key_id = {secret}
[profile role]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = pointer
"""
CREDENTIALS = """[swapped]
aws_access_key_id = {secret}
aws_secret_access_key = {key_id}
"""

ARGUMENTS = {
    "configure": [["--region", "eu-west-1"], ["--secret-stdin"], ["--access-key-id", "{secret}"]],
    "configure get": [["aws_access_key_id"], ["awscreds_access_key_id"], ["region"]],
    "configure set": [
        ["aws_access_key_id", "{secret}"],
        ["awscreds_access_key_id", "{secret}"],
        ["profile.new.awscreds_access_key_id", "{secret}"],
        ["region", "eu-west-1"],
        ["aws_secret_access_key", "-"],
    ],
    "configure unset": [["aws_session_token"], ["aws_access_key_id"]],
    "configure import": [["--from-env"], ["--csv", "{secret}"], ["--csv", "-"]],
    "import": [["--from", "all"], ["--from", "{secret}"]],
    "profile add": [
        ["--role-arn", "{secret}", "--source", "role"],
        ["--role-arn", "arn:aws:iam::123456789012:role/a", "--source", "{secret}"],
    ],
    "profile copy": [["{secret}", "new"], ["role", "{secret}"]],
    "profile rename": [["{secret}", "new"], ["role", "{secret}"]],
    "profile remove": [["{secret}"], ["role"]],
    "profile wrap": [["role"]],
    "migrate": [["--yes"], ["--all", "--no-verify", "--yes"], ["--dry-run"]],
    "profile unwrap": [["role"]],
    "login": [
        ["--no-browser", "--remote"],  # for a new profile: nobody waits for a browser
        ["--no-browser", "--use-device-code"],
        ["--sso-session", "{secret}", "--no-browser"],
    ],
    "sso populate": [
        [],
        ["--sso-session", "{secret}"],
        ["--sso-session", "{secret}", "--template", "{secret}"],
        ["--sso-session", "{secret}", "--prefix", "{secret} "],
    ],
    "console": [["--print"], ["--service", "{secret}"], ["--region", "{secret}", "--print"]],
    "logout": [[], ["--sso-session", "{secret}"]],
    "exec": [["--", "true"]],
    "keys activate": [["{secret}"], [KEY_ID]],
    "keys deactivate": [["{secret}"], [KEY_ID]],
    "keys delete": [["{secret}"], [KEY_ID]],
    "store forget": [["{secret}"], [KEY_ID]],
    "store move": [["--to", "vault"]],
    "completion": [["bash"]],
    "rotate": [[], ["--all"], ["--dry-run"], ["--resume"]],
    "policy mfa": [[]],
    "mfa enable": [["--store-seed"], ["--name", "{secret}", "--store-seed"]],
    "mfa remove": [["--yes"], ["--serial", "{secret}", "--yes"]],
    "mfa code": [[], ["--serial", "{secret}"]],
}
"""What each command is given; nothing, where it is not here."""

NOT_RUN = {
    "sandbox",
    "sandbox code",
    "sandbox tour",
}
"""They work in a home of their own, and read nobody's files."""


def commands():
    """Every command that can be run, by its words, with what it takes."""

    def walk(command, words):
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                yield from walk(command.get_command(click.Context(command), name), [*words, name])
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield " ".join(words), {flag for p in command.params for flag in p.opts}

    return dict(walk(root, []))


def home_with(alice, secret):
    """A home with a secret in each place where an access key id should be."""
    words = {"secret": secret, "key_id": KEY_ID, "line": f"{PROGRAM} credential-process --profile"}
    for path, text in ((alice.config, CONFIG), (alice.credentials, CREDENTIALS)):
        path.write_text(text.format(**words))
        path.chmod(0o600)
    state = alice.aws / "awscreds"
    state.mkdir(mode=0o700, exist_ok=True)
    entries = {secret: {"kind": "access-key", "backend": "vault"}}
    (state / "state.json").write_text(
        json.dumps({"version": 1, "backend": "vault", "entries": entries})
    )
    (state / f"rotation-{secret.replace('/', '')}.jsonl").write_text("{}\n")
    for path in state.iterdir():
        path.chmod(0o600)


def parts_of(secret):
    """What must not be seen: all of it, as a file's name could have it, and its ends."""
    return [secret, secret.replace("/", ""), secret[:8], secret[-8:]]


def leaks(secret, text):
    return [part for part in parts_of(secret) if part in text]


class Exec(Exception):
    """Another program would run now."""


def in_process(alice, words, secret, **variables):
    out, err = io.StringIO(), io.StringIO()
    environment = {**alice.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", **variables}
    csv = f"Access key ID,Secret access key\n{secret},{KEY_ID}\n"
    stdin = csv if "--csv" in words else secret
    app = App(environment, stdin=io.StringIO(stdin), stderr=err)

    def refuse(*_arguments, **_options):
        raise Exec

    with (
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch("os.execvpe", refuse),
        mock.patch("os.execvp", refuse),
        mock.patch("os.execve", refuse),
        mock.patch("subprocess.run", refuse),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = run(words, app)
    return types.SimpleNamespace(code=code, text=out.getvalue() + err.getvalue())


def copies(alice, secret):
    """Where, below the home, the secret is, in a name or in a content."""
    return {
        path
        for path in alice.home.rglob("*")
        if leaks(secret, path.name)
        or (path.is_file() and any(p.encode() in path.read_bytes() for p in parts_of(secret)))
    }


def cases(taken, words, flags):
    for given in ARGUMENTS.get(words, [[]]):
        for profile in (*PROFILES, None) if "--profile" in taken else [None]:
            named = ["--profile", profile] if profile and "--all" not in given else []
            yes = ["--yes"] if "--yes" in taken else []
            before, dashes, after = _parted(given)
            talk = [flag for flag in flags if flag in taken]
            yield [*words.split(), *named, *yes, "--no-input", *talk, *before, *dashes, *after]


def _parted(given):
    if "--" in given:
        at = given.index("--")
        return given[:at], ["--"], given[at + 1 :]
    return given, [], []


@pytest.mark.slow
@pytest.mark.daily(1)
@pytest.mark.parametrize(
    ("secret", "flags"), [(SECRETS[0], ["--verbose"]), (SECRETS[1], ["--json", "--quiet"])]
)
def test_no_command_shows_or_copies_a_secret_in_the_place_of_an_id(alice, secret, flags):
    tree = commands()
    assert set(ARGUMENTS) | NOT_RUN <= set(tree)
    home_with(alice, secret)
    before = copies(alice, secret)
    seen = {}
    for words, taken in tree.items():
        if words in NOT_RUN:
            continue
        for case in cases(taken, words, flags):
            filled = [word.format(secret=secret) for word in case]
            done = in_process(
                alice, filled, secret, AWS_ACCESS_KEY_ID=secret, AWS_SECRET_ACCESS_KEY=KEY_ID
            )
            assert not leaks(secret, done.text), (case, done.text)
            assert "has a bug" not in done.text, (case, done.text)
            new = copies(alice, secret) - before
            assert not new, (case, new)
            seen.setdefault(words, set()).add(done.code)
            home_with(alice, secret)
    assert 0 in seen["list"]
    assert 0 in seen["store show"]


def test_aws_is_asked_with_it_and_what_comes_back_shows_it_neither(alice):
    home_with(alice, SECRETS[0])
    variables = {
        "AWS_ENDPOINT_URL": alice.environment["AWS_ENDPOINT_URL"],
        "AWS_ACCESS_KEY_ID": SECRETS[0],
        "AWS_SECRET_ACCESS_KEY": KEY_ID,
    }
    for words in (
        ["whoami"],
        ["whoami", "--profile", "swapped"],
        ["mfa-session", "--profile", "in-config"],
        ["export", "--profile", "role"],
        ["keys", "list", "--profile", "swapped"],
        ["rotate", "--profile", "in-config", "--yes"],
    ):
        done = in_process(alice, [*words, "--no-input", "--verbose"], "", **variables)
        assert done.code
        assert not leaks(SECRETS[0], done.text)


def test_a_dialogue_masks_it_wholly_and_takes_none(alice):
    home_with(alice, SECRETS[0])
    with terminal(alice, PROGRAM, "configure", "--profile", "swapped") as screen:
        screen.answer(f"AWS Access Key ID [{'*' * 16}]: ", "")
        screen.answer("AWS Secret Access Key", SECRETS[1], exactly=False)
        screen.answer("Default region name", "", exactly=False)
        screen.answer("Default output format", "", exactly=False)
        screen.expect("not an access key ID")
        assert screen.end() == 2
    assert not leaks(SECRETS[0], screen.text)


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_no_command_repeats_a_secret_that_it_was_given_for_something_else(alice, flags):
    secret = SECRETS[0]
    for words, taken in commands().items():
        if words in NOT_RUN or words in ("", "configure", "exec"):
            continue
        talk = [flag for flag in flags if flag in taken]
        for given in ([f"--{secret}"], [secret, secret, secret], ["--profile", secret]):
            done = in_process(alice, [*words.split(), "--no-input", *talk, *given], "")
            assert not leaks(secret, done.text), (words, given, done.text)
        for name in ("AWS_PROFILE", "AWSCREDS_PROFILE", "AWSCREDS_BACKEND"):
            done = in_process(alice, [*words.split(), "--no-input", *talk], "", **{name: secret})
            assert done.code == 0 or not leaks(secret, done.text), (words, name, done.text)


SHADOWING = (
    *("region", "source_profile", "role_arn", "mfa_serial", "sso_session", "credential_process"),
    *("endpoint_url", "duration_seconds", "login_session", "aws_access_key_id"),
)


def test_no_command_shows_a_secret_that_is_indented_below_another_key(alice):
    secret = SECRETS[1]
    below = f"  aws_secret_access_key = {secret}\n"
    sections = [f"[profile {key}]\n{key} = x\n{below}" for key in SHADOWING]
    alice.config.write_text("".join([*sections, f"[profile block]\ns3 =\n{below}"]))
    alice.credentials.write_text("# none\n")
    for path in (alice.config, alice.credentials):
        path.chmod(0o600)
    runs = [["list"], ["rotate", "--all", "--dry-run"]]
    runs += [["configure", "get", "s3.aws_secret_access_key", "--profile", "block"]]
    for key in SHADOWING:
        for words in ("whoami", "export", "configure list", "profile wrap", f"configure get {key}"):
            runs += [[*words.split(), "--profile", key]]
    for words in runs:
        done = in_process(alice, [*words, "--no-input"], "")
        assert not leaks(secret, done.text), (words, done.text)
        assert "has a bug" not in done.text, (words, done.text)
    done = in_process(alice, ["configure", "get", "region", "--profile", "region", "--reveal"], "")
    assert secret in done.text


def test_an_error_without_a_hint_has_none_in_json(alice):
    done = in_process(alice, ["store", "show", "--json"], "", AWSCREDS_BACKEND=SECRETS[0])
    error = json.loads(done.text)["error"]
    assert error["hint"] is None
    assert "it must be keyring or vault" in error["message"]


@pytest.mark.parametrize("place", ["AWS_REGION", "AWS_DEFAULT_REGION", "config", "credentials"])
def test_what_is_no_region_is_shown_by_no_command(alice, place):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        alice.environment.pop(name)
    for value in (*SECRETS, "x1" * 10 + "y\x1b[2J", "eu west"):
        variables, named = {place: value}, []
        if not place.startswith("AWS"):
            variables, named = {}, ["--profile", "dev"]
            header = "[profile dev]" if place == "config" else "[dev]"
            path = getattr(alice, place)
            path.write_text(f"{header}\nregion = {value}\naws_access_key_id = {KEY_ID}\n")
            path.chmod(0o600)
        about = [["configure", "list"], ["whoami"]]
        for words in (["list"], *[[*words, *named] for words in about]):
            for flags in ([], ["--json"]):
                done = in_process(alice, [*words, *flags, "--no-input"], "", **variables)
                assert not leaks(value, done.text), (words, done.text)
                assert "has a bug" not in done.text


def test_a_key_that_has_the_form_of_a_secret_is_neither_repeated_nor_written(alice):
    for form in ("{}", "awscreds_{}", "{}.region", "profile.{}.region", "s3.{}"):
        key = form.format(SECRETS[0])
        for words in (["get", key], ["get", key, "--json"], ["set", key, "x"], ["unset", key]):
            done = in_process(alice, ["configure", *words, "--no-input"], "")
            assert done.code == 2, done.text
            assert SECRETS[0].lower() not in done.text.lower()
    assert not copies(alice, SECRETS[0])


def test_no_secret_becomes_a_region_or_an_output_format(alice):
    for secret in SECRETS:
        for name in ("region", "output"):
            for words in ([f"--{name}", secret], ["set", name, secret]):
                whole = ["configure", *words, "--profile", "dev", "--no-input"]
                done = in_process(alice, whole, "")
                assert done.code == 2, done.text
                assert not leaks(secret, done.text)
        assert not copies(alice, secret)


def test_a_setting_of_the_file_that_has_the_form_of_a_secret_is_not_repeated(alice):
    settings = "".join(f"awscreds_{secret} = x\n{secret} = y\n" for secret in SECRETS)
    alice.config.write_text(f"[profile dev]\n{settings}")
    for words in (["whoami"], ["configure", "list"], ["configure", "set", "region", "eu-west-1"]):
        done = in_process(alice, [*words, "--profile", "dev", "--no-input"], "")
        assert "has no effect" in done.text
        for secret in SECRETS:
            assert secret.lower() not in done.text.lower()
