"""From what a user asks for to rotations: which keys, each with its unfinished business first."""

from __future__ import annotations

import contextlib
import os

from awscreds.errors import AwscredsError, ConfigurationError, RotationUnfinished
from awscreds.model.keys import TEMPORARY_PREFIX, is_key_id
from awscreds.model.rotation import RotationOptions
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso
from awscreds.stores.journal import Journal, unfinished
from awscreds.workflows.gate import named
from awscreds.workflows.rotation.preflight import preflight
from awscreds.workflows.rotation.repoint import (
    key_ids,
    required_users,
    shadowed_definitions,
    users_of,
)
from awscreds.workflows.rotation.results import ENDED_ELSEWHERE, PLANNED, SKIPPED, Report, failure
from awscreds.workflows.rotation.run import WAITING, Rotation, choices_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from awscreds.model.profile import Profile, Profiles
    from awscreds.stores.state_dir import StateDir
    from awscreds.workflows.rotation.context import RotationContext
    from awscreds.workflows.rotation.preflight import Plan


class RotateOptions:
    """What the user asked for, of one key or of all. ``grace`` and ``older_than`` in seconds."""

    def __init__(
        self,
        *,
        older_than: float | None = None,
        grace: float = 0,
        keep_old: str | None = None,
        keep_plaintext: bool = False,
        replace_other: bool = False,
        endpoint_ok: bool = False,
        dry_run: bool = False,
    ) -> None:
        self.older_than = older_than
        self.grace = grace
        self.keep_old = keep_old
        self.keep_plaintext = keep_plaintext
        self.replace_other = replace_other
        self.endpoint_ok = endpoint_ok
        self.dry_run = dry_run


def key_of(profile: Profile) -> str:
    """The id of the long-lived key of ``profile``. Raises ConfigurationError where it has none."""
    key_id = profile.access_key_id
    if key_id and is_key_id(key_id):
        return key_id
    if key_id:  # not to be shown: it may be a secret, pasted in the wrong place
        raise ConfigurationError(
            f"what the profile {escaped(profile.name)} has for an access key id is none",
            code="bad-access-key-id",
            hint=f"awscreds configure --profile {quoted(profile.name)}",
        )
    source = profile.of_role("source_profile")
    raise ConfigurationError(
        f"the profile {escaped(profile.name)} has no access key of its own",
        code="no-credentials",
        hint=f"it borrows that of {escaped(source)}: awscreds rotate --profile {quoted(source)}"
        if source
        else f"awscreds configure --profile {quoted(profile.name)}",
    )


def all_keys(profiles: Profiles) -> list[str]:
    """Every distinct long-lived key that a profile names, in the order of the files.

    What is no id of an access key (the ``test`` of a local stand-in for AWS) is not one of them.
    """
    named = [key_id for profile in profiles.all() for key_id in sorted(key_ids(profile))]
    return [k for k in dict.fromkeys(named) if is_key_id(k) and not k.startswith(TEMPORARY_PREFIX)]


