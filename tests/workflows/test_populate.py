"""What `sso populate` would change, and the change itself: on documents, without AWS."""

import cProfile
import pstats
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.aws.portal import Account
from awscreds.errors import ConfigurationError
from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.document import PROFILE, Document
from awscreds.model.names import breaks
from awscreds.model.problems.findings import find
from awscreds.model.sso_names import DEFAULT_TEMPLATE, Naming, Patterns, SsoRole
from awscreds.stores.aws_files import AwsFiles
from awscreds.workflows import credential_line
from awscreds.workflows.populate.carry_out import NewProfiles, apply, carry_out
from awscreds.workflows.populate.listing import Listing
from awscreds.workflows.populate.plan import (
    ADD,
    HAS_SECRETS,
    IN_CREDENTIALS,
    NO_NAME,
    REMOVE,
    RENAME,
    REPEATED,
    WRAP,
    Wanted,
    plan,
)
from tests.stores.support import KILL_STATUS, start
from tests.stores.test_aws_files import STEPS

A, B, C = "111111111111", "022222222222", "333333333333"
SESSION = "[sso-session corp]\nsso_region = eu-central-1\nsso_start_url = https://x.test/start\n"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def listing(accounts, **more):
    """What AWS lists: by account ID, its name and its roles."""
    return Listing(
        [Account(account, name) for account, (name, _) in accounts.items()],
        [
            SsoRole(account, name, role)
            for account, (name, roles) in accounts.items()
            for role in roles.split()
        ],
        **more,
    )


class Files:
    """Both files, and what is populated into them."""

    def __init__(self, config=SESSION, credentials="", line_for=None):
        self.documents = AwsDocuments(
            Document.parse(config.encode()),
            Document.parse(credentials.encode(), credentials=True),
            "/c",
            "/k",
        )
        self.new = NewProfiles("corp", "eu-west-1", line_for)
        self.line_for = line_for

    def plan(self, listed, template=DEFAULT_TEMPLATE, prefix="", only=(), prune=False):
        listed = listed if isinstance(listed, Listing) else listing(listed)
        naming = Naming(template, prefix, "corp")
        is_named = bool(prefix) or template != DEFAULT_TEMPLATE
        wanted = Wanted(
            *("corp", naming, Patterns(only, ()).select),
            prune=prune,
            is_named=is_named,
            wrap=self.line_for is not None,
        )
        return plan(self.documents, listed, wanted)

    def populate(self, listed, **options):
        found = self.plan(listed, **options)
        apply(found, self.documents, self.new)
        assert self.plan(listed, **options).changes == ()
        return found

    @property
    def text(self):
        return self.documents.config.render().decode()

    @property
    def names(self):
        return self.documents.names()


def changes(found):
    return [(each.action, each.old, each.name) for each in found.changes]


def test_each_role_gets_a_profile_at_the_end_of_the_file():
    files = Files("# mine\n" + SESSION)
    files.populate({A: ("Dev", "Admin ReadOnly")})
    assert files.text == (
        f"# mine\n{SESSION}\n"
        f"[profile Dev-Admin]\nsso_session = corp\nsso_account_id = {A}\nsso_role_name = Admin\n"
        "region = eu-west-1\nawscreds_populated = Dev-Admin\n\n"
        f"[profile Dev-ReadOnly]\nsso_session = corp\nsso_account_id = {A}\n"
        "sso_role_name = ReadOnly\nregion = eu-west-1\nawscreds_populated = Dev-ReadOnly\n"
    )


@pytest.mark.parametrize("config", ["", SESSION.rstrip("\n"), SESSION.replace("\n", "\r\n")])
def test_the_style_of_the_file_stays(config):
    files = Files(config)
    files.populate({A: ("Dev", "Admin")})
    assert files.text.startswith(config)
    assert files.text.endswith("\n") is config.endswith("\n") or not config
    assert ("\r\n" in files.text) is ("\r" in config)
    assert files.text.replace("\r\n", "").count("\r") == 0
    assert Document.parse(files.text.encode()).values((PROFILE, "Dev-Admin"))["region"] == (
        "eu-west-1"
    )


