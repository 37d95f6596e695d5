"""Each program's SDK signs with a managed profile, or fails as the documentation says it does."""

import os

import pytest

from tests.clients import builds
from tests.clients.conftest import PROFILES

CLIENTS = ["python", "go", "terraform", "java", "javascript_3", "javascript_2", "ruby", "dotnet_4", "dotnet_3", "php"]

@pytest.mark.parametrize("client", CLIENTS)
def test_explore(stand, client):
    argv = getattr(builds, client)()
    done = stand.user.run(*argv, *PROFILES, rc=None, AWS_SDK_LOAD_CONFIG="1", DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="1", timeout=None) if False else stand.user.run(*argv, *PROFILES, rc=None, AWS_SDK_LOAD_CONFIG="1", DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="1")
    print(client, done.returncode)
    print(done.stdout, done.stderr[-1500:])
