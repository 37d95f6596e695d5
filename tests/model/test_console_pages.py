"""The pages of the console: the services are botocore's, and nobody's text chooses the host."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.errors import UsageError
from awscreds.model.console_pages import GLOBAL, PAGES, checked_path, console_base, page_of
from awscreds.model.endpoint import parse_endpoint
from awscreds.model.partitions import PARTITIONS, is_own_endpoint, names, sign_in_host


def test_the_services_are_those_of_botocore():
    from botocore.loaders import Loader

    assert set(PAGES) - set(Loader().list_available_services("service-2")) == set()
    assert set(PAGES) >= GLOBAL
    assert list(PAGES) == sorted(PAGES)


def test_a_global_service_is_one_that_botocore_knows_as_such_or_has_its_console_in_one_place():
    """Those of botocore's partition `aws` that have one endpoint for all regions."""
    from botocore.loaders import Loader

    services = Loader().load_data("endpoints")["partitions"][0]["services"]
    one = {name for name in PAGES if services.get(name, {}).get("isRegionalized", True) is False}
    assert one - GLOBAL == set()


@pytest.mark.parametrize(
    ("partition", "region", "expected"),
    [
        ("aws", "eu-central-1", "https://eu-central-1.console.aws.amazon.com"),
        ("aws", "us-east-1", "https://console.aws.amazon.com"),
        ("aws", None, "https://console.aws.amazon.com"),
        ("aws-cn", "cn-northwest-1", "https://cn-northwest-1.console.amazonaws.cn"),
        ("aws-cn", "cn-north-1", "https://console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "https://console.amazonaws-us-gov.com"),
        ("aws-us-gov", "us-gov-east-1", "https://us-gov-east-1.console.amazonaws-us-gov.com"),
        ("aws-eusc", "eusc-de-east-1", "https://eusc-de-east-1.console.amazonaws-eusc.eu"),
    ],
)
def test_each_partition_has_its_console(partition, region, expected):
    assert console_base(partition, region) == expected


def test_each_partition_has_its_sign_in_page_or_none():
    assert {name: sign_in_host(name) for name in names()} == {
        "aws": "signin.aws.amazon.com",
        "aws-cn": "signin.amazonaws.cn",
        "aws-eusc": "signin.amazonaws-eusc.eu",
        "aws-iso": None,
        "aws-iso-b": None,
        "aws-iso-e": None,
        "aws-iso-f": None,
        "aws-us-gov": "signin.amazonaws-us-gov.com",
    }
    with pytest.raises(ValueError, match="aws-iso"):
        console_base("aws-iso", None)


@pytest.mark.parametrize(
    "host",
    [
        "signin.aws.amazon.com.evil.example",
        "evil.aws.amazon.com",
        "aws.amazon.com",
        "console.aws.amazon.com",
        "signin.amazonaws.com",
        "sts.amazonaws.com",
        "localhost",
    ],
)
def test_no_other_host_gets_a_session(host):
    assert not is_own_endpoint("console", parse_endpoint(f"https://{host}"))


def test_the_sign_in_pages_get_one_over_tls_only():
    hosts = [host for partition in PARTITIONS if (host := sign_in_host(partition.name))]
    assert len(hosts) == 4
    for host in hosts:
        assert is_own_endpoint("console", parse_endpoint(f"https://{host}"))
        assert not is_own_endpoint("console", parse_endpoint(f"http://{host}"))
        assert not is_own_endpoint("console", parse_endpoint(f"https://{host}:8443"))


def test_a_page_has_its_region():
    assert page_of(None, None) == "/console/home"
    assert page_of("s3", "eu-west-1") == "/s3/home?region=eu-west-1"
    assert page_of("wafv2", None) == "/wafv2/homev2"


@pytest.mark.parametrize("path", ["/", "/s3/buckets/x%20y?tab=a&b=c#d:e=f;g", "/a/../b", "/a@b"])
def test_a_path_may_be_any_page(path):
    assert checked_path(path) == path


@pytest.mark.parametrize(
    "path",
    ["", "s3", "//evil.example", "/\\evil", "/a b", "/ä", "/\n", "https://x/y", "HTTP://x", "/<x>"],
)
def test_what_is_no_path_is_refused(path):
    with pytest.raises(UsageError):
        checked_path(path)


@given(st.text(max_size=30))
def test_no_path_leads_to_another_host(path):
    from urllib.parse import urlsplit

    try:
        checked = checked_path(path)
    except UsageError:
        return
    assert urlsplit("https://console.aws.amazon.com" + checked).netloc == "console.aws.amazon.com"