def test_a_profile_for_which_no_other_name_is_free_keeps_the_one_that_it_has():
    files = Files()
    files.populate({A: ("Dev", "Admin")})
    wanted = list(Naming(DEFAULT_TEMPLATE, "", "corp").candidates(SsoRole(A, "Lab", "Admin")))
    files = Files(files.text + "".join(f"[profile {name}]\nregion = x\n" for name in wanted))
    found = files.populate({A: ("Lab", "Admin"), B: ("Dev", "Admin")})
    assert changes(found) == [(ADD, None, f"Dev-Admin-{B}")]
    assert [(each.name, each.reason, each.wanted) for each in found.left] == [
        ("Dev-Admin", NO_NAME, "Lab-Admin")
    ]


def test_a_renamed_account_is_followed_with_all_lines_that_name_its_profiles():
    files = Files()
    files.populate({A: ("Dev", "Admin ReadOnly"), B: ("Ops", "Admin")})
    config = files.text.replace("region = eu-west-1", "# closest\nregion = eu-north-1", 1)
    files = Files(
        f"{config}\n[profile deploy]\nrole_arn = arn:aws:iam::1:role/x\n"
        "source_profile = Dev-Admin\nawscreds_source_profile = Dev-Admin\n"
    )
    found = files.populate({A: ("Lab", "Admin ReadOnly"), B: ("Ops", "Admin")})
    assert changes(found) == [
        (RENAME, "Dev-Admin", "Lab-Admin"),
        (RENAME, "Dev-ReadOnly", "Lab-ReadOnly"),
    ]
    assert found.changes[0].users == ("deploy",)
    assert "Dev" not in files.text
    assert files.text.count("source_profile = Lab-Admin\n") == 2
    assert "# closest\nregion = eu-north-1" in files.text


def test_two_accounts_can_exchange_their_names():
    files = Files()
    files.populate({A: ("One", "Admin"), B: ("Two", "Admin")})
    role = "\n[profile r]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = One-Admin\n"
    files = Files(files.text + role)
    files.populate({A: ("Two", "Admin"), B: ("One", "Admin")})
    values = files.documents.config.values
    assert values((PROFILE, "Two-Admin"))["sso_account_id"] == A
    assert values((PROFILE, "One-Admin"))["sso_account_id"] == B
    assert values((PROFILE, "r"))["source_profile"] == "Two-Admin"


def line_for(name):
    return f"/x/awscreds/__main__.py credential-process --profile {name}"


class TestWrap:
    """`--wrap` for profiles that were populated without it."""

    LISTED: ClassVar = {A: ("Dev", "Admin ReadOnly"), B: ("Ops", "Admin")}

    def before(self):
        files = Files()
        files.populate(self.LISTED)
        return files.text.replace("region = eu-west-1", "# closest\nregion = eu-north-1", 1)

    def test_reaches_those_that_are_there_and_unwrap_restores_them(self):
        text = self.before()
        files = Files(text, line_for=line_for)
        found = files.populate(self.LISTED)
        assert changes(found) == [
            (WRAP, None, name) for name in ("Dev-Admin", "Dev-ReadOnly", "Ops-Admin")
        ]
        assert found.kept == 0
        for name in files.names:
            values = files.documents.config.values((PROFILE, name))
            assert values["credential_process"] == line_for(name)
            assert not any(key.startswith("sso_") for key in values)
            credential_line.remove(files.documents, name)
        assert files.text == text

    def test_goes_with_new_names_and_with_new_profiles(self):
        files = Files(self.before(), line_for=line_for)
        found = files.populate({A: ("Lab", "Admin"), B: ("Ops", "Admin New")})
        assert changes(found) == [
            (ADD, None, "Ops-New"),
            (RENAME, "Dev-Admin", "Lab-Admin"),
            (WRAP, None, "Lab-Admin"),
            (WRAP, None, "Ops-Admin"),
        ]
        assert found.gone == ("Dev-ReadOnly",)
        for name in ("Lab-Admin", "Ops-Admin", "Ops-New"):
            assert files.documents.config.get((PROFILE, name), "credential_process") == line_for(
                name
            )
        assert "credential_process" not in files.documents.config.values((PROFILE, "Dev-ReadOnly"))

    def test_only_reaches_what_is_selected(self):
        found = Files(self.before(), line_for=line_for).populate(self.LISTED, only=("Ops",))
        assert changes(found) == [(WRAP, None, "Ops-Admin")]

    @pytest.mark.parametrize(
        ("old", "new", "credentials"),
        [
            ("# closest", "credential_process = /bin/true", ""),
            ("# closest", "role_arn = arn:aws:iam::123456789012:role/x", ""),
            ("# closest", "aws_access_key_id = AKIAIOSFODNN7EXAMPLE", ""),
            ("sso_role_name = Admin\n", "sso_role_name = Admin\n  more\n", ""),
            ("# closest", "", "[Dev-Admin]\nregion = eu-west-3\n"),
            ("[profile Dev-Admin]", "[profile Dev-Admin]\n[profile Dev-Admin]", ""),
        ],
        ids=["process", "role", "key", "two lines", "credentials", "twice"],
    )
    def test_leaves_what_cannot_be_wrapped_or_is_not_ours_any_more(self, old, new, credentials):
        text = self.before().replace(old, new, 1)
        files = Files(text, credentials, line_for=line_for)
        found = files.plan(self.LISTED)
        assert "Dev-Admin" not in {each.name for each in found.of(WRAP)}
        apply(found, files.documents, files.new)
        assert text.partition("\n\n[profile Dev-ReadOnly]")[0] in files.text


