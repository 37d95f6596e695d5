"""Every option takes effect or is refused: none is ignored.

``--token``, ``--serial``, ``--duration`` and ``--refresh`` often have no effect on credentials that
are temporary already and come from elsewhere. Which ones do depends on where a chain begins.
"""

from __future__ import annotations

from awscreds.errors import UsageError
from awscreds.model.profile import (
    FOREIGN_PROCESS,
    LOGIN,
    MANAGED,
    SSO,
    STATIC_KEYS,
    WEB_IDENTITY,
)
from awscreds.model.role_chain import ENVIRONMENT
from awscreds.model.text import escaped, quoted
from awscreds.stores.cache.session_format import MINIMUM
from awscreds.workflows.sessions.token_codes import checked_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.credentials import Session
    from awscreds.model.role_chain import Chain


class SessionRequest:
    """What the user asked for.

    ``duration`` is that of the last session of the chain, in seconds; None: what the profile says,
    else the default. ``refresh`` makes that session again. ``minimum`` is the seconds that a cached
    one must still have; if no new one can be made, MINIMUM is enough.
    """

    __slots__ = ("duration", "may_ask", "minimum", "refresh", "serial", "token")

    def __init__(
        self,
        *,
        token: str | None = None,
        serial: str | None = None,
        duration: int | None = None,
        refresh: bool = False,
        may_ask: bool = True,
        minimum: int = MINIMUM,
    ) -> None:
        self.token = token
        self.serial = serial
        self.duration = duration
        self.refresh = refresh
        self.may_ask = may_ask
        self.minimum = minimum

    @property
    def renews(self) -> bool:
        """Whether the last session is made again although one is cached."""
        return self.refresh or self.renews_mfa

    @property
    def renews_mfa(self) -> bool:
        """Whether every session is made again with the code: a role may want recent MFA."""
        return self.token is not None


class SessionResult:
    """A session, and what the user should be told of it.

    ``may_be_kept``: whether it may be given again without asking its source. That of a login or a
    program may not, because a logout ends it. ``is_renewable``: whether a refresh makes a new one.
    ``is_short_lived``: it lives for some minutes only, and is used until MINIMUM is left.
    """

    __slots__ = ("is_renewable", "is_short_lived", "may_be_kept", "notes", "session")

    def __init__(
        self,
        session: Session,
        notes: list[str],
        *,
        may_be_kept: bool,
        is_renewable: bool,
        is_short_lived: bool = False,
    ) -> None:
        self.session = session
        self.is_short_lived = is_short_lived
        self.notes = notes
        self.may_be_kept = may_be_kept
        self.is_renewable = is_renewable


_USED_AS_THEY_ARE = frozenset({MANAGED, STATIC_KEYS, ENVIRONMENT, LOGIN})
"""Kinds whose temporary credentials only the program that made them can make again."""


def check_values(request: SessionRequest) -> None:
    """Refuse a bad MFA code and an empty serial, even if they would not be used."""
    if request.token is not None:
        checked_code(request.token)
    if request.serial is not None and not request.serial.strip():
        raise UsageError(
            "--serial needs the ARN or serial number of an MFA device", code="bad-serial"
        )


def check_possible(request: SessionRequest, chain: Chain, *, has_key: bool) -> None:
    """Refuse an option that would have no effect on ``chain``.

    ``has_key``: the chain begins with a long-lived key, and every option has an effect. Raises
    UsageError, before anybody is asked for a code and before AWS is called.
    """
    if has_key:
        return
    source = escaped(chain.source.profile)
    with_code = next(
        (f"--{name}" for name in ("token", "serial") if getattr(request, name) is not None), None
    )
    if with_code and (not chain.links or chain.source.gives_role_credentials):
        raise _unmet(
            f"{with_code} has no effect: the credentials of the profile {source} are already "
            "temporary, and cannot be used with an MFA code",
            chain,
        )
    if with_code and not (request.serial or chain.mfa_serial):
        raise UsageError(
            f"{with_code} needs the MFA device: the profile {source} has temporary "
            "credentials, and AWS does not list MFA devices for these",
            code="serial-needed",
            hint="give the device with --serial ARN",
        )
    if chain.links:
        return
    if request.duration is not None and chain.source.kind != WEB_IDENTITY:
        raise _unmet(
            f"--duration has no effect: the credentials of the profile {source} come "
            "from a source that decides how long they last",
            chain,
        )
    if request.refresh and not is_renewable(chain, has_key=has_key):
        raise _unmet(
            f"--refresh has no effect: the credentials of the profile {source} are "
            "temporary, and only their source can create new ones",
            chain,
        )


def is_renewable(chain: Chain, *, has_key: bool) -> bool:
    """Whether a new session can replace a cached one. ``has_key`` as for ``check_possible``."""
    return bool(chain.links) or has_key or chain.source.kind not in _USED_AS_THEY_ARE


def _unmet(message: str, chain: Chain) -> UsageError:
    name = quoted(chain.source.profile)
    remedies = {
        LOGIN: f"get new ones: awscreds login --profile {name}",
        SSO: "run it again without this option: the session of an SSO role needs no "
        "code, and the permission set of the role decides how long it lasts",
        FOREIGN_PROCESS: "run it again without this option, or check what the program can do: "
        f"awscreds configure get credential_process --profile {name}",
        STATIC_KEYS: "get new credentials from the tool that wrote them (aws-mfa, saml2aws, "
        "awsume, …); or give the profile an access key: awscreds configure "
        f"--profile {name}",
    }
    return UsageError(
        message,
        code="option-unmet",
        hint=remedies.get(chain.source.kind, "run it again without this option"),
    )
