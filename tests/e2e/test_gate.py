"""Nothing that cannot be had again goes on the word of a stranger (F2, F3 of the first review)."""

import json

import pytest

from tests.e2e.stranger import Stranger

KEY_OF_DAVE = ("AKIAIOSFODNN7DAVEDAV", "d" * 40)
CHANGES = ("delete", "deactivate", "activate")


@pytest.fixture
def stranger():
    with Stranger() as stranger:
        yield stranger


@pytest.fixture
def local():
    """Somebody on this machine, at a port that anyone may open."""
    with Stranger("127.0.0.1") as stranger:
        yield stranger


def entries(alice):
    shown = json.loads(alice.awscreds("store", "show", "--json").stdout)
    return {entry["id"] for entry in shown["entries"]}


def facts(alice, key_id, **changed):
    """What is written down of a key, with some of it changed."""
    path = alice.aws / "awscreds" / "state.json"
    document = json.loads(path.read_text())
    document["entries"].setdefault(key_id, {}).update(changed)
    path.write_text(json.dumps(document))
    return document["entries"][key_id]


def lead_to(alice, url, profile="dev"):
    text = alice.config.read_text()
    header = f"[profile {profile}]\n"
    alice.config.write_text(text.replace(header, f"{header}endpoint_url = {url}\n"))


def prod(alice):
    """Dave's key, stored from another config file."""
    return alice.awscreds(
        *("configure", "--profile", "prod", "--access-key-id", KEY_OF_DAVE[0]),
        *("--secret-stdin", "--no-verify"),
        stdin=KEY_OF_DAVE[1],
        AWS_CONFIG_FILE=str(alice.home / "other"),
    )


@pytest.mark.parametrize("form", ["{}", "{}\\@localhost"])
def test_a_rotation_goes_to_no_stranger_however_disguised(alice, stranger, form):
    alice.configure("dev")
    stranger.keys = {alice.key_id: "Active"}
    lead_to(alice, form.format(stranger.url))
    before = entries(alice)
    alice.awscreds(
        *("rotate", "--profile", "dev", "--yes", "--no-input"), rc=3, AWS_ENDPOINT_URL=None
    )
    assert stranger.asked == []
    assert entries(alice) == before == {alice.key_id}
    assert f"awscreds_access_key_id = {alice.key_id}" in alice.config.read_text()


def test_no_key_is_changed_at_an_endpoint_that_is_not_awss_own(alice, stranger):
    alice.configure("dev")
    prod(alice)
    stranger.keys = {alice.key_id: "Active", KEY_OF_DAVE[0]: "Inactive"}
    lead_to(alice, stranger.url)
    for change in CHANGES:
        done = alice.awscreds(
            *("keys", change, KEY_OF_DAVE[0], "--profile", "dev", "--yes", "--json"),
            rc=3,
            AWS_ENDPOINT_URL=None,
        )
        assert "foreign-endpoint" in done.stdout
    assert stranger.asked == []
    assert KEY_OF_DAVE[0] in entries(alice)


@pytest.mark.parametrize("change", ["delete", "deactivate"])
def test_consent_to_an_endpoint_is_none_to_another_identity(alice, stranger, change):
    alice.configure("dev")
    prod(alice)
    facts(alice, KEY_OF_DAVE[0], account="123456789012", arn="arn:aws:iam::123456789012:user/dave")
    facts(alice, alice.key_id, user_id=stranger.user_id)
    stranger.keys = {
        alice.key_id: "Active",
        KEY_OF_DAVE[0]: "Active" if change == "deactivate" else "Inactive",
    }
    listed = dict(stranger.keys)
    lead_to(alice, stranger.url)
    words = ("keys", change, KEY_OF_DAVE[0], "--profile", "dev", "--yes", "--json", "--endpoint-ok")
    done = alice.awscreds(*words, rc=3, AWS_ENDPOINT_URL=None)
    assert "other-identity" in done.stdout
    assert "user/dave" in done.stdout
    assert stranger.keys == listed
    assert KEY_OF_DAVE[0] in entries(alice)

    facts(alice, alice.key_id, user_id="AIDAALICE")
    done = alice.awscreds(*words, rc=3, AWS_ENDPOINT_URL=None)
    assert alice.key_id in json.loads(done.stdout)["error"]["message"]
    assert stranger.keys == listed


