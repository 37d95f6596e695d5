"""``awscreds migrate``: which plaintext keys move to the store, and what is said of the others."""

import json
import sys

import pytest

from tests.e2e.test_profiles import aws_files
from tests.test_findings import KEY_ID, SECRET, User

OTHER_ID, OTHER_SECRET = "AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
ROLE = "role_arn = arn:aws:iam::123456789012:role/ops\n"
SERIAL = "arn:aws:iam::123456789012:mfa/alice"


def pair(key_id=KEY_ID, secret=SECRET, **more):
    values = {"aws_access_key_id": key_id, "aws_secret_access_key": secret, **more}
    return "".join(f"{name} = {value}\n" for name, value in values.items())


SESSION = {"key_id": "ASIAIOSFODNN7EXAMPLE", "aws_session_token": "t"}
EXPIRED = pair(**SESSION, aws_security_token="t", expiration="2020-01-01 00:00:00")
LIVE = pair(**SESSION, expiration="2090-01-01 00:00:00")


@pytest.fixture
def user(home, capsys):
    user = User(home, capsys)
    user.write("config", "")
    return user


def migrate(user, *words, config="", credentials="", **options):
    if config or credentials:
        user.write("config", config)
        user.write("credentials", credentials)
    done = user("migrate", *(words or ("--all",)), "--no-verify", "--yes", "--json", **options)
    assert done.code == 0, done.err + done.out
    return {item["profile"]: item for item in json.loads(done.out)["items"]}


def served(user, name):
    done = user("credential-process", "--profile", name)
    assert done.code == 0, done.err
    document = json.loads(done.out)
    return document["AccessKeyId"], document["SecretAccessKey"]


def entries(user):
    return [entry["id"] for entry in json.loads(user("store", "show", "--json").out)["entries"]]


def test_a_key_moves_and_no_other_line_changes(user):
    items = migrate(
        user,
        config="# top\n[profile dev]\r\nregion = eu-west-1\r\n\n[profile z]\noutput = json",
        credentials=f"# mine\n[dev]\n{pair()}# below\n\n[z]\nkeep = 1",
    )
    assert items["dev"]["action"] == "move"
    files = aws_files(user)
    assert files["credentials"] == b"# mine\n[dev]\n# below\n\n[z]\nkeep = 1"
    config = files["config"]
    assert config.startswith(b"# top\n[profile dev]\r\nregion = eu-west-1\r\ncredential_process = ")
    assert config.endswith(
        f"\r\nawscreds_access_key_id = {KEY_ID}\r\n\n[profile z]\noutput = json".encode()
    )
    assert served(user, "dev") == (KEY_ID, SECRET)


def test_a_key_of_several_profiles_is_stored_once_and_all_of_them_get_the_line(user):
    items = migrate(user, credentials="".join(f"[{n}]\n{pair()}" for n in ("a", "default", "c")))
    assert {name: item["action"] for name, item in items.items()} == dict.fromkeys(items, "move")
    assert entries(user) == [KEY_ID]
    for name in ("a", "default", "c"):
        assert served(user, name) == (KEY_ID, SECRET)
    assert aws_files(user)["credentials"] == b""


def test_only_the_named_profiles_move(user):
    three = "".join(f"[{n}]\n{pair()}" for n in "abc")
    items = migrate(user, "--profile", "a", "--profile", "c", credentials=three)
    assert set(items) == {"a", "c"}
    assert aws_files(user)["credentials"] == f"[b]\n{pair()}".encode()


def test_the_profile_before_the_command_is_one_of_them(user):
    user.write("credentials", "".join(f"[{n}]\n{pair()}" for n in "abc"))
    words = ("--profile", "a", "migrate", "--profile", "b", "--no-verify", "--yes")
    assert user(*words).code == 0, user.err
    assert aws_files(user)["credentials"] == f"[c]\n{pair()}".encode()


