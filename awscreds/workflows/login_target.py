"""Where to log in to IAM Identity Center."""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.settings import CLI, TOKEN_CACHE
from awscreds.model.start_url import checked_start_url, region_of
from awscreds.model.text import escaped, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from awscreds.model.profile import Profile

SCOPE = "sso:account:access"
"""What a login is for if the sso-session does not say: accounts and roles, and to be refreshed."""


class LoginTarget:
    """Where to log in: an sso-session, or a profile without one. ``region`` is that of the portal.

    ``is_shared``: the settings want the login in the AWS CLI's file, which is named by the
    ``start_url`` as it is written; ``url`` is the checked one.
    """

    __slots__ = (
        "is_shared",
        "profile",
        "region",
        "scopes_as_written",
        "session",
        "start_url",
        "url",
    )

    def __init__(
        self,
        profile: Profile,
        *,
        session: str | None,
        values: Mapping[str, Any],
        region: str | None = None,
    ) -> None:
        place = f"the sso-session {escaped(session)}" if session else escaped(profile.name)
        self.profile = profile
        self.session = session
        self.is_shared = (
            TOKEN_CACHE.read(values.get(TOKEN_CACHE.name) or profile.get(TOKEN_CACHE.name)) == CLI
        )
        self.start_url = str(values.get("sso_start_url") or "")
        if not self.start_url:
            raise _missing("sso_start_url", place, session, profile)
        self.url = checked_start_url(self.start_url, place)
        self.region = region or str(values.get("sso_region") or "") or region_of(self.url) or ""
        if not self.region:
            raise _missing("sso_region", place, session, profile)
        scopes = str(values.get("sso_registration_scopes") or "")
        self.scopes_as_written = [scope.strip() for scope in scopes.split(",") if scope.strip()]

    @property
    def scopes(self) -> list[str]:
        """What the login is for."""
        return self.scopes_as_written or [SCOPE]

    @property
    def name(self) -> str:
        """What people call it."""
        return self.session or self.start_url

    @property
    def advice(self) -> str:
        """What to do if it is the wrong region: AWS tells that only to whoever reads its page."""
        named = region_of(self.url)
        if named and named != self.region:
            return "use the region of the start URL: " + _to_set(
                "sso_region", named, self.session, self.profile
            )
        return (
            f"check the region: {self.region} was asked, and your AWS access portal shows the "
            "right one under `Access keys`"
        )

    @property
    def doubt(self) -> str:
        """The same, for somebody who is at the browser now. A command ends its line."""
        end = "" if "awscreds " in self.advice else "."
        return f"If the browser shows an error, {self.advice}{end}"


def _to_set(setting: str, value: str, session: str | None, profile: Profile) -> str:
    """The command that sets it where the login has it."""
    of = f"sso-session.{session}.{setting}" if session else setting
    at = "" if session else f" --profile {quoted(profile.name)}"
    return f"awscreds configure set {quoted(of)} {value}{at}"


def _missing(setting: str, place: str, session: str | None, profile: Profile) -> ConfigurationError:
    return ConfigurationError(
        f"{place} has no {setting}",
        code="sso-settings",
        hint=_to_set(setting, "VALUE", session, profile),
    )
