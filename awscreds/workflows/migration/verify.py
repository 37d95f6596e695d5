"""Whose keys these are, by what AWS says; and what that changes in a plan."""

from __future__ import annotations

import threading

from awscreds.errors import AwscredsError, AwsError
from awscreds.model.keys import shown_key_id
from awscreds.workflows.crew import map_concurrently
from awscreds.workflows.migration.item import MOVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import AccessKey
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.workflows.migration.item import Item
    from awscreds.workflows.pairs import RemovalContext

    Ask = Callable[[AccessKey, ServiceEndpoint], Identity]
    EndpointOf = Callable[[str], ServiceEndpoint]
    """The endpoint of STS for a profile. Raises ConfigurationError."""

WIDTH = 8
"""Keys that AWS is asked about at the same time."""


def ask_aws(items: Sequence[Item], ask: Ask, endpoint_of: EndpointOf) -> AwsError | None:
    """Ask AWS whose each key is. Keys that it refuses are left.

    Returns the error if AWS could not be reached for some of them: these stay unchecked. Once an
    endpoint is not reached, it is not asked again.
    """
    questions: dict[tuple[AccessKey, str | None, str], ServiceEndpoint] = {}
    asked: list[tuple[Item, tuple[AccessKey, str | None, str]]] = []
    for item in _moving(items):
        assert item.key  # noqa: S101 - an item to move has one
        try:
            endpoint = endpoint_of(item.profile)
        except AwscredsError as error:
            item.leave(f"AWS cannot be asked whose its key is: {error.message}", error.hint or "")
            continue
        question = (item.key, endpoint.endpoint_url, endpoint.region)
        questions.setdefault(question, endpoint)
        asked.append((item, question))
    answers = _answers(questions, ask)
    unreached = None
    for item, question in asked:
        answer = answers[question]
        if not isinstance(answer, AwsError):
            item.identity, item.is_checked = answer, True
        elif answer.aws_code is None:
            unreached = answer
        else:
            item.leave(
                f"{answer.message}",
                "delete its lines if nobody needs this key; or use --no-verify to move it as it is",
            )
    return unreached


def _answers(
    questions: dict[tuple[AccessKey, str | None, str], ServiceEndpoint], ask: Ask
) -> dict[tuple[AccessKey, str | None, str], Identity | AwsError]:
    dead: dict[tuple[str | None, str], AwsError] = {}
    lock = threading.Lock()

    def answer(question: tuple[AccessKey, str | None, str]) -> Identity | AwsError:
        key, *where = question
        place = (where[0], str(where[1]))
        with lock:
            if place in dead:
                return dead[place]
        try:
            return ask(key, questions[question])
        except AwsError as error:
            if error.aws_code is None:
                with lock:
                    dead[place] = error
            return error

    every = list(questions)
    return dict(zip(every, map_concurrently(every, answer, WIDTH), strict=True))


def leave_doubtful(items: Iterable[Item]) -> None:
    """Leave what only AWS can decide, where it did not: mixed pairs, two secrets for one key."""
    secrets: dict[str, set[str]] = {}
    moving = list(_moving(items))
    for item in moving:
        if item.key:
            secrets.setdefault(item.key.id, set()).add(item.key.secret)
    for item in moving:
        if item.is_checked or not item.key:
            continue
        if len(secrets[item.key.id]) > 1:
            item.leave(
                f"another profile has another secret for {shown_key_id(item.key.id)}, and only a "
                "check with AWS can show which one is right",
                "run it again when AWS can be reached, without --no-verify",
            )
        elif item.doubt:
            item.leave(
                f"{item.doubt}, and only a check with AWS can show whether the key is right",
                "run it again when AWS can be reached, without --no-verify",
            )


def leave_stored_otherwise(items: Iterable[Item], context: RemovalContext) -> None:
    """Leave each key for which the store has another secret. Raises SecretStoreError."""
    for item in _moving(items):
        if not item.key:
            continue
        store = context.store_of(item.key.id)
        if store.find_access_key(item.key.id) not in (None, item.key):
            item.leave(
                f"{store.backend.describe()} has another secret for {item.key.id}",
                f"delete the stored one, then run this again: awscreds store forget {item.key.id}",
            )


def _moving(items: Iterable[Item]) -> list[Item]:
    return [item for item in items if item.action == MOVE]