def test_the_mfa_device_is_set_aside_in_its_place(user):
    config = f"[profile dev]\nmfa_serial  =  {SERIAL} \nregion = x\n"
    migrate(user, config=config, credentials=f"[dev]\n{pair()}")
    assert (
        f"[profile dev]\nawscreds_mfa_serial  =  {SERIAL} \n" in (user.aws / "config").read_text()
    )


def test_a_role_that_is_its_own_source_gets_its_keys_from_a_profile_beside_it(user):
    config = f"[profile ops]\n{ROLE}source_profile = ops\nregion = eu-west-3\n"
    items = migrate(user, config=config, credentials=f"[ops]\n{pair()}")
    assert items["ops"]["target"] == "ops-source"
    text = (user.aws / "config").read_text()
    assert text.startswith(config.replace("= ops\n", "= ops-source\n"))
    assert "[profile ops-source]\nregion = eu-west-3\ncredential_process" in text
    assert served(user, "ops-source") == (KEY_ID, SECRET)


LONG = f"[x-long-term]\n{pair()}aws_mfa_device = {SERIAL}\n\n"


class TestPairsOfAwsMfa:
    def test_both_use_the_moved_key_once_the_session_has_expired(self, user):
        items = migrate(user, "--profile", "x", credentials=f"{LONG}[x]\n{EXPIRED}")
        assert {n: i["action"] for n, i in items.items()} == {"x": "follow", "x-long-term": "move"}
        assert served(user, "x-long-term") == (KEY_ID, SECRET)
        asked = user("credential-process", "--profile", "x")
        assert asked.code == 6
        assert "awscreds mfa-session --profile x" in asked.err
        config = (user.aws / "config").read_text()
        assert config.count(f"awscreds_mfa_serial = {SERIAL}") == 2
        assert "secret" not in (user.aws / "credentials").read_text()

    def test_a_live_session_stays_until_a_second_run(self, user):
        items = migrate(user, credentials=f"{LONG}[x]\n{LIVE}")
        assert items["x"]["action"] == "leave"
        assert "2090-01-01" in items["x"]["reason"]
        assert items["x"]["fix"].endswith("awscreds migrate --profile x")
        assert f"[x]\n{LIVE}" in (user.aws / "credentials").read_text()
        credentials = (user.aws / "credentials").read_text().replace("2090", "2020")
        user.write("credentials", credentials)
        assert migrate(user)["x"]["action"] == "follow"
        assert f"awscreds_access_key_id = {KEY_ID}" in (user.aws / "config").read_text()

    def test_the_session_of_a_role_does_not_become_the_user(self, user):
        credentials = f"{LONG}[x]\n{EXPIRED}assumed_role = True\n"
        items = migrate(user, credentials=credentials)
        assert items["x"]["action"] == "leave"
        assert "awscreds profile add" in items["x"]["fix"]


def test_expired_temporary_keys_are_removed_and_never_stored(user):
    items = migrate(user, credentials=f"[old]\n{EXPIRED}[new]\n{LIVE}")
    assert {n: i["action"] for n, i in items.items()} == {"old": "clear", "new": "leave"}
    assert aws_files(user)["credentials"] == (
        f"[old]\nexpiration = 2020-01-01 00:00:00\n[new]\n{LIVE}".encode()
    )
    assert entries(user) == []


