"""The warning of text that Python programs on Windows misread."""

import pytest

from awscreds.stores import code_page
from awscreds.stores.code_page import UTF_8, misreading
from tests.stores.test_aws_files import Place

PATH = "C:\\config"
PLAIN = b"[profile dev]\nregion = x\n"
SMALL = "[profile größe]\n".encode()  # letters of cp1252
BROKEN = "[profile Árbol]\n".encode()  # its second byte, 0x81, is none


@pytest.mark.parametrize(
    ("before", "after", "page", "said"),
    [
        (b"", PLAIN, 1252, None),
        (PLAIN, PLAIN + SMALL, 1252, "read other characters in"),
        (PLAIN, PLAIN + SMALL, 437, "read other characters in"),
        (PLAIN, PLAIN + BROKEN, 1252, "cannot read"),
        (PLAIN, PLAIN + SMALL + BROKEN, 1252, "cannot read"),
        (SMALL, SMALL + PLAIN, 1252, None),  # it was like that
        (SMALL, SMALL + BROKEN, 1252, "cannot read"),
        (BROKEN, BROKEN + PLAIN, 1252, None),
        (BROKEN, BROKEN + SMALL, 1252, "read other characters in"),
        (SMALL + PLAIN, PLAIN, 1252, None),
        (PLAIN, PLAIN + BROKEN, UTF_8, None),
        (PLAIN, PLAIN + SMALL, 99999, "read other characters in"),
    ],
)
def test_it_is_said_once_for_what_is_new(before, after, page, said):
    found = misreading(PATH, before, after, page)
    if said is None:
        assert found is None
    else:
        assert said in found
        assert PATH in found
        assert "PYTHONUTF8=1" in found


def test_every_edit_looks(tmp_path, monkeypatch):
    monkeypatch.setattr(code_page, "ansi_code_page", lambda: 1252)
    place = Place(tmp_path / "aws").fill()
    files = place.files()

    files.edit(lambda documents: documents.config.set(("profile", "dev"), "region", "x"))
    assert place.warnings == []
    files.edit(lambda documents: documents.config.set(("profile", "größe"), "region", "x"))
    files.edit(lambda documents: documents.config.set(("profile", "größe"), "output", "json"))
    assert [str(place.config) in warning for warning in place.warnings] == [True]
    files.edit(lambda documents: documents.credentials.set(("profile", "é"), "x", "y"))
    assert [str(place.credentials) in text for text in place.warnings] == [False, True]
