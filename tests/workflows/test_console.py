"""Where the console and its sign-in page are, in each partition, and who may get a session.

AWS's answers are staged: no test can sign in to China. tests/e2e/test_console.py has a server.
"""

from urllib.parse import urlsplit

import pytest

from awscreds.aws.console import REFUSED
from awscreds.aws.gateway import Identity
from awscreds.errors import AwsError, ConfigurationError, UsageError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.workflows.console import ConsoleLinks, Deps, Wanted

SESSION = Session("ASIAIOSFODNN7EXAMPLE", "secret", "token", 2000.0)
KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "secret")
SSO = "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = r\n"
LOGIN = "login_session = arn:aws:iam::123456789012:user/alice\n"


class Aws:
    """Says whose credentials are, and notes what it was asked for."""

    def __init__(self, arn, refuses=()):
        self.arn, self.refuses, self.sent, self.names = arn, refuses, [], []

    def caller_identity(self, credentials, endpoint):
        self.region = endpoint.region
        return Identity("123456789012", self.arn, "AIDA")

    def federation_token(self, key, endpoint, *, name, duration=None):
        self.names.append((name, duration))
        return SESSION

    def sign_in_link(self, session, endpoint, *, destination, duration=None):
        self.sent.append((endpoint.endpoint_url, duration))
        if duration is not None and self.refuses:
            raise AwsError("no", aws_code=self.refuses)
        return f"{endpoint.endpoint_url}/federation?x"


def link(config, arn, environ=(), *, refuses=(), notes=None, **wanted):
    section = f"[sso-session corp]\nsso_region = eu-west-1\n[profile p]\n{config}"
    profiles = Profiles(Document.parse(section.encode()), Document())
    aws = Aws(arn, refuses)
    deps = Deps(
        profiles,
        dict(environ),
        aws,
        session_of=lambda _: SESSION,
        key_of=lambda _: KEY,
        answer_of_program=lambda _: SESSION,
        note=(notes if notes is not None else []).append,
        clock=lambda: 1000.0,
    )
    return aws, ConsoleLinks(deps, profiles.get("p")).link(Wanted(**wanted))


PLACES = {
    "aws": ("eu-west-1", "https://signin.aws.amazon.com", "eu-west-1.console.aws.amazon.com"),
    "aws-cn": ("cn-north-1", "https://signin.amazonaws.cn", "console.amazonaws.cn"),
    "aws-us-gov": (
        "us-gov-east-1",
        "https://signin.amazonaws-us-gov.com",
        "us-gov-east-1.console.amazonaws-us-gov.com",
    ),
    "aws-eusc": (
        "eusc-de-east-1",
        "https://signin.amazonaws-eusc.eu",
        "eusc-de-east-1.console.amazonaws-eusc.eu",
    ),
}


@pytest.mark.parametrize("partition", PLACES)
@pytest.mark.parametrize("kind", ["role", "sso", "login", "web", "user"])
def test_each_kind_signs_in_at_the_page_of_its_partition(partition, kind):
    region, page, console = PLACES[partition]
    config = {
        "role": f"role_arn = arn:{partition}:iam::1:role/r\ncredential_source = Environment\n",
        "sso": SSO,
        "login": LOGIN,
        "web": "web_identity_token_file = /t\nrole_arn = arn:aws:iam::1:role/r\n",
        "user": f"aws_access_key_id = {KEY.id}\naws_secret_access_key = secret\n",
    }[kind]
    whose = "iam::1:user/alice" if kind in ("user", "login") else "sts::1:assumed-role/r/me"
    aws, found = link(f"{config}region = {region}\n", f"arn:{partition}:{whose}")
    assert aws.sent == [(page, None)]
    parts = urlsplit(found.destination)
    assert (parts.scheme, parts.netloc) == ("https", console)
    assert parts.query == f"region={region}"
    assert found.ends == 2000.0
    assert "secret" not in repr(found)


def test_the_region_of_another_partition_is_left_out():
    environ = {"AWS_REGION": "us-east-2"}
    _, found = link(SSO, "arn:aws-cn:sts::1:assumed-role/r/me", environ)
    assert found.destination == "https://console.amazonaws.cn/console/home"
    with pytest.raises(UsageError, match=r"another partition than that of p \(aws-cn\)"):
        link(SSO, "arn:aws-cn:sts::1:assumed-role/r/me", region="us-east-2")


