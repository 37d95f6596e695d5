"""Before a rotation: check everything that could stop it half way. Nothing is changed."""

from __future__ import annotations

from awscreds.aws.errors import ACCESS_DENIED
from awscreds.aws.iam import last_used_if_allowed, user_name_of
from awscreds.errors import (
    AwscredsError,
    AwsError,
    ConfigurationError,
    InputNeeded,
    UsageError,
)
from awscreds.model.credentials import AccessKey
from awscreds.model.key_usage import has_plaintext, required_users
from awscreds.model.keys import NO_ROOT_KEY, ROOT_KEY, TEMPORARY_PREFIX
from awscreds.model.pairs import losses, named, refuse_lost_sections
from awscreds.model.partitions import partition_of
from awscreds.model.profile import Profiles
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.model.text import escaped, quoted
from awscreds.workflows.gate import Gate
from awscreds.workflows.key_secrets import require_key
from awscreds.workflows.rotation.repoint import (
    moves_to_store,
    repoint,
    shadowed_definitions,
    stays_plaintext,
    unheeded_others,
)
from awscreds.workflows.rotation.waiting import is_throttled, patiently

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from awscreds.aws.gateway import Identity
    from awscreds.aws.iam import Iam, KeyInfo, LastUsed
    from awscreds.model.credentials import Session
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.profile import Profile
    from awscreds.model.rotation import RotateOptions
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.stores.pointers import Pointer
    from awscreds.workflows.rotation.access import AwsAccess
    from awscreds.workflows.rotation.context import RotationContext

    T = TypeVar("T")

KEYS_OF_A_USER = 2
"""Keys a user may have at most, inactive ones included."""


class Plan:
    """What a rotation would be about.

    ``other`` is the user's second key, if there is one; ``elsewhere`` are the pointers to the key
    in other config files, which will name the new key.
    """

    def __init__(
        self,
        key: AccessKey,
        identity: Identity,
        users: list[Profile],
        gate: Gate,
        serial: str | None,
    ) -> None:
        self.key = key
        self.identity = identity
        self.users = users
        self.gate = gate
        self.mfa_serial = serial
        self.session: Session | None = None
        self.user = user_name_of(identity) or ""
        self.created = 0.0
        self.last_used: LastUsed | None = None
        self.other: KeyInfo | None = None
        self.elsewhere: list[Pointer] = []
        self.other_last_used: LastUsed | None = None

    @property
    def profiles(self) -> list[str]:
        return [profile.name for profile in self.users]

    def moving(self) -> list[str]:
        """The profiles whose plaintext key would move into the store."""
        return [profile.name for profile in self.users if moves_to_store(profile, self.key.id)]

    def staying(self) -> dict[str, str]:
        """Those whose plaintext key must stay where it is, each with the reason."""
        plain = [p for p in self.users if has_plaintext(p, self.key.id)]
        reasons = {profile.name: stays_plaintext(profile) for profile in plain}
        return {name: reason for name, reason in reasons.items() if reason}


def preflight(
    key_id: str, context: RotationContext, access: AwsAccess, options: RotateOptions
) -> Plan:
    """What a rotation of ``key_id`` would be about. Nothing is changed.

    Raises an AwscredsError with the remedy if the rotation could not be finished.
    """
    documents = context.files.load()
    profiles = Profiles(documents.config, documents.credentials)
    users = required_users(key_id, profiles)
    if key_id.startswith(TEMPORARY_PREFIX):
        raise ConfigurationError(
            f"{key_id} belongs to temporary credentials, which expire and cannot be rotated",
            code="temporary-credentials",
            hint="rotate the key they were made from: awscreds rotate --profile NAME",
        )
    keep_plaintext = options.keep_plaintext
    iam, sts = _same_endpoints(key_id, users, profiles, context.environ)
    gate = Gate(iam, sts, context.recorded, endpoint_ok=options.endpoint_ok)
    gate.require_endpoint(key_id)
    access.reach(iam, sts)
    context.files.require_trusted()
    key = require_key(key_id, profiles, context.store_of)
    moving = [p.name for p in users if moves_to_store(p, key_id) and not keep_plaintext]
    _require_one_place(key, profiles, context, moving)
    _require_no_loss(key, documents, keep_plaintext=keep_plaintext)
    identity = _unhurried(context, lambda: access.identity(key))
    gate.require_identity(key_id, identity)
    _require_user(key, identity)
    serial = next((serial for p in users if (serial := p.of_role("mfa_serial"))), None)
    if access.has_token and not serial:
        serial = _unhurried(context, lambda: _device_of_code(identity, key, access))
    plan = Plan(key, identity, users, gate, serial)
    if serial:
        plan.session = access.session(key, serial, may_ask=True)
    listed = _permitted_list(plan, access, context)
    context.new_store().backend.check()
    context.files.check_replaceable()
    plan.elsewhere = context.pointers_elsewhere(key_id)
    for name in moving:
        context.process_line(name)  # it fails here if no line can start this installation
    iam_calls = access.iam(plan.session or key)
    _unhurried(context, lambda: _look_at_keys(plan, listed, iam_calls))
    if plan.other:  # it may have to make room
        gate.require_endpoint(plan.other.id)
        gate.require_identity(plan.other.id, identity)
    return plan


