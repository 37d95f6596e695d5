import base64
import os
import subprocess
import sys
from urllib.parse import quote

import pytest

from awscreds.sandbox.search import files_with

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PLAIN = SECRET.encode()


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        b"aws_secret_access_key=" + PLAIN + b"\n",
        SECRET.encode("utf-16"),
        PLAIN.hex().encode(),
        PLAIN.hex().upper().encode(),
        quote(SECRET, safe="").encode(),
        base64.b64encode(PLAIN),
        base64.b64encode(b"x" + PLAIN),
        base64.b64encode(b"xy" + PLAIN + b"z"),
        base64.b64encode(b'{"secret":"' + PLAIN + b'"}'),
        base64.urlsafe_b64encode(b"ab" + PLAIN),
        b"\0" * 100_000 + PLAIN,
    ],
    ids=range(12),
)
def test_a_secret_is_found_in_every_form(tmp_path, content):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / ".file").write_bytes(content)
    (tmp_path / "other").write_bytes(b"nothing of the kind")
    assert files_with(SECRET, tmp_path) == [os.path.join("deep", ".file")]


def test_another_secret_is_not_found(tmp_path):
    (tmp_path / "file").write_bytes(base64.b64encode(PLAIN[::-1]))
    assert files_with(SECRET, tmp_path) == []


def test_pipes_and_links_are_passed_over(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to("none")
    assert files_with(SECRET, tmp_path) == []


def test_a_folder_that_cannot_be_read_is_no_proof(tmp_path):
    place = tmp_path / "place"
    (place / "closed").mkdir(parents=True)
    (place / "closed").chmod(0o000)
    place.chmod(0o755)
    program = (
        "import os, pathlib\n"
        "from awscreds.sandbox.search import files_with, forms_of\n"
        "forms_of('x' * 40)  # the codecs come from a folder that nobody may not read\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "files_with('x' * 40, pathlib.Path('.'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=place, capture_output=True, text=True, check=False
    )
    assert "PermissionError" in done.stderr
    assert "closed" in done.stderr
