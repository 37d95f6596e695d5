"""``awscreds keys`` and ``awscreds policy`` as a person or a script runs them."""

import json
import time

import pytest

from awscreds.model import policies, times
from tests.e2e.conftest import PROGRAM
from tests.e2e.person import DAY, person, zygote
from tests.e2e.terminal import terminal

__all__ = ["person", "zygote"]


class Iam:
    """The user's keys as IAM has them, asked and changed by root."""

    def __init__(self, sandbox):
        self._client = sandbox.client("iam", *sandbox.root_key)

    def statuses(self):
        answer = self._client.list_access_keys(UserName="alice")
        return {key["AccessKeyId"]: key["Status"] for key in answer["AccessKeyMetadata"]}

    def new_key(self, user="alice"):
        made = self._client.create_access_key(UserName=user)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def new_user(self, name):
        self._client.create_user(UserName=name)
        return self.new_key(name)

    def deactivate(self, key_id):
        self._client.update_access_key(UserName="alice", AccessKeyId=key_id, Status="Inactive")

    def delete(self, key_id):
        self._client.delete_access_key(UserName="alice", AccessKeyId=key_id)

    def allow_only(self, document):
        """Let alice do what the policy says, and nothing else."""
        self._client.put_user_policy(
            UserName="alice", PolicyName="Developer", PolicyDocument=json.dumps(document)
        )

    def add_policy(self, document):
        self._client.put_user_policy(
            UserName="alice", PolicyName="More", PolicyDocument=json.dumps(document)
        )


@pytest.fixture
def books(sandbox):
    return Iam(sandbox)


def store(alice, profile, key):
    """Bring a key into the secret store as ``profile``."""
    words = ("configure", "--profile", profile, "--access-key-id", key[0], "--secret-stdin")
    alice.awscreds(*words, stdin=key[1])


def keys(alice, *words, **options):
    done = alice.awscreds("keys", *words, "--profile", "alice", **options)
    assert alice.secret not in alice.transcript
    return done


def signers(alice, action):
    """The ids of the keys that signed the calls of ``action``."""
    return [call["key_id"] for call in alice.sandbox.control.log(action)]


# -- list -------------------------------------------------------------------------------------


def test_list_shows_each_key_with_its_age_last_use_and_the_profiles_that_use_it(alice, books):
    alice.configure("alice")
    alice.sandbox.control.advance(100 * DAY)
    other, secret = books.new_key()
    alice.credentials.write_text(
        f"[old tool]\naws_access_key_id = {other}\naws_secret_access_key = {secret}\n"
    )
    with alice.config.open("a") as config:
        config.write(f"[profile ci]\nawscreds_access_key_id = {alice.key_id}\n")
    report = json.loads(keys(alice, "list", "--json").stdout)
    assert (report["account"], report["user"]) == ("123456789012", "alice")
    mine, theirs = report["keys"]
    assert mine["id"] == alice.key_id
    assert (mine["status"], mine["age_days"], mine["stored_in"]) == ("Active", 100, "vault")
    assert (mine["last_used"]["service"], mine["last_used"]["region"]) == ("iam", "us-east-1")
    assert mine["used_by"] == [
        {"profile": "alice", "file": "config", "managed": True},
        {"profile": "ci", "file": "config", "managed": True},
    ]
    assert theirs["id"] == other
    assert theirs["last_used"] == {"when": None, "service": None, "region": None}
    assert (theirs["age_days"], theirs["stored_in"]) == (0, None)
    assert theirs["used_by"] == [{"profile": "old tool", "file": "credentials", "managed": False}]

    books.deactivate(other)
    lines = keys(alice, "list").stdout.splitlines()
    shown = {line.split()[0]: line for line in lines[1:]}
    assert "100 days" in shown[alice.key_id]
    assert "alice, ci" in shown[alice.key_id]
    assert "Inactive" in shown[other]
    assert "never" in shown[other]
    assert "old tool (plaintext, credentials file)" in shown[other]
    assert secret not in alice.transcript


def test_on_a_terminal_too_narrow_for_its_table_each_key_is_a_block(alice):
    alice.configure("alice")
    with terminal(alice, PROGRAM, "keys", "list", "--profile", "alice", COLUMNS="60") as screen:
        assert screen.end() == 0
    blocks = screen.text.replace("\r", "")
    assert f"KEY           {alice.key_id}\nSTATUS        Active\n" in blocks
    assert "USED HERE BY  alice\n" in blocks


