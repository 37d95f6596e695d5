"""The tutorial does what it says: its commands run, one after the other, in a sandbox."""

import os
import re
import subprocess
import sys

import pytest

from tests.docs.pages import DOCS

pytestmark = pytest.mark.slow

PAGE = (DOCS / "tutorial" / "first-five-minutes.md").read_text(encoding="utf-8")
PROGRAM = os.path.join(os.path.dirname(sys.executable), "awscreds")


def test_every_command_of_the_tutorial_works(tmp_path):
    install, *blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert install.endswith("awscreds sandbox\n")
    script = tmp_path / "tutorial"
    script.write_text("set -e\n" + "".join(blocks))
    done = subprocess.run(
        [PROGRAM, "sandbox", "--", "bash", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # As the page says: the AWS CLI signs as alice, and the code of her session serves the role.
    assert done.stdout.count("arn:aws:iam::123456789012:user/alice") >= 2
    assert "assumed-role/admin" in done.stdout