SPLIT = {
    "config": f"[profile dev]\naws_access_key_id = {KEY_ID}\n",
    "credentials": f"[dev]\naws_secret_access_key = {SECRET}\n",
}
STAYING = {
    "an id only": ({"credentials": f"[dev]\naws_access_key_id = {KEY_ID}\n"}, "no secret"),
    "a secret only": ({"credentials": f"[dev]\naws_secret_access_key = {SECRET}\n"}, "no access"),
    "split, unchecked": (SPLIT, "different files"),
    "a token beside it": ({"credentials": f"[dev]\n{pair(aws_session_token='t')}"}, "token beside"),
    "quotes": ({"credentials": "[dev]\n" + pair(secret=f'"{SECRET}"')}, "quotes"),
    "a role": (
        {"config": f"[profile dev]\n{ROLE}source_profile = b\n", "credentials": f"[dev]\n{pair()}"},
        "it has role_arn",
    ),
    "sso": (
        {"config": "[profile dev]\nsso_session = s\n", "credentials": f"[dev]\n{pair()}"},
        "it has sso_session",
    ),
    "web identity": (
        {
            "config": "[profile dev]\nweb_identity_token_file = /t\n",
            "credentials": f"[dev]\n{pair()}",
        },
        "it has web_identity_token_file",
    ),
    "a login": (
        {"config": "[profile dev]\nlogin_session = s\n", "credentials": f"[dev]\n{pair()}"},
        "it has login_session",
    ),
    "another program": (
        {"config": "[profile dev]\ncredential_process = /x\n", "credentials": f"[dev]\n{pair()}"},
        "another program",
    ),
    "two keys": (
        {
            "config": f"[profile dev]\n{pair()}",
            "credentials": f"[dev]\n{pair(OTHER_ID, OTHER_SECRET)}",
        },
        "several keys",
    ),
    "two secrets": (
        {"credentials": f"[dev]\n{pair()}[b]\n{pair(secret=OTHER_SECRET)}"},
        "another secret",
    ),
    "swapped": ({"credentials": f"[dev]\n{pair(SECRET, KEY_ID)}"}, "wrong place"),
    "a stand-in's key": (
        {"credentials": "[dev]\n" + pair("test", "test" * 4)},
        "not an access key",
    ),
    "a blank in it": ({"credentials": "[dev]\n" + pair(secret=f"{SECRET} x")}, "characters"),
    "not ascii": ({"credentials": "[dev]\n" + pair(secret=f"{SECRET[:-1]}ö")}, "characters"),
    "unknown end": ({"credentials": "[dev]\n" + pair(**SESSION)}, "until when"),
    "in no profile": ({"config": f"[dev]\n{pair()}"}, "not a profile"),
}


@pytest.mark.parametrize("case", STAYING)
def test_what_cannot_move_stays_to_the_byte_and_is_explained(user, case):
    files, reason = STAYING[case]
    for name, text in files.items():
        user.write(name, text)
    before = aws_files(user)
    items = migrate(user)
    assert items["dev"]["action"] == "leave"
    assert reason in items["dev"]["reason"]
    assert {name: data for name, data in aws_files(user).items() if name in before} == before
    assert entries(user) == []
    assert SECRET not in user.out + user.err


def test_a_dry_run_shows_the_table_with_secrets_masked_and_changes_nothing(user):
    user.write("credentials", f"[dev]\n{pair()}\n[half]\naws_access_key_id = {OTHER_ID}\n")
    before = user.files()
    done = user("migrate", "--all", "--dry-run", "--no-verify")
    assert done.code == 0, done.err
    assert user.files() == before
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert rows[0][:3] == ["dev", KEY_ID, "*" * 16]
    assert rows[0][-1] == "moves to the store"
    assert SECRET not in done.out + done.err
    assert rows[-1][0] == "warning"
    assert "no secret" in rows[-1][3]


def test_without_consent_nothing_changes(user):
    user.write("credentials", f"[dev]\n{pair()}")
    before = aws_files(user)
    assert user("migrate", "--all", "--no-verify").code == 6
    assert aws_files(user) == before
    assert entries(user) == []


def test_an_installed_program_that_reads_only_static_keys_is_named_with_what_to_use(user, tmp_path):
    program = tmp_path / ("restic.exe" if sys.platform == "win32" else "restic")
    program.touch()
    program.chmod(0o700)
    user.write("credentials", f"[dev]\n{pair()}")
    done = user("migrate", "--all", "--dry-run", "--no-verify", PATH=str(tmp_path))
    [row] = [line for line in done.out.splitlines() if "restic" in line]
    assert "cannot read dev" in row
    assert row.endswith("awscreds exec dev -- restic …")
    assert "s3cmd" not in done.out


