"""A real browser logs in and opens the console: what the scripted ones of other tests stand for."""

import contextlib
import os
import shlex
import shutil
import sys
import threading
from urllib.parse import unquote

import pytest

from awscreds.sandbox.identity_center import START_URL
from tests.helpers import missing_tool

pytestmark = [
    pytest.mark.posix("is given a page by a named pipe, and drives Chromium by two pipes"),
    pytest.mark.slow,
]

GIVE = "import os, sys; fd = os.open(sys.argv[1], os.O_WRONLY); os.write(fd, sys.argv[2].encode())"
CONFIG = f"""\
[sso-session corp]
sso_start_url = {START_URL}
sso_region = eu-central-1
sso_registration_scopes = sso:account:access

[profile ro]
sso_session = corp
sso_account_id = 012345678901
sso_role_name = ReadOnlyAccess
region = eu-central-1
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    from tests.e2e.chromium import Chromium

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        missing_tool("chromium is not installed")
    with Chromium(program, tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


class Started:
    """A command that starts a browser: ``page`` is what it was given."""

    def __init__(self, alice, *words):
        pipe = alice.folder / f"page-{words[0]}"
        os.mkfifo(pipe)
        give = shlex.join([sys.executable, "-c", GIVE, str(pipe)])
        self.done = None

        def run():
            self.done = alice.awscreds(*words, BROWSER=f"{give} %s", rc=None)
            with contextlib.suppress(OSError):  # somebody waits for the page only if none came
                os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        self.page = pipe.read_text()

    def end(self):
        self._thread.join(30)
        assert self.done.returncode == 0, self.done.stderr
        return self.done.stderr


def test_a_person_logs_in_and_opens_the_console(alice, chromium):
    alice.config.write_text(CONFIG)
    login = Started(alice, "login", "ro")
    chromium.open(login.page)
    chromium.text(until="Allow awscreds")
    chromium.click("Allow access")
    assert "You can close this window" in chromium.text(until="You are logged in")
    assert "Logged in to corp" in login.end()

    console = Started(alice, "console", "ro", "--service", "s3")
    assert console.page.startswith("file://")
    chromium.open(console.page)
    text = chromium.text(until="Signed in as")
    assert ":assumed-role/AWSReservedSSO_ReadOnlyAccess_" in text
    assert "/s3/home?region=eu-central-1" in text
    assert "Opened the console" in console.end()
    assert chromium.address.startswith(f"{alice.sandbox.control.url}/console/s3/home")


def test_a_page_with_containers_waits_for_a_click(alice, chromium):
    alice.configure("alice", "--no-verify")
    firefox = alice.folder / "bin" / "firefox"
    firefox.parent.mkdir()
    pipe = alice.folder / "page"
    os.mkfifo(pipe)
    firefox.write_text(f'#!/bin/sh\nprintf %s "$1" >{pipe}\n')
    firefox.chmod(0o755)
    path = f"{firefox.parent}:{alice.environment['PATH']}"
    words = ("console", "alice", "--firefox-container")
    thread = threading.Thread(
        target=lambda: alice.awscreds(*words, PATH=path, rc=None), daemon=True
    )
    thread.start()
    chromium.open(pipe.read_text())
    text = chromium.text(until="container alice")
    assert "Granted Containers" in text
    assert "Open external links in a container" in text
    links = chromium.value("[...document.querySelectorAll('a')].map(a => a.href).join(' ')")
    for link in links.split():
        form, _, address = link.partition("url=")
        assert form in ("ext+granted-containers:name=alice&", "ext+container:name=alice&")
    chromium.open(unquote(address))  # as the extension does
    assert "federated-user/alice" in chromium.text(until="Signed in as")
    thread.join(30)
    assert not thread.is_alive()
