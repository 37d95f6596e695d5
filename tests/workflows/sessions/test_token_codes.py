"""One command takes one code, from the first place that has one."""

import sys

import pytest

from awscreds.calling_shell import line_to_load
from awscreds.errors import AwscredsError, InputNeeded, UsageError
from awscreds.workflows.sessions.token_codes import Codes, only_otp_device, require_otp
from tests.helpers import command_line

SERIAL = "arn:aws:iam::123456789012:mfa/alice"
KEY = "arn:aws:iam::123456789012:u2f/user/alice/yubi-ABCDEFGH"


class Asked(AssertionError):
    """Somebody was asked who should not have been."""


def nobody(text):
    raise Asked(text)


@pytest.fixture
def said():
    return []


@pytest.fixture
def codes(said, tmp_path):
    def make(**settings):
        environ = {"PATH": "/usr/bin:/bin", "AWSCREDS_PASSPHRASE": "open sesame", "SHOWN": "yes"}
        settings = {"ask": nobody, "say": said.append, "environ": environ, **settings}
        return Codes(**settings)

    return make


def python(code):
    return command_line(sys.executable, "-I", "-S", "-c", code)


def take(codes, **given):
    return codes.take(SERIAL, profile="dev", **given)


class TestTheOrder:
    def test_the_option_comes_first(self, codes):
        code = take(codes(), token="123456", process="/no/such/program")
        assert (code.value, code.source, code.is_made_here) == ("123456", "token", False)

    def test_then_the_process(self, codes):
        code = take(codes(), process=python("print(123456)"))
        assert (code.value, code.source, code.is_made_here) == ("123456", "mfa_process", True)

    def test_then_the_person(self, codes):
        asked = []
        code = take(codes(ask=lambda text: asked.append(text) or " 123 456 "))
        assert (code.value, code.source) == ("123456", "terminal")
        assert asked == [f"MFA code of {SERIAL}: "]

    def test_nobody_is_asked_where_nobody_may_be(self, codes):
        with pytest.raises(InputNeeded) as caught:
            take(codes(), may_ask=False)
        assert caught.value.hint == line_to_load("awscreds mfa-session --profile dev")


class TestOneCode:
    @pytest.mark.parametrize("first", [{"token": "123456"}, {"process": python("print(123456)")}])
    def test_a_second_one_is_refused_and_never_asked_for(self, codes, first):
        taken = codes()
        take(taken, **first)
        with pytest.raises(AwscredsError) as caught:
            take(taken)
        assert caught.value.code == "second-code"

    def test_one_that_could_not_be_had_counts_too(self, codes):
        taken = codes()
        with pytest.raises(AwscredsError):
            take(taken, process=python("raise SystemExit(1)"))
        with pytest.raises(AwscredsError) as caught:
            take(taken)
        assert caught.value.code == "second-code"

    def test_no_text_form_shows_it(self, codes):
        assert "123456" not in repr(take(codes(), token="123456"))


class TestWhatIsNoCode:
    @pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12345x", "١٢٣٤٥٦"])
    def test_is_refused_and_not_repeated(self, codes, typed):
        with pytest.raises(UsageError) as caught:
            take(codes(), token=typed)
        assert not typed or typed not in caught.value.message

    def test_is_not_asked_for_again(self, codes):
        asked = []
        with pytest.raises(UsageError):
            take(codes(ask=lambda text: asked.append(text) or "12345"))
        assert len(asked) == 1


class TestTheProcess:
    def test_no_shell_reads_its_line(self, codes, tmp_path):
        line = python("import sys; print(sys.argv[1:] == ['$(id)', ';', '&&'] and 111111)")
        assert take(codes(), process=f"{line} {command_line('$(id)', ';', '&&')}").value == "111111"

    @pytest.mark.parametrize("text", ["code: 123456.", "\\n\\n123456\\n", "a1b 123456 99 1234567"])
    def test_six_digits_are_found_in_what_it_prints(self, codes, text):
        assert take(codes(), process=python(f"print('{text}')")).value == "123456"

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("", "printed no MFA code"),
            ("1234567 12345", "printed no MFA code"),
            ("123456 654321", "printed 2 groups of six digits"),
        ],
    )
    def test_anything_else_is_an_error_that_repeats_nothing(self, codes, text, what):
        with pytest.raises(AwscredsError) as caught:
            take(codes(), process=python(f"print('{text}')"))
        assert caught.value.message == f"the mfa_process of the profile dev {what}"

    def test_its_stdin_is_at_its_end(self, codes):
        code = "import sys; sys.stdin.read() == '' and print(123456)"
        assert take(codes(), process=python(code)).value == "123456"

    def test_it_gets_the_environment_without_the_passphrase(self, codes):
        code = (
            "import os; e = os.environ;"
            "'AWSCREDS_PASSPHRASE' in e or e['SHOWN'] == 'yes' and print(123456)"
        )
        assert take(codes(), process=python(code)).value == "123456"

    def test_its_stderr_is_shown_escaped_and_is_in_no_message(self, codes, said):
        code = r"import sys; sys.stderr.write('touch me \033[2J\nnow\n'); sys.exit(3)"
        with pytest.raises(AwscredsError) as caught:
            take(codes(), process=python(code))
        assert said == [r"mfa_process: touch me \x1b[2J", "mfa_process: now"]
        assert caught.value.message == "the mfa_process of the profile dev failed (exit 3)"

    def test_a_silent_one_ends_at_its_deadline(self, codes):
        with pytest.raises(AwscredsError) as caught:
            take(codes(deadline=0.2), process=python("import time; time.sleep(600)"))
        assert "did not return a code within 0 seconds" in caught.value.message

    def test_a_child_of_its_own_that_holds_the_pipe_keeps_nobody_waiting(self, codes, tmp_path):
        note = tmp_path / "pid"
        code = (
            "import subprocess, sys;"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
            f"open({str(note)!r}, 'w').write(str(child.pid))"
        )
        try:
            with pytest.raises(AwscredsError) as caught:
                take(codes(deadline=600), process=python(code))
            assert "printed no MFA code" in caught.value.message
        finally:
            import os

            os.kill(int(note.read_text()), 9)

    @pytest.mark.parametrize(
        ("line", "what"),
        [
            ("/no/such/program", "cannot be started"),
            ('prog "open', "no closing quote"),
        ],
    )
    def test_a_line_that_cannot_be_run_is_named(self, codes, line, what):
        with pytest.raises(AwscredsError) as caught:
            take(codes(), process=line)
        assert what in caught.value.message


class TestDevices:
    def test_a_fido_device_is_explained(self):
        with pytest.raises(UsageError) as caught:
            require_otp(KEY)
        assert "browser" in caught.value.message
        assert "virtual MFA device" in caught.value.hint

    @pytest.mark.parametrize("serial", [SERIAL, "GAHT12345678", SERIAL.replace("aws", "aws-cn")])
    def test_those_with_codes_pass(self, serial):
        assert require_otp(serial) == serial

    def test_the_one_with_codes_is_chosen(self):
        assert only_otp_device([KEY, SERIAL], "dev") == SERIAL

    def test_none_is_chosen_where_none_shows_codes(self):
        assert only_otp_device([KEY], "dev") is None
        assert only_otp_device([], "dev") is None

    def test_of_several_the_user_chooses(self):
        with pytest.raises(UsageError) as caught:
            only_otp_device([SERIAL, SERIAL + "-2"], "dev")
        assert SERIAL + "-2" in caught.value.message
        assert "--serial" in caught.value.hint
