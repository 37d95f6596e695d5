"""Where roles get their first credentials: sources that are missing, double, or in a loop.

Each finding is at the profile whose own line is wrong, not at all that depend on it. The rules are
those of ``model/role_chain``, which a command reports for one profile; here each profile is visited
once, so that thousands take seconds.
"""

from __future__ import annotations

from awscreds.model.ini.document import SERVICES, SSO_SESSION
from awscreds.model.keys import unless_secret
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import ERROR
from awscreds.model.profile import KEY_ID, NO_CREDENTIALS, ROLE, SECRET, WRAPPED, WRAPPED_PREFIX
from awscreds.model.role_chain import CREDENTIAL_SOURCES
from awscreds.model.text import escaped, quoted
from awscreds.workflows.checks.surroundings import BadValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.profile import Profile
    from awscreds.workflows.checks.surroundings import Surroundings

_MOST_NAMES = 6
_SECTIONS = (
    (SSO_SESSION, "sso_session", "missing-sso-session"),
    (SERVICES, "services", "missing-services"),
)
_PLAIN = ("role_arn", "web_identity_token_file", *(key for _, key, _ in _SECTIONS))
_KEYS = frozenset((*_PLAIN, *(WRAPPED_PREFIX + key for key in _PLAIN)))
"""Without one of them, nothing can be wrong with a source."""


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """What is wrong with the sources of each profile."""
    by_name = {profile.name: profile for profile in surroundings.every_profile}
    for profile in by_name.values():
        if profile.has_none_of(_KEYS):
            continue
        if profile.kind in (ROLE, WRAPPED):
            yield from _of_role(surroundings, profile, by_name)
        elif profile.get("web_identity_token_file") and not profile.get("role_arn"):
            yield Finding(
                "no-role-arn",
                ERROR,
                *surroundings.place(profile.name, "web_identity_token_file"),
                f"the profile {escaped(profile.name)} has web_identity_token_file but no role_arn",
                remedy=f"awscreds configure set role_arn ARN --profile {quoted(profile.name)}",
                profile=profile.name,
            )
        yield from _sections(surroundings, profile)
    yield from _loops(surroundings, by_name)


def _of_role(
    surroundings: Surroundings, profile: Profile, by_name: dict[str, Profile]
) -> Iterator[Finding]:
    source, named = profile.of_role("source_profile"), profile.of_role("credential_source")
    name, word = escaped(profile.name), quoted(profile.name)
    kind = problem = ""
    at, fix = "source_profile", f"awscreds configure set source_profile NAME --profile {word}"
    if source and named:
        kind = "two-sources"
        problem = (
            f"the role {name} has both source_profile and credential_source; every SDK refuses it"
        )
        fix = "remove one of the two lines"
    elif named and named not in CREDENTIAL_SOURCES:
        kind, at = "bad-credential-source", "credential_source"
        problem = f"credential_source of the role {name} is a value that no SDK knows"
        fix = f"it must be one of {', '.join(CREDENTIAL_SOURCES)}; case matters"
    elif not named and not source:
        kind, at = "no-source", "role_arn"
        problem = f"the role {name} has neither source_profile nor credential_source"
    elif source and source not in by_name:
        kind = "missing-link"
        problem = f"source_profile of {name} names a profile that does not exist: {_shown(source)}"
    elif source and source != profile.name and by_name[source].kind == NO_CREDENTIALS:
        kind = "no-credentials"
        problem = f"the role {name} gets its credentials from {_shown(source)}, which has none"
        fix = f"awscreds configure --profile {quoted(source)}"
    if kind:
        place = surroundings.place(profile.name, at, f"awscreds_{at}")
        yield Finding(kind, ERROR, *place, problem, remedy=fix, profile=profile.name)


def _sections(surroundings: Surroundings, profile: Profile) -> Iterator[Finding]:
    """References to other sections of the config file that are not there."""
    for kind, key, code in _SECTIONS:
        name = profile.of_role(key)
        if name and not surroundings.documents.config.has((kind, name)):
            what = f"names a section that does not exist: [{kind} {_shown(name)}]"
            problem = BadValue(code, what, f"add the section, or correct {key}")
            yield surroundings.bad_value(profile, key, problem)


def _loops(surroundings: Surroundings, by_name: dict[str, Profile]) -> Iterator[Finding]:
    """Each loop once, at its first profile. Every role is visited once."""
    done: set[str] = set()
    for start in [each.name for each in by_name.values() if each.kind in (ROLE, WRAPPED)]:
        path: dict[str, None] = {}
        at: str | None = start
        while at is not None and at not in done and at not in path:
            path[at] = None
            at = _next(by_name[at], by_name, is_source=len(path) > 1)
        if at is not None and at in path:
            names = list(path)
            yield _loop(surroundings, names[names.index(at) :])
        done.update(path)


def _next(profile: Profile, by_name: dict[str, Profile], *, is_source: bool) -> str | None:
    """The profile that this one gets its credentials from; None if it has its own."""
    if profile.kind not in (ROLE, WRAPPED):
        return None
    has_key = bool(profile.get(KEY_ID) or profile.get(SECRET))
    source = profile.of_role("source_profile")
    if has_key and (is_source or source == profile.name):
        return None
    return source if source in by_name and not profile.of_role("credential_source") else None


def _loop(surroundings: Surroundings, names: list[str]) -> Finding:
    more = " → …" if len(names) > _MOST_NAMES else ""
    shown = " → ".join(escaped(name) for name in [*names[:_MOST_NAMES], *names[:1]])
    return Finding(
        "loop",
        ERROR,
        *surroundings.place(names[0], "source_profile", "awscreds_source_profile"),
        f"these profiles get their credentials from each other, in a loop: {shown}{more}",
        remedy="change source_profile of one of them to a profile that has keys",
        profile=names[0],
    )


def _shown(text: str) -> str:
    return escaped(unless_secret(text))
