"""``profile add|copy|rename|remove``: the files before and after, and what is said."""

import json
import re

import pytest

from awscreds.app import App
from tests.e2e.test_values import AWS
from tests.test_findings import KEY_ID, PAIR, SECRET, User

ROLE = "arn:aws:iam::123456789012:role/team/admin"
CONFIG = """\
# mine
[profile dev]
credential_process = /bin/dev-keys

; the other one
[profile empty]
region = eu-west-1
"""


@pytest.fixture
def user(home, capsys):
    user = User(home, capsys)
    user.write("config", CONFIG)
    return user


def aws_files(user):
    """Both files; not the locks."""
    return {path.name: path.read_bytes() for path in user.aws.iterdir() if path.is_file()}


def add(user, *words, name="admin"):
    return user("profile", "add", name, "--role-arn", ROLE, *words)


class TestAdd:
    def test_a_role_is_written_at_the_end_and_nothing_else_changes(self, user):
        options = {
            "--mfa-serial": "arn:aws:iam::123456789012:mfa/alice",
            "--external-id": "them-7",
            "--duration": "2h",
            "--region": "eu-central-1",
        }
        done = add(user, "--source", "dev", *(w for pair in options.items() for w in pair))
        assert done.code == 0, done.err
        assert (user.aws / "config").read_text() == (
            f"{CONFIG}\n[profile admin]\nrole_arn = {ROLE}\nsource_profile = dev\n"
            "mfa_serial = arn:aws:iam::123456789012:mfa/alice\nexternal_id = them-7\n"
            "duration_seconds = 7200\nregion = eu-central-1\n"
        )
        assert "Created the profile admin: dev → admin." in done.err
        assert "awscreds whoami --profile admin" in done.err

    def test_its_document_has_the_whole_chain(self, user):
        add(user, "--source", "dev")
        document = json.loads(add(user, "--source", "admin", "--json", name="ops").out)
        assert document == {
            "version": 1,
            "profile": "ops",
            "chain": ["dev", "admin", "ops"],
            "role_arn": ROLE,
            "mfa_serial": None,
            "external_id": None,
            "duration_seconds": None,
            "region": None,
        }

    @pytest.mark.parametrize(
        ("words", "code", "said"),
        [
            (["--source", "de"], 3, "there is no profile 'de'"),
            (["--source", "admin"], 3, "there is no profile 'admin'"),
            (["--source", "empty"], 3, "nothing was written: the profile empty has no credentials"),
            (["--source", "dev", "--duration", "14m"], 2, "between 15m and 12h"),
            (["--source", "dev", "--duration", "13h"], 2, "between 15m and 12h"),
            (["--source", "dev", "--external-id", "a b"], 2, "not an external ID"),
            (["--source", "dev", "--external-id", "a"], 2, "not an external ID"),
            (["--source", "dev", "--mfa-serial", "alice"], 2, "not the serial of an MFA device"),
            (["--source", "dev", "--region", "a.evil.example/"], 2, "not a valid region"),
            (["--source", "dev", "--role-arn", ROLE.replace("role", "user")], 2, "ARN of a role"),
            (["--source", "dev", "--role-arn", f"{ROLE}\n[profile x]"], 2, "ARN of a role"),
            ([], 2, "--source"),
        ],
    )
    def test_what_would_not_work_is_refused_and_nothing_is_written(self, user, words, code, said):
        before = aws_files(user)
        done = add(user, *words)
        assert (done.code, said in done.err) == (code, True), done.err
        assert aws_files(user) == before

    @pytest.mark.parametrize("name", ["dev", "empty", "padded", "in-credentials"])
    def test_a_name_that_exists_is_refused_however_it_is_spelled(self, user, name):
        user.write("config", f"{CONFIG}[ profile padded ]\nregion = eu-west-1\n")
        user.write("credentials", "[in-credentials]\n# nothing yet\n")
        before = aws_files(user)
        done = add(user, "--source", "dev", name=name)
        assert (done.code, "already exists" in done.err) == (3, True), done.err
        assert aws_files(user) == before

    @pytest.mark.parametrize("name", ["a]b", " a", "a\nb", "DEFAULT", "", "a#b"])
    def test_a_name_that_breaks_the_file_is_refused(self, user, name):
        before = aws_files(user)
        assert add(user, "--source", "dev", name=name).code == 2
        assert aws_files(user) == before

    def test_a_name_that_some_tools_cannot_see_needs_consent(self, user):
        assert add(user, "--source", "dev", name="team dev").code == 6
        assert add(user, "--source", "dev", "--yes", name="team dev").code == 0
        assert "[profile 'team dev']" in (user.aws / "config").read_text()

    def test_a_secret_in_the_place_of_the_role_is_not_shown(self, user):
        secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        done = user("profile", "add", "admin", "--role-arn", secret, "--source", "dev")
        assert done.code == 2
        assert secret[:8] not in done.err


