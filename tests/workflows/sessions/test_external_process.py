"""A ``credential_process`` that is not ours, against botocore's own provider for it."""

import json
import os
import shlex
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from awscreds.aws.gateway import Aws
from awscreds.errors import ConfigurationError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.role_chain import resolve_chain
from awscreds.workflows.sessions import external_process
from awscreds.workflows.sessions.context import CacheScope, SessionDeps
from awscreds.workflows.sessions.provider import SessionProvider
from awscreds.workflows.sessions.requests import SessionRequest
from tests.helpers import command_line

KEY = {"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "hush-hush"}
SESSION = KEY | {"AccessKeyId": "ASIAPROCESS", "SessionToken": "token"}


def moment(hours, form="%Y-%m-%dT%H:%M:%SZ"):
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime(form)


def python(code):
    return command_line(sys.executable, "-I", "-S", "-c", code)


def ask(line, environ=None, **given):
    environ = dict(os.environ) if environ is None else environ
    return external_process.credentials(line, "p", environ, clock=time.time, **given)


def refusal(line, **given):
    with pytest.raises(ConfigurationError) as caught:
        ask(line, **given)
    error = caught.value
    assert "the credential_process of the profile p" in error.message
    assert "hush-hush" not in error.message + error.hint
    assert error.__cause__ is None
    return error


@pytest.fixture
def printing(tmp_path):
    def line(text):
        answer = tmp_path / "an answer"
        answer.write_bytes(text if isinstance(text, bytes) else text.encode())
        code = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())"
        return f"{python(code)} {command_line(str(answer))}"

    return line


def botocores(line):
    """What botocore has for the line: id, secret, token, expiration; None where it refuses."""
    from botocore.credentials import ProcessProvider

    provider = ProcessProvider("p", lambda: {"profiles": {"p": {"credential_process": line}}})
    try:
        found = provider.load()
        frozen = found.get_frozen_credentials()
    except Exception:  # noqa: BLE001 - it lets through whatever an answer brings about
        return None
    expiry = getattr(found, "_expiry_time", None)
    end = expiry.timestamp() if expiry else None
    return frozen.access_key, frozen.secret_key, frozen.token or None, end


def ours(line):
    try:
        found = ask(line)
    except ConfigurationError:
        return None
    return found.id, found.secret, found.token, getattr(found, "expiration", None)


class TestAnAnswer:
    @pytest.mark.parametrize(
        "document",
        [
            KEY,
            KEY | {"SessionToken": None},
            KEY | {"SessionToken": ""},
            SESSION,
            SESSION | {"Expiration": None},
            SESSION | {"Expiration": moment(1)},
            SESSION | {"Expiration": moment(1, "%Y-%m-%dT%H:%M:%S.%f+00:00")},
            SESSION | {"Expiration": moment(3, "%Y-%m-%dT%H:%M:%S+02:00")},
            SESSION | {"Expiration": moment(1, "%Y-%m-%dT%H:%M:%S.123456789Z")},
            SESSION | {"AccountId": "123456789012", "Other": [1]},
        ],
    )
    def test_is_taken_as_botocore_takes_it(self, printing, document):
        line = printing(json.dumps(document))
        found = ours(line)
        assert found is not None
        assert found == botocores(line)

    @pytest.mark.parametrize(
        ("document", "what"),
        [
            (SESSION | {"Version": 2}, "Version"),
            (SESSION | {"Version": "1"}, "Version"),
            ({k: v for k, v in SESSION.items() if k != "Version"}, "Version"),
            ({k: v for k, v in SESSION.items() if k != "AccessKeyId"}, "AccessKeyId"),
            ({k: v for k, v in KEY.items() if k != "SecretAccessKey"}, "SecretAccessKey"),
            (SESSION | {"Expiration": moment(1, "%Y-%m-%dT%H:%M:%S")}, "no time zone"),
            (SESSION | {"Expiration": moment(-1)}, "Expiration is in the past"),
            (SESSION | {"Expiration": "hush-hush"}, "ISO 8601"),
            (SESSION | {"Expiration": ["hush-hush"]}, "Expiration"),
            ([SESSION], "not a JSON object"),
            ("hush-hush", "not a JSON object"),
        ],
    )
    def test_that_botocore_refuses_is_refused_and_not_repeated(self, printing, document, what):
        line = printing(json.dumps(document))
        assert botocores(line) is None
        assert what in refusal(line).message

    @pytest.mark.parametrize(
        "text", ["", "hush-hush", '{"Version": 1, "hush-hush', b"\xffhush-hush", "[" * 100_000]
    )
    def test_that_is_no_json_is_refused_and_not_repeated(self, printing, text):
        assert "not a JSON object" in refusal(printing(text)).message

    @pytest.mark.parametrize("field", ["AccessKeyId", "SecretAccessKey", "SessionToken"])
    @pytest.mark.parametrize("value", [5, ["hush-hush"], {"hush-hush": 1}])
    def test_whose_fields_are_no_text_is_refused(self, printing, field, value):
        assert field in refusal(printing(json.dumps(SESSION | {field: value}))).message