def test_list_remembers_when_a_stored_key_was_made(alice):
    alice.configure("alice")
    state = alice.aws / "awscreds" / "state.json"
    document = json.loads(state.read_text())
    document["entries"][alice.key_id].pop("created_at", None)
    state.write_text(json.dumps(document))
    report = json.loads(keys(alice, "list", "--json").stdout)
    entry = json.loads(state.read_text())["entries"][alice.key_id]
    assert entry["created_at"] == report["keys"][0]["created"]


def test_list_does_without_the_last_use_where_policy_hides_it(alice, books):
    alice.configure("alice")
    statement = {"Effect": "Allow", "Action": "iam:ListAccessKeys", "Resource": "*"}
    books.allow_only({"Version": "2012-10-17", "Statement": [statement]})
    done = keys(alice, "list")
    assert "unknown" in done.stdout
    assert "awscreds policy rotate" in done.stderr


def test_a_refused_list_names_the_action_and_the_policy_that_allows_it(alice, books):
    alice.configure("alice")
    books.allow_only(policies.revoke_sessions(0))
    done = keys(alice, "list", rc=5)
    assert "iam:ListAccessKeys" in done.stderr
    assert "awscreds policy rotate" in done.stderr


# -- whose keys -------------------------------------------------------------------------------


def test_keys_are_those_of_an_iam_user_and_of_nobody_else(alice):
    store(alice, "alice", alice.sandbox.root_key)
    done = keys(alice, "list", "--json", rc=3)
    assert json.loads(done.stdout)["error"]["code"] == "root-key"

    role = alice.awscreds("keys", "list", "--profile", "admin", "--json", rc=3)
    assert json.loads(role.stdout)["error"]["code"] == "no-access-key"

    key_id, secret, token = alice.sandbox.session()
    alice.credentials.write_text(
        f"[temporary]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
        f"aws_session_token = {token}\n"
    )
    done = alice.awscreds("keys", "list", "--profile", "temporary", "--json", rc=3)
    assert json.loads(done.stdout)["error"]["code"] == "temporary-credentials"
    assert token not in alice.transcript


@pytest.mark.parametrize("action", ["deactivate", "activate", "delete"])
def test_a_key_of_somebody_else_is_not_touched(alice, books, action):
    alice.configure("alice")
    bobs, _ = books.new_user("bob")
    done = keys(alice, action, bobs, "--yes", rc=2)
    assert f"alice has no key {bobs}" in done.stderr
    assert signers(alice, "UpdateAccessKey") == signers(alice, "DeleteAccessKey") == []


# -- deactivate and activate ------------------------------------------------------------------


def test_another_key_is_deactivated_and_activated(alice, books):
    alice.configure("alice")
    other, _ = books.new_key()
    report = json.loads(keys(alice, "deactivate", other, "--yes", "--json").stdout)
    assert report["changed"]
    assert books.statuses() == {alice.key_id: "Active", other: "Inactive"}

    again = keys(alice, "deactivate", other, "--no-input")
    assert "already inactive" in again.stderr
    assert len(signers(alice, "UpdateAccessKey")) == 1

    keys(alice, "activate", other, "--yes")
    assert books.statuses()[other] == "Active"


@pytest.mark.parametrize("action", ["deactivate", "delete"])
def test_without_consent_nothing_changes(alice, books, action):
    alice.configure("alice")
    other, _ = books.new_key()
    before = books.statuses()
    done = keys(alice, action, other, rc=6)
    assert "--yes" in done.stderr
    with terminal(alice, PROGRAM, "keys", action, other, "--profile", "alice") as screen:
        screen.answer("[y/N] ", "n")
        assert screen.end() == 2
    assert books.statuses() == before


def test_the_question_says_how_old_the_key_is_when_it_was_used_and_what_breaks(alice, books):
    alice.configure("alice")
    other = books.new_key()
    store(alice, "robot", other)
    with alice.config.open("a") as config:
        config.write("[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = robot\n")
    alice.sandbox.control.advance(3 * DAY)
    with terminal(alice, PROGRAM, "keys", "deactivate", other[0], "--profile", "alice") as screen:
        screen.answer("[y/N] ", "y")
        assert screen.end() == 0
    text = " ".join(screen.text.split())
    assert f"{other[0]} is active, 3 days old, last used 3 days ago (iam in us-" in text
    assert "These profiles on this machine use it: robot, role." in text
    assert books.statuses()[other[0]] == "Inactive"


def test_the_key_that_signs_is_spared_where_no_other_is_at_hand(alice, books):
    alice.configure("alice")
    done = keys(alice, "deactivate", alice.key_id, "--yes", rc=3)
    assert "only working key of alice" in done.stderr
    books.new_key()  # whose secret is not here
    keys(alice, "deactivate", alice.key_id, "--yes", rc=3)
    assert books.statuses()[alice.key_id] == "Active"
    assert signers(alice, "UpdateAccessKey") == []


