"""The gate, and that rotation passes it at each of its turns."""

import pytest

from awscreds.app import App
from awscreds.aws.errors import ACCESS_DENIED
from awscreds.aws.gateway import Identity
from awscreds.aws.iam import ACTIVE
from awscreds.commands.keys import _user_keys
from awscreds.commands.rotate.context import rotation_context
from awscreds.errors import AwscredsError, AwsError, ConfigurationError, RotationUnfinished
from awscreds.model.rotation import RotateOptions, RotationOptions
from awscreds.model.service_endpoint import ServiceEndpoint
from awscreds.stores.journal import DONE, INTENT, unfinished
from awscreds.workflows.gate import Gate, require_recorded, require_word
from awscreds.workflows.rotation.access import AwsAccess
from awscreds.workflows.rotation.service import RotationService
from tests.workflows.rotation.world import ARN, OLD, Died, Iam, World

ALICE = Identity("123456789012", ARN, "AIDA-ALICE")
NEW_FORM = "AKIARZPUZDIKGB2VALC4"
"""An id that shows the account 123456789012."""
OTHER = "AKIAIOSFODNN7EXAMPL2"


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


# -- the gate ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("iam", "sts", "said_by", "passes"),
    [
        (None, None, None, True),
        (None, None, "aws", True),
        ("https://iam.amazonaws.com", "https://sts.eu-west-1.amazonaws.com", "aws", True),
        ("http://localhost:1", "http://127.0.0.1:1", None, True),
        ("http://localhost:1", "http://[::1]:1", "http://localhost:2", True),
        ("http://localhost:1", None, "aws", False),
        (None, "http://localhost:1", "aws", False),
        ("https://stack.example", None, None, False),
        (None, "https://stack.example", None, False),
        ("https://sts.amazonaws.com", None, None, False),
        ("http://iam.amazonaws.com", None, None, False),
        ("https://x.execute-api.us-east-1.amazonaws.com", None, None, False),
        ("http://127.0.0.2:1", None, None, False),
    ],
)
def test_a_stranger_is_asked_with_consent_only(iam, sts, said_by, passes):
    ways = ServiceEndpoint("us-east-1", iam), ServiceEndpoint("us-east-1", sts)
    recorded = {"K": {"endpoint": said_by} if said_by else {}}.get
    Gate(*ways, recorded, endpoint_ok=True).require_endpoint("K")
    gate = Gate(*ways, recorded)
    assert all(url in gate.named for url in (iam, sts) if url)
    assert bool(gate.named) == bool(iam or sts)
    if passes:
        gate.require_endpoint("K")
        return
    with pytest.raises(ConfigurationError) as caught:
        gate.require_endpoint("K")
    assert caught.value.code == "foreign-endpoint"
    assert str(iam or sts) in caught.value.message


@pytest.mark.parametrize("known", ["SIGNER", "CHANGED"])
def test_one_key_of_aws_among_those_asked_about_is_enough(known):
    local = ServiceEndpoint("us-east-1", "http://localhost:1")
    recorded = {"SIGNER": {}, "CHANGED": {}, known: {"endpoint": "aws"}}
    gate = Gate(local, local, recorded.__getitem__)
    with pytest.raises(ConfigurationError, match="belongs to the real AWS"):
        gate.require_endpoint("CHANGED", "SIGNER")


@pytest.mark.parametrize(
    ("said_by", "recorded", "code"),
    [
        ("aws", {}, None),
        ("aws", {"endpoint": "aws"}, None),
        ("aws", {"account": "210987654321"}, "other-identity"),
        ("http://localhost:1", {}, None),
        ("http://localhost:1", {"account": "210987654321"}, "other-identity"),
        ("http://localhost:1", {"endpoint": "aws"}, "foreign-endpoint"),
        ("https://stack.example", {}, "foreign-endpoint"),
    ],
)
def test_a_stored_secret_is_replaced_on_the_word_of_aws_only(said_by, recorded, code):
    identity = Identity("123456789012", ARN, "AIDA-ALICE", said_by)
    if code is None:
        require_word(OLD.id, identity, recorded)
        return
    with pytest.raises(ConfigurationError) as caught:
        require_word(OLD.id, identity, recorded)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("key_id", "recorded", "is_same"),
    [
        (OLD.id, {}, True),
        (OLD.id, {"account": "123456789012", "arn": ARN}, True),
        (OLD.id, {"account": "123456789012", "arn": ARN, "user_id": "AIDA-ALICE"}, True),
        # renamed
        (OLD.id, {"account": "123456789012", "arn": ARN + "2", "user_id": "AIDA-ALICE"}, True),
        (OLD.id, {"account": "123456789012", "arn": ARN + "2"}, False),
        # another user of that name
        (OLD.id, {"account": "123456789012", "arn": ARN, "user_id": "AIDA-BOB"}, False),
        (OLD.id, {"account": "210987654321", "arn": ARN, "user_id": "AIDA-ALICE"}, False),
        (OLD.id, {"account": "210987654321"}, False),
        (NEW_FORM, {}, True),
        ("AKIAY34FZKBOKMUTVV7A", {}, False),
        # what was written down counts before what an id shows
        ("AKIAY34FZKBOKMUTVV7A", {"account": "123456789012", "arn": ARN}, True),
    ],
)
def test_a_key_belongs_to_whom_it_was_recorded_for(key_id, recorded, is_same):
    if is_same:
        require_recorded(key_id, ALICE, recorded)
        return
    with pytest.raises(ConfigurationError) as caught:
        require_recorded(key_id, ALICE, recorded)
    assert caught.value.code == "other-identity"
    assert key_id in caught.value.message
    assert "awscreds configure" in caught.value.hint


