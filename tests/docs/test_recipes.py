"""The recipes do what they say: their very lines run, in a home of the sandbox.

What is not there in CI is a small program with that name: a Docker that reads env files and Compose
files as Docker does, and a Terraform that only asks who it is.
"""

import json
import re
import shutil
import subprocess
import sys
import textwrap

import pytest
from botocore.exceptions import ClientError

from tests.docs.pages import DOCS
from tests.e2e.conftest import new_user
from tests.helpers import missing_tool, need_posix

pytestmark = pytest.mark.slow

ALICE = "arn:aws:iam::123456789012:user/alice"
ADMIN = "arn:aws:sts::123456789012:assumed-role/admin/"
WHO = "aws sts get-caller-identity --query Arn --output text\n"

DOCKER = '''#!{python}
"""`docker run` and `docker compose run`, of an image whose entry point is the AWS CLI.

Env files as docker/cli's pkg/kvfile reads them: blanks before a line, lines that begin with #, and
empty ones do not count; all after the first = is the value, but a pair of quotes around it.
"""
import os, subprocess, sys, yaml

def given(line):
    name, has_value, value = line.partition("=")
    assert name and not set(name) & set(" \\t"), line
    if not has_value:
        return dict([(name, os.environ[name])] if name in os.environ else [])
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\\"":
        value = value[1:-1]
    return {{name: value}}

words = sys.argv[1:]
inside = {{"PATH": os.environ["PATH"], "HOME": "/nonexistent"}}
inside["AWS_ENDPOINT_URL"] = os.environ["AWS_ENDPOINT_URL"]  # the network that it is in
is_compose = words[0] == "compose"
assert words[is_compose] == "run", words
words = words[1 + is_compose:]
while words[0].startswith("-"):
    option = words.pop(0)
    if option == "-e":
        inside |= given(words.pop(0))
    elif option == "--env-file":
        with open(words.pop(0), encoding="utf-8") as file:
            for line in file.read().split("\\n"):
                if line.strip() and not line.lstrip().startswith("#"):
                    inside |= given(line.lstrip())
    else:
        assert option == "--rm", option
image = words.pop(0)
if is_compose:
    with open("compose.yaml", encoding="utf-8") as file:
        service = yaml.safe_load(file)["services"][image]
    image = service["image"]
    for line in service["environment"]:
        inside |= given(line)
assert image == "amazon/aws-cli", image
sys.exit(subprocess.run(["aws", *words, "--region", "eu-central-1"], env=inside).returncode)
'''
TERRAFORM = f'#!/bin/sh\ntest "$1" = plan && {WHO}'