def _require_no_loss(key: AccessKey, documents: AwsDocuments, *, keep_plaintext: bool) -> None:
    """Try the switch on a copy. Raises ConfigurationError if a pair or a section would be lost."""
    after = documents.clone()
    successor = AccessKey(f"{key.id}-next", "the new secret")
    repoint(
        after, key.id, successor, keep_plaintext=keep_plaintext, process_line=lambda _: "the line"
    )
    refuse_lost_sections(documents, after)
    if others := [pair for pair in losses(documents, after) if pair.secret != key.secret]:
        raise ConfigurationError(
            f"replacing {key.id} would remove another key: {named(others)}",
            code="several-keys",
            hint="give it a profile of its own or remove it; or use --keep-plaintext",
        )


def _require_one_place(
    key: AccessKey, profiles: Profiles, context: RotationContext, moving: list[str]
) -> None:
    paths = context.files.config_path, context.files.credentials_path
    places = shadowed_definitions(key.id, profiles, paths, secret=key.secret, but_for=moving)
    if places:
        raise ConfigurationError(
            f"{key.id} is also at {' and '.join(places)}, which the AWS CLI and boto3 "
            "ignore: SDKs that read this place would still use the deleted key",
            code="key-in-two-places",
            hint="remove it there, or join the two sections into one, then rotate again",
        )

    if others := unheeded_others(key.id, profiles, paths, moving):
        raise ConfigurationError(
            f"another key is at {' and '.join(others)}, which the AWS CLI and boto3 ignore: it "
            f"would be lost when {key.id} moves from there to the secret store",
            code="several-keys",
            hint="give it a profile of its own or remove it; or use --keep-plaintext",
        )


def _require_user(key: AccessKey, identity: Identity) -> None:
    if user_name_of(identity):
        return
    if identity.is_root:
        raise AwscredsError(
            f"{key.id} is {ROOT_KEY}. It should be removed, not rotated",
            code="root-key",
            hint=NO_ROOT_KEY,
        )
    raise AwscredsError(
        f"{key.id} belongs to {escaped(identity.arn)}, which is not an IAM user; only users "
        "have access keys",
        code="not-a-user",
        hint="rotate the key of the user that these credentials come from: awscreds "
        "rotate --profile NAME",
    )


# -- endpoints -------------------------------------------------------------------------------------


def _same_endpoints(
    key_id: str,
    users: list[Profile],
    profiles: Profiles,
    environ: Mapping[str, str],
) -> tuple[ServiceEndpoint, ServiceEndpoint]:
    """How IAM and STS are reached: in the same way by all profiles that use the key."""
    found: dict[
        tuple[str | None, str | None, str], list[tuple[str, ServiceEndpoint, ServiceEndpoint]]
    ] = {}
    for profile in users:
        iam, sts = (
            resolve_endpoint(service, profile, profiles, environ) for service in ("iam", "sts")
        )
        destination = (iam.endpoint_url, sts.endpoint_url, partition_of(iam.region))
        found.setdefault(destination, []).append((profile.name, iam, sts))
    if len(found) > 1:
        shown = "; ".join(
            f"{', '.join(escaped(name) for name, _, _ in those)}: {_shown(destination)}"
            for destination, those in found.items()
        )
        raise ConfigurationError(
            f"the profiles that use {key_id} reach AWS in different ways ({shown})",
            code="endpoints-differ",
            hint="a key works in one partition at one endpoint: give those profiles the same "
            "region and endpoint_url, or keys of their own",
        )
    _, iam, sts = next(iter(found.values()))[0]
    return iam, sts


