"""The order of a configure, and that a failure at any step leaves nothing worse than it was."""

import contextlib
import types

import pytest

from awscreds.errors import (
    AwsError,
    ConfigurationError,
    InputNeeded,
    StoreUnavailable,
    UsageError,
)
from awscreds.model.credentials import AccessKey
from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.document import PROFILE, Document
from awscreds.model.pairs import refuse_losses
from awscreds.workflows.configure import ProfileSetup, SetupRequest
from awscreds.workflows.key_secrets import key_of_profile

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY = AccessKey(ID, SECRET)
OTHER = AccessKey("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")
LINE = "/p -I /awscreds/__main__.py credential-process --profile x"
MANAGED = f"credential_process = {LINE}\nawscreds_access_key_id = {{}}\n"
PLAIN = "[{}]\naws_access_key_id = {}\naws_secret_access_key = {}\n"


class World:
    """Files, store and AWS in memory; ``calls`` is what was asked of them, in order."""

    def __init__(self, config="", credentials="", stored=()):
        self.config, self.credentials = config, credentials
        self.entries = {key.id: key for key in stored}
        self.calls, self.questions, self.noted = [], [], []
        self.answer = None
        self.fails = {}
        self.backend = self
        self.name = "vault"

    def __call__(self, request, check=True):
        setup = ProfileSetup(
            self,
            check=self.check if check else None,
            open_store=lambda: self,
            process_line=lambda target: LINE.replace("x", target),
            context=self,
        )
        return setup.carry_out(request, setup.verify(request))

    # the files
    def require_trusted(self):
        """Nobody else can write them."""

    # the context of removals
    def stored_ids(self):
        return list(self.entries)

    def store_of(self, key_id):
        return self

    def store_for_keeping(self):
        return self

    def identity_of(self, key):
        return None

    def consent(self, question, default):
        self.questions.append(question)
        if self.answer is None:
            raise InputNeeded("nobody")
        return self.answer

    def pointing_to(self, key_id):
        return contextlib.nullcontext()

    def require_word(self, key_id, identity):
        self._step("word")

    def note(self, key, identity):
        self.noted.append(key.id)

    def _step(self, name):
        self.calls.append(name)
        if name in self.fails:
            raise self.fails[name]

    # AWS
    def check(self, credentials, region):
        self._step("check")
        self.checked = (credentials, region)
        return types.SimpleNamespace(arn="arn:aws:iam::1:user/u")

    # the store
    def describe(self):
        return "the vault"

    def find_access_key(self, key_id):
        return self.entries.get(key_id)

    def access_key(self, key_id):
        return self.entries[key_id]

    def keep_access_key(self, key):
        self._step("keep")
        self.entries[key.id] = key

    def erase(self, key_id):
        if f"awscreds_access_key_id = {key_id}" in self.load().config.render().decode():
            raise ConfigurationError("in use")
        self._step("erase")
        del self.entries[key_id]

    # the files
    def load(self):
        if "load" in self.fails and "edit" in self.calls:
            raise self.fails["load"]
        return self._parsed()

    def _parsed(self):
        return AwsDocuments(
            Document.parse(self.config.encode()),
            Document.parse(self.credentials.encode(), credentials=True),
            "/aws/config",
            "/aws/credentials",
        )

    def edit(self, change, credentials_first=False, settled=()):
        self._step("edit")
        documents = self._parsed()
        result = change(documents)
        refuse_losses(self._parsed(), documents, settled)
        self.config = documents.config.render().decode()
        self.credentials = documents.credentials.render().decode()
        if "after edit" in self.fails:
            raise self.fails["after edit"]
        return result

    def value(self, profile, key):
        return self._parsed().config.get((PROFILE, profile), key)


