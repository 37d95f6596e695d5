"""The partitions of AWS: their regions, and the hosts that are AWS's own in each.

To add a partition, add a row to ``PARTITIONS``: everybody else reads it here. A test holds the rows
against the partitions and the endpoint rules that botocore brings along, both ways.
https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html

Here it is decided who may speak for AWS. So hosts are listed, and no domain is trusted as a whole:
anybody with an account has a name below ``amazonaws.com`` (``…execute-api…``, ``…elb…``, ``ec2-…``,
a bucket's) and a certificate for it.
https://docs.aws.amazon.com/general/latest/gr/rande.html
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from awscreds.model.endpoint import Endpoint

_ALNUM = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_ALPHA = frozenset("abcdefghijklmnopqrstuvwxyz")
_DIGITS = frozenset("0123456789")


class Partition:
    """One partition.

    ``console_domain`` is that of the console and of the hosts of sign-in, which `aws login` uses.
    ``has_public_console``: whether these are on the internet.
    ``region_stem`` is the name of a region without its last two parts (``us-gov`` of
    ``us-gov-west-1``); None stands for any two letters that no other partition has. ``domain`` and
    ``dual_stack_domain`` (IPv6) are what the hosts end with. ``iam_hosts`` are all hosts of IAM,
    which is one service for the whole partition. ``regions`` are those that completion offers:
    written out, since botocore's list changes with its version, and what is generated must not.
    """

    __slots__ = (
        *("console_domain", "domain", "dual_stack_domain", "has_public_console", "iam_hosts"),
        *("name", "region_stem", "regions"),
    )

    def __init__(
        self,
        name: str,
        *,
        region_stem: str | None,
        domain: str,
        dual_stack_domain: str,
        console_domain: str,
        iam_hosts: tuple[str, ...],
        regions: str = "",
        has_public_console: bool = True,
    ) -> None:
        self.name = name
        self.console_domain = console_domain
        self.has_public_console = has_public_console
        self.region_stem = region_stem
        self.domain = domain
        self.dual_stack_domain = dual_stack_domain
        self.iam_hosts = iam_hosts
        self.regions = tuple(regions.split())


DEFAULT = "aws"
"""The partition of a region that is of no other."""

PARTITIONS = (
    Partition(
        DEFAULT,
        region_stem=None,
        domain="amazonaws.com",
        console_domain="aws.amazon.com",
        dual_stack_domain="api.aws",
        iam_hosts=(
            "iam.amazonaws.com",
            "iam-fips.amazonaws.com",
            "iam.global.api.aws",
            "iam-fips.global.api.aws",
        ),
        # https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
        regions="""
            af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1
            ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5
            ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2
            eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1
            me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
        """,
    ),
    Partition(
        "aws-cn",
        region_stem="cn",
        domain="amazonaws.com.cn",
        console_domain="amazonaws.cn",
        dual_stack_domain="api.amazonwebservices.com.cn",
        iam_hosts=(
            "iam.cn-north-1.amazonaws.com.cn",
            "iam-fips.amazonaws.com.cn",
            "iam.global.api.amazonwebservices.com.cn",
            "iam-fips.api.amazonwebservices.com.cn",
        ),
        regions="cn-north-1 cn-northwest-1",
    ),
    Partition(
        "aws-eusc",
        region_stem="eusc-de",
        domain="amazonaws.eu",
        console_domain="amazonaws-eusc.eu",
        dual_stack_domain="api.amazonwebservices.eu",
        iam_hosts=(
            "iam.eusc-de-east-1.amazonaws.eu",
            "iam-fips.amazonaws.eu",
            "iam.global.api.amazonwebservices.eu",
            "iam.api.amazonwebservices.eu",  # by the rules of before 2026
            "iam-fips.api.amazonwebservices.eu",
        ),
    ),
    Partition(
        "aws-iso",
        region_stem="us-iso",
        domain="c2s.ic.gov",
        dual_stack_domain="api.aws.ic.gov",
        console_domain="c2shome.ic.gov",
        has_public_console=False,
        iam_hosts=(
            "iam.us-iso-east-1.c2s.ic.gov",
            "iam-fips.us-iso-east-1.c2s.ic.gov",
            "iam.api.aws.ic.gov",
            "iam-fips.api.aws.ic.gov",
        ),
    ),
    Partition(
        "aws-iso-b",
        region_stem="us-isob",
        domain="sc2s.sgov.gov",
        dual_stack_domain="api.aws.scloud",
        console_domain="sc2shome.sgov.gov",
        has_public_console=False,
        iam_hosts=(
            "iam.us-isob-east-1.sc2s.sgov.gov",
            "iam-fips.us-isob-east-1.sc2s.sgov.gov",
            "iam.api.aws.scloud",
            "iam-fips.api.aws.scloud",
        ),
    ),
    Partition(
        "aws-iso-e",
        region_stem="eu-isoe",
        domain="cloud.adc-e.uk",
        dual_stack_domain="api.cloud-aws.adc-e.uk",
        console_domain="csphome.adc-e.uk",
        has_public_console=False,
        iam_hosts=(
            "iam.eu-isoe-west-1.cloud.adc-e.uk",
            "iam-fips.cloud.adc-e.uk",
            "iam.api.cloud-aws.adc-e.uk",
            "iam-fips.api.cloud-aws.adc-e.uk",
        ),
    ),
    Partition(
        "aws-iso-f",
        region_stem="us-isof",
        domain="csp.hci.ic.gov",
        dual_stack_domain="api.aws.hci.ic.gov",
        console_domain="csphome.hci.ic.gov",
        has_public_console=False,
        iam_hosts=(
            "iam.us-isof-south-1.csp.hci.ic.gov",
            "iam-fips.csp.hci.ic.gov",
            "iam.api.aws.hci.ic.gov",
            "iam-fips.api.aws.hci.ic.gov",
        ),
    ),
    Partition(
        "aws-us-gov",
        region_stem="us-gov",
        domain="amazonaws.com",
        console_domain="amazonaws-us-gov.com",
        dual_stack_domain="api.aws",
        iam_hosts=("iam.us-gov.amazonaws.com", "iam.us-gov.api.aws"),
        regions="us-gov-east-1 us-gov-west-1",
    ),
)

_BY_NAME = {partition.name: partition for partition in PARTITIONS}
_IAM_HOSTS = frozenset(host for partition in PARTITIONS for host in partition.iam_hosts)


def offered_regions() -> list[str]:
    """The regions that completion offers, in order."""
    return sorted(region for partition in PARTITIONS for region in partition.regions)


def names() -> list[str]:
    """The names of all partitions."""
    return list(_BY_NAME)


def partition_of_region(region: str) -> str | None:
    """The name of the partition with regions named like ``region``; None if none is called that."""
    found = _strict_partition_of(region)
    return found.name if found else None


def partition_of(region: str, arns: Iterable[str | None] = ()) -> str:
    """The name of the partition of the first of ``arns`` that is an ARN, else of ``region``."""
    for arn in arns:
        named = (arn or "").partition("arn:")[2].partition(":")[0]
        if named in _BY_NAME:
            return named
    stems = ((partition.name, partition.region_stem) for partition in PARTITIONS)
    return next((name for name, stem in stems if stem and region.startswith(f"{stem}-")), DEFAULT)


def console_domain(partition: str) -> str | None:
    """What the hosts of the console end with; None for a partition without a public console."""
    found = _BY_NAME[partition]
    return found.console_domain if found.has_public_console else None


def sign_in_host(partition: str) -> str | None:
    """The host that opens the console for temporary credentials; None if there is none.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
    """
    domain = console_domain(partition)
    return f"signin.{domain}" if domain else None


def is_own_endpoint(service: str, endpoint: Endpoint) -> bool:
    """Whether ``endpoint`` is one of AWS's own hosts, over TLS, so that nobody else can answer."""
    is_secure = (endpoint.scheme, endpoint.port) == ("https", 443)
    return is_secure and is_own_host(service, endpoint.host)


