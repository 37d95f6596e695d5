"""``profile add``, as a person uses it: the files before and after, and what is said."""

import json

import pytest

from tests.test_findings import User

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