def test_the_role_that_was_added_works(alice):
    alice.configure("dev")
    role, mfa = alice.sandbox.facts["role_arn"], ("--mfa-serial", alice.mfa_serial)
    alice.awscreds("profile", "add", "ops", "--role-arn", role, "--source", "dev", *mfa)
    done = alice.awscreds("export", "ops", "--token", alice.code(), "--format", "json")
    assert "AWS_SESSION_TOKEN" in json.loads(done.stdout)


MANAGED = """\
[profile dev]
region = eu-west-1

[profile ops]
role_arn = arn:aws:iam::123456789012:role/ops
source_profile = dev
"""


@pytest.fixture
def managed(user):
    """Somebody with a managed profile that a role uses."""
    user.write("config", MANAGED)
    words = ("configure", "--profile", "dev", "--access-key-id", KEY_ID, "--secret-stdin")
    assert user(*words, "--no-verify", stdin=SECRET).code == 0, user.err
    return user


def secret_of(user, profile):
    words = ("configure", "get", "aws_secret_access_key", "--profile", profile)
    return user(*words).out.strip()


def pretend_a_rotation(user, **facts):
    """A journal of an unfinished rotation, as `rotate` writes it."""
    from awscreds.stores.journal import Journal
    from awscreds.stores.state_dir import StateDir

    journal = Journal(StateDir(str(user.aws / "awscreds")), "AKIAOLDOLDOLDOLDOLD1", clock=lambda: 0)
    journal.facts |= {"profiles": [], **facts}
    journal.write("create", "intent")