@pytest.mark.parametrize("flaw", ["wrong secret", "inactive", "not yet known", "bob's"])
def test_another_key_does_not_count_unless_aws_accepts_it_for_the_same_user(alice, books, flaw):
    alice.configure("alice")
    if flaw == "not yet known":
        alice.sandbox.control.propagation(appear=60)
    other, secret = books.new_user("bob") if flaw == "bob's" else books.new_key()
    if flaw == "inactive":
        books.deactivate(other)
    secret = "x" * 40 if flaw == "wrong secret" else secret
    alice.credentials.write_text(
        f"[other]\naws_access_key_id = {other}\naws_secret_access_key = {secret}\n"
    )
    before = books.statuses()
    keys(alice, "deactivate", alice.key_id, "--yes", rc=3)
    assert books.statuses() == before


@pytest.mark.parametrize("place", ["store", "plaintext"])
def test_the_key_that_signs_can_go_where_another_works_and_that_one_signs_then(alice, books, place):
    alice.configure("alice")
    other, secret = books.new_key()
    if place == "store":
        store(alice, "spare", (other, secret))
    else:
        alice.credentials.write_text(
            f"[spare]\naws_access_key_id = {other}\naws_secret_access_key = {secret}\n"
        )
    report = json.loads(keys(alice, "deactivate", alice.key_id, "--yes", "--json").stdout)
    assert report["profiles"] == ["admin", "alice"]
    assert books.statuses() == {alice.key_id: "Inactive", other: "Active"}
    assert signers(alice, "UpdateAccessKey") == [other]
    # Not by the profile that lost it, but by the spare one, it comes back.
    keys(alice, "activate", alice.key_id, "--yes", rc=5)
    alice.awscreds("keys", "activate", alice.key_id, "--yes", "--profile", "spare")
    assert books.statuses()[alice.key_id] == "Active"


# -- delete -----------------------------------------------------------------------------------


def test_a_key_that_is_active_and_in_use_here_is_not_deleted(alice, books):
    alice.configure("alice")
    other = books.new_key()
    store(alice, "robot", other)
    for key_id, users in ((other[0], "robot"), (alice.key_id, "admin, alice")):
        done = keys(alice, "delete", key_id, "--yes", "--json", rc=3)
        error = json.loads(done.stdout)["error"]
        assert error["code"] == "key-in-use"
        assert users in error["message"]
        assert f"keys deactivate {key_id}" in error["hint"]
    assert signers(alice, "DeleteAccessKey") == []


def test_a_deleted_key_takes_its_sessions_and_its_secret_with_it(alice, books):
    spare = books.new_key()
    store(alice, "alice", spare)
    alice.configure("temporary-name")
    serial = alice.sandbox.facts["mfa_serial"]
    words = ("mfa-session", "--profile", "temporary-name", "--serial", serial)
    alice.awscreds(*words, "--token", alice.sandbox.token_code())
    alice.awscreds("configure", "--profile", "temporary-name", "--access-key-id", spare[0],
                   "--secret-stdin", stdin=spare[1])  # fmt: skip
    assert alice.key_id in alice.awscreds("sessions", "list", "--json").stdout

    done = keys(alice, "delete", alice.key_id, "--yes", "--json")
    report = json.loads(done.stdout)
    assert (report["sessions_cleared"], report["secret_forgotten"]) == (1, True)
    assert books.statuses() == {spare[0]: "Active"}
    assert alice.key_id not in alice.awscreds("sessions", "list", "--json").stdout
    assert alice.key_id not in alice.awscreds("store", "show", "--json").stdout


def test_the_download_of_a_key_that_was_deleted_is_not_proposed_to_be_stored(alice, books):
    other = books.new_key()
    alice.configure("alice")
    row = f"Access key ID,Secret access key\n{other[0]},{other[1]}\n"
    (alice.home / "key.csv").write_text(row, encoding="utf-8")
    remedy = "the key in it is no longer in use: rm "
    assert remedy not in alice.awscreds("doctor", "--offline", rc=None).stdout
    keys(alice, "delete", other[0], "--yes")
    assert remedy in alice.awscreds("doctor", "--offline", rc=None).stdout


def test_an_inactive_key_in_use_here_can_be_deleted_and_its_profiles_are_named(alice, books):
    alice.configure("alice")
    other = books.new_key()
    store(alice, "robot", other)
    books.deactivate(other[0])
    done = keys(alice, "delete", other[0], "--yes")
    assert "awscreds configure --profile robot" in done.stderr
    assert other[0] not in books.statuses()
    assert other[0] in alice.awscreds("store", "show", "--json").stdout  # robot points to it


