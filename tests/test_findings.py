"""What commands say of files that only some tools read, and the names they make, in process."""

import io
import json
import os
import sys

import pytest

from awscreds.app import App
from awscreds.cli import run
from awscreds.commands import exec as exec_command
from tests.helpers import shown

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PAIR = f"aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"


TRUE = "cmd" if sys.platform == "win32" else "true"
"""A program that is there."""


class User:
    """Somebody with AWS files, whose AWS is out of reach: nothing here is to get that far."""

    def __init__(self, home, capsys):
        self.aws = home / ".aws"
        self.aws.mkdir(mode=0o700)
        self._capsys = capsys
        self.environ = {
            "HOME": str(home),
            "PATH": os.environ["PATH"] if sys.platform == "win32" else "/usr/bin:/bin",
            "AWSCREDS_BACKEND": "vault",
            "AWSCREDS_PASSPHRASE": "correct horse battery staple",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_REGION": "eu-central-1",
        }

    def write(self, name, content):
        path = self.aws / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)

    def __call__(self, *words, stdin="", **environ):
        said = io.StringIO()
        app = App({**self.environ, **environ}, stdin=io.StringIO(stdin), stderr=said)
        self.code = run([*words, "--no-input"] if "exec" not in words else words, app)
        captured = self._capsys.readouterr()
        self.out, self.err = captured.out, said.getvalue() + captured.err
        return self

    def files(self):
        return {path: path.read_bytes() for path in self.aws.rglob("*") if path.is_file()}


@pytest.fixture
def user(home, capsys, monkeypatch):
    monkeypatch.setattr(exec_command, "become", lambda *_: None)
    return User(home, capsys)


REPORTING = {
    "configure set": ("configure", "set", "region", "eu-west-3", "--profile", "b"),
    "configure unset": ("configure", "unset", "output", "--profile", "b"),
    "configure get": ("configure", "get", "region", "--profile", "b"),
    "configure list": ("configure", "list", "--profile", "b"),
    "configure list-profiles": ("configure", "list-profiles"),
    "list": ("list",),
    "list --json": ("list", "--json"),
    "whoami": ("whoami", "--profile", "b"),
    "export": ("export", "--profile", "b", "--reveal"),
    "mfa-session": ("mfa-session", "--profile", "b", "--reveal"),
    "mfa enable": ("mfa", "enable", "b", "--store-seed"),
    "mfa list": ("mfa", "list", "b"),
    "mfa remove": ("mfa", "remove", "b", "--yes"),
    "mfa code": ("mfa", "code", "b"),
    "exec": ("exec", "b", TRUE),
    "keys list": ("keys", "list", "--profile", "b"),
    "rotate": ("rotate", "--profile", "b", "--dry-run"),
    "rotate --all": ("rotate", "--all", "--dry-run"),
    "store show": ("store", "show"),
    "profile wrap": ("profile", "wrap", "role", "--yes"),
    "profile show": ("profile", "show", "role"),
    "profile copy": ("profile", "copy", "role", "new"),
    "profile rename": ("profile", "rename", "role", "new"),
    "profile remove": ("profile", "remove", "role", "--yes"),
    "profile add": (
        *("profile", "add", "new", "--role-arn", "arn:aws:iam::123456789012:role/a"),
        *("--source", "b", "--yes"),
    ),
    "profile unwrap": ("profile", "unwrap", "wrapped"),
    "login": ("login", "--profile", "b"),
    "logout": ("logout", "--profile", "b"),
    "console": ("console", "--profile", "b", "--print"),
    "configure": ("configure", "--profile", "b", "--region", "x", "--yes"),
    "migrate": ("migrate", "--profile", "b", "--no-verify", "--yes"),
    "migrate --dry-run": ("migrate", "--all", "--no-verify", "--dry-run", "--yes"),
    "configure import": (
        "configure",
        "import",
        "--from-env",
        "--profile",
        "b",
        "--yes",
        "--no-verify",
    ),
}


