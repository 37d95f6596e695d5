"""Whether a question can be asked."""

import subprocess
import sys

import pytest

ASK = """
import sys
from awscreds.__main__ import main
sys.argv = ["awscreds", *sys.argv[1:]]
main()
"""


def awscreds(*arguments, **options):
    """The command, as something starts it that is not a terminal."""
    return subprocess.run(
        [sys.executable, "-c", ASK, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        **options,
    )


@pytest.mark.parametrize("flag", ["DETACHED_PROCESS", "CREATE_NO_WINDOW"])
def test_without_a_window_no_question_is_asked(home, flag):
    config = home / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(
        "[profile dev]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::123456789012:mfa/a\n"
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n"
    )

    done = awscreds("mfa-session", "dev", creationflags=getattr(subprocess, flag))

    assert done.returncode == 6, done.stderr
    assert "there is no terminal to ask on" in done.stderr
