"""The law of our line, over every command that writes it: no credential property is beside it.

The commands run in this process, on files that hypothesis makes, without AWS (``--no-verify``).
Rotations, which need one, are in ``tests/e2e/test_beside_our_line.py``.
"""

import io
import shutil
from hashlib import sha1

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from awscreds.app import App
from awscreds.cli import run
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.settings import NOT_BESIDE, is_not_beside
from tests.other_tools import credentials, write_file
from tests.sandbox.portal import GOOD, portal_of

pytestmark = pytest.mark.usefixtures("at_rest")

KEY_ID, OTHER = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SERIAL = "arn:aws:iam::123456789012:mfa/alice"
ROLE = "arn:aws:iam::123456789012:role/ops"
OUR_LINE = "/x/awscreds/__main__.py credential-process --profile dev"
OTHERS = ("role_arn", "web_identity_token_file", "login_session")
NO_ROLE = [key for key in NOT_BESIDE if key not in OTHERS]

LAW = settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Person:
    """Somebody who writes her files and runs commands; her AWS is out of reach."""

    def __init__(self, home):
        self.aws = home / ".aws"
        self.environ = {
            "HOME": str(home),
            "PATH": "/usr/bin:/bin",
            "AWSCREDS_BACKEND": "vault",
            "AWSCREDS_PASSPHRASE": "correct horse battery staple",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_VAULT_FILE_PASSPHRASE": "OpensAVault1 that is another program's",
        }
        for name in ("dev", "a b", "new"):
            data = credentials(KEY_ID, SECRET)
            write_file(
                home / ".awsvault" / "keys", name, data, "OpensAVault1 that is another program's"
            )

    def begin(self, config, credentials):
        shutil.rmtree(self.aws, ignore_errors=True)
        login = self.aws / "sso" / "cache" / f"{sha1(b'corp').hexdigest()}.json"
        login.parent.mkdir(parents=True)
        self.aws.chmod(0o700)
        login.write_text('{"accessToken": "token", "expiresAt": "2999-01-01T00:00:00Z"}')
        for name, text in (("config", config), ("credentials", credentials)):
            (self.aws / name).write_text(text)
            (self.aws / name).chmod(0o600)

    def __call__(self, *words, stdin=""):
        """The exit code, and what was said."""
        said = io.StringIO()
        app = App(dict(self.environ), stdin=io.StringIO(stdin), stderr=said)
        return run([*words, "--no-input"], app), said.getvalue()

    def files(self):
        return tuple((self.aws / name).read_text() for name in ("config", "credentials"))

    def beside(self):
        """The profiles with our line, each with the properties that must not be beside it."""
        config, credentials = (text.encode() for text in self.files())
        both = Profiles(Document.parse(config), Document.parse(credentials, credentials=True))
        return {
            profile.name: [
                key for key in {**profile.config, **profile.credentials} if is_not_beside(key)
            ]
            for profile in both.all()
            if profile.has_our_process
        }


@pytest.fixture
def person(home):
    person = Person(home)
    with portal_of(GOOD) as person.environ["AWS_ENDPOINT_URL_SSO"]:
        yield person


def lines(keys):
    values = st.sampled_from([SERIAL, "base", "x y", ""])
    line = st.tuples(st.sampled_from(keys), st.sampled_from([" = ", "=", " : "]), values)
    spelled = st.tuples(line, st.sampled_from([str.lower, str.upper, str.title]))
    extra = st.sampled_from(["", "# mine\n", "\n", "; mfa_serial = no\n"])
    return st.lists(
        st.tuples(spelled, extra), max_size=4, unique_by=lambda found: found[0][0][0].lower()
    ).map(
        lambda all_of_them: "".join(
            f"{extra}{how(key)}{sign}{value}\n" for ((key, sign, value), how), extra in all_of_them
        )
    )


