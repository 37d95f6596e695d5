"""``sso populate``: against a strict portal, in bad weather, and interrupted."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from awscreds.app import App
from awscreds.cli import run
from awscreds.model.ini.document import PROFILE, Document
from awscreds.sandbox.identity_center import LOGIN, TOKEN
from awscreds.sandbox.portal import LARGEST_PAGE
from tests.e2e.conftest import AWS, PROGRAM
from tests.e2e.terminal import terminal
from tests.e2e.test_login import SESSION, Employee
from tests.sandbox.portal import GOOD, portal_of
from tests.workflows.test_populate import A

pytestmark = pytest.mark.slow

HOSTILE = "a]\n[profile evil]\ncredential_process = /bin/sh\x1b[31m\u202e"


class Person(Employee):
    """Alice, who has an sso-session, no profile, and a login."""

    def __init__(self, alice):
        super().__init__(alice, "# mine\n" + SESSION)
        self("login", "--sso-session", "corp")

    def populate(self, *words, rc=0, waits=None, **variables):
        """Run it in this process, where waiting takes no time; what people see of it."""
        environment = {**self.alice.environment, **variables}
        app = App(environment, sleep=(waits if waits is not None else []).append)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(["sso", "populate", "--no-input", *words], app)
        self.err = err.getvalue()
        assert code == rc, (out.getvalue(), self.err)
        assert "has a bug" not in self.err
        return out.getvalue()

    @property
    def text(self):
        return self.alice.config.read_text(encoding="utf-8")

    @property
    def names(self):
        return Document.parse(self.text.encode()).profiles()


@pytest.fixture
def person(alice, monkeypatch, capfd):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(alice.home))
    return Person(alice)


def accounts(count, roles=("Admin", "ReadOnly")):
    return {f"{at:012}": {"name": f"Account {at}", "roles": list(roles)} for at in range(count)}


def test_profiles_that_were_populated_work_in_sdks_and_here(person, alice):
    assert "AdministratorAccess" in person.populate("--dry-run")
    assert person.names == []
    done = person("sso", "populate", "--yes")
    assert "Added 3 profiles." in done.stderr
    assert person.names == [
        "Sandbox-AdministratorAccess",
        "Sandbox-ReadOnlyAccess",
        "Staging-Co-ReadOnlyAccess",
    ]
    arn = person("whoami", "--profile", "Staging-Co-ReadOnlyAccess").stdout
    assert "012345678901:assumed-role/AWSReservedSSO_ReadOnlyAccess" in arn
    person("login", "--sso-session", "corp", "--share")
    words = ("sts", "get-caller-identity", "--profile", "Sandbox-ReadOnlyAccess")
    assert "123456789012" in alice.run(*AWS, *words).stdout


def test_with_wrap_sdks_get_them_from_us_and_unwrap_restores_what_populate_writes(person, alice):
    person.populate("--yes")
    plain = person.text
    alice.config.write_text("# mine\n" + SESSION)
    person.populate("--yes", "--wrap")
    words = ("sts", "get-caller-identity", "--profile", "Staging-Co-ReadOnlyAccess")
    assert "012345678901" in alice.run(*AWS, *words).stdout
    for name in person.names:
        person("profile", "unwrap", name)
    assert person.text == plain
    assert "wrap" in person.populate("--yes", "--wrap")
    assert "Wrapped 3 profiles." in person.err
    assert "012345678901" in alice.run(*AWS, *words).stdout
    assert "Nothing to change: 3 profiles up to date." in person("sso", "populate", "--wrap").stderr


def test_hostile_names_of_accounts_and_roles_harm_nothing(person):
    names = [HOSTILE, "", " ", "x" * 255, "x" * 255, "#;", "😀", "default", "-rf"]
    listed = {
        f"{at:012}": {"name": name, "roles": ["Read", "evil\nregion = x", "]", ""]}
        for at, name in enumerate(names)
    }
    person.control.assign(listed)
    shown = person.populate("--yes")
    assert "\x1b" not in shown + person.err
    assert "\u202e" not in shown + person.err
    assert "names that AWS does not allow" in person.err
    assert len(person.names) == len(names)
    assert "evil" not in person.text.replace("a-profile-evil", "")
    assert "credential_process =" not in person.text
    assert "Nothing to change: 9 profiles" in (person.populate("--yes") + person.err)


def test_all_pages_are_read(person):
    count = 2 * LARGEST_PAGE + 1
    roles = [f"R{at}" for at in range(count)]
    person.control.assign({**accounts(count, []), A: {"name": "A", "roles": roles}})
    document = json.loads(person.populate("--json", "--dry-run"))
    assert (document["accounts"], document["roles"]) == (count + 1, count)
    assert len(document["changes"]) == count
    assert person.count("ListAccounts") == 3


@pytest.mark.parametrize(
    ("config", "words", "refused"),
    [
        ("", [], (3, "aws configure sso-session")),
        (SESSION, ["--sso-session", "other"], (3, "no sso-session other")),
        (f"{SESSION}[sso-session two]\n", [], (2, "several sso-sessions: corp, two")),
        ("[sso-session corp]\nsso_region = eu-central-1\n", [], (3, "has no sso_start_url")),
        (SESSION, ["--template", "{x}"], (2, "no field 'x'")),
        (SESSION, ["--prefix", "a b"], (2, "--prefix has characters")),
        (SESSION, ["--region", "-"], (2, "region")),
    ],
)
def test_what_cannot_be_is_refused_before_aws_is_asked(person, alice, config, words, refused):
    rc, said = refused
    alice.config.write_text(config)
    person.populate(*words, rc=rc)
    assert said in person.err
    assert person.count("ListAccounts") == 0
    assert person.text == config


def test_a_token_is_not_sent_over_plain_http(person):
    person.populate("--yes", rc=3, AWS_ENDPOINT_URL_SSO="http://portal.example")
    assert "plain http" in person.err


def test_who_is_not_logged_in_is_told_how(person):
    person("logout", "--sso-session", "corp")
    person.populate("--yes", rc=5)
    assert "awscreds login --sso-session corp" in person.err
    person("login", "--sso-session", "corp")
    person.control.advance(LOGIN + 1)
    person.populate("--yes", rc=5)
    assert "awscreds login --sso-session corp" in person.err
    assert person.names == []


def test_without_consent_nothing_changes(person):
    before = person.text
    shown = person.populate(rc=6)
    assert "Sandbox-ReadOnlyAccess" in shown
    assert "--yes" in person.err
    assert person.text == before


WEATHER = {
    "gone token": (("ListAccountRoles", "UnauthorizedException", 401), "awscreds login --sso"),
    "500": (("ListAccountRoles", "InternalServerException", 500), "cannot list your accounts"),
    "429": (("ListAccountRoles", "TooManyRequestsException", 429), "too many requests"),
    "429 at first": (("ListAccounts", "TooManyRequestsException", 429), "too many requests"),
    "refused": (("ListAccountRoles", "InvalidRequestException", 400), "cannot list your accounts"),
}


@pytest.mark.parametrize("weather", WEATHER)
def test_if_not_all_can_be_listed_nothing_changes(person, weather):
    person.populate("--yes")
    before = person.text
    person.control.assign({**accounts(20), "123456789012": {"name": "New", "roles": []}})
    (action, code, status), said = WEATHER[weather]
    first = 1 if "first" in weather else 15
    person.control.fail(action, code, status=status, nth=first, count=None)
    waits = []
    person.populate("--yes", "--prune", rc=5, waits=waits)
    assert said in person.err
    assert person.text == before
    if status == 429:
        assert 30 < sum(waits) < 600
    person.control.clear_faults()
    person.populate("--yes", "--prune")
    assert len(person.names) == 40


def test_a_call_that_fails_once_is_made_again(person):
    for action in ("ListAccounts", "ListAccountRoles"):
        person.control.fail(action, "InternalServerException", status=500)
        person.control.fail(action, "TooManyRequestsException", status=429, nth=2)
        person.control.drop(action, nth=3)
    person.populate("--yes")
    assert len(person.names) == 3


@pytest.mark.posix("in Wine, awscreds is slower than the portal's limit")
def test_it_goes_as_fast_as_the_portal_lets_it(person):
    """The waits are real here: so many accounts are more than one second of the portal's."""
    person.control.assign(accounts(60, ["Admin"]))
    person.control.limit_rate(40)
    person("sso", "populate", "--yes", timeout=120)
    assert len(person.names) == 60
    refused = [each for each in person.control.log("ListAccountRoles") if each["status"] == 429]
    assert refused


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("/assignment/accounts", b"<html>log in to the hotel</html>"),
        ("/assignment/accounts", b"[]"),
        ("/assignment/accounts", b'{"accountList": [null]}'),
        ("/assignment/accounts", b'{"accountList": "x"}'),
        ("/assignment/accounts", b'{"accountList": [{"accountId": "../x", "accountName": "n"}]}'),
        ("/assignment/accounts", b'{"accountList": [], "nextToken": "again"}'),
        ("/assignment/roles", b'{"roleList": [7]}'),
        ("/assignment/roles", b'{"roleList": [{"accountId": "1"}]}'),
        ("/assignment/roles", b'{"roleList": [], "nextToken": "again"}'),
        ("/assignment/roles", b"null"),
    ],
)
def test_garbage_changes_nothing(person, action, answer):
    before = person.text
    with portal_of({**GOOD, action: answer}) as url:
        person.populate("--yes", "--prune", rc=5, AWS_ENDPOINT_URL_SSO=url)
    assert person.text == before


