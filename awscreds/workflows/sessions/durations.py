"""How long sessions may last: the default, AWS's limits, and what AWS is asked for."""

from __future__ import annotations

from awscreds.errors import ConfigurationError, UsageError
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.role_chain import Chain

DEFAULT_SESSION: int | None = None
"""The default length of a user's session in seconds, if no ``--duration`` says otherwise.

GetSessionToken is asked for it. None: no duration is sent, and AWS gives AWS_DEFAULT_SESSION.
Roles are different: a role gets what ``duration_seconds`` of its profile says, else AWS's hour.
"""

AWS_DEFAULT_SESSION = 43_200
"""Seconds that GetSessionToken gives if it is asked for no duration; to the root user, an hour.
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""

SHORTEST = 900
LONGEST_SESSION = 129_600
LONGEST_ROLE = 43_200
LONGEST_CHAINED = 3600
"""Seconds, the limits of STS: GetSessionToken, AssumeRole, and AssumeRole by a role.
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""


def sent_duration(requested: int | None) -> int | None:
    """The seconds to send with GetSessionToken; None: no duration is sent."""
    return DEFAULT_SESSION if requested is None else requested


def expected_duration(requested: int | None) -> int:
    """The seconds that a session of GetSessionToken should last."""
    return sent_duration(requested) or AWS_DEFAULT_SESSION


def user_duration(requested: int | None) -> int | None:
    """``requested``, checked: UsageError if AWS never gives a user's session that long."""
    if requested is not None:
        _check_requested(requested, LONGEST_SESSION)
    return requested


def web_identity_duration(chain: Chain, requested: int | None) -> int | None:
    """The seconds to ask AssumeRoleWithWebIdentity for; ``requested`` is for the last link."""
    if chain.links or requested is None:
        return None
    _check_requested(requested, LONGEST_ROLE)
    return requested


def check_role_durations(chain: Chain, requested: int | None) -> None:
    """Refuse durations that AWS gives to no role, whoever assumes it.

    ``requested`` is for the last link and wins over its profile. Raises UsageError for it,
    ConfigurationError for what a profile says.
    """
    for at, link in enumerate(chain.links):
        seconds = link.duration_seconds
        if at == len(chain.links) - 1 and requested is not None:
            _check_requested(requested, LONGEST_ROLE)
        elif seconds is not None and not SHORTEST <= seconds <= LONGEST_ROLE:
            raise ConfigurationError(
                f"duration_seconds of the profile {escaped(link.profile)} is {seconds}; it "
                f"must be {SHORTEST} to {LONGEST_ROLE}",
                code="bad-duration",
                hint="awscreds configure set duration_seconds 3600 "
                f"--profile {quoted(link.profile)}",
            )


def role_durations(
    chain: Chain, requested: int | None, *, from_session: bool
) -> tuple[list[int | None], list[str]]:
    """The seconds to ask AssumeRole for, for each link, and notes for the user.

    A role that is assumed with a session is chained (``from_session``: the first one, too). It gets
    an hour at most. Raises UsageError if more was ``requested`` for the last one.
    """
    durations: list[int | None] = []
    notes: list[str] = []
    for at, link in enumerate(chain.links):
        is_requested = requested is not None and at == len(chain.links) - 1
        seconds = requested if is_requested else link.duration_seconds
        if seconds is not None and seconds > LONGEST_CHAINED and (at or from_session):
            role = escaped(link.profile)
            assumed_by = escaped(chain.links[at - 1].profile if at else chain.source.profile)
            why = f"a role that is assumed with temporary credentials (here from {assumed_by})"
            if is_requested:
                raise UsageError(
                    f"{role} cannot have a session of {format_duration(seconds)}: AWS allows "
                    f"at most one hour for {why}",
                    code="bad-duration",
                    hint="use --duration 1h, or use a profile that assumes the role with an access "
                    "key",
                )
            notes.append(
                f"the session of {role} lasts one hour, not {format_duration(seconds)}: "
                f"AWS allows at most one hour for {why}"
            )
            seconds = LONGEST_CHAINED
        durations.append(seconds)
    return durations, notes


def is_long(duration: int | None) -> bool:
    """Whether AWS gives a role that much only if an access key assumes it.

    For AWS, the credentials of GetSessionToken are chaining, too.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
    """
    return duration is not None and duration > LONGEST_CHAINED


def _check_requested(seconds: int, longest: int) -> None:
    if not SHORTEST <= seconds <= longest:
        shortest, at_most = (format_duration(limit, short=True) for limit in (SHORTEST, longest))
        raise UsageError(
            f"--duration must be between {shortest} and {at_most} (got {format_duration(seconds)})",
            code="bad-duration",
        )