USERS_OWN = lines([*NO_ROLE, "region", "output", "mfa_process"])
IN_CREDENTIALS = lines(["mfa_serial", "external_id", "role_session_name"])
OF_CORP = st.sampled_from(["sso_region = eu-west-1\n", "# its region:\nsso_region=eu-west-1\n"])
OF_SSO = st.sampled_from(
    [
        "sso_role_name = r\n",
        "# mine\nsso_role_name = r\nSSO_Region = eu-west-1\noutput = json\n",
        "\nsso_role_name=r\nregion = eu-west-1\nsso_registration_scopes = x\n; the end\n",
    ]
)
OF_A_LOGIN = st.sampled_from(
    [
        "login_session = arn:aws:iam::1:root\n",
        "# who I am\nLogin_Session=arn:aws:iam::1:user/a\nregion = eu-west-1\n; the end\n",
    ]
)
OF_A_ROLE = lines(["mfa_serial", "external_id", "role_session_name", "region"])


@st.composite
def files(draw):
    """Profiles as people have them: a user's, a role, one in quotes; no line of ours."""
    config = (
        f"# top\n[profile dev]\n{draw(USERS_OWN)}\n"
        f"[profile ops]\nrole_arn = {ROLE}\nsource_profile = dev\n{draw(OF_A_ROLE)}\n"
        f"[profile 'a b']\n{draw(USERS_OWN)}\n"
        f"[sso-session corp]\nsso_start_url = https://d-1.awsapps.com/start\n{draw(OF_CORP)}"
        f"[profile ro]\nsso_session = corp\nsso_account_id = 012345678901\n{draw(OF_SSO)}"
        f"[profile web]\n{draw(OF_A_LOGIN)}"
    )
    pair = f"aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
    credentials = f"[dev]\n{draw(st.sampled_from(['', pair]))}{draw(IN_CREDENTIALS)}"
    return config, credentials


NAMES = st.sampled_from(["dev", "a b", "new"])
WRITERS = {
    "configure": lambda name: (
        *("configure", "--profile", name, "--access-key-id", KEY_ID, "--secret-stdin"),
        *("--no-verify", "--yes"),
    ),
    "configure another key": lambda name: (
        *("configure", "--profile", name, "--access-key-id", OTHER, "--secret-stdin"),
        *("--no-verify", "--yes"),
    ),
    "configure a device": lambda name: ("configure", "--profile", name, "--mfa-serial", SERIAL),
    "configure a region": lambda name: ("configure", "--profile", name, "--region", "eu-west-1"),
    "configure --plaintext": lambda name: (
        *("configure", "--profile", name, "--access-key-id", KEY_ID, "--secret-stdin"),
        *("--plaintext", "--no-verify", "--yes"),
    ),
    "import": lambda name: (
        *("configure", "import", "--from-env", "--profile", name, "--yes", "--no-verify"),
    ),
    "migrate": lambda name: ("migrate", "--profile", name, "--no-verify", "--yes"),
    "migrate --all": lambda _: ("migrate", "--all", "--no-verify", "--yes"),
    "import from aws-vault": lambda name: (
        *("import", "--from", "aws-vault", "--profile", name, "--yes", "--no-verify"),
    ),
    "wrap": lambda _: ("profile", "wrap", "ops", "--yes"),
    "unwrap": lambda _: ("profile", "unwrap", "ops"),
    "wrap SSO": lambda _: ("profile", "wrap", "ro", "--yes"),
    "populate": lambda _: ("sso", "populate", "--wrap", "--yes"),
    "unwrap SSO": lambda _: ("profile", "unwrap", "ro"),
    "wrap login": lambda _: ("profile", "wrap", "web", "--yes"),
    "unwrap login": lambda _: ("profile", "unwrap", "web"),
    **{
        f"set {key}": lambda name, key=key: ("configure", "set", key, "base", "--profile", name)
        for key in (*NOT_BESIDE, "sso_region", "region", "awscreds_serve")
    },
    **{
        f"set {key} of the role": lambda _, key=key: (
            *("configure", "set", key, "base", "--profile", "ops"),
        )
        for key in ("mfa_serial", "external_id", "role_session_name")
    },
    **{
        f"unset {key}": lambda name, key=key: ("configure", "unset", key, "--profile", name)
        for key in ("mfa_serial", "credential_process", "region", "awscreds_access_key_id")
    },
    "set our line": lambda name: (
        *("configure", "set", "credential_process", OUR_LINE, "--profile", name),
    ),
    "set another line": lambda name: (
        *("configure", "set", "credential_process", "/bin/other", "--profile", name),
    ),
}