def blocks(name, kind="sh", *, mark=None):
    """The code of a page in the language ``kind``; ``mark``: only below this comment."""
    text = (DOCS / "how-to" / f"{name}.md").read_text(encoding="utf-8")
    before = rf"<!-- {mark} -->\s*?\n *" if mark else ""
    found = re.findall(rf"{before}```{kind}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(each) for each in found]


class Person:
    """Alice with her key in the profile dev, the role admin, and the programs of the recipes."""

    def __init__(self, user):
        self.user = user
        self.bin = user.home / ".local" / "bin"
        self.bin.mkdir(parents=True)
        (self.bin / "awscreds").symlink_to(user.program[0])
        self.program("docker", DOCKER.format(python=sys.executable))
        self.program("terraform", TERRAFORM)
        user.environment["PATH"] = f"{self.bin}:{user.environment['PATH']}"
        user.configure("dev", "--region", "eu-central-1")
        config = user.config.read_text().replace("source_profile = alice", "source_profile = dev")
        user.config.write_text(config)

    def program(self, name, text):
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def shell(self, *lines, rc=0, **options):
        """Run lines of a page in bash, which ends at the first that fails."""
        return self.user.run("bash", "-ec", "\n".join(lines), rc=rc, **options).stdout

    def begin_session(self):
        """As a person does who types the code in the morning."""
        self.shell("awscreds exec --token $(awscreds sandbox code) dev -- true")


@pytest.fixture
def person(sandbox, tmp_path):
    need_posix("the recipes are for sh")
    with new_user(sandbox, tmp_path) as user:
        yield Person(user)


def test_docker_gets_a_session_and_no_key(person):
    variables, file, compose = blocks("docker")
    person.begin_session()
    assert ALICE in person.shell(variables)
    assert ALICE in person.shell(file)
    assert not (person.user.folder / "session.env").exists()
    person.shell(file.rpartition("rm ")[0])
    assert (person.user.folder / "session.env").stat().st_mode & 0o777 == 0o600
    assert person.user.key_id not in (person.user.folder / "session.env").read_text()
    (person.user.folder / "compose.yaml").write_text(blocks("docker", "yaml")[0])
    assert ALICE in person.shell(compose)


def test_direnv_loads_a_profile_or_a_session(person):
    profile, session = blocks("direnv")
    assert person.shell(profile, WHO).strip() == ALICE
    # As in direnv, a failure ends the file; and nothing waits for an answer.
    assert "loaded" not in person.shell(session, "echo loaded", rc=1)
    person.begin_session()
    assert person.shell(session, "unset HOME", WHO).strip() == ALICE


def test_terraform_gets_profiles_sessions_and_wrapped_roles(person):
    plain, wrapped, session = blocks("terraform")
    assert person.shell(plain).strip() == ALICE
    person.begin_session()
    assert person.shell(session).startswith(ADMIN)
    assert person.shell(wrapped).startswith(ADMIN)


def test_vs_code_names_a_profile_and_a_wrapped_role_needs_no_code(person):
    settings, launch = map(json.loads, blocks("vscode", "json"))
    systems = ("linux", "osx", "windows")
    given = [settings[f"terminal.integrated.env.{system}"] for system in systems]
    given.append(launch["configurations"][0]["env"])
    assert all(variables == given[0] for variables in given)
    assert person.shell(WHO, **given[0]).strip() == ALICE
    person.begin_session()
    person.shell(*blocks("vscode"))
    assert person.shell(WHO, AWS_PROFILE="admin").startswith(ADMIN)


def test_a_job_of_ci_uses_the_key_of_its_variables_from_a_vault(person):
    # Who has an MFA device is asked for a code, and a job has none.
    person.user.sandbox.client("iam").deactivate_mfa_device(
        UserName="alice", SerialNumber=person.user.mfa_serial
    )
    lines, shown = blocks("ci")
    passphrase = person.user.folder / "passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_text("of the job\n")
    lines = lines.replace("/run/secrets/awscreds", str(passphrase)).replace("apply", "plan")
    home = person.user.folder / "job"
    home.mkdir()
    key = {"AWS_ACCESS_KEY_ID": person.user.key_id, "AWS_SECRET_ACCESS_KEY": person.user.secret}
    ci = {"HOME": str(home), "AWSCREDS_PASSPHRASE": "", "AWS_DEFAULT_REGION": "eu-central-1"}
    assert ALICE in person.shell(lines, **ci, **key)
    later = f"export AWSCREDS_BACKEND=vault AWSCREDS_PASSPHRASE_FILE={passphrase}"
    assert json.loads(person.shell(later, shown, **ci))["arn"] == ALICE
    assert person.user.secret not in "".join(
        path.read_text(errors="replace") for path in home.rglob("*") if path.is_file()
    )


def test_cron_rotates_the_old_keys_in_its_poor_environment(person):
    (table,) = blocks("timers", "crontab")
    table = table.replace("/home/deploy", str(person.user.home))
    *settings, job = table.splitlines()
    secret = person.user.home / ".config" / "awscreds" / "passphrase"
    secret.parent.mkdir(parents=True)
    secret.write_text(person.user.environment["AWSCREDS_PASSPHRASE"])
    secret.chmod(0o600)
    own = {"HOME": str(person.user.home), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    own |= dict(line.split("=", 1) for line in settings)
    own["AWS_ENDPOINT_URL"] = person.user.environment["AWS_ENDPOINT_URL"]
    fields = re.fullmatch(r"((?:\S+ ){5})(.*)", job)
    assert all(re.fullmatch(r"[\d*]+", field) for field in fields[1].split())
    assert "%" not in fields[2]  # for cron that is a line break
    assert fields[2].split(" ", 1)[1] == blocks("timers")[0].strip().split(" ", 1)[1]
    for line in (fields[2], fields[2].replace(" --older-than 90d", "")):
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            env=own,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert person.user.key_id not in person.user.config.read_text()


def test_systemd_accepts_the_units(person, tmp_path):
    if not shutil.which("systemd-analyze"):
        missing_tool("no systemd-analyze: install Debian's systemd")
    service, timer, server = blocks("timers", "ini")
    line = blocks("timers")[0].strip().removeprefix("awscreds")
    own = {"XDG_RUNTIME_DIR": str(tmp_path)}
    for unit, kind in ((service, "--user"), (server, "--system")):
        folder = tmp_path / kind
        folder.mkdir()
        assert re.search(rf"^ExecStart=\S+{line}$", unit, re.MULTILINE)
        # The program and the user that are there, in place of the reader's.
        text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit).replace("=deploy", "=root")
        (folder / "awscreds-rotate.service").write_text(text)
        (folder / "awscreds-rotate.timer").write_text(timer)
        files = sorted(folder.iterdir())
        done = person.user.run("systemd-analyze", kind, "verify", *files, rc=None, **own)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    (when,) = re.findall("OnCalendar=(.*)", timer)
    assert "Next elapse" in person.shell(f"systemd-analyze calendar {when}")


def test_all_keys_move_to_a_new_laptop_and_are_replaced_there(person):
    old = person.user
    person.shell(*blocks("new-laptop", mark="old"))
    archive = old.folder / "aws.tgz"
    assert old.secret.encode() not in archive.read_bytes()
    left = old.home.rename(old.folder / "old-laptop")
    old.home.mkdir()
    (old.home / ".local").symlink_to(left / ".local")
    assert ALICE in person.shell(*blocks("new-laptop", mark="new"))
    person.shell(*blocks("new-laptop", mark="rotate"))
    assert ALICE in person.shell("awscreds whoami --profile dev")
    assert not archive.exists()
    done = old.awscreds("whoami", "--profile", "dev", HOME=str(left), rc=5)
    assert "InvalidClientTokenId" in done.stderr


def test_after_a_leak_neither_the_key_nor_its_sessions_work(person):
    person.begin_session()
    thief = json.loads(person.shell("awscreds configure export-credentials --profile dev"))
    session = json.loads(person.shell("awscreds mfa-session --profile dev --format json"))
    stolen = [
        [
            given[name]
            for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
            if name in given
        ]
        for given in (thief, session)
    ]
    replace, revoke, again = blocks("leaked-key")
    person.shell(replace)
    person.shell(revoke)
    # What the page asks an administrator to do.
    sandbox, policy = person.user.sandbox, (person.user.folder / "policy.json").read_text()
    root = sandbox.client("iam", *sandbox.root_key)
    root.put_user_policy(UserName="alice", PolicyName="revoke", PolicyDocument=policy)
    sandbox.control.advance(1)
    for key in stolen:
        with pytest.raises(ClientError):
            sandbox.client("iam", *key).list_access_keys()
    person.shell(again)
    assert person.shell(WHO, AWS_PROFILE="dev").strip() == ALICE


def test_on_the_way_back_to_plaintext_nothing_of_awscreds_stays(person):
    person.begin_session()
    person.shell("awscreds profile wrap admin")
    person.shell("SHELL=/bin/bash awscreds completion bash --install")
    plaintext, unwrapped, left = blocks("leave")
    back, forget = plaintext.splitlines()
    person.shell(f"{back} --yes")
    person.shell(f"{forget} --yes".replace("AKIAIOSFODNN7EXAMPLE", person.user.key_id))
    person.shell(unwrapped)
    assert person.user.key_id not in person.shell(left)
    text = (DOCS / "how-to" / "leave.md").read_text(encoding="utf-8")
    for command in ("awscreds completion bash --uninstall", "rm -r ~/.aws/awscreds"):
        assert f"`{command}`" in text
        person.shell(command)
    (person.bin / "awscreds").unlink()
    assert person.shell(WHO, AWS_PROFILE="dev").strip() == ALICE
    for path, data in person.user.files().items():
        assert b"awscreds-use" not in data, path
        assert b"credential_process" not in data, path
