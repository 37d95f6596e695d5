"""The page that waits for the browser: only the right request ends the waiting."""

import errno
import http.client
import socket
import struct
import sys
import threading

import pytest

from awscreds.errors import AwscredsError
from awscreds.workflows.callback import DEADLINE, Callback


def ask(callback, target, **headers):
    port = int(callback.uri.split(":")[2].split("/")[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", target, headers={"Host": f"127.0.0.1:{port}", **headers})
    response = connection.getresponse()
    page = response.read().decode()
    connection.close()
    return response.status, page


@pytest.fixture
def waiting():
    """A callback that waits in a thread, and the list that gets what it returned."""
    got = []
    with Callback("the state") as callback:
        thread = threading.Thread(target=lambda: got.append(callback.wait()), daemon=True)
        thread.start()
        yield callback, got, thread
        ask(callback, "/oauth/callback?state=the+state&code=end") if thread.is_alive() else None
        thread.join(10)


def test_the_code_with_the_right_state_ends_it_and_the_page_says_so(waiting):
    callback, got, thread = waiting
    status, page = ask(callback, "/oauth/callback?code=c%20d&state=the+state")
    thread.join(10)
    assert status == 200
    assert "You are logged in" in page
    assert "close this window" in page
    assert got == [{"code": "c d", "state": "the state"}]


def test_a_refusal_ends_it_with_another_page(waiting):
    callback, got, thread = waiting
    _, page = ask(callback, "/oauth/callback?error=access_denied&state=the+state")
    thread.join(10)
    assert "You are not logged in" in page
    assert got[0]["error"] == "access_denied"


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/favicon.ico", {}),
        ("/", {}),
        ("/oauth/callback", {}),
        ("/oauth/callback?code=c", {}),
        ("/oauth/callback?code=c&state=other", {}),
        ("/oauth/callback?code=c&state=the+state%00", {}),
        ("/oauth/callback/?code=c&state=the+state", {}),
        ("/oauth/callback?code=c&state=the+state", {"Host": "example.com"}),
        ("/oauth/callback?code=c&state=the+state", {"Host": "localhost"}),
    ],
)
def test_any_other_request_is_answered_404_and_the_waiting_goes_on(waiting, target, headers):
    callback, got, thread = waiting
    status, page = ask(callback, target, **headers)
    assert status == 404
    assert "code" not in page.replace("Error code", "")
    assert thread.is_alive()
    assert got == []


def test_a_connection_that_says_nothing_stops_nobody(waiting):
    callback, got, thread = waiting
    port = int(callback.uri.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)):
        ask(callback, "/oauth/callback?code=c&state=the+state")
        thread.join(10)
    assert got[0]["code"] == "c"


def leave_at_once(callback, request):
    """Send ``request``, and reset the connection, as a browser does that has opened too many."""
    port = int(callback.uri.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        at_once = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)


@pytest.mark.parametrize(
    "request_line", [b"", b"GET /oauth", b"GET http://[ HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n"]
)
def test_nothing_is_printed_for_whoever_leaves_or_talks_nonsense(waiting, capsys, request_line):
    callback, _, thread = waiting
    port = callback.uri.split(":")[2].split("/")[0].encode()
    for _ in range(5):
        leave_at_once(callback, request_line.replace(b"{}", port))
    ask(callback, "/oauth/callback?state=the+state&code=end")
    thread.join(10)
    for each in threading.enumerate():
        if "process_request" in each.name:
            each.join(10)
    assert capsys.readouterr().err == ""


def test_it_listens_on_this_machine_alone():
    with Callback("s") as callback:
        assert callback.uri.startswith("http://127.0.0.1:")
        assert callback._loopback._server.server_address[0] == "127.0.0.1"


def test_after_its_time_it_says_what_to_do():
    times = iter([0.0, DEADLINE])
    with Callback("s") as callback, pytest.raises(AwscredsError, match="within 10 minutes"):
        callback.wait(lambda: next(times))


def test_where_no_port_can_be_had_another_way_to_log_in_is_named(monkeypatch):
    def refuse(_):
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr("awscreds.workflows.callback.Loopback", refuse)
    with pytest.raises(AwscredsError) as caught:
        Callback("state", elsewhere="--remote")
    assert "cannot listen on 127.0.0.1" in caught.value.message
    assert "Address already in use" in caught.value.message
    assert caught.value.hint.endswith("awscreds login --remote")
