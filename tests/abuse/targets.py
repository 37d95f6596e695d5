"""The parsers that meet bytes which others can write, and seeds from which garbage is made.

A target takes bytes. It answers, or raises an error of ours (`law`), whatever it is given.
"""

import contextlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass

from awscreds.errors import AwscredsError
from awscreds.model import console_csv, endpoint, other_tools, plain_files, start_url, times
from awscreds.model.credential_process import request_of
from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.document import PROFILE, Document
from awscreds.model.problems import findings
from awscreds.model.role_chain import resolve_chain
from awscreds.model.service_endpoint import region_of
from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.backends import dbus_wire, vault_format
from awscreds.stores.cache.session_format import SessionLabel
from awscreds.stores.enrolments import Enrolments
from awscreds.stores.fingerprints import digest
from awscreds.stores.given_codes import GivenCodes
from awscreds.stores.journal import Journal, _sealed, waiting_for_somebody
from awscreds.stores.logins import LoginFiles
from awscreds.stores.mfa_devices import MfaDeviceCache
from awscreds.stores.migration_record import MigrationRecord
from awscreds.stores.other_tools import jwe, keychain
from awscreds.stores.profile_journal import ProfileJournal
from awscreds.stores.recent import RecentProfiles
from awscreds.stores.sealed_logins import LoginLabel
from awscreds.stores.state import State
from awscreds.stores.state_dir import StateDir
from awscreds.warm import parse_arguments
from awscreds.workflows.checks import token_caches
from awscreds.workflows.sessions import external_process
from awscreds.workflows.sessions.token_codes import Codes, checked_code

NOW = 1_790_000_000.0
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@dataclass(frozen=True)
class Target:
    run: object
    seeds: tuple[bytes, ...]
    place: str = ""
    """What the message of each error must hold: where the garbage is."""


TARGETS: dict[str, Target] = {}
"""Each parser by its name."""


def target(*seeds, place=""):
    """Make the function a target. Each seed is bytes, or what JSON is made of."""
    made = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in seeds]

    def note(function):
        TARGETS[function.__name__] = Target(function, tuple(made), place)
        return function

    return note


def law(name, data):
    """Give a target the bytes: it must answer, or raise an error of ours that says where."""
    chosen = TARGETS[name]
    try:
        chosen.run(data)
    except AwscredsError as error:
        assert error.message, name
        assert chosen.place in error.message, (name, error.message)


# -- text that people and programs write ---------------------------------------------------------

CONFIG = (
    b"# mine\r\n[default]\nregion=us-east-1\n[profile 'a b'] ; work\ns3 =\n  x = 1\n"
    b"[sso-session corp]\nsso_region: eu-west-1\n[profile dev]\nrole_arn = a\nsource_profile=dev\n"
)
CREDENTIALS = f"[dev]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n".encode()


@target(CONFIG, CREDENTIALS, b"\xef\xbb\xbf[default]\n", b"[a\n]b\n=c\n", place="")
def document(data):
    for credentials in (False, True):
        parsed = Document.parse(data, credentials=credentials)
        assert parsed.render() == data
        for section in parsed.sections():
            parsed.values(section)
            parsed.line_of(section)
        parsed.ambiguous()


@target(CONFIG, CREDENTIALS)
def document_edit(data):
    parsed = Document.parse(data)
    section = (PROFILE, "dev")
    parsed.set(section, "region", "eu-central-1")
    again = Document.parse(parsed.render())
    assert again.get(section, "region") == parsed.get(section, "region")
    parsed.unset(section, "region")
    parsed.remove_section(section)
    Document.parse(parsed.render())


@target(CONFIG, CREDENTIALS)
def profiles(data):
    documents = AwsDocuments(
        Document.parse(data), Document.parse(data, credentials=True), "/c", "/k"
    )
    for profile in documents.profiles.all():
        with contextlib.suppress(AwscredsError):
            region_of(profile, documents.profiles, {})
        with contextlib.suppress(AwscredsError):
            resolve_chain(documents.profiles, profile.name)
        break  # the time for all of them is their number squared
    for finding in findings.find(documents):
        assert finding.line or finding.path


@target(CONFIG, CREDENTIALS)
def plain_file(data):
    for credentials in (False, True):
        with contextlib.suppress(plain_files.NotPlain):
            list(plain_files.PlainFile(data, credentials=credentials).read())


@target(
    f"User name,Access key ID,Secret access key\r\nalice,{KEY_ID},{SECRET}\r\n".encode(),
    f"sep=;\n﻿Access key ID;Secret access key\n{KEY_ID};{SECRET}\n".encode(),
    f"Access key ID,Secret access key\n{KEY_ID},{SECRET}\n".encode("utf-16"),
    place="keys.csv",
)
def csv(data):
    console_csv.read(data, "keys.csv")


@target(
    b"https://sts.eu-west-1.amazonaws.com/x",
    b"http://[::1]:4566",
    b"http://a\\@b:0x10",
    place="f:1",
)
def endpoints(data):
    text = data.decode("utf-8", "surrogateescape")
    found = endpoint.parse_endpoint(text, "f:1")
    assert endpoint.parse_endpoint(found.url, "f:1").origin == found.origin