def test_aws_is_asked_first_then_the_secret_is_stored_and_the_files_change_last():
    world = World()
    outcome = world(SetupRequest("dev", key=KEY, settings={"region": "eu-west-1"}))
    assert world.calls == ["check", "keep", "edit"]
    assert world.checked == (KEY, "eu-west-1")
    assert outcome.store == "vault"
    assert world.value("dev", "awscreds_access_key_id") == ID
    assert SECRET not in world.config + world.credentials


def test_a_refusal_of_aws_touches_neither_store_nor_files():
    world = World()
    world.fails["check"] = AwsError("no")
    with pytest.raises(AwsError):
        world(SetupRequest("dev", key=KEY))
    assert world.calls == ["check"]


def test_another_secret_of_a_stored_key_is_replaced_only_on_a_word_that_counts():
    former = AccessKey(KEY.id, "the former secret")
    world = World(stored=[former])
    world.fails["word"] = ConfigurationError("a stranger says so")
    with pytest.raises(ConfigurationError, match="stranger"):
        world(SetupRequest("dev", key=KEY))
    assert world.calls == ["check", "word"]
    assert world.entries == {KEY.id: former}
    world.fails.clear()
    world(SetupRequest("dev", key=KEY))
    assert world.calls[2:] == ["check", "word", "keep", "edit"]


def test_no_word_is_needed_where_the_stored_secret_is_the_same():
    world = World(stored=[KEY])
    world(SetupRequest("dev", key=KEY))
    assert "word" not in world.calls


@pytest.mark.parametrize("error", [ConfigurationError("disk full"), KeyboardInterrupt()])
def test_a_fresh_entry_goes_when_the_files_cannot_be_written(error):
    world = World()
    world.fails["edit"] = error
    with pytest.raises(type(error)):
        world(SetupRequest("dev", key=KEY))
    assert world.entries == {}


def test_an_entry_that_was_there_before_stays_when_the_files_cannot_be_written():
    world = World(stored=[KEY])
    world.fails["edit"] = ConfigurationError("disk full")
    with pytest.raises(ConfigurationError):
        world(SetupRequest("dev", key=KEY))
    assert world.entries == {ID: KEY}


