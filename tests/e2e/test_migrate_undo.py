"""``awscreds migrate --undo``: plaintext comes back, each byte where nobody changed it since."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awscreds.model.credentials import AccessKey
from awscreds.workflows.migration.line_changes import changes, take_back
from tests.e2e.test_migrate import EXPIRED, KEY_ID, ROLE, SECRET, SERIAL, entries, pair
from tests.e2e.test_migrate_kills import CONFIG, CREDENTIALS, OPS_ID, OPS_SECRET, no_copies
from tests.e2e.test_profile_kills import kill
from tests.e2e.test_profiles import aws_files
from tests.stores.test_aws_files import STEPS
from tests.test_findings import User

MOVE = ("migrate", "--all", "--no-verify", "--yes")
BACK = ("migrate", "--undo", "--all", "--yes")
WITHOUT_SESSIONS = CREDENTIALS.replace(EXPIRED, "expiration = 2020-01-01 00:00:00\n")


@pytest.fixture
def user(home, capsys):
    user = User(home, capsys)
    user.write("config", CONFIG)
    user.write("credentials", CREDENTIALS)
    assert user(*MOVE).code == 0, user.err
    return user


def texts(user):
    return tuple((user.aws / name).read_text() for name in ("config", "credentials"))


def records(user):
    return list((user.aws / "awscreds").glob("migrated-*"))


def test_every_byte_comes_back_but_expired_sessions(user):
    no_copies(user)
    assert user(*BACK).code == 0, user.err
    assert texts(user) == (CONFIG, WITHOUT_SESSIONS)
    assert records(user) == []
    assert "new lines" not in user.err
    assert f"awscreds store forget {OPS_ID}" in user.err or KEY_ID in user.err
    assert user(*BACK).code == 0
    assert "nothing to bring back" in user.err


def test_it_asks_and_says_that_plaintext_is_less_safe(user):
    before = texts(user)
    asked = user("migrate", "--undo", "--all")
    assert asked.code == 6
    assert "every backup can read the secrets" in asked.err
    assert texts(user) == before


def test_what_others_wrote_since_stays_in_its_place(user):
    config, credentials = texts(user)
    user.write("config", config.replace("# top\n", "# top\n# new\n") + "\n[profile z]\noutput=x\n")
    user.write("credentials", credentials + "\n[z]\nkeep = 1\n")
    assert user(*BACK).code == 0, user.err
    assert texts(user) == (
        CONFIG.replace("# top\n", "# top\n# new\n") + "\n[profile z]\noutput=x\n",
        WITHOUT_SESSIONS + "\n[z]\nkeep = 1\n",
    )


def test_one_profile_comes_back_and_the_others_stay(user):
    words = ("migrate", "--undo", "--profile", "dev", "--yes", "--json")
    [item] = json.loads(user(*words).out)["items"]
    assert (item["profile"], item["exact"]) == ("dev", True)
    config, credentials = texts(user)
    assert config.startswith(CONFIG[: CONFIG.index("[profile ops]")])
    assert f"[dev]\n{pair()}" in credentials
    assert OPS_SECRET not in credentials
    assert user(*BACK).code == 0, user.err
    assert texts(user) == (CONFIG, WITHOUT_SESSIONS)


def test_the_profile_beside_a_role_stands_for_the_role(user):
    assert user("migrate", "--undo", "--profile", "ops-source", "--yes").code == 0, user.err
    config, credentials = texts(user)
    assert "ops-source" not in config
    assert f"[ops]\n{pair(OPS_ID, OPS_SECRET)}" in credentials


NEW_ID, NEW_SECRET = "AKIAIOSFODNN7ROTATED", "Rotated/nFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def test_after_a_rotation_the_present_key_comes_back(user):
    for name in ("dev", "default"):
        words = ("configure", "--profile", name, "--access-key-id", NEW_ID, "--secret-stdin")
        assert user(*words, "--no-verify", stdin=NEW_SECRET).code == 0, user.err
    assert user(*BACK).code == 0, user.err
    wanted = WITHOUT_SESSIONS.replace(f"[dev]\n{pair()}", f"[dev]\n{pair(NEW_ID, NEW_SECRET)}")
    wanted = wanted.replace(f"[default]\n{pair()}", f"[default]\n{pair(NEW_ID, NEW_SECRET)}")
    assert texts(user) == (CONFIG, wanted)


def test_where_the_lines_were_changed_the_key_comes_as_new_lines(user):
    config = texts(user)[0]
    user.write("config", config.replace("credential_process", "# mine\ncredential_process"))
    assert user("migrate", "--undo", "--profile", "dev", "--yes").code == 0, user.err
    assert "its key is in new lines of ~/.aws/credentials" in user.err
    after, secrets = texts(user)
    assert f"{SERIAL}\n# mine\n[profile ops]" in after.replace("\n\n", "\n")
    assert f"aws_secret_access_key = {SECRET}" in secrets
    assert OPS_SECRET not in secrets


@pytest.mark.parametrize(("old", "holder"), [("dev", "new"), ("ops", "ops-source")])
def test_a_profile_that_was_renamed_since_comes_back_under_its_new_name(user, old, holder):
    assert user("profile", "rename", old, "new").code == 0, user.err
    assert user(*BACK).code == 0, user.err
    config, credentials = texts(user)
    assert SECRET in credentials
    assert OPS_SECRET in credentials
    assert f"[{holder}]\n" in credentials
    assert f"[{old}]\n" not in credentials
    assert "credential_process" not in config
    assert records(user) == []


def test_a_profile_that_was_never_migrated_comes_only_by_name(user):
    words = ("configure", "--profile", "own", "--access-key-id", NEW_ID, "--secret-stdin")
    assert user(*words, "--no-verify", stdin=NEW_SECRET).code == 0, user.err
    assert user(*BACK).code == 0, user.err
    assert NEW_SECRET not in texts(user)[1]
    assert user("migrate", "--undo", "--profile", "own", "--yes").code == 0, user.err
    assert texts(user)[1].endswith(f"[own]\n{pair(NEW_ID, NEW_SECRET)}")


def test_a_profile_that_is_not_managed_stays(user):
    user.write("config", CONFIG)
    done = user("migrate", "--undo", "--profile", "dev", "--yes")
    assert done.code == 0
    assert "it is not managed, so there is nothing to bring back" in done.out
    assert texts(user)[0] == CONFIG


@pytest.mark.slow
@pytest.mark.daily(10)
@pytest.mark.parametrize("step", [*STEPS, "brought back"])
def test_a_killed_undo_loses_nothing_and_a_second_run_completes(user, step):
    kill(user, BACK, step)
    assert user(*BACK).code == 0, user.err
    assert texts(user) == (CONFIG, WITHOUT_SESSIONS)
    assert sorted(entries(user)) == sorted([KEY_ID, OPS_ID])


@pytest.mark.slow
@pytest.mark.parametrize("step", ["stored", "changed", "kept config", "replaced config", "placed"])
def test_a_killed_migration_that_was_completed_comes_back_too(home, capsys, step):
    user = User(home, capsys)
    user.write("config", CONFIG)
    user.write("credentials", CREDENTIALS)
    kill(user, MOVE, step)
    assert user(*MOVE).code == 0, user.err
    assert user(*BACK).code == 0, user.err
    assert texts(user) == (CONFIG, WITHOUT_SESSIONS)


def test_a_killed_migration_can_be_undone_without_a_second_run(home, capsys):
    user = User(home, capsys)
    user.write("config", CONFIG)
    user.write("credentials", CREDENTIALS)
    kill(user, MOVE, "replaced config")
    assert user(*BACK).code == 0, user.err
    assert texts(user) == (CONFIG, CREDENTIALS)


LINES = st.lists(
    st.sampled_from(["# a\n", "\n", "[b]\n", "k = v\r\n", "x = y\n", "[c]", "; ö\n"]), max_size=8
).map("".join)
KEY = AccessKey(KEY_ID, SECRET)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(LINES, LINES, LINES, LINES, st.booleans())
def test_a_change_of_lines_holds_no_secret_and_is_taken_back_exactly(a, b, c, d, is_open):
    before = f"{a}\n[dev]\n{pair()}{b}\n{c}".encode()
    after = f"{a}\n[dev]\n{b}\n{d}{c}".encode()
    if is_open:
        before, after = before.rstrip(b"\r\n"), after.rstrip(b"\r\n")
    hunks = changes(before, after, KEY)
    shown = json.dumps([hunk.document() for hunk in hunks])
    assert SECRET not in shown
    back = take_back(after, hunks, KEY)
    assert back is None or back.count(SECRET.encode()) == 1
    again = take_back(after, hunks, AccessKey(NEW_ID, NEW_SECRET))
    assert again is None or NEW_SECRET.encode() in again


SECTION = st.sampled_from(["# mine\n", "output = json\n", "region=eu-west-1\n", "\n", f"# {ROLE}"])
HOMES = st.tuples(
    st.lists(SECTION, max_size=3).map("".join),
    st.lists(SECTION, max_size=3).map("".join),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\n# end\n"]),
    st.permutations(["dev", "a", "default", "x-long-term"]),
)


@settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(HOMES, st.sets(st.sampled_from(["dev", "a", "default", "x-long-term"]), max_size=2))
def test_the_way_back_restores_every_byte(bare, found, first):
    config, more, ending, end, order = found
    keys = {"x-long-term": pair(OPS_ID, OPS_SECRET)}
    credentials = "".join(f"[{n}]\n{more}{keys.get(n, pair())}\n" for n in order) + end
    config = f"# top\n[profile dev]\n{config}mfa_serial = {SERIAL}\n[profile a]\n{config}"
    both = tuple(text.replace("\n", ending).encode() for text in (config, credentials))
    bare.write("config", both[0])
    bare.write("credentials", both[1])
    for name in first:
        words = ("migrate", "--profile", name, "--no-verify", "--yes")
        assert bare(*words).code == 0, bare.err
    assert bare(*MOVE).code == 0, bare.err
    assert SECRET.encode() not in aws_files(bare)["credentials"]
    no_copies(bare)
    assert bare(*BACK).code == 0, bare.err
    assert (aws_files(bare)["config"], aws_files(bare)["credentials"]) == both


@pytest.fixture
def bare(home, capsys):
    return User(home, capsys)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_rotation_of_the_profile_above_does_not_matter_where_the_last_line_is_open(ending):
    above = ending.join([b"[profile a]", b"awscreds_access_key_id = OLD"])
    hunks = changes(above, above + ending + ending.join([b"", b"[profile b]", b"x = 1"]), None)
    for last in (b"", ending):
        above = above.replace(b"OLD", b"NEW")
        current = above + ending + ending.join([b"", b"[profile b]", b"x = 1"]) + last
        assert take_back(current, hunks, None) == above + last
