"""``awscreds configure import``."""

from __future__ import annotations

import click

from awscreds.commands.common import JSON, PROFILE, YES, common_options
from awscreds.errors import AwscredsError, UsageProblem
from awscreds.model.credentials import AccessKey
from awscreds.model.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App

LARGEST = 1_000_000
"""Bytes a CSV of keys may have: more is some other file."""


@click.command("import")
@click.option("--csv", "path", metavar="FILE", help="The console's CSV; - is stdin.")
@click.option("--from-env", is_flag=True, help="Take the key in AWS_ACCESS_KEY_ID and its secret.")
@click.option("--profile-prefix", default="", metavar="P", help="Goes before each user's name.")
@click.option("--skip-invalid", is_flag=True, help="Pass over bad rows instead of stopping.")
@click.option("--no-verify", is_flag=True, help="Store keys without asking AWS whose they are.")
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
) -> None:
    """Bring the keys of the console's CSV, or of the environment, into the secret store.

    Each key gets the profile of its user's name; a CSV without one needs --profile. Every row is
    read before the first is stored.

    \b
    Examples:
      awscreds configure import --csv alice_accessKeys.csv --profile alice
      awscreds configure import --from-env --profile ci
    """
    from awscreds.commands.configure import carry_out
    from awscreds.workflows.configure import Request

    if (path is None) == (not from_env):
        raise UsageProblem("say either --csv FILE or --from-env")
    keys = _from_csv(app, path, skip_invalid=skip_invalid) if path else [_from_environment(app)]
    named = app.options.profile
    if named and len(keys) > 1:
        raise UsageProblem(
            f"--profile names one profile, and there are {len(keys)} keys",
            hint="leave it out: each key goes to the profile of its user",
        )
    if not named and not all(user for user, _ in keys):
        raise UsageProblem(
            "it is not said which profile the key is for", hint="say --profile NAME as well"
        )
    for request in [Request(named or f"{profile_prefix}{user}", key=key) for user, key in keys]:
        carry_out(app, request, verify=not no_verify)
    if path and path != "-":
        app.say(f"{visible(path)} still holds the secret in plaintext: delete it.")


def _from_csv(app: App, path: str, *, skip_invalid: bool) -> list[tuple[str | None, AccessKey]]:
    from awscreds.model.console_csv import read

    try:
        if path == "-":
            text = app.stdin.read(LARGEST)
        else:
            with open(path, encoding="utf-8") as file:
                text = file.read(LARGEST)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise AwscredsError(f"cannot read {path}: {reason}", code="unreadable") from None
    found = []
    for row in read(text, "stdin" if path == "-" else path):
        if not isinstance(row, UsageProblem):
            found.append((row.user, row.key))
        elif skip_invalid:
            app.warn(f"passed over: {row.message}")
        else:
            row.hint = "mend that line, or say --skip-invalid; nothing was stored"
            raise row
    if not found:
        raise UsageProblem("there is no key in it", code="bad-csv")
    return found


def _from_environment(app: App) -> tuple[None, AccessKey]:
    from awscreds.model import keys

    key_id = app.environ.get("AWS_ACCESS_KEY_ID", "")
    secret = app.environ.get("AWS_SECRET_ACCESS_KEY", "")
    if not (key_id and secret):
        raise UsageProblem(
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set", code="no-credentials"
        )
    if app.environ.get("AWS_SESSION_TOKEN"):
        raise UsageProblem(
            "the keys in the environment are temporary (AWS_SESSION_TOKEN): awscreds does not keep "
            "those",
            code="temporary-credentials",
        )
    return None, AccessKey(keys.checked_key_id(key_id), keys.checked_secret(secret))