def test_a_name_that_is_no_text_is_no_name(person):
    accounts = GOOD["/assignment/accounts"].replace(b'"A"', b"7")
    with portal_of({**GOOD, "/assignment/accounts": accounts}) as url:
        person.populate("--yes", AWS_ENDPOINT_URL_SSO=url)
    assert person.names == ["123456789012-Admin"]


def test_an_account_that_is_gone_before_its_roles_are_listed_loses_no_profile(person):
    person.populate("--yes")
    before = person.text
    person.control.fail("ListAccountRoles", "ResourceNotFoundException", status=404, count=None)
    person.populate("--yes", "--prune")
    assert "AWS does not find the account any more" in person.err
    assert person.text == before


def test_no_account_at_all_prunes_nothing(person):
    person.populate("--yes")
    before = person.text
    person.control.assign({})
    person.populate("--yes", "--prune", rc=5)
    assert "AWS lists no account at all" in person.err
    assert person.text == before
    person.populate("--yes")
    assert person.text == before


def test_a_token_near_its_end_is_refreshed_before_the_listing(person):
    person.control.advance(TOKEN - 60)
    person.populate("--yes", rc=0)
    assert len(person.names) == 3


def test_what_another_program_writes_meanwhile_stays_or_stops_it(person, alice, monkeypatch):
    from awscreds.app.dialogue import Dialogue

    def write(text):
        def consent(*_, **__):
            with alice.config.open("a") as file:
                file.write(text)
            return True

        monkeypatch.setattr(Dialogue, "consent", consent)

    write("\n[profile Sandbox-ReadOnlyAccess]\nregion = mine\n")
    person.populate(rc=3)
    assert "another program has changed the profiles meanwhile" in person.err
    assert person.names == ["Sandbox-ReadOnlyAccess"]
    write("\n[profile other]\nregion = mine\n")
    person.populate()
    assert person.names[:2] == ["Sandbox-ReadOnlyAccess", "other"]
    assert len(person.names) == 5