@target(b"https://corp.awsapps.com/start", b"https://d-1234.awsapps.com/start/#/")
def start_urls(data):
    text = start_url.checked_start_url(data.decode("utf-8", "surrogateescape"), "f:1")
    start_url.region_of(text)


@target(b"90d", b"1h30m", b"2026-01-01T00:00:00Z", b"3600")
def durations(data):
    text = data.decode("utf-8", "surrogateescape")
    times.parse_iso(text)
    times.format_duration(times.parse_duration(text, bare_seconds=True))


@target(
    b"/usr/bin/awscreds credential-process --profile dev",
    b"'/a b/awscreds' credential-process --profile-hex 6162 --config-file /x",
)
def process_line(data):
    text = data.decode("utf-8", "surrogateescape")
    request_of(text)
    parse_arguments(text.split())


# -- output of foreign programs ------------------------------------------------------------------

ANSWER = {
    "Version": 1,
    "AccessKeyId": KEY_ID,
    "SecretAccessKey": SECRET,
    "SessionToken": "t",
    "Expiration": "2027-01-01T00:00:00+00:00",
}


@target(ANSWER, {**ANSWER, "Expiration": "0001-01-01T00:00:00+23:59"})
def credential_process(data):
    try:
        external_process._credentials(external_process._document(data), NOW)
    except external_process._BadAnswerError as error:
        assert str(error)


class _Printed(Codes):
    """The codes of an ``mfa_process`` that prints ``data``."""

    def __init__(self, data):
        super().__init__(ask=str, say=print, environ={})
        self.data = data

    def _output(self, line, profile):
        return self.data.decode("ascii", "replace")


@target(b"123456\n", b"Touch your key...\nAWS:alice  123456\n", b"1234567 12345", place="dev")
def mfa_process(data):
    code = _Printed(data).take("serial", profile="dev", process="x").value
    assert len(code) == 6
    assert code.isdigit()
    assert code.encode() in data


@target(b"123 456", b"12345", "\uff11\uff12\uff13\uff14\uff15\uff16".encode())
def typed_code(data):
    code = checked_code(data.decode("utf-8", "surrogateescape"))
    assert code.isascii()


@target(
    b'keychain: "/x/aws-vault.keychain-db"\nclass: "genp"\nattributes:\n'
    b'    0x00000007 <blob>="aws-vault (dev)"\n    "acct"<blob>=0x646576  "dev"\n'
)
def keychain_dump(data):
    keychain._items(data.decode("utf-8", "replace"))


@target({"AccessKeyID": KEY_ID, "SecretAccessKey": SECRET}, {"Key": "dev", "Data": "e30="})
def other_tools_entry(data):
    with contextlib.suppress(AwscredsError):
        other_tools.key_of(data)
    other_tools.item_data(data, "dev")


@target(
    b"aws-vault exec dev --json",
    b"granted credential-process --profile 'a b'",
    b"x --json=--no-session",
)
def other_tools_line(data):
    other_tools.tool_line(data.decode("utf-8", "surrogateescape"))


@target(
    b"eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJlbmMiOiJBMjU2R0NNIiwicDJjIjo4MTkyLCJwMnMiOiJhYmMifQ"
    b"." + b"A" * 54 + b"." + b"A" * 16 + b".AAAA." + b"A" * 22
)
def jwe_token(data):
    jwe.parse(data)


if sys.platform == "linux":  # jeepney is nowhere else
    from tests.stores.backends import said

    @target(
        said.stream(said.answers()),
        said.GREETING + said.signal() + b"".join(said.answers().values()),
        said.stream(said.answers(Get={"body": (("b", True),)})),
        said.stream(said.answers(SearchItems={"body": ([said.ITEM, said.ITEM + "1"],)})),
    )
    def secret_service(data):
        said.law(data, refusals=(None,))


@target(b"unix:path=/run/user/0/bus,guid=00;unix:abstract=/tmp/x", b"unix:path=/a%20b;tcp:host=a")
def session_bus_address(data):
    with contextlib.suppress(dbus_wire.Unusual):
        dbus_wire.socket_names(data.decode("utf-8", "surrogateescape"))


# -- what we wrote ourselves ---------------------------------------------------------------------

_HEADER = vault_format.Header.make(
    vault_format.Kdf("argon2id", iterations=1, memory_kib=19 * 1024, lanes=1), bytes(16), bytes(32)
)
_VAULT = _HEADER.seal(bytes(32), {KEY_ID: SECRET})


@target(_VAULT, _VAULT[:-1], place="/x/vault")
def vault(data):
    for whole in (data, data + digest(data, size=32)):
        with contextlib.suppress(AwscredsError):
            vault_format.Vault.parse(whole, "/x/vault").open(bytes(32))
    vault_format.Vault.parse(data, "/x/vault")


