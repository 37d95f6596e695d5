"""Each program's SDK signs with a managed profile, or fails as the documentation says it does."""

import re
import time

import pytest

from awscreds.model.clients import CLIENTS, unreadable
from tests.clients import builds, versions
from tests.clients.bucket import bucket
from tests.clients.conftest import TRIED

OF_SDKS = {"AWS_SDK_LOAD_CONFIG": "1", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
"""The first is for the JavaScript SDK v2 only, the second for .NET without ICU."""

NET = "AWS SDK for .NET v3 and v4, PowerShell's AWS tools"
ROWS = {
    "python": {"AWS CLI v1 and v2, boto3"},
    "cli": {"AWS CLI v1 and v2, boto3"},
    "cli_2": {"AWS CLI v1 and v2, boto3"},
    "go": {"AWS SDK for Go v2, Terraform's provider, rclone"},
    "terraform": {"AWS SDK for Go v2, Terraform's provider, rclone"},
    "java": {"AWS SDK for Java v2, Rust"},
    "javascript_3": {"AWS SDK for JavaScript v3, AWS CDK"},
    "javascript_2": {"AWS SDK for JavaScript v2"},
    "ruby": {"AWS SDK for Ruby"},
    "dotnet_4": {NET},
    "dotnet_3": {NET, "AWS SDK for .NET v3"},
    "cpp": {"AWS SDK for C++ (pyarrow, DuckDB)"},
    "php": {"AWS SDK for PHP"},
}
"""By client: its rows of the table, which the documentation and ``doctor --clients`` show."""

LABELS = {
    "python": "boto3",
    "cli": "AWS CLI",
    "cli_2": "AWS CLI",
    "terraform": "aws-sdk-go-base",
    "java": "Java",
    "php": "its steps with the parser of PHP",
}
"""What is before a client's version in the table; ``SDK`` for the others."""

NOT_SEEN = {
    "go": "sts.us-east-1.amazonaws.com",
    "ruby": "sts.us-east-1.amazonaws.com",
    "php": "NO profile",
}
"""What is said for a role that is not wrapped by clients of which that is not tried.

Two assume a role at AWS itself whatever AWS_ENDPOINT_URL says, which no local stand-in sees. Our
program for PHP assumes none.
"""


def cannot_read(stand, rows):
    """The profiles that the programs of these rows cannot read, by the table."""
    assert rows <= {each.name for each in CLIENTS}
    found = unreadable(stand.profiles(), OF_SDKS)
    return {name for each in found if each.client.name in rows for name in each.profiles}


def by_its_program(stand, client):
    argv = getattr(builds, client)()
    done = stand.user.run(*argv, *TRIED, rc=None, timeout=300, **OF_SDKS)
    return dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)


def by_a_bucket(stand, client):
    """Who signs what the SDK for C++ asks.

    It reads the line's two streams as one JSON document: a word on stderr would be fatal.
    """
    found = {}
    for profile in TRIED:
        with bucket() as (url, requests):
            environment = {"TEST_BUCKET_URL": url, "AWS_PROFILE": profile}
            stand.user.run(*builds.cpp(), rc=None, **environment)
        signed = {
            re.match(r".* Credential=(\w+)/", str(each["Authorization"])) for each in requests
        }
        [found[profile]] = {match[1] if match else "NO signature" for match in signed}
    return found


BY_KEY_ID = {"cpp": by_a_bucket, "php": by_its_program}
"""Clients that do not ask who they are: what is known of them is the key that they use."""


@pytest.mark.parametrize("client", ROWS)
def test_an_sdk_signs_as_whoever_the_profile_is_or_fails_as_the_documentation_says(
    stand, client, record_property
):
    getattr(builds, client)()  # which may take minutes once, and is of no interest
    start = time.monotonic()
    said = BY_KEY_ID.get(client, by_its_program)(stand, client)
    seconds = time.monotonic() - start
    expected = stand.key_ids if client in BY_KEY_ID else stand.identities
    unread = cannot_read(stand, ROWS[client])
    read = [name for name, text in said.items() if text.startswith(expected[name])]
    record_property("client", (client, versions.of(client), seconds, read))
    assert said.keys() == expected.keys(), stand.user.transcript
    for profile, identity in expected.items():
        if profile == "role" and client in NOT_SEEN:
            assert NOT_SEEN[client] in said[profile]
        elif profile in unread:
            assert not said[profile].startswith(("arn:", "AKIA", "ASIA")), (profile, said[profile])
        else:
            assert said[profile].startswith(identity), (profile, said[profile])


IN_CI = {client.name: client.cells[1] for client in CLIENTS if client.cells[1][:5] == "in CI"}


def test_the_documentation_names_exactly_the_versions_that_are_tried_here():
    """``1.4x`` is any of 1.40 to 1.49, and 1.48 is 1.48.0, too: a newer one is a new row."""
    of_net_3 = {"AWS SDK for .NET v3"}  # in the row of both
    assert IN_CI.keys() == set().union(*ROWS.values()) - of_net_3
    for row, cell in IN_CI.items():
        said = re.findall(r"(?:: |, )([A-Za-z][\w -]*) (\d[\w.-]*)", cell.partition(";")[0])
        clients = [each for each, rows in ROWS.items() if row in rows]
        tried = [(LABELS.get(each, "SDK"), versions.of(each)) for each in clients]
        assert len(said) == len(tried), (cell, tried)
        for label, version in tried:
            assert any(name == label and matches(version, shown) for name, shown in said), (
                f"the table says {cell!r}, and {label} {version} is what is tried"
            )


def matches(version, shown):
    pattern = re.escape(shown).replace("x", r"\d")
    return bool(re.fullmatch(rf"{pattern}(\..*)?", version))