class RotationService:
    """Does what is wished, key by key. ``means_of`` gives the means for a profile's name.

    ``may_move`` and ``may_replace`` are asked for consent, ``explain`` tells what is about to be
    done; ``confirm`` raises where nobody agrees to that. ``note_creation`` is told when IAM made a
    key that is left alone.
    """

    def __init__(
        self,
        state_dir: StateDir,
        load: Callable[[], Profiles],
        means_of: Callable[[str], RotationContext],
        *,
        environ: Mapping[str, str],
        paths: tuple[str, str],
        clock: Callable[[], float],
        step: Callable[[str], None],
        known_creation: Callable[[str], float | None],
        note_creation: Callable[[str, float], None],
        may_move: Callable[[Plan], bool],
        may_replace: Callable[[Plan], bool],
        explain: Callable[[Plan, RotateOptions], None],
        confirm: Callable[[Report], None] = lambda _: None,
    ) -> None:
        self._state_dir = state_dir
        self._load = load
        self._means_of = means_of
        self._environ = environ
        self._paths = os.path.realpath(paths[0]), os.path.realpath(paths[1])
        self._clock = clock
        self._step = step
        self._known_creation = known_creation
        self._note_creation = note_creation
        self._may_move = may_move
        self._may_replace = may_replace
        self._explain = explain
        self._confirm = confirm

    # -- resuming --------------------------------------------------------------------------

    def resume_all(self, *, end_grace: bool = False) -> list[Report]:
        """Finish all that is unfinished."""
        reports = []
        for old in unfinished(self._state_dir):
            try:
                journal = self._journal(old)
            except AwscredsError as error:
                reports.append(failure(old, [], error))
                continue
            reports.append(self.resume(journal, end_grace=end_grace))
        return reports

    def _journal(self, old: str) -> Journal:
        return Journal(self._state_dir, old, clock=self._clock, step=self._step)

    def resume(self, journal: Journal, *, end_grace: bool = False) -> Report:
        """Finish one unfinished rotation, or take it back."""
        facts = journal.facts
        report = Report(str(facts["old"]), list(facts.get("profiles", ())))
        report.endpoint = named(facts.get("endpoint"), facts.get("sts_endpoint"))
        rotation: Rotation | None = None
        try:
            with _locked(journal):
                if not journal.is_there:
                    report.status = ENDED_ELSEWHERE
                    return report
                means = self._means_of(self._a_profile(journal))
                rotation = Rotation.found(journal, means)
                report.choices = rotation.choices
                self._require_same_place(journal, means)
                report.conclude(rotation.resume(end_grace=end_grace))
        except AwscredsError as error:
            report.fail(error)
        if rotation:
            report.note(rotation)
        return report

    def _a_profile(self, journal: Journal) -> str:
        profiles = self._load()
        using = [
            profile.name
            for key in (journal.facts["new"], journal.facts["old"])
            if key
            for profile in users_of(key, profiles)
        ]
        return (using or journal.facts["profiles"])[0]

    def _require_same_place(self, journal: Journal, means: RotationContext) -> None:
        facts = journal.facts
        if (facts["config"], facts["credentials"]) != self._paths:
            raise RotationUnfinished(
                f"the rotation of {facts['old']} is about {facts['config']} and "
                f"{facts['credentials']}, not about the AWS files in use here",
                code="other-files",
                hint="set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE to those, then: "
                "awscreds rotate --resume",
            )
        profiles = self._load()
        profile = profiles.find(self._a_profile(journal))
        begun = {"iam": facts["endpoint"], "sts": facts.get("sts_endpoint", facts["endpoint"])}
        ways = {
            service: resolve_endpoint(service, profile, profiles, self._environ)
            for service in begun
        }
        for service, url in begun.items():
            here = ways[service].endpoint_url or ""
            if here != url:
                raise RotationUnfinished(
                    f"the rotation of {facts['old']} is about {url or 'AWS itself'}, and "
                    f"{service.upper()} is reached at {here or 'AWS itself'} here",
                    code="other-endpoint",
                    hint="set (or unset) AWS_ENDPOINT_URL accordingly, then: "
                    "awscreds rotate --resume",
                )
        means.reach(**ways)

    # -- rotating --------------------------------------------------------------------------

    def is_due(self, key_id: str, wishes: RotateOptions) -> bool:
        """Whether ``rotate`` may have anything to do, as far as is known without asking AWS."""
        try:
            journal = self._unfinished_of(key_id)
        except AwscredsError:
            return False
        if journal:
            until = journal.grace_end
            return until is None or wishes.replace_other or self._clock() >= until
        created = self._known_creation(key_id)
        return created is None or not self._is_young(created, wishes)

    def rotate(self, key_id: str, wishes: RotateOptions) -> Report:
        """Rotate one key, or finish its unfinished rotation."""
        try:
            journal = self._unfinished_of(key_id)
        except AwscredsError as error:
            return failure(key_id, [], error)
        if journal:
            if wishes.dry_run:
                return failure(key_id, journal.facts.get("profiles", []), _must_be_resumed(journal))
            in_grace = journal.grace_end is not None
            if not in_grace or key_id == journal.facts["old"]:
                unmet = _unmet(wishes, choices_of(journal))
                if unmet:
                    return failure(
                        key_id, journal.facts.get("profiles", []), _must_be_resumed(journal, unmet)
                    )
            report = self.resume(journal, end_grace=in_grace and wishes.replace_other)
            if report.status == WAITING and wishes.older_than is None:
                report.fail(_in_grace(report))
            # A grace that is over ends the rotation before this one, if not that of this very key.
            is_free = in_grace and report.is_good and report.status != WAITING
            if not is_free or key_id == report.key_id:
                return report
        report = Report(key_id, [])
        try:
            report.profiles = [user.name for user in required_users(key_id, self._load())]
            self._rotate(report, wishes)
        except AwscredsError as error:
            report.fail(error)
        return report

    def _unfinished_of(self, key_id: str) -> Journal | None:
        """The journal of the unfinished rotation from or to a key; None where there is none."""
        for old in unfinished(self._state_dir):
            try:
                journal = self._journal(old)
            except AwscredsError:
                if old == key_id:
                    raise
                continue  # a damaged one, of another key
            if key_id in (old, journal.facts.get("new")):
                return journal
        return None

    def _rotate(self, report: Report, wishes: RotateOptions) -> None:
        created = self._known_creation(report.key_id)
        if created is not None and self._is_young(created, wishes):
            report.status = SKIPPED
            return
        means = self._means_of(report.profiles[0])
        journal = self._journal(report.key_id)
        with _locked(journal):
            if report.key_id in unfinished(self._state_dir):
                raise _must_be_resumed(journal)
            plan = preflight(
                report.key_id,
                means,
                self._environ,
                endpoint_ok=wishes.endpoint_ok,
                keep_plaintext=wishes.keep_plaintext,
            )
            report.plan, report.user, report.account = plan, plan.user, plan.identity.account
            report.endpoint = plan.gate.named
            if self._is_young(plan.created, wishes):
                if not wishes.dry_run:
                    self._note_creation(report.key_id, plan.created)
                report.status = SKIPPED
                return
            self._explain(plan, wishes)
            report.choices = self._choose(plan, wishes, means)
            if wishes.dry_run:
                report.status = PLANNED
                return
            self._confirm(report)
            journal.facts = {
                "account": plan.identity.account,
                "user": plan.user,
                "endpoint": plan.gate.urls["iam"],
                "sts_endpoint": plan.gate.urls["sts"],
                "config": self._paths[0],
                "credentials": self._paths[1],
                "old": plan.key.id,
                "new": None,
                "profiles": plan.profiles,
            }
            rotation = Rotation(
                journal, means, report.choices, old_key=plan.key, session=plan.session
            )
            try:
                report.conclude(rotation.begin())
            finally:
                report.note(rotation)

    def _is_young(self, created: float, wishes: RotateOptions) -> bool:
        return wishes.older_than is not None and self._clock() - created < wishes.older_than

    def _choose(self, plan: Plan, wishes: RotateOptions, means: RotationContext) -> RotationOptions:
        if (
            plan.moving()
            and not wishes.keep_plaintext
            and not (wishes.dry_run or self._may_move(plan))
        ):
            raise AwscredsError(
                f"the key of {', '.join(escaped(name) for name in plan.moving())} stands in "
                "plaintext, and nobody agreed to move it into the secret store; nothing was done",
                code="consent",
                hint="say --yes to move it, or --keep-plaintext to exchange it where it stands",
            )
        other = plan.other.id if plan.other else None
        if other:
            self._free_slot(plan, other, wishes, means)
        return RotationOptions(
            grace=wishes.grace,
            keep_old=wishes.keep_old,
            keep_plaintext=wishes.keep_plaintext,
            other=other,
            mfa_serial=plan.mfa_serial if plan.session else None,
        )

    def _free_slot(
        self, plan: Plan, other: str, wishes: RotateOptions, means: RotationContext
    ) -> None:
        profiles = self._load()
        users = [escaped(profile.name) for profile in users_of(other, profiles)]
        users += shadowed_definitions(other, profiles, self._paths)
        users += map(str, means.pointers_elsewhere(other))
        if users:
            raise AwscredsError(
                f"{escaped(plan.user)} has two keys already, the most there can be, and the other "
                f"one, {other}, is used by {', '.join(users)}",
                code="two-keys",
                hint="let those profiles use one key (awscreds configure), then delete the other: "
                f"awscreds keys delete {other}",
            )
        if not wishes.replace_other and not (wishes.dry_run or self._may_replace(plan)):
            raise AwscredsError(
                f"{escaped(plan.user)} has two keys already, the most there can be; the other one "
                f"is {other}",
                code="two-keys",
                hint="say --replace-other to delete that one, once you know that nobody needs it",
            )


