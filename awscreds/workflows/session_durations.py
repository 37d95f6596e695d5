"""How long sessions may last, and what is asked of AWS of what was asked for."""

from __future__ import annotations

from awscreds.errors import ConfigurationError, UsageProblem
from awscreds.model.text import visible, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.chain import Chain

LEAST = 300
"""Seconds a session must still have to be of use."""

SHORTEST = 900
LONGEST_SESSION = 129_600
LONGEST_ROLE = 43_200
LONGEST_CHAINED = 3600
DEFAULT_SESSION = 43_200
"""Seconds, as STS has them: GetSessionToken, AssumeRole, and AssumeRole by a role.
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""


def user_duration(wished: int | None) -> int | None:
    """The seconds to ask of GetSessionToken. Raises UsageProblem for what AWS never gives."""
    if wished is not None:
        _check_wished(wished, LONGEST_SESSION, "a session")
    return wished


def web_identity_duration(chain: Chain, wished: int | None) -> int | None:
    """The seconds to ask of AssumeRoleWithWebIdentity: the wish is for the last of the chain."""
    if chain.links or wished is None:
        return None
    _check_wished(wished, LONGEST_ROLE, "a role's session")
    return wished


def role_durations(chain: Chain, wished: int | None) -> tuple[list[int | None], list[str]]:
    """The seconds to ask of AssumeRole for each link, and what the user should be told of them.

    ``wished`` is for the last link and wins over its profile. Raises UsageProblem where AWS never
    gives that, ConfigurationError where it never gives what a profile says.
    """
    durations: list[int | None] = []
    notes: list[str] = []
    for at, link in enumerate(chain.links):
        seconds = link.duration_seconds
        if at == len(chain.links) - 1 and wished is not None:
            seconds = wished
            _check_wished(seconds, LONGEST_ROLE, "a role's session")
        elif seconds is not None and not SHORTEST <= seconds <= LONGEST_ROLE:
            raise ConfigurationError(
                f"duration_seconds of the profile {visible(link.profile)} is {seconds}; AWS takes "
                f"{SHORTEST} to {LONGEST_ROLE}",
                code="bad-duration",
                hint="awscreds configure set duration_seconds 3600 --profile " + word(link.profile),
            )
        is_chained = at > 0 or chain.source.gives_role_credentials
        if seconds is not None and is_chained and seconds > LONGEST_CHAINED:
            notes.append(
                f"the session of {visible(link.profile)} lasts an hour, not {span(seconds)}: AWS "
                "gives no more to a role that is assumed by a role"
            )
            seconds = LONGEST_CHAINED
        durations.append(seconds)
    return durations, notes


def _check_wished(seconds: int, longest: int, what: str) -> None:
    if not SHORTEST <= seconds <= longest:
        raise UsageProblem(
            f"a duration of {seconds} seconds cannot be: {what} lasts {SHORTEST} to {longest}",
            code="bad-duration",
            hint=f"from --duration 15m to --duration {longest // 3600}h",
        )


def span(seconds: int) -> str:
    """``12 hours``; a second that was lost on the way does not count."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= size and seconds % size in (0, size - 1):
            count = round(seconds / size)
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{seconds} seconds"
