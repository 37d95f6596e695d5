"""Which programs can read which profiles: each rule, and the page that shows the same rows."""

import pytest

from awscreds.model.clients import CLIENTS, unreadable
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from tests.docs.pages import REFERENCE, rows

OURS = (
    "credential_process = /v/python -I /v/awscreds/__main__.py credential-process --profile x\n"
    "awscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
)
ROLE = "role_arn = arn:aws:iam::123456789012:role/x\n"
NEVER = {"Serverless Framework", "restic", "s3cmd", "s3fs-fuse", "GDAL before 3.7"}
CPP = "AWS SDK for C++ (pyarrow, DuckDB)"
SET = {"AWS_SDK_LOAD_CONFIG": "1"}


def programs(config, name, environ=SET, credentials=""):
    """The programs that cannot read the profile ``name``, without those that read none."""
    profiles = Profiles(
        Document.parse(config.encode()), Document.parse(credentials.encode(), credentials=True)
    )
    found = {each.client.name for each in unreadable(profiles, environ) if name in each.profiles}
    return found - NEVER if found else None


def test_the_page_has_these_rows():
    page = (REFERENCE / "clients.md").read_text(encoding="utf-8")
    assert rows(page) == [list(client.cells) for client in CLIENTS if client.cells[0]]


def test_a_managed_profile_is_read_by_all_except_those_that_never_do():
    assert programs(f"[profile dev]\n{OURS}", "dev") == set()


@pytest.mark.parametrize(
    "text", ["region = eu-west-1\n", "sso_account_id = 123456789012\n", f"{ROLE}source_profile = b"]
)
def test_what_is_not_from_a_program_is_not_listed(text):
    assert programs(f"[profile dev]\n{text}", "dev") is None


CASES = {
    "the default profile": ("default", f"[default]\n{OURS}", SET, {"AWS SDK for PHP"}),
    "another config file": (
        "dev",
        f"[profile dev]\n{OURS}",
        {**SET, "AWS_CONFIG_FILE": "/x"},
        {"AWS SDK for PHP"},
    ),
    "without the variable": ("dev", f"[profile dev]\n{OURS}", {}, {"AWS SDK for JavaScript v2"}),
    "a device beside the line": (
        "dev",
        f"[profile dev]\n{OURS}mfa_serial = x\n",
        SET,
        {"AWS SDK for .NET v3 and v4, PowerShell's AWS tools"},
    ),
    "an endpoint": (
        "dev",
        f"[profile dev]\n{OURS}endpoint_url = http://localhost\n",
        SET,
        {"AWS SDK for .NET v3"},
    ),
    "a name outside of ASCII": (
        "ümlaut",
        f"[profile ümlaut]\n{OURS}",
        SET,
        {"AWS SDK for Java v2, Rust", "AWS SDK for JavaScript v3, AWS CDK", CPP},
    ),
    "a role": (
        "role",
        (
            f"[profile dev]\n{OURS}[profile mid]\n{ROLE}source_profile = dev\n"
            f"[profile role]\n{ROLE}source_profile = mid\n"
        ),
        SET,
        {"AWS SDK for JavaScript v2", CPP},
    ),
    "another tool's program": (
        "dev",
        "[profile dev]\ncredential_process = aws-vault x\n",
        SET,
        set(),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_limit_concerns_the_programs_that_have_it(case):
    name, config, environ, expected = CASES[case]
    assert programs(config, name, environ) == expected


def test_a_name_with_a_space_is_unknown_to_those_that_keep_the_quotes():
    found = programs(f'[profile "a b"]\n{OURS}', "a b")
    assert {client.name for client in CLIENTS if "SDK" in client.name} - found == {
        "AWS SDK for .NET v3"
    }


def test_a_loop_and_a_missing_source_end():
    config = f"[profile a]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = a\n"
    assert programs(config, "a") is None
    assert programs(f"[profile a]\n{ROLE}source_profile = x\n", "a") is None