def test_the_lines_of_wrapped_profiles_follow():
    files = Files(line_for=line_for)
    files.populate({A: ("Dev", "Admin")})
    values = files.documents.config.values((PROFILE, "Dev-Admin"))
    assert values["awscreds_sso_account_id"] == A
    assert values["credential_process"] == line_for("Dev-Admin")
    assert not any(key.startswith("sso_") for key in values)
    files.populate({A: ("Lab", "Admin")})
    values = files.documents.config.values((PROFILE, "Lab-Admin"))
    assert values["credential_process"] == line_for("Lab-Admin")


def test_accounts_of_one_name_both_get_their_id_whatever_the_order():
    accounts = {A: ("Dev", "Admin"), B: ("Dev", "Admin"), C: ("dev", "Admin")}
    wanted = {f"Dev-Admin-{A}", f"Dev-Admin-{B}", "dev-Admin"}
    for order in (accounts, dict(reversed(accounts.items()))):
        files = Files()
        files.populate(order)
        assert set(files.names) == wanted


def test_a_name_that_was_given_stays_when_another_account_wants_it():
    files = Files()
    files.populate({A: ("Dev", "Admin")})
    found = files.populate({A: ("Dev", "Admin"), B: ("Dev", "Admin")})
    assert changes(found) == [(ADD, None, f"Dev-Admin-{B}")]
    assert found.changes[0].taken == "Dev-Admin"
    assert files.populate({A: ("Dev", "Admin"), B: ("Dev", "Admin")}).changes == ()


BY_HAND = (
    "[ profile Dev-Admin ]\nregion = x\n",
    "[profile Dev-Admin]\nregion = x\n",
    "[profile Dev-Admin ]\nregion = x\n",
    (
        "[profile Dev-Admin]\nsso_session = other\nsso_account_id = 1\nsso_role_name = r\n"
        "awscreds_populated = Dev-Admin\n"
    ),
    f"[profile Dev-Admin]\nsso_session = corp\nsso_account_id = {B}\nsso_role_name = Admin\n",
)


@pytest.mark.parametrize("made", BY_HAND)
def test_a_profile_that_somebody_made_is_not_touched_and_its_name_is_told(made):
    files = Files(SESSION + made)
    found = files.populate({A: ("Dev", "Admin")}, prune=True)
    assert changes(found) == [(ADD, None, f"Dev-Admin-{A}")]
    assert found.changes[0].taken == "Dev-Admin"
    assert files.text.startswith(SESSION + made)


def test_a_profile_of_the_credentials_file_has_its_name_too():
    files = Files(credentials="[Dev-Admin]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n")
    assert changes(files.populate({A: ("Dev", "Admin")})) == [(ADD, None, f"Dev-Admin-{A}")]


def test_the_very_profile_that_somebody_made_is_not_made_twice():
    made = f"[profile Dev-Admin]\nsso_session = corp\nsso_account_id = {A}\nsso_role_name = Admin\n"
    found = Files(SESSION + made).populate({A: ("Dev", "Admin")})
    assert found.changes == ()
    assert [each.name for each in found.left] == ["Dev-Admin"]


