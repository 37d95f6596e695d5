"""`awscreds doctor` as a person runs it, with AWS to ask: what it finds, and what stops nothing."""

import json

import pytest

from awscreds.model import policies
from tests.e2e.test_keys import Iam

ONLINE = {
    *("rejected-key", "root-key", "identity-changed", "inactive-key", "second-key", "unused-key"),
    *("no-mfa", "policy-too-narrow", "not-allowed", "not-asked", "clock-skew", "store-closed"),
}


@pytest.fixture
def books(sandbox):
    return Iam(sandbox)


@pytest.fixture
def alice(alice):
    alice.configure()
    return alice


def find(user, *words, **environment):
    done = user.awscreds("doctor", "--json", *words, **environment)
    document = json.loads(done.stdout)
    assert user.secret not in done.stdout + done.stderr
    return {each["code"]: each for each in document["findings"] if each["code"] in ONLINE}


def asked(user):
    return [call["action"] for call in user.sandbox.control.log()]


def test_a_user_with_one_good_key_has_no_findings_and_offline_asks_nothing(alice):
    assert set(find(alice)) <= {"no-mfa", "unused-key", "policy-too-narrow"}
    before = asked(alice)
    assert "GetCallerIdentity" in before
    assert find(alice, "--offline") == {}
    assert asked(alice) == before


def test_nothing_is_changed_at_aws(alice, books):
    before = books.statuses()
    find(alice)
    assert books.statuses() == before
    assert "CreateAccessKey" not in asked(alice)


def test_another_key_of_the_user_is_found_and_an_inactive_one_in_use(alice, books):
    other = books.new_key()
    assert other[0] in find(alice)["second-key"]["message"]
    books.deactivate(other[0])
    assert find(alice)["second-key"]["severity"] == "note"
    with alice.config.open("a") as config:
        config.write(f"[profile old]\nawscreds_access_key_id = {other[0]}\n")
    found = find(alice)
    assert found["inactive-key"]["profile"] == "old"
    assert "second-key" not in found


def test_a_key_that_aws_refuses_is_an_error_at_its_profile(alice, books):
    books.deactivate(alice.key_id)
    found = find(alice)["rejected-key"]
    assert (found["severity"], found["profile"]) == ("error", "alice")


def test_a_root_key_is_an_error(alice):
    key_id, secret = alice.sandbox.root_key
    words = ("configure", "--profile", "root", "--access-key-id", key_id, "--secret-stdin")
    alice.awscreds(*words, "--yes", stdin=secret)
    assert find(alice)["root-key"]["profile"] == "root"


def test_a_policy_that_is_too_narrow_and_what_could_not_be_asked_are_notes(alice, books):
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    books.allow_only({"Version": "2012-10-17", "Statement": statement})
    found = find(alice)
    assert found["not-allowed"]["severity"] == "note"
    assert "list its access keys" in found["not-allowed"]["message"]
    assert found["policy-too-narrow"]["fix"].endswith("awscreds policy rotate --profile alice")
    books.allow_only(policies.rotate("aws"))
    found = find(alice)
    assert "policy-too-narrow" not in found
    assert "list its access keys" not in found.get("not-allowed", {}).get("message", "")


def test_another_owner_than_the_recorded_one_is_an_error(alice):
    path = alice.aws / "awscreds" / "state.json"
    state = json.loads(path.read_text(encoding="utf-8"))
    state["entries"][alice.key_id]["user_id"] = "AIDAOTHER"
    path.write_text(json.dumps(state), encoding="utf-8")
    assert find(alice)["identity-changed"]["severity"] == "error"


def test_without_a_network_the_other_findings_come_with_one_sentence_about_it(alice, books):
    other = books.new_key()
    with alice.credentials.open("a") as credentials:
        credentials.write(
            f"[plain]\naws_access_key_id = {other[0]}\naws_secret_access_key = {other[1]}\n"
        )
    done = alice.awscreds("doctor", "--json", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    found = [each["code"] for each in json.loads(done.stdout)["findings"]]
    assert found.count("not-asked") == 1
    assert "plaintext-key" in found


def test_a_fault_at_aws_is_a_finding_about_that_key(alice):
    alice.sandbox.control.fail("ListAccessKeys", count=20)
    assert "rejected-key" in find(alice)
    alice.sandbox.control.drop("GetCallerIdentity", count=20)
    assert "not-asked" in find(alice)


def test_a_clock_that_is_off_is_named(alice):
    alice.sandbox.control.advance(1200)
    found = find(alice)
    assert "20 minutes behind" in found["clock-skew"]["message"]


def test_a_closed_store_is_said_once_and_nobody_is_asked(alice):
    alice.awscreds("lock")
    with alice.config.open("a") as config:
        config.write(f"[profile second]\nawscreds_access_key_id = {'AKIA' + 'A' * 16}\n")
    found = find(alice, "--no-input", AWSCREDS_PASSPHRASE=None)
    assert set(found) == {"store-closed"}


def test_an_endpoint_that_is_refused_is_a_finding_and_stops_no_other_key(alice, books):
    other = books.new_key()
    with alice.credentials.open("a") as credentials:
        credentials.write(
            f"[plain]\naws_access_key_id = {other[0]}\naws_secret_access_key = {other[1]}\n"
        )
    url = alice.environment["AWS_ENDPOINT_URL"]
    alice.awscreds("configure", "set", "endpoint_url", url, "--profile", "alice")
    with alice.config.open("a") as config:
        config.write("[profile plain]\nendpoint_url = http://evil.example\\@localhost\n")
    done = alice.awscreds("doctor", "--json", AWS_ENDPOINT_URL=None)
    rejected = [e for e in json.loads(done.stdout)["findings"] if e["code"] == "rejected-key"]
    assert [each["profile"] for each in rejected] == ["plain"]
