"""A new vault wants a passphrase of some length; the one of an old vault is taken as it is."""

import os

import pytest

from awscreds.app import passphrases
from awscreds.app.passphrases import Passphrases
from awscreds.errors import ConfigurationError, UsageError


class Typing:
    def __init__(self, *answers):
        self.answers, self.told = list(answers), []

    def ask_secret(self, _text):
        return self.answers.pop(0)

    def tell(self, text):
        self.told.append(text)


def test_a_very_short_one_is_refused_for_a_new_vault_and_opens_an_old_one():
    given = Passphrases({"AWSCREDS_PASSPHRASE": "abc"}, Typing, warn=pytest.fail)
    with pytest.raises(UsageError) as caught:
        given.new()
    assert caught.value.code == "short-passphrase"
    assert given.existing() == "abc"


@pytest.mark.parametrize(
    ("text", "problem"), [("", "is empty"), ("\nx", "is empty"), ("x" * 70_000, "has more than")]
)
def test_a_line_of_a_file_that_is_none_is_refused(tmp_path, text, problem):
    file = tmp_path / "passphrase"
    file.write_text(text)
    file.chmod(0o600)
    given = Passphrases({"AWSCREDS_PASSPHRASE_FILE": str(file)}, Typing, warn=pytest.fail)
    with pytest.raises(ConfigurationError, match=problem):
        given.existing()


@pytest.mark.posix("a pipe with a name")
def test_a_wrong_one_from_a_pipe_is_wrong_and_the_pipe_is_not_read_again():
    reading, writing = os.pipe()
    os.write(writing, b"of a pipe\n")
    os.close(writing)
    given = Passphrases(
        {"AWSCREDS_PASSPHRASE_FILE": f"/dev/fd/{reading}"}, Typing, warn=pytest.fail
    )
    assert given.existing() == "of a pipe"
    assert not given.again("wrong passphrase")
    assert given.existing() == "of a pipe"
    os.close(reading)


@pytest.mark.posix("a pipe with a name")
def test_a_pipe_that_nobody_writes_to_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(passphrases, "PATIENCE", 0.05)
    os.mkfifo(tmp_path / "pipe")
    given = Passphrases(
        {"AWSCREDS_PASSPHRASE_FILE": str(tmp_path / "pipe")}, Typing, warn=pytest.fail
    )
    with pytest.raises(ConfigurationError, match="nothing was written to it within"):
        given.existing()
    os.close(os.open(tmp_path / "pipe", os.O_RDWR))  # lets the reader go


@pytest.mark.parametrize(("passphrase", "warnings"), [("1234567", 1), ("12345678", 0)])
def test_a_short_one_is_warned_of(passphrase, warnings):
    told = []
    given = Passphrases({"AWSCREDS_PASSPHRASE": passphrase}, Typing, warn=told.append)
    typed = Passphrases({}, lambda: Typing(passphrase, passphrase), warn=told.append)
    assert given.new() == typed.new() == passphrase
    assert len(told) == 2 * warnings


def test_a_very_short_one_is_asked_for_again_at_the_terminal():
    typing = Typing("a", "long enough", "long enough")
    assert Passphrases({}, lambda: typing, warn=pytest.fail).new() == "long enough"
    assert typing.told == ["too short: use at least 4 characters"]