@pytest.mark.parametrize("command", REPORTING)
def test_every_command_about_a_profile_says_once_what_is_wrong_with_its_file(user, command):
    user.write(
        "config",
        "[profile b]\nregion = eu-west-1\nregion = eu-west-2\n"
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = b\n"
        "[profile wrapped]\nawscreds_role_arn = arn:aws:iam::123456789012:role/admin\n"
        "awscreds_source_profile = b\n",
    )
    user.write("credentials", f"[b]\n{PAIR}")
    keys = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    done = user(*REPORTING[command], **(keys if "import" in command else {}))
    place = f"{shown('.aws', 'config')}:3"
    said = f"{place}: region is already set at line 2; the AWS CLI and boto3 refuse"
    [row] = [row for row in done.err.splitlines() if said in row]
    assert row.endswith("one of the two")


def test_what_is_wrong_with_another_profile_is_not_said(user):
    user.write("config", '[profile a]\nregion = "x"\n[profile b]\nregion = eu-west-1\n')
    assert user("configure", "get", "region", "--profile", "b").err == ""
    assert ":2: the quotes" in user("list").err
    assert ":2: the quotes" in user("configure", "get", "region", "--profile", "a").err


OURS = "credential_process = /x/awscreds/__main__.py credential-process --profile b\n"


BESIDE = {
    "source_profile = a": "do not find the profile",
    "role_session_name = me": "do not find the profile",
    "external_id = us": "do not find the profile",
    "sso_region = eu-west-1": "fail for it",
    "sso_account_id = 123456789012": "SDKs use sso_account_id and not awscreds",
    "role_arn = arn:aws:iam::123456789012:role/a": "SDKs use role_arn and not awscreds",
}
NOT_ABOUT_IT = {"store show", "profile remove", "profile add", "configure import"}
"""They read no profile's credentials, take it away, refuse it, or set such a setting aside."""
MEETING = {
    **{name: words for name, words in REPORTING.items() if name not in NOT_ABOUT_IT},
    "profile show it": ("profile", "show", "b"),
    "profile rename it": ("profile", "rename", "b", "c"),
    "keys delete": ("keys", "delete", KEY_ID, "--profile", "b", "--yes"),
    "export-credentials": ("configure", "export-credentials", "--profile", "b"),
}
ONLY_IF_READ = ("export", "mfa-session", "exec", "export-credentials")
"""Tools start these again and again: a warning there is for a person at a terminal."""


@pytest.mark.parametrize("setting", BESIDE)
@pytest.mark.parametrize("command", MEETING)
def test_what_net_does_not_accept_beside_our_line_is_said_by_the_command_that_meets_it(
    user, command, setting
):
    user.write(
        "config",
        f"[profile b]\nawscreds_access_key_id = {KEY_ID}\n{OURS}{setting}\nendpoint_url = http://x\n"
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = b\n"
        "[profile wrapped]\nawscreds_role_arn = arn:aws:iam::123456789012:role/admin\n"
        "awscreds_source_profile = b\n",
    )
    words = MEETING[command]
    verbose = command in ONLY_IF_READ and "SDKs use" not in BESIDE[setting]
    user(*(["--verbose"] if verbose else []), *words)
    key = setting.partition(" ")[0]
    [row] = [
        row for row in user.err.splitlines() if f"{key} is beside the credential_process" in row
    ]
    assert f"{shown('.aws', 'config')}:4: {key} is beside" in row
    assert BESIDE[setting] in row
    assert "the AWS SDK for .NET and PowerShell's AWS tools" in row
    assert "endpoint_url" not in user.err
    if verbose:
        assert "is beside the credential_process" not in user(*words).err


def test_a_finding_is_said_once_in_a_run_however_often_it_is_reported(user):
    user.write("config", '[profile a]\nregion = "x"\n')
    said = io.StringIO()
    app = App(user.environ, stderr=said)
    for _ in range(2):
        assert [each.code for each in app.file_warnings.report("a")] == ["quoted-value"]
    assert len(said.getvalue().splitlines()) == 1


def test_many_findings_do_not_fill_the_screen(user):
    user.write("config", "".join(f'[profile p{n}]\nregion = "x"\n' for n in range(100)))
    rows = user("list", "--quiet").err.splitlines()
    assert len(rows) == 21
    assert "80 more" in rows[-1]


