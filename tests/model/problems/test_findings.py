"""What is said about files that only some tools read, with the real botocore as the judge."""

import pytest
from hypothesis import example
from hypothesis import strategies as st

from awscreds.model import tools
from awscreds.model.documents import AwsDocuments
from awscreds.model.ini.document import PROFILE, Document
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.findings import (
    HIDDEN_KEY,
    _source,
    disagreements,
    find,
    refusals,
)
from awscreds.model.problems.problem import ERROR, WARNING
from tests.model.ini import cases

ALICE, BOB = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def files(config=b"", credentials=b""):
    return AwsDocuments(
        Document.parse(config),
        Document.parse(credentials, credentials=True),
        "config",
        "credentials",
    )


def findings(config="", credentials=""):
    return find(files(config.encode(), credentials.encode()))


def pair(key_id):
    return f"aws_access_key_id = {key_id}\naws_secret_access_key = {SECRET}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("findings"))


# Laws


@pytest.mark.posix("botocore reads the files in the ANSI code page there")
@cases.law(st.binary() | cases.texts().map(str.encode) | cases.soups.map(str.encode))
@example(b"\xef\xbb\xbf[default]\n")
@example(b"[default]\nregion = \xff\n")
@example(b"[default]\ns3 =\n  x\n")
def test_what_botocore_refuses_is_an_error_that_names_the_cli_and_boto3(folder, data):
    for found, loaded in (
        (find(files(config=data)), cases.by_botocore(data, folder)),
        (find(files(credentials=data)), cases.sections_by_botocore(data, folder)),
    ):
        if loaded is None:
            named = [each for each in found if each.severity == ERROR]
            assert any({tools.CLI, tools.BOTO3} <= set(each.tools) for each in named)
            assert refusals(found)


HEADERS = ["default", "profile default", "DEFAULT", "profile dev", "profile 'dev'", " default "]
ROWS = [
    pair(ALICE),
    pair(BOB),
    "role_arn = arn:aws:iam::123456789012:role/x\nsource_profile = default\n",
    "credential_process = /bin/a\n",
    "credential_process = /bin/b\n",
    "sso_account_id = 1\nsso_session = s\n",
    "login_session = l\n",
    "region = eu-west-1\n",
    "",
]


def sections(headers):
    section = st.builds("[{}]\n{}".format, st.sampled_from(headers), st.sampled_from(ROWS))
    return st.lists(section, max_size=4).map("".join)


@cases.law(sections(HEADERS), sections(["default", "dev", "DEFAULT", " dev "]))
@example("[profile dev]\n", f"[DEFAULT]\n{pair(BOB)}[dev]\nregion = x\n")
def test_where_botocore_takes_other_credentials_than_we_say_a_finding_says_so(
    folder, config, credentials
):
    both = files(config.encode(), credentials.encode())
    loaded = cases.by_botocore(config.encode(), folder)
    beside = cases.sections_by_botocore(credentials.encode(), folder)
    found = find(both)
    if loaded is None or beside is None:
        assert refusals(found)
        return
    for name in both.names():
        section = (PROFILE, name)
        ours = _source(both.config.values(section), both.credentials.values(section))
        theirs = _source(loaded["profiles"].get(name, {}), beside.get(name, {}))
        said = [each for each in disagreements(found, name) if tools.BOTO3 in each.tools]
        assert bool(said) is (ours != theirs)


@cases.law(cases.texts() | cases.soups)
def test_no_finding_quotes_a_value_or_a_line_without_a_key(text):
    for value in ("eu-central-1", "junk", "a = 1", "x # not a comment", "'quoted'"):
        text = text.replace(value, SECRET)
    assert SECRET.lower() not in "".join(map(str, findings(text, text))).lower()


@cases.law(cases.texts(cases.TIDY) | cases.soups)
def test_every_finding_is_one_line_with_its_place_its_tools_and_a_remedy(text):
    for each in findings(text, text):
        assert "\n" not in str(each)
        assert str(each).startswith(f"{each.path}:{each.line}: ")
        assert each.tools
        assert each.remedy
        assert each.severity in (ERROR, WARNING)


# Kinds: what is in the file, the finding's code, severity, line, profile and some of the tools

