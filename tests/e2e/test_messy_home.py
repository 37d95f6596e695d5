"""The messy home goes through all that moves in and keeps house, and everybody stays who they were.

``homes/messy`` has the profiles, ``messy`` gives them keys, ``judge`` says who they are. All steps
are in one test, because each meets what those before it have left.
"""

import json
import random
import re

import pytest

from awscreds.sandbox.search import files_with
from tests.e2e.conftest import AWS
from tests.e2e.judge import Identities, difference, headers, unconcerned, without_session
from tests.e2e.messy import FIXTURE, PASSWORDS, plant
from tests.e2e.person import Person, zygote
from tests.e2e.test_export_credentials import aws2

pytestmark = pytest.mark.slow

__all__ = ["aws2", "zygote"]

KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token")
"""What a plaintext key consists of."""
OURS = ("credential_process", "awscreds_.*")
"""What a profile has instead when its key is in the store."""
ALONG = ("mfa_serial", "source_profile", "aws_mfa_device")
"""What is renamed with the key, or follows it."""
STAYING = {
    *("dave", "half", "inactive", "deleted", "placeholder", "localstack"),
    *("session", "session-twice", "session-expired", "saml", "work"),
}
"""Profiles whose plaintext keys do not move, or are no keys."""
ALTERED = {
    *("granted", "vaulted-export"),  # imported
    *("managed", "with-device", "wrapped"),  # rotated or fixed, and never plaintext here
    *("autoawsume-reader", "hobby"),  # their expired sessions are gone
}
"""Profiles that are not as before once a migration is undone."""
NOT_ROTATED = {
    ("dave", "aws-refused"),  # the old key in the other file; his good one is rotated
    ("deleted", "aws-refused"),
    ("deploy", "token-code-needed"),  # cron cannot type an MFA code
    ("half", "half-key"),
    ("inactive", "aws-refused"),
    ("root", "root-key"),
    ("shared-a", "two-keys"),
    ("shared-b", "two-keys"),
    ("hobby-long-term", "token-code-needed"),
    ("with-device", "token-code-needed"),
    ("work-long-term", "token-code-needed"),
}


class Home:
    """The messy home of one test, and what was seen of it last."""

    def __init__(self, user, account, person, judge, aws2):
        self.user, self.account, self.person, self.judge = user, account, person, judge
        self.aws2 = (aws2, "--endpoint-url", user.sandbox.control.url)  # Debian's heeds no variable
        known = judge.by_boto3()
        self.identities = {name: arn for name, arn in known.items() if arn}
        self.to_try = [(AWS, name) for name in self.identities]
        # Nor would it where it assumes a role.
        self.to_try += [(self.aws2, n) for n, arn in self.identities.items() if ":user/" in arn]
        random.Random(12).shuffle(self.to_try)
        self.files = self.now()

    def now(self):
        """The bytes of both AWS files."""
        return {name: (self.user.aws / name).read_bytes() for name in ("config", "credentials")}

    def look(self, *words):
        """Run a command that only reads."""
        done = self.user.awscreds(*words)
        assert self.now() == self.files, self.user.transcript
        return done

    def change(self, *words, settings, **which):
        """Run a command that may change only these settings. ``which``: see ``check``."""
        done = self.user.awscreds(*words)
        self.check(settings, **which)
        return done

    def check(self, settings=(), profiles=None, made=()):
        """Everybody is who they were, and no line has changed that may not.

        These ``settings`` of these ``profiles`` (None: of all) may have changed, and all of the
        sections that an earlier command has ``made``.
        """
        before, self.files = self.files, self.now()
        for name, data in self.files.items():
            was = before[name]
            old, new = headers(was), headers(data)
            which = (
                old | new if profiles is None else profiles,
                settings,
                {*(new - old), *made},
                old - new,
            )
            changed = difference(unconcerned(was, *which), unconcerned(data, *which))
            assert not changed, f"{name}:\n{changed}\n{self.user.transcript}"
        assert self.judge.by_boto3(self.identities) == self.identities, self.user.transcript
        for cli, name in [self.to_try.pop() for _ in range(2)]:
            said = self.judge.by_cli(cli, name)
            assert said == self.identities[name], (name, self.user.transcript)


@pytest.fixture
def messy(alice, zygote, aws2, monkeypatch):
    account = plant(alice.home, alice.sandbox)
    alice.environment |= PASSWORDS
    alice.environment["PATH"] = f"{alice.home / 'bin'}:{alice.environment['PATH']}"
    manage(alice, account)
    return Home(alice, account, Person(alice, zygote), Identities(alice, monkeypatch), aws2)


def manage(user, account):
    """Give the home profiles that our own commands have made."""
    device = account.device("with-device")
    for name, options in (("managed", ()), ("with-device", ("--mfa-serial", device))):
        key_id, secret = account.key(name)
        words = ("configure", "--profile", name, "--access-key-id", key_id, "--secret-stdin")
        user.awscreds(*words, "--region", "eu-central-1", *options, stdin=secret)
    words = ("profile", "add", "wrapped", "--role-arn", "arn:aws:iam::123456789012:role/reader")
    user.awscreds(*words, "--source", "managed", "--yes")
    user.awscreds("profile", "wrap", "wrapped")
    # As an older awscreds has written it, and as `umask 022` leaves what other programs write.
    config = user.config.read_bytes()
    user.config.write_bytes(config.replace(b"awscreds_mfa_serial", b"mfa_serial"))
    user.credentials.chmod(0o644)
    for path in (user.aws / "sso" / "cache").iterdir():
        path.chmod(0o644)