def calls(user, count):
    """How many function calls `list --json` takes with so many profiles, all of them at odds."""
    import cProfile
    import pstats

    user.write("credentials", f"[DEFAULT]\n{PAIR}")
    user.write(
        "config",
        "".join(f"[profile p{n}]\nsource_profile = p{n + 1}\nregion = 'x'\n" for n in range(count)),
    )
    watch = cProfile.Profile()
    watch.runcall(user, "list", "--json")
    assert user.code == 0
    return pstats.Stats(watch).total_calls


def test_the_work_grows_with_the_number_of_profiles_and_no_faster(user):
    calls(user, 10)  # what is imported on the way is not counted
    assert calls(user, 800) < 2.2 * calls(user, 400)


def test_what_is_wrong_with_the_source_of_a_role_is_said_of_the_role(user):
    user.write(
        "config",
        "[profile a]\nrole_arn = r\nsource_profile = b\n"
        "[profile b]\nrole_arn = r\nsource_profile = a\nregion = 'x'\n[profile c]\nregion = 'x'\n",
    )
    rows = user("configure", "get", "role_arn", "--profile", "a").err.splitlines()
    assert [row.partition("config:")[2].partition(":")[0] for row in rows] == ["7"]


UTF16 = [
    ("list",),
    ("list", "--json"),
    ("whoami",),
    ("store", "show"),
    ("store", "show", "--json"),
    ("rotate", "--all", "--yes", "--no-input"),
    ("rotate",),
    ("configure", "list"),
    ("configure", "get", "region"),
    ("configure", "set", "region", "x"),
    ("configure", "list-profiles"),
    ("configure", "--region", "x"),
    ("configure", "--region", "x", "--yes"),
    ("export", "--reveal"),
    ("exec", "default", TRUE),
    ("keys", "list"),
    ("profile", "wrap", "default"),
    ("credential-process", "--profile", "default"),
]


@pytest.mark.parametrize("words", UTF16, ids=" ".join)
def test_a_file_in_utf16_is_exit_3_for_every_command(user, words):
    user.write("credentials", f"[default]\r\n{PAIR}".encode("utf-16"))
    done = user(*words)
    assert done.code == 3
    said = json.loads(done.out)["error"]["message"] if "--json" in words else done.err
    path = user.aws / "credentials" if "--json" in words else shown(".aws", "credentials")
    assert f"{path} is UTF-16" in said


@pytest.mark.parametrize("mark", ["", "-le", "-be"])
@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-32"])
@pytest.mark.parametrize("name", ["config", "credentials"])
def test_with_and_without_a_mark_in_either_file(user, encoding, mark, name):
    user.write(name, "[profile a]\nregion = x\n".encode(encoding + mark))
    assert f"{shown('.aws', name)} is {encoding}, but" in user("list").err
    assert user.code == 3


def test_cron_hears_of_a_file_in_which_no_key_can_be_found(user):
    user.write("credentials", b"\x1f\x8b\x08\x00\xff\xfe garbage \n")
    user.write("config", "# none\n")
    done = user("rotate", "--all", "--yes", "--no-input", "--quiet")
    assert done.code == 3
    assert f"{shown('.aws', 'credentials')}:1: " in done.err


def test_wrap_refuses_where_the_cli_would_take_other_credentials(user):
    text = (
        "[DEFAULT]\nrole_arn = arn:aws:iam::123456789012:role/other\nsource_profile = alice\n"
        "[profile alice]\nregion = x\n"
        "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = alice\n"
    )
    user.write("config", text)
    done = user("profile", "wrap", "admin")
    assert done.code == 3
    assert f"{shown('.aws', 'config')}:1: for the profile admin" in done.err
    assert (user.aws / "config").read_text() == text
    assert "see the warnings above" in user("profile", "wrap", "admin", "--yes").err


# Names

