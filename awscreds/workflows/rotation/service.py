"""From what a user asks for to rotations. An unfinished rotation of a key is resumed first."""

from __future__ import annotations

import contextlib

from awscreds.errors import (
    AwscredsError,
    ConfigurationError,
    RotationUnfinished,
    unexpected_error,
)
from awscreds.model.key_usage import key_ids_of, no_own_key, required_users, users_of
from awscreds.model.keys import TEMPORARY_PREFIX, is_key_id
from awscreds.model.partitions import partition_of
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso
from awscreds.stores.journal import Journal, unfinished
from awscreds.stores.locations import real_path
from awscreds.workflows.gate import named
from awscreds.workflows.rotation.interrupt import INTERRUPTED, not_begun
from awscreds.workflows.rotation.preflight import preflight
from awscreds.workflows.rotation.repoint import shadowed_definitions
from awscreds.workflows.rotation.results import (
    ENDED_ELSEWHERE,
    PLANNED,
    SKIPPED,
    WAITING,
    Report,
    failure,
)
from awscreds.workflows.rotation.run import Rotation
from awscreds.workflows.rotation.state import RotationState, options_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from awscreds.model.profile import Profile, Profiles
    from awscreds.model.rotation import RotateOptions, RotationOptions
    from awscreds.workflows.rotation.access import AwsAccess
    from awscreds.workflows.rotation.context import RotationContext
    from awscreds.workflows.rotation.interaction import Interaction
    from awscreds.workflows.rotation.preflight import Plan


def key_of(profile: Profile, profiles: Profiles) -> str:
    """The ID of the long-lived key of ``profile``. Raises ConfigurationError if it has none."""
    key_id = profile.access_key_id
    if key_id and is_key_id(key_id):
        return key_id
    if key_id:  # not shown: it may be a secret, pasted in the wrong place
        raise ConfigurationError(
            f"the access key ID of the profile {escaped(profile.name)} is not valid",
            code="bad-access-key-id",
            hint=f"awscreds configure --profile {quoted(profile.name)}",
        )
    source = profile.of_role("source_profile")
    hint = f"awscreds configure --profile {quoted(profile.name)}"
    if source and profiles.has(source):
        hint = f"it uses the key of {escaped(source)}: awscreds rotate --profile {quoted(source)}"
    raise no_own_key(profile, hint=hint).because(code="no-credentials")


def all_keys(profiles: Profiles) -> list[str]:
    """Every distinct long-lived key that a profile names, in the order of the files.

    Other values (the ``test`` of a local imitation of AWS) are left out.
    """
    named = [key_id for profile in profiles.all() for key_id in sorted(key_ids_of(profile))]
    return [k for k in dict.fromkeys(named) if is_key_id(k) and not k.startswith(TEMPORARY_PREFIX)]