def is_own_host(service: str, host: str) -> bool:
    """Whether ``host`` (in lower case) is AWS's own endpoint of ``service``, as boto3 names it.

    ``console`` is the sign-in page of the console. False for a service that is not known: it is not
    trusted.
    """
    if service == "console":
        return host in map(sign_in_host, _BY_NAME)
    if service == "iam":
        return host in _IAM_HOSTS
    if service == "sts" and host == "sts.amazonaws.com":
        return True
    if service == "signin" and _is_sign_in(host):
        return True
    return _is_of_region(host, _REGIONAL.get(service, ()))


_REGIONAL = {
    "signin": ("signin", "signin-fips"),
    "sso": ("portal.sso", "portal.sso-fips"),
    "sso-oidc": ("oidc", "oidc-fips"),
    "sts": ("sts", "sts-fips"),
}
"""What the hosts of services begin with, before the region: the plain ones and those of FIPS."""


def _is_of_region(host: str, names: tuple[str, ...]) -> bool:
    """Whether ``host`` is ``NAME.REGION.DOMAIN``."""
    name = next((each for each in names if host.startswith(f"{each}.")), None)
    if name is None:
        return False
    region, _, domain = host.removeprefix(f"{name}.").partition(".")
    partition = _strict_partition_of(region)
    if partition is None:
        return False
    if (name, region, domain) == ("sts", "aws-global", "amazonaws.com"):  # sts.amazonaws.com
        return False
    # In aws-us-gov, the plain one is FIPS.
    if partition.name == "aws-us-gov" and name == names[1]:
        return domain == partition.dual_stack_domain
    return domain in (partition.domain, partition.dual_stack_domain)


def _is_sign_in(host: str) -> bool:
    """Whether ``host`` is ``REGION.signin.DOMAIN``, where `aws login` and the console sign in."""
    region, _, domain = host.partition(".")
    partition = _strict_partition_of(region)
    if partition is None:
        return host == _FIPS_SIGN_IN
    is_fips = partition.name == "aws-us-gov" and domain == _FIPS_SIGN_IN
    return is_fips or domain == f"signin.{partition.console_domain}"


_FIPS_SIGN_IN = "signin-fips.amazonaws-us-gov.com"


def _strict_partition_of(region: str) -> Partition | None:
    """The partition with regions named like ``region``; None for what no region is called."""
    if region.endswith("-global"):  # what botocore calls a partition as a whole
        return _BY_NAME.get(region.removesuffix("-global"))
    parts = region.rsplit("-", 2)
    if len(parts) != 3 or not _ALNUM.issuperset(parts[1]) or not _DIGITS.issuperset(parts[2]):
        return None
    if not (parts[1] and parts[2]):
        return None
    found = (partition for partition in PARTITIONS if partition.region_stem == parts[0])
    is_of_default = len(parts[0]) == 2 and _ALPHA.issuperset(parts[0])
    return next(found, _BY_NAME[DEFAULT] if is_of_default else None)
