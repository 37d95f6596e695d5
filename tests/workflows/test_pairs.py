"""No secret leaves the AWS files that is neither in the store nor named to somebody who agreed."""

import contextlib
import sys
import types

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awscreds.errors import (
    AwscredsError,
    AwsError,
    ConfigurationError,
    InputNeeded,
    SecretStoreError,
)
from awscreds.model.credentials import AccessKey
from awscreds.model.ini.document import PROFILE
from awscreds.stores.aws_files import AwsFiles
from awscreds.workflows import pairs
from awscreds.workflows.configure import ProfileSetup, SetupRequest
from awscreds.workflows.rotation.repoint import repoint

pytestmark = pytest.mark.usefixtures("at_rest")

LINE = "/p -I /awscreds/__main__.py credential-process --profile default"
NEW = AccessKey("AKIANEWNEWNEWNEWNEW1", "new/new/new/new/new/new/new/new/new/new1")
IDS = [f"AKIA{letter * 15}{n}" for letter in "BC" for n in range(2)]
SECRETS = [f"{letter * 39}{n}" for letter in "bcd" for n in range(2)]
TEMPORARY = "ASIA" + "T" * 16


class Person:
    """The store, AWS and whoever is asked, as `plan_removal` knows them."""

    def __init__(self, stored=(), *, answer=None, accepts=(), store="there"):
        self.entries = {key.id: key for key in stored}
        self.answer, self.accepts, self.state = answer, accepts, store
        self.said = []
        self.backend = types.SimpleNamespace(name="vault", describe=lambda: "the vault")

    def stored_ids(self):
        return list(self.entries)

    def store_of(self, key_id):
        return self

    def store_for_keeping(self):
        return None if self.state == "absent" else self

    def find_access_key(self, key_id):
        return self.entries.get(key_id)

    def keep_access_key(self, key):
        if self.state == "broken":
            raise SecretStoreError("the disk is full")
        self.entries[key.id] = key

    def erase(self, key_id):
        self.entries.pop(key_id, None)

    def identity_of(self, key):
        if key in self.accepts:
            return types.SimpleNamespace(arn="arn")
        raise AwsError("no", aws_code="InvalidClientTokenId")

    def consent(self, question, default):
        self.said.append(question)
        if self.answer is None:
            raise InputNeeded("nobody")
        return self.answer

    def pointing_to(self, key_id):
        return contextlib.nullcontext()

    def require_word(self, key_id, identity):
        pass

    def note(self, key, identity):
        pass


def files_with(folder, config, credentials, **options):
    (folder / "config").write_text(config, encoding="utf-8")
    (folder / "credentials").write_text(credentials, encoding="utf-8")
    for name in ("config", "credentials"):
        (folder / name).chmod(0o600)
    paths = (str(folder / name) for name in ("config", "credentials"))
    return AwsFiles(*paths, lock_folder=str(folder / "locks"), **options)


def texts(folder):
    return [(folder / name).read_text() for name in ("config", "credentials")]


def configured(files, person, *, plaintext=False, check=True):
    setup = ProfileSetup(
        files,
        check=(lambda _key, _region: types.SimpleNamespace(arn="arn")) if check else None,
        open_store=lambda: person,
        process_line=lambda _: LINE,
        context=person,
    )
    request = SetupRequest("default", key=NEW, plaintext=plaintext)
    outcome = setup.carry_out(request, setup.verify(request))
    person.said += pairs.sentences(outcome.removal, person)


def configured_region(files, person):
    setup = ProfileSetup(files, check=None, open_store=Person, process_line=str, context=person)
    setup.carry_out(SetupRequest("default", settings={"region": "y"}))


def edited(files, person, change):
    _, removal = pairs.edit(files, change, person)
    person.said += pairs.sentences(removal, person)


def rotated(files, person, *, keep_plaintext):
    old = person.entries[IDS[0]]
    person.entries[NEW.id] = NEW
    files.edit(
        lambda found: repoint(
            found, old.id, NEW, keep_plaintext=keep_plaintext, process_line=lambda _: LINE
        ),
        settled={old.secret, NEW.secret},
    )