SPEAKING = {
    "a byte order mark": ("\ufeff[default]\n", "bom", ERROR, 1, None, tools.BOTOCORE),
    "bad bytes": ("[default]\nregion = \udcff\n", "encoding", ERROR, 2, None, tools.BOTOCORE),
    "a duplicate section": (
        "[profile test]\nregion = eu-central-1\n\n[profile test]\nregion = eu-west-1\n",
        *("duplicate-section", ERROR, 4, None, tools.BOTOCORE),
    ),
    "a duplicate key": (
        "[default]\nregion = a\nregion = b\n",
        *("duplicate-key", ERROR, 3, None, tools.BOTOCORE),
    ),
    "two spellings of a key": (
        "[default]\nRegion = a\nregion = b\n",
        *("duplicate-key", ERROR, 3, None, tools.BOTOCORE),
    ),
    "a line without a key": (
        "[default]\nregion\n[profile b]\nregion =\n",
        *(
            "keyless-line",
            ERROR,
            2,
            None,
            (*tools.BOTOCORE, tools.GO, tools.JAVA, tools.RUST),
        ),
    ),
    "a setting before any header": (
        "region = x\n[default]\n",
        *("key-before-section", ERROR, 1, None, tools.BOTOCORE),
    ),
    "a header that is not closed": (
        "[default]\n[profile x\nregion = y\n",
        *(
            "unclosed-header",
            ERROR,
            2,
            None,
            (*tools.BOTOCORE, tools.GO, tools.JAVA),
        ),
    ),
    "a header below an indented value": (
        "[default]\nregion = x\n  [profile dev]\n  output = json\n",
        *("swallowed-header", ERROR, 3, "default", tools.ALL),
    ),
    "a key below another, indented": (
        "[profile dev]\nregion = x\n  aws_access_key_id = a\n  aws_secret_access_key = b\n",
        *("other-identity", ERROR, 3, "dev", (tools.JAVASCRIPT,)),
    ),
    "an indented header": (
        "  [profile dev]\nregion = x\n",
        *("indented-header", ERROR, 1, "dev", (tools.GO, tools.JAVA, tools.RUST)),
    ),
    "text after a header": (
        "[profile dev] mine\nregion = x\n",
        *("text-after-header", ERROR, 1, None, tools.SDKS),
    ),
    "a comment right after a header": (
        "[profile dev]# mine\nregion = x\n",
        *("text-after-header", ERROR, 1, "dev", (tools.JAVASCRIPT,)),
    ),
    "a bracket in the comment after a header": (
        "[profile dev] # see [1]\nregion = x\n",
        *("bracket-in-header", ERROR, 1, "dev", tools.BOTOCORE),
    ),
    "a capital [DEFAULT]": (
        "[DEFAULT]\nregion = x\n",
        *("default-section", WARNING, 1, None, tools.BOTOCORE),
    ),
    "[profile default] beside [default]": (
        "[default]\nregion = x\n[profile default]\nregion = y\n",
        *("shadowed-section", ERROR, 1, "default", tools.ALL),
    ),
    "blanks beside the brackets": (
        "[ default ]\nregion = x\n",
        *("padded-header", ERROR, 1, "default", tools.BOTOCORE),
    ),
    "a kind run into another word": (
        "[profilefoo bar]\nregion = x\n",
        *("unseen-name", WARNING, 1, "bar", tools.SDKS),
    ),
    "a name in quotes": (
        "[profile 'dev']\nregion = x\n",
        *("unseen-name", WARNING, 1, "dev", (tools.GO, tools.JAVA, tools.RUST)),
    ),
    "a name with blanks and no quotes": (
        "[profile a b]\nregion = x\n",
        *("unreadable-header", WARNING, 1, "a b", tools.BOTOCORE),
    ),
    "a name that breaks the file": (
        "[profile #h]\nregion = x\n",
        *(
            "comment-in-header",
            ERROR,
            1,
            None,
            (tools.GO, tools.JAVA, tools.RUST),
        ),
    ),
    "a profile without its prefix": (
        "[dev]\nregion = x\n",
        *("no-profile-prefix", WARNING, 1, "dev", tools.ALL),
    ),
    "quotes around a value": (
        '[profile dev]\nregion = "eu-central-1"\n',
        *("quoted-value", WARNING, 2, "dev", tools.BOTOCORE),
    ),
    "quotes around a key": (
        f'[profile dev]\naws_access_key_id = "{ALICE}"\n',
        *("quoted-value", ERROR, 2, "dev", tools.BOTOCORE),
    ),
    "a comment after a value": (
        "[profile dev]\nregion = eu-central-1  # home\n",
        *("comment-in-value", WARNING, 2, "dev", tools.BOTOCORE),
    ),
    "a comment after a key": (
        f"[profile dev]\naws_access_key_id = {ALICE} ; bob's\n",
        *("comment-in-value", ERROR, 2, "dev", tools.BOTOCORE),
    ),
    "a blank in a key": (
        "[profile dev]\naws_access_key_id = AKIA IOSFODNN7EXAMPLE\n",
        *("blank-in-key", ERROR, 2, "dev", tools.ALL),
    ),
    "a value beyond ASCII": (
        "[profile dev]\nregion = eu\u2011central\u20111\n",
        *("non-ascii-value", WARNING, 2, "dev", tools.BOTOCORE),
    ),
    "a key in upper case": (
        "[profile dev]\nRegion = x\n",
        *("uppercase-key", WARNING, 2, "dev", (tools.JAVA, tools.JAVASCRIPT)),
    ),
    "a colon": (
        "[profile dev]\nregion: x\n",
        *("colon", ERROR, 2, None, (tools.JAVA, tools.RUST, tools.JAVASCRIPT)),
    ),
    "an indented first key": (
        "[profile dev]\n  region = x\n",
        *("indented-key", ERROR, 2, None, tools.STRICT),
    ),
    "an indented comment": (
        "[profile dev]\nregion = x\n  # home\n",
        *("indented-comment", ERROR, 3, None, tools.STRICT),
    ),
    "junk in a nested block": (
        "[profile dev]\ns3 =\n  junk\n",
        *(
            "keyless-nested-line",
            ERROR,
            2,
            None,
            (*tools.BOTOCORE, tools.JAVA, tools.RUST),
        ),
    ),
    "a nameless nested key": (
        "[profile dev]\ns3 =\n  = 1\n",
        *("nameless-nested-key", ERROR, 2, None, tools.STRICT),
    ),
    "a process cut by Go": (
        "[profile dev]\ncredential_process = sh -c 'a;b'\n",
        *("cut-by-go", ERROR, 2, "dev", (tools.GO,)),
    ),
    "a typo in what is served": (
        "[profile dev]\nawscreds_serve = Sesion\n",
        *("bad-setting", ERROR, 2, "dev", ("awscreds",)),
    ),
    "a typo in a cache's time": (
        "[profile dev]\nawscreds_key_cache = 15\n",
        *("bad-setting", WARNING, 2, "dev", ("awscreds",)),
    ),
    "a setting of ours that is none": (
        "[profile dev]\nAwscreds_serv = session\n",
        *("unknown-setting", WARNING, 2, "dev", ("awscreds",)),
    ),
}