def test_an_inactive_key_that_still_signs_is_spared_too_where_no_other_is_at_hand(alice, books):
    alice.configure("alice")
    alice.sandbox.control.propagation(linger=60)
    books.deactivate(alice.key_id)
    done = keys(alice, "delete", alice.key_id, "--yes", rc=3)
    assert "only working key of alice" in done.stderr
    spare = books.new_key()
    store(alice, "spare", spare)
    keys(alice, "delete", alice.key_id, "--yes")
    assert books.statuses() == {spare[0]: "Active"}
    assert signers(alice, "DeleteAccessKey") == [spare[0]]


def test_a_deletion_whose_answer_was_lost_is_done(alice, books):
    alice.configure("alice")
    other, _ = books.new_key()
    alice.sandbox.control.drop("DeleteAccessKey", when="after")
    keys(alice, "delete", other, "--yes")
    assert other not in books.statuses()


def test_what_rotate_left_inactive_is_deleted_with_all_that_is_kept_of_it(person):
    old, _ = person.sandbox.key
    person.demand_mfa("alice", person.user.mfa_serial)
    code = person.user.code()
    person.rotate("--profile", "alice", "--token", code, "--keep-old", "inactive")
    assert old in person.user.awscreds("store", "show", "--json").stdout
    assert old in person.user.awscreds("sessions", "list", "--json").stdout
    person.control.advance(60)
    words = ("delete", old, "--profile", "alice", "--yes", "--token", person.user.code())
    done = person.rotate(*words, command="keys")
    assert "Deleted its secret" in done.stderr
    assert person.at_aws() == {person.pointer(): "Active"}
    assert old not in person.user.awscreds("store", "show", "--json").stdout
    assert old not in person.user.awscreds("sessions", "list", "--json").stdout


def test_of_a_key_that_is_deleted_already_it_is_said_that_its_secret_is_still_here(alice, books):
    other, secret = books.new_key()
    alice.configure("alice")
    store(alice, "spare", (other, secret))
    books.delete(other)
    done = keys(alice, "delete", other, "--yes", rc=2)
    assert f"alice has no key {other}" in done.stderr
    assert f"awscreds store forget {other}" in done.stderr
    assert other in alice.awscreds("store", "show", "--json").stdout


# -- MFA --------------------------------------------------------------------------------------


def test_one_session_with_mfa_serves_every_call_and_the_next_command_too(alice, books):
    alice.configure("alice", "--mfa-serial", alice.sandbox.facts["mfa_serial"])
    other, _ = books.new_key()
    alice.sandbox.control.require_mfa("alice")
    missing = keys(alice, "list", rc=6)
    assert "--token" in missing.stderr
    keys(alice, "deactivate", other, "--yes", "--token", alice.sandbox.token_code())
    keys(alice, "delete", other, "--yes", "--no-input")
    assert books.statuses() == {alice.key_id: "Active"}
    assert len(signers(alice, "GetSessionToken")) == 1


def test_where_policy_alone_demands_mfa_the_users_device_is_found(alice, books):
    alice.configure("alice")
    books.add_policy(policies.mfa("aws"))
    with terminal(alice, PROGRAM, "keys", "list", "--profile", "alice") as screen:
        screen.answer("mfa/alice: ", alice.sandbox.token_code())
        screen.expect(alice.key_id)
        assert screen.end() == 0
    assert len(signers(alice, "GetSessionToken")) == 1


# -- policy -----------------------------------------------------------------------------------


def test_policies_are_printed_without_any_profile_or_key(alice):
    for words in (("rotate",), ("rotate", "--require-mfa"), ("mfa",), ("revoke-sessions",)):
        done = alice.awscreds("policy", *words)
        document = json.loads(done.stdout)
        assert document["Version"] == "2012-10-17"
        assert "aws iam put-" in done.stderr or "Attach" in done.stderr
        quiet = alice.awscreds("policy", *words, "--quiet", "--json")
        assert json.loads(quiet.stdout).keys() == document.keys()
        assert quiet.stderr == ""
    assert [call["key_id"] for call in alice.sandbox.control.log() if call["key_id"]] == []


@pytest.mark.parametrize(
    ("settings", "partition"),
    [
        ("region = cn-north-1", "aws-cn"),
        ("region = us-gov-west-1", "aws-us-gov"),
        ("region = eusc-de-east-1", "aws-eusc"),
        ("region = eu-central-1", "aws"),
        ("mfa_serial = arn:aws-cn:iam::123456789012:mfa/alice", "aws-cn"),
    ],
)
def test_a_policy_is_of_the_partition_of_the_profile(alice, settings, partition):
    alice.config.write_text(f"[profile far]\n{settings}\n")
    printed = alice.awscreds("policy", "rotate", "--profile", "far").stdout
    assert f'"arn:{partition}:iam::*:user/${{aws:username}}"' in printed


