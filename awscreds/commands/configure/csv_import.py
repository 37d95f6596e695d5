"""``awscreds configure import``."""

from __future__ import annotations

import os
from dataclasses import dataclass

import click

from awscreds.commands.common import JSON, PROFILE, YES, common_options
from awscreds.commands.groups import Command
from awscreds.errors import AwscredsError, AwsError, UsageError, hints
from awscreds.model.credentials import AccessKey
from awscreds.model.text import escaped
from awscreds.render import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, TextIO

    from awscreds.app import App
    from awscreds.commands.configure.apply import ConfigureJob

LARGEST = 1_000_000
"""Bytes that a CSV of keys may have: a larger one is some other file."""


@click.command("import", cls=Command)
@click.option("--csv", "path", metavar="FILE", help="The CSV from the AWS console; - reads stdin.")
@click.option("--from-env", is_flag=True, help="Import the key in AWS_ACCESS_KEY_ID.")
@click.option(
    "--profile-prefix", default="", metavar="TEXT", help="Put this before each user's name."
)
@click.option("--skip-invalid", is_flag=True, help="Skip invalid rows instead of stopping.")
@click.option("--no-verify", is_flag=True, help="Store keys without checking them with AWS.")
@common_options(PROFILE, JSON, YES)
@click.pass_obj
def command(
    app: App,
    /,
    *,
    path: str | None,
    from_env: bool,
    profile_prefix: str,
    skip_invalid: bool,
    no_verify: bool,
) -> Result:
    """Import access keys from a console CSV or the environment.

    Each key goes to a profile with the name of its user. If the CSV has no user names, use
    --profile. awscreds reads all rows and checks them with AWS before it stores the first key.

    \b
    Examples:
      awscreds configure import --csv alice_accessKeys.csv --profile alice
      awscreds configure import --from-env --profile ci
    """
    if (path is None) == (not from_env):
        raise UsageError("use either --csv FILE or --from-env")
    if path is None:
        found = [_from_environment(app)]
    else:
        found = _from_csv(app, path, skip_invalid=skip_invalid)
    jobs = _jobs(app, found, profile_prefix, verify=not no_verify)
    jobs_to_do = _verified(app, jobs, skip_invalid=skip_invalid)
    for job in jobs_to_do:
        job.plan_removal()
    return _carried_out(app, jobs_to_do, _file_of(path) if path and path != "-" else None)


def _carried_out(app: App, jobs: list[ConfigureJob], path: str | None) -> Result:
    """Do the jobs, and say what was done, also if one of them fails. ``path``: the CSV file."""
    done: list[dict[str, object]] = []
    failed = None
    for job in jobs:
        try:
            done.append(job.carry_out())
        except AwscredsError as error:
            if not done:
                raise
            failed = error.because(
                message=f"{len(jobs) - len(done)} of {len(jobs)} keys were not imported, from the "
                f"profile {escaped(job.request.profile)} on: {error.message}"
            )
            break
    if path:
        app.say(f"{escaped(path)} still contains the secret in plaintext: delete the file.")
    if failed is None:
        return Result({"imported": done})
    return Result(
        {"imported": done, "error": failed.document}, error=failed, exit_code=failed.exit_code
    )


@dataclass(frozen=True, slots=True)
class Found:
    """A key, the name of its user if known, and its place: ``file:line``, or the environment."""

    place: str
    user: str | None
    key: AccessKey


def _jobs(
    app: App, found: list[Found], prefix: str, *, verify: bool
) -> list[tuple[str, ConfigureJob]]:
    """A job for each key, with the key's place. Raises UsageError."""
    from awscreds.commands.configure.apply import ConfigureJob
    from awscreds.workflows.configure import SetupRequest

    named = app.options.profile
    if named and len(found) > 1:
        raise UsageError(
            f"--profile is for one key, but there are {len(found)} keys",
            hint="run it again without --profile: each key then goes to a profile with the "
            "name of its user"
            if all(one.user for one in found)
            else "the file has no user names: add a column User Name, or put each key into "
            "its own file and import the files one by one",
        )
    if not named and not all(one.user for one in found):
        raise UsageError("nothing says which profile the key is for", hint="add --profile NAME")
    places: dict[str, str] = {}
    keys: dict[str, Found] = {}
    jobs = []
    for one in found:
        twin = keys.setdefault(one.key.id, one)
        if twin.key != one.key:
            raise UsageError(
                f"{twin.place} and {one.place} have different secrets for the same access "
                f"key {one.key.id}; nothing was stored",
                code="secret-differs",
                hint="remove the line with the wrong secret, then run this again",
            )
        profile = app.selection.to_make(named or f"{prefix}{one.user}")
        if profile in places:
            raise UsageError(
                f"{places[profile]} and {one.place} both have a key for the profile "
                f"{escaped(profile)}, which can have only one; nothing was stored",
                code="profile-twice",
                hint="remove one of the two lines; or put each key into its own file and "
                "import it with --profile NAME",
            )
        places[profile] = one.place
        jobs.append(
            (one.place, ConfigureJob(app, SetupRequest(profile, key=one.key), verify=verify))
        )
    return jobs


