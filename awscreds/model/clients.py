"""Which programs can read which profiles: one row for each program, and the rule of each limit.

The page "Which programs read a managed profile" shows the rows (a test compares them), and
``doctor --clients`` applies the rules to the profiles that there are. Each row is what the program
did in our tests (``tests/clients``), or was seen by hand.
"""

from __future__ import annotations

from awscreds.model import names, tools
from awscreds.model.profile import (
    FOREIGN_PROCESS,
    MANAGED,
    ROLE,
    WRAPPED,
    WRAPPED_LOGIN,
    WRAPPED_SSO,
)
from awscreds.model.settings import is_not_beside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from awscreds.model.profile import Profile, Profiles

    Rule = Callable[["Reading"], str | None]

NO = "no"
EXEC = "awscreds exec PROFILE -- PROGRAM"
"""What to do instead, for any program."""

WRAP = "awscreds profile wrap PROFILE"
_IN_QUOTES = frozenset(" \t'\"\\")
_ONLY_V3 = ("endpoint_url", "services")


class Reading:
    """A profile as a program meets it: the variables, and whether its source is a program."""

    __slots__ = ("environ", "is_role", "profile")

    def __init__(self, profile: Profile, environ: Mapping[str, str], *, is_role: bool) -> None:
        self.profile = profile
        self.environ = environ
        self.is_role = is_role  # which is assumed with what a program gives

    @property
    def keys(self) -> set[str]:
        """The settings of a profile that has the line itself; empty for a role."""
        return set() if self.is_role else {*self.profile.config, *self.profile.credentials}


def _never(_: Reading) -> str:
    return "it does not know credential_process"


def _blind(*about: str) -> Rule:
    """A rule about names that some of the SDKs of ``tools`` do not see."""

    def rule(reading: Reading) -> str | None:
        found = set(about) & set(names.blind(reading.profile.name))
        return "it does not see a profile with this name" if found else None

    return rule


def _restricted(reading: Reading) -> str | None:
    """``IDENTIFIER_ALLOWED_CHARACTERS`` in the configuration loader of the SDK for C++."""
    if set(reading.profile.name) - names.EVERYWHERE:
        return "it does not see a profile with this name"
    return None


def _quoted(reading: Reading) -> str | None:
    if set(reading.profile.name) & _IN_QUOTES:
        return "it knows the name only with its quotes"
    return None


def _beside(reading: Reading) -> str | None:
    found = sorted(filter(is_not_beside, reading.keys))
    return f"{found[0]} is beside the credential_process line" if found else None


def _beside_in_v3(reading: Reading) -> str | None:
    found = [key for key in _ONLY_V3 if key in reading.keys]
    return f"{found[0]} is beside the credential_process line" if found else None


def _default(reading: Reading) -> str | None:
    is_default = reading.profile.name == "default" and not reading.is_role
    return "it does not find [default] in the config file" if is_default else None


def _other_file(reading: Reading) -> str | None:
    return "it does not read AWS_CONFIG_FILE" if reading.environ.get("AWS_CONFIG_FILE") else None


def _without_config(reading: Reading) -> str | None:
    if reading.environ.get("AWS_SDK_LOAD_CONFIG"):
        return None
    return "it reads the config file only with AWS_SDK_LOAD_CONFIG=1"


def _role(reading: Reading) -> str | None:
    return "it assumes no role with a key from credential_process" if reading.is_role else None


class Limit:
    """A rule, and the command to use instead, in which PROFILE and PROGRAM are replaced."""

    __slots__ = ("instead", "rule")

    def __init__(self, rule: Rule, instead: str = EXEC) -> None:
        self.rule = rule
        self.instead = instead


class Client:
    """A program: the cells of its row on the page, its limits, and its command in examples."""

    __slots__ = ("cells", "command", "limits", "name")

    def __init__(
        self, cells: tuple[str, str, str, str], *limits: Limit, name: str = "", command: str = "…"
    ) -> None:
        self.cells = cells
        self.limits = limits
        self.name = name or cells[0]
        self.command = command


_NEVER = Limit(_never)
_BY_HAND = (
    "Serverless Framework, restic, s3cmd, s3fs-fuse, GDAL before 3.7",
    "by hand: 3.40, 0.14, 2.3, 1.90, 3.6",
    NO,
    "`awscreds exec NAME -- PROGRAM …`",
)

