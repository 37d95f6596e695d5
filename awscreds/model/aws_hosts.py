"""The hosts that are AWS's own for a service, as botocore's endpoint rules have them.

Whoever may speak for AWS is decided here, so this is a list, not a domain: anybody with an account
has a name below ``amazonaws.com`` (``…execute-api…``, ``…elb…``, ``ec2-…``, a bucket's) and a
certificate for it. A test holds it against the rules themselves, both ways.
https://docs.aws.amazon.com/general/latest/gr/rande.html
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.endpoint import Endpoint

_ALNUM = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_ALPHA = frozenset("abcdefghijklmnopqrstuvwxyz")
_DIGITS = frozenset("0123456789")

# The names of a partition's regions without their last two parts (``west-1``), its domain, and its
# domain for IPv6 (dual stack). In ``aws`` those names are two letters.
_PARTITIONS = {
    "aws": (None, "amazonaws.com", "api.aws"),
    "aws-cn": ("cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    "aws-eusc": ("eusc-de", "amazonaws.eu", "api.amazonwebservices.eu"),
    "aws-iso": ("us-iso", "c2s.ic.gov", "api.aws.ic.gov"),
    "aws-iso-b": ("us-isob", "sc2s.sgov.gov", "api.aws.scloud"),
    "aws-iso-e": ("eu-isoe", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    "aws-iso-f": ("us-isof", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    "aws-us-gov": ("us-gov", "amazonaws.com", "api.aws"),
}

_IAM = frozenset(
    {
        "iam.amazonaws.com",
        "iam-fips.amazonaws.com",
        "iam.global.api.aws",
        "iam-fips.global.api.aws",
        "iam.cn-north-1.amazonaws.com.cn",
        "iam-fips.amazonaws.com.cn",
        "iam.global.api.amazonwebservices.com.cn",
        "iam-fips.api.amazonwebservices.com.cn",
        "iam.eusc-de-east-1.amazonaws.eu",
        "iam-fips.amazonaws.eu",
        "iam.global.api.amazonwebservices.eu",
        "iam.api.amazonwebservices.eu",  # by the rules of before 2026
        "iam-fips.api.amazonwebservices.eu",
        "iam.us-iso-east-1.c2s.ic.gov",
        "iam-fips.us-iso-east-1.c2s.ic.gov",
        "iam.api.aws.ic.gov",
        "iam-fips.api.aws.ic.gov",
        "iam.us-isob-east-1.sc2s.sgov.gov",
        "iam-fips.us-isob-east-1.sc2s.sgov.gov",
        "iam.api.aws.scloud",
        "iam-fips.api.aws.scloud",
        "iam.eu-isoe-west-1.cloud.adc-e.uk",
        "iam-fips.cloud.adc-e.uk",
        "iam.api.cloud-aws.adc-e.uk",
        "iam-fips.api.cloud-aws.adc-e.uk",
        "iam.us-isof-south-1.csp.hci.ic.gov",
        "iam-fips.csp.hci.ic.gov",
        "iam.api.aws.hci.ic.gov",
        "iam-fips.api.aws.hci.ic.gov",
        "iam.us-gov.amazonaws.com",
        "iam.us-gov.api.aws",
    }
)
"""IAM is one for each partition."""


def is_own_endpoint(service: str, endpoint: Endpoint) -> bool:
    """Whether ``endpoint`` is one of those, over TLS, so that nobody else can answer there."""
    is_secure = (endpoint.scheme, endpoint.port) == ("https", 443)
    return is_secure and is_own_host(service, endpoint.host)


def is_own_host(service: str, host: str) -> bool:
    """Whether ``host`` (in lower case) is AWS's own endpoint of ``service``: ``iam`` or ``sts``.

    False for any other service: what is not known is not trusted.
    """
    if service == "iam":
        return host in _IAM
    return service == "sts" and _is_sts(host)


def _is_sts(host: str) -> bool:
    name, _, rest = host.partition(".")
    if host == "sts.amazonaws.com":
        return True
    region, _, domain = rest.partition(".")
    partition = _partition_of(region)
    if partition is None or name not in ("sts", "sts-fips"):
        return False
    if rest == "aws-global.amazonaws.com" and name == "sts":  # that is sts.amazonaws.com
        return False
    _, single, dual = _PARTITIONS[partition]
    if partition == "aws-us-gov" and name == "sts-fips":  # there, the plain one is FIPS
        return domain == dual
    return domain in (single, dual)


def _partition_of(region: str) -> str | None:
    """The partition whose regions are named like ``region``; None for what no region is called."""
    if region.endswith("-global"):  # what botocore calls a partition as a whole
        return region[: -len("-global")] if region[: -len("-global")] in _PARTITIONS else None
    parts = region.rsplit("-", 2)
    if len(parts) != 3 or not _ALNUM.issuperset(parts[1]) or not _DIGITS.issuperset(parts[2]):
        return None
    if not (parts[1] and parts[2]):
        return None
    found = (name for name, (prefix, _, _) in _PARTITIONS.items() if prefix == parts[0])
    is_of_aws = len(parts[0]) == 2 and _ALPHA.issuperset(parts[0])
    return next(found, "aws" if is_of_aws else None)