def _verified(
    app: App, jobs: list[tuple[str, ConfigureJob]], *, skip_invalid: bool
) -> list[ConfigureJob]:
    """The jobs that can be done. Each was tried, but nothing is stored yet."""
    good = []
    for place, job in jobs:
        try:
            job.verify()
        except AwscredsError as error:
            # If AWS cannot be reached, the row may still be good.
            is_of_the_row = not isinstance(error, AwsError) or error.aws_code is not None
            message = f"{place}: {error.message}"
            if not (skip_invalid and is_of_the_row):
                hint = error.hint
                if len(jobs) > 1 and is_of_the_row:
                    otherwise = f"otherwise: {hint}" if hint else None
                    skip = "use --skip-invalid to skip this row"
                    hint = hints("nothing was stored", skip, otherwise)
                raise error.because(message=message, hint=hint) from None
            app.warn(f"skipped: {message}")
        else:
            good.append(job)
    if not good:
        raise UsageError("the file has no key that can be stored", code="bad-csv")
    return good


def _from_csv(app: App, path: str, *, skip_invalid: bool) -> list[Found]:
    from awscreds.model.console_csv import read

    source = "stdin" if path == "-" else _file_of(path)
    found = []
    for row in read(_content(app, path), source):
        if not isinstance(row, UsageError):
            found.append(Found(f"{source}:{row.line}", row.user, row.key))
        elif skip_invalid:
            app.warn(f"skipped: {row.message}")
        else:
            raise row.because(hint="fix that line, or use --skip-invalid; nothing was stored")
    if not found:
        raise UsageError("the file has no key", code="bad-csv")
    return found


def _content(app: App, path: str) -> str | bytes:
    """The bytes of the CSV. The value of the option is never shown: it may be the CSV itself."""
    if path == "-":
        return _whole(getattr(app.dialogue.stdin, "buffer", app.dialogue.stdin))
    if any(char in path for char in "\r\n,;\t|") and not _is_file(path):
        raise UsageError(
            "--csv needs a file name, but got the content of a CSV file. Every "
            "process can read an argument, and it stays in the shell's history: "
            "replace this key. Nothing was stored",
            code="secret-argument",
            hint="use --csv FILE, or pipe it in: … | awscreds configure import --csv -",
        )
    try:
        with open(_file_of(path), "rb") as file:
            return _whole(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is not the name of a file"
    raise AwscredsError(f"cannot read the file that --csv names: {reason}", code="unreadable")


def _whole(stream: IO[bytes] | TextIO) -> str | bytes:
    """All of it: half a row would be another secret. Raises UsageError if it is too long."""
    content: str | bytes = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise UsageError(
            f"that is not a CSV file of access keys: it has more than {LARGEST:,} bytes",
            code="bad-csv",
            hint="download it from the IAM console; nothing was stored",
        )
    return content


def _file_of(path: str) -> str:
    """The file that the option names, also in the spellings of the AWS CLI.

    https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html
    """
    for prefix in ("file://", "fileb://"):
        if path.startswith(prefix):
            return os.path.expandvars(os.path.expanduser(path.removeprefix(prefix)))
    return os.path.expanduser(path)


def _is_file(path: str) -> bool:
    try:
        return os.path.exists(_file_of(path))
    except (OSError, ValueError):
        return False


def _from_environment(app: App) -> Found:
    from awscreds.model import keys

    key_id = app.environ.get("AWS_ACCESS_KEY_ID", "")
    secret = app.environ.get("AWS_SECRET_ACCESS_KEY", "")
    if not (key_id and secret):
        raise UsageError(
            "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set", code="no-credentials"
        )
    if app.environ.get("AWS_SESSION_TOKEN") or key_id.startswith(keys.TEMPORARY_PREFIX):
        raise UsageError(
            "the keys in the environment are temporary (AWS_SESSION_TOKEN is set): "
            "awscreds does not store temporary keys",
            code="temporary-credentials",
        )
    key = AccessKey(keys.checked_key_id(key_id), keys.checked_secret(secret))
    return Found("the environment", None, key)
