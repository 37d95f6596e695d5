"""A browser gets a secret address once, by a page that is gone afterwards."""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from awscreds.errors import AwscredsError
from awscreds.stores.state_dir import StateDir
from awscreds.workflows.handover import DEADLINE, Handover, sweep

SECRET = "https://signin.aws.amazon.com/federation?Action=login&SigninToken=secret%2F"


@pytest.fixture
def folder(tmp_path):
    return StateDir(str(tmp_path / "state"))


def ask(url, timeout=10, **headers):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request("GET", parts.path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status, response.headers


def address_in(page):
    return unescape(re.search(r'href="([^"]*)"', page)[1])


def never():
    return False


@pytest.fixture
def waiting(folder):
    """A handover that waits in a thread."""
    with Handover(SECRET, folder) as handover:
        thread = threading.Thread(target=handover.wait, args=[never], daemon=True)
        thread.start()
        yield handover, thread
        page = Path(handover.path).read_text(encoding="utf-8")
        ask(address_in(page)) if thread.is_alive() else None
        thread.join(10)


def test_the_page_leads_to_the_address_once(waiting):
    handover, thread = waiting
    page = Path(handover.path).read_text(encoding="utf-8")
    target = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', page)[1]
    assert unescape(target) == address_in(page)
    status, headers = ask(address_in(page))
    assert (status, headers["Location"]) == (302, SECRET)
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    thread.join(10)
    assert not thread.is_alive()


def test_two_at_once_get_it_once(waiting):
    handover, _ = waiting
    address = address_in(Path(handover.path).read_text(encoding="utf-8"))
    got = []

    def visit():
        try:
            got.append(ask(address, timeout=1)[0])
        except OSError:
            got.append(None)

    threads = [threading.Thread(target=visit) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert got.count(302) == 1


@pytest.mark.parametrize(
    ("target", "headers"),
    [("/", {}), ("/favicon.ico", {}), ("/other", {}), (None, {"Host": "rebound.example"})],
)
def test_nobody_else_gets_it(waiting, target, headers):
    handover, thread = waiting
    address = address_in(Path(handover.path).read_text(encoding="utf-8"))
    base = address.rpartition("/")[0]
    status, found = ask(address if target is None else base + target, **headers)
    assert status == 404
    assert "Location" not in found
    assert thread.is_alive()


def test_the_secret_is_in_no_file_and_the_page_is_the_users_alone(folder):
    with Handover(SECRET, folder) as handover:
        for path in Path(folder.path).iterdir():
            assert b"secret" not in path.read_bytes()
        if sys.platform != "win32":
            assert os.stat(handover.path).st_mode & 0o777 == 0o600
            assert os.stat(folder.path).st_mode & 0o777 == 0o700
        assert folder.problems() == []
        assert urlsplit(handover.page).scheme == "file"
    assert folder.names("open-") == []


def test_the_page_is_removed_also_after_an_interruption(folder):
    with pytest.raises(KeyboardInterrupt), Handover(SECRET, folder):
        raise KeyboardInterrupt
    assert folder.names("open-") == []


@pytest.mark.parametrize(("failed", "limit"), [(False, DEADLINE), (True, 10)])
def test_a_browser_that_does_not_come_is_not_waited_for_for_ever(folder, failed, limit):
    now = [0.0]

    def clock():
        now[0] += 0.5
        return now[0]

    with Handover(SECRET, folder) as handover:
        handover._loopback._server.timeout = 0
        with pytest.raises(AwscredsError) as error:
            handover.wait(lambda: failed, clock)
    assert error.value.code == "browser"
    assert "--print" in error.value.hint
    assert now[0] < limit + 10


KILLED = """
import os, signal, sys
from awscreds.stores.state_dir import StateDir
from awscreds.workflows.handover import Handover
with Handover("https://x.example", StateDir(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_run_leaves_is_removed_by_the_next_and_what_runs_is_not(folder):
    words = [sys.executable, "-c", KILLED, folder.path]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, **pipes) as killed, subprocess.Popen(words, **pipes) as runs:
        killed.stdout.readline(), runs.stdout.readline()
        assert len(folder.names("open-")) == 2
        killed.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        killed.wait()
        sweep(folder)
        [left] = folder.names("open-")
        assert f"-{runs.pid}-" in left
        runs.communicate(b"")
    assert folder.names("open-") == []


def test_a_container_can_have_the_name_of_a_profile_in_no_encoding(folder):
    with Handover(SECRET, folder, container="caf\udce9") as handover:
        assert b"name=caf%E9&" in Path(handover.path).read_bytes().replace(b"&amp;", b"&")


@pytest.mark.parametrize("name", ["dev", "a & b=c", '"><script>x</script>', "ü\n"])
def test_a_container_is_named_by_text(folder, name):
    with Handover(SECRET, folder, container=name) as handover:
        page = Path(handover.path).read_text(encoding="utf-8")
        assert "<script" not in page
        assert "http-equiv" not in page
        links = [unescape(link) for link in re.findall(r'href="([^"]*)"', page)]
        assert [link.partition(":")[0] for link in links] == [
            "ext+granted-containers",
            "ext+container",
        ]
        for link in links:
            fields = dict(pair.split("=") for pair in link.partition(":")[2].split("&"))
            assert unquote(fields["name"]) == name
            assert unquote(fields["url"]).startswith("http://127.0.0.1:")