class TestRename:
    def test_the_profile_its_key_and_the_roles_that_use_it_follow(self, managed):
        done = managed("profile", "rename", "dev", "prod")
        assert done.code == 0, done.err
        assert "~/.aws/config:8: source_profile of ops: now names prod" in done.err
        config = (managed.aws / "config").read_text()
        assert "dev" not in config.replace("/dev", "")
        assert " credential-process --profile prod\n" in config
        assert secret_of(managed, "prod") == SECRET
        assert managed("profile", "rename", "prod", "dev", "--json").code == 0
        assert (managed.aws / "config").read_text() == config.replace("prod", "dev")
        assert json.loads(managed.out)["followed"] == [
            {
                "file": str(managed.aws / "config"),
                "line": 8,
                "key": "source_profile",
                "profile": "ops",
            }
        ]

    def test_the_environment_and_lines_of_others_that_still_name_it_are_told(self, managed):
        with (managed.aws / "config").open("a") as config:
            config.write("[profile ci]\ncredential_process = aws-vault exec dev --json\n")
        done = managed("profile", "rename", "dev", "prod", AWS_PROFILE="dev")
        assert "credential_process of ci still names dev" in done.err
        assert "AWS_PROFILE of this shell still names dev" in done.err

    def test_another_known_config_file_that_uses_it_is_told(self, managed):
        other = managed.aws / "work"
        managed.write("credentials", "[dev]\noutput = json\n")
        words = ("configure", "--profile", "dev", "--access-key-id", KEY_ID, "--secret-stdin")
        managed(*words, "--no-verify", stdin=SECRET, AWS_CONFIG_FILE=str(other))
        done = managed("profile", "rename", "dev", "prod")
        assert "~/.aws/work:1 is also about the profile dev; this file was not changed" in done.err

    @pytest.mark.parametrize(
        ("words", "code", "said"),
        [
            (["dev", "ops"], 3, "already exists"),
            (["dev", "dev"], 2, "both names are the same"),
            (["nobody", "new"], 3, "there is no profile 'nobody'"),
            (["dev", "a]b"], 2, "a profile's name cannot have a ]"),
            (["dev", "team dev"], 6, "Create the profile anyway?"),
            (["dev"], 2, "NEW_NAME"),
        ],
    )
    @pytest.mark.parametrize("action", ["rename", "copy"])
    def test_what_cannot_be_is_refused_and_nothing_is_written(
        self, managed, action, words, code, said
    ):
        before = aws_files(managed)
        done = managed("profile", action, *words)
        assert (done.code, said in done.err) == (code, True), done.err
        assert aws_files(managed) == before

    @pytest.mark.parametrize("facts", [{"profiles": ["dev"]}, {"new": KEY_ID}])
    @pytest.mark.parametrize("words", [["rename", "dev", "prod"], ["remove", "dev", "--yes"]])
    def test_an_unfinished_rotation_of_its_key_comes_first(self, managed, words, facts):
        pretend_a_rotation(managed, **facts)
        before = aws_files(managed)
        done = managed("profile", *words)
        assert (done.code, "awscreds rotate --resume" in done.err) == (7, True), done.err
        assert aws_files(managed) == before

    def test_a_rotation_of_another_key_is_no_obstacle(self, managed):
        pretend_a_rotation(managed, profiles=["another"])
        assert managed("profile", "rename", "dev", "prod").code == 0

    def test_when_it_was_warned_of_an_old_key_follows(self, managed):
        app = App(managed.environ)
        app.state.note_warning("dev", 5.0)
        managed("profile", "rename", "dev", "prod")
        app.state.forget_what_was_read()
        assert (app.state.warned_at("prod"), app.state.warned_at("dev")) == (5.0, 0.0)

    @pytest.mark.parametrize("backend", ["keyring", "nothing"])
    def test_it_needs_no_secret_store_to_rename(self, managed, backend):
        done = managed("profile", "rename", "dev", "prod", AWSCREDS_BACKEND=backend)
        assert done.code == 0, done.err
        assert secret_of(managed, "prod") == SECRET

    @pytest.mark.parametrize("action", ["rename", "copy"])
    @pytest.mark.parametrize(
        "headers", [("[profile dev]", "[ profile dev ]"), ("[ profile dev ]",)]
    )
    def test_a_header_that_only_some_tools_take_for_it_comes_first(self, user, action, headers):
        user.write("config", "".join(f"{each}\nregion = eu-west-1\n" for each in headers))
        before = aws_files(user)
        done = user("profile", action, "dev", "prod")
        assert done.code in (2, 3), done.err
        assert aws_files(user) == before


class TestCopy:
    def test_both_use_the_same_stored_key(self, managed):
        before = (managed.aws / "config").read_text()
        assert managed("profile", "copy", "dev", "test").code == 0, managed.err
        after = (managed.aws / "config").read_text()
        assert after.startswith(before)
        assert " credential-process --profile test\n" in after
        assert secret_of(managed, "test") == secret_of(managed, "dev") == SECRET
        assert managed("store", "forget", KEY_ID, "--yes").code == 3

    def test_a_secret_in_plaintext_is_copied_only_if_that_is_asked_for(self, managed):
        managed.write("credentials", f"[plain]\n{PAIR}")
        before = aws_files(managed)
        done = managed("profile", "copy", "plain", "new")
        assert done.code == 2
        assert "would write it a second time" in done.err
        assert SECRET not in done.err
        assert aws_files(managed) == before
        assert managed("profile", "copy", "plain", "new", "--plaintext").code == 0
        assert secret_of(managed, "new") == SECRET