def test_what_somebody_renamed_or_copied_keeps_its_name_and_is_not_made_again():
    files = Files()
    files.populate({A: ("Dev", "Admin ReadOnly")})
    text = files.text.replace("[profile Dev-Admin]", "[profile mine]")
    copied = files.text[files.text.index("[profile Dev-ReadOnly]") :]
    text += "\n" + copied.replace("[profile Dev-ReadOnly]", "[profile copied]")
    files = Files(text)
    assert files.populate({A: ("Dev", "Admin ReadOnly")}, prune=True).changes == ()
    found = files.populate({A: ("Lab", "Admin ReadOnly")}, prune=True)
    assert changes(found) == [(RENAME, "Dev-ReadOnly", "Lab-ReadOnly")]
    found = files.populate({B: ("Lab", "Other")}, prune=True)
    assert [each.name for each in found.of(REMOVE)] == ["Lab-ReadOnly"]
    assert {"mine", "copied"} < set(files.names)


def test_only_pruning_removes_and_it_says_who_uses_the_profile():
    files = Files()
    files.populate({A: ("Dev", "Admin"), B: ("Ops", "Admin")})
    role = "\n[profile r]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = Ops-Admin\n"
    files = Files(files.text + role)
    listed = {A: ("Dev", "Admin")}
    found = files.populate(listed)
    assert (found.changes, found.gone) == ((), ("Ops-Admin",))
    before = files.text
    found = files.populate(listed, prune=True)
    assert changes(found) == [(REMOVE, None, "Ops-Admin")]
    assert found.changes[0].users == ("r",)
    start, end = before.index("\n[profile Ops-Admin]"), before.index("\n[profile r]")
    assert files.text == before[:start] + before[end:]


def test_a_name_that_becomes_free_is_not_given_to_another_account_at_once():
    """A role that has it as its source would go on with another account's credentials."""
    files = Files()
    files.populate({A: ("Dev", "Admin")})
    found = files.populate({B: ("Dev", "Admin")}, prune=True)
    assert changes(found) == [(ADD, None, f"Dev-Admin-{B}"), (REMOVE, None, "Dev-Admin")]


def test_the_sso_session_keeps_how_profiles_were_named():
    files = Files()
    found = files.populate({A: ("Dev", "Admin")}, prefix="my-")
    assert found.template == "my-{account_name}-{role_name}"
    line = "awscreds_populate_template = my-{account_name}-{role_name}\n"
    assert files.text.startswith(SESSION + line)
    found = files.populate({A: ("Dev", "Admin ReadOnly")}, prefix="my-")
    assert (changes(found), found.template) == ([(ADD, None, "my-Dev-ReadOnly")], None)
    assert Files().populate({A: ("Dev", "Admin")}).template is None


ROUND = {A: ("Dev", "Admin ReadOnly"), B: ("Ops", "Admin"), C: ("Ops", "Admin")}
AROUND = (
    SESSION,
    SESSION.rstrip("\n"),
    SESSION.replace("\n", "\r\n"),
    f"{SESSION}\n# BEGIN_AWS_SSO_CLI\n[profile x]\noutput = json\n# END_AWS_SSO_CLI\n",
    f"{SESSION}\n\n",
    f"{SESSION}# the end",
)


@pytest.mark.parametrize("before", AROUND)
def test_after_everything_is_pruned_the_file_is_as_it_was(before):
    files = Files(before)
    files.populate(ROUND)
    files.populate({A: ("Dev", "")}, prune=True)
    assert files.text.rstrip() == before.rstrip()


def test_what_aws_could_not_list_is_not_gone():
    files = Files()
    files.populate({A: ("Dev", "Admin"), B: ("Ops", "Admin")})
    listed = listing({A: ("Dev", "")}, vanished=frozenset({B}))
    listed.unusable.append(SsoRole(A, "Dev", "Admin"))
    found = files.populate(listed, prune=True)
    assert (found.changes, found.gone) == ((), ())


def test_patterns_neither_add_nor_rename_nor_remove_others():
    files = Files()
    files.populate({A: ("Dev", "Admin"), B: ("Ops", "Admin")})
    found = files.populate(
        {A: ("Lab", "Admin"), B: ("Run", "Admin"), C: ("X", "Admin")}, only=["lab"], prune=True
    )
    assert changes(found) == [(RENAME, "Dev-Admin", "Lab-Admin")]