def test_if_aws_cannot_be_reached_keys_move_and_that_is_said(user):
    user.write("credentials", f"[dev]\n{pair()}")
    done = user("migrate", "--all", "--yes")
    assert done.code == 0, done.err
    assert "AWS was not asked whether the keys of dev are valid (cannot reach" in done.err
    assert served(user, "dev") == (KEY_ID, SECRET)


def test_a_key_that_is_managed_already_loses_its_plaintext(user):
    words = ("configure", "--profile", "dev", "--access-key-id", KEY_ID, "--secret-stdin")
    assert user(*words, "--no-verify", stdin=SECRET).code == 0
    wanted = aws_files(user)
    user.write("credentials", f"[dev]\n{pair()}")
    assert migrate(user)["dev"]["action"] == "move"
    assert aws_files(user) == {**wanted, "credentials": b""}


def test_another_stored_secret_is_not_overwritten(user):
    words = ("configure", "--profile", "b", "--access-key-id", KEY_ID, "--secret-stdin")
    assert user(*words, "--no-verify", stdin=OTHER_SECRET).code == 0
    user.write("credentials", f"[dev]\n{pair()}")
    items = migrate(user)
    assert items["dev"]["action"] == "leave"
    assert "another secret" in items["dev"]["reason"]
    assert served(user, "b") == (KEY_ID, OTHER_SECRET)


def test_a_wrong_passphrase_changes_nothing(user):
    migrate(user, credentials=f"[dev]\n{pair()}")
    user.write("credentials", f"[b]\n{pair(OTHER_ID, OTHER_SECRET)}")
    before = aws_files(user)
    assert user("lock").code == 0
    done = user("migrate", "--all", "--no-verify", "--yes", AWSCREDS_PASSPHRASE="another one")
    assert done.code == 4
    assert aws_files(user) == before


class TestWithAws:
    """A real check of each key, and the AWS CLI and boto3's view of the result."""

    def write(self, alice, text, config=""):
        alice.aws.mkdir(mode=0o700, exist_ok=True)
        alice.config.write_text(config)
        alice.credentials.write_text(text)
        alice.credentials.chmod(0o600)

    def migrate(self, alice, *words):
        done = alice.awscreds("migrate", "--all", "--yes", "--json", *words)
        return {item["profile"]: item for item in json.loads(done.stdout)["items"]}

    def test_keys_are_checked_and_those_that_aws_rejects_stay(self, alice):
        mine = pair(alice.key_id, alice.secret)
        wrong = pair(alice.key_id, OTHER_SECRET)
        self.write(
            alice,
            f"[dev]\n{mine}[wrong]\n{wrong}[gone]\n{pair(OTHER_ID, OTHER_SECRET)}"
            f"[split]\naws_secret_access_key = {alice.secret}\n"
            f"[token]\n{mine}aws_session_token = stale\n"
            f"[quoted]\n{pair(alice.key_id, chr(34) + alice.secret + chr(34))}",
            f"[profile split]\naws_access_key_id = {alice.key_id}\n",
        )
        items = self.migrate(alice)
        moved = {name for name, item in items.items() if item["action"] == "move"}
        assert moved == {"dev", "split", "token", "quoted"}
        assert items["dev"]["arn"].endswith(":user/alice")
        assert "the secret does not belong" in items["wrong"]["reason"]
        assert "rejected this access key" in items["gone"]["reason"]
        left = f"[wrong]\n{wrong}[gone]\n{pair(OTHER_ID, OTHER_SECRET)}"
        assert alice.credentials.read_text() == left
        for name in moved:
            said = alice.awscreds("whoami", "--profile", name, "--json").stdout
            assert json.loads(said)["arn"] == items["dev"]["arn"]
