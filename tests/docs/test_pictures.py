"""The pictures of the documentation: from real runs, in 80 columns, and without a secret."""

import html
import re

import pytest

from tests import pictures
from tests.docs.pages import ROOT
from tests.helpers import need_posix

SHOWN = {
    "overview": ("$ awscreds", "Profile", "PLAINTEXT", "Next", "awscreds doctor"),
    "list": ("$ awscreds list", "PROFILE", "role ← alice", "PLAINTEXT", "broken"),
    "doctor": ("$ awscreds doctor --offline", "error", "[proflie staging]", "chmod 600"),
    "mfa-enable": ("$ awscreds mfa enable alice --name phone", "authenticator app", "▀"),
    "completion": ("bash$ ", "zsh% ", "fish> ", "test-1230", "test-1239", "touch"),
    "tour": ("$ awscreds sandbox tour", "Verified with AWS", "(in no file)", "steps passed."),
}
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def text_of(svg):
    rows = re.findall(r"<text [^>]*>(.*?)</text>", svg)
    return html.unescape("\n".join(rows)).replace("\u00a0", " ")


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_shows_what_it_is_for_and_fetches_nothing(name):
    svg = (pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    text = text_of(svg)
    for words in SHOWN[name]:
        assert words in text
    assert SECRET not in text
    assert not re.search(r"/tmp/|/home/|/root|\.venv|-vm\b", text)
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    pages = [*ROOT.rglob("docs/**/*.md"), ROOT / "README.md"]
    assert any(f"{name}.svg)" in page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.slow
def test_the_pictures_can_be_taken_anew():
    need_posix("it has no pseudo-terminals")
    taken = dict(pictures.taken())
    assert {*taken, "tour"} == SHOWN.keys()  # the tour has tests of its own
    for name, shown in taken.items():
        text = text_of(pictures.picture(name, shown))
        for words in SHOWN[name]:
            assert words in text
        plain = re.sub("\x1b\\[[0-9;]*m", "", shown)
        assert max(map(len, plain.splitlines())) <= pictures.WIDTH