@target(
    b"awscreds session\n"
    + json.dumps({"version": 1, "digest": "00", "profile": "dev", "expiration": 1e9}).encode()
    + b"\n" + bytes(28),
    b"awscreds profile 646576\nawscreds session\n{}\n",
)  # fmt: skip
def session(data):
    label = SessionLabel.parse(data)
    if label is not None:
        label.lasts(NOW, 300)
        label.matches({"profile": "dev"})
        label.session(data)


@target(b"awscreds login\n{}\n" + bytes(28))
def sealed_login(data):
    label = LoginLabel.parse(data)
    assert label is None or label.name


@contextlib.contextmanager
def _state(name, data):
    """Our state folder, with one file that holds the data."""
    shared = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        state = StateDir(os.path.join(folder, "state"), lock_folder=os.path.join(folder, "locks"))
        state.write(name, data)
        yield state


_FACTS = {
    "version": 1, "time": NOW, "stage": "begin", "event": "intent", "account": "123456789012",
    "user": "alice", "endpoint": "", "config": "/c", "credentials": "/k", "old": KEY_ID,
    "new": None, "profiles": ["dev"], "detail": {"grace": 0, "until": NOW},
}  # fmt: skip
_LINE = _sealed(json.dumps(_FACTS).encode(), b"")[0]
JOURNAL_NAME = f"rotation-{KEY_ID}.jsonl"


@target(_LINE, _LINE + b'{"half', _LINE * 2, place=JOURNAL_NAME)
def rotation_journal(data):
    with _state(JOURNAL_NAME, data) as state:
        with contextlib.suppress(AwscredsError):
            waiting_for_somebody(state, lambda: NOW)
        journal = Journal(state, KEY_ID, clock=lambda: NOW)
        journal.grace_end  # noqa: B018 - a property
        journal.find("begin", "intent")


@target(_FACTS, {**_FACTS, "detail": []}, {**_FACTS, "profiles": None})
def rotation_journal_of_another_version(data):
    """Lines that have the right digest, whatever they say."""
    rotation_journal(_sealed(data.replace(b"\n", b" ").rstrip() or b"{}", b"")[0])


@target({"action": "rename", "old": "646576", "new": "6e6577"})
def profile_journal(data):
    with _state("x", b"") as state:
        journal = ProfileJournal(state, AwsFiles(state.file("config"), state.file("credentials")))
        state.write(journal._name, data)
        journal.read()


@target({"version": 1, "profiles": [{"profile": "dev", "keys": []}]})
def migration_record(data):
    with _state("x", b"") as state:
        record = MigrationRecord(state, AwsFiles(state.file("config"), state.file("credentials")))
        state.write(record._name, data)
        record.read()
        record.rename_profile("dev", "new")


_ENTRY = {"kind": "access-key", "backend": "vault", "files": {"/c": 1}}


@target(
    {"version": 1, "backend": "vault", "entries": {KEY_ID: _ENTRY}, "warned": {"dev": 5.0}},
    place="state.json",
)
def state_file(data):
    with _state("state.json", data) as folder:
        state = State(folder)
        state.ids()
        state.entry(KEY_ID)
        state.files_of(KEY_ID)
        state.warned_at("dev")
        state.note_warning("dev", NOW)
        state.remove(KEY_ID)


@target({"version": 1, "recent": ["dev", "prod"]}, ["dev"])
def recent_profiles(data):
    with _state("x", b"") as folder:
        recent = RecentProfiles(folder)
        recent.note("dev")
        [name] = [name for name in folder.names("") if "recent" in name]
        folder.write(name, data)
        recent.names()
        recent.rename("dev", "new")


@target({"version": 1, "serials": {KEY_ID: {"serial": "s", "at": NOW}}, "spent": {"x": NOW}})
def mfa_devices(data):
    with _state("devices.json", data) as folder:
        devices = MfaDeviceCache(folder, clock=lambda: NOW)
        devices.serial_of(KEY_ID)
        devices.successor("s")
        devices.spent_ago("s", "123456")
        devices.note_spent("s", "123456")


@target({"version": 1, "given": [59_666_666, 59_666_667]})
def given_codes(data):
    with _state("x", b"") as folder:
        codes = GivenCodes(folder)
        codes.note("s", 1)
        [name] = folder.names("mfa-codes")
        folder.write(name, data)
        assert isinstance(codes.take("s", 59_666_666), int)


@target({"version": 1, "serial": "s", "stage": "made", "keeper": "vault"})
def enrolment(data):
    with _state("x", b"") as folder:
        enrolments = Enrolments(folder, "arn")
        folder.write(enrolments._name, data)
        enrolments.read()


# -- token caches of other programs --------------------------------------------------------------


@target(
    {"accessToken": "t", "expiresAt": "2026-01-01T00:00:00UTC", "refreshToken": "r"},
    {"Credentials": {"SecretAccessKey": SECRET, "Expiration": "2026-01-01T00:00:00Z"}},
)
def token_cache(data):
    with _state("token.json", data) as folder:
        path = folder.file("token.json")
        LoginFiles({}, sleep=lambda _: None).read(path)
        fields = token_caches._fields(path)
        for text in fields.get("expiresat", ()):
            times.parse_iso(token_caches._with_z(text))