class RotationService:
    """Rotates keys. ``access_of`` gives the way to AWS that a profile, by its name, has."""

    def __init__(
        self,
        context: RotationContext,
        interaction: Interaction,
        access_of: Callable[[str], AwsAccess],
    ) -> None:
        self._context = context
        self._interaction = interaction
        self._access_of = access_of
        files = context.files
        self._paths = real_path(files.config_path), real_path(files.credentials_path)

    # -- resuming --------------------------------------------------------------------------

    def resume_all(self, *, end_grace: bool = False) -> list[Report]:
        """Finish all that is unfinished."""
        reports = []
        for old in unfinished(self._context.state_dir):
            try:
                journal = self._journal(old)
            except AwscredsError as error:
                reports.append(failure(old, [], error))
                continue
            reports.append(self.resume(journal, end_grace=end_grace))
        return reports

    def _journal(self, old: str) -> Journal:
        return Journal(
            self._context.state_dir, old, clock=self._context.clock, step=self._context.step
        )

    def resume(self, journal: Journal, *, end_grace: bool = False) -> Report:
        """Finish one unfinished rotation, or undo it."""
        facts = journal.facts
        report = Report(str(facts["old"]), list(facts.get("profiles", ())))
        if not journal.entries:  # another process ended it before we could read it
            report.status = ENDED_ELSEWHERE
            return report
        report.endpoint = named(facts.get("endpoint"), facts.get("sts_endpoint"))
        state: RotationState | None = None
        try:
            with self._alone_with_user_of(journal), _locked(journal):
                if not journal.is_there:
                    report.status = ENDED_ELSEWHERE
                    return report
                access = self._access_of(self._a_profile(journal))
                state = RotationState.from_journal(journal)
                report.options = state.options
                self._require_same_place(journal, access)
                rotation = Rotation(state, self._context, access, self._interaction)
                report.conclude(rotation.resume(end_grace=end_grace))
        except AwscredsError as error:
            report.fail(error)
        except Exception as error:  # noqa: BLE001 - a failure, whatever it is, stops no other
            problem = unexpected_error(error)
            why = f"the rotation of {facts['old']} is unfinished: {problem.message}"
            report.fail(RotationUnfinished(why, code=problem.code, hint=problem.hint))
        if state:
            report.note(state)
        return report

    def _alone_with_user_of(self, journal: Journal) -> AbstractContextManager[bool]:
        facts = journal.facts
        return self._context.traffic.alone_with(str(facts["account"]), str(facts["user"]))

    def _a_profile(self, journal: Journal) -> str:
        profiles = self._context.profiles()
        using = [
            profile.name
            for key in (journal.facts["new"], journal.facts["old"])
            if key
            for profile in users_of(key, profiles)
        ]
        return (using or journal.facts["profiles"])[0]

    def _require_same_place(self, journal: Journal, access: AwsAccess) -> None:
        facts = journal.facts
        if (facts["config"], facts["credentials"]) != self._paths:
            raise RotationUnfinished(
                f"the rotation of {facts['old']} was started with other AWS files: "
                f"{facts['config']} and {facts['credentials']}",
                code="other-files",
                hint="set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE to these, then: "
                "awscreds rotate --resume",
            )
        profiles = self._context.profiles()
        profile = profiles.find(self._a_profile(journal))
        begun = {"iam": facts["endpoint"], "sts": facts.get("sts_endpoint", facts["endpoint"])}
        endpoints = {
            service: resolve_endpoint(service, profile, profiles, self._context.environ)
            for service in begun
        }
        for service, url in begun.items():
            here = endpoints[service].endpoint_url or ""
            if here != url:
                raise RotationUnfinished(
                    f"the rotation of {facts['old']} was started at {url or 'AWS itself'}, but "
                    f"the endpoint of {service.upper()} is now {here or 'AWS itself'}",
                    code="other-endpoint",
                    hint="set or unset AWS_ENDPOINT_URL to match, then: awscreds rotate --resume",
                )
        partition = facts.get("partition")  # an earlier version did not write it
        region = endpoints["iam"].region
        if partition not in (None, partition_of(region)):
            raise RotationUnfinished(
                f"the rotation of {facts['old']} was started in the partition {partition}, but the "
                f"region is now {region}",
                code="other-endpoint",
                hint="set AWS_REGION to a region of that partition, then: awscreds rotate --resume",
            )
        access.reach(**endpoints)

    # -- rotating --------------------------------------------------------------------------

    def is_due(self, key_id: str, options: RotateOptions) -> bool:
        """Whether ``rotate`` may have anything to do. AWS is not asked."""
        try:
            journal = self._unfinished_of(key_id)
        except AwscredsError:
            return False
        if journal:
            until = journal.grace_end
            return until is None or options.replace_other or self._context.clock() >= until
        created = self._context.known_creation(key_id)
        return created is None or not self._is_young(created, options)

    def rotate(self, key_id: str, options: RotateOptions) -> Report:
        """Rotate one key, or finish its unfinished rotation."""
        try:
            journal = self._unfinished_of(key_id)
        except AwscredsError as error:
            return failure(key_id, [], error)
        if journal:
            if options.dry_run:
                return failure(key_id, journal.facts.get("profiles", []), _must_be_resumed(journal))
            in_grace = journal.grace_end is not None
            if journal.entries and (not in_grace or key_id == journal.facts["old"]):
                unmet = _unmet(options, options_of(journal))
                if unmet:
                    return failure(
                        key_id, journal.facts.get("profiles", []), _must_be_resumed(journal, unmet)
                    )
            report = self.resume(journal, end_grace=in_grace and options.replace_other)
            if report.status == WAITING and options.older_than is None:
                report.fail(_in_grace(report))
            # If the grace period is over, that ended the previous rotation. Now the key itself is
            # rotated, unless it was the old key there.
            is_free = in_grace and report.is_good and report.status != WAITING
            if not is_free or key_id == report.key_id:
                return report
        report = Report(key_id, [])
        try:
            report.profiles = [
                user.name for user in required_users(key_id, self._context.profiles())
            ]
            self._rotate(report, options)
        except AwscredsError as error:
            report.fail(error)
        return report

    def _unfinished_of(self, key_id: str) -> Journal | None:
        """The journal of the unfinished rotation from or to a key; None if there is none."""
        for old in unfinished(self._context.state_dir):
            try:
                journal = self._journal(old)
            except AwscredsError:
                if old == key_id:
                    raise
                continue  # a damaged one, of another key
            if key_id in (old, journal.facts.get("new")):
                return journal
        return None

    def _rotate(self, report: Report, options: RotateOptions) -> None:
        created = self._context.known_creation(report.key_id)
        if created is not None and self._is_young(created, options):
            report.status = SKIPPED
            return
        access = self._access_of(report.profiles[0])
        journal = self._journal(report.key_id)
        with _locked(journal):
            if report.key_id in unfinished(self._context.state_dir):
                raise _must_be_resumed(journal)
            plan = self._preflight(report.key_id, access, options)
            with self._context.traffic.alone_with(plan.identity.account, plan.user) as has_waited:
                if has_waited:  # the user's keys are others by now
                    plan = self._preflight(report.key_id, access, options)
                self._carry_out(plan, journal, access, report, options)

    def _preflight(self, key_id: str, access: AwsAccess, options: RotateOptions) -> Plan:
        try:
            return preflight(key_id, self._context, access, options)
        except RotationUnfinished as error:  # a wait for AWS was interrupted
            raise not_begun() if error.code == INTERRUPTED else error from None

    def _carry_out(
        self,
        plan: Plan,
        journal: Journal,
        access: AwsAccess,
        report: Report,
        options: RotateOptions,
    ) -> None:
        """Rotate as planned, if the key is old enough and nobody says no."""
        report.plan, report.user, report.account = plan, plan.user, plan.identity.account
        report.endpoint = plan.gate.named
        if self._is_young(plan.created, options):
            if not options.dry_run:
                self._context.note_creation(report.key_id, plan.created)
            report.status = SKIPPED
            return
        self._interaction.explain(plan, options)
        report.options = self._decide(plan, options)
        if options.dry_run:
            report.status = PLANNED
            return
        self._interaction.confirm(report)
        journal.facts = {
            "account": plan.identity.account,
            "user": plan.user,
            "user_id": plan.identity.user_id,
            "endpoint": plan.gate.urls["iam"],
            "sts_endpoint": plan.gate.urls["sts"],
            "partition": plan.gate.partition,
            "config": self._paths[0],
            "credentials": self._paths[1],
            "old": plan.key.id,
            "new": None,
            "profiles": plan.profiles,
        }
        state = RotationState(
            journal=journal, options=report.options, old_key=plan.key, session=plan.session
        )
        rotation = Rotation(state, self._context, access, self._interaction)
        try:
            report.conclude(rotation.begin())
        finally:
            report.note(state)

    def _is_young(self, created: float, options: RotateOptions) -> bool:
        return (
            options.older_than is not None and self._context.clock() - created < options.older_than
        )

    def _decide(self, plan: Plan, options: RotateOptions) -> RotationOptions:
        """The options of one rotation, after people were asked. Raises AwscredsError after a no."""
        if (
            plan.moving()
            and not options.keep_plaintext
            and not (options.dry_run or self._interaction.may_move(plan))
        ):
            raise AwscredsError(
                f"the key of {', '.join(escaped(name) for name in plan.moving())} is stored "
                "in plaintext, and nobody agreed to move it to the secret store; nothing was "
                "changed",
                code="consent",
                hint="use --yes to move it, or --keep-plaintext to rotate it in place",
            )
        other = plan.other.id if plan.other else None
        if other:
            self._require_free_slot(plan, other, options)
        return options.for_journal(
            other=other, mfa_serial=plan.mfa_serial if plan.session else None
        )

    def _require_free_slot(self, plan: Plan, other: str, options: RotateOptions) -> None:
        """Raise AwscredsError unless the user's other key may be deleted to make room."""
        profiles = self._context.profiles()
        users = [escaped(profile.name) for profile in users_of(other, profiles)]
        users += shadowed_definitions(other, profiles, self._paths)
        users += map(str, self._context.pointers_elsewhere(other))
        if users:
            raise AwscredsError(
                f"{escaped(plan.user)} already has two access keys, the AWS maximum, and the other "
                f"one, {other}, is used by {', '.join(users)}",
                code="two-keys",
                hint="let those profiles use one key (awscreds configure --profile NAME), then "
                f"delete the other: awscreds keys delete {other} --profile "
                f"{quoted(plan.profiles[0])}",
            )
        if not options.replace_other and not (
            options.dry_run or self._interaction.may_replace(plan)
        ):
            raise AwscredsError(
                f"{escaped(plan.user)} already has two access keys, the AWS maximum; the other one "
                f"is {other}",
                code="two-keys",
                hint="if nobody needs that key, use --replace-other to delete it",
            )