CLIENTS = (
    Client(
        (
            "AWS CLI v1 and v2, boto3",
            "in CI: AWS CLI 1.4x, AWS CLI 2.9, boto3 1.4x",
            "yes",
            "",
        )
    ),
    Client(
        (
            "AWS SDK for Go v2, Terraform's provider, rclone",
            "in CI: SDK 1.48, aws-sdk-go-base 2.0.0-beta.74; by hand: rclone 1.60",
            "yes",
            "they do not find profiles with a space or `#` in the name",
        ),
        Limit(_blind(tools.GO)),
    ),
    Client(
        (
            "AWS SDK for Java v2, Rust",
            "in CI: Java 2.57; Rust: from its source",
            "yes",
            (
                "they find only profiles with names of letters, digits and `_ . - / % @ : +`; a "
                "name with `#` or ` ;` makes them refuse the whole file"
            ),
        ),
        Limit(_blind(*tools.STRICT)),
    ),
    Client(
        (
            "AWS SDK for JavaScript v3, AWS CDK",
            "in CI: SDK 3.1174; by hand: AWS CDK 2.1148",
            "yes",
            "they also find only profiles with names of letters, digits and `_ . - / % @ : +`",
        ),
        Limit(_blind(tools.JAVASCRIPT)),
    ),
    Client(
        (
            "AWS SDK for JavaScript v2",
            "in CI: SDK 2.1693",
            "yes, with `AWS_SDK_LOAD_CONFIG=1`",
            (
                "it does not find a quoted name; a role with a managed source: "
                "`awscreds profile wrap ROLE`"
            ),
        ),
        Limit(_without_config, "export AWS_SDK_LOAD_CONFIG=1"),
        Limit(_role, WRAP),
        Limit(_quoted),
    ),
    Client(
        (
            "AWS SDK for .NET v3 and v4, PowerShell's AWS tools",
            "in CI: SDK 3.7.402, SDK 4.1.0",
            "yes",
            (
                "it does not find a profile that has other credential settings beside the "
                "`credential_process` line, so awscreds renames these to `awscreds_…`; v3 also "
                "rejects `endpoint_url` and `services`"
            ),
        ),
        Limit(_beside),
        Limit(_quoted),
    ),
    Client(
        ("", "", "", ""),
        Limit(_beside_in_v3),
        name="AWS SDK for .NET v3",
    ),
    Client(
        (
            "AWS SDK for C++ (pyarrow, DuckDB)",
            "in CI: SDK 1.11 in pyarrow",
            "yes",
            (
                "it also finds only profiles with names of letters, digits and `_ . - / % @ : +`; "
                "a role: `awscreds profile wrap ROLE`"
            ),
        ),
        Limit(_role, WRAP),
        Limit(_restricted),
    ),
    Client(
        (
            "AWS SDK for Ruby",
            "in CI: SDK 3.168",
            "yes",
            "a quoted name is known only with its quotes",
        ),
        Limit(_quoted),
    ),
    Client(
        (
            "AWS SDK for PHP",
            "in CI: its steps with the parser of PHP 8.2",
            "named profiles",
            "`[default]` is not found: use a named profile. AWS_CONFIG_FILE is not read",
        ),
        Limit(_default),
        Limit(_other_file),
        Limit(_quoted),
    ),
    Client(_BY_HAND, _NEVER, name="Serverless Framework", command="serverless"),
    Client(("", "", "", ""), _NEVER, name="restic", command="restic"),
    Client(("", "", "", ""), _NEVER, name="s3cmd", command="s3cmd"),
    Client(("", "", "", ""), _NEVER, name="s3fs-fuse", command="s3fs"),
    Client(("", "", "", ""), _NEVER, name="GDAL before 3.7", command="gdalinfo"),
)
"""Every program. One without cells is in the row of another one."""


class Unreadable:
    """Profiles that a program cannot read for one reason. ``instead`` is for the first of them."""

    __slots__ = ("client", "instead", "profiles", "why")

    def __init__(self, client: Client, why: str, instead: str) -> None:
        self.client = client
        self.why = why
        self.instead = instead
        self.profiles: list[str] = []


def unreadable(profiles: Profiles, environ: Mapping[str, str]) -> list[Unreadable]:
    """What each program cannot read of the profiles that get their credentials from a program."""
    readings = list(_readings(profiles, environ))
    return [each for client in CLIENTS for each in _of_client(client, readings)]


def _of_client(client: Client, readings: Iterable[Reading]) -> Iterable[Unreadable]:
    found: dict[str, Unreadable] = {}
    for reading in readings:
        for limit in client.limits:
            why = limit.rule(reading)
            if why:
                each = found.setdefault(why, Unreadable(client, why, limit.instead))
                each.profiles.append(reading.profile.name)
                break
    return found.values()


def _readings(profiles: Profiles, environ: Mapping[str, str]) -> Iterator[Reading]:
    of_programs = (MANAGED, WRAPPED, WRAPPED_SSO, WRAPPED_LOGIN, FOREIGN_PROCESS)
    by_name = {profile.name: profile for profile in profiles.all()}
    kinds: dict[str, str] = {}
    for profile in by_name.values():
        if profile.kind in of_programs:
            yield Reading(profile, environ, is_role=False)
        elif _source_kind(profile, by_name, kinds) in of_programs:
            yield Reading(profile, environ, is_role=True)


def _source_kind(profile: Profile, by_name: Mapping[str, Profile], kinds: dict[str, str]) -> str:
    """The kind of the source of a role, through all roles between; ``kinds`` are those known.

    A loop, or a source that does not exist, has the kind of a role.
    """
    passed: dict[str, None] = {}
    at = profile
    while at.kind == ROLE and at.name not in kinds and at.name not in passed:
        passed[at.name] = None
        following = by_name.get(at.get("source_profile") or "")
        if following is None:
            break
        at = following
    kind = kinds.get(at.name, at.kind)
    kinds.update(dict.fromkeys(passed, kind))
    return kind
