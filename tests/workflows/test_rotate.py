"""A rotation in memory: every death at every line, and every death of the resume after it."""

import contextlib
import types

import pytest

from awscreds.errors import AwscredsError, AwsError, RotationUnfinished, StoreLocked
from awscreds.iam import ACTIVE, INACTIVE, AnswerLost, CreatedKey, KeyInfo, LastUsed
from awscreds.model import rotation as table
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.ini import Document
from awscreds.stores.home import Home
from awscreds.stores.journal import Journal, unfinished
from awscreds.workflows.rotate import KEPT_OLD, ROLLED_BACK, ROTATED, WAITING, Rotation
from awscreds.workflows.rotate_stages import Choices

OLD = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ARN = "arn:aws:iam::123456789012:user/alice"
MANAGED = f"[profile dev]\nawscreds_access_key_id = {OLD.id}\n"
PLAIN = f"[ops]\naws_access_key_id = {OLD.id}\naws_secret_access_key = {OLD.secret}\n"
LINE = "/p -I /awscreds/__main__.py credential-process --profile x"


class Died(BaseException):
    """The process is gone."""


class World:
    """AWS, the store and the files in memory, and a journal on disk. They outlive the process."""

    def __init__(self, folder, *, mfa=False, config=MANAGED, credentials=PLAIN):
        self.home = Home(str(folder / "state"), lock_folder=str(folder / "locks"))
        self.aws = {OLD.id: ACTIVE}
        self.created = {OLD.id: 0.0}
        self.used = {OLD.id}
        self.secrets = {OLD.id: OLD.secret}
        self.entries = {OLD.id: OLD} if config else {}
        self.config, self.credentials = config, credentials
        self.mfa = mfa
        self.now = 1_000_000.0
        self.agrees = True
        self.fails = {}
        self.sessions_of = {OLD.id}
        self.files = self
        self.backend = types.SimpleNamespace(name="vault")

    # what a rotation works with

    def rotation(self, choices=None, *, step=lambda _: None):
        journal = Journal(self.home, OLD.id, clock=self.clock, step=step)
        if journal.entries:
            return Rotation.found(journal, self)
        journal.facts = {
            "account": "123456789012",
            "user": "alice",
            "old": OLD.id,
            "new": None,
            "profiles": ["dev", "ops"],
        }
        choices = choices or Choices(mfa_serial="arn" if self.mfa else None)
        session = self._session() if self.mfa else None
        return Rotation(journal, self, choices, old_key=OLD, session=session)

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    def tell(self, text):
        assert not any(secret in text for secret in self.secrets.values())

    def ask(self, _question):
        return self.agrees

    def process_line(self, _profile):
        return LINE

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

    def keep_access_key(self, key):
        self._maybe_fail("keep")
        self.entries[key.id] = key

    def erase(self, key_id):
        self._maybe_fail("erase")
        return self.entries.pop(key_id, None) is not None

    # the files

    def load(self):
        return types.SimpleNamespace(
            config=Document.parse(self.config.encode()),
            credentials=Document.parse(self.credentials.encode(), credentials=True),
        )

    def edit(self, change):
        self._maybe_fail("edit")
        documents = self.load()
        result = change(documents)
        self.config = documents.config.render().decode()
        self.credentials = documents.credentials.render().decode()
        return result

    # AWS

    def identity(self, credentials):
        self._maybe_fail("network")
        self._maybe_fail(f"identity {credentials.id}")
        if isinstance(credentials, AccessKey) and self.aws.get(credentials.id) != ACTIVE:
            raise AwsError("no", aws_code="InvalidClientTokenId")
        return types.SimpleNamespace(account="123456789012", arn=ARN)

    def iam(self, credentials):
        return Iam(self, credentials)

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
        assert unfinished(self.home) == []


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
        aws = self.world.aws
        return [KeyInfo(key_id, aws[key_id], self.world.created[key_id]) for key_id in aws]

    def create_access_key(self, _user):
        self._call("create")
        number = len(self.world.secrets)
        key = AccessKey(f"AKIANEW{number}", f"new-secret-{number}-" + "x" * 20)
        self.world.aws[key.id] = ACTIVE
        self.world.created[key.id] = self.world.now
        self.world.secrets[key.id] = key.secret
        if "answer" in self.world.fails:
            raise self.world.fails.pop("answer")
        return CreatedKey(key, self.world.now)

    def update_access_key(self, _user, key_id, *, active):
        self._call("update")
        self.world.aws[key_id] = ACTIVE if active else INACTIVE

    def delete_access_key(self, _user, key_id):
        self._call("delete")
        return self.world.aws.pop(key_id, None) is not None

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
        _ = rotation.resume() if unfinished(world.home) else rotation.begin()
    except Died:
        return False
    return True


