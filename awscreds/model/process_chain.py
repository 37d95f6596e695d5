"""Loops of programs that start us again. A variable names the profiles in progress.

A profile's ``credential_process`` or ``mfa_process`` may start awscreds: directly, by a script or
by another profile. If it asks for a session that is being made already, it would never end. So a
parent process names in this variable the sessions that it is making. The AWS CLI does the same for
``aws configure export-credentials``, in ``_AWS_CLI_PROFILE_CHAIN``.
"""

from __future__ import annotations

import contextlib
import io
import json

from awscreds.errors import ConfigurationError
from awscreds.model.text import quoted
from awscreds.warm import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VARIABLE = "_AWSCREDS_PROFILE_CHAIN"
AWS_CLI = "_AWS_CLI_PROFILE_CHAIN"

DEEPEST = 8
"""How many sessions may be in progress, each because the one before needs it."""

DEEPEST_OF_AWS_CLI = 4
"""How many the AWS CLI allows in its own chain."""

LONGEST_NAME = 64
"""Characters of a profile's name that are passed on, for messages."""

LOOP = "these programs start each other in a loop: "
"""How the message of a loop begins, so that we recognise it in the output of a child of ours."""


def enter_profile(environ: Mapping[str, str], profile: str, files: Sequence[str]) -> dict[str, str]:
    """``environ`` for the programs that are started to make a session of ``profile``.

    ``files`` are the paths of its AWS files: in others, the same name is another profile. Raises
    ConfigurationError if that session is being made already, or if too many are in progress.
    """
    chain = _entries(environ)
    same_session = digest("\0".join((profile, *files)).encode(errors="surrogateescape")).hex()
    own = f"{_quoted(profile[:LONGEST_NAME])}@{same_session}"
    same = [at for at, entry in enumerate(chain) if entry.endswith(own.partition("@")[2])]
    if same:
        raise loop_error([_name(entry) for entry in (*chain[same[0] :], own)])
    if len(chain) >= DEEPEST:
        raise loop_error([_name(entry) for entry in (*chain, own)])
    return {**environ, VARIABLE: ",".join((*chain, own))}


def names(environ: Mapping[str, str]) -> list[str]:
    """The profiles whose sessions are being made, in the order they were started."""
    return [_name(entry) for entry in _entries(environ)]


def profiles_in_loop(commands: Sequence[Sequence[str]], environ: Mapping[str, str]) -> list[str]:
    """The profiles of a loop of programs that clear the environment, by their command lines.

    ``commands`` are those of one round, from a process to the next one that runs the same. One
    without an option for its profile is skipped.
    """
    found: list[str] = []
    for words in commands:
        named = _named_by(words)
        if named and named[:LONGEST_NAME] not in found[-1:]:
            found.append(named[:LONGEST_NAME])
    if not found:
        found = names(environ) or ["awscreds"]
    return found if found[1:] and found[0] == found[-1] else [*found, found[0]]


def _named_by(words: Sequence[str]) -> str | None:
    for option, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = option.partition("=")
        value = value if equals else following
        if name == "--profile":
            return value
        if name == "--profile-hex":
            with contextlib.suppress(ValueError):
                return bytes.fromhex(value).decode(errors="replace")
    return None


def _entries(environ: Mapping[str, str]) -> list[str]:
    return [entry for entry in environ.get(VARIABLE, "").split(",") if "@" in entry]


def _quoted(name: str) -> str:
    if name.isascii() and name.replace("-", "").replace("_", "").isalnum():
        return name  # without loading what quotes
    from urllib.parse import quote

    return quote(name, safe="", errors="replace")


def _name(entry: str) -> str:
    from urllib.parse import unquote

    return unquote(entry.partition("@")[0])


def refuse_loop_of_aws_cli(environ: Mapping[str, str], profile: str) -> None:
    """Refuse to start the ``credential_process`` of a profile if the AWS CLI started us for it.

    Raises ConfigurationError, as ``aws configure export-credentials`` does.
    """
    seen = _seen_by_aws_cli(environ)
    if profile in seen:
        raise loop_error([*seen[seen.index(profile) :], profile])


def enter_aws_cli(environ: Mapping[str, str], profile: str) -> dict[str, str]:
    """The variable for the programs that are started to export the credentials of ``profile``.

    Raises ConfigurationError where ``aws configure export-credentials`` does: if that is in
    progress already, or if `DEEPEST_OF_AWS_CLI` are.
    """
    refuse_loop_of_aws_cli(environ, profile)
    chain = [*_seen_by_aws_cli(environ), profile]
    if len(chain) > DEEPEST_OF_AWS_CLI:
        raise loop_error(chain)
    import csv

    text = io.StringIO()
    csv.writer(text).writerow(chain)
    return {AWS_CLI: text.getvalue().strip()}


def _seen_by_aws_cli(environ: Mapping[str, str]) -> list[str]:
    chain = environ.get(AWS_CLI)
    if not chain:
        return []
    import csv

    try:
        return next(csv.reader([chain], strict=True), [])
    except csv.Error:
        return []


def loop_error(profiles: Sequence[str]) -> ConfigurationError:
    """The error for a loop of ``profiles`` that need each other's sessions."""
    return _error(" → ".join(profiles), profiles[-1])


def reported_loop(output: bytes, stderr: str) -> ConfigurationError | None:
    """The error for a loop that a child of ours has reported; None if it has not.

    The message is on stderr, or on stdout if the child was asked for JSON.
    """
    _, found, rest = f"{_message(output)}\n{stderr}".partition(LOOP)
    listed = rest.splitlines()[0] if rest else ""
    return _error(listed, listed.rpartition(" → ")[2]) if found and listed else None


def _message(output: bytes) -> str:
    try:
        return str(json.loads(output)["error"]["message"])
    except (ValueError, RecursionError, LookupError, TypeError):
        return ""


def _error(listed: str, last: str) -> ConfigurationError:
    return ConfigurationError(
        f"{LOOP}{listed}",
        code="profile-loop",
        hint="the credential_process or mfa_process of one of these profiles starts "
        "awscreds for another one; to see it: awscreds configure get "
        f"credential_process --profile {quoted(last)}",
    )