class TestRemove:
    def test_it_says_who_uses_the_profile_and_asks(self, managed):
        before = aws_files(managed)
        done = managed("profile", "remove", "dev", AWS_PROFILE="dev")
        assert done.code == 6
        assert "source_profile of ops names dev, and will not work without it" in done.err
        assert "pass --yes to remove it" in done.err
        assert aws_files(managed) == before
        assert secret_of(managed, "dev") == SECRET

    def test_the_stored_secret_goes_with_the_last_profile_that_uses_it(self, managed):
        managed("profile", "copy", "dev", "test")
        first = json.loads(managed("profile", "remove", "dev", "--yes", "--json").out)
        assert first["secrets_forgotten"] == []
        assert secret_of(managed, "test") == SECRET
        last = json.loads(managed("profile", "remove", "test", "--yes", "--json").out)
        assert last["secrets_forgotten"] == [KEY_ID]
        assert json.loads(managed("store", "show", "--json").out)["entries"] == []

    def test_a_secret_that_another_config_file_uses_stays(self, managed):
        other = str(managed.aws / "work")
        words = ("configure", "--profile", "x", "--access-key-id", KEY_ID, "--secret-stdin")
        managed(*words, "--no-verify", stdin=SECRET, AWS_CONFIG_FILE=other)
        done = managed("profile", "remove", "dev", "--yes")
        assert done.code == 0
        assert "Delete" not in done.err
        got = managed(
            *("configure", "get", "aws_secret_access_key", "--profile", "x"), AWS_CONFIG_FILE=other
        )
        assert got.out.strip() == SECRET

    def test_a_config_file_that_cannot_be_read_keeps_the_secret(self, managed):
        other = managed.aws / "work"
        words = ("configure", "--profile", "x", "--access-key-id", KEY_ID, "--secret-stdin")
        managed(*words, "--no-verify", stdin=SECRET, AWS_CONFIG_FILE=str(other))
        other.write_bytes(b"")
        assert managed("profile", "remove", "dev", "--yes").code == 0
        assert f"the secret of {KEY_ID} stays stored: the config file" in managed.err
        assert "it is empty; is another program writing it?" in managed.err
        assert len(json.loads(managed("store", "show", "--json").out)["entries"]) == 1

    def test_a_config_file_that_a_removal_has_emptied_keeps_no_secret(self, managed):
        other = {"AWS_CONFIG_FILE": str(managed.aws / "work")}
        words = ("configure", "--profile", "x", "--access-key-id", KEY_ID, "--secret-stdin")
        managed(*words, "--no-verify", stdin=SECRET, **other)
        assert managed("profile", "remove", "x", "--yes", **other).code == 0
        assert (managed.aws / "work").read_bytes() == b""
        done = managed("profile", "remove", "dev", "--yes", "--json")
        assert json.loads(done.out)["secrets_forgotten"] == [KEY_ID]

    def test_a_key_in_plaintext_moves_to_the_store(self, managed):
        key_id = "AKIAI44QH8DHBEXAMPLE"
        managed.write("credentials", f"[plain]\n{PAIR.replace(KEY_ID, key_id)[:-4]}4321\n")
        done = managed("profile", "remove", "plain", "--yes")
        assert done.code == 0, done.err
        assert f"`awscreds store forget {key_id}` deletes its stored secret" in done.err
        assert (managed.aws / "credentials").read_text() == ""

    def test_the_only_copy_of_a_secret_without_a_store_is_named_and_asked_about(self, user):
        user.write("credentials", f"[plain]\n{PAIR}")
        before = aws_files(user)
        done = user("profile", "remove", "plain")
        assert done.code == 6
        assert aws_files(user) == before
        done = user("profile", "remove", "plain", "--yes")
        assert f"Removed {KEY_ID} (~/.aws/credentials:3): it cannot be restored" in done.err

    def test_a_comment_that_may_hold_a_secret_is_named_first(self, user):
        user.write("config", f"[profile x]\n# aws_secret_access_key = {SECRET}\nregion = a\n")
        done = user("profile", "remove", "x")
        assert done.code == 6
        assert "~/.aws/config:2: this comment may hold a secret" in done.err
        assert SECRET not in done.err

    @pytest.mark.parametrize("padded", ["[ {} ]", "[ {}]", "[{} ]"])
    @pytest.mark.parametrize("at", [0, 1])
    def test_all_places_that_it_names_are_removed(self, managed, padded, at):
        places = ["[{}]\nregion = a\n", f"{padded}\n# {SECRET}\n{PAIR}"]
        for name, word in (("config", "profile x"), ("credentials", "x")):
            managed.write(
                name, "[other]\n" + "".join(places[at:] + places[:at]).format(*[word] * 2)
            )
        done = managed("profile", "remove", "x", "--yes")
        assert done.code == 0, done.err
        [plan] = [line for line in done.err.splitlines() if line.startswith("Remove ")]
        assert len(re.findall(r"~/.aws/[a-z]+:\d+", plan)) == 4
        for name in ("config", "credentials"):
            assert (managed.aws / name).read_text() == "[other]\n"
        managed("store", "show", "--json")
        assert [each["id"] for each in json.loads(managed.out)["entries"]] == [KEY_ID]

    def test_a_profile_that_is_not_there_is_an_error(self, managed):
        assert managed("profile", "remove", "nobody", "--yes").code == 3
        assert managed("profile", "remove").code == 2


