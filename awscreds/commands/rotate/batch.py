"""``rotate --all``: every key that a profile uses, several at a time.

Questions come first, one after the other; nothing is asked while rotations are running. A missing
answer fails only its own key.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

from awscreds.commands.rotate.progress import ProgressLine
from awscreds.commands.rotate.report import elsewhere
from awscreds.errors import AwscredsError, UsageError, unexpected_error
from awscreds.model.key_usage import required_users, users_of
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.workflows.crew import map_concurrently
from awscreds.workflows.gate import named
from awscreds.workflows.readings import require_readable
from awscreds.workflows.rotation.access import AwsAccess
from awscreds.workflows.rotation.interrupt import GracefulInterrupt
from awscreds.workflows.rotation.repoint import moves_to_store
from awscreds.workflows.rotation.results import SKIPPED, failure
from awscreds.workflows.rotation.service import all_keys
from awscreds.workflows.rotation.traffic import Traffic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.commands.rotate.run import RotateCommand
    from awscreds.model.profile import Profile
    from awscreds.stores.backends import Backend
    from awscreds.workflows.rotation.results import Report

AT_ONCE = 16
"""Keys that are rotated at the same time, most of which wait for AWS."""


class BatchRotation:
    """The rotation of every key. ``interrupted_by`` is the signal that ended it early."""

    def __init__(self, run: RotateCommand) -> None:
        self._run = run
        self._app = run.app
        self._options = run.options
        self._interrupt = GracefulInterrupt(run.app.step, run.app.sleep)
        self._context = replace(
            run.context,
            lock=threading.RLock(),
            step=self._interrupt.step,
            sleep=self._interrupt.sleep,
        )
        self._unready: dict[str, AwscredsError] = {}

    @property
    def interrupted_by(self) -> int | None:
        return self._interrupt.signal

    def rotate(self) -> list[Report]:
        """What came of each key, in the order of the files."""
        keys = all_keys(self._app.profiles())
        findings = self._app.file_warnings.report(every=True)
        if not keys:
            # An unreadable file may have keys: cron must learn of it.
            require_readable(findings)
            self._app.say("There is no access key to rotate: no profile has one.")
        service = self._run.service()
        due = [key_id for key_id in keys if service.is_due(key_id, self._options)]
        self._make_ready(due)
        if due and not self._options.dry_run:
            self._app.say(elsewhere("these keys", "them", self._options))
        progress = ProgressLine(self._app, len(keys))
        traffic = Traffic(AT_ONCE, check=self._interrupt.check_may_begin, tell=progress.tell_all)
        self._context = replace(self._context, traffic=traffic)
        if due:
            progress.tell_all("Check the keys and the permissions")
        # A second Ctrl-C ends us at once: the terminal must be as it was before.
        self._app.dialogue.finish_asking()
        with self._interrupt.installed(progress.stop):
            reports = map_concurrently(keys, lambda key_id: self._rotate(key_id, progress), AT_ONCE)
        progress.shut()
        return reports

    def _rotate(self, key_id: str, progress: ProgressLine) -> Report:
        profiles = [profile.name for profile in self._users(key_id)]
        name = ", ".join(profiles)
        tell = partial(progress.tell, name)
        service = self._run.service(
            context=self._context, interaction=self._run.consent.one_of_many(tell)
        )
        try:
            if key_id in self._unready:
                raise self._unready[key_id]
            with self._context.traffic.turn():
                self._interrupt.check_may_begin()
                report = service.rotate(key_id, self._options)
        except AwscredsError as error:
            report = failure(key_id, profiles, error)
        except Exception as error:  # noqa: BLE001 - a failure, whatever it is, stops no other
            report = failure(key_id, profiles, unexpected_error(error))
        if report.status != SKIPPED:
            progress.finish(name, report.status, is_good=report.is_good)
        return report

    def _users(self, key_id: str) -> list[Profile]:
        return users_of(key_id, self._app.profiles())

    # -- what a person is needed for ---------------------------------------------------------

    def _make_ready(self, due: list[str]) -> None:
        """Open the stores, start the MFA sessions, ask for consent."""
        if not due:
            return
        app, options = self._app, self._options
        app.files.require_trusted()  # for all keys at once, before anybody is asked anything
        if not options.dry_run:
            self._run.consent.confirm_all(due, self._described)
        # What threads share must exist before they start.
        _ = (app.files, app.sessions, app.dialogue.terminal)
        writing = app.stores.backend(app.stores.current())
        writing.check()
        self._require_one_device(due)
        for key_id in due:
            try:
                self._make_one_ready(key_id, writing)
            except AwscredsError as error:
                self._unready[key_id] = error
        moving = [
            profile.name
            for key_id in due
            for profile in self._users(key_id)
            if moves_to_store(profile, key_id)
        ]
        if moving and not (options.keep_plaintext or options.dry_run):
            self._run.consent.ask_to_move(moving)

    def _described(self, key_id: str) -> str:
        """The profiles that use a key, and the endpoint if it is not AWS's default."""
        app = self._app
        users = self._users(key_id)
        names = ", ".join(profile.name for profile in users)
        try:
            endpoints = [
                resolve_endpoint(service, users[0], app.profiles(), app.environ)
                for service in ("iam", "sts")
            ]
        except AwscredsError:  # only this rotation will fail
            return names
        shown = named(*(endpoint.endpoint_url for endpoint in endpoints))
        return f"{names} at {shown}" if shown else names

    def _require_one_device(self, due: list[str]) -> None:
        serials = {serial for key_id in due if (serial := _serial(self._users(key_id)))}
        if self._options.token is not None and len(serials) > 1:
            raise UsageError(
                f"--token is for one MFA device, and these keys need {len(serials)}",
                hint="omit --token to be asked for each code, or start the sessions first: "
                "awscreds mfa-session --profile NAME",
            )

    def _make_one_ready(self, key_id: str, writing: Backend) -> None:
        context = self._run.context
        users = required_users(key_id, self._app.profiles())
        serial = _serial(users)
        # The code of --token is for the first key that wants one.
        codes = self._run.codes() if serial else self._run.codes_of(None)
        access = AwsAccess(context, users[0].name, codes)
        if serial:
            access.session(context.key(key_id), serial, may_ask=True)
        elif self._app.stores.of(key_id).backend.name != writing.name:
            context.key(key_id)  # the other store may want its passphrase


def _serial(users: list[Profile]) -> str | None:
    """The MFA device of those who use a key, as a preflight finds it."""
    return next((serial for profile in users if (serial := profile.of_role("mfa_serial"))), None)
