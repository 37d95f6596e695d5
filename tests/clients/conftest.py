"""Profiles of every kind that a program may meet, in a home whose path has a blank."""

import os
import shlex
import sys
from dataclasses import dataclass

import pytest

from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.sandbox.tour import aws_login, sso
from awscreds.stores.kernel_keyring import kernel
from tests.e2e.conftest import User
from tests.sandbox.fixtures import Sandbox, sandbox_server

__all__ = ["sandbox_server"]

READABLE_EVERYWHERE = "Az09_.-/%@:+z"
"""A name with every character that all SDKs take in one."""

HARD = ("two words", "eq=ual", "beside", "own-endpoint")
"""Profiles that some programs cannot read: by their names, and by what is beside our line."""

PROFILES = (
    *("managed", "mfa", "session", "wrapped", "role", READABLE_EVERYWHERE, "default"),
    sso.PROFILE,  # of IAM Identity Center, wrapped
    aws_login.PROFILE,  # as `aws login` logs in, wrapped
)

TRIED = (*PROFILES, *HARD)


def pytest_collection_modifyitems(config, items):
    """The lane fetches and compiles SDKs, so it runs when its folder is named."""
    if not any("clients" in str(each) for each in config.invocation_params.args):
        lane = [item for item in items if "tests/clients/" in item.nodeid]
        config.hook.pytest_deselected(items=lane)
        items[:] = [item for item in items if item not in lane]


def pytest_terminal_summary(terminalreporter):
    """The table of the lane: what each client did, with its version."""
    done = [each for kind in ("passed", "failed") for each in terminalreporter.getreports(kind)]
    rows = [dict(each.user_properties).get("client") for each in done]
    if not any(rows):
        return
    terminalreporter.section("which programs read a managed profile")
    for client, version, seconds, read in filter(None, rows):
        unread = ", ".join(name for name in TRIED if name not in read)
        terminalreporter.write_line(
            f"{client:13} {version:16} {seconds:5.1f} s  {len(read):2} of {len(TRIED)} profiles"
            + (f"; not {unread}" if unread else "")
        )


@dataclass
class Stand:
    user: User
    identities: dict[str, str]
    """The ARN (or its beginning, of a role's session) that each profile has to give."""
    key_ids: dict[str, str]
    """The same for the ID of the access key."""

    def profiles(self):
        config = Document.parse(self.user.config.read_bytes())
        return Profiles(config, Document.parse(b"", credentials=True))


@pytest.fixture(scope="session")
def stand(sandbox_server, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "AWSCREDS_", "DBUS_")):
                patch.delenv(name)
        folder = tmp_path_factory.mktemp("a home")
        sandbox = Sandbox(sandbox_server.control, sandbox_server.control.reset(), folder)
        user = User(sandbox, folder)
        furnished = _furnish(user)
        yield furnished
        kernel.drop_all(kernel.scope(str(user.aws / "awscreds")))


def _furnish(user):
    facts = user.sandbox.facts
    region = ("--region", facts["region"])
    for name in ("managed", READABLE_EVERYWHERE, "default", *HARD):
        user.configure(name, *region, "--yes")
    for name in ("mfa", "session"):
        user.configure(name, *region, "--mfa-serial", user.mfa_serial)
    user.awscreds("configure", "set", "awscreds_serve", "session", "--profile", "session")
    config = user.config.read_text()
    # The role wants MFA: of the one the SDKs' source serves a session made with it.
    for name, source, serial in (
        ("role", "session", ""),
        ("wrapped", "managed", f"mfa_serial = {user.mfa_serial}\n"),
    ):
        config += (
            f"\n[profile {name}]\nrole_arn = {facts['role_arn']}\nsource_profile = {source}\n"
            f"{serial}region = {facts['region']}\n"
        )
    user.config.write_text(config)
    user.awscreds("profile", "wrap", "wrapped")
    words = ("export", "--format", "json", "--profile")
    user.awscreds(*words, "session", "--token", user.code())
    user.awscreds(*words, "wrapped")
    with user.config.open("a") as file:
        file.write(sso.CONFIG.format(region=facts["region"]))
    for name, click, consent in (
        (sso.PROFILE, "Allow access", ()),
        (aws_login.PROFILE, aws_login.CLICK, ("--yes",)),
    ):
        clicking = [sys.executable, "-m", "awscreds.sandbox.browser", click]
        user.awscreds("login", name, *consent, BROWSER=f"{shlex.join(clicking)} %s")
        user.awscreds("profile", "wrap", name)
    person = facts["user_arn"]
    role = facts["role_arn"].replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    for name, key, value in (
        ("beside", "external_id", "us"),
        ("own-endpoint", "endpoint_url", user.environment["AWS_ENDPOINT_URL"]),
    ):
        config = user.config.read_text()
        header = f"[profile {name}]\n"
        assert header in config
        user.config.write_text(config.replace(header, f"{header}{key} = {value}\n"))
    identities = dict.fromkeys(TRIED, person)
    identities |= {"role": role, "wrapped": role, sso.PROFILE: sso.ARN}
    with_sessions = ("session", "wrapped", "role", sso.PROFILE, aws_login.PROFILE)
    of_sessions = dict.fromkeys(with_sessions, "ASIA")
    return Stand(user, identities, dict.fromkeys(TRIED, user.key_id) | of_sessions)
