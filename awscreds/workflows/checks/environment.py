"""Variables that change what every tool uses: which win over the files, and where tools disagree.

boto3, the AWS CLI and the SDKs for Go and Java use keys in the environment before AWS_PROFILE; the
SDK for JavaScript v3 uses AWS_PROFILE (``credential-provider-node``, ``defaultProvider``).
"""

from __future__ import annotations

import os

from awscreds.errors import ConfigurationError
from awscreds.model import environment as names
from awscreds.model import tools
from awscreds.model.endpoint import parse_endpoint
from awscreds.model.expirations import expiration_of
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import ERROR, NOTE, WARNING
from awscreds.model.service_endpoint import is_region
from awscreds.model.text import escaped
from awscreds.model.times import format_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from awscreds.workflows.checks.surroundings import Surroundings

_PROFILES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
_FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE")
_ENDPOINTS = "AWS_ENDPOINT_URL"


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """What is wrong with the variables of this shell."""
    environ = surroundings.environ
    yield from _keys(environ, surroundings.clock())
    yield from _profiles(environ, surroundings)
    yield from _regions(environ, surroundings)
    for name in _FILES:
        if environ.get(name) and not os.path.exists(os.path.expanduser(environ[name])):
            yield Finding(
                "missing-file",
                WARNING,
                name,
                0,
                f"{name} names a file that does not exist: {escaped(environ[name])}",
                remedy=f"correct it, or: unset {name}",
            )
    for name in environ:
        if name.startswith(_ENDPOINTS) and environ[name]:
            yield from _endpoint(name, environ[name])


def _keys(environ: Mapping[str, str], now: float) -> Iterator[Finding]:
    key_id = environ.get(names.ACCESS_KEY_ID)
    if not key_id or not environ.get(names.SECRET_ACCESS_KEY):
        return
    is_ours = bool(environ.get(names.ACTIVE))
    end = expiration_of(environ)
    off = "awscreds export --unset" if is_ours else f"unset {' '.join(_KEYS)}"
    if end is not None and end <= now:
        yield Finding(
            "expired-environment",
            ERROR,
            names.ACCESS_KEY_ID,
            0,
            f"the session in this shell expired at {format_iso(end)}; tools use it before any "
            "profile, and fail",
            remedy=f"get a new session, or remove this one: {off}",
        )
    elif not is_ours:
        is_session = bool(environ.get(names.SESSION_TOKEN))
        what = "a session" if is_session else "an access key in plaintext"
        yield Finding(
            "keys-in-environment",
            NOTE if is_session else WARNING,
            names.ACCESS_KEY_ID,
            0,
            f"the environment has {what}; the AWS CLI and all SDKs use it, unless a profile is "
            "named on the command line or in the program",
            remedy=f"if you want to use profiles: {off}",
        )
    profile = next((name for name in _PROFILES if environ.get(name)), None)
    if profile:
        yield Finding(
            "keys-and-profile",
            ERROR,
            profile,
            0,
            f"the environment has keys and {profile}: the AWS CLI, boto3 and most SDKs use the "
            f"keys, the SDK for {tools.JAVASCRIPT} v3 uses the profile",
            tools=(tools.JAVASCRIPT,),
            remedy=f"keep one of them: unset {profile}, or {off}",
        )


_KEYS = (names.ACCESS_KEY_ID, names.SECRET_ACCESS_KEY, names.SESSION_TOKEN)


def _profiles(environ: Mapping[str, str], surroundings: Surroundings) -> Iterator[Finding]:
    chosen = {name: environ[name] for name in _PROFILES if environ.get(name)}
    if len(set(chosen.values())) > 1:
        yield Finding(
            "ambiguous-profile",
            ERROR,
            _PROFILES[0],
            0,
            "AWS_PROFILE and AWS_DEFAULT_PROFILE name different profiles; boto3 uses "
            "AWS_DEFAULT_PROFILE, the AWS CLI v2 and the SDKs use AWS_PROFILE",
            tools=(tools.BOTO3,),
            remedy="unset AWS_DEFAULT_PROFILE",
        )
    for name, value in chosen.items():
        if not surroundings.profiles.has(value):
            yield Finding(
                "missing-profile",
                ERROR,
                name,
                0,
                f"{name} names a profile that does not exist: {escaped(value)}; every tool fails",
                remedy=f"choose another one, or: unset {name}",
            )


def _regions(environ: Mapping[str, str], surroundings: Surroundings) -> Iterator[Finding]:
    found = {name: environ[name] for name in names.REGIONS if environ.get(name)}
    for name, value in found.items():
        if not is_region(value):
            message = f"{name} is not a region"
            remedy = "a region is like eu-central-1"
            yield Finding("bad-region", ERROR, name, 0, message, (), remedy)
            return
    if len(set(found.values())) > 1:
        yield Finding(
            "ambiguous-region",
            WARNING,
            names.REGION,
            0,
            "AWS_REGION and AWS_DEFAULT_REGION differ; boto3 and the AWS CLI v1 read only "
            "AWS_DEFAULT_REGION, the SDKs only AWS_REGION",
            tools=tools.BOTOCORE,
            remedy="set both to the same region",
        )
    others = [
        profile.name
        for profile in surroundings.every_profile
        if profile.get("region") and profile.get("region") not in found.values()
    ]
    # The region of our own session is that of its profile.
    if found and others and not environ.get(names.ACTIVE):
        name, value = next(iter(found.items()))
        yield Finding(
            "region-from-environment",
            NOTE,
            name,
            0,
            f"{name} is {value}: tools use it instead of the region of {len(others)} "
            f"{'profile' if len(others) == 1 else 'profiles'}, like {escaped(others[0])}",
            remedy=f"if you want the regions of the profiles: unset {' '.join(found)}",
        )


def _endpoint(name: str, value: str) -> Iterator[Finding]:
    try:
        endpoint = parse_endpoint(value, name)
    except ConfigurationError as error:
        yield Finding("bad-endpoint", ERROR, name, 0, error.message, (), f"unset {name}")
        return
    if endpoint.is_plain_http and not endpoint.is_loopback:
        yield Finding(
            "plain-http",
            WARNING,
            name,
            0,
            f"{name} is plain http to another machine: everybody on the way can read it",
            remedy=f"use https, or: unset {name}",
        )