BEFORE = [
    None,
    "configure",
    "wrap",
    "wrap SSO",
    "wrap login",
    "set our line",
    "configure a device",
    "import",
]


@pytest.mark.slow
@pytest.mark.daily(16)
@pytest.mark.parametrize("command", WRITERS)
@LAW
@given(files(), st.sampled_from(BEFORE), NAMES)
def test_after_any_command_no_profile_with_our_line_has_such_a_property(
    person, command, start, before, name
):
    person.begin(*start)
    for each in filter(None, (before, command)):
        words = WRITERS[each](name)
        code, said = person(*words, stdin=SECRET)
        assert code in (0, 1, 2, 3, 6), (words, said)
        assert not any(person.beside().values()), (words, said, person.files())


@pytest.mark.parametrize("command", ["copy", "rename"])
@pytest.mark.parametrize("where", ["config", "credentials"])
def test_a_profile_of_an_earlier_release_is_mended_when_it_is_copied_or_renamed(
    person, command, where
):
    line = f"# the blue one\nMFA_Serial = {SERIAL}\n"
    config = f"[profile dev]\n{line if where == 'config' else ''}credential_process = {OUR_LINE}\n"
    person.begin(config, f"[dev]\n{line}" if where == "credentials" else "")
    code, said = person("profile", command, "dev", "new")
    assert code == 0, said
    assert person.beside()["new"] == []
    assert line.replace("MFA", "awscreds_MFA") in "".join(person.files())


@pytest.mark.parametrize("key", NOT_BESIDE)
def test_a_copy_has_nothing_beside_our_line_that_a_user_put_there(person, key):
    config = f"[profile dev]\n{key} = x\ncredential_process = {OUR_LINE}\n"
    person.begin(config, "")
    code, said = person("profile", "copy", "dev", "new")
    assert code == 0, said
    assert f"new has {key} as awscreds_{key}" in said
    assert person.beside()["new"] == []
    assert person.files()[0].startswith(config)


DOORS = {
    "configure": (WRITERS["configure"]("dev"), WRITERS["configure --plaintext"]("dev")),
    "import": (WRITERS["import"]("dev"), WRITERS["configure --plaintext"]("dev")),
    "import from aws-vault": (
        WRITERS["import from aws-vault"]("dev"),
        WRITERS["configure --plaintext"]("dev"),
    ),
    "migrate": (
        WRITERS["migrate"]("dev"),
        ("migrate", "--undo", "--profile", "dev", "--yes"),
    ),
    "wrap": (WRITERS["wrap"]("ops"), WRITERS["unwrap"]("ops")),
    "wrap SSO": (WRITERS["wrap SSO"]("ro"), WRITERS["unwrap SSO"]("ro")),
    "wrap login": (WRITERS["wrap login"]("web"), WRITERS["unwrap login"]("web")),
    "set our line": (
        WRITERS["set our line"]("a b"),
        ("configure", "unset", "credential_process", "--profile", "a b"),
    ),
}


@pytest.mark.slow
@pytest.mark.daily(3)
@pytest.mark.parametrize("door", DOORS)
@settings(LAW, max_examples=8)
@given(files())
def test_the_way_back_restores_every_byte(person, door, start):
    person.begin(*start)
    if door == "migrate":
        assume(SECRET in start[1])
    elif door not in ("wrap", "set our line"):  # plaintext keys are moved, and written anew
        person.begin(start[0], start[1].replace(f"aws_access_key_id = {KEY_ID}\n", ""))
        start = person.files()
        assume(SECRET not in start[1])
    there, back = DOORS[door]
    code, said = person(*there, stdin=SECRET)
    assert code == 0, said
    assert any(keys == [] for keys in person.beside().values())
    code, said = person(*back, stdin=SECRET)
    assert code == 0, said
    config, credentials = person.files()
    assert config == start[0]
    if door in ("wrap", "wrap SSO", "wrap login", "set our line", "migrate"):
        assert credentials == start[1]