IN_THE_WAY = {
    IN_CREDENTIALS: ("", "[Dev-Admin]\noutput = json\n"),
    f"{IN_CREDENTIALS} ": ("", "[r]\nsource_profile = Dev-Admin\n"),
    REPEATED: ("[profile Dev-Admin]\noutput = json\n", ""),
    f"{REPEATED} ": ("[ profile Dev-Admin ]\noutput = json\n", ""),
    HAS_SECRETS: ("# {SECRET}\n", ""),
    f"{HAS_SECRETS} ": (f"aws_secret_access_key = {SECRET}\n", ""),
}


@pytest.mark.parametrize("reason", IN_THE_WAY)
def test_what_does_not_change_at_once_or_holds_a_secret_stays(reason):
    files = Files()
    files.populate({A: ("Dev", "Admin")})
    more, credentials = IN_THE_WAY[reason]
    files = Files(files.text + more.replace("{SECRET}", SECRET), credentials)
    before = files.text
    assert files.populate({B: ("Ops", "")}, prune=True).changes == ()
    if reason.strip() != HAS_SECRETS:
        assert files.populate({A: ("Lab", "Admin")}).changes == ()
    found = files.plan({B: ("Ops", "")}, prune=True)
    assert [each.reason for each in found.left] == [reason.strip()]
    assert files.text == before


def test_a_profile_that_is_no_sso_profile_any_more_is_theirs():
    files = Files()
    files.populate({A: ("Dev", "Admin")})
    files = Files(files.text + "role_arn = arn:aws:iam::1:role/x\n")
    found = files.populate({B: ("Ops", "")}, prune=True)
    assert (found.changes, found.gone) == ((), ())


@pytest.mark.parametrize("name", ["default", "DEFAULT", "__proto__"])
def test_no_account_becomes_the_default_profile(name):
    files = Files()
    files.populate({A: (name, "Admin")}, template="{account_name}")
    assert files.names == [f"{name}-{A}"]


ACCOUNTS = st.dictionaries(
    st.sampled_from([A, B, C]),
    st.tuples(
        st.one_of(st.text(max_size=60), st.sampled_from(["Dev", "Dev]", "default", "", "Ops"])),
        st.sets(st.sampled_from(["Admin", "Read=Only", "Read,Only", "x"])).map(
            lambda found: " ".join(sorted(found))
        ),
    ),
    min_size=1,
)
BEFORE = st.sampled_from(["", *BY_HAND, "[profile a]\nsource_profile = Dev-Admin\n"])
TEMPLATES = st.sampled_from([DEFAULT_TEMPLATE, "{role_name}", "{account_id}", "{account_name}"])


@given(st.lists(st.tuples(ACCOUNTS, TEMPLATES, st.booleans()), min_size=1, max_size=3), BEFORE)
def test_in_whatever_order_accounts_change_each_role_has_one_valid_profile(runs, before):
    files = Files(SESSION + before)
    for accounts, template, prune in runs:
        found = files.populate(accounts, template=template, prune=prune)
        assert found.nameless == ()
        assert files.text.startswith(SESSION)
    profiles = files.documents.config.profiles()
    assert len(set(profiles)) == len(profiles)
    made = {
        name: files.documents.config.values((PROFILE, name))
        for name in profiles
        if files.documents.config.values((PROFILE, name)).get("awscreds_populated") == name
    }
    assert all(breaks(name) is None for name in made)
    assert not [each for each in find(files.documents) if each.profile in made]
    served = {(values["sso_account_id"], values["sso_role_name"]) for values in made.values()}
    listed = {role.identity for role in listing(runs[-1][0]).roles}
    by_hand = {(B, "Admin")} if before == BY_HAND[-1] else set()
    assert listed - by_hand <= served