def exported(home):
    """``configure export-credentials`` gives each profile's own credentials."""
    for name in ("bob", "audit-chain", "session", "corp", "managed", "wrapped"):
        done = home.look("configure", "export-credentials", "--profile", name)
        given = json.loads(done.stdout)
        key = (given["AccessKeyId"], given["SecretAccessKey"], given.get("SessionToken"))
        arn = home.user.sandbox.client("sts", *key).get_caller_identity()["Arn"]
        assert without_session(arn) == home.identities[name]


def migrated(home):
    """``migrate --all``: the secret of a key that moves is in no file any more."""
    pairs = {key[0]: key[1] for key in home.account.pairs()}
    done = home.change("migrate", "--all", "--yes", "--json", settings=(*KEYS, *OURS, *ALONG))
    items = json.loads(done.stdout)["items"]
    moved = {each["profile"]: each["access_key_id"] for each in items if each["action"] == "move"}
    left = {each["profile"] for each in items if each["action"] == "leave"}
    assert len(moved) == 20
    assert left == STAYING
    for key_id in {*moved.values()}:
        assert files_with(pairs[key_id], home.user.home) == []


def imported(home):
    """``import --from all``: lines of other programs become ours where we get their key."""
    done = home.change("import", "--from", "all", "--yes", "--json", settings=(*OURS, *ALONG))
    report = json.loads(done.stdout)
    assert {each["profile"] for each in report["found"]} == {"vaulted-export", "granted"}
    assert {each["state"] for each in report["found"]} == {"imported"}
    kept = {each["profile"] for each in report["kept_lines"]}
    assert kept == {"vaulted", "vaulted-elsewhere", "corp/Developer"}


def fixed(home):
    """``doctor --fix``: what it fixes is no finding any more."""
    before = json.loads(home.look("doctor", "--offline", "--json").stdout)["findings"]
    codes = {each["code"] for each in before if each["fixable"]}
    assert codes == {"mfa-serial-beside-our-line", "readable-by-others", "readable-token"}
    serial = ("mfa_serial", "awscreds_mfa_serial")
    home.change("doctor", "--fix", "--yes", settings=serial, profiles=["with-device"])
    after = json.loads(home.look("doctor", "--offline", "--json").stdout)["findings"]
    assert not codes & {each["code"] for each in after}


def rotated(home):
    """``rotate --all``: each key that can be; why another is not is said."""
    done = home.person.rotate("--all", "--json", rc=1)
    reports = json.loads(done.stdout)["rotations"]
    failed = {(each["profiles"][0], each["error"]["code"]) for each in reports if each["error"]}
    assert failed == NOT_ROTATED
    assert sum(each["status"] == "rotated" for each in reports) == len(reports) - len(failed)
    return {each["old"]: each["new"] for each in reports if not each["error"]}


def undone(home, before, replaced):
    """``migrate --undo --all``: each line is what it was, with the keys of today."""
    words = ("migrate", "--undo", "--all", "--yes")
    home.change(*words, settings=(*KEYS, *OURS, *ALONG), made=["self-source"])
    pairs, secrets = home.account.pairs(), home.user.sandbox.control.keys()
    former = dict(pair[:2] for pair in pairs)
    which = (ALTERED, (*KEYS, *OURS, *ALONG))
    for name, data in home.files.items():
        was = before[name]
        for old, new in replaced.items():
            was = was.replace(old.encode(), new.encode())
            was = was.replace(former[old].encode(), secrets[new]["secret"].encode())
        assert not difference(unconcerned(was, *which), unconcerned(data, *which))


@pytest.mark.posix("the programs that its lines name are shell scripts")
@pytest.mark.timeout(600)
def test_everybody_stays_who_they_were_from_the_first_look_to_the_way_back(messy):
    assert len(messy.identities) >= 30
    messy.look("status")
    messy.look("list")
    messy.look("doctor", "--offline")
    messy.look("doctor")
    exported(messy)
    messy.check()
    before = messy.files
    migrated(messy)
    imported(messy)
    fixed(messy)
    replaced = rotated(messy)
    messy.check((*KEYS, *OURS))
    undone(messy, before, replaced)


@pytest.mark.parametrize("name", ["config", "credentials"])
def test_the_judge_sees_each_line_that_changes_and_no_setting_that_may(name):
    data = (FIXTURE / ".aws" / name).read_bytes()
    lines = data.splitlines(keepends=True)
    who, keys = headers(data), (*KEYS, "region")
    kept = unconcerned(data, who, keys)
    for number, line in [*enumerate(lines)][::3]:
        text = line.rstrip(b"\r\n")
        other = b"".join([*lines[:number], text + b"x" + line[len(text) :], *lines[number + 1 :]])
        may_change = re.match(rb"(?i)(aws_(access|sec|ses).*|region) *=", line)
        assert (unconcerned(other, who, keys) == kept) == bool(may_change), line