def test_an_entry_that_a_profile_points_to_is_never_erased():
    world = World()
    world.fails["after edit"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        world(SetupRequest("dev", key=KEY))
    assert world.value("dev", "awscreds_access_key_id") == ID
    assert world.entries == {ID: KEY}


def test_an_entry_stays_where_it_cannot_be_seen_whether_a_profile_points_to_it():
    world = World()
    world.fails = {"edit": ConfigurationError("first"), "load": ConfigurationError("gone")}
    with pytest.raises(ConfigurationError, match="first"):
        world(SetupRequest("dev", key=KEY))
    assert world.entries == {ID: KEY}


def test_a_rollback_that_fails_does_not_hide_what_went_wrong_first():
    world = World()
    world.fails = {"edit": ConfigurationError("disk full"), "erase": StoreUnavailable("gone")}
    with pytest.raises(ConfigurationError, match="disk full"):
        world(SetupRequest("dev", key=KEY))


def test_another_secret_for_a_stored_id_is_taken_only_on_the_word_of_aws():
    world = World(stored=[AccessKey(ID, "x" * 40)])
    with pytest.raises(UsageError):
        world(SetupRequest("dev", key=KEY), check=False)
    assert world.calls == []
    world(SetupRequest("dev", key=KEY))
    assert world.entries == {ID: KEY}


def test_a_stored_key_is_not_written_again():
    world = World(stored=[KEY])
    world(SetupRequest("dev", key=KEY))
    assert world.calls == ["check", "edit"]


@pytest.mark.parametrize("plaintext", [False, True])
def test_the_former_key_is_told_of_and_keeps_its_entry(plaintext):
    world = World("[profile dev]\n" + MANAGED.format(OTHER.id), stored=[OTHER])
    outcome = world(SetupRequest("dev", key=KEY, plaintext=plaintext))
    assert outcome.kept_key_id == OTHER.id
    assert OTHER.id in world.entries


def test_a_former_key_that_another_profile_uses_is_not_told_of():
    both = "".join(f"[profile {name}]\n" + MANAGED.format(OTHER.id) for name in ("dev", "too"))
    assert World(both, stored=[OTHER])(SetupRequest("dev", key=KEY)).kept_key_id is None


@pytest.mark.parametrize(
    "setting",
    ["role_arn = r", "web_identity_token_file = t", "sso_role_name = a", "login_session = l"],
)
def test_what_sdks_would_prefer_is_refused_before_anything_is_asked(setting):
    world = World(f"[profile dev]\n{setting}\n")
    with pytest.raises(ConfigurationError, match=setting.split()[0]):
        world(SetupRequest("dev", key=KEY))
    assert world.calls == []


SELF_SOURCING = "[profile dev]\nrole_arn = r\nsource_profile = dev\nregion = eu-west-1\n"


def test_the_keys_of_a_self_sourcing_role_move_with_the_region_it_gets():
    world = World(SELF_SOURCING, PLAIN.format("dev", ID, SECRET))
    world(SetupRequest("dev", key=KEY, settings={"region": "eu-west-2"}))
    assert world.value("dev", "source_profile") == "dev-source"
    assert world.value("dev-source", "region") == "eu-west-2"
    assert world.value("dev-source", "awscreds_access_key_id") == ID
    assert world.credentials == ""


@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        ("[profile dev-source]\nrole_arn = r\n", ""),
        ("[profile dev-source]\ncredential_process = other\n", ""),
        ("[profile dev-source]\n" + MANAGED.format(OTHER.id), ""),
        ("", PLAIN.format("dev-source", OTHER.id, OTHER.secret)),
    ],
)
def test_a_source_profile_that_is_somebody_elses_is_not_taken(config, credentials):
    world = World(SELF_SOURCING + config, credentials)
    with pytest.raises(ConfigurationError, match="dev-source"):
        world(SetupRequest("dev", key=KEY))
    assert (world.config, world.credentials) == (SELF_SOURCING + config, credentials)
    assert world.entries == {}


def test_a_change_of_the_files_while_aws_was_asked_is_judged_again():
    world = World()

    def check(credentials, region):
        world.config = "[profile dev]\nrole_arn = r\n"

    world.check = check
    with pytest.raises(ConfigurationError, match="role_arn"):
        world(SetupRequest("dev", key=KEY))
    assert world.entries == {}


def test_settings_alone_ask_nobody():
    world = World("[profile dev]\nrole_arn = r\n")
    world(SetupRequest("dev", settings={"region": "eu-west-1"}))
    assert world.calls == ["edit"]


@pytest.mark.parametrize(
    ("config", "credentials", "expected"),
    [
        ("", PLAIN.format("dev", ID, SECRET), KEY),
        (PLAIN.format("profile dev", ID, SECRET), "", KEY),
        (PLAIN.format("profile dev", OTHER.id, OTHER.secret), PLAIN.format("dev", ID, SECRET), KEY),
        (
            f"[profile dev]\naws_secret_access_key = {OTHER.secret}\n",
            f"[dev]\naws_access_key_id = {ID}\n",
            None,
        ),
        ("[profile dev]\n" + MANAGED.format(OTHER.id), "", OTHER),
        ("[profile dev]\n" + MANAGED.format(OTHER.id), PLAIN.format("dev", ID, SECRET), KEY),
        ("[profile dev]\nregion = x\n", "", None),
    ],
)
def test_the_present_key_is_one_pair_of_one_file_or_the_stored_one(config, credentials, expected):
    from awscreds.model.profile import Profiles

    world = World(config, credentials, stored=[OTHER])
    documents = world.load()
    profile = Profiles(documents.config, documents.credentials).find("dev")
    assert key_of_profile(profile, lambda _id: world) == expected
