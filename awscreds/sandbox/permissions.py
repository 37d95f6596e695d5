"""What the policies of the account let a caller do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from awscreds.sandbox.policy import Call, Decision, decide
from awscreds.sandbox.responses import access_denied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.sandbox.state import Caller, Clock

ACCOUNT = "123456789012"

_ASSUMES_ROLES = {
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
}


class Permissions:
    """The decisions about calls, by the policies in moto's backend, which ``backend`` returns.

    Methods raise Refusal.
    """

    def __init__(self, backend: Callable[[], Any], clock: Clock) -> None:
        self._backend = backend
        self._clock = clock

    @property
    def _iam(self) -> Any:
        return self._backend()

    def authorize(self, caller: Caller, call: Call) -> None:
        """Refuse ``call`` unless a policy of the caller allows it."""
        decision = decide(self._identity_policies(caller), self._in_context(caller, call))
        if caller.kind != "root" and decision is not Decision.ALLOW:
            _deny(caller, call, decision)

    def _in_context(self, caller: Caller, call: Call) -> Call:
        context = {"aws:principalarn": caller.arn, "aws:principalaccount": ACCOUNT}
        if caller.kind == "user":
            context["aws:username"] = caller.name
        if caller.temporary:
            issued = datetime.fromtimestamp(caller.issued_at, UTC)
            context["aws:tokenissuetime"] = issued.isoformat()
        if caller.temporary and not caller.is_role:
            context["aws:multifactorauthpresent"] = "false" if caller.mfa_at is None else "true"
        if caller.mfa_at is not None:
            context["aws:multifactorauthage"] = str(self._clock.now() - caller.mfa_at)
        return replace(call, context={**context, **call.context})

    def _identity_policies(self, caller: Caller) -> list[Mapping[str, Any]]:
        if caller.kind == "root":
            return []
        if caller.kind == "portal":
            # Its account has no resources here: whatever it may do, it may assume roles.
            return [_ASSUMES_ROLES]
        if caller.kind == "role":
            holders = [self._iam.get_role(caller.name)]
        else:
            holders = [self._iam.users[caller.name], *self._iam.get_groups_for_user(caller.name)]
        inline = [text for holder in holders for text in holder.policies.values()]
        managed = [
            version.document
            for holder in holders
            for policy in holder.managed_policies.values()
            for version in policy.versions
            if version.is_default
        ]
        return [json.loads(text) for text in (*inline, *managed)]

    def trusting_role(self, caller: Caller, call: Call) -> Any:
        """The role of ``call`` if it may be assumed. A refusal does not say whether it exists."""
        role = next((role for role in self._iam.get_roles() if role.arn == call.resource), None)
        if role is None:
            _deny(caller, call, Decision.SILENT)
        full = self._in_context(caller, call)
        account = {ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"}
        own = {caller.arn, self._role_arn(caller)} if caller.kind == "role" else {caller.arn}
        trust = [json.loads(role.assume_role_policy_document)]
        identity = decide(self._identity_policies(caller), full)
        if decide(trust, full, principals=own) is Decision.ALLOW:
            # A role that trusts the caller by name needs no permission on the caller's side.
            allowed = identity is not Decision.DENY
        else:
            allowed = identity is Decision.ALLOW
        if not allowed or decide(trust, full, principals=own | account) is not Decision.ALLOW:
            _deny(caller, call, identity)
        return role

    def _role_arn(self, caller: Caller) -> str:
        arn: str = self._iam.get_role(caller.name).arn
        return arn


def _deny(caller: Caller, call: Call, decision: Decision) -> NoReturn:
    message = f"User: {caller.arn} is not authorized to perform: {call.action} on resource: "
    if call.action.startswith("iam:"):
        kind, _, name = call.resource.rpartition(":")[2].partition("/")
        message += f"{kind} {name}" if name else call.resource
        if decision is Decision.DENY:
            message += " with an explicit deny in an identity-based policy"
        else:
            message += f" because no identity-based policy allows the {call.action} action"
    else:
        message += call.resource
    raise access_denied(message)