def test_the_rotate_policy_is_all_that_keys_needs(alice, books):
    alice.configure("alice")
    books.allow_only(json.loads(alice.awscreds("policy", "rotate", "--profile", "alice").stdout))
    other, _ = books.new_key()
    assert "unknown" not in keys(alice, "list").stdout
    keys(alice, "deactivate", other, "--yes")
    keys(alice, "delete", other, "--yes")
    assert books.statuses() == {alice.key_id: "Active"}
    denied = alice.sandbox.client("iam")
    with pytest.raises(denied.exceptions.ClientError, match="iam:ListUsers"):
        denied.list_users()


def test_revoked_sessions_end_while_the_key_and_later_sessions_go_on(alice, books):
    alice.configure("alice")
    session = alice.sandbox.session()
    alice.sandbox.client("iam", *session).list_users()
    books.add_policy(json.loads(alice.awscreds("policy", "revoke-sessions").stdout))
    revoked = alice.sandbox.client("iam", *session)
    with pytest.raises(revoked.exceptions.ClientError, match="explicit deny"):
        revoked.list_users()
    alice.sandbox.client("iam").list_users()
    alice.sandbox.control.advance(60)
    alice.sandbox.client("iam", *alice.sandbox.session()).list_users()


def test_sessions_are_revoked_by_the_clock_of_aws(alice):
    alice.sandbox.control.advance(3600)
    now = alice.sandbox.control.now()
    done = alice.awscreds("policy", "revoke-sessions")
    assert abs(revoked_until(done) - now) < 60
    assert "AWS's clock" in done.stderr


def test_without_aws_it_is_said_that_sessions_are_revoked_by_this_machines_clock(alice):
    done = alice.awscreds(
        "policy", "revoke-sessions", "--quiet", AWS_ENDPOINT_URL="http://127.0.0.1:9"
    )
    assert abs(revoked_until(done) - time.time()) < 60
    assert "the policy uses the clock of this machine" in done.stderr


def revoked_until(done):
    (statement,) = json.loads(done.stdout)["Statement"]
    return times.parse_iso(statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"])


def rotate_policy(person, *options, without=None):
    """What `policy rotate` prints, less an action."""
    words = ("policy", "rotate", "--profile", "alice", *options)
    document = json.loads(person.user.awscreds(*words).stdout)
    (statement,) = document["Statement"]
    assert set(statement["Action"]) == set(policies.ROTATE_ACTIONS)
    statement["Action"] = [action for action in statement["Action"] if action != without]
    return document


def test_the_rotate_policy_is_all_that_a_rotation_needs(person, books):
    books.allow_only(rotate_policy(person))
    books.new_key()
    person.rotate("--profile", "alice", "--replace-other")
    assert person.at_aws() == {person.pointer(): "Active"}


def test_with_mfa_required_the_rotate_policy_is_all_that_a_rotation_needs(person, books):
    books.allow_only(rotate_policy(person, "--require-mfa"))
    person.rotate("--profile", "alice", "--no-input", rc=5)
    words = ("configure", "set", "mfa_serial", person.user.mfa_serial, "--profile", "alice")
    person.user.awscreds(*words)
    person.rotate("--profile", "alice", "--token", person.user.code())
    assert person.at_aws() == {person.pointer(): "Active"}


def test_without_any_one_action_of_the_rotate_policy_nothing_is_rotated_and_it_is_named(
    person, books
):
    old, _ = person.sandbox.key
    needed = [a for a in policies.ROTATE_ACTIONS if a != "iam:GetAccessKeyLastUsed"]
    for action in needed:
        books.allow_only(rotate_policy(person, without=action))
        said = person.rotate("--profile", "alice", rc=5).stderr
        assert action in said
        assert "awscreds policy rotate" in said
        assert person.at_aws() == {old: "Active"}
        assert person.journals() == []


def test_without_the_last_use_a_key_of_a_lost_answer_is_left_alone(person, books):
    books.allow_only(rotate_policy(person, without="iam:GetAccessKeyLastUsed"))
    assert "last use unknown" in person.rotate("--profile", "alice", "--dry-run").stderr
    person.control.drop("CreateAccessKey", when="after")
    person.rotate("--profile", "alice", "--yes", rc=7)
    assert len(person.at_aws()) == 2