def test_a_global_service_has_no_region_but_a_path_may_have_one():
    arn = "arn:aws:sts::1:assumed-role/r/me"
    _, found = link(f"{SSO}region = eu-west-1\n", arn, service="iam")
    assert found.destination == "https://console.aws.amazon.com/iam/home"
    _, found = link(f"{SSO}region = eu-west-1\n", arn, path="/x?a=b#c")
    assert found.destination == "https://eu-west-1.console.aws.amazon.com/x?a=b#c"


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CONSOLE"])
@pytest.mark.parametrize(
    "url",
    [
        "https://signin.aws.amazon.com.evil.example",
        "https://evil.example",
        "http://signin.aws.amazon.com",
        "http://127.0.0.1:1",
    ],
)
@pytest.mark.parametrize("config", [SSO, LOGIN, "credential_process = x\n"])
def test_no_other_host_gets_a_session(config, url, variable):
    giver = {f"AWS_ENDPOINT_URL_{name}": "https://sts.amazonaws.com" for name in ("SSO", "SIGNIN")}
    with pytest.raises(ConfigurationError) as error:
        link(config, "arn:aws:sts::1:assumed-role/r/me", {**giver, variable: url})
    assert error.value.code == "foreign-endpoint"


KEPT = {
    "SSO by another portal": (SSO, ("SSO", "CONSOLE")),
    "SSO by another STS": (SSO, ("STS", "CONSOLE")),
    "a login": (LOGIN, ("SIGNIN", "STS", "CONSOLE")),
}


@pytest.mark.parametrize("case", KEPT)
def test_what_was_kept_from_aws_does_not_go_elsewhere(case):
    """It was got before the endpoint was set: the endpoint has not given it."""
    config, services = KEPT[case]
    environ = {f"AWS_ENDPOINT_URL_{name}": "https://evil.example" for name in services}
    with pytest.raises(ConfigurationError) as error:
        link(config, "arn:aws:sts::1:assumed-role/r/me", environ)
    assert error.value.code == "foreign-endpoint"


def test_a_sandbox_gets_what_it_gave():
    environ = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    for config in (SSO, LOGIN):
        aws, found = link(config, "arn:aws:sts::1:assumed-role/r/me", environ)
        assert aws.sent == [("http://127.0.0.1:1", None)]
        assert found.destination == "http://127.0.0.1:1/console/console/home?region=us-east-1"


def test_awss_own_page_may_be_named():
    environ = {"AWS_ENDPOINT_URL_CONSOLE": "https://signin.aws.amazon.com"}
    aws, found = link(SSO, "arn:aws:sts::1:assumed-role/r/me", environ)
    assert aws.sent == [("https://signin.aws.amazon.com", None)]
    assert found.destination.startswith("https://console.aws.amazon.com/")


def test_a_duration_that_is_refused_is_left_out_and_told():
    notes = []
    arn = "arn:aws:sts::1:assumed-role/r/me"
    aws, found = link(SSO, arn, refuses=REFUSED, notes=notes, duration=7200)
    assert [duration for _, duration in aws.sent] == [7200, None]
    assert found.ends == 2000.0
    assert "does not take --duration" in notes[0]
    aws, found = link(SSO, arn, duration=7200)
    assert found.ends == 8200.0
    with pytest.raises(AwsError):
        link(SSO, arn, refuses="Other", duration=7200)


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::1:user/alice", "alice"),
        ("arn:aws:iam::1:user/a/path/b", "b-"),
        ("arn:aws:iam::1:user/" + "x" * 64, "x" * 32),
    ],
)
def test_a_federated_user_is_named_as_the_user(arn, name):
    config = f"aws_access_key_id = {KEY.id}\naws_secret_access_key = secret\n"
    aws, _ = link(config, arn, duration=900)
    assert aws.names == [(name, 900)]
    assert [duration for _, duration in aws.sent] == [None]


@pytest.mark.parametrize("arn", ["arn:aws:iam::1:user/alice", "arn:aws:iam::1:root"])
def test_a_users_session_is_explained(arn):
    with pytest.raises(ConfigurationError) as error:
        link("credential_process = x\n", arn)
    assert error.value.code == "console-session"


def test_settings_alone_are_no_credentials():
    with pytest.raises(ConfigurationError, match="has no credentials"):
        link("region = x\n", "arn:aws:iam::1:user/alice")
