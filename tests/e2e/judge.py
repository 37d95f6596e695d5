"""Judges of what a command did to a home, which share no code with awscreds.

``Identities`` asks boto3 and the AWS CLI who each profile is. ``unconcerned`` compares the bytes of
an AWS file, by rules that are simpler than those of our document model.
"""

import difflib
import logging
import os
import re
import shlex
import subprocess
import sys

import awscreds
from tests.e2e import prepared

ROOT = os.path.dirname(awscreds.__file__)
PROGRAM = os.path.join(ROOT, "__main__.py")
WHO = ("sts", "get-caller-identity", "--query", "Arn", "--output", "text")


class Identities:
    """Who the profiles of a home are."""

    def __init__(self, user, monkeypatch):
        import botocore.credentials
        import botocore.tokens
        from botocore.loaders import create_loader

        self.user = user
        self._loader = create_loader()
        monkeypatch.setattr(
            botocore.credentials.ProcessProvider.__init__, "__defaults__", (_start,)
        )
        prepared.make_clients_quick(monkeypatch.setattr)
        for module in (botocore.credentials, botocore.tokens):  # profiles that work for nobody
            monkeypatch.setattr(module, "logger", _silent())
        for name in list(os.environ):
            if name.startswith(("AWS_", "AWSCREDS_")):
                monkeypatch.delenv(name)
        for name, text in user.environment.items():
            monkeypatch.setenv(name, text)

    def names(self):
        """The profiles that botocore knows."""
        return self._session(None).available_profiles

    def by_boto3(self, names=None):
        """The ARN of each profile's caller; of a role without its session. None: it cannot say."""
        return {name: self._asked(name) for name in names or self.names()}

    def _asked(self, name):
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            session = boto3.Session(botocore_session=self._session(name), profile_name=name)
            once = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)
            return without_session(session.client("sts", config=once).get_caller_identity()["Arn"])
        except (BotoCoreError, ClientError, EOFError, OSError):
            return None

    def _session(self, name):
        from botocore.session import Session

        session = Session(profile=name)
        session.register_component("data_loader", self._loader)
        chain = session.get_component("credential_provider")
        chain.get_provider("assume-role")._prompter = _nobody
        return session

    def by_cli(self, program, name):
        """What the AWS CLI ``program`` says, as ``by_boto3``; it may not use what it cached."""
        cache = self.user.aws / "cli" / "cache"
        before = set(cache.glob("*"))
        done = self.user.run(*program, *WHO, "--profile", name, rc=None)
        for path in set(cache.glob("*")) - before:
            path.unlink()
        return without_session(done.stdout.strip()) if done.returncode == 0 else None


def without_session(arn):
    """The ARN of a caller; of a role, the same for each of its sessions."""
    is_role = ":assumed-role/" in arn
    return arn.rpartition("/")[0] if is_role else arn


def _silent():
    logger = logging.getLogger("tests.silent")
    logger.disabled = True
    return logger


def _nobody(*_):
    """Stands in for getpass, which would ask for an MFA code."""
    raise EOFError


class _Done:
    """As Popen, of what has ended."""

    def __init__(self, done):
        self.returncode = done.returncode
        self._output = done.stdout.encode(), done.stderr.encode()

    def communicate(self):
        return self._output


def _start(argv, **pipes):
    """As Popen, but our own line is run by a process that has loaded us: five times quicker."""
    words = list(argv)
    if words[0] == sys.executable and PROGRAM in words:
        words = words[words.index(PROGRAM) + 1 :]
        if prepared.can_run(words, os.environ):
            return _Done(prepared.run(words, dict(os.environ), os.getcwd(), "", timeout=60))
    return subprocess.Popen(argv, **pipes)


HEADER = re.compile(rb"\[(.*)\][ \t]*\r?\n?")
SETTING = re.compile(rb"([^\s#;\[=:][^=:]*?)[ \t]*[=:]")


def unconcerned(data, profiles, settings, come=(), gone=()):
    """The bytes of an AWS file but for these settings of these profiles, with what is below them.

    Of sections that have ``come`` nothing counts; of those that are ``gone``, the header does not,
    with the blank lines before it. Comments always count.
    """
    kept, section, is_inside = [], None, False
    for line in data.splitlines(keepends=True):
        header, setting = HEADER.fullmatch(line), SETTING.match(line)
        if header:
            section = profile_of(header[1])
            is_inside = section in come or section in gone
            while is_inside and kept and not kept[-1].strip():
                kept.pop()
        elif section in come:
            is_inside = bool(line.strip())
        elif setting:
            name = setting[1].decode().lower()
            is_inside = section in profiles and any(re.fullmatch(each, name) for each in settings)
        elif not line[:1].isspace() or not line.strip():
            is_inside = False
        if not is_inside or line.lstrip()[:1] in (b"#", b";"):
            kept.append(line)
    return b"".join(kept)


def difference(was, data):
    """What has changed, by line; nothing if each byte is the same."""
    lines = [[f"{line!r}" for line in text.splitlines(keepends=True)] for text in (was, data)]
    return "\n".join(difflib.unified_diff(*lines, lineterm="", n=1))


def headers(data):
    """The profiles that an AWS file has sections of."""
    found = (HEADER.fullmatch(line) for line in data.splitlines(keepends=True))
    return {profile_of(header[1]) for header in found if header}


def profile_of(name):
    """The profile of a section's name, in either file."""
    text = name.decode()
    if text.startswith(("profile ", "profile\t")):
        return " ".join(shlex.split(text)[1:])
    return text
