"""Rows: an MFA session for a shell, cold (one call of STS) and cached; the least for boto3.

The floor imports boto3, makes the client of STS with explicit keys, and makes that one call. Ours
take the key out of a real gnome-keyring and keep sessions sealed; the others read and keep
plaintext.
"""

import itertools

from tests.benchmarks.endpoint import CODE, ID, REGION, SECRET, SERIAL, SESSION_ID
from tests.benchmarks.homes import plain, variables
from tests.benchmarks.lines import settle
from tests.benchmarks.measure import BASELINE, PEER, Row
from tests.benchmarks.starts import says

__all__ = ["rows", "settle"]

GROUP = "MFA session"
COUNTS = (4, 10_000)
BOTO3 = """
import sys
import boto3
sts = boto3.client(
    "sts", region_name=sys.argv[5], endpoint_url=sys.argv[3],
    aws_access_key_id=sys.argv[1], aws_secret_access_key=sys.argv[2],
)
answer = sts.get_session_token(SerialNumber=sys.argv[4], TokenCode="123456")
print(answer["Credentials"]["AccessKeyId"])
"""


def rows(stage):
    argv = [stage.peers.python, "-c", BOTO3, ID, SECRET, stage.endpoint.url, SERIAL, REGION]
    yield Row(GROUP, "boto3's floor, cold", "python -c 'import boto3; …get_session_token(…)'", argv,
              variables(stage.folder("nobody")), who=BASELINE, calls=1,
              check=says(SESSION_ID))  # fmt: skip
    for count in COUNTS:
        homes = {"vault": stage.managed(count)}
        if stage.bus and count == COUNTS[0]:
            homes["gnome-keyring"] = stage.on_desktop(count)
        for store, home in homes.items():
            argv = [stage.awscreds, "mfa-session", "--profile", "dev"]
            yield Row(GROUP, f"{store}, cold",
                      f"awscreds mfa-session --profile dev --refresh --token {CODE}",
                      [*argv, "--refresh", "--token", CODE], home.environ, calls=1, profiles=count,
                      check=says(SESSION_ID))  # fmt: skip
            yield Row(GROUP, f"{store}, cached", "awscreds mfa-session --profile dev", argv,
                      home.environ, profiles=count, check=says(SESSION_ID))  # fmt: skip
    for name, count in itertools.product(OTHERS, COUNTS):
        if name in stage.peers.programs:
            yield from OTHERS[name](stage, stage.peers.programs[name], count)
    if "aws-vault" in stage.peers.programs:
        stage.note("aws-vault, a session: its SDK asks no endpoint but AWS's own")


def _home(stage, name, count, section="dev"):
    home = stage.folder(f"{name}-{count}")
    plain(home, count, section)
    return variables(home, AWS_ENDPOINT_URL=stage.endpoint.url)


def _aws_mfa(stage, program, count):
    """It has no option for the code, but its prompt reads stdin; and it needs a variable."""
    code = stage.folder("code") / "code"
    code.write_text(f"{CODE}\n")
    environ = _home(stage, "aws-mfa", count, "dev-long-term") | {"AWS_DEFAULT_REGION": REGION}
    words = ["--profile", "dev", "--device", SERIAL]
    yield Row(GROUP, "aws-mfa, cold", "aws-mfa --profile dev --device ARN --force",
              [program, *words, "--force"], environ, who=PEER, calls=1, stdin=code,
              profiles=count)  # fmt: skip
    yield Row(GROUP, "aws-mfa, cached", "aws-mfa --profile dev --device ARN", [program, *words],
              environ, who=PEER, profiles=count)  # fmt: skip


def _awsume(stage, program, count):
    """What the shell function of that name starts."""
    environ = _home(stage, "awsume", count)
    yield Row(GROUP, "awsume, cold", f"awsumepy dev --refresh --mfa-token {CODE}",
              [program, "dev", "--refresh", "--mfa-token", CODE], environ, who=PEER, calls=1,
              profiles=count, check=says(SESSION_ID))  # fmt: skip
    yield Row(GROUP, "awsume, cached", "awsumepy dev", [program, "dev"], environ, who=PEER,
              profiles=count, check=says(SESSION_ID))  # fmt: skip


def _aws(name):
    def rows_of(stage, program, count):
        words = ["sts", "get-session-token", "--profile", "dev", "--serial-number", SERIAL]
        # Version 2 before 2.13 does not know AWS_ENDPOINT_URL.
        words += ["--token-code", CODE, "--endpoint-url", stage.endpoint.url]
        yield Row(GROUP, f"{name}, cold (it keeps none)",
                  f"aws sts get-session-token … --token-code {CODE}", [program, *words],
                  _home(stage, name, count), who=PEER, calls=1, profiles=count,
                  check=says(SESSION_ID))  # fmt: skip

    return rows_of


OTHERS = {
    "aws-mfa": _aws_mfa,
    "awsume": _awsume,
    "AWS CLI v1": _aws("AWS CLI v1"),
    "AWS CLI v2": _aws("AWS CLI v2"),
}