def test_with_consent_and_the_recorded_identity_a_key_goes_and_the_endpoint_is_named(
    alice, stranger
):
    alice.configure("dev")
    spare = "AKIAIOSFODNN7SPARESP"
    stranger.keys = {alice.key_id: "Active", spare: "Inactive"}
    facts(alice, alice.key_id, user_id=stranger.user_id)
    lead_to(alice, stranger.url)
    done = alice.awscreds(
        *("keys", "delete", spare, "--profile", "dev", "--yes", "--json", "--endpoint-ok"),
        AWS_ENDPOINT_URL=None,
    )
    assert json.loads(done.stdout)["endpoint"] == stranger.url
    assert stranger.url in done.stderr
    assert stranger.keys == {alice.key_id: "Active"}


def test_a_port_of_this_machine_has_no_say_over_a_key_of_aws(alice, local):
    alice.configure("dev")
    facts(alice, alice.key_id, endpoint="aws", user_id=local.user_id)
    local.keys = {alice.key_id: "Active", KEY_OF_DAVE[0]: "Inactive"}
    for command in (("rotate",), ("keys", "delete", KEY_OF_DAVE[0])):
        done = alice.awscreds(
            *(*command, "--profile", "dev", "--yes", "--json"), rc=3, AWS_ENDPOINT_URL=local.url
        )
        assert "foreign-endpoint" in done.stdout
    assert local.asked == []
    assert alice.key_id in entries(alice)


def test_a_rotation_of_a_key_that_somebody_else_is_said_to_own_is_refused(alice, local):
    alice.configure("dev")
    local.keys = {alice.key_id: "Active"}
    for changed in ({"arn": "arn:aws:iam::123456789012:user/mallory"}, {"user_id": "AIDAMALLORY"}):
        for name, value in changed.items():
            setattr(local, name, value)
        for consent in ((), ("--endpoint-ok",)):
            done = alice.awscreds(
                *("rotate", "--profile", "dev", "--yes", "--json", *consent),
                rc=3,
                AWS_ENDPOINT_URL=local.url,
            )
            assert "other-identity" in done.stdout
    assert set(local.asked) == {"GetCallerIdentity"}
    assert alice.key_id in entries(alice)


def test_what_is_written_down_of_a_key_is_whose_it_is_and_who_said_so(alice, local):
    alice.configure("dev")
    noted = facts(alice, alice.key_id)
    assert noted["arn"] == "arn:aws:iam::123456789012:user/alice"
    assert noted["account"] == "123456789012"
    assert noted["user_id"].startswith("AIDA")
    assert noted["endpoint"] == alice.environment["AWS_ENDPOINT_URL"]
    facts(alice, alice.key_id, endpoint="aws")
    local.arn = "arn:aws:iam::123456789012:user/mallory"
    alice.configure("dev", AWS_ENDPOINT_URL=local.url)
    assert facts(alice, alice.key_id)["arn"] == "arn:aws:iam::123456789012:user/alice"


@pytest.mark.slow
def test_plans_and_results_of_a_rotation_name_the_endpoint(alice):
    alice.configure("dev")
    url = alice.environment["AWS_ENDPOINT_URL"]
    plan = alice.awscreds("rotate", "--profile", "dev", "--dry-run")
    assert url in plan.stdout
    planned = alice.awscreds("rotate", "--profile", "dev", "--dry-run", "--json")
    assert json.loads(planned.stdout)["rotations"][0]["endpoint"] == url
    done = alice.awscreds("rotate", "--profile", "dev", "--yes", "--keep-old", "active")
    assert done.stderr.count(url) == 2, "before it begins, and with its result"


def test_the_context_of_configure_takes_no_strangers_word_for_another_secret(alice):
    from awscreds.app import App
    from awscreds.aws.gateway import Identity
    from awscreds.commands.configure.apply import removal_context
    from awscreds.errors import ConfigurationError

    context = removal_context(App(alice.environment))
    told = Identity("123456789012", "arn:aws:iam::123456789012:user/a", "AIDA", "https://e.com")
    with pytest.raises(ConfigurationError, match="only AWS can show which is correct"):
        context.require_word(alice.key_id, told)