MAKING = {
    "configure": (("configure", "--profile", "{}", "--region", "x"), ""),
    "configure with a key": (
        ("configure", "--profile", "{}", "--access-key-id", "{id}", "--secret-stdin"),
        "{secret}",
    ),
    "configure by AWS_PROFILE": (("configure", "--region", "x"), ""),
    "configure set": (("configure", "set", "region", "x", "--profile", "{}"), ""),
    "configure set, static": (
        ("configure", "set", "aws_access_key_id", "{id}", "--profile", "{}"),
        "",
    ),
    "configure set --sso-session": (
        ("configure", "set", "sso_region", "x", "--sso-session", "{}"),
        "",
    ),
    "configure set --services": (
        ("configure", "set", "s.endpoint_url", "x", "--services", "{}"),
        "",
    ),
    "configure import": (
        ("configure", "import", "--csv", "-", "--profile", "{}"),
        "Access key ID,Secret access key\n{id},{secret}\n",
    ),
    "configure import --profile-prefix": (
        ("configure", "import", "--csv", "-", "--profile-prefix", "{}"),
        "User name,Access key ID,Secret access key\nalice,{id},{secret}\n",
    ),
}


@pytest.mark.parametrize("command", MAKING)
@pytest.mark.parametrize(
    ("name", "rc", "said"),
    [
        ("#h", 2, "# or ;"),
        ("x ;y", 2, "# or ;"),
        ("a\u3164b", 2, "invisible"),
        ("a]b", 2, "]"),
        ("my team", 6, "Go, Java, JavaScript and Rust"),
        ("käse", 6, "Java, JavaScript and Rust"),
    ],
)
def test_no_command_makes_a_profile_that_some_tool_cannot_read(user, command, name, rc, said):
    argv, stdin = MAKING[command]
    fill = {"id": KEY_ID, "secret": SECRET}
    words = [word.format(name, **fill) for word in argv]
    variable = {"AWS_PROFILE": name} if "AWS_PROFILE" in command else {}
    user.write("config", "# an empty file could be one that is being written\n")
    before = user.files()
    done = user(*words, stdin=stdin.format(**fill), **variable)
    assert done.code == rc
    assert said in done.err
    assert user.files() == before


@pytest.mark.parametrize("name", ["my team", "käse"])
@pytest.mark.parametrize("command", [name for name, (_, stdin) in MAKING.items() if not stdin])
def test_with_consent_such_a_profile_is_made(user, command, name):
    argv, _ = MAKING[command]
    words = [word.format(name, id=KEY_ID) for word in argv]
    user(*words, "--yes", **({"AWS_PROFILE": name} if "AWS_PROFILE" in command else {}))
    assert user.code == 0
    assert any(name.encode() in content for content in user.files().values())


# configure list

ON_DEMAND = {
    "assume-role": "role_arn = arn:aws:iam::123456789012:role/x\nsource_profile = b\n",
    "custom-process": "credential_process = /bin/echo\n",
    "assume-role-with-web-identity": (
        "role_arn = arn:aws:iam::123456789012:role/x\nweb_identity_token_file = /t\n"
    ),
    "sso": "sso_account_id = 123456789012\nsso_role_name = r\nsso_session = s\n",
    "login": "login_session = arn:aws:iam::123456789012:user/alice\n",
}


@pytest.mark.parametrize("method", ON_DEMAND)
def test_configure_list_has_the_clis_word_for_where_a_key_comes_from(user, method):
    user.write("config", f"[profile b]\nregion = us-east-1\n[profile x]\n{ON_DEMAND[method]}")
    report = json.loads(user("configure", "list", "--profile", "x", "--json").out)
    for row in (report["access_key"], report["secret_key"]):
        assert (row["value"], row["type"]) == ("<on demand>", method)
        assert row["location"].endswith(str(user.aws / "config"))
    listed = user("configure", "list", "--profile", "x").out
    assert [row.split(" : ")[2].strip() for row in listed.splitlines()[2:4]] == [method, method]


def test_configure_list_says_env_for_a_web_identity_of_the_environment(user):
    done = user("configure", "list", AWS_WEB_IDENTITY_TOKEN_FILE="/t")
    assert "assume-role-with-web-identity : AWS_WEB_IDENTITY_TOKEN_FILE" in done.out