def test_of_several_at_once_each_profile_is_written_once(person):
    def populate(_):
        return person("sso", "populate", "--yes", rc=None).returncode

    with ThreadPoolExecutor(4) as pool:
        codes = set(pool.map(populate, range(4)))
    assert 0 in codes <= {0, 3}
    assert len(person.names) == 3


def test_renames_and_removals_are_told_with_their_users(person, alice):
    person.populate("--yes")
    with alice.config.open("a") as file:
        file.write(
            "\n[profile deploy]\nrole_arn = arn:aws:iam::123456789012:role/x\n"
            "source_profile = Sandbox-ReadOnlyAccess\n"
        )
    person.control.assign({A: {"name": "Prod", "roles": ["Admin"]}})
    shown = person.populate("--yes", "--prune", AWS_PROFILE="Sandbox-ReadOnlyAccess")
    assert "used by deploy" in shown
    assert "deploy uses Sandbox-ReadOnlyAccess, and will not work without it" in person.err
    assert "AWS_PROFILE of this shell still names Sandbox-ReadOnlyAccess" in person.err
    assert person.names == ["deploy", "Prod-Admin"]
    person.control.assign({A: {"name": "Lab", "roles": ["Admin"]}})
    assert "Prod-Admin → Lab-Admin" in person.populate("--yes")
    assert person.names == ["deploy", "Lab-Admin"]


def test_the_sessions_of_profiles_follow_them_or_go_with_them(person, alice):
    person.populate("--yes", "--wrap")
    for name in ("Sandbox-AdministratorAccess", "Staging-Co-ReadOnlyAccess"):
        person("whoami", "--profile", name)
    person.control.assign({"012345678901": {"name": "Stage", "roles": ["ReadOnlyAccess"]}})
    person.populate("--yes", "--prune")
    listed = json.loads(person("sessions", "list", "--json").stdout)
    assert [each["profile"] for each in listed["sessions"]] == ["Stage-ReadOnlyAccess"]
    asked = person.count("GetRoleCredentials")
    person("whoami", "--profile", "Stage-ReadOnlyAccess")
    assert person.count("GetRoleCredentials") == asked


