"""Chains end where botocore's AssumeRoleProvider would end them, or say why not."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awscreds.errors import ConfigurationError
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.role_chain import LONGEST, check_length, resolve_chain

ARN = "arn:aws:iam::123456789012:role/"
SERIAL = "arn:aws:iam::123456789012:mfa/alice"
STATIC = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = hidden\n"
MANAGED = "awscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\n"


def role(name, source, *lines):
    return "\n".join(
        (f"[profile {name}]", f"role_arn = {ARN}{name}", f"source_profile = {source}", *lines, "")
    )


def profiles(config, credentials=""):
    return Profiles(
        Document.parse(config.encode()), Document.parse(credentials.encode(), credentials=True)
    )


def refusal(config, name="a", credentials=""):
    with pytest.raises(ConfigurationError) as caught:
        resolve_chain(profiles(config, credentials), name, paths=("/c", "/k"))
    return caught.value


class TestSources:
    @pytest.mark.parametrize(
        ("lines", "kind"),
        [
            (MANAGED, "managed"),
            (STATIC, "static"),
            ("sso_session = x\nsso_account_id = 1\n", "sso"),
            ("login_session = arn:aws:iam::1:user/a\n", "login"),
            ("credential_process = /bin/keys\n", "process"),
            (f"role_arn = {ARN}x\nweb_identity_token_file = /t\n", "web-identity"),
        ],
    )
    def test_a_profile_that_is_no_role_is_its_own_source(self, lines, kind):
        chain = resolve_chain(profiles(f"[profile a]\n{lines}"), "a")
        assert (chain.source.profile, chain.source.kind, chain.links) == ("a", kind, ())

    def test_links_stand_in_the_order_of_assumption(self):
        config = role("a", "b") + role("b", "c") + role("c", "base") + f"[profile base]\n{MANAGED}"
        chain = resolve_chain(profiles(config), "a")
        assert [link.profile for link in chain.links] == ["c", "b", "a"]
        assert (chain.profile, chain.source.profile) == ("a", "base")

    def test_a_chain_may_be_a_thousand_links_deep(self):
        config = "".join(role(f"p{n}", f"p{n + 1}") for n in range(1000))
        chain = resolve_chain(profiles(config + f"[profile p1000]\n{MANAGED}"), "p0")
        assert len(chain.links) == 1000

    @pytest.mark.parametrize(
        ("named", "kind"),
        [("Environment", "environment"), ("Ec2InstanceMetadata", "ec2"), ("EcsContainer", "ecs")],
    )
    def test_credential_source_ends_a_chain(self, named, kind):
        config = f"[profile a]\nrole_arn = {ARN}a\ncredential_source = {named}\n"
        chain = resolve_chain(profiles(config), "a")
        assert (chain.source.profile, chain.source.kind) == ("a", kind)
        assert [link.profile for link in chain.links] == ["a"]

    def test_a_role_may_be_its_own_source_with_static_keys(self):
        chain = resolve_chain(profiles(role("a", "a"), f"[a]\n{STATIC}"), "a")
        assert (chain.source.profile, chain.source.kind) == ("a", "static")
        assert [link.profile for link in chain.links] == ["a"]

    def test_a_source_with_static_keys_is_used_by_those_whatever_role_it_names(self):
        chain = resolve_chain(profiles(role("a", "b") + role("b", "gone"), f"[b]\n{STATIC}"), "a")
        assert (chain.source.profile, chain.source.kind) == ("b", "static")
        assert [link.profile for link in chain.links] == ["a"]

    def test_a_role_with_a_web_identity_begins_a_chain(self):
        config = role("a", "b") + f"[profile b]\nrole_arn = {ARN}b\nweb_identity_token_file = /t\n"
        chain = resolve_chain(profiles(config), "a")
        assert chain.source.kind == "web-identity"
        assert chain.source.gives_role_credentials

    def test_a_wrapped_role_is_a_role_asked_for_or_passed_through(self):
        wrapped = (
            f"[profile b]\nawscreds_role_arn = {ARN}b\nawscreds_source_profile = base\n"
            f"awscreds_mfa_serial = {SERIAL}\nexternal_id = x\n"
            "credential_process = /p -I /a/awscreds/__main__.py credential-process --profile b\n"
        )
        config = role("a", "b") + wrapped + f"[profile base]\n{MANAGED}"
        assert [link.profile for link in resolve_chain(profiles(config), "a").links] == ["b", "a"]
        (link,) = resolve_chain(profiles(config), "b").links
        assert (link.role_arn, link.mfa_serial, link.external_id) == (ARN + "b", SERIAL, "x")


class TestWhatALinkSays:
    def test_everything_an_sdk_heeds(self):
        lines = ("external_id = e", "role_session_name = s", "duration_seconds = 7200")
        config = role("a", "base", *lines, f"mfa_serial = {SERIAL}") + f"[profile base]\n{MANAGED}"
        (link,) = resolve_chain(profiles(config), "a").links
        assert (link.external_id, link.session_name) == ("e", "s")
        assert (link.duration_seconds, link.mfa_serial) == (7200, SERIAL)

    def test_a_duration_that_is_no_integer_is_ignored_and_said(self):
        config = role("a", "base", "duration_seconds = 1h") + f"[profile base]\n{MANAGED}"
        chain = resolve_chain(profiles(config), "a", paths=("/c", "/k"))
        assert chain.links[0].duration_seconds is None
        assert chain.notes == (
            "duration_seconds at /c:4 is not a whole number; it is ignored, as in SDKs",
        )


class TestTheSerial:
    def config(self, a="", b="", base=""):
        def line(serial):
            return (f"mfa_serial = {serial}",) if serial else ()

        return (
            role("a", "b", *line(a))
            + role("b", "base", *line(b))
            + "\n".join(("[profile base]", MANAGED.strip(), *line(base), ""))
        )

    @pytest.mark.parametrize(
        ("given", "wanted"),
        [
            ({"a": "1", "b": "2", "base": "3"}, "2"),
            ({"a": "1", "base": "3"}, "3"),
            ({"a": "1"}, "1"),
            ({"base": "3"}, "3"),
            ({}, None),
        ],
    )
    def test_is_the_first_roles_then_the_sources_then_any(self, given, wanted):
        assert resolve_chain(profiles(self.config(**given)), "a").mfa_serial == wanted


class TestRefusals:
    def test_a_circle_is_shown_whole(self):
        error = refusal(role("a", "b") + role("b", "c") + role("c", "b"))
        assert "a → b → c → b" in error.message
        assert "/c:9" in error.hint
        assert error.code == "loop"

    def test_a_role_cannot_be_its_own_source_without_static_keys(self):
        assert "a → a" in refusal(role("a", "a")).message
        assert "a → a" in refusal(role("a", "a", MANAGED)).message

    def test_a_missing_link_is_named_with_its_place_and_the_nearest_name(self):
        error = refusal(role("a", "b") + role("b", "bose") + f"[profile base]\n{MANAGED}")
        assert "/c:6 names the profile bose" in error.message
        assert "a → b → bose" in error.message
        assert error.hint == "did you mean base?"

    def test_the_place_is_in_the_credentials_file_where_that_decides(self):
        error = refusal(role("a", "b"), credentials="[a]\nsource_profile = gone\n")
        assert "/k:2 names the profile gone" in error.message

    def test_a_source_without_credentials_is_named_with_the_chain(self):
        error = refusal(role("a", "b") + "[profile b]\nregion = eu-central-1\n")
        assert "the profile b has no credentials (a → b)" in error.message
        assert error.hint == "awscreds configure --profile b"

    def test_a_role_with_no_source_is_refused(self):
        error = refusal(f"[profile a]\nrole_arn = {ARN}a\n")
        assert error.code == "no-source"
        assert "/c:2" in error.message

    def test_a_role_with_two_sources_is_refused(self):
        config = role("a", "b", "credential_source = Environment") + f"[profile b]\n{MANAGED}"
        assert refusal(config).code == "two-sources"

    @pytest.mark.parametrize("named", ["environment", "EC2InstanceMetadata", "Ecs"])
    def test_credential_source_is_spelled_in_one_way(self, named):
        error = refusal(f"[profile a]\nrole_arn = {ARN}a\ncredential_source = {named}\n")
        assert error.code == "bad-credential-source"
        assert "Ec2InstanceMetadata" in error.hint

    def test_a_web_identity_needs_a_role_of_its_own(self):
        error = refusal("[profile a]\nweb_identity_token_file = /t\n")
        assert error.code == "no-role-arn"

    def test_a_profile_that_is_not_there_is_named_as_everywhere(self):
        assert refusal("[profile abc]\n", "abd").code == "no-such-profile"

    def test_no_name_can_play_tricks_on_the_terminal(self):
        error = refusal("[profile a]\nrole_arn = x\nsource_profile = \x1b[31mred\n")
        assert "\x1b" not in error.message + error.hint


NAMES = ["p0", "p1", "p2", "p3"]
SECTIONS = st.lists(
    st.one_of(
        st.builds(
            lambda source, keys: f"role_arn = {ARN}NAME\nsource_profile = {source}\n{keys}",
            st.sampled_from([*NAMES, "gone"]),
            st.sampled_from(["", "", "", STATIC]),
        ),
        st.sampled_from(
            [
                STATIC,
                "region = eu-central-1\n",
                f"role_arn = {ARN}NAME\ncredential_source = Environment\n",
                f"role_arn = {ARN}NAME\ncredential_source = environment\n",
                f"role_arn = {ARN}NAME\n",
                f"role_arn = {ARN}NAME\nsource_profile = p1\ncredential_source = Environment\n",
            ]
        ),
    ),
    min_size=4,
    max_size=4,
)


def botocores_way(path):
    """The roles that botocore assumes for p0, in order; None where it refuses."""
    import botocore.credentials as core
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    assumed = []

    class Sts:
        def assume_role(self, RoleArn, **_):  # noqa: N803 - AWS's own word
            assumed.append(RoleArn)
            later = datetime.now(UTC) + timedelta(hours=1)
            parts = dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken"), "x")
            arn = RoleArn.replace(":iam:", ":sts:")
            return {
                "Credentials": {**parts, "Expiration": later},
                "AssumedRoleUser": {"AssumedRoleId": "x", "Arn": arn},
            }

    session = Session()
    session.set_config_variable("config_file", path)
    session.set_config_variable("credentials_file", os.devnull)
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    provider = core.AssumeRoleProvider(
        load_config=lambda: session.full_config,
        client_creator=lambda *_, **__: Sts(),
        cache={},
        profile_name="p0",
        credential_sourcer=core.CanonicalNameCredentialSourcer([core.EnvProvider(keys)]),
        profile_provider_builder=core.ProfileProviderBuilder(session),
    )
    try:
        found = provider.load()
        if found:
            found.get_frozen_credentials()
    except BotoCoreError:
        return None
    return assumed


def test_a_chain_that_nobody_would_write_is_refused_by_name():
    roles = "".join(
        f"[profile p{at}]\nrole_arn = {ARN}r\nsource_profile = p{at - 1}\n" for at in range(1, 3000)
    )
    config = f"[profile p0]\ncredential_process = x\n{roles}"
    profiles = Profiles(Document.parse(config.encode()), Document.parse(b""))
    check_length(resolve_chain(profiles, f"p{LONGEST - 1}"))
    for name in (f"p{LONGEST}", "p2999"):
        with pytest.raises(ConfigurationError) as caught:
            check_length(resolve_chain(profiles, name))
        assert caught.value.code == "long-chain"
        assert len(caught.value.message) < 200


@settings(max_examples=150, deadline=None)
@given(sections=SECTIONS)
def test_a_chain_is_the_one_botocore_would_walk(sections, tmp_path_factory):
    config = "".join(
        f"[profile {name}]\n{text.replace('NAME', name)}"
        for name, text in zip(NAMES, sections, strict=True)
    )
    path = tmp_path_factory.mktemp("chain") / "config"
    path.write_text(config)
    try:
        ours = [link.role_arn for link in resolve_chain(profiles(config), "p0").links]
    except ConfigurationError as error:
        # What is no role and has no keys is no affair of AssumeRoleProvider's.
        ours = [] if error.code == "no-credentials" and "→" not in error.message else None
    assert ours == botocores_way(str(path))