PAIR = "aws_access_key_id = {}\naws_secret_access_key = {}\n"


def both(found):
    return found.config, found.credentials


DEFAULT = (PROFILE, "default")
OPERATIONS = {
    "configure": configured,
    "configure --no-verify": lambda *a: configured(*a, check=False),
    "configure --region": configured_region,
    "configure --plaintext": lambda *a: configured(*a, plaintext=True),
    "set id": lambda files, person: edited(
        files, person, lambda found: found.credentials.set(DEFAULT, "aws_access_key_id", NEW.id)
    ),
    "set secret": lambda files, person: edited(
        files,
        person,
        lambda found: found.credentials.set(DEFAULT, "aws_secret_access_key", NEW.secret),
    ),
    **{
        f"unset {key}": lambda files, person, key=key: edited(
            files,
            person,
            lambda found: [d.unset(DEFAULT, key) for d in (found.config, found.credentials)],
        )
        for key in ("aws_access_key_id", "aws_secret_access_key")
    },
    **{
        f"set {key}": lambda files, person, key=key: edited(
            files, person, lambda found: [d.set(DEFAULT, key, "x") for d in both(found)]
        )
        for key in ("region", "aws_session_token")
    },
    "unset region": lambda files, person: edited(
        files, person, lambda found: [d.unset(DEFAULT, "region") for d in both(found)]
    ),
    "remove section": lambda files, person: edited(
        files, person, lambda found: found.credentials.remove_section(DEFAULT)
    ),
    "rotate": lambda *a: rotated(*a, keep_plaintext=False),
    "rotate --keep-plaintext": lambda *a: rotated(*a, keep_plaintext=True),
}

LINES = st.one_of(
    st.sampled_from([*IDS, TEMPORARY, IDS[0].lower()]).map(lambda i: f"aws_access_key_id = {i}"),
    st.sampled_from(SECRETS).map(lambda s: f"aws_secret_access_key = {s}"),
    st.sampled_from(SECRETS).map(lambda s: f"AWS_Secret_Access_Key={s}"),
    st.sampled_from(SECRETS).map(lambda s: f"aws_access_key_id = {s}"),
    st.sampled_from(SECRETS).map(lambda s: f"awscreds_access_key_id = {s}"),
    st.sampled_from(IDS).map(lambda i: f"aws_secret_access_key = {i}"),
    st.sampled_from(SECRETS).map(lambda s: f"aws_secret_access_key = '{s}'"),
    st.sampled_from(SECRETS).map(lambda s: f"aws_secret_access_key = {s} # mine"),
    st.tuples(st.sampled_from(SECRETS), st.sampled_from(SECRETS)).map(
        lambda both: f"aws_secret_access_key = {both[0]} # was {both[1]}"
    ),
    st.sampled_from(SECRETS).map(lambda s: f"aws_session_token = {s}"),
    st.sampled_from(["aws_session_token = t", "region = eu-west-1", "region =", "# a comment", ""]),
)
# Below a key, what is indented is a part of its value.
LINES = st.one_of(LINES, LINES, LINES.map(lambda line: f"  {line}"))
HEADERS = {
    "config": ["default", "profile default", 'profile "default"', " default ", "profile other"],
    "credentials": ["default", " default ", "other", "profile default"],
}


def content(name):
    section = st.tuples(st.sampled_from(HEADERS[name]), st.lists(LINES, max_size=5))
    return st.lists(section, max_size=4).map(
        lambda sections: "".join(f"[{h}]\n" + "\n".join([*ls, ""]) for h, ls in sections)
    )


CASES = st.fixed_dictionaries(
    {
        "operation": st.sampled_from(sorted(OPERATIONS)),
        "config": content("config"),
        "credentials": content("credentials"),
        "answer": st.sampled_from([True, False, None]),
        "store": st.sampled_from(["there", "absent", "broken"]),
        "accepts": st.lists(
            st.builds(AccessKey, st.sampled_from(IDS), st.sampled_from(SECRETS)), max_size=2
        ),
    }
)


