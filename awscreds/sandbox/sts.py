"""STS as strict as AWS: moto gives everybody the same session, so it is not asked."""

from __future__ import annotations

import base64
import importlib
import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from awscreds.sandbox.parameters import duration, federation_name, refuse, wanted
from awscreds.sandbox.permissions import ACCOUNT
from awscreds.sandbox.policy import Call
from awscreds.sandbox.responses import (
    Reply,
    access_denied,
    no_such_action,
    validation_error,
    xml_reply,
)
from awscreds.sandbox.state import Caller, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.sandbox.mfa_devices import MfaDevices
    from awscreds.sandbox.permissions import Permissions
    from awscreds.sandbox.state import Clock

LONGEST_SESSION = 129_600
LONGEST_ROOT_SESSION = 3600
LONGEST_ROLE_SESSION = 43_200
LONGEST_CHAINED = 3600

OPEN_TO_SESSIONS = ("AssumeRole", "GetCallerIdentity")
"""The actions of STS that GetSessionToken's credentials may call, with MFA or without."""


class Sts:
    """The sessions of one account. Whoever calls it holds the account's lock."""

    def __init__(self, devices: MfaDevices, permissions: Permissions, clock: Clock) -> None:
        self._devices = devices
        self._permissions = permissions
        self._clock = clock
        self._sessions: dict[str, Session] = {}

    def reset(self) -> None:
        """Forget all sessions."""
        self._sessions.clear()

    def find_session(self, key_id: str) -> Session | None:
        """What is known of an access key ID."""
        return self._sessions.get(key_id)

    def answer(self, caller: Caller, action: str, params: Mapping[str, str]) -> Reply:
        """What AWS answers. Raises Refusal if it refuses."""
        actions: dict[str, Callable[[Caller, Mapping[str, str]], dict[str, Any]]] = {
            "AssumeRole": self._assume_role,
            "GetCallerIdentity": self._get_caller_identity,
            "GetFederationToken": self._get_federation_token,
            "GetSessionToken": self._get_session_token,
        }
        if action not in actions:
            no_such_action(action, params)
        if caller.kind == "federated" and action != "GetCallerIdentity":
            raise access_denied(f"Cannot call {action} with federation token credentials")
        if caller.temporary and action not in OPEN_TO_SESSIONS:
            raise access_denied(f"Cannot call {action} with session credentials")
        return xml_reply("sts", action, actions[action](caller, params))

    def _get_caller_identity(self, caller: Caller, _: Mapping[str, str]) -> dict[str, Any]:
        account = caller.arn.split(":")[4]
        return {"Arn": caller.arn, "UserId": caller.user_id, "Account": account}

    def _get_session_token(self, caller: Caller, params: Mapping[str, str]) -> dict[str, Any]:
        longest = LONGEST_ROOT_SESSION if caller.kind == "root" else LONGEST_SESSION
        seconds = min(duration(params, 43_200, LONGEST_SESSION), longest)
        now = self._clock.now()
        mfa_at = now if self._devices.check_mfa(caller, params) else None
        return {"Credentials": self._new_session(replace(caller, mfa_at=mfa_at), seconds)}

    def _get_federation_token(self, caller: Caller, params: Mapping[str, str]) -> dict[str, Any]:
        name = federation_name(params)
        longest = LONGEST_ROOT_SESSION if caller.kind == "root" else LONGEST_SESSION
        seconds = min(duration(params, 43_200, LONGEST_SESSION), longest)
        arn = f"arn:aws:sts::{ACCOUNT}:federated-user/{name}"
        self._permissions.authorize(caller, Call("sts:GetFederationToken", arn))
        federated = Caller("federated", name, arn, f"{ACCOUNT}:{name}", "")
        return {
            "Credentials": self._new_session(federated, seconds),
            "FederatedUser": {"FederatedUserId": federated.user_id, "Arn": arn},
        }

    def _assume_role(self, caller: Caller, params: Mapping[str, str]) -> dict[str, Any]:
        arn, name = wanted(params, "RoleArn"), wanted(params, "RoleSessionName")
        if not re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII):
            refuse(name, "roleSessionName", r"Member must satisfy regular expression pattern: "
                        r"[\w+=,.@-]*")  # fmt: skip
        seconds = duration(params, 3600, LONGEST_ROLE_SESSION)
        if caller.kind == "root":
            raise access_denied("Roles may not be assumed by root accounts.")
        context = {}
        if self._devices.check_mfa(caller, params):
            context = {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
        if "ExternalId" in params:
            context["sts:externalid"] = params["ExternalId"]
        role = self._permissions.trusting_role(caller, Call("sts:AssumeRole", arn, context))
        if caller.temporary and seconds > LONGEST_CHAINED:
            # GetSessionToken's credentials count as chaining, too, with MFA or without.
            raise validation_error(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
                "by role chaining"
            )
        if seconds > int(role.max_session_duration or 3600):
            raise validation_error(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            )
        assumed = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/{name}"
        user_id = f"{role.id}:{name}"
        of_role = Caller("role", role.name, assumed, user_id, "", is_chained=caller.temporary)
        credentials = self._new_session(of_role, seconds)
        return {
            "AssumedRoleUser": {"AssumedRoleId": user_id, "Arn": assumed},
            "Credentials": credentials,
        }

    def open_session(self, caller: Caller, seconds: int) -> tuple[str, Session]:
        """Temporary credentials for ``caller``: their key ID, and the rest."""
        now = self._clock.now()
        key_id = new_key_id("ASIA")
        caller = replace(caller, key_id=key_id, temporary=True, issued_at=now)
        token = "IQoJb3JpZ2luX2Vj" + base64.b64encode(secrets.token_bytes(250)).decode()
        session = Session(new_secret(), token, float(int(now) + seconds), caller)
        self._sessions[key_id] = session
        return key_id, session

    def _new_session(self, caller: Caller, seconds: int) -> dict[str, str]:
        key_id, session = self.open_session(caller, seconds)
        expiration = datetime.fromtimestamp(session.expires_at, UTC)
        return {
            "AccessKeyId": key_id,
            "SecretAccessKey": session.secret,
            "SessionToken": session.token,
            "Expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def new_key_id(prefix: str) -> str:
    """A new access key ID, which names the account as AWS's do."""
    new: Any = importlib.import_module("moto.iam.utils").generate_access_key_id_from_account_id
    key_id: str = new(ACCOUNT, prefix)
    return key_id


def new_secret() -> str:
    """The secret of a new key."""
    return base64.b64encode(secrets.token_bytes(30)).decode()
