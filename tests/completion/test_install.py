"""`awscreds completion SHELL --install`: a new shell completes; `--uninstall`: all is as before."""

import json
import os
import shutil
import tomllib

import pytest
from click.testing import CliRunner

from awscreds.app import App
from awscreds.cli import root
from awscreds.completion import FILES, script
from awscreds.completion.install import TAG, install, target_of, uninstall
from awscreds.errors import AwscredsError, ConfigurationError
from tests.completion.__main__ import FOLDER
from tests.completion.shells import BASH_COMPLETION, write
from tests.e2e.conftest import PROGRAM

STARTUP = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}


def tree(home):
    """Every file below a folder with its bytes and mode."""
    return {
        path.relative_to(home): (path.read_bytes(), path.stat().st_mode)
        for path in home.rglob("*")
        if path.is_file()
    }


def completion(home, *words, rc=0):
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    runner = CliRunner()
    done = runner.invoke(root, ["completion", *words], obj=App(environment), env=environment)
    assert done.exit_code == rc, done.output
    return done


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_new_shell_completes_after_install_and_no_longer_after_uninstall(shell, home, typist):
    write(home, "[profile one]\n")
    setup = {"bash": "bind 'set enable-bracketed-paste off'\n", "zsh": "bindkey -e\n", "fish": ""}
    startup = home / STARTUP[shell]
    startup.parent.mkdir(parents=True, exist_ok=True)
    startup.write_text(setup[shell])
    before = tree(home)
    completion(home, shell, "--install")
    person = typist(shell, rc=True)
    assert person.words("awscreds whoami --profile o")[-1] == "one"
    assert "usage" in person.run("awscreds-use --help")
    person.close()
    completion(home, shell, "--uninstall")
    after = {path: kept for path, kept in tree(home).items() if path in before}
    assert after == before
    assert typist(shell, rc=True).words("awscreds who")[-1] == "who"


