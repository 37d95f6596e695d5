"""The messy home goes through all that moves in and keeps house, and everybody stays who they were.

``homes/messy`` has the profiles, ``messy`` gives them keys, ``judge`` says who they are. All steps
are in one test, because each meets what those before it have left.
"""

import json
import random

import pytest

from tests.e2e.conftest import AWS
from tests.e2e.judge import Identities, headers, unconcerned, without_session
from tests.e2e.messy import PASSWORDS, plant
from tests.e2e.person import Person, zygote
from tests.e2e.test_export_credentials import aws2

__all__ = ["aws2", "zygote"]

KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token")
"""What a plaintext key consists of."""
OURS = ("credential_process", "awscreds_.*")
"""What a profile has instead when its key is in the store."""
NOT_ROTATED = {
    ("carol", "half-key"),
    ("dave", "aws-refused"),  # the old key in the other file; his good one is rotated
    ("deleted", "aws-refused"),
    ("deploy", "token-code-needed"),  # cron cannot type an MFA code
    ("half", "half-key"),
    ("inactive", "aws-refused"),
    ("root", "root-key"),
    ("shared-a", "two-keys"),
    ("shared-b", "two-keys"),
    ("with-device", "token-code-needed"),
}


class Home:
    """The messy home of one test, and what was seen of it last."""

    def __init__(self, user, person, judge, aws2):
        self.user, self.person, self.judge = user, person, judge
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

    def change(self, *words, settings, profiles=None):
        """Run a command that may change only these settings, of these profiles (None: of all)."""
        done = self.user.awscreds(*words)
        self.check(settings, profiles)
        return done

    def check(self, settings=(), profiles=None):
        """Everybody is who they were, and no line has changed that may not."""
        before, self.files = self.files, self.now()
        for name, data in self.files.items():
            was, told = before[name], (name, self.user.transcript)
            sections = {*headers(was), *headers(data)}
            new = set(headers(was)) ^ set(headers(data))
            which = (sections if profiles is None else profiles, settings, new)
            assert unconcerned(data, *which) == unconcerned(was, *which), told
        assert self.judge.by_boto3(self.identities) == self.identities, self.user.transcript
        for cli, name in [self.to_try.pop() for _ in range(2)]:
            said = self.judge.by_cli(cli, name)
            assert said == self.identities[name], (name, self.user.transcript)


@pytest.fixture
def home(alice, zygote, aws2, monkeypatch):
    account = plant(alice.home, alice.sandbox)
    alice.environment |= PASSWORDS
    alice.environment["PATH"] = f"{alice.home / 'bin'}:{alice.environment['PATH']}"
    manage(alice, account)
    return Home(alice, Person(alice, zygote), Identities(alice, monkeypatch), aws2)


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


@pytest.mark.posix("the programs that its lines name are shell scripts")
@pytest.mark.timeout(600)
def test_everybody_stays_who_they_were_from_the_first_look_to_the_way_back(home):
    assert len(home.identities) >= 30
    home.look("status")
    home.look("list")
    home.look("doctor", "--offline")
    home.look("doctor")
    exported(home)
    home.check()
    fixed(home)
    rotated(home)
    home.check((*KEYS, *OURS))
