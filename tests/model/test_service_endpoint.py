"""Where a service is reached, held against what botocore itself resolves."""

import itertools

import pytest

from awscreds.errors import ConfigurationError
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.service_endpoint import ServiceEndpoint, resolve_endpoint

SOURCES = {
    "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:2",
    "services": "http://127.0.0.1:3",
    "endpoint_url": "http://127.0.0.1:4",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
}


def files(names):
    config = "[profile p]\nregion = eu-west-1\n"
    if "endpoint_url" in names:
        config += f"endpoint_url = {SOURCES['endpoint_url']}\n"
    if "services" in names:
        config += (
            f"services = s\n[services s]\nsts =\n  endpoint_url = {SOURCES['services']}\n"
            "iam =\n  endpoint_url = http://127.0.0.1:9\n"
        )
    return config


def ours(config, environ, service="sts"):
    profiles = Profiles(Document.parse(config.encode()), Document.parse(b"", credentials=True))
    return resolve_endpoint(service, profiles.find("p"), profiles, environ)


COMBINATIONS = [c for n in range(len(SOURCES) + 1) for c in itertools.combinations(SOURCES, n)]


@pytest.mark.daily(15)
@pytest.mark.parametrize("names", COMBINATIONS, ids="+".join)
def test_the_endpoint_is_the_one_botocore_takes(names, tmp_path, monkeypatch):
    import botocore.session

    (tmp_path / "config").write_text(files(names))
    environ = {name: SOURCES[name] for name in names if name.startswith("AWS_")}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    session = botocore.session.Session(profile="p")
    session.set_config_variable("config_file", str(tmp_path / "config"))
    client = session.create_client("sts", aws_access_key_id="x", aws_secret_access_key="x")
    theirs = client.meta.endpoint_url
    assert (ours(files(names), environ).endpoint_url or "https://sts.eu-west-1.amazonaws.com") == (
        theirs
    )


@pytest.mark.parametrize(
    ("config", "environ", "region"),
    [
        ("[profile p]\nregion = a\n", {"AWS_REGION": "b", "AWS_DEFAULT_REGION": "c"}, "a"),
        ("[profile p]\n", {"AWS_REGION": "b", "AWS_DEFAULT_REGION": "c"}, "b"),
        ("[profile p]\n", {"AWS_DEFAULT_REGION": "c"}, "c"),
        ("[profile p]\nregion =\n", {}, "us-east-1"),
        ("", {}, "us-east-1"),
    ],
)
def test_the_region_is_the_profiles_own_before_an_inherited_one(config, environ, region):
    assert ours(config, environ).region == region


def test_settings_of_trust_and_endpoints_come_from_the_environment_before_the_profile():
    config = "[profile p]\nca_bundle = mine\nuse_fips_endpoint = true\n"
    found = ours(config, {"AWS_CA_BUNDLE": "theirs"})
    assert found.settings == {"ca_bundle": "theirs", "use_fips_endpoint": "true"}


@pytest.mark.parametrize(
    ("url", "local", "plain"),
    [
        (None, False, False),
        ("http://localhost:1", True, True),
        ("HTTP://127.0.0.1", True, True),
        ("https://[::1]:4566/x", True, False),
        ("http://127.0.0.1.evil.example", False, True),
    ],
)
def test_only_this_machine_counts_as_local(url, local, plain):
    environ = {"AWS_ENDPOINT_URL": url} if url else {}
    found = ours("", environ)
    assert (found.is_local, found.is_plain_http) == (local, plain)


@pytest.mark.parametrize(
    ("config", "environ", "place"),
    [
        ("", {"AWS_ENDPOINT_URL": "{}"}, "AWS_ENDPOINT_URL"),
        ("", {"AWS_ENDPOINT_URL_STS": "{}"}, "AWS_ENDPOINT_URL_STS"),
        ("[profile p]\nregion = x\nendpoint_url = {}\n", {}, "~/.aws/config:3"),
        (
            "[profile p]\nendpoint_url = {}\n",
            {"AWS_CONFIG_FILE": "/etc/aws"},
            "/etc/aws:2",
        ),
        (
            "[profile p]\nservices = s\n[services s]\nsts =\n  endpoint_url = {}\n",
            {},
            "~/.aws/config:4",
        ),
    ],
)
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1@evil.example", "http://[", "http://evil.example\\@localhost"]
)
def test_a_doubtful_endpoint_is_refused_naming_where_it_is_set(config, environ, place, url):
    environ = {name: value.format(url) for name, value in environ.items()}
    with pytest.raises(ConfigurationError) as caught:
        ours(config.format(url), environ)
    assert f"set in {place} is refused" in caught.value.message
    assert place in caught.value.hint
    assert "evil" not in caught.value.message


@pytest.mark.parametrize(
    "region", ["evil.example/#", "a.b", "us-east-1\n", "1", "x@y", "-a", "a-", "é", "a" * 64, "a b"]
)
def test_a_region_that_could_choose_the_host_is_refused_naming_where_it_is_set(region):
    with pytest.raises(ConfigurationError) as caught:
        ours("[profile p]\n", {"AWS_REGION": region})
    assert caught.value.code == "bad-region"
    assert "set in AWS_REGION" in caught.value.message
    found = ServiceEndpoint("eu-west-1")
    with pytest.raises(ConfigurationError):
        found.region = region
    if region.isprintable():
        with pytest.raises(ConfigurationError, match=r"set in ~/\.aws/config:2"):
            ours(f"[profile p]\nregion = {region}\n", {})