@pytest.mark.parametrize("kind", SPEAKING)
def test_each_kind_is_found_with_its_line_its_profile_and_the_tools(kind):
    text, code, severity, line, profile, about = SPEAKING[kind]
    found = find(files(text.encode(errors="surrogateescape")))
    [one] = [each for each in found if each.code == code]
    assert (one.severity, one.path, one.line, one.profile) == (severity, "config", line, profile)
    assert set(about) <= set(one.tools)
    for tool in one.tools:
        assert tool == "awscreds" or tool in one.message or one.tools == tools.ALL


@pytest.mark.parametrize(
    ("text", "code", "profile"),
    [
        (f"[profile dev]\n{pair(ALICE)}", "profile-prefix", "dev"),
        ("[sso-session s]\nsso_region = x\n", "misplaced-section", None),
        ("[ dev ]\nregion = x\n", "padded-header", "dev"),
        ("[a b]\nregion = x\n", "unseen-name", "a b"),
        ("[#h]\nregion = x\n", "comment-in-header", None),
    ],
)
def test_the_credentials_file_has_kinds_of_its_own(text, code, profile):
    [one] = [each for each in findings(credentials=text) if each.code == code]
    assert (one.path, one.line, one.profile) == ("credentials", 1, profile)


@pytest.mark.parametrize(
    ("row", "has_no_effect"),
    [
        (f"awscreds_access_key_id = {ALICE}", True),
        ("awscreds_key_cache = 15m", True),
        ("awscreds_role_arn = arn:aws:iam::123456789012:role/x", True),
        ("awscreds_serve = session", False),
        ("awscreds_max_key_age = 90d", False),
        ("mfa_process = ykman", False),
    ],
)
def test_a_setting_that_credential_process_does_not_look_for_there_is_named(row, has_no_effect):
    found = findings("[profile dev]\n", f"[dev]\n{row}\n")
    assert [each.code for each in found] == ["misplaced-setting"] * has_no_effect
    assert findings(f"[profile dev]\n{row}\n") == []


def test_a_tidy_file_is_not_talked_of():
    config = (
        "# c\n[default]\nregion = x\ns3 =\n  a = 1\n\n[profile a.b]\nsource_profile = default\n"
        "credential_process = /usr/bin/x --profile 'a b'\nmfa_process = ykman oath 'AWS x'\n"
        "sso_start_url = https://x.awsapps.com/start#/\nawscreds_serve = session\n"
        "[plugins]\nq = 1\n[services s]\nsts =\n  endpoint_url = http://localhost:1\n"
        "[sso-session s]\nsso_region = x\n[other-tool]\nsome = thing\n"
    )
    assert findings(config, f"[default]\n{pair(ALICE)}\n[a.b]\n{pair(BOB)}") == []


# Whose key