def finish(world):
    for _ in range(5):
        if not unfinished(world.home):
            return
        world.rotation().resume()
    raise AssertionError("it comes to no end")


STEPS = 36


@pytest.mark.parametrize("mfa", [False, True], ids=["plain", "mfa"])
@pytest.mark.parametrize("keep_plaintext", [False, True], ids=["moved", "kept"])
@pytest.mark.parametrize("at", range(STEPS))
def test_dead_at_any_line_and_dead_again_at_any_line_of_the_resume(
    tmp_path, mfa, keep_plaintext, at
):
    # Every third line, from another one each time: together they are all there is.
    for again in range(at % 3, STEPS + 8, 3):
        folder = tmp_path / str(again)
        folder.mkdir()
        world = World(folder, mfa=mfa)
        choices = Choices(keep_plaintext=keep_plaintext, mfa_serial="arn" if mfa else None)
        assert not go(world, at, choices)
        # Nothing is left to be resumed before the first line is there, and after the last is gone.
        if not unfinished(world.home) and OLD.id in world.aws:
            world.rotation(choices).begin()
        came_to_its_end = not unfinished(world.home) or go(world, again)
        finish(world)
        world.require_good_end(keep_plaintext=keep_plaintext)
        if came_to_its_end:
            return
    raise AssertionError("the resume never comes to its end")


def test_left_alone_it_goes_through_every_stage(tmp_path):
    world = World(tmp_path)
    rotation = world.rotation()
    assert rotation.begin().status == ROTATED
    assert [name for name, _ in rotation.done] == [
        stage.name for stage in table.FORWARD if stage.name not in (table.SETTLE, table.MAKE_ROOM)
    ]
    world.require_good_end()


@pytest.mark.parametrize("when", ["keep", "edit", "identity AKIANEW1", "create"])
def test_a_failure_before_the_old_key_goes_leaves_everything_as_it_was(tmp_path, when):
    world = World(tmp_path)
    before = (dict(world.aws), world.config, world.credentials, dict(world.entries))
    refusal = AwsError("refused", aws_code="InvalidClientTokenId" if "AKIA" in when else "Denied")
    world.fails[when] = StoreLocked("locked") if when == "keep" else refusal
    with pytest.raises(AwscredsError) as caught:
        world.rotation().begin()
    assert not isinstance(caught.value, RotationUnfinished)
    assert "as it was before" in str(caught.value)
    assert (world.aws, world.config, world.credentials, world.entries) == before
    assert unfinished(world.home) == []


@pytest.mark.parametrize(
    ("stage", "lost"),
    [
        (table.VERIFY, "network"),
        (table.CHECK, "network"),
        (table.DELETE, "network"),
        (table.VERIFY, "read"),
        (table.SWITCH, "read"),
        (table.CHECK, "read"),
        (table.DELETE, "read"),
    ],
)
def test_what_is_out_of_reach_for_good_is_waited_for_and_then_gone_on_with(tmp_path, stage, lost):
    world = World(tmp_path)
    failure = AwsError("no network") if lost == "network" else StoreLocked("locked")

    def step(name):
        if name == f"after {stage} intent":
            world.fails[lost] = failure

    with pytest.raises(RotationUnfinished) as caught:
        world.rotation(step=step).begin()
    assert "awscreds rotate --resume" in caught.value.hint
    assert world.usable()
    world.fails.clear()
    finish(world)
    world.require_good_end()


@pytest.mark.parametrize("mfa", [False, True])
def test_a_lost_answer_costs_a_key_nobody_has_and_nothing_else(tmp_path, mfa):
    world = World(tmp_path, mfa=mfa)
    world.fails["answer"] = AnswerLost("lost")
    assert world.rotation().begin().status == ROTATED
    assert "AKIANEW1" not in world.aws
    world.require_good_end()


