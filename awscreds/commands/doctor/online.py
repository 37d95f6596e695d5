"""What `doctor` asks AWS: about each access key of the AWS files once, several at a time."""

from __future__ import annotations

import threading

from awscreds.commands.rotate.progress import ProgressLine
from awscreds.errors import AwscredsError, ConfigurationError, EntryMissing
from awscreds.model.credential_process import POINTER
from awscreds.model.credentials import AccessKey
from awscreds.model.keys import TEMPORARY_PREFIX
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import ERROR, WARNING
from awscreds.model.profile import KEY_ID, SECRET
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.model.text import escaped, quoted
from awscreds.workflows.checks import at_aws
from awscreds.workflows.crew import Crew

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.app import App
    from awscreds.model.profile import Profile
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.workflows.checks.at_aws import KeyAtAws
    from awscreds.workflows.checks.surroundings import Surroundings

    Question = tuple[AccessKey, KeyAtAws, ServiceEndpoint, ServiceEndpoint]

WIDTH = 8
"""Keys that are asked about at the same time."""


def findings(app: App, surroundings: Surroundings) -> Iterator[Finding]:
    """What is wrong with the keys by what AWS says, and why some could not be asked about.

    Secrets are read here, by the thread that may ask for a passphrase.
    """
    keys = _Keys(app, surroundings)
    found = list(keys.read())
    yield from found
    if keys.read_ones:
        yield from at_aws.findings(surroundings, _ask_all(app, surroundings, keys.read_ones))


class _Keys:
    """The keys with their secrets, each with the first profile that uses it."""

    def __init__(self, app: App, surroundings: Surroundings) -> None:
        self._app = app
        self._surroundings = surroundings
        self.read_ones: list[tuple[AccessKey, Profile]] = []

    def read(self) -> Iterator[Finding]:
        """Read the secrets. A store that is closed is asked once, and reported once."""
        seen: set[str] = set()
        is_closed = False
        for profile in self._surroundings.every_profile:
            plain = _plaintext(profile)
            stored = profile.stored_key_id
            if plain and plain.id not in seen:
                seen.add(plain.id)
                self.read_ones.append((plain, profile))
            if not stored or stored in seen or is_closed:
                continue
            seen.add(stored)
            try:
                key = self._app.stores.of(stored).access_key(stored)
            except EntryMissing:
                yield self._missing(profile, stored)
            except AwscredsError as error:
                is_closed = True
                yield self._closed(profile, error)
            else:
                self.read_ones.append((key, profile))

    def _missing(self, profile: Profile, stored: str) -> Finding:
        return Finding(
            "missing-entry",
            ERROR,
            *self._surroundings.place(profile.name, POINTER),
            f"the secret store has no secret for {stored}, the access key of the profile "
            f"{escaped(profile.name)}",
            remedy=f"store it again: awscreds configure --profile {quoted(profile.name)}",
            profile=profile.name,
        )

    def _closed(self, profile: Profile, error: AwscredsError) -> Finding:
        return Finding(
            "store-closed",
            WARNING,
            *self._surroundings.place(profile.name, POINTER),
            f"AWS was not asked about the stored access keys: {error.message}",
            remedy=error.hint or "awscreds unlock",
        )


def _plaintext(profile: Profile) -> AccessKey | None:
    """The long-lived key of a profile in plaintext, if it is complete."""
    key_id, secret = profile.plaintext.get(KEY_ID), profile.plaintext.get(SECRET)
    if not isinstance(key_id, str) or not isinstance(secret, str) or not secret:
        return None
    if profile.misplaced or profile.temporary_keys or key_id.startswith(TEMPORARY_PREFIX):
        return None
    return AccessKey(key_id, secret)


def _ask_all(
    app: App, surroundings: Surroundings, keys: list[tuple[AccessKey, Profile]]
) -> list[KeyAtAws]:
    """The answers, by key. Once an endpoint is not reached, it is left alone."""
    answers = []
    questions = []
    # Not by the threads: the documents note the lines of their sections while they are read.
    for key, profile in keys:
        answer = at_aws.KeyAtAws(key.id, profile)
        answers.append(answer)
        try:
            sts, iam = (
                resolve_endpoint(service, profile, surroundings.profiles, app.environ)
                for service in ("sts", "iam")
            )
        except ConfigurationError as error:
            answer.error = error
        else:
            questions.append((key, answer, sts, iam))
    _Questions(ProgressLine(app, len(questions))).ask(questions)
    return answers


class _Questions:
    """Asks about several keys at a time, and shows how far that is."""

    def __init__(self, progress: ProgressLine) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._dead: dict[tuple[str | None, str], AwscredsError] = {}

    def ask(self, questions: list[Question]) -> None:
        """Fill in the answers. After Ctrl-C no other key is asked about."""
        crew = Crew(questions, self._ask, WIDTH)
        try:
            for _ in crew.results():
                pass  # each answer has its place
        finally:
            crew.stop()
            self._progress.shut()

    def _ask(self, question: Question) -> None:
        key, answer, sts, iam = question
        where = sts.endpoint_url, sts.region
        with self._lock:
            answer.error = self._dead.get(where)
        if answer.error is None:
            self._progress.tell(answer.profile.name, "asking AWS")
            self._note(where, at_aws.ask(answer, key, sts, iam))
        self._progress.finish(answer.profile.name, "asked", is_good=answer.error is None)

    def _note(self, where: tuple[str | None, str], error: AwscredsError | None) -> None:
        if error and error.code == at_aws.UNREACHABLE:
            with self._lock:
                self._dead[where] = error
