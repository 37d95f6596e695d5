"""Each program's SDK signs with a managed profile, or fails as the documentation says it does."""

import contextlib
import http.server
import threading

import pytest

from tests.clients import builds
from tests.clients.conftest import PROFILES, READABLE_EVERYWHERE

OF_SDKS = {"AWS_SDK_LOAD_CONFIG": "1", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
"""The first is for the JavaScript SDK v2 only, the second for .NET without ICU."""

LIMITS = {
    "python": {},
    "go": {"role": "sts.us-east-1.amazonaws.com"},
    "terraform": {},
    "java": {},
    "javascript_3": {},
    "javascript_2": {"role": "did not include credential process"},
    "ruby": {"role": "sts.us-east-1.amazonaws.com"},
    "dotnet_4": {},
    "dotnet_3": {},
}
"""By client: the profiles that it does not sign with here, and what it says.

Go and Debian's Ruby assume a role at AWS itself whatever AWS_ENDPOINT_URL says, so no local
stand-in sees that; it is a limit of the test, not of the SDK.
"""


@pytest.mark.parametrize("client", LIMITS)
def test_an_sdk_signs_as_whoever_the_profile_is(stand, client):
    limits = LIMITS[client]
    done = stand.user.run(*getattr(builds, client)(), *PROFILES, rc=None, **OF_SDKS)
    said = dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)
    assert said.keys() == set(PROFILES), stand.user.transcript
    for profile, identity in stand.identities.items():
        if profile in limits:
            assert limits[profile] in said[profile], profile
        else:
            assert said[profile].startswith(identity), (profile, said[profile])


def test_php_finds_named_profiles_and_no_managed_default(stand):
    done = stand.user.run(*builds.php(), *PROFILES)
    said = dict(line.split("\t", 1) for line in done.stdout.splitlines())
    assert said.pop("default") == said.pop("role") == "NO profile"
    assert said.pop("session").startswith("ASIA")
    assert said.pop("wrapped").startswith("ASIA")
    assert said == dict.fromkeys(("managed", "mfa", READABLE_EVERYWHERE), stand.user.key_id)


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