KILLED = f"""
    import os, sys
    from awscreds.model.sso_names import DEFAULT_TEMPLATE, Naming, Patterns, SsoRole
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.workflows.populate.carry_out import NewProfiles, carry_out
    from awscreds.workflows.populate.listing import Listing
    from awscreds.workflows.populate.plan import Wanted, plan

    fatal, config, credentials, name = sys.argv[1:]

    def step(reached):
        if reached == fatal:
            os.kill(os.getpid(), 9)

    files = AwsFiles(config, credentials, step=step)
    roles = [("{A}", "Admin"), ("{A}", "ReadOnly"), ("{B}", "Admin")]
    listed = Listing([], [SsoRole(account, name, role) for account, role in roles])
    wanted = Wanted("corp", Naming(DEFAULT_TEMPLATE, "", "corp"), Patterns((), ()).select, True)
    def make(documents):
        return plan(documents, listed, wanted)
    carry_out(make(files.load()), files, make, NewProfiles("corp", "eu-west-1"))
    """
ONE_FILE = [step for step in STEPS if "credentials" not in step]


@pytest.mark.slow
@pytest.mark.parametrize("step", ONE_FILE)
def test_a_killed_run_has_changed_all_or_nothing_and_the_next_one_does_the_rest(tmp_path, step):
    config, credentials = tmp_path / "config", tmp_path / "credentials"
    gone = "\n".join(
        f"[profile {name}]\nsso_session = corp\nsso_account_id = {account}\n"
        f"sso_role_name = Admin\nawscreds_populated = {name}\n"
        for name, account in (("Old-Admin", A), ("Gone-Admin", "9" * 12))
    )
    role = "[profile r]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = Old-Admin\n"
    before = f"{SESSION}{gone}{role}"
    config.write_text(before)
    credentials.write_text("[x]\noutput = json\n")

    def populate(fatal):
        process = start(KILLED, fatal, config, credentials, "New")
        _, err = process.communicate(timeout=60)
        assert process.returncode == (0 if fatal == "none" else KILL_STATUS), err

    populate(step)
    if config.read_text() != before:
        assert "source_profile = New-Admin-" in config.read_text()
        assert "Gone" not in config.read_text()
    populate("none")
    after = config.read_text()
    names = Document.parse(after.encode()).profiles()
    assert names == [f"New-Admin-{A}", "r", f"New-Admin-{B}", "New-ReadOnly"]
    assert f"source_profile = New-Admin-{A}" in after
    assert credentials.read_text() == "[x]\noutput = json\n"
    assert [path.name for path in tmp_path.iterdir() if "awscreds" in path.name] == []


def test_a_file_that_aws_tools_refuse_gets_no_profiles_unless_somebody_insists(tmp_path):
    config = tmp_path / "config"
    refused = f"{SESSION}[profile x]\noutput = json\noutput = text\n"
    config.write_text(refused)
    files = AwsFiles(str(config), str(tmp_path / "credentials"))
    listed = listing({A: ("Dev", "Admin")})
    wanted = Wanted("corp", Naming(DEFAULT_TEMPLATE, "", "corp"), Patterns((), ()).select)

    def make(documents):
        return plan(documents, listed, wanted)

    new = NewProfiles("corp", "eu-west-1")
    with pytest.raises(ConfigurationError) as caught:
        carry_out(make(files.load()), files, make, new)
    assert caught.value.code == "file-refused"
    assert config.read_text() == refused
    carry_out(make(files.load()), files, make, new, in_spite_of_findings=True)
    assert "[profile Dev-Admin]" in config.read_text()


def calls(count, *, prune=False, renamed=False, wrapped=False):
    """How many function calls it takes for so many accounts with five roles."""
    accounts = {f"{at:012}": (f"Account {at // 2}", "a b c d e") for at in range(count)}
    files = Files()
    watch = cProfile.Profile()
    if prune or renamed or wrapped:
        files.populate(accounts)
        if wrapped:
            files = Files(files.text, line_for=line_for)
        watch.runcall(
            files.populate,
            {A: ("x", "")} if prune else accounts,
            prune=prune,
            prefix="new-" if renamed else "",
        )
    else:
        watch.runcall(files.populate, accounts)
    return pstats.Stats(watch).total_calls


@pytest.mark.parametrize(
    "how", [{}, *({each: True} for each in ("prune", "renamed", "wrapped"))], ids=str
)
def test_the_work_grows_with_the_number_of_roles_and_no_faster(how):
    calls(5, **how)
    assert calls(80, **how) < 2.3 * calls(40, **how)
