"""What AWS says about the access keys of this computer: asked in ``ask``, judged in ``findings``.

Nothing is changed at AWS. Two calls try whether a key may be deactivated and deleted, on a key ID
that cannot exist.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from awscreds.aws.errors import ACCESS_DENIED, off_by
from awscreds.aws.gateway import Aws
from awscreds.aws.iam import Iam, user_name_of
from awscreds.errors import AwscredsError, AwsError
from awscreds.model.credential_process import POINTER
from awscreds.model.keys import NO_ROOT_KEY
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import ERROR, NOTE, WARNING
from awscreds.model.profile import KEY_ID
from awscreds.model.settings import MAX_KEY_AGE
from awscreds.model.text import escaped, quoted
from awscreds.model.times import DAY
from awscreds.workflows.checks.stored_entries import OLD_KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.aws.gateway import Identity
    from awscreds.aws.iam import KeyInfo, LastUsed
    from awscreds.model.credentials import AccessKey
    from awscreds.model.profile import Profile
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.workflows.checks.surroundings import Surroundings

UNREACHABLE = "aws-unreachable"
"""The code of the error if no answer came."""

_UNUSED = 90 * DAY
_NEW = DAY
"""IAM shows a use some hours later."""

_TOLERANCE = 60
"""Seconds that a clock may be off before it is a finding. AWS refuses 5 minutes."""

_ATTEMPTS = 2


@dataclass(slots=True)
class KeyAtAws:
    """What AWS says about the key of ``profile``. ``refused`` is what it does not let the key do.

    ``skew`` is how many seconds AWS's clock is ahead, None if it is not known. ``devices`` is None,
    and ``keys`` and ``last_used`` are empty, if that could not be asked.
    """

    key_id: str
    profile: Profile
    identity: Identity | None = None
    keys: list[KeyInfo] = field(default_factory=list)
    last_used: dict[str, LastUsed] = field(default_factory=dict)
    devices: list[str] | None = None
    can_rotate: bool | None = None
    now: float = 0.0
    skew: float | None = None
    refused: list[str] = field(default_factory=list)
    error: AwscredsError | None = None

    @property
    def whose(self) -> str:
        """The user in words, or the key if the user is not known."""
        user = user_name_of(self.identity) if self.identity else None
        return escaped(user) if user else self.key_id


def ask(
    found: KeyAtAws, key: AccessKey, sts: ServiceEndpoint, iam: ServiceEndpoint
) -> AwscredsError | None:
    """Ask AWS about ``key``, and fill in ``found``. Raises nothing: an error is an answer, too."""
    aws = Aws()
    try:
        found.identity = aws.caller_identity(key, sts)
        if not found.identity.is_root:
            _ask_iam(found, aws, key, iam)
    except AwscredsError as error:
        found.error = error
    found.skew, found.now = aws.clock.skew, aws.clock.now()
    return found.error


def _ask_iam(found: KeyAtAws, aws: Aws, key: AccessKey, endpoint: ServiceEndpoint) -> None:
    iam = Iam(key, endpoint, aws=aws, attempts=_ATTEMPTS)

    def list_keys() -> None:
        found.keys = iam.list_access_keys(None)

    def last_uses() -> None:
        for each in found.keys:
            found.last_used[each.id] = iam.last_used(each.id)

    def list_devices() -> None:
        found.devices = aws.mfa_devices(key, endpoint)

    def try_changes() -> None:
        found.can_rotate = iam.can_update(None) and iam.can_delete(None)

    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("list its access keys", list_keys),
        ("see when a key was last used", last_uses),
        ("list its MFA devices", list_devices),
        ("change its access keys", try_changes),
    )
    for what, step in steps:
        try:
            step()
        except AwsError as error:
            if error.aws_code not in ACCESS_DENIED:
                raise
            found.refused.append(what)


def findings(surroundings: Surroundings, answers: list[KeyAtAws]) -> Iterator[Finding]:
    """What is wrong by these answers. Those about a user come once, and so do equal errors."""
    users: set[str] = set()
    unreachable: dict[str, list[KeyAtAws]] = {}
    used = {key: profile for profile in surroundings.every_profile for key in _ids(profile)}
    for answer in answers:
        if answer.error and answer.error.code == UNREACHABLE:
            unreachable.setdefault(answer.error.message, []).append(answer)
            continue
        yield from _of_key(surroundings, answer)
        identity = answer.identity
        if identity and identity.arn not in users:
            users.add(identity.arn)
            yield from _of_user(surroundings, answer, used)
    for message, those in unreachable.items():
        yield _unreachable(surroundings, message, those)
    yield from _clock(answers)


def _ids(profile: Profile) -> set[str]:
    return {key for key in (profile.stored_key_id, profile.get(KEY_ID)) if key}


def _place(surroundings: Surroundings, profile: Profile) -> tuple[str, int]:
    return surroundings.place(profile.name, KEY_ID, POINTER)


def _of_key(surroundings: Surroundings, answer: KeyAtAws) -> Iterator[Finding]:
    place, name = _place(surroundings, answer.profile), answer.profile.name
    if answer.error:
        yield Finding(
            "rejected-key",
            ERROR,
            *place,
            f"the access key {answer.key_id} of the profile {escaped(name)} does not work: "
            f"{answer.error.message}",
            remedy=answer.error.hint or "",
            profile=name,
        )
    identity, recorded = answer.identity, surroundings.state.entry(answer.key_id)
    if identity is None:
        return
    if identity.is_root:
        yield Finding(
            "root-key",
            ERROR,
            *place,
            f"the profile {escaped(name)} uses a key of the root user of the account "
            f"{escaped(identity.account)}: it can do everything, and no policy can limit it",
            remedy=NO_ROOT_KEY,
            profile=name,
        )
    known = recorded.get("user_id")
    if known and known != identity.user_id and recorded.get("endpoint") == identity.said_by:
        yield Finding(
            "identity-changed",
            ERROR,
            *place,
            f"the access key {answer.key_id} belongs to {escaped(identity.arn)}, but when it was "
            f"stored, it belonged to {escaped(recorded.get('arn', known))}",
            remedy=f"check which one you expect: awscreds keys list --profile {quoted(name)}",
            profile=name,
        )
    own = next((each for each in answer.keys if each.id == answer.key_id), None)
    limit = MAX_KEY_AGE.read(answer.profile.get(MAX_KEY_AGE.name))
    # ``stored_entries`` reports the age of a key that is on record.
    if own and not recorded.get("created_at") and answer.now - own.created > limit:
        yield Finding(
            OLD_KEY,
            WARNING,
            *place,
            f"the access key {answer.key_id} is {_days(answer.now - own.created)} old",
            remedy=f"awscreds rotate --profile {quoted(name)}",
            profile=name,
        )


def _of_user(
    surroundings: Surroundings, answer: KeyAtAws, used: dict[str, Profile]
) -> Iterator[Finding]:
    place, name = _place(surroundings, answer.profile), answer.profile.name
    for info in answer.keys:
        yield from _of_listed(surroundings, answer, info, used)
    if answer.devices == []:
        yield Finding(
            "no-mfa",
            WARNING,
            *place,
            f"the user {answer.whose} has no MFA device",
            remedy=f"add one: awscreds mfa enable --profile {quoted(name)}",
            profile=name,
        )
    if answer.can_rotate is False:
        yield Finding(
            "policy-too-narrow",
            NOTE,
            *place,
            f"without MFA, AWS does not let the key of {answer.whose} deactivate and delete its "
            "access keys, so that no rotation can replace it",
            remedy="if a session with MFA is not allowed either, attach this policy: awscreds "
            f"policy rotate --profile {quoted(name)}",
            profile=name,
        )
    if answer.refused:
        yield Finding(
            "not-allowed",
            NOTE,
            *place,
            f"AWS does not let the key of {answer.whose} {' or '.join(answer.refused)}, so this "
            "was not checked",
            remedy="attach this policy to the user: awscreds policy rotate --profile "
            f"{quoted(name)}",
            profile=name,
        )


def _of_listed(
    surroundings: Surroundings, answer: KeyAtAws, info: KeyInfo, used: dict[str, Profile]
) -> Iterator[Finding]:
    """What is wrong with one key of the user: of this profile, of another one, or of none."""
    user = used.get(info.id)
    place = _place(surroundings, user or answer.profile)
    name = quoted(answer.profile.name)
    age = answer.now - info.created
    last = answer.last_used.get(info.id)
    if user and not info.is_active:
        yield Finding(
            "inactive-key",
            ERROR,
            *place,
            f"the access key {info.id} of the profile {escaped(user.name)} is inactive, so AWS "
            "refuses it",
            remedy=f"awscreds keys activate {info.id} --profile {name}",
            profile=user.name,
        )
    elif not user:
        yield Finding(
            "second-key",
            WARNING if info.is_active else NOTE,
            *place,
            f"the user {answer.whose} has another access key, {info.id} "
            f"({'active' if info.is_active else 'inactive'}), which no profile here uses",
            remedy=f"if nobody needs it: awscreds keys "
            f"{'deactivate' if info.is_active else 'delete'} {info.id} --profile {name}",
            profile=answer.profile.name,
        )
    if last is None or not info.is_active:
        return
    if last.when is None and age > _NEW:
        yield _unused(place, info, f"was never used since it was created {_days(age)} ago", name)
    elif last.when is not None and answer.now - last.when > _UNUSED:
        text = f"was last used {_days(answer.now - last.when)} ago"
        yield _unused(place, info, text, name)


def _unused(place: tuple[str, int], info: KeyInfo, text: str, name: str) -> Finding:
    return Finding(
        "unused-key",
        NOTE,
        *place,
        f"the access key {info.id} {text}",
        remedy=f"if nobody needs it: awscreds keys deactivate {info.id} --profile {name}",
    )


def _unreachable(surroundings: Surroundings, message: str, those: list[KeyAtAws]) -> Finding:
    error = those[0].error
    keys = f"{len(those)} access {'key' if len(those) == 1 else 'keys'}"
    return Finding(
        "not-asked",
        WARNING,
        *_place(surroundings, those[0].profile),
        f"AWS was not asked about {keys}: {message}",
        remedy=(error.hint if error else None) or "",
    )


def _clock(answers: list[KeyAtAws]) -> Iterator[Finding]:
    skew = next((answer.skew for answer in answers if answer.skew is not None), None)
    if skew is not None and abs(skew) > _TOLERANCE:
        yield Finding(
            "clock-skew",
            ERROR,
            "clock",
            0,
            f"the clock of this computer is {off_by(skew)}; AWS refuses requests if it is 5 "
            "minutes off",
            remedy="set the clock (timedatectl set-ntp true)",
        )


def _days(seconds: float) -> str:
    days = int(seconds // DAY)
    return f"{days} {'day' if days == 1 else 'days'}"