def test_another_config_file_that_uses_a_removed_profile_is_named(person, alice):
    other = {"AWS_CONFIG_FILE": str(alice.home / "work.ini")}
    (alice.home / "work.ini").write_text(SESSION)
    person.populate("--yes", "--wrap", **other)
    made = Document.parse((alice.home / "work.ini").read_bytes())
    line = made.get((PROFILE, "Sandbox-ReadOnlyAccess"), "credential_process")
    text = f"[profile mine]\ncredential_process = {line}\n"
    alice.config.write_text(text)
    person.control.assign({A: {"name": "Prod", "roles": ["Admin"]}})
    person.populate("--yes", "--prune", **other)
    assert "config:2 is also about the profile Sandbox-ReadOnlyAccess" in person.err
    assert person.text == text


@pytest.mark.posix("SIGINT")
def test_ctrl_c_while_aws_is_slow_ends_it_at_once_with_nothing_changed(person, alice):
    before = person.text
    person.control.hang("ListAccountRoles", count=None)
    with subprocess.Popen(
        [PROGRAM, "sso", "populate", "--yes"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=alice.environment,
        start_new_session=True,
    ) as process:
        while not person.count("ListAccounts"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        # No answer comes: it must not wait for one.
        process.communicate(timeout=10)
        assert process.returncode == 130
    person.control.release()
    assert person.text == before


def test_the_next_run_uses_the_same_names(person):
    person.populate("--yes", "--prefix", "corp/", "--template", "{role_name}@{account_id}")
    assert "awscreds_populate_template" in person.err
    names = person.names
    assert names[0] == "corp/AdministratorAccess@123456789012"
    person.populate("--yes")
    assert "Nothing to change: 3 profiles" in person.err
    assert "awscreds_" not in person("doctor", "--offline", rc=None).stdout
    person.populate("--yes", "--template", "{account_name}-{role_name}")
    assert person.names[0] == "Sandbox-AdministratorAccess"
    person.populate("--yes")
    assert "Nothing to change: 3 profiles" in person.err


def test_a_template_of_the_file_that_is_none_is_named(person, alice):
    alice.config.write_text(f"{SESSION}awscreds_populate_template = {{role}}\n")
    person.populate("--yes", rc=3)
    assert "awscreds_populate_template of the sso-session corp must be a text" in person.err
    person.populate("--yes", "--template", "{role_name}-{account_id}")
    assert len(person.names) == 3


@pytest.mark.posix("it has no pseudo-terminals")
@pytest.mark.parametrize("pipe", ["", " | cat >table"], ids=["terminal", "pipe"])
def test_a_person_sees_the_plan_above_the_question_and_decides(person, alice, pipe):
    before = person.text
    words = ("sh", "-c", f"{PROGRAM} sso populate{pipe}")
    with terminal(alice, *words, COLUMNS="160") as screen:
        screen.expect("Sandbox-AdministratorAccess")
        screen.answer("Add 3 profiles? [y/N]", "n")
        screen.end()
    assert person.text == before
    with terminal(alice, *words, COLUMNS="160") as screen:
        screen.answer("Add 3 profiles? [y/N]", "y")
        screen.expect("Added 3 profiles.")
        screen.end()
    assert len(person.names) == 3


def test_what_is_removed_is_seen_however_much_is_added(person):
    person.populate("--yes")
    person.control.assign(accounts(60))
    shown = person.populate("--prune", rc=6)
    assert all(name in shown for name in person.names)
    assert "… and 105 more" in person.err
    assert len(person.populate("--prune", "--dry-run").splitlines()) == 123


def test_five_thousand_roles_are_written_in_one_step(person):
    count = 1000
    person.control.assign(accounts(count, [f"Role{at}" for at in range(5)]))
    document = json.loads(person.populate("--yes", "--json"))
    assert (document["accounts"], len(document["changes"])) == (count, 5 * count)
    assert len(person.names) == 5 * count
    values = Document.parse(person.text.encode()).values((PROFILE, "Account-7-Role3"))
    assert values["sso_account_id"] == "000000000007"
    assert os.stat(person.alice.config).st_mode & 0o077 == 0 or sys.platform == "win32"


@pytest.mark.posix("it has no pseudo-terminals")
def test_a_narrow_terminal_leaves_out_the_account_before_it_cuts_a_name(person, alice):
    name = "Staging of the European Team"
    person.control.assign({"012345678901": {"name": name, "roles": ["ReadOnlyAccess"]}})
    with terminal(alice, PROGRAM, "sso", "populate", "--dry-run", COLUMNS="80") as screen:
        assert screen.end() == 0
    assert "Staging-of-the-European-Team-ReadOnlyAccess" in screen.text
    assert "ROLE" in screen.text
    assert "ACCOUNT" not in screen.text
