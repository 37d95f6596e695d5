"""AWS, the store and the files in memory, for a rotation that dies, or meets what AWS does."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

from awscreds.aws import iam
from awscreds.aws.gateway import Identity
from awscreds.aws.iam import ACTIVE, INACTIVE, CreatedKey, KeyInfo, LastUsed
from awscreds.errors import AwscredsError, AwsError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.document import Document
from awscreds.model.pairs import refuse_losses
from awscreds.model.rotation import RotateOptions, RotationOptions
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.journal import Journal, unfinished
from awscreds.stores.pointers import Pointer
from awscreds.stores.secret_store import SecretStore
from awscreds.stores.state_dir import StateDir
from awscreds.workflows.rotation.access import AwsAccess
from awscreds.workflows.rotation.context import RotationContext
from awscreds.workflows.rotation.interaction import Interaction
from awscreds.workflows.rotation.preflight import Plan, preflight
from awscreds.workflows.rotation.run import Rotation
from awscreds.workflows.rotation.state import RotationState
from awscreds.workflows.rotation.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.workflows.rotation.access import Credentials

    T = TypeVar("T")

OLD = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ARN = "arn:aws:iam::123456789012:user/alice"
MANAGED = f"[profile dev]\nawscreds_access_key_id = {OLD.id}\n"
PLAIN = f"[ops]\naws_access_key_id = {OLD.id}\naws_secret_access_key = {OLD.secret}\n"
LINE = "/p -I /awscreds/__main__.py credential-process --profile x"


class Died(BaseException):
    """The process is gone."""


class World:
    """AWS, the store and the files in memory, and a journal on disk. They outlive the process.

    ``at_action`` is called before and after all that changes something. ``list_lag`` is for how
    many seconds IAM does not know a new key, or what became of one, and ``linger`` for how many a
    key that is not active any more goes on working. Tests replace methods; what a rotation is given
    calls them here.
    """

    def __init__(
        self,
        folder: Path,
        *,
        mfa: bool = False,
        config: str = MANAGED,
        credentials: str = PLAIN,
    ) -> None:
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
        self.fails: dict[str, Exception] = {}
        self.sessions_of = {OLD.id}
        self.at_action: Callable[[str], object] = lambda _name: None
        self.list_lag = self.linger = 0.0
        self.changed: dict[str, float] = {}
        self.before: dict[str, tuple[str | None, float]] = {}
        self.told: list[str] = []
        self.deleted: set[str] = set()
        self.records: dict[str, dict[str, str]] = {}
        self.reached: tuple[str | None, str | None] | None = None
        self.has_token = False
        self.elsewhere: str | None = None
        self.config_path, self.credentials_path = "/aws/config", "/aws/credentials"
        self.backend = Backend()
        self.context = Context(self)
        self.access = Access(self)
        self.interaction = Interaction(
            tell=self.tell,
            explain=lambda _plan, _options: None,
            confirm=lambda _report: None,
            ask=lambda _question: self.agrees,
            may_move=lambda _plan: True,
            may_replace=lambda _plan: True,
        )

    def rotation(
        self,
        options: RotationOptions | None = None,
        *,
        step: Callable[[str], None] = lambda _: None,
    ) -> Rotation:
        """A rotation in a new process: the one of the journal, if there is one."""
        journal = Journal(self.state_dir, OLD.id, clock=self.clock, step=step)
        if journal.entries:
            state = RotationState.from_journal(journal)
        else:
            journal.facts = {
                "account": "123456789012",
                "user": "alice",
                "old": OLD.id,
                "new": None,
                "profiles": ["dev", "ops"],
            }
            state = RotationState(
                journal=journal,
                options=options or RotationOptions(mfa_serial="arn" if self.mfa else None),
                old_key=OLD,
                session=self._session() if self.mfa else None,
            )
        return Rotation(state, self.context, self.access, self.interaction)

    def preflight(self, environ: Mapping[str, str] | None = None, **options: Any) -> Plan:
        """What a rotation of the old key would be about."""
        self.context.environ = environ or {}
        return preflight(OLD.id, self.context, self.access, RotateOptions(**options))

    # the clock and the person

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def tell(self, text: str) -> None:
        self.told.append(text)
        assert not any(secret in text for secret in self.secrets.values())

    # what is known

    def process_line(self, _profile: str) -> str:
        return LINE

    def recorded(self, key_id: str) -> Mapping[str, str]:
        return self.records.get(key_id, {})

    def device_of(self, _key: AccessKey) -> str | None:
        return "arn"

    def session(self, key: AccessKey, _serial: str, *, may_ask: bool) -> Session:
        if key.id not in self.sessions_of and not may_ask:
            raise AwscredsError("no session")
        self.sessions_of.add(key.id)
        return self._session()

    def _session(self) -> Session:
        return Session("ASIA", "s", "t")

    # the store

    def _maybe_fail(self, name: str) -> None:
        if name in self.fails:
            raise self.fails[name]

    def keep_access_key(self, key: AccessKey) -> None:
        self._maybe_fail("keep")
        with self.action(f"keep {key.id}"):
            self.entries[key.id] = key

    def find_access_key(self, key_id: str) -> AccessKey | None:
        self._maybe_fail("read")
        return self.entries.get(key_id)

    def erase(self, key_id: str) -> None:
        self._maybe_fail("erase")
        assert key_id != self.elsewhere
        with self.action(f"erase {key_id}"):
            self.entries.pop(key_id, None)

    # the files

    def move_pointers_elsewhere(self, former: str, key_id: str) -> None:
        if former == self.elsewhere:
            with self.action("move elsewhere"):
                self.elsewhere = key_id

    def require_trusted(self) -> None:
        pass

    def check_replaceable(self) -> None:
        pass

    def load(self) -> AwsDocuments:
        return AwsDocuments(
            Document.parse(self.config.encode()),
            Document.parse(self.credentials.encode(), credentials=True),
            self.config_path,
            self.credentials_path,
        )

    def edit(self, change: Callable[[AwsDocuments], T], settled: Collection[str] = ()) -> T:
        self._maybe_fail("edit")
        documents = self.load()
        result = change(documents)
        refuse_losses(self.load(), documents, settled)
        with self.action("edit"):
            self.config = documents.config.render().decode()
            self.credentials = documents.credentials.render().decode()
        return result

    # AWS

    def identity(self, credentials: Credentials) -> Identity:
        self._maybe_fail("network")
        self._maybe_fail(f"identity {credentials.id}")
        if isinstance(credentials, AccessKey) and not self.is_accepted(credentials):
            raise AwsError("no", aws_code="InvalidClientTokenId")
        return Identity("123456789012", self.arn, "AIDA-ALICE")

    def is_accepted(self, key: AccessKey) -> bool:
        if key.secret != self.secrets[key.id]:
            raise AwsError("no", aws_code="SignatureDoesNotMatch")
        return (
            self.aws.get(key.id) == ACTIVE or self.now < self.changed.get(key.id, 0) + self.linger
        )

    @contextlib.contextmanager
    def action(self, name: str) -> Iterator[None]:
        self.at_action(f"before {name}")
        yield
        self.at_action(f"after {name}")

    def set_status(self, key_id: str, status: str | None) -> None:
        """What an administrator does, or a rotation. None deletes."""
        self.before[key_id] = (self.aws.get(key_id), self.now + self.list_lag)
        if status is None:
            self.aws.pop(key_id, None)
        else:
            self.aws[key_id] = status
        if status != ACTIVE:
            self.changed[key_id] = self.now

    def listed(self) -> dict[str, str]:
        """What IAM lists: as it was, for a while."""
        listed: dict[str, str | None] = dict(self.aws)
        for key_id, (status, until) in self.before.items():
            if self.now < until:
                listed[key_id] = status
        return {key_id: status for key_id, status in listed.items() if status}

    # what must hold

    def usable(self) -> set[str]:
        """The keys that are stored, or in the files, and accepted."""
        text = self.config + self.credentials
        kept = {key_id for key_id, s in self.secrets.items() if key_id in self.entries or s in text}
        return {key_id for key_id in kept if self.aws.get(key_id) == ACTIVE}

    def require_good_end(self, *, keep_plaintext: bool = False) -> None:
        ((key_id, status),) = self.aws.items()
        assert status == ACTIVE
        assert key_id != OLD.id
        assert OLD.id not in self.config + self.credentials
        assert OLD.secret not in self.config + self.credentials
        assert set(self.entries) == {key_id}
        assert (self.secrets[key_id] in self.credentials) == keep_plaintext
        assert OLD.id not in self.sessions_of
        assert OLD.id in self.deleted
        assert unfinished(self.state_dir) == []


# -- what a rotation is given, as mypy checks it ---------------------------------------------------


class Context(RotationContext):
    def __init__(self, world: World) -> None:
        self._world = world
        self.state_dir = world.state_dir
        self.files = Files(world)
        self.environ = {}
        self.lock = contextlib.nullcontext()
        self.step = lambda _: None
        self.traffic = Traffic()
        self.profiles = self.files_now

    def clock(self) -> float:
        return self._world.clock()

    def sleep(self, seconds: float) -> None:
        self._world.sleep(seconds)

    def process_line(self, profile: str) -> str:
        return self._world.process_line(profile)

    def pointing_to(self, key_id: str) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def pointers_elsewhere(self, key_id: str) -> list[Pointer]:
        return [Pointer("/other", 1, "far")] if key_id == self._world.elsewhere else []

    def move_pointers_elsewhere(self, former: str, key_id: str) -> None:
        self._world.move_pointers_elsewhere(former, key_id)

    def store_of(self, key_id: str) -> SecretStore:
        return Store(self._world)

    def new_store(self) -> SecretStore:
        return Store(self._world)

    def erase(self, key_id: str) -> None:
        self._world.erase(key_id)

    def forget_sessions(self, key_id: str) -> None:
        self._world.sessions_of.discard(key_id)

    def recorded(self, key_id: str) -> Mapping[str, str]:
        return self._world.recorded(key_id)

    def note_key(self, key_id: str, identity: Identity, created_at: float | None) -> None:
        pass

    def note_deleted(self, key_id: str) -> None:
        assert key_id not in self._world.aws
        self._world.deleted.add(key_id)

    def known_creation(self, key_id: str) -> float | None:
        return None

    def note_creation(self, key_id: str, at: float) -> None:
        pass


class Files(AwsFiles):
    def __init__(self, world: World) -> None:
        super().__init__(world.config_path, world.credentials_path)
        self._world = world

    def load(self) -> AwsDocuments:
        return self._world.load()

    def edit(
        self,
        change: Callable[[AwsDocuments], T],
        *,
        credentials_first: bool = False,
        settled: Collection[str] = (),
    ) -> T:
        assert not credentials_first
        return self._world.edit(change, settled)

    def require_trusted(self) -> None:
        self._world.require_trusted()

    def check_replaceable(self) -> None:
        self._world.check_replaceable()


class Store(SecretStore):
    def __init__(self, world: World) -> None:
        self._world = world
        self.backend = world.backend

    def find_access_key(self, key_id: str) -> AccessKey | None:
        return self._world.find_access_key(key_id)

    def access_key(self, key_id: str) -> AccessKey:
        return self._world.entries[key_id]

    def keep_access_key(self, key: AccessKey) -> None:
        self._world.keep_access_key(key)


class Backend:
    """What a preflight asks whether it can be written; nothing else is asked of it."""

    name = "vault"

    def check(self) -> None:
        pass

    def describe(self) -> str:
        raise NotImplementedError

    def read(self, entry_id: str) -> str | None:
        raise NotImplementedError

    def write(self, entry_id: str, text: str) -> None:
        raise NotImplementedError

    def erase(self, entry_id: str) -> bool:
        raise NotImplementedError


class Access(AwsAccess):
    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def has_token(self) -> bool:
        return self._world.has_token

    def reach(self, iam: ServiceEndpoint, sts: ServiceEndpoint) -> None:
        self._world.reached = iam.endpoint_url, sts.endpoint_url

    def iam(self, credentials: Credentials) -> iam.Iam:
        return Iam(self._world, credentials)

    def identity(self, credentials: Credentials) -> Identity:
        return self._world.identity(credentials)

    def session(self, key: AccessKey, serial: str, *, may_ask: bool) -> Session:
        return self._world.session(key, serial, may_ask=may_ask)

    def device_of(self, key: AccessKey) -> str | None:
        return self._world.device_of(key)


class Iam(iam.Iam):
    def __init__(self, world: World, credentials: Credentials) -> None:
        self.world, self.credentials = world, credentials

    def _call(self, name: str) -> None:
        self.world._maybe_fail("network")
        self.world._maybe_fail(name)
        if isinstance(self.credentials, Session):
            return
        self.world.identity(self.credentials)
        if self.world.mfa:
            raise AwsError("no", aws_code="AccessDenied")

    def list_access_keys(self, user_name: str | None) -> list[KeyInfo]:
        self._call("list")
        created = self.world.created
        return [KeyInfo(*key, created[key[0]]) for key in self.world.listed().items()]

    def create_access_key(self, user_name: str | None) -> CreatedKey:
        self._call("create")
        world = self.world
        if len(world.aws) == 2:
            raise AwsError("two keys", aws_code="LimitExceeded")
        number = len(world.secrets)
        key = AccessKey(f"AKIANEW{number}", f"new-secret-{number}-" + "x" * 20)
        with world.action("create"):
            world.set_status(key.id, ACTIVE)
            world.created[key.id] = world.now
            world.secrets[key.id] = key.secret
        if "answer" in world.fails:
            raise world.fails.pop("answer")
        return CreatedKey(key, world.now)

    def update_access_key(self, user_name: str | None, key_id: str, *, active: bool) -> None:
        self._call("update")
        if key_id not in self.world.aws:
            raise AwsError("no", aws_code="NoSuchEntity")
        with self.world.action(f"update {key_id}"):
            self.world.set_status(key_id, ACTIVE if active else INACTIVE)

    def delete_access_key(self, user_name: str | None, key_id: str) -> bool:
        self._call("delete")
        if key_id not in self.world.aws or key_id not in self.world.listed():
            return False
        with self.world.action(f"delete {key_id}"):
            self.world.set_status(key_id, None)
        return True

    def can_update(self, user_name: str | None) -> bool:
        return True

    def can_delete(self, user_name: str | None) -> bool:
        return True

    def last_used(self, key_id: str) -> LastUsed:
        return LastUsed(1.0 if key_id in self.world.used else None, None, None)

    def server_time(self) -> float:
        return self.world.now


# -- deaths --------------------------------------------------------------------------------------


class DiesAt:
    """Dies at the step ``at``, and looks at every step whether a key is left."""

    def __init__(self, world: World, at: int) -> None:
        self.world, self.at, self.count = world, at, 0

    def __call__(self, _name: str) -> None:
        assert self.world.usable(), "locked out"
        if self.count == self.at:
            raise Died
        self.count += 1


def go(world: World, at: int, options: RotationOptions | None = None) -> bool:
    """Rotate or resume until the death at step ``at``; False where it came to its end before."""
    rotation = world.rotation(options, step=DiesAt(world, at))
    try:
        _ = rotation.resume() if unfinished(world.state_dir) else rotation.begin()
    except Died:
        return False
    return True


def finish(world: World) -> None:
    for _ in range(5):
        if not unfinished(world.state_dir):
            return
        world.rotation().resume()
    raise AssertionError("it comes to no end")
