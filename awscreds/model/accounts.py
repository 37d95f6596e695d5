"""The account that credentials belong to, if it is known without asking AWS."""

from __future__ import annotations

import re

from awscreds.model.profile import LOGIN, MANAGED, SSO, STATIC_KEYS, WEB_IDENTITY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.profile import Profile
    from awscreds.model.role_chain import Chain

_ACCOUNT = re.compile(r"[0-9]{12}")


def of_arn(arn: str | None) -> str | None:
    """The account in ``arn:PARTITION:SERVICE:REGION:ACCOUNT:…``."""
    parts = (arn or "").split(":", 5)
    return _checked(parts[4]) if len(parts) == 6 and parts[0] == "arn" else None


def of_chain(chain: Chain, source: Profile, recorded: str | None) -> str | None:
    """The account of the session at the end of ``chain``; None if it is unknown.

    ``source`` is the profile that it begins with, ``recorded`` the account recorded for its key.
    """
    if chain.links:
        return of_arn(chain.links[-1].role_arn)
    if chain.source.kind == WEB_IDENTITY:
        return of_arn(source.get("role_arn"))
    if chain.source.kind == SSO:
        return _checked(source.get("sso_account_id"))
    if chain.source.kind == LOGIN:
        return of_arn(source.get("login_session"))
    # A device shows the account of its user. Temporary keys, and what a program gives, do not use
    # the device: they may belong to a role of any account.
    is_users = chain.source.kind in (MANAGED, STATIC_KEYS) and (
        source.shadowed or not source.temporary_keys
    )
    return (
        _checked(recorded)
        or (of_arn(chain.mfa_serial) if is_users else None)
        # As SDKs read it. Beside another tool's temporary keys it is about those keys.
        or (None if source.shadowed else _checked(source.get("aws_account_id")))
    )


def _checked(account: str | None) -> str | None:
    return account if account and _ACCOUNT.fullmatch(account) else None
