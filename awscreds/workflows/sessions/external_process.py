"""Credentials from a ``credential_process`` that is not ours.

It runs as botocore runs it, but with a deadline and an empty stdin: botocore has no deadline, and
gives it the stdin of the command that was typed.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

import json
from datetime import datetime

from awscreds.errors import ConfigurationError
from awscreds.model import process_chain
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.text import escaped, quoted
from awscreds.workflows.sessions import subprocesses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from awscreds.model.credentials import Credentials

DEADLINE = 60.0
"""Seconds that it may take: it may wait for a person at a browser or with a security key."""

_SHOWN = 400
_FIELDS = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")


def credentials(
    line: str,
    profile: str,
    environ: Mapping[str, str],
    *,
    clock: Callable[[], float],
    deadline: float = DEADLINE,
    added: Mapping[str, str] | None = None,
) -> Credentials:
    """The credentials that the program of ``line`` gives for ``profile``; a session with a token.

    Arguments and errors are those of `answer`.
    """
    return answer(line, profile, environ, clock=clock, deadline=deadline, added=added)[0]


def answer(
    line: str,
    profile: str,
    environ: Mapping[str, str],
    *,
    clock: Callable[[], float],
    deadline: float = DEADLINE,
    added: Mapping[str, str] | None = None,
) -> tuple[Credentials, float | None]:
    """What the program of ``line`` gives for ``profile``, and when that expires, if it says so.

    It gets the variables ``environ``, and those ``added`` to them.

    Raises ConfigurationError if the program cannot be run, fails or starts us again, and for an
    answer that botocore would refuse. Nothing of an answer is quoted: it may hold a secret.
    """
    process_chain.refuse_loop_of_aws_cli(environ, profile)
    try:
        variables = {**environ, **(added or {})}
        completed = subprocesses.run(line, variables, deadline=deadline, awaited="an answer")
    except subprocesses.RunError as error:
        raise _failed(profile, error.what, error.hint) from None
    if completed.status:
        if loop := process_chain.reported_loop(completed.output, completed.stderr):
            raise loop
        said = escaped(" ".join(completed.stderr.split()))[:_SHOWN]
        raise _failed(profile, f"failed (exit {completed.status})" + (f": {said}" if said else ""))
    try:
        return _credentials(_document(completed.output), clock())
    except _BadAnswerError as error:
        raise _failed(profile, f"printed an invalid answer: {error}") from None


class _BadAnswerError(Exception):
    """Says what is wrong with an answer, without quoting it."""


def _document(output: bytes) -> dict[str, Any]:
    try:
        document = json.loads(output)
    except (ValueError, RecursionError):
        # The error's own text and context would quote the answer.
        document = None
    if not isinstance(document, dict):
        raise _BadAnswerError("it is not a JSON object")
    if document.get("Version") != 1:
        raise _BadAnswerError("its Version is not 1")
    return document


def _credentials(document: Mapping[str, Any], now: float) -> tuple[Credentials, float | None]:
    key_id, secret, token, expiration = (_text(document, name) for name in _FIELDS)
    if not key_id or not secret:
        raise _BadAnswerError(f"it has no {' or '.join(_FIELDS[:2])}")
    end = _epoch(expiration) if expiration else None
    if end is not None and end <= now:
        raise _BadAnswerError("its Expiration is in the past")
    found = Session(key_id, secret, token, end) if token else AccessKey(key_id, secret)
    return found, end


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _BadAnswerError(f"its {name} is not text")
    return value


def _epoch(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _BadAnswerError("its Expiration is not an ISO 8601 time") from None
    if moment.tzinfo is None:
        raise _BadAnswerError("its Expiration has no time zone")
    return moment.timestamp()


def _failed(profile: str, what: str, hint: str | None = None) -> ConfigurationError:
    return ConfigurationError(
        f"the credential_process of the profile {escaped(profile)} {what}",
        code="provider-failed",
        hint=hint
        or "run the command yourself to see what is wrong (SDKs start it, so it must not ask "
        "questions); to see the command: awscreds configure get credential_process --profile "
        f"{quoted(profile)}",
    )