# -- rotation passes it --------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["", "_IAM", "_STS"])
def test_a_preflight_asks_no_stranger(world, service):
    variable = f"AWS_ENDPOINT_URL{service}"
    asked = []
    world.identity = asked.append
    with pytest.raises(ConfigurationError) as caught:
        world.preflight({variable: "https://stack.example"})
    assert caught.value.code == "foreign-endpoint"
    assert asked == []


def test_a_preflight_refuses_a_key_that_is_said_to_be_somebody_elses(world):
    world.records[OLD.id] = {"account": "123456789012", "arn": ARN, "user_id": "AIDA-BOB"}
    with pytest.raises(ConfigurationError) as caught:
        world.preflight(endpoint_ok=True)
    assert caught.value.code == "other-identity"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"account": "123456789012", "arn": ARN, "user_id": "AIDA-BOB"}, "other-identity"),
        ({"endpoint": "aws"}, "foreign-endpoint"),
    ],
)
def test_the_key_that_would_make_room_passes_the_gate_too(world, record, code):
    world.aws[OTHER], world.created[OTHER] = ACTIVE, 0.0
    environ = {"AWS_ENDPOINT_URL": "http://localhost:1"}
    assert world.preflight(environ).other.id == OTHER
    world.records[OTHER] = record
    with pytest.raises(ConfigurationError) as caught:
        world.preflight(environ)
    assert caught.value.code == code


def test_files_that_cannot_be_replaced_stop_a_rotation_before_it_begins(world):
    def judge():
        raise ConfigurationError("a bind mount", code="not-replaceable")

    world.check_replaceable = judge
    with pytest.raises(ConfigurationError, match="a bind mount"):
        world.preflight()


@pytest.mark.parametrize("key", ["signing", "other"])
def test_who_may_not_see_a_keys_last_use_rotates_all_the_same_and_no_other_failure_passes(
    world, monkeypatch, key
):
    if key == "other":
        world.aws[OTHER], world.created[OTHER] = ACTIVE, 0.0
    wanted = OLD.id if key == "signing" else OTHER

    def last_used(code):
        def call(_iam, key_id):
            if key_id == wanted:
                raise AwsError("no", aws_code=code)

        return call

    for code in ACCESS_DENIED:
        monkeypatch.setattr(Iam, "last_used", last_used(code))
        plan = world.preflight()
        assert (plan.last_used, plan.other_last_used) == (None, None)
    for code in ("Throttling", None):
        monkeypatch.setattr(Iam, "last_used", last_used(code))
        with pytest.raises(AwsError, match="no"):
            world.preflight()


# -- a rotation that goes on ---------------------------------------------------------------------


def cut_off(world, stage, event=DONE):
    """A rotation that died right after a stage."""

    def step(name):
        if name == f"after {stage} {event}":
            raise Died

    with pytest.raises(Died):
        world.rotation(step=step).begin()


@pytest.mark.parametrize("stage", ["create", "store", "verify", "switch", "deactivate", "check"])
@pytest.mark.parametrize(
    "identity",
    [
        Identity("123456789012", "arn:aws:iam::123456789012:user/mallory", "AIDA-ALICE"),
        Identity("210987654321", "arn:aws:iam::210987654321:user/alice", "AIDA-ALICE"),
    ],
    ids=["user", "account"],
)
def test_keys_that_are_said_to_belong_to_another_user_change_nothing(world, stage, identity):
    cut_off(world, stage)
    entries, aws = dict(world.entries), dict(world.aws)
    world.identity = lambda _credentials: identity
    with pytest.raises(RotationUnfinished) as caught:
        world.rotation().resume()
    assert caught.value.code == "other-owner"
    assert identity.arn in caught.value.message
    assert (world.entries, world.aws) == (entries, aws)


def test_a_rotation_that_goes_on_heeds_what_was_recorded_of_its_key(world):
    cut_off(world, "deactivate")
    entries, aws = dict(world.entries), dict(world.aws)
    world.records[OLD.id] = {"account": "123456789012", "arn": ARN, "user_id": "AIDA-BOB"}
    with pytest.raises(RotationUnfinished) as caught:
        world.rotation().resume()
    assert caught.value.code == "other-identity"
    assert (world.entries, world.aws) == (entries, aws)


