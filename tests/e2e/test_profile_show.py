"""``profile show``: where each value comes from, and what each family of SDKs would use."""

import json

import pytest

from tests.test_findings import KEY_ID, PAIR, SECRET, User

CONFIG = """\
[profile dev]
region = eu-west-1
s3 =
  addressing_style = path
[profile admin]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = dev
[profile sso]
sso_session = corp
sso_account_id = 123456789012
[sso-session corp]
sso_region = eu-west-2
[profile mfa]
credential_process = /bin/x
mfa_serial = arn:aws:iam::123456789012:mfa/alice
"""


@pytest.fixture
def user(home, capsys):
    user = User(home, capsys)
    del user.environ["AWS_REGION"], user.environ["AWS_ENDPOINT_URL"]
    user.write("config", CONFIG)
    user.write("credentials", f"[dev]\nregion = us-east-1\n{PAIR}")
    return user


def shown(user, name, **environ):
    done = user("profile", "show", name, "--json", **environ)
    assert done.code == 0, done.err
    return json.loads(done.out)


def sources(user, name, **environ):
    """Each setting with its value and where it comes from, by the file's name and line."""
    folder = f"{user.aws}/"
    return {
        each["name"]: (
            each["value"],
            (each["source"] or each["kind"]).replace(folder, ""),
            [place.replace(folder, "") for place in each["hides"]],
        )
        for each in shown(user, name, **environ)["settings"]
        if each["name"] not in ("output", "max_attempts")
    }


def test_every_value_has_its_file_and_line_and_what_it_hides(user):
    found = sources(user, "dev")
    assert found.pop("aws_access_key_id") == (KEY_ID, "credentials:3", [])
    assert found == {
        "region": ("us-east-1", "credentials:2", ["config:2"]),
        "s3.addressing_style": ("path", "config:3", []),
        "aws_secret_access_key": ("****************", "credentials:4", []),
    }
    assert SECRET not in user.out


def test_a_variable_wins_and_is_named(user):
    found = sources(user, "dev", AWS_REGION="ap-south-1", AWS_DEFAULT_REGION="eu-west-3")
    assert found["region"] == ("ap-south-1", "AWS_REGION", ["credentials:2", "config:2"])
    assert sources(user, "sso", AWS_DEFAULT_REGION="eu-west-3")["region"] == (
        "eu-west-3",
        "AWS_DEFAULT_REGION",
        [],
    )


def test_what_comes_from_the_sso_session_and_the_store_is_there(user):
    assert sources(user, "sso")["sso_region"] == ("eu-west-2", "config:12", [])
    words = ("configure", "--profile", "dev", "--access-key-id", KEY_ID, "--secret-stdin")
    user(*words, "--no-verify", stdin=SECRET)
    assert sources(user, "dev")["aws_secret_access_key"] == ("****************", "vault", [])


def test_the_chain_its_problem_and_the_users_are_shown(user):
    document = shown(user, "admin")
    assert (document["kind"], document["chain"]) == ("role", ["dev", "admin"])
    assert [(u["profile"], u["line"]) for u in shown(user, "dev")["used_by"]] == [("admin", 7)]
    user.write("credentials", "")
    document = shown(user, "admin")
    assert document["chain"] == []
    assert "the profile dev has no credentials" in document["problem"]


def used(user, name):
    document = shown(user, name)
    use = {client: each["use"] for each in document["clients"] for client in each["names"]}
    cannot = {each["why"]: each["names"] for each in document["cannot_read"]}
    return use, cannot


def test_each_family_of_sdks_has_its_source(user):
    use, cannot = used(user, "dev")
    assert set(use.values()) == {f"the access key {KEY_ID}"}
    assert cannot == {}
    use, cannot = used(user, "mfa")
    assert set(use.values()) == {"a credential_process"}
    assert cannot["mfa_serial is beside the credential_process line"] == [
        "AWS SDK for .NET v3 and v4, PowerShell's AWS tools"
    ]
    assert "restic" in cannot["it does not know credential_process"]
    user.write("config", "[profile 'a b']\ncredential_process = /bin/x\n[DEFAULT]\nrole_arn = r\n")
    use, cannot = used(user, "a b")
    assert use == {"AWS CLI": "the role r", "boto3": "the role r"}
    unseen = cannot["it does not see a profile with this name"]
    assert any(tools.startswith("AWS SDK for Go v2") for tools in unseen)


def test_it_runs_no_program_opens_no_store_and_changes_nothing(user, monkeypatch):
    before = user.files()
    monkeypatch.delitem(user.environ, "AWSCREDS_PASSPHRASE")
    for name in ("dev", "admin", "sso", "mfa"):
        assert user("profile", "show", name).code == 0
    assert user.files() == before


@pytest.mark.parametrize("name", ["aws_access_key_id", "region", "note", "awscreds_access_key_id"])
def test_a_secret_in_the_wrong_place_is_masked(user, name):
    user.write(
        "config", f"[profile x]\n{name} = {SECRET}\noutput = a\n  aws_session_token = {SECRET}\n"
    )
    assert user("profile", "show", "x").code == 0
    assert SECRET[:8] not in user.out + user.err
    assert SECRET[:8] not in json.dumps(shown(user, "x"))