@contextlib.contextmanager
def _locked(journal: Journal) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(journal.lock())
        except AwscredsError as error:
            if error.code == "locked":
                # Not "run this again": that would rotate the new key, too.
                raise error.because(
                    message=f"another awscreds is rotating {journal.facts['old']}",
                    hint="wait until it ends; `awscreds list` then shows if it is unfinished",
                ) from None
            raise
        yield


def _unmet(options: RotateOptions, chosen: RotationOptions) -> str | None:
    """The option that a rotation begun with ``chosen`` would not obey when it continues, if any."""
    unmet = {
        "--grace": options.grace and options.grace != chosen.grace,
        "--keep-old": options.keep_old and options.keep_old != chosen.keep_old,
        "--keep-plaintext": options.keep_plaintext and not chosen.keep_plaintext,
    }
    return next((name for name, is_unmet in unmet.items() if is_unmet), None)


def _must_be_resumed(journal: Journal, unmet: str | None = None) -> RotationUnfinished:
    otherwise = f", and was started with a different {unmet}, or without it" if unmet else ""
    return RotationUnfinished(
        f"the rotation of {journal.facts['old']} is unfinished{otherwise}",
        hint="`awscreds rotate --resume` finishes it or undoes it",
    )


def _in_grace(report: Report) -> AwscredsError:
    return AwscredsError(
        f"the previous key {report.key_id} is in its grace period until "
        f"{format_iso(report.until or 0)}, and a user can have only two keys; nothing was changed",
        code="in-grace",
        hint="wait until then, or use --replace-other to end the grace period now",
    )
