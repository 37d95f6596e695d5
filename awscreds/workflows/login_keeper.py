"""Keeping a login to IAM Identity Center: sealed, or, if it is shared, in the AWS CLI's files."""

from __future__ import annotations

import contextlib

from awscreds.aws.identity_center import CODE, REFRESH, Registration
from awscreds.errors import AwscredsError
from awscreds.model.times import format_iso, parse_iso
from awscreds.workflows.login_parts import Room
from awscreds.workflows.sessions.kept_login import ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from awscreds.workflows.login_parts import LoginTools
    from awscreds.workflows.login_target import LoginTarget

_MARGIN = 15 * 60.0
"""Seconds that a registration must still be valid, as for the AWS CLI."""

_NOT_THE_CLIS = ("grantTypes", "scopes")
"""Fields of a login that the AWS CLI keeps in the file of the registration."""


class LoginKeeper:
    """Keeps the login of ``target``, and what it was registered as.

    ``is_shared``: in the AWS CLI's files, in plaintext, for all tools that read them.
    """

    def __init__(self, target: LoginTarget, tools: LoginTools, *, is_shared: bool) -> None:
        self._target = target
        self._which = target.session, target.start_url
        self._is_shared = is_shared
        self._sealed = tools.sealed
        self._files = tools.files
        self._clock = tools.clock
        path = tools.files.sso_path(*self._which)
        self._room = Room(tools, self._which, path, is_shared=is_shared)
        self.prepare = self._room.prepare

    @property
    def place(self) -> str:
        """Where the login is kept."""
        return self._room.name

    def known_registration(self, grants: tuple[str, ...]) -> Registration | None:
        """The registration of an earlier login, if it is still good for this one."""
        found = self._registration_of_cli(grants) if self._is_shared else self._own(grants)
        if found is None or found.expires_at - _MARGIN <= self._clock():
            return None
        return found

    def document(
        self, registration: Registration, grants: tuple[str, ...], tokens: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The login with the names and time formats of the AWS CLI's file.

        ``tokens`` are those that AWS has just given, with the seconds that they last.
        """
        return {
            "startUrl": self._target.start_url,
            "region": self._target.region,
            **tokens,
            "expiresAt": format_iso(self._clock() + tokens["expiresAt"]),
            "clientId": registration.client_id,
            "clientSecret": registration.client_secret,
            "registrationExpiresAt": format_iso(registration.expires_at),
            "grantTypes": list(grants),
            "scopes": self._target.scopes,
        }

    def keep(self, document: dict[str, Any]) -> float:
        """Keep a login. Returns when nobody is logged in any more, in seconds UTC.

        Raises AwscredsError; then it may be called again.
        """
        # As far as we know: an administrator may end it earlier.
        last = "registrationExpiresAt" if document.get("refreshToken") else "expiresAt"
        ends = parse_iso(document[last]) or 0.0
        if self._is_shared:
            self._keep_in_files(document)
        else:
            self._room.seal(document, region=self._target.region, ends=ends)
        return ends

    def forget_registration(self) -> None:
        """Register anew at the next login: nobody can tell if AWS still knows the present one.

        The login itself stays. A registration of the AWS CLI is its own affair.
        """
        if self._is_shared:
            return
        with contextlib.suppress(AwscredsError), self._sealed.lock(*self._which):
            label, document = self._sealed.label(*self._which), self._sealed.read(*self._which)
            if label and document:
                self._sealed.write(label, {**document, "grantTypes": []})

    def _own(self, grants: tuple[str, ...]) -> Registration | None:
        document: Mapping[str, Any] | None = None
        with contextlib.suppress(AwscredsError):
            document = self._sealed.read(*self._which)
        if (
            document is None
            or document.get("grantTypes") != list(grants)
            or document.get("scopes") != self._target.scopes
            or document.get("region") != self._target.region
        ):
            return None
        return _registration(document, "registrationExpiresAt")

    def _registration_of_cli(self, grants: tuple[str, ...]) -> Registration | None:
        """That of the AWS CLI, which never uses one of a code for a device, nor the reverse."""
        document = self._files.read(self._registration_path()) or {}
        is_usable = _is_for_code(document) == (CODE in grants)
        return _registration(document, "expiresAt") if is_usable else None

    def _registration_path(self) -> str:
        target = self._target
        return self._files.registration_path(
            target.session, target.start_url, target.region, target.scopes_as_written
        )

    def _keep_in_files(self, document: dict[str, Any]) -> None:
        kept = {key: value for key, value in document.items() if key not in _NOT_THE_CLIS}
        registration = {
            "clientId": document["clientId"],
            "clientSecret": document["clientSecret"],
            "expiresAt": document["registrationExpiresAt"],
            "scopes": document["scopes"],
        }
        is_for_code = CODE in document["grantTypes"]
        if is_for_code:
            registration["grantTypes"] = [CODE, REFRESH]
        with self._room.in_files(), self._files.lock(self.place):
            self._files.write(self.place, kept)
        path = self._registration_path()
        # An AWS CLI before 2.22 takes any registration for one of a device.
        if not is_for_code or _is_for_code(self._files.read(path) or {}):
            with contextlib.suppress(OSError):  # without it, the next login registers again
                self._files.write(path, registration)
        with self._sealed.lock(*self._which):
            self._sealed.remove(*self._which)


def _is_for_code(document: Mapping[str, Any]) -> bool:
    given = document.get("grantTypes")
    return isinstance(given, list) and CODE in given


def _registration(document: Mapping[str, Any], expires: str) -> Registration | None:
    found = [document.get(name) for name in ("clientId", "clientSecret", expires)]
    if not all(isinstance(value, str) and value for value in found):
        return None
    client_id, client_secret, expires_at = map(str, found)
    return Registration(client_id, client_secret, ending(expires_at))
