"""The account that credentials belong to, if it is known without asking AWS."""

from __future__ import annotations

from awscreds.model.profile import (
    LOGIN,
    MANAGED,
    ROLE,
    SSO,
    STATIC_KEYS,
    WEB_IDENTITY,
    WRAPPED,
    WRAPPED_LOGIN,
    WRAPPED_SSO,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from awscreds.model.profile import Profile
    from awscreds.model.role_chain import Chain

_DIGITS = 12


def of_arn(arn: str | None) -> str | None:
    """The account in ``arn:PARTITION:SERVICE:REGION:ACCOUNT:…``."""
    if not arn:
        return None
    parts = arn.split(":", 5)
    return checked(parts[4]) if len(parts) == 6 and parts[0] == "arn" else None


def of_arns(arns: list[str]) -> Sequence[str | None]:
    """`of_arn` for each; quicker if they differ only in a right account and what follows it."""
    fields = arns[0].split(":", 5)
    start = len(":".join(fields[:4])) + 1
    end = start + _DIGITS
    if len(fields) == 6 and fields[0] == "arn":
        found = [arn[start:end] for arn in arns]
        digits = "".join(found)
        are_alike = {arn[:start] for arn in arns} == {arns[0][:start]}
        are_ended = {arn[end : end + 1] for arn in arns} == {":"}
        are_right = len(digits) == _DIGITS * len(arns) and digits.isascii() and digits.isdigit()
        if are_alike and are_ended and are_right:
            return found
    return [of_arn(arn) for arn in arns]


_LASTING_LETTERS = 4
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_AS_DIGITS = str.maketrans(_BASE32, "0123456789abcdefghijklmnopqrstuv")
"""The same 32 letters as Python's ``int`` knows them."""
_OLD_IDS = "IJ"
FROM_KEY_ID = "access_key_id"
"""How `of_profile` names an account that only the ID of the key says."""


def of_key_id(key_id: str | None) -> str | None:
    """The account in the ID of an access key; None for the IDs of old keys, which hold none.

    AWS does not document it, so it is a hint for people and never decides anything. After the four
    letters, five bits a letter: one bit, then the account in 40 bits.
    https://awsteele.com/blog/2020/09/26/aws-access-key-format.html
    """
    if not key_id or len(key_id) != 20 or not key_id.startswith(("AKIA", "ASIA")):
        return None
    letters = key_id[_LASTING_LETTERS : _LASTING_LETTERS + 9]
    if letters[0] in _OLD_IDS or not set(letters) <= set(_BASE32):
        return None
    bits = int(letters.translate(_AS_DIGITS), 32)
    return checked(f"{bits >> 4 & (1 << 40) - 1:012}")


def of_profile(profile: Profile, recorded: str | None) -> tuple[str | None, str | None]:
    """The account of a profile by its own lines, and what says so; no other profile is read.

    ``recorded`` is the account that AWS once gave for its key. What says so is the name of a
    setting, ``recorded``, or FROM_KEY_ID for one that is only a hint.
    """
    kind = profile.kind
    if kind in (ROLE, WRAPPED, WEB_IDENTITY):
        by, account = "role_arn", of_arn(profile.of_role("role_arn"))
    elif kind in (SSO, WRAPPED_SSO):
        by, account = "sso_account_id", checked(profile.of_role("sso_account_id"))
    elif kind in (LOGIN, WRAPPED_LOGIN):
        by, account = "login_session", of_arn(profile.of_role("login_session"))
    elif account := checked(recorded):
        by = "recorded"
    elif account := checked(profile.get("aws_account_id")):
        by = "aws_account_id"
    elif account := _of_device(profile):
        by = "mfa_serial"
    else:
        by, account = FROM_KEY_ID, of_key_id(profile.access_key_id)
    return (account, by) if account else (None, None)


def _of_device(profile: Profile) -> str | None:
    """The account of the user whose device a profile names. Temporary keys may be a role's."""
    if profile.kind not in (MANAGED, STATIC_KEYS) or profile.temporary_keys:
        return None
    return of_arn(profile.of_role("mfa_serial"))


def of_chain(chain: Chain, source: Profile, recorded: str | None) -> str | None:
    """The account of the session at the end of ``chain``; None if it is unknown.

    ``source`` is the profile that it begins with, ``recorded`` the account recorded for its key.
    """
    if chain.links:
        return of_arn(chain.links[-1].role_arn)
    if chain.source.kind == WEB_IDENTITY:
        return of_arn(source.get("role_arn"))
    if chain.source.kind == SSO:
        return checked(source.of_role("sso_account_id"))
    if chain.source.kind == LOGIN:
        return of_arn(source.of_role("login_session"))
    # A device shows the account of its user. Temporary keys, and what a program gives, do not use
    # the device: they may belong to a role of any account.
    is_users = chain.source.kind in (MANAGED, STATIC_KEYS) and (
        source.shadowed or not source.temporary_keys
    )
    return (
        checked(recorded)
        or (of_arn(chain.mfa_serial) if is_users else None)
        # As SDKs read it. Beside another tool's temporary keys it is about those keys.
        or (None if source.shadowed else checked(source.get("aws_account_id")))
    )


def checked(account: str | None) -> str | None:
    is_one = account and len(account) == _DIGITS and account.isascii() and account.isdigit()
    return account if is_one else None