RCS = {"absent": None, "empty": b"", "plain": b"a\nb\n", "unended": b"a\nb", "crlf": b"a\r\nb\r\n"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("before", RCS.values(), ids=list(RCS))
def test_uninstall_takes_back_exactly_what_install_wrote(shell, before, home):
    rc = home / STARTUP[shell]
    if before is not None:
        rc.parent.mkdir(parents=True, exist_ok=True)
        rc.write_bytes(before)
        rc.chmod(0o600)
    was = tree(home)
    place = target_of(shell, {})
    assert install(place, "text\n") is True
    once = tree(home)
    assert install(place, "text\n") is False
    assert tree(home) == once
    assert uninstall(place) is True
    assert tree(home) == was
    assert uninstall(place) is False
    assert tree(home) == was


def test_what_was_written_around_the_line_meanwhile_stays(home):
    rc = home / ".bashrc"
    rc.write_bytes(b"first")
    place = target_of("bash", {})
    install(place, "text\n")
    rc.write_bytes(rc.read_bytes() + b"later\n")
    uninstall(place)
    assert rc.read_bytes() == b"first\nlater\n"


def test_a_new_place_takes_the_old_line_with_it(home):
    install(target_of("bash", {}), "text\n")
    install(target_of("bash", {"XDG_DATA_HOME": str(home / "data")}), "text\n")
    lines = (home / ".bashrc").read_bytes().splitlines()
    assert len([line for line in lines if TAG in line]) == 1
    assert str(home / "data").encode() in lines[0]


def test_an_upgrade_replaces_the_script(home):
    place = target_of("zsh", {})
    install(place, "old\n")
    assert install(place, "new\n") is True
    assert (home / ".local/share/awscreds/_awscreds").read_text() == "new\n"


def test_a_startup_file_that_is_a_link_stays_one(home):
    (home / "dotfiles").mkdir()
    (home / "dotfiles" / "bashrc").write_text("mine\n")
    (home / ".bashrc").symlink_to("dotfiles/bashrc")
    place = target_of("bash", {})
    install(place, "text\n")
    assert (home / ".bashrc").is_symlink()
    assert TAG in (home / "dotfiles" / "bashrc").read_bytes()
    uninstall(place)
    assert (home / "dotfiles" / "bashrc").read_text() == "mine\n"


def test_a_link_that_leads_nowhere_yet_stays_and_what_it_led_to_goes(home):
    (home / "dotfiles").mkdir()
    (home / ".bashrc").symlink_to("dotfiles/bashrc")
    place = target_of("bash", {})
    install(place, "text\n")
    assert TAG in (home / "dotfiles" / "bashrc").read_bytes()
    uninstall(place)
    assert (home / ".bashrc").is_symlink()
    assert not (home / "dotfiles" / "bashrc").exists()


@pytest.mark.parametrize(
    ("there", "read"),
    [
        ([], ".bash_profile"),
        ([".profile"], ".profile"),
        ([".profile", ".bash_login"], ".bash_login"),
        ([".profile", ".bash_login", ".bash_profile"], ".bash_profile"),
    ],
)
def test_on_macos_it_is_the_file_that_a_login_shell_reads(there, read, home, monkeypatch):
    """A new .bash_profile would keep bash from reading the .profile that is there."""
    monkeypatch.setattr("sys.platform", "darwin")
    for name in there:
        (home / name).write_text("mine\n")
    before = tree(home)
    assert target_of("bash", {}).startup == str(home / read)
    install(target_of("bash", {}), "text\n")
    uninstall(target_of("bash", {}))
    assert tree(home) == before


def test_the_line_survives_a_home_with_blanks_and_code_in_its_name(tmp_path, monkeypatch, typist):
    home = tmp_path / "a b'$(touch x)"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    write(home, "[profile one]\n")
    install(target_of("bash", {}), script("bash", root))
    person = typist("bash", home=home, rc=True)
    assert person.words("awscreds whoami --profile o")[-1] == "one"


def test_the_places_of_the_environment_are_used(home):
    assert target_of("zsh", {"ZDOTDIR": "/z"}).startup == "/z/.zshrc"
    assert target_of("fish", {"XDG_CONFIG_HOME": "/c"}).script == "/c/fish/conf.d/awscreds.fish"
    assert target_of("bash", {"XDG_DATA_HOME": "/d"}).script == "/d/awscreds/awscreds.bash"


def test_powershell_is_asked_for_its_profile(home, tmp_path, monkeypatch):
    pwsh = tmp_path / "pwsh"
    pwsh.write_text(f"#!/bin/sh\necho {home}/profile.ps1\n")
    pwsh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    place = target_of("powershell", {})
    assert place.startup == f"{home}/profile.ps1"
    assert place.script == f"{home}/.local/share/awscreds/awscreds.ps1"
    path = '"$HOME/.local/share/awscreds/awscreds.ps1"'
    assert place.line == f"if (Test-Path -LiteralPath {path}) {{ . {path} }}"
    place = target_of("powershell", {"XDG_DATA_HOME": "/d's"})
    path = "'/d''s/awscreds/awscreds.ps1'"
    assert place.line == f"if (Test-Path -LiteralPath {path}) {{ . {path} }}"
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(ConfigurationError, match="cannot find PowerShell") as raised:
        target_of("powershell", {})
    assert "$PROFILE" in raised.value.hint


def test_a_file_that_cannot_be_written_is_said_so(home):
    (home / ".bashrc").mkdir()
    with pytest.raises(AwscredsError, match=r"cannot read .*\.bashrc"):
        install(target_of("bash", {}), "text\n")


@pytest.mark.parametrize("shell", FILES)
def test_without_an_option_the_script_is_printed(shell, home):
    assert completion(home, shell).stdout == script(shell, root)
    assert json.loads(completion(home, shell, "--json").stdout)["script"] == script(shell, root)


def test_it_is_said_which_line_went_where(home):
    done = completion(home, "bash", "--install", "--json")
    report = json.loads(done.stdout)
    assert report["changed"] is True
    assert report["startup_file"] == str(home / ".bashrc")
    assert report["line"].encode() in (home / ".bashrc").read_bytes()
    assert report["line"] in done.stderr
    assert "~/.bashrc has this line" in done.stderr
    again = completion(home, "bash", "--install")
    assert "already" in again.stderr
    assert "not installed" in completion(home, "zsh", "--uninstall").stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_wheels_files_are_found_where_package_managers_put_them(shell, home, tmp_path, typist):
    wheel = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text())
    wheel = wheel["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    for source, target in wheel.items():
        (tmp_path / target).parent.mkdir(parents=True)
        shutil.copy(FOLDER.parent / source, tmp_path / target)
    write(home, "[profile one]\n")
    share = tmp_path / "share"
    startup = {
        "bash": f". {BASH_COMPLETION}; bind 'set enable-bracketed-paste off'\n",
        "zsh": f"bindkey -e; fpath=({share}/zsh/site-functions $fpath)\n"
        "autoload -Uz compinit; compinit -D\n",
        "fish": "",
    }
    (home / STARTUP[shell]).parent.mkdir(parents=True, exist_ok=True)
    (home / STARTUP[shell]).write_text(startup[shell])
    path = f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}"  # fish looks only then
    person = typist(shell, rc=True, XDG_DATA_DIRS=f"{share}:/usr/share", PATH=path)
    assert person.words("awscreds whoami --profile o")[-1] == "one"
    assert person.words("awscreds who")[-1] == "whoami"
    assert "usage" in person.run("awscreds-use --help")
