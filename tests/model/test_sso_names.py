"""Names of profiles for accounts and roles: whatever somebody calls an account."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.errors import UsageError
from awscreds.model import names
from awscreds.model.credential_process import line
from awscreds.model.sso_names import DEFAULT_TEMPLATE, Naming, Patterns, SsoRole

HOSTILE = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        [
            *(
                "",
                " ",
                "]",
                "#x",
                "a\nb",
                "a] [profile b",
                "\x1b[31mred",
                "😀",
                "..",
                "-rf",
                "--help",
            ),
            *(
                "ﬀ" * 255,
                "x" * 255,
                "é" * 80,
                "\ud800",
                "\u202eevil",
                "a;b",
                "$(id)",
                "`id`",
                "'\"",
            ),
            *("default", "DEFAULT", "__proto__", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ]
    ),
)
ACCOUNT = "012345678901"


def names_of(account_name, role_name="Admin", template=DEFAULT_TEMPLATE, prefix=""):
    naming = Naming(template, prefix, "corp")
    return list(naming.candidates(SsoRole(ACCOUNT, account_name, role_name)))


@given(HOSTILE, HOSTILE, st.sampled_from([DEFAULT_TEMPLATE, "{account_name}", "{role_name}"]))
def test_whatever_an_account_is_called_every_tool_and_shell_reads_the_name(account, role, template):
    for name in names_of(account, role, template):
        assert set(name) <= names.EVERYWHERE
        assert name[0].isalnum() or name[0] == "_"
        assert len(name) < 210
        assert line(["/x"], name).endswith(f" --profile {name}")
    last = names_of(account, role, template)[-1]
    assert names.breaks(last) is None


@pytest.mark.parametrize(
    ("account_name", "name"),
    [
        ("Sandbox", "Sandbox-Admin"),
        ("Staging & Co", "Staging-Co-Admin"),
        ("Zürich, Größe", "Zurich-Gro-e-Admin"),
        ("a]\n#\x1b[31m😀", "a-31m-Admin"),
        ("開発", f"{ACCOUNT}-Admin"),
        ("", f"{ACCOUNT}-Admin"),
        ("--help", "help-Admin"),
        ("a/b", "a-b-Admin"),
    ],
)
def test_names_stay_as_near_as_can_be(account_name, name):
    assert names_of(account_name)[0] == name


def test_template_and_prefix_are_as_typed():
    found = names_of("Prod", template="{sso_session}/{account_id}:{role_name}", prefix="my-")
    assert found[0] == f"my-corp/{ACCOUNT}:Admin"
    assert found[1] == f"{found[0]}-{ACCOUNT}"


@pytest.mark.parametrize(
    "template",
    [
        *("{account}", "{account_name.__class__}", "{account_name!r}", "{account_name:>9}", "{0}"),
        *("{", "plain", "", "{account_name} {role_name}", "{role_name}]", "{role_name}\n", "{}"),
    ],
)
def test_other_templates_are_refused(template):
    with pytest.raises(UsageError) as caught:
        Naming(template, "", "corp")
    assert caught.value.code == "bad-template"
    assert caught.value.hint


@pytest.mark.parametrize("prefix", ["a b", "]", "#", "'", "é", "\x1b"])
def test_other_prefixes_are_refused(prefix):
    with pytest.raises(UsageError):
        Naming(DEFAULT_TEMPLATE, prefix, "corp")


@pytest.mark.parametrize(
    ("only", "skip", "is_wanted"),
    [
        ((), (), True),
        (("prod*",), (), True),
        (("PROD-EU",), (), True),
        ((ACCOUNT,), (), True),
        (("admin",), (), True),
        (("*/Admin",), (), True),
        (("0123*/adm?n",), (), True),
        (("dev*",), (), False),
        (("dev*", "prod*"), (), True),
        ((), ("prod*",), False),
        (("prod*",), ("*/admin",), False),
        (("[",), (), False),
    ],
)
def test_patterns_are_about_account_role_or_both(only, skip, is_wanted):
    assert Patterns(only, skip).select(SsoRole(ACCOUNT, "Prod-EU", "Admin")) is is_wanted