class TestTheProgram:
    def test_is_started_by_no_shell(self):
        code = (
            f"import sys; sys.argv[1:] == ['$(id)', ';', '&&'] and print('''{json.dumps(KEY)}''')"
        )
        assert ask(f"{python(code)} {command_line('$(id)', ';', '&&')}") == AccessKey(
            "AKIAPROCESS", "hush-hush"
        )

    def test_has_nothing_to_read(self):
        code = f"import sys; sys.stdin.read() == '' and print('''{json.dumps(KEY)}''')"
        assert ask(python(code)).id == "AKIAPROCESS"

    def test_gets_the_environment_without_our_passphrase(self):
        code = (
            "import os; 'AWSCREDS_PASSPHRASE' not in os.environ and os.environ['SHOWN'] and "
            f"print('''{json.dumps(KEY)}''')"
        )
        environ = {**os.environ, "AWSCREDS_PASSPHRASE": "p", "SHOWN": "yes"}
        assert ask(python(code), environ).id == "AKIAPROCESS"

    @pytest.mark.posix("it is a script of sh")
    def test_that_is_silent_is_ended_at_its_deadline(self, tmp_path):
        note = tmp_path / "pid"
        script = f"echo $$ > {shlex.quote(str(note))}; exec sleep 600"
        error = refusal(f"/bin/sh -c {shlex.quote(script)}", deadline=2)
        assert "did not return an answer within 2 seconds" in error.message
        assert "awscreds configure get credential_process --profile p" in error.hint
        with pytest.raises(ProcessLookupError):
            os.kill(int(note.read_text()), 0)

    def test_that_fails_is_heard_escaped_and_cut(self):
        code = r"import sys; sys.stderr.write('log in \033[1mfirst\n' + 'x' * 9999); sys.exit(3)"
        message = refusal(python(code)).message
        assert r"failed (exit 3): log in \x1b[1mfirst x" in message
        assert len(message) < 500

    def test_that_fails_and_says_nothing_is_named(self):
        assert refusal(python("raise SystemExit(1)")).message.endswith("failed (exit 1)")

    def test_that_complains_but_answers_is_believed(self):
        code = f"import sys; sys.stderr.write('deprecated'); print('''{json.dumps(KEY)}''')"
        assert ask(python(code)).id == "AKIAPROCESS"

    @pytest.mark.parametrize(
        ("line", "what"),
        [
            ("/no/such/program", "cannot be started: "),
            ('/bin/cat "open', "no closing quote"),
            ("/bin/cat a\0b", "cannot be started"),
            ('""', "cannot be started"),
        ],
    )
    def test_that_cannot_be_started_is_named(self, line, what):
        assert what in refusal(line).message


def test_a_profile_of_such_a_program_gets_what_it_gives(printing):
    line = printing(json.dumps(SESSION | {"Expiration": "2100-01-01T00:00:00Z"}))
    config = f"[profile p]\ncredential_process = {line}\n"
    profiles = Profiles(Document.parse(config.encode()), Document())
    deps = SessionDeps(
        profiles=profiles,
        environ=dict(os.environ),
        key_of=pytest.fail,
        cache=None,
        aws=Aws(),
        codes=None,
        devices=None,
        logins=None,
        scope=CacheScope(("/c", "/k"), "/home/a", None),
        clock=time.time,
        run_process=lambda line, _: ask(line),
        stored_code=lambda *_: None,
    )
    session = SessionProvider(deps, resolve_chain(profiles, "p"), SessionRequest()).obtain().session
    assert isinstance(session, Session)
    assert (session.id, session.token, session.expiration) == ("ASIAPROCESS", "token", 4102444800)
