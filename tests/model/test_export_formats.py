"""The lines of ``configure export-credentials``, one by one; real shells read them elsewhere."""

import json

import pytest

from awscreds.errors import AwscredsError
from awscreds.model.credentials import AccessKey, Session
from awscreds.model.export_formats import FORMATS, exported

NAME = "AWS_SECRET_ACCESS_KEY"
SECRETS = {
    "a/b+c=": {
        "env": f"export {NAME}=a/b+c=",
        "env-no-export": f"{NAME}=a/b+c=",
        "powershell": f'$Env:{NAME}="a/b+c="',
        "windows-cmd": f"set {NAME}=a/b+c=",
        "fish": f'set -gx {NAME} "a/b+c="',
    },
    "a'b\\c": {
        "env": f"export {NAME}='a'\\''b\\c'",
        "env-no-export": f"{NAME}='a'\\''b\\c'",
        "powershell": f"$Env:{NAME}='a''b\\c'",
        "windows-cmd": f'set "{NAME}=a\'b\\c"',
        "fish": f"set -gx {NAME} 'a\\'b\\\\c'",
    },
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("secret", SECRETS)
def test_each_format_writes_a_secret_so(name, secret):
    lines = exported(name, AccessKey("AKIA", secret), None).splitlines()
    assert lines[1] == SECRETS[secret][name]
    assert len(lines) == 2


def test_the_document_has_what_the_credentials_have():
    assert json.loads(exported("process", Session("ASIA", "s", "t", 60.0), 60.0)) == {
        "Version": 1,
        "AccessKeyId": "ASIA",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": "1970-01-01T00:01:00+00:00",
    }
    key = exported("process", AccessKey("AKIA", "s"), None)
    assert json.loads(key) == {"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "s"}
    assert key.endswith("}\n")


def test_an_end_for_which_there_is_no_date_is_the_last_date():
    document = json.loads(exported("process", Session("ASIA", "s", "t", 2.0**40), 2.0**40))
    assert document["Expiration"] == "9999-12-31T23:59:59+00:00"


@pytest.mark.parametrize("secret", ["50%", "a\nb", "a\x1bb", 'a"b', "a!b"])
def test_cmd_refuses_what_it_would_change(secret):
    with pytest.raises(AwscredsError, match="windows-cmd") as caught:
        exported("windows-cmd", AccessKey("AKIA", secret), None)
    assert secret not in caught.value.message