def test_keys_in_a_capital_default_are_another_user_for_the_cli_and_boto3():
    found = findings(
        f"[profile dev]\ncredential_process = /x/awscreds/__main__.py credential-process --profile "
        f"dev\nawscreds_access_key_id = {ALICE}\n",
        f"[DEFAULT]\n{pair(BOB)}\n[dev]\nregion = us-east-1\n",
    )
    [one] = disagreements(found, "dev")
    assert one.tools == tools.BOTOCORE
    assert (one.path, one.line) == ("credentials", 1)
    assert f"use the access key {BOB}" in one.message
    assert "the key from awscreds" in one.message


def test_a_capital_default_with_no_keys_is_nobody_else():
    found = findings("[DEFAULT]\nregion = x\n[profile dev]\n", f"[dev]\n{pair(ALICE)}")
    assert disagreements(found, "dev") == []


@pytest.mark.parametrize("swapped", [False, True])
def test_of_default_and_profile_default_the_sdks_take_different_keys(swapped):
    both = [f"[default]\n{pair(ALICE)}", f"[profile default]\n{pair(BOB)}"]
    found = findings("".join(reversed(both) if swapped else both))
    said = disagreements(found, "default")
    # We read as botocore does, the later one; the others take [profile default] wherever it is.
    assert [each.tools for each in said] == ([tools.SDKS] if swapped else [])


@pytest.mark.parametrize("above", ["region = x", "awscreds_access_key_id = " + ALICE])
def test_keys_indented_below_another_key_are_another_user_for_javascript(above):
    indented = "".join(f"  {line}\n" for line in pair(BOB).splitlines())
    [one] = disagreements(findings(f"[profile dev]\n{above}\n{indented}"), "dev")
    assert one.line == 3
    assert SECRET not in str(one)


@pytest.mark.parametrize("below", ["s3 =\n  role_arn = x\n", "region = x\n\n  --opt=aws\n"])
def test_a_block_of_settings_and_a_value_of_several_lines_are_nobody_else(below):
    assert disagreements(findings(f"[profile dev]\n{below}"), "dev") == []


def test_a_secret_in_the_ids_place_is_not_shown():
    found = findings(f"[DEFAULT]\naws_access_key_id = {SECRET}\n[profile dev]\nregion = x\n")
    assert disagreements(found, "dev")
    assert SECRET not in str(found)


def test_a_finding_of_a_profile_concerns_that_profile_and_one_of_the_file_concerns_all():
    about_all = Finding("bom", ERROR, "config", 1, "x", (tools.CLI,), "y")
    about_dev = Finding("bom", ERROR, "config", 1, "x", (tools.CLI,), "y", "dev")
    assert about_all.concerns([])
    assert about_dev.concerns(["dev"])
    assert not about_dev.concerns(["other"])


def test_a_path_with_control_characters_is_escaped():
    assert str(Finding("bom", ERROR, "\x1b[2J", 3, "x", (), "")) == "\\x1b[2J:3: x"


# Managed keys that nobody uses


MANAGED = f"[profile alice]\ncredential_process = /x/awscreds\nawscreds_access_key_id = {ALICE}\n"
TEMPORARY = f"aws_access_key_id = ASIA{ALICE[4:]}\naws_secret_access_key = {SECRET}\n"


@pytest.mark.parametrize("token", ["aws_session_token", "aws_security_token"])
def test_temporary_keys_that_hide_a_managed_one_are_named_with_their_end(token):
    lines = f"# aws-mfa\n[alice]\n{TEMPORARY}{token} = t\nexpiration = 2020-01-01 00:00:00\n"
    (found,) = findings(MANAGED, lines)
    assert (found.code, found.severity, found.profile) == (HIDDEN_KEY, ERROR, "alice")
    assert str(found).startswith(
        "credentials:3: temporary keys (they expire at 2020-01-01T00:00:00Z)"
    )
    assert "configure unset aws_access_key_id --profile alice" in found.remedy
    assert SECRET not in str(found)


@pytest.mark.parametrize(
    ("config", "credentials"),
    [
        (MANAGED, f"[alice]\n{pair(BOB)}"),  # a long-lived key: said elsewhere
        ("[profile alice]\nregion = r\n", f"[alice]\n{TEMPORARY}aws_session_token = t\n"),
        (MANAGED, f"[bob]\n{TEMPORARY}aws_session_token = t\n"),
    ],
)
def test_temporary_keys_that_hide_nothing_are_no_finding(config, credentials):
    assert HIDDEN_KEY not in {found.code for found in findings(config, credentials)}


@pytest.mark.parametrize("token", ["aws_session_token", "aws_security_token"])
def test_a_token_in_a_capital_default_spoils_every_key_for_the_cli_and_boto3(token):
    found = findings("", f"[DEFAULT]\n{token} = x\n[dev]\n{pair(ALICE)}")
    [one] = disagreements(found, "dev")
    assert one.tools == tools.BOTOCORE
    assert f"use the access key {ALICE} with a session token" in one.message
    assert one.message.endswith(f"awscreds reads the access key {ALICE}")