@pytest.mark.parametrize("source", ["ops", "nobody", "empty"])
def test_a_wrapped_role_without_credentials_is_not_said_to_work(user, source):
    role = f"role_arn = {ROLE}\nsource_profile"
    with (user.aws / "config").open("a") as config:
        config.write(f"[profile ops]\n{role} = admin\n[profile admin]\n{role} = {source}\n")
    done = user("profile", "wrap", "admin")
    assert done.code == 0, done.err
    assert "does not work in every tool" in done.err
    assert "now gets its session" not in done.err
    assert f"{user.aws / 'config'}" not in done.err


INDENTED = "  [profile lost]\n  region = us-east-1\n"
ABOVE = {  # the settings of dev, and where the header of another section is indented below
    "wrap": f"source_profile = b\nrole_arn = {ROLE}\n",
    "wrap --yes": f"role_arn = {ROLE}\nsource_profile = b\n",
    "unwrap": f"awscreds_role_arn = {ROLE}\nawscreds_source_profile = b\n"
    "credential_process = /x/awscreds/__main__.py credential-process --profile dev\n",
    "remove --yes": "region = eu-west-1\n",
}


@pytest.mark.parametrize("action", ABOVE)
def test_a_section_that_is_indented_below_a_line_that_goes_stays(user, action):
    user.write("config", f"[profile b]\n{PAIR}[profile dev]\n{ABOVE[action]}{INDENTED}")
    before = aws_files(user)
    verb, *options = action.split()
    done = user("profile", verb, "dev", *options)
    assert (done.code, "indented" in done.err) == (3, True), done.err
    assert aws_files(user) == before


def test_cached_sessions_follow_a_rename(alice):
    alice.configure("dev", "--mfa-serial", alice.mfa_serial)
    words = ("mfa-session", "--format", "json")
    first = alice.awscreds(*words, "--profile", "dev", "--token", alice.code()).stdout
    alice.awscreds("profile", "rename", "dev", "prod")
    assert json.loads(alice.awscreds(*words, "--profile", "prod").stdout) == json.loads(first) | {
        "AWSCREDS_PROFILE": "prod",
        "AWSUME_PROFILE": "prod",
    }
    [listed] = json.loads(alice.awscreds("sessions", "list", "--json").stdout)["sessions"]
    assert listed["profile"] == "prod"


def test_a_renamed_profile_works_with_the_aws_cli_and_a_removed_one_leaves_no_session(alice):
    alice.configure("dev", "--mfa-serial", alice.mfa_serial)
    alice.awscreds("mfa-session", "--profile", "dev", "--token", alice.code(), "--format", "json")
    alice.awscreds("profile", "rename", "dev", "prod")
    done = alice.run(*AWS, "sts", "get-caller-identity", "--profile", "prod")
    assert "user/alice" in done.stdout
    alice.awscreds("profile", "remove", "prod", "--yes")
    assert json.loads(alice.awscreds("sessions", "list", "--json").stdout)["sessions"] == []
