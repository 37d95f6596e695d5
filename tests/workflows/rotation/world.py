"""AWS, the store and the files in memory, for a rotation that dies, or meets what AWS does."""

import contextlib
import types

from awscreds.aws.gateway import Identity
from awscreds.aws.iam import ACTIVE, INACTIVE, CreatedKey, KeyInfo, LastUsed
from awscreds.errors import AwscredsError, AwsError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.ini.document import Document
from awscreds.model.pairs import refuse_losses
from awscreds.model.rotation import RotationOptions
from awscreds.stores.aws_files import AwsDocuments
from awscreds.stores.journal import Journal, unfinished
from awscreds.stores.state_dir import StateDir
from awscreds.workflows.rotation.run import Rotation

OLD = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ARN = "arn:aws:iam::123456789012:user/alice"
MANAGED = f"[profile dev]\nawscreds_access_key_id = {OLD.id}\n"
PLAIN = f"[ops]\naws_access_key_id = {OLD.id}\naws_secret_access_key = {OLD.secret}\n"
LINE = "/p -I /awscreds/__main__.py credential-process --profile x"


class Died(BaseException):
    """The process is gone."""


class World:
    """AWS, the store and the files in memory, and a journal on disk. They outlive the process.

    ``at_deed`` is called before and after all that changes something, ``list_lag`` is for how many
    seconds IAM does not know a new key, or what became of one, and ``linger`` for how many a key
    that is not active any more goes on working.
    """

    def __init__(self, folder, *, mfa=False, config=MANAGED, credentials=PLAIN):
        self.state_dir = StateDir(str(folder / "state"), lock_folder=str(folder / "locks"))
        self.aws = {OLD.id: ACTIVE}
        self.created = {OLD.id: 0.0}
        self.used = {OLD.id}
        self.secrets = {OLD.id: OLD.secret}
        self.entries = {OLD.id: OLD} if config else {}
        self.config, self.credentials = config, credentials
        self.mfa = mfa
        self.arn = ARN
        self.now = 1_000_000.0
        self.agrees = True
        self.fails = {}
        self.sessions_of = {OLD.id}
        self.at_deed = lambda _name: None
        self.list_lag = self.linger = 0.0
        self.changed = {}
        self.before = {}
        self.told = []
        self.records = {}
        self.reached = None
        self.has_token = False
        self.elsewhere = None
        self.files = self
        self.config_path, self.credentials_path = "/aws/config", "/aws/credentials"
        self.backend = types.SimpleNamespace(name="vault", check=lambda: None)
        self.check_replaceable = self.require_trusted = lambda: None

    # what a rotation works with

    def rotation(self, choices=None, *, step=lambda _: None):
        journal = Journal(self.state_dir, OLD.id, clock=self.clock, step=step)
        if journal.entries:
            return Rotation.found(journal, self)
        journal.facts = {
            "account": "123456789012",
            "user": "alice",
            "old": OLD.id,
            "new": None,
            "profiles": ["dev", "ops"],
        }
        choices = choices or RotationOptions(mfa_serial="arn" if self.mfa else None)
        session = self._session() if self.mfa else None
        return Rotation(journal, self, choices, old_key=OLD, session=session)

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    def tell(self, text):
        self.told.append(text)
        assert not any(secret in text for secret in self.secrets.values())

    def ask(self, _question):
        return self.agrees

    def process_line(self, _profile):
        return LINE

    def reach(self, iam, sts):
        self.reached = iam.endpoint_url, sts.endpoint_url

    def recorded(self, key_id):
        return self.records.get(key_id, {})

    def note_key(self, *_):
        pass

    def forget_sessions(self, key_id):
        self.sessions_of.discard(key_id)

    def device_of(self, _key):
        return "arn"

    def session(self, key, _serial, *, may_ask):
        if key.id not in self.sessions_of and not may_ask:
            raise AwscredsError("no session")
        self.sessions_of.add(key.id)
        return self._session()

    def _session(self):
        return Session("ASIA", "s", "t")

    # the store

    def store_of(self, _key_id):
        return self

    def new_store(self):
        return self

    def _maybe_fail(self, name):
        if name in self.fails:
            raise self.fails[name]

    def find_access_key(self, key_id):
        self._maybe_fail("read")
        return self.entries.get(key_id)

    def access_key(self, key_id):
        return self.entries[key_id]

    def keep_access_key(self, key):
        self._maybe_fail("keep")
        with self.deed(f"keep {key.id}"):
            self.entries[key.id] = key

    def erase(self, key_id):
        self._maybe_fail("erase")
        assert key_id != self.elsewhere
        with self.deed(f"erase {key_id}"):
            return self.entries.pop(key_id, None) is not None

    def pointing_to(self, _key_id):
        return contextlib.nullcontext()

    def pointers_elsewhere(self, key_id):
        return [f"profile in /other for {key_id}"] if key_id == self.elsewhere else []

    def move_pointers_elsewhere(self, former, key_id):
        if former == self.elsewhere:
            with self.deed("move elsewhere"):
                self.elsewhere = key_id

    # the files

    def load(self):
        return AwsDocuments(
            Document.parse(self.config.encode()),
            Document.parse(self.credentials.encode(), credentials=True),
            self.config_path,
            self.credentials_path,
        )

    def edit(self, change, settled=()):
        self._maybe_fail("edit")
        documents = self.load()
        result = change(documents)
        refuse_losses(self.load(), documents, settled)
        with self.deed("edit"):
            self.config = documents.config.render().decode()
            self.credentials = documents.credentials.render().decode()
        return result

    # AWS

    def identity(self, credentials):
        self._maybe_fail("network")
        self._maybe_fail(f"identity {credentials.id}")
        if isinstance(credentials, AccessKey) and not self.is_accepted(credentials):
            raise AwsError("no", aws_code="InvalidClientTokenId")
        return Identity("123456789012", self.arn, "AIDA-ALICE")

    def is_accepted(self, key):
        if key.secret != self.secrets[key.id]:
            raise AwsError("no", aws_code="SignatureDoesNotMatch")
        return (
            self.aws.get(key.id) == ACTIVE or self.now < self.changed.get(key.id, 0) + self.linger
        )

    def iam(self, credentials):
        return Iam(self, credentials)

    @contextlib.contextmanager
    def deed(self, name):
        self.at_deed(f"before {name}")
        yield
        self.at_deed(f"after {name}")

    def set_status(self, key_id, status):
        """What an administrator does, or a rotation. None deletes."""
        self.before[key_id] = (self.aws.get(key_id), self.now + self.list_lag)
        if status is None:
            self.aws.pop(key_id, None)
        else:
            self.aws[key_id] = status
        if status != ACTIVE:
            self.changed[key_id] = self.now

    def listed(self):
        """What IAM lists: as it was, for a while."""
        listed = dict(self.aws)
        for key_id, (status, until) in self.before.items():
            if self.now < until:
                listed[key_id] = status
        return {key_id: status for key_id, status in listed.items() if status}

    # what must hold

    def usable(self):
        """The keys that are stored, or in the files, and accepted."""
        text = self.config + self.credentials
        kept = {key_id for key_id, s in self.secrets.items() if key_id in self.entries or s in text}
        return {key_id for key_id in kept if self.aws.get(key_id) == ACTIVE}

    def require_good_end(self, *, keep_plaintext=False):
        ((key_id, status),) = self.aws.items()
        assert status == ACTIVE
        assert key_id != OLD.id
        assert OLD.id not in self.config + self.credentials
        assert OLD.secret not in self.config + self.credentials
        assert set(self.entries) == {key_id}
        assert (self.secrets[key_id] in self.credentials) == keep_plaintext
        assert OLD.id not in self.sessions_of
        assert unfinished(self.state_dir) == []


