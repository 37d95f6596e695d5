"""``configure get|set|unset|list|list-profiles`` beside the real ``aws configure``."""

import json

import pytest

from tests.e2e.conftest import AWS, PROGRAM
from tests.e2e.terminal import terminal
from tests.helpers import has_mode

CONFIG = """\
[default]
region = us-east-1
[profile dev]
region = eu-west-1
s3 =
    max_concurrent_requests = 20
    addressing_style = path
[profile plugin]
region = eu-west-2
[profile p]
region = eu-west-3  # home
[profile a.b]
region = eu-north-1
[profile empty]
s3 =
[services local]
sts =
  endpoint_url = http://localhost:1
[sso-session corp]
sso_region = eu-west-1
"""


@pytest.fixture
def user(alice):
    alice.config.write_text(CONFIG)
    return alice


@pytest.mark.slow
@pytest.mark.daily(12)
@pytest.mark.parametrize(
    "key",
    [
        "region",
        "output",
        "s3.max_concurrent_requests",
        "profile.dev.region",
        "profile.dev.s3.addressing_style",
        "dev.region",
        "default.region",
        "dev.s3",
        "p.region",
        "s3",
        "nothing.here",
    ],
)
@pytest.mark.parametrize("profile", ["dev", "default"])
def test_get_answers_as_the_aws_cli_does(user, key, profile):
    theirs = user.run(*AWS, "configure", "get", key, "--profile", profile, rc=None)
    ours = user.awscreds("configure", "get", key, "--profile", profile, rc=None)
    assert (ours.stdout, ours.returncode != 0) == (theirs.stdout, theirs.returncode != 0)
    if "must reference a value" in theirs.stderr:
        assert f"varname ({key}) must reference a value" in ours.stderr
        assert ours.returncode == 1


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        (
            ("region", "eu-south-1"),
            "[default]\nregion = us-east-1",
            "[default]\nregion = eu-south-1",
        ),
        (
            ("s3.max_concurrent_requests", "99", "--profile", "dev"),
            "max_concurrent_requests = 20",
            "max_concurrent_requests = 99",
        ),
        (
            ("profile.dev.s3.new", "1"),
            "    addressing_style = path\n",
            "    addressing_style = path\n    new = 1\n",
        ),
        (
            ("region", "x", "--profile", "plugin"),
            "[profile plugin]\nregion = eu-west-2",
            "[profile plugin]\nregion = x",
        ),
        (
            ("region", "x", "--profile", "p"),
            "[profile p]\nregion = eu-west-3  # home",
            "[profile p]\nregion = x",
        ),
        (
            ("region", "x", "--profile", "a.b"),
            "[profile a.b]\nregion = eu-north-1",
            "[profile a.b]\nregion = x",
        ),
        (
            ("profile.a.b.region", "x"),
            "[profile a.b]\nregion = eu-north-1",
            "[profile a.b]\nregion = x",
        ),
        (
            ("s3.k", "v", "--profile", "empty"),
            "[profile empty]\ns3 =\n",
            "[profile empty]\ns3 =\n    k = v\n",
        ),
        (
            ("s3", "v", "--profile", "dev"),
            "s3 =\n    max_concurrent_requests = 20\n    addressing_style = path\n",
            "s3 = v\n",
        ),
        (("REGION", "x", "--profile", "a.b"), "region = eu-north-1", "region = x"),
        (
            ("sts.endpoint_url", "http://x", "--services", "local"),
            "  endpoint_url = http://localhost:1",
            "  endpoint_url = http://x",
        ),
        (("sso_region", "x", "--sso-session", "corp"), "sso_region = eu-west-1", "sso_region = x"),
    ],
)
def test_set_changes_that_value_and_no_other_byte(user, words, before, after):
    user.awscreds("configure", "set", *words)
    assert CONFIG.count(before) == 1
    assert user.config.read_text() == CONFIG.replace(before, after)


@pytest.mark.parametrize("key", ["a.b.c", "x.y.z", "dev.a.b.c"])
def test_a_name_that_aws_configure_would_cut_is_refused(user, key):
    user.awscreds("configure", "set", key, "v", rc=2 if key != "a.b.c" else 0)
    if key != "a.b.c":  # which is the key c of the profile a.b
        assert user.config.read_text() == CONFIG


def test_what_we_set_the_aws_cli_gets(user):
    for profile in ("new one", "dotted.name", "default"):
        user.awscreds("configure", "set", "region", "eu-central-2", "--profile", profile, "--yes")
        got = user.run(*AWS, "configure", "get", "region", "--profile", profile)
        assert got.stdout == "eu-central-2\n"


def test_a_value_that_the_credentials_file_overrides_is_set_where_it_counts(user):
    user.credentials.write_text("[dev]\nregion = ap-south-1\n")
    user.credentials.chmod(0o600)
    user.awscreds("configure", "set", "region", "eu-central-2", "--profile", "dev")
    got = user.awscreds("configure", "get", "region", "--profile", "dev")
    assert got.stdout == "eu-central-2\n"
    assert user.config.read_text() == CONFIG


def test_unset_takes_a_key_or_a_block_away_and_says_by_its_code_if_there_was_none(user):
    user.awscreds("configure", "unset", "s3", "--profile", "dev")
    assert "addressing_style" not in user.config.read_text()
    user.awscreds("configure", "unset", "s3", "--profile", "dev", rc=1)
    user.awscreds("configure", "unset", "profile.p.region")
    assert "[profile p]\n[profile a.b]" in user.config.read_text()


