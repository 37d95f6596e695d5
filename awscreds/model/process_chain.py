"""Programs that lead back to us: whose session is being made is told from parent to child.

A profile's ``credential_process`` or ``mfa_process`` may start awscreds itself, directly, by way of
a script or of another profile. What it asks for is then part of what is being made: where that is
the same again, there is no end to it. The AWS CLI has such a chain for ``aws configure
export-credentials``, of which it lists the profiles in ``_AWS_CLI_PROFILE_CHAIN``.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
from urllib.parse import quote, unquote

from awscreds.errors import ConfigurationError
from awscreds.model.text import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VARIABLE = "_AWSCREDS_PROFILE_CHAIN"
AWS_CLI = "_AWS_CLI_PROFILE_CHAIN"

DEEPEST = 8
"""How many sessions may be in the making, each for the sake of the one before."""

LONGEST_NAME = 64
"""Characters of a profile's name that are passed on, for messages."""

LOOP = "these programs start each other in a loop: "
"""How the message begins by which a loop is known again, in what a program of ours has said."""


def enter_profile(environ: Mapping[str, str], profile: str, files: Sequence[str]) -> dict[str, str]:
    """``environ`` for the programs that are started to make a session of ``profile``.

    ``files`` are the paths of the files that name it: in others, the same name is another profile.
    Raises ConfigurationError where that session is being made already, or too many are.
    """
    chain = _entries(environ)
    digest = hashlib.sha256("\0".join((profile, *files)).encode(errors="surrogateescape"))
    own = f"{quote(profile[:LONGEST_NAME], safe='', errors='replace')}@{digest.hexdigest()[:16]}"
    profiles = [_name(entry) for entry in (*chain, own)]
    same = [at for at, entry in enumerate(chain) if entry.endswith(own.partition("@")[2])]
    if same:
        raise loop_error(profiles[same[0] :])
    if len(chain) >= DEEPEST:
        raise loop_error(profiles)
    return {**environ, VARIABLE: ",".join((*chain, own))}


def names(environ: Mapping[str, str]) -> list[str]:
    """The profiles whose sessions are being made, the first of them first."""
    return [_name(entry) for entry in _entries(environ)]


def profiles_in_loop(commands: Sequence[Sequence[str]], environ: Mapping[str, str]) -> list[str]:
    """The profiles of a loop whose programs clear the environment, by their command lines.

    ``commands`` are those of one round, from a process to the next that runs the same. One that
    names its profile by no option is passed over.
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


def _name(entry: str) -> str:
    return unquote(entry.partition("@")[0])


def refuse_loop_of_aws_cli(environ: Mapping[str, str], profile: str) -> None:
    """Refuse to start the ``credential_process`` of a profile for which the AWS CLI started us.

    Raises ConfigurationError, as ``aws configure export-credentials`` does.
    """
    try:
        seen = next(csv.reader([environ.get(AWS_CLI, "")], strict=True), [])
    except csv.Error:
        return
    if profile in seen:
        raise loop_error([*seen[seen.index(profile) :], profile])


def loop_error(profiles: Sequence[str]) -> ConfigurationError:
    """The error for sessions each of which is made for the sake of the one before, without end."""
    return _error(" → ".join(profiles), profiles[-1])


def reported_loop(output: bytes, stderr: str) -> ConfigurationError | None:
    """The loop that a program of ours further down has found, known by its message; else None.

    It says so on stderr to people, and on stdout where it was asked for JSON.
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
        hint="the credential_process or mfa_process of one of them starts awscreds for another; "
        f"see: awscreds configure get credential_process --profile {quoted(last)}",
    )
