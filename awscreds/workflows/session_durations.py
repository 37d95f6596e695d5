"""How long sessions may last, and what is asked of AWS of what was asked for."""

from __future__ import annotations

from awscreds.errors import ConfigurationError, UsageProblem
from awscreds.model.instants import format_duration
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
        _check_wished(wished, LONGEST_SESSION)
    return wished


def web_identity_duration(chain: Chain, wished: int | None) -> int | None:
    """The seconds to ask of AssumeRoleWithWebIdentity: the wish is for the last of the chain."""
    if chain.links or wished is None:
        return None
    _check_wished(wished, LONGEST_ROLE)
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
            _check_wished(seconds, LONGEST_ROLE)
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
                f"the session of {visible(link.profile)} lasts an hour, not "
                f"{format_duration(seconds)}: AWS gives no more to a role that is assumed by a role"
            )
            seconds = LONGEST_CHAINED
        durations.append(seconds)
    return durations, notes


def _check_wished(seconds: int, longest: int) -> None:
    if not SHORTEST <= seconds <= longest:
        shortest, at_most = (format_duration(limit, short=True) for limit in (SHORTEST, longest))
        raise UsageProblem(
            f"--duration must be between {shortest} and {at_most} (got {format_duration(seconds)})",
            code="bad-duration",
        )
