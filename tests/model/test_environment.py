"""What a session changes in an environment, and that all of it can be taken back."""

import re
from pathlib import Path

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
accounts = st.sampled_from([None, "123456789012"])
EVERY = [name.replace("*", "SOMETHING") for name in env.IDENTITY_VARIABLES]
STRANGE = ["AWS_CA_BUNDLE", "AWS_BEARER_TOKEN_$(x)", "GRANTED_", "AWS_CONTAINER_é", "aws_profile"]
environments = st.fixed_dictionaries(
    {"PATH": values}, optional=dict.fromkeys((*EVERY, *STRANGE), values)
)


def evaluated(environ, changes):
    assign, remove = changes
    assert not set(assign) & set(remove)
    return {name: value for name, value in (environ | assign).items() if name not in remove}


@given(environments, st.lists(st.tuples(sessions, regions, accounts), min_size=1, max_size=3))
def test_taking_a_session_out_restores_what_was_before_the_first_came_in(before, activations):
    environ = before
    for session, region, account in activations:
        changes = env.activation(environ, session, profile="d", region=region, account=account)
        environ = evaluated(environ, changes)
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
    assert {
        name: after[name] for name in after if env.fate(name) in (env.REPLACED, env.REMOVED)
    } == {name: value for name, value in expected.items() if name not in env.REGIONS}
    assert {name: after.get(name) for name in before if env.fate(name) in (None, env.KEPT)} == {
        name: before[name] for name in before if env.fate(name) in (None, env.KEPT)
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
        "AWSUME_PROFILE": "dev",
    }


@given(environments, sessions, regions, accounts, st.booleans())
def test_a_child_has_no_identity_from_before_but_its_sessions(
    before, session, region, account, is_active
):
    if is_active:
        before = evaluated(before, env.activation(before, OTHER, profile="a", region=None))
    child = env.child_environment(before, session, profile="b", region=region, account=account)
    expected = env.variables(session, profile="b", region=region, account=account)
    assert {n: v for n, v in child.items() if env.fate(n) and n not in env.REGIONS} == {
        n: v for n, v in expected.items() if n not in env.REGIONS
    }
    assert env.ACTIVE not in child
    assert not [name for name in child if name.startswith(env.SAVED)]


# The names that tools read are in the table, or are known to be settings.

GO = """
AWS_ACCESS_KEY_ID AWS_ACCESS_KEY AWS_SECRET_ACCESS_KEY AWS_SECRET_KEY AWS_SESSION_TOKEN
AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
AWS_CONTAINER_AUTHORIZATION_TOKEN AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_REGION
AWS_DEFAULT_REGION AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SHARED_CREDENTIALS_FILE AWS_CONFIG_FILE
AWS_CA_BUNDLE AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN AWS_ROLE_SESSION_NAME
AWS_ENABLE_ENDPOINT_DISCOVERY AWS_S3_USE_ARN_REGION AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE
AWS_EC2_METADATA_SERVICE_ENDPOINT AWS_EC2_METADATA_DISABLED AWS_EC2_METADATA_V1_DISABLED
AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS AWS_USE_DUALSTACK_ENDPOINT AWS_USE_FIPS_ENDPOINT
AWS_DEFAULTS_MODE AWS_MAX_ATTEMPTS AWS_RETRY_MODE AWS_SDK_UA_APP_ID
AWS_IGNORE_CONFIGURED_ENDPOINT_URLS AWS_ENDPOINT_URL AWS_DISABLE_REQUEST_COMPRESSION
AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES AWS_S3_DISABLE_EXPRESS_SESSION_AUTH AWS_ACCOUNT_ID
AWS_ACCOUNT_ID_ENDPOINT_MODE AWS_REQUEST_CHECKSUM_CALCULATION AWS_RESPONSE_CHECKSUM_VALIDATION
AWS_AUTH_SCHEME_PREFERENCE AWS_BEARER_TOKEN_BEDROCK
"""
"""https://github.com/aws/aws-sdk-go-v2/blob/main/config/env_config.go, and the token of
service/bedrockruntime."""

JAVASCRIPT = """
AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION
AWS_CREDENTIAL_SCOPE AWS_ACCOUNT_ID AWS_PROFILE AWS_REGION AWS_CONFIG_FILE
AWS_SHARED_CREDENTIALS_FILE AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN AWS_ROLE_SESSION_NAME
AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
AWS_CONTAINER_AUTHORIZATION_TOKEN AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
AWS_BEARER_TOKEN_BEDROCK AWS_EC2_METADATA_DISABLED AWS_ENDPOINT_URL
"""
"""https://github.com/aws/aws-sdk-js-v3: packages/credential-provider-env/src/fromEnv.ts,
credential-provider-web-identity/src/fromTokenFile.ts, credential-provider-http/src/fromHttp, and
@smithy/credential-provider-imds/src/fromContainerMetadata.ts."""

