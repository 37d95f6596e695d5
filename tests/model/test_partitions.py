"""The partitions and AWS's own hosts, held against the data that botocore brings along."""

import itertools
import re
from pathlib import Path

import pytest

import awscreds
from awscreds.model.endpoint import parse_endpoint
from awscreds.model.partitions import (
    PARTITIONS,
    is_own_endpoint,
    is_own_host,
    offered_regions,
    partition_of,
)

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


SERVICES = ["iam", "signin", "sso", "sso-oidc", "sts"]


@pytest.mark.parametrize("service", SERVICES)
def test_the_hosts_of_botocores_rules_are_awss_own(service, loader, partitions):
    hosts, _ = theirs(service, loader, partitions)
    assert [host for host in sorted(hosts) if not is_own_host(service, host)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_other_host_is_awss_own(service, loader, partitions):
    hosts, regions = theirs(service, loader, partitions)
    outputs = [p["outputs"] for p in partitions["partitions"]]
    domains = {o[key] for o in outputs for key in ("dnsSuffix", "dualStackDnsSuffix")}
    domains |= {"amazonaws.com.evil.example", "evil.example", "aws", "com"}
    names = ["iam", "sts", "iam-fips", "sts-fips", "s3", "sts.s3", "x", "fips-sts", "signin"]
    names += ["portal.sso", "portal.sso-fips", "oidc", "oidc-fips", "sso", "portal", "signin-fips"]
    middles = ["", *regions, "global", "us-gov", "execute-api", "s3", "elb", "s3-us-west-2", "aws"]
    candidates = {
        ".".join(part for part in parts if part)
        for parts in itertools.product(names, middles, domains)
    }
    ours = {host for host in candidates if is_own_host(service, host)}
    # Of the sign-in service we know one name more than this version of botocore.
    more = {host for host in ours if service == "signin" and re.match(r"signin(-fips)?\.", host)}
    assert ours - FORMER - more == (candidates & hosts) - FORMER - more


@pytest.mark.parametrize("service", [*SERVICES, "s3"])
@pytest.mark.parametrize(
    "host",
    [
        "portal.sso.s3.amazonaws.com",
        "oidc.execute-api.us-east-1.amazonaws.com",
        "us-east-1.signin.aws.amazon.com.evil.example",
        "us-east-1.evil-signin.aws.amazon.com",
        "s3.signin.aws.amazon.com",
        "us-east-1.signin.amazonaws.cn",
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


def test_there_is_a_row_for_every_partition_of_botocore(partitions):
    theirs = {
        p["id"]: (p["outputs"]["dnsSuffix"], p["outputs"]["dualStackDnsSuffix"])
        for p in partitions["partitions"]
    }
    assert {p.name: (p.domain, p.dual_stack_domain) for p in PARTITIONS} == theirs


def test_the_partition_of_every_region_that_botocore_knows_is_right(partitions):
    regions = [
        (region, each["id"])
        for each in partitions["partitions"]
        for region in each["regions"]
        if "global" not in region
    ]
    assert len(regions) > 30
    assert {name for _, name in regions} >= {"aws", "aws-cn", "aws-us-gov", "aws-eusc"}
    for region, name in regions:
        assert partition_of(region) == name, region


def test_the_regions_on_offer_are_in_their_own_partition(partitions):
    theirs = {p["id"]: p["regions"].keys() for p in partitions["partitions"]}
    for partition in PARTITIONS:
        assert set(partition.regions) <= theirs[partition.name]
    assert len(offered_regions()) == len(set(offered_regions())) > 30


@pytest.mark.parametrize(
    ("arns", "expected"),
    [
        ([None, "arn:aws-cn:iam::123456789012:user/alice"], "aws-cn"),
        (["arn:aws-us-gov:iam::1:role/r", "arn:aws-cn:iam::1:mfa/a"], "aws-us-gov"),
        (["GAHT12345678"], "aws-eusc"),
        (["arn:aws$(evil):x", "arn"], "aws-eusc"),
        ([], "aws-eusc"),
    ],
)
def test_a_known_arn_tells_the_partition_before_the_region_does(arns, expected):
    assert partition_of("eusc-de-east-1", arns) == expected


def test_no_other_module_has_the_name_or_the_domain_of_a_partition_as_a_value():
    """So that adding a partition is an edit of that one file. The sandbox is an AWS of its own."""
    words = {p.name for p in PARTITIONS} - {"aws"} | {p.domain for p in PARTITIONS}
    spelled = re.compile(rf"""["'][.@]?({"|".join(map(re.escape, words))})["']""")
    package = Path(awscreds.__file__).parent
    found = {
        f"{path.relative_to(package)}: {match[1]}"
        for path in package.rglob("*.py")
        if path.name != "partitions.py" and path.parent.name != "sandbox"
        for match in spelled.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == set()
