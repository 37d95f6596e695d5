"""AWS's own hosts, held against the endpoint rules that botocore brings along."""

import itertools

import pytest

from awscreds.model.aws_hosts import is_own_endpoint, is_own_host
from awscreds.model.endpoint import parse_endpoint

FORMER = {"iam.api.amazonwebservices.eu"}
"""By the rules of an older botocore."""


@pytest.fixture(scope="module")
def loader():
    from botocore.loaders import Loader

    return Loader()


@pytest.fixture(scope="module")
def partitions(loader):
    return loader.load_data("partitions")


def theirs(service, loader, partitions):
    """Every host of the rules, for every region that botocore knows."""
    from botocore.endpoint_provider import EndpointProvider

    rules = loader.load_service_model(service, "endpoint-rule-set-1")
    provider = EndpointProvider(ruleset_data=rules, partition_data=partitions)
    switches = ["UseFIPS", "UseDualStack", *(["UseGlobalEndpoint"] if service == "sts" else [])]
    regions = [region for p in partitions["partitions"] for region in p["regions"]]
    found = set()
    for region in [*regions, "eu-newplace-7"]:
        for values in itertools.product((False, True), repeat=len(switches)):
            parameters = dict(zip(switches, values, strict=True))
            url = provider.resolve_endpoint(Region=region, **parameters).url
            assert url.startswith("https://")
            found.add(url.removeprefix("https://"))
    return found, regions


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_the_hosts_of_botocores_rules_are_awss_own(service, loader, partitions):
    hosts, _ = theirs(service, loader, partitions)
    assert [host for host in sorted(hosts) if not is_own_host(service, host)] == []


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_no_other_host_is_awss_own(service, loader, partitions):
    hosts, regions = theirs(service, loader, partitions)
    outputs = [p["outputs"] for p in partitions["partitions"]]
    domains = {o[key] for o in outputs for key in ("dnsSuffix", "dualStackDnsSuffix")}
    domains |= {"amazonaws.com.evil.example", "evil.example", "aws", "com"}
    names = ["iam", "sts", "iam-fips", "sts-fips", "s3", "sts.s3", "x", "fips-sts"]
    middles = ["", *regions, "global", "us-gov", "execute-api", "s3", "elb", "s3-us-west-2", "aws"]
    candidates = {
        ".".join(part for part in parts if part)
        for parts in itertools.product(names, middles, domains)
    }
    ours = {host for host in candidates if is_own_host(service, host)}
    assert ours - FORMER == (candidates & hosts) - FORMER


@pytest.mark.parametrize("service", ["iam", "sts", "s3", "sso"])
@pytest.mark.parametrize(
    "host",
    [
        "x.execute-api.us-east-1.amazonaws.com",
        "sts.execute-api.us-east-1.amazonaws.com",
        "n.elb.us-east-1.amazonaws.com",
        "ec2-1-2-3-4.compute-1.amazonaws.com",
        "bucket.s3.amazonaws.com",
        "sts.s3.amazonaws.com",
        "iam.s3.us-east-1.amazonaws.com",
        "sts.s3-us-west-2.amazonaws.com",
        "x.es.amazonaws.com",
        "vpce-0a1b-x.sts.eu-west-1.vpce.amazonaws.com",
        "sts.us-east-1.amazonaws.com.evil.example",
        "evilsts.amazonaws.com",
        "sts.us-east-1.vpce.amazonaws.com",
        "sts.-1.amazonaws.com",
        "sts.us--1.amazonaws.com",
        "sts.us-east-.amazonaws.com",
        "sts..amazonaws.com",
        "amazonaws.com",
        "localhost",
    ],
)
def test_hosts_that_customers_can_have_are_not_awss_own(service, host):
    assert not is_own_host(service, host)


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://iam.amazonaws.com", True),
        ("https://IAM.amazonaws.com:443/", True),
        ("http://iam.amazonaws.com", False),
        ("http://iam.amazonaws.com:443", False),
        ("https://iam.amazonaws.com:8443", False),
        ("https://sts.amazonaws.com", False),
    ],
)
def test_only_tls_at_its_own_port_counts(url, own):
    assert is_own_endpoint("iam", parse_endpoint(url)) == own