@pytest.mark.parametrize(("stage", "event"), [("delete", DONE), ("forget", INTENT)])
def test_the_sessions_of_a_deleted_key_go_also_where_the_secret_went_before_a_death(
    world, stage, event
):
    cut_off(world, stage, event)
    world.entries.pop(OLD.id, None)  # the death came between the two
    assert OLD.id in world.sessions_of
    world.rotation().resume()
    assert OLD.id not in world.sessions_of
    assert unfinished(world.state_dir) == []


@pytest.mark.parametrize("service", ["IAM", "STS"])
def test_a_rotation_goes_on_at_the_endpoints_where_it_began(world, service):
    died = []

    def go_on(name):
        if name == "after switch done" and not died:
            died.append(name)
            raise Died

    def service_in(environ):
        world.context.environ, world.context.step = environ, go_on
        return RotationService(world.context, world.interaction, lambda _: world.access)

    with pytest.raises(Died):
        service_in({}).rotate(OLD.id, RotateOptions())
    elsewhere = {f"AWS_ENDPOINT_URL_{service}": "http://localhost:1"}
    (report,) = service_in(elsewhere).resume_all()
    assert report.error.code == "other-endpoint"
    assert service in report.error.message
    world.reached = None
    (report,) = service_in({}).resume_all()
    assert report.is_good
    assert world.reached == (None, None)
    world.require_good_end()


def test_where_aws_is_reached_is_settled_as_it_is_judged(world):
    environ = {"AWS_ENDPOINT_URL_IAM": "http://localhost:1"}
    world.preflight(environ)
    assert world.reached == ("http://localhost:1", None)


def test_an_endpoint_that_is_written_into_a_file_meanwhile_is_not_asked(tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.write_text("[profile dev]\nregion = eu-west-1\n")
    monkeypatch.setattr("awscreds.workflows.rotation.access.Iam", lambda _key, how, aws: how)
    question = "awscreds.aws.gateway.Aws.identity_question"
    monkeypatch.setattr(question, lambda _aws, _key, how: lambda: how)
    context = rotation_context(App({"AWS_CONFIG_FILE": str(config)}))
    access = AwsAccess(context, "dev", codes=None)
    before = access.iam(OLD), access.identity(OLD)
    access.reach(*before)
    config.write_text("[profile dev]\nendpoint_url = https://stack.example\n")
    assert (access.iam(OLD), access.identity(OLD)) == before
    assert all(how.custom is None for how in before)


def test_whose_a_key_is_is_asked_where_the_gate_judged(tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.write_text(
        f"[profile dev]\nservices = s\naws_access_key_id = {OLD.id}\n"
        f"aws_secret_access_key = {OLD.secret}\n"
    )
    asked = []

    def judge(*_):
        stranger = "[services s]\nsts =\n  endpoint_url = https://stack.example\n"
        config.write_text(config.read_text() + stranger)

    def caller_identity(_aws, _key, how):
        asked.append(how.endpoint_url)
        return ALICE

    monkeypatch.setattr(Gate, "require_endpoint", judge)
    monkeypatch.setattr("awscreds.aws.gateway.Aws.caller_identity", caller_identity)
    app = App({"AWS_CONFIG_FILE": str(config)})
    app.options.profile = "dev"
    _user_keys(app, None, changing=OLD.id)
    assert asked == [None]


# -- other config files --------------------------------------------------------------------------


def test_pointers_in_other_config_files_move_along_and_back(world):
    world.elsewhere = OLD.id
    assert world.preflight().elsewhere
    world.rotation().begin()
    assert world.elsewhere not in (None, OLD.id)
    assert world.elsewhere in world.aws
    world.require_good_end()


def test_a_rotation_that_fails_takes_the_pointers_in_other_files_back(world):
    world.elsewhere = OLD.id

    def at_action(name):
        if name == "after move elsewhere" and world.elsewhere != OLD.id:
            raise ConfigurationError("the disk is full")

    world.at_action = at_action
    with pytest.raises(ConfigurationError, match="disk is full"):
        world.rotation().begin()
    assert world.elsewhere == OLD.id
    assert set(world.entries) == {OLD.id}
    assert unfinished(world.state_dir) == []


def test_the_old_key_is_not_ended_while_another_file_points_to_it(world):
    def somebody_points_to_it(name):
        if name == "after edit" and OLD.id in world.entries:
            world.elsewhere = OLD.id
            world.move_pointers_elsewhere = lambda *_: None

    world.at_action = somebody_points_to_it
    with pytest.raises(RotationUnfinished) as caught:
        world.rotation().begin()
    assert caught.value.code == "old-key-in-use"
    assert "/other" in caught.value.message
    assert world.aws[OLD.id] == ACTIVE
    assert OLD.id in world.entries


def test_the_key_that_would_make_room_stays_while_another_file_points_to_it(world):
    world.aws[OTHER], world.created[OTHER] = ACTIVE, 0.0
    world.secrets[OTHER] = "x" * 40
    world.elsewhere = OTHER
    with pytest.raises(AwscredsError) as caught:
        world.rotation(RotationOptions(other=OTHER)).begin()
    assert caught.value.code == "two-keys"
    assert "/other" in caught.value.message
    assert OTHER in world.aws