@contextlib.contextmanager
def _locked(journal: Journal) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(journal.lock())
        except AwscredsError as error:
            if error.code == "locked":
                error.message = f"another awscreds is rotating {journal.facts['old']}"
                error.args = (error.message,)
            raise
        yield


def _unmet(wishes: RotateOptions, choices: RotationOptions) -> str | None:
    """The option that a rotation begun with ``choices`` would not heed as it goes on, if any."""
    options = {
        "--grace": wishes.grace and wishes.grace != choices.grace,
        "--keep-old": wishes.keep_old and wishes.keep_old != choices.keep_old,
        "--keep-plaintext": wishes.keep_plaintext and not choices.keep_plaintext,
    }
    return next((name for name, is_unmet in options.items() if is_unmet), None)


def _must_be_resumed(journal: Journal, unmet: str | None = None) -> RotationUnfinished:
    otherwise = f", and was begun with another {unmet} or none" if unmet else ""
    return RotationUnfinished(
        f"the rotation of {journal.facts['old']} is unfinished{otherwise}",
        hint="`awscreds rotate --resume` finishes it, or takes it back",
    )


def _in_grace(report: Report) -> AwscredsError:
    return AwscredsError(
        f"the key before this one, {report.key_id}, is in its grace until "
        f"{format_iso(report.until or 0)}, and a user has two keys at most; nothing was done",
        code="in-grace",
        hint="wait for that, or say --replace-other to end the grace now",
    )