def _shown(destination: tuple[str | None, str | None, str]) -> str:
    iam, sts, name = destination
    endpoints = [escaped(url) for url in dict.fromkeys((iam, sts)) if url]
    return " and ".join([f"partition {name}", *endpoints])


# -- what AWS says -----------------------------------------------------------------------------


def _unhurried(context: RotationContext, call: Callable[[], T]) -> T:
    """What ``call`` returns, repeated while AWS gets too many requests."""
    return patiently(context, call, is_throttled)


def _permitted_list(plan: Plan, access: AwsAccess, context: RotationContext) -> list[KeyInfo]:
    """The user's keys. Raises AwsError if a call of a rotation is not allowed, even with MFA."""
    iam = access.iam(plan.session or plan.key)
    listed, refused = _unhurried(context, lambda: _try_actions(plan.user, iam))
    if refused and (session := _begin_session(plan, access, context)):
        with_mfa = access.iam(session)
        listed, refused = _unhurried(context, lambda: _try_actions(plan.user, with_mfa))
    if refused:
        raise _missing(plan, refused)
    return listed


def _try_actions(user: str, iam: Iam) -> tuple[list[KeyInfo], list[str]]:
    """The user's keys, and the actions that are refused. CreateAccessKey cannot be tried."""
    listed: list[KeyInfo] = []
    refused = []
    try:
        listed = iam.list_access_keys(user)
    except AwsError as error:
        if error.aws_code not in ACCESS_DENIED:
            raise
        refused.append("iam:ListAccessKeys")
    if not iam.can_update(user):
        refused.append("iam:UpdateAccessKey")
    if not iam.can_delete(user):
        refused.append("iam:DeleteAccessKey")
    return listed, refused


def _begin_session(plan: Plan, access: AwsAccess, context: RotationContext) -> Session | None:
    """An MFA session with the user's device; None if there is one already, or none is possible."""
    if plan.session is not None:
        return None
    try:
        serial = _unhurried(context, lambda: access.device_of(plan.key))
    except AwsError:
        return None
    if serial is None:
        return None
    try:
        plan.session = access.session(plan.key, serial, may_ask=True)
    except InputNeeded:  # no profile says that there is MFA, and nobody could be asked
        return None
    plan.mfa_serial = serial
    return plan.session


def _device_of_code(identity: Identity, key: AccessKey, access: AwsAccess) -> str:
    """The device of the code that was passed. Raises UsageError if the user has none."""
    serial = access.device_of(key)
    if serial is None:
        raise UsageError(
            f"--token needs an MFA device, and {escaped(identity.arn)} has none that "
            "shows codes; nothing was changed",
            code="no-device",
            hint="omit --token",
        )
    return serial


def _missing(plan: Plan, actions: list[str]) -> AwsError:
    return AwsError(
        f"{escaped(plan.identity.arn)} may not call {' and '.join(actions)} for itself"
        + ("" if plan.session else ", at least not without MFA"),
        code="permissions-missing",
        hint=f"`awscreds policy rotate --profile {quoted(plan.profiles[0])}` prints the policy "
        "that an administrator can attach; if MFA is missing, set mfa_serial",
    )


def _look_at_keys(plan: Plan, listed: list[KeyInfo], iam: Iam) -> None:
    current = next((key for key in listed if key.id == plan.key.id), None)
    name = quoted(plan.profiles[0])
    if current is None:
        raise AwsError(
            f"AWS does not list {plan.key.id} among the keys of {escaped(plan.user)}",
            code="key-not-listed",
            hint=f"`awscreds keys list --profile {name}` shows the user's keys; "
            f"`awscreds whoami --profile {name}` shows whose this one is",
        )
    if not current.is_active:
        raise AwsError(
            f"{plan.key.id} is inactive",
            code="key-inactive",
            hint="configure the profile with another key, or activate this one: "
            f"awscreds keys activate {plan.key.id} --profile {name}",
        )
    plan.created = current.created
    plan.last_used = last_used_if_allowed(iam, current.id)
    others = [key for key in listed if key.id != plan.key.id]
    if len(listed) >= KEYS_OF_A_USER and others:
        plan.other = others[0]
        plan.other_last_used = last_used_if_allowed(iam, plan.other.id)