@settings(
    deadline=None,
    max_examples=30 if sys.platform == "win32" else 120,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(case=CASES)
def test_every_secret_is_in_a_file_or_stored_or_named_and_agreed_to(tmp_path, case):
    before = [case["config"], case["credentials"]]
    files = files_with(tmp_path, *before)
    kept = AccessKey(IDS[0], SECRETS[0])
    person = Person([kept], answer=case["answer"], accepts=case["accepts"], store=case["store"])
    try:
        OPERATIONS[case["operation"]](files, person)
    except AwscredsError as error:
        person.said += [error.message, error.hint or ""]
        assert texts(tmp_path) == before
    said = "\n".join(person.said)
    stored = [key.secret for key in person.entries.values()]
    assert kept.secret in stored
    for secret in SECRETS:
        assert secret not in said
        places = [
            f"{tmp_path / name}:{number}"
            for name, text in zip(("config", "credentials"), before, strict=True)
            for number, line in enumerate(text.splitlines(), 1)
            if secret in line
        ]
        is_there = secret in "".join(texts(tmp_path)) or secret in stored
        assert not places or is_there or any(place in said for place in places), said


@pytest.mark.parametrize("plaintext", [False, True])
def test_a_pair_that_appears_while_the_edit_waits_is_not_taken_away(tmp_path, plaintext):
    late = f"[default]\naws_access_key_id = {IDS[1]}\naws_secret_access_key = {SECRETS[1]}\n"

    def step(name):
        if name == "locked":
            (tmp_path / "credentials").write_text(late)

    files = files_with(tmp_path, "[default]\nregion = x\n", "", step=step)
    person = Person()
    with pytest.raises(ConfigurationError, match="credentials:3"):
        configured(files, person, plaintext=plaintext)
    assert texts(tmp_path) == ["[default]\nregion = x\n", late]
    assert person.entries == {}


def test_any_edit_that_takes_a_pair_away_unaccounted_is_refused(tmp_path):
    """A mover that does not exist yet is caught as well: the files themselves refuse."""
    text = f"[a]\naws_access_key_id = {IDS[1]}\naws_secret_access_key = {SECRETS[1]}\n"
    files = files_with(tmp_path, "", text)
    with pytest.raises(ConfigurationError, match=f"{IDS[1]} .*credentials:3") as caught:
        files.edit(lambda found: found.credentials.remove_section((PROFILE, "a")))
    assert caught.value.code == "several-keys"
    assert SECRETS[1] not in caught.value.message + caught.value.hint
    assert texts(tmp_path) == ["", text]


@pytest.mark.parametrize("above", ["region = x", "s3 =", "credential_process = /p", "x = 1\n\n# c"])
@pytest.mark.parametrize("set_or_unset", ["set", "unset"])
def test_a_pair_indented_below_another_key_does_not_go_with_it(tmp_path, above, set_or_unset):
    """botocore takes it for a part of that value, the SDK for JavaScript for the profile's keys."""
    key = above.partition(" ")[0]
    pair = f"  aws_access_key_id = {IDS[1]}\n  aws_secret_access_key = {SECRETS[1]}\n"
    text = f"[default]\n{above}\n{pair}"
    files = files_with(tmp_path, text, "# none\n")

    def change(found):
        found.config.set(DEFAULT, key, "y") if set_or_unset == "set" else found.config.unset(
            DEFAULT, key
        )

    with pytest.raises(ConfigurationError, match=f"{IDS[1]} .*config:{len(text.splitlines())}"):
        files.edit(change)
    assert texts(tmp_path) == [text, "# none\n"]
    edited(files, person := Person(), change)
    assert person.entries == {IDS[1]: AccessKey(IDS[1], SECRETS[1])}


@pytest.mark.parametrize("shape", ['"{}"', "'{}'", "{} # mine", "{}\t; mine", '"{}" # "mine"'])
def test_a_key_with_quotes_or_a_comment_behind_it_is_kept_as_aws_gave_it_out(tmp_path, shape):
    pair = PAIR.format(shape.format(IDS[1]), shape.format(SECRETS[1]))
    files = files_with(tmp_path, "# none\n", "[default]\n" + pair)
    person = Person(answer=True)
    configured(files, person)
    assert person.entries[IDS[1]] == AccessKey(IDS[1], SECRETS[1])
    assert SECRETS[1] not in texts(tmp_path)[1]


@pytest.mark.parametrize(
    "lines",
    [
        PAIR.format(IDS[1], f"{SECRETS[1]} # was {SECRETS[2]}"),
        f"aws_access_key_id = {IDS[1]}\naws_session_token = {SECRETS[1]}\n",
    ],
)
def test_a_secret_in_a_comment_behind_a_key_or_in_the_place_of_a_token_is_asked_about(
    tmp_path, lines
):
    files = files_with(tmp_path, "# none\n", "[default]\n" + lines)
    with pytest.raises(InputNeeded, match="credentials:3"):
        configured(files, Person())
    assert texts(tmp_path)[1] == "[default]\n" + lines


def test_a_secret_that_is_in_the_store_without_its_quotes_is_not_asked_about(tmp_path):
    files = files_with(tmp_path, "# none\n", "[default]\n" + PAIR.format(NEW.id, f'"{NEW.secret}"'))
    person = Person()
    configured(files, person, check=False)
    assert person.entries == {NEW.id: NEW}
    assert person.said == []


@pytest.mark.parametrize("operation", ["set region", "unset region", "configure --region"])
def test_a_section_indented_below_a_key_does_not_go_with_it(tmp_path, operation):
    text = "[default]\nregion = x\n  [profile dev]\n  role_arn = r\n"
    files = files_with(tmp_path, text, "# none\n")
    with pytest.raises(
        ConfigurationError, match="config:3: nothing was changed: this header is indented"
    ):
        OPERATIONS[operation](files, Person())
    assert texts(tmp_path) == [text, "# none\n"]
    edited(files, Person(), lambda found: found.config.set(DEFAULT, "output", "json"))
    assert text in texts(tmp_path)[0]


def test_moving_a_pair_to_the_other_file_loses_nothing(tmp_path):
    text = f"[a]\naws_access_key_id = {IDS[1]}\naws_secret_access_key = {SECRETS[1]}\n"
    files = files_with(tmp_path, "", text)

    def move(found):
        for key, value in found.credentials.values((PROFILE, "a")).items():
            found.config.set((PROFILE, "a"), key, value)
        found.credentials.remove_section((PROFILE, "a"))

    files.edit(move)
    assert SECRETS[1] in texts(tmp_path)[0]


def test_a_key_that_was_typed_over_is_kept_without_a_question_and_named(tmp_path):
    files = files_with(tmp_path, "", "[default]\n" + PAIR.format(IDS[1], SECRETS[1]))
    person = Person(accepts=[AccessKey(IDS[1], SECRETS[1])])
    configured(files, person, plaintext=True)
    assert person.entries == {IDS[1]: AccessKey(IDS[1], SECRETS[1])}
    assert len(person.said) == 1
    assert f"{IDS[1]} from {tmp_path / 'credentials'}:3" in person.said[0]


def test_another_secret_for_the_verified_key_is_named_and_goes(tmp_path):
    files = files_with(tmp_path, "", "[default]\n" + PAIR.format(NEW.id, SECRETS[1]))
    person = Person()
    configured(files, person)
    assert person.entries == {NEW.id: NEW}
    assert f"Removed {NEW.id} ({tmp_path / 'credentials'}:3)" in person.said[0]


def test_another_secret_for_an_unverified_key_goes_only_with_consent(tmp_path):
    text = "[default]\n" + PAIR.format(NEW.id, SECRETS[1])
    files = files_with(tmp_path, "", text)
    with pytest.raises(InputNeeded, match="credentials:3"):
        configured(files, Person(), check=False)
    assert texts(tmp_path) == ["", text]


def test_a_pair_that_was_swapped_is_known_as_the_one_that_is_typed_right(tmp_path):
    files = files_with(tmp_path, "", "[default]\n" + PAIR.format(NEW.secret, NEW.id))
    person = Person()
    configured(files, person)
    assert person.entries == {NEW.id: NEW}
    assert person.said == []


def test_a_secret_in_the_place_of_the_id_is_named_by_its_own_line(tmp_path):
    files = files_with(tmp_path, "", "[default]\n" + PAIR.format(SECRETS[1], IDS[1]))
    with pytest.raises(InputNeeded, match="credentials:2"):
        configured(files, Person())


def test_temporary_credentials_that_are_replaced_are_named_and_not_kept(tmp_path):
    text = "[default]\n" + PAIR.format(TEMPORARY, SECRETS[1]) + "aws_session_token = t\n"
    files = files_with(tmp_path, "", text)
    person = Person()
    configured(files, person)
    assert list(person.entries) == [NEW.id]
    assert person.said == [
        f"Removed {TEMPORARY} ({tmp_path / 'credentials'}:3): temporary credentials, which expire."
    ]


def test_an_id_in_one_file_and_its_secret_in_the_other_are_a_pair(tmp_path):
    config = f"[default]\naws_secret_access_key = {SECRETS[1]}\n"
    files = files_with(tmp_path, config, f"[default]\naws_access_key_id = {IDS[1].lower()}\n")
    person = Person(answer=True)
    configured(files, person)
    assert person.entries[IDS[1]] == AccessKey(IDS[1], SECRETS[1])


def test_setting_the_id_and_then_the_secret_keeps_the_pair_that_was_there(tmp_path):
    files = files_with(tmp_path, "", "[default]\n" + PAIR.format(IDS[1], SECRETS[1]))
    person = Person()
    for operation in ("set id", "set secret"):
        OPERATIONS[operation](files, person)
    assert person.entries == {IDS[1]: AccessKey(IDS[1], SECRETS[1])}
    assert texts(tmp_path)[1] == "[default]\n" + PAIR.format(NEW.id, NEW.secret)


def test_what_was_kept_for_an_edit_that_fails_is_not_left_in_the_store(tmp_path):
    files = files_with(tmp_path, "", "[default]\n" + PAIR.format(IDS[1], SECRETS[1]))

    def fails(_change, **_options):
        raise ConfigurationError("disk full")

    files.edit = fails
    person = Person()
    with contextlib.suppress(ConfigurationError):
        configured(files, person)
    assert person.entries == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# mine\n[default]\nKEYS[x]\n", "# mine\n[default]\n[x]\n"),
        ("# mine\n\n[default]\nKEYS[x]\n", "# mine\n\n[x]\n"),
        ("[default]\n# mine\nKEYS", "[default]\n# mine\n"),
        ("[default]\n\n[x]\n", "[default]\n\n[x]\n"),
        ("[default]\nKEYS", ""),
        ("[default] # mine\nKEYS[x]\n", "[default] # mine\n[x]\n"),
    ],
)
def test_a_section_goes_only_if_our_removal_emptied_it_and_under_no_comment(
    tmp_path, before, after
):
    keys = PAIR.format(NEW.id, NEW.secret)
    files = files_with(tmp_path, "", before.replace("KEYS", keys))
    configured(files, Person())
    assert texts(tmp_path)[1] == after


@pytest.mark.parametrize("token", ["aws_session_token", "aws_security_token"])
def test_a_users_key_beside_a_stray_token_is_no_temporary_one(tmp_path, token):
    text = "[default]\n" + PAIR.format(IDS[1], SECRETS[1]) + f"{token} = left over\n"
    person = Person()
    configured(files_with(tmp_path, "", text), person)
    assert person.entries[IDS[1]] == AccessKey(IDS[1], SECRETS[1])


@pytest.mark.parametrize("between", [",", " ", ";", "\u0085", " # ", '","', ":"])
def test_an_id_and_its_secret_that_were_pasted_as_one_are_a_pair(tmp_path, between):
    text = f"[default]\naws_access_key_id = {IDS[1]}{between}{SECRETS[1]}\n"
    person = Person(answer=True)
    configured(files_with(tmp_path, "", text), person)
    assert person.entries[IDS[1]] == AccessKey(IDS[1], SECRETS[1])