def test_the_key_of_a_lost_answer_stays_inactive_until_somebody_agrees(tmp_path):
    world = World(tmp_path)
    world.fails["answer"] = AnswerLost("lost")
    world.agrees = False
    with pytest.raises(RotationUnfinished):
        world.rotation().begin()
    assert world.aws == {OLD.id: ACTIVE, "AKIANEW1": INACTIVE}
    world.agrees = True
    finish(world)
    world.require_good_end()


def test_a_new_key_that_fails_without_the_old_one_gives_it_its_place_back(tmp_path):
    world = World(tmp_path, mfa=True)

    def step(name):
        if name == "after deactivate done":
            world.fails["identity AKIANEW1"] = AwsError("no", aws_code="InvalidClientTokenId")

    with pytest.raises(AwscredsError, match="as it was before"):
        world.rotation(step=step).begin()
    assert world.aws == {OLD.id: ACTIVE}
    assert set(world.entries) == {OLD.id}
    assert f"awscreds_access_key_id = {OLD.id}" in world.config


@pytest.mark.parametrize("at", range(30))
def test_a_way_back_that_dies_is_gone_to_its_end(tmp_path, at):
    world = World(tmp_path, mfa=True)
    steps = []

    def step(name):
        assert world.usable(), "locked out"
        if name == "after deactivate done":
            world.fails["identity AKIANEW1"] = AwsError("no", aws_code="InvalidClientTokenId")
        steps.append(name)
        if "before reactivate intent" in steps and steps.count("dead") == 0:
            dead_at = steps.index("before reactivate intent") + at
            if len(steps) - 1 == dead_at:
                steps.append("dead")
                raise Died

    with contextlib.suppress(Died, AwscredsError):
        world.rotation(step=step).begin()
    statuses = []
    while unfinished(world.home):
        try:
            statuses.append(world.rotation().resume().status)
        except AwscredsError as error:  # it had not yet turned back, and failed once more
            assert "as it was before" in str(error)
            assert not unfinished(world.home)
    assert world.aws == {OLD.id: ACTIVE}
    assert set(world.entries) == {OLD.id}
    assert set(statuses) <= {ROLLED_BACK}


def test_the_grace_ends_with_the_old_key_gone(tmp_path):
    world = World(tmp_path)
    outcome = world.rotation(Choices(grace=3600)).begin()
    assert (outcome.status, outcome.until) == (WAITING, world.now + 3600)
    assert world.rotation().resume().status == WAITING
    assert world.usable() == {OLD.id, "AKIANEW1"}
    world.now += 3601
    assert world.rotation().resume().status == ROTATED
    world.require_good_end()


@pytest.mark.parametrize(("keep", "status"), [("active", ACTIVE), ("inactive", INACTIVE)])
def test_the_old_key_is_kept_with_its_secret(tmp_path, keep, status):
    world = World(tmp_path)
    assert world.rotation(Choices(keep_old=keep)).begin().status == KEPT_OLD
    assert world.aws == {OLD.id: status, "AKIANEW1": ACTIVE}
    assert world.entries[OLD.id] == OLD


@pytest.mark.parametrize("gone", ["old", "new"])
def test_a_key_that_somebody_took_away_meanwhile_is_gone_on_without(tmp_path, gone):
    world = World(tmp_path)
    assert not go(world, 17)  # in use by the profiles, and the old one still active
    del world.aws[OLD.id if gone == "old" else "AKIANEW1"]
    status = world.rotation().resume().status
    if gone == "old":
        assert status == ROTATED
        world.require_good_end()
    else:
        assert status == ROLLED_BACK
        assert world.usable() == {OLD.id}
        assert f"awscreds_access_key_id = {OLD.id}" in world.config


def test_with_both_keys_gone_it_says_so_and_leaves_everything(tmp_path):
    world = World(tmp_path)
    assert not go(world, 17)
    world.aws.clear()
    with pytest.raises(RotationUnfinished):
        world.rotation().resume()
    assert set(world.entries) == {OLD.id, "AKIANEW1"}
