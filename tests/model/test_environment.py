"""What a session changes in an environment, and that all of it can be taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.model import environment as env
from awscreds.model.credentials import Session

SESSION = Session("ASIAIOSFODNN7EXAMPLE", "secret", "token", 1_700_000_000.0)
OTHER = Session("ASIAI44QH8DHBEXAMPLE", "other secret", "other token")

FOREIGN = {"PATH": "/bin", "AWS_CA_BUNDLE": "/ca.pem", "AWSCREDS_HOME": "/home/me/state"}

values = st.sampled_from(["", "a", "dev", "eu-central-1", "a  b*\n"])
sessions = st.sampled_from([SESSION, OTHER])
regions = st.sampled_from([None, "eu-central-1", "us-east-1"])
environments = st.fixed_dictionaries(
    {"PATH": values},
    optional=dict.fromkeys((*env.IDENTITY, *env.REGIONS, "AWS_CA_BUNDLE"), values),
)


def evaluated(environ, changes):
    assign, remove = changes
    assert not set(assign) & set(remove)
    return {name: value for name, value in (environ | assign).items() if name not in remove}


@given(environments, st.lists(st.tuples(sessions, regions), min_size=1, max_size=3))
def test_taking_a_session_out_restores_what_was_before_the_first_came_in(before, activations):
    environ = before
    for session, region in activations:
        environ = evaluated(environ, env.activation(environ, session, profile="dev", region=region))
    assert evaluated(environ, env.deactivation(environ)) == before


@given(environments, sessions, regions)
def test_a_second_activation_gives_what_it_would_give_as_the_first(before, session, region):
    once = evaluated(before, env.activation(before, session, profile="b", region=region))
    other = evaluated(before, env.activation(before, OTHER, profile="a", region="eu-west-1"))
    assert evaluated(other, env.activation(other, session, profile="b", region=region)) == once


@given(environments, sessions, regions)
def test_a_session_in_the_environment_stands_alone(before, session, region):
    after = evaluated(before, env.activation(before, session, profile="dev", region=region))
    expected = env.variables(session, profile="dev", region=region)
    assert {name: after[name] for name in env.IDENTITY if name in after} == {
        name: value for name, value in expected.items() if name not in env.REGIONS
    }
    for name in env.REGIONS:
        assert after.get(name) == (region or before.get(name))


@given(environments)
def test_where_no_session_is_in_the_environment_there_is_nothing_to_take_out(environ):
    assert env.deactivation(environ) == ({}, [])


def test_what_was_set_between_two_activations_comes_back_as_well():
    first = evaluated({}, env.activation({}, SESSION, profile="a", region="eu-west-1"))
    first["AWS_PROFILE"] = "mine"
    second = evaluated(first, env.activation(first, OTHER, profile="b", region=None))
    assert "AWS_PROFILE" not in second
    assert "AWS_REGION" not in second  # it was that of the first session's profile
    assert evaluated(second, env.deactivation(second)) == {"AWS_PROFILE": "mine"}


def test_a_competing_variable_is_removed_even_where_we_do_not_see_it():
    _, remove = env.activation({}, SESSION, profile="a", region=None)
    assert {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"} <= set(remove)


def test_a_name_that_somebody_slipped_into_the_environment_is_never_repeated():
    evil = "$(touch x)"
    environ = {
        env.ACTIVE: f"PATH:{evil}:AWS_ACCESS_KEY_ID",
        env.SAVED + evil: "x",
        env.SAVED + "PATH": "/evil",
        evil: "y",
        "PATH": "/bin",
    }
    for assign, remove in (
        env.deactivation(environ),
        env.activation(environ, SESSION, profile="a", region="r"),
    ):
        names = {*assign, *remove}
        assert not any(evil in name or name.endswith("PATH") for name in names)


def test_a_session_says_when_it_ends_in_utc():
    found = env.variables(SESSION, profile="dev", region="eu-central-1")
    assert found == {
        "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_CREDENTIAL_EXPIRATION": "2023-11-14T22:13:20Z",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWSCREDS_PROFILE": "dev",
    }


@pytest.mark.parametrize(
    "name",
    [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_VAULT",
        "AWS_SESSION_EXPIRATION",
        "AWSCREDS_ACTIVE",
        "AWSCREDS_PROFILE",
        "AWSCREDS_SAVED_AWS_SECRET_ACCESS_KEY",
        "AWSCREDS_PASSPHRASE",
        "AWSCREDS_PASSPHRASE_FILE",
    ],
)
def test_a_child_inherits_no_credential_profile_or_passphrase(name):
    child = env.child_environment({name: "leaked"}, OTHER, profile="dev", region=None)
    assert "leaked" not in child.values()


def test_a_child_inherits_the_settings():
    settings = {
        **FOREIGN,
        "AWS_ENDPOINT_URL": "https://sts.example.com",
        "AWS_CONFIG_FILE": "/etc/aws",
        "AWS_SHARED_CREDENTIALS_FILE": "/etc/keys",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    child = env.child_environment(settings, SESSION, profile="dev", region=None)
    assert child == settings | env.variables(SESSION, profile="dev", region=None)


def test_a_child_gets_the_region_of_its_profile_or_that_of_before_the_session_here():
    here = {"AWS_REGION": "us-east-1"}
    here = evaluated(here, env.activation(here, OTHER, profile="a", region="eu-west-1"))
    of_its_own = env.child_environment(here, SESSION, profile="b", region="eu-central-1")
    assert of_its_own["AWS_REGION"] == of_its_own["AWS_DEFAULT_REGION"] == "eu-central-1"
    without = env.child_environment(here, SESSION, profile="b", region=None)
    assert without["AWS_REGION"] == "us-east-1"
    assert "AWS_DEFAULT_REGION" not in without