def test_list_profiles_has_the_configs_order_and_then_the_credentials_own(user):
    user.credentials.write_text("[zeta]\nx = 1\n[dev]\nx = 1\n[alpha]\nx = 1\n")
    user.credentials.chmod(0o600)
    names = user.awscreds("configure", "list-profiles").stdout.splitlines()
    assert names == ["default", "dev", "plugin", "p", "a.b", "empty", "zeta", "alpha"]
    report = json.loads(user.awscreds("configure", "list-profiles", "--json").stdout)
    assert report == {"version": 1, "profiles": names}


def test_a_secret_is_never_taken_from_an_argument(user):
    done = user.awscreds("configure", "set", "aws_secret_access_key", user.secret, rc=2)
    assert user.secret not in done.stderr + done.stdout
    assert not user.credentials.exists()


def test_secrets_of_an_unmanaged_profile_go_to_the_credentials_file_with_a_warning(user):
    user.awscreds("configure", "set", "aws_access_key_id", user.key_id, "--profile", "dev")
    done = user.awscreds(
        "configure", "set", "aws_secret_access_key", "-", "--profile", "dev", stdin=user.secret
    )
    assert "plaintext" in done.stderr
    assert has_mode(user.credentials, 0o600)
    theirs = user.run(*AWS, "configure", "get", "aws_secret_access_key", "--profile", "dev")
    assert theirs.stdout.strip() == user.secret
    assert user.config.read_text() == CONFIG


def test_nothing_is_said_to_be_in_a_file_before_it_is(user):
    user.credentials.write_text(f"[dev]\naws_access_key_id = AKIA{'B' * 16}\n")
    with user.credentials.open("a") as file:
        file.write(f"aws_secret_access_key = {'b' * 40}\n")
    words = ("configure", "set", "aws_secret_access_key", "-", "--profile", "dev")
    done = user.awscreds(*words, stdin="n" * 40, rc=6)
    assert "nothing was changed" in done.stderr
    assert "is now stored" not in done.stderr


def test_an_empty_name_of_a_section_is_not_the_profile(user):
    before = user.files()
    for option in ("--sso-session", "--services"):
        user.awscreds("configure", "set", "sso_region", "eu-west-1", option, "", rc=2)
    assert user.files() == before


def test_secrets_of_a_managed_profile_go_to_the_store_after_a_check(user):
    user.configure("dev")
    words = ("configure", "set", "aws_secret_access_key", "-", "--profile", "dev")
    user.awscreds(*words, stdin="y" * 40, rc=5)
    user.awscreds(*words, stdin=user.secret)
    assert not user.credentials.exists()
    unknown = "AKIAIOSFODNN7EXAMPLE"
    user.awscreds("configure", "set", "aws_access_key_id", unknown, "--profile", "dev", rc=3)
    assert user.awscreds("whoami", "--profile", "dev").returncode == 0


def test_get_gives_a_managed_secret_to_a_script_and_hides_it_from_a_screen(user):
    user.configure("dev")
    words = ("configure", "get", "aws_secret_access_key", "--profile", "dev")
    assert user.awscreds(*words).stdout == f"{user.secret}\n"
    assert user.awscreds("configure", "get", "dev.aws_access_key_id").stdout == f"{user.key_id}\n"
    assert user.secret not in user.awscreds(*words, "--json").stdout
    with terminal(user, PROGRAM, *words) as screen:
        screen.expect("--reveal")
        assert screen.end() == 2
    assert user.secret not in screen.text
    with terminal(user, PROGRAM, *words, "--reveal") as screen:
        screen.expect(user.secret)
        assert screen.end() == 0


def test_list_says_what_is_in_effect_and_from_where(user):
    user.configure("dev")
    text = user.awscreds(
        "configure", "list", "--profile", "dev", AWS_REGION=None, AWS_DEFAULT_REGION=None
    ).stdout
    rows = {line.split(":")[0].strip(): line for line in text.splitlines()}
    assert user.secret not in text
    assert f"****************{user.key_id[-4:]}" in rows["access_key"]
    assert "vault" in rows["secret_key"]
    assert "eu-west-1" in rows["region"]
    user.awscreds("configure", "list", "--profile", "nope", rc=3)


def test_names_that_would_steer_a_terminal_are_escaped_on_one_and_whole_in_a_pipe(user):
    user.config.write_bytes("[profile a\x1b]0;pwned\x07b]\n[profile r\u202etl]\n".encode())
    piped = user.awscreds("configure", "list-profiles").stdout
    assert "r\u202etl" in piped
    with terminal(user, PROGRAM, "configure", "list-profiles") as screen:
        screen.expect("r\\u202etl")
        screen.end()
    assert "\x1b]0" not in screen.text


# Settings of our own


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("awscreds_serve", "Sesion", "key or session"),
        ("AWSCREDS_SERVE", "both", "key or session"),
        ("profile.dev.awscreds_key_cache", "15", "unit"),
        ("awscreds_max_key_age", "ninety", "unit"),
        ("mfa_process", "'ykman", "quotes"),
        ("awscreds_serve.mode", "session", "not a block"),
    ],
)
def test_a_setting_of_ours_that_means_nothing_is_refused(user, key, value, named):
    done = user.awscreds("configure", "set", key, value, "--profile", "dev", rc=2)
    assert named in done.stderr
    assert user.config.read_text() == CONFIG


def test_what_means_something_is_written_and_an_unknown_setting_is_warned_of(user):
    user.awscreds("configure", "set", "awscreds_serve", "Session", "--profile", "dev")
    done = user.awscreds("configure", "set", "awscreds_serv", "session", "--profile", "dev")
    assert done.stderr.count("has no effect") == 1
    assert "did you mean awscreds_serve? Fix: correct its spelling" in done.stderr
    assert "awscreds_serve = session\nawscreds_serv = session\n" in user.config.read_text()
