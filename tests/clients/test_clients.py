"""Each program's SDK signs with a managed profile, or fails as the documentation says it does."""

import contextlib
import http.server
import threading

import pytest

from awscreds.model.clients import CLIENTS, unreadable
from tests.clients import builds
from tests.clients.conftest import HARD, PROFILES, READABLE_EVERYWHERE

OF_SDKS = {"AWS_SDK_LOAD_CONFIG": "1", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
"""The first is for the JavaScript SDK v2 only, the second for .NET without ICU."""

ROWS = {
    "python": {"AWS CLI v1 and v2, boto3"},
    "cli": {"AWS CLI v1 and v2, boto3"},
    "go": {"AWS SDK for Go v2, Terraform's provider, rclone"},
    "terraform": {"AWS SDK for Go v2, Terraform's provider, rclone"},
    "java": {"AWS SDK for Java v2, Rust"},
    "javascript_3": {"AWS SDK for JavaScript v3, AWS CDK"},
    "javascript_2": {"AWS SDK for JavaScript v2"},
    "ruby": {"AWS SDK for Ruby"},
    "dotnet_4": {"AWS SDK for .NET v3 and v4, PowerShell's AWS tools"},
    "dotnet_3": {"AWS SDK for .NET v3 and v4, PowerShell's AWS tools", "AWS SDK for .NET v3"},
}
"""By client: its rows of the table, which the documentation and ``doctor --clients`` show."""

NOT_SEEN = {"go": "sts.us-east-1.amazonaws.com", "ruby": "sts.us-east-1.amazonaws.com"}
"""Clients that assume a role at AWS itself whatever AWS_ENDPOINT_URL says: what they say then.

No local stand-in sees that; it is a limit of the test, not of the SDK.
"""


def cannot_read(stand, rows):
    """The profiles that the programs of these rows cannot read, by the table."""
    assert rows <= {each.name for each in CLIENTS}
    found = unreadable(stand.profiles(), OF_SDKS)
    return {name for each in found if each.client.name in rows for name in each.profiles}


@pytest.mark.parametrize("client", ROWS)
def test_an_sdk_signs_as_whoever_the_profile_is_or_fails_as_the_documentation_says(stand, client):
    profiles = (*PROFILES, *HARD)
    done = stand.user.run(*getattr(builds, client)(), *profiles, rc=None, **OF_SDKS)
    said = dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)
    assert said.keys() == set(profiles), stand.user.transcript
    unread = cannot_read(stand, ROWS[client])
    for profile, identity in stand.identities.items():
        if profile in unread:
            assert not said[profile].startswith("arn:"), (profile, said[profile])
        elif profile == "role" and client in NOT_SEEN:
            assert NOT_SEEN[client] in said[profile]
        else:
            assert said[profile].startswith(identity), (profile, said[profile])


def test_php_finds_named_profiles_and_no_managed_default(stand):
    done = stand.user.run(*builds.php(), *PROFILES)
    said = dict(line.split("\t", 1) for line in done.stdout.splitlines())
    assert said.pop("default") == said.pop("role") == "NO profile"
    assert said.pop("session").startswith("ASIA")
    assert said.pop("wrapped").startswith("ASIA")
    assert said == dict.fromkeys(("managed", "mfa", READABLE_EVERYWHERE), stand.user.key_id)
    assert "default" in cannot_read(stand, {"AWS SDK for PHP"})


@contextlib.contextmanager
def bucket():
    """An S3 that notes who signed and has nothing: its URL, and the notes."""
    signed = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            signed.append(self.headers.get("Authorization", ""))
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", signed
        server.shutdown()


@pytest.mark.parametrize(
    ("profile", "prefix"),
    [("managed", None), ("mfa", None), ("default", None), ("session", "ASIA"), ("wrapped", "ASIA")],
)
def test_the_sdk_for_cpp_signs_with_it(stand, profile, prefix):
    """It reads the line's two streams as one JSON document: a word on stderr would be fatal."""
    with bucket() as (url, signed):
        stand.user.run(*builds.cpp(), rc=None, TEST_BUCKET_URL=url, AWS_PROFILE=profile)
    key_id = prefix or stand.user.key_id
    assert signed, stand.user.transcript
    assert all(f"Credential={key_id}" in line for line in signed), signed
