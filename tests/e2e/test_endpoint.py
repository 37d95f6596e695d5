"""Endpoints that lead elsewhere than they look, as a user meets them."""

import socket

import pytest


@pytest.fixture
def stranger():
    """Somebody at 127.0.0.2 who notes whether anyone comes."""
    with socket.create_server(("127.0.0.2", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.mark.parametrize(
    "command",
    [
        ("rotate", "--yes", "--endpoint-ok"),
        ("keys", "list"),
        ("whoami",),
        ("mfa-session", "--token", "123456"),
        ("configure", "--access-key-id", "AKIAIOSFODNN7EXAMPLE", "--secret-stdin"),
    ],
    ids=lambda command: command[0],
)
def test_a_disguised_endpoint_is_refused_by_every_command_that_asks_aws(alice, stranger, command):
    alice.configure("dev")
    disguised = f"endpoint_url = http://127.0.0.2:{stranger.getsockname()[1]}\\@localhost"
    lines = alice.config.read_text().splitlines()
    line = lines.index("[profile dev]") + 1
    lines.insert(line, disguised)
    alice.config.write_text("\n".join(lines) + "\n")
    before = alice.files()
    done = alice.awscreds(
        *(*command, "--profile", "dev", "--no-input"),
        rc=3,
        AWS_ENDPOINT_URL=None,
        stdin="w" * 40,
    )
    assert f"config:{line + 1} is refused: it has a backslash" in done.stderr
    with pytest.raises(BlockingIOError):
        stranger.accept()
    after = {path: data for path, data in alice.files().items() if path.parent.name != "locks"}
    assert after.items() <= before.items()
    assert {path for path in before if path.parent.name != "locks"} == after.keys()