class Iam:
    def __init__(self, world, credentials):
        self.world, self.credentials = world, credentials

    def _call(self, name):
        self.world._maybe_fail("network")
        self.world._maybe_fail(name)
        if isinstance(self.credentials, Session):
            return
        self.world.identity(self.credentials)
        if self.world.mfa:
            raise AwsError("no", aws_code="AccessDenied")

    def list_access_keys(self, _user):
        self._call("list")
        created = self.world.created
        return [KeyInfo(*key, created[key[0]]) for key in self.world.listed().items()]

    def create_access_key(self, _user):
        self._call("create")
        world = self.world
        if len(world.aws) == 2:
            raise AwsError("two keys", aws_code="LimitExceeded")
        number = len(world.secrets)
        key = AccessKey(f"AKIANEW{number}", f"new-secret-{number}-" + "x" * 20)
        with world.deed("create"):
            world.set_status(key.id, ACTIVE)
            world.created[key.id] = world.now
            world.secrets[key.id] = key.secret
        if "answer" in world.fails:
            raise world.fails.pop("answer")
        return CreatedKey(key, world.now)

    def update_access_key(self, _user, key_id, *, active):
        self._call("update")
        if key_id not in self.world.aws:
            raise AwsError("no", aws_code="NoSuchEntity")
        with self.world.deed(f"update {key_id}"):
            self.world.set_status(key_id, ACTIVE if active else INACTIVE)

    def delete_access_key(self, _user, key_id):
        self._call("delete")
        if key_id not in self.world.aws or key_id not in self.world.listed():
            return False
        with self.world.deed(f"delete {key_id}"):
            self.world.set_status(key_id, None)
        return True

    def can_update(self, _user):
        return True

    def can_delete(self, _user):
        return True

    def last_used(self, key_id):
        return LastUsed(1.0 if key_id in self.world.used else None, None, None)

    def server_time(self):
        return self.world.now


class DiesAt:
    """Dies at the step ``at``, and looks at every step whether a key is left."""

    def __init__(self, world, at):
        self.world, self.at, self.count = world, at, 0

    def __call__(self, _name):
        assert self.world.usable(), "locked out"
        if self.count == self.at:
            raise Died
        self.count += 1


def go(world, at, choices=None):
    """Rotate or resume until the death at step ``at``; False where it came to its end before."""
    rotation = world.rotation(choices, step=DiesAt(world, at))
    try:
        _ = rotation.resume() if unfinished(world.state_dir) else rotation.begin()
    except Died:
        return False
    return True


def finish(world):
    for _ in range(5):
        if not unfinished(world.state_dir):
            return
        world.rotation().resume()
    raise AssertionError("it comes to no end")