JAVA = """
AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_ACCOUNT_ID AWS_REGION AWS_PROFILE
AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_ROLE_ARN AWS_ROLE_SESSION_NAME
AWS_WEB_IDENTITY_TOKEN_FILE AWS_CONTAINER_SERVICE_ENDPOINT AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN
AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_EC2_METADATA_DISABLED AWS_EXECUTION_ENV
AWS_EC2_METADATA_SERVICE_ENDPOINT AWS_ENDPOINT_DISCOVERY_ENABLED
"""
"""https://github.com/aws/aws-sdk-java-v2: core/sdk-core/.../core/SdkSystemSetting.java and
core/profiles/.../profiles/ProfileFileSystemSetting.java."""

OTHER_TOOLS = """
AWS_VAULT AWS_SESSION_EXPIRATION AWSUME_PROFILE AWS_MFA_EXPIRY AWS_CREDENTIALS_EXPIRATION
AWS_SECURITY_TOKEN AWS_CREDENTIAL_FILE AWS_CREDENTIAL_PROFILES_FILE GRANTED_SSO
GRANTED_SSO_ACCOUNT_ID GRANTED_SSO_ROLE_NAME AWS_SSO_PROFILE AWSCREDS_PROFILE
AWSCREDS_PASSPHRASE AWSCREDS_PASSPHRASE_FILE AWSCREDS_SANDBOX_TOKEN
"""

SETTINGS = re.compile(
    "AWS_(AUTH_SCHEME_PREFERENCE|CA_BUNDLE|CONFIG_FILE|SHARED_CREDENTIALS_FILE|DATA_PATH"
    "|LOGIN_CACHE_DIRECTORY|EXECUTION_ENV|SDK_UA_APP_ID|ENDPOINT_URL|LAMBDA_FUNCTION_NAME"
    "|ACCOUNT_ID_ENDPOINT_MODE|SIGV4A_SIGNING_REGION_SET"
    "|(CSM|EC2_METADATA|METADATA_SERVICE|S3|REQUEST|RESPONSE|RETRY|STS|IMDS)_[A-Z0-9_]+"
    "|(USE|DISABLE|IGNORE|ENABLE|ENDPOINT_DISCOVERY)_[A-Z0-9_]+|DEFAULTS_MODE|MAX_ATTEMPTS"
    "|NEW_RETRIES_[0-9]+)"
)
"""What is read and is no identity: files, places, endpoints, ways to call, names of programs."""


def read_by_botocore():
    import botocore

    folder = Path(botocore.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    return sorted(set(re.findall(r"""['"](AWS_[A-Z0-9_]+)['"]""", text)))


@pytest.mark.parametrize(
    "names",
    [read_by_botocore(), GO.split(), JAVASCRIPT.split(), JAVA.split(), OTHER_TOOLS.split()],
    ids=["botocore", "Go", "JavaScript", "Java", "other tools"],
)
def test_every_variable_that_is_read_is_in_the_table_or_is_a_setting(names):
    assert len(names) > 10
    for name in names:
        assert bool(env.fate(name)) is not bool(SETTINGS.fullmatch(name)), name


@pytest.mark.parametrize("name", [*EVERY, "AWS_BEARER_TOKEN_BEDROCK", "AWS_CONTAINER_X_URI"])
def test_a_child_inherits_no_credential_profile_or_passphrase(name):
    child = env.child_environment({name: "leaked"}, OTHER, profile="dev", region="eu-west-1")
    assert "leaked" not in child.values()


def test_an_account_of_before_never_stays_beside_a_session():
    stale = {"AWS_ACCOUNT_ID": "111111111111"}
    for account in (None, "222222222222"):
        known = {"profile": "a", "region": None, "account": account}
        assert env.child_environment(stale, SESSION, **known).get("AWS_ACCOUNT_ID") == account
        after = evaluated(stale, env.activation(stale, SESSION, **known))
        assert after.get("AWS_ACCOUNT_ID") == account
        assert evaluated(after, env.deactivation(after)) == stale


def test_the_statements_for_a_clean_shell_stay_few():
    assign, remove = env.activation({}, SESSION, profile="a", region="r", account="123456789012")
    assert (len(assign), len(remove)) == (10, 3)


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
