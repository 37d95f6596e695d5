"""Other programs write the config file, again and again, while our commands do.

They take no lock. What they wrote must be there in the end, whatever manner they write in; what our
command wrote may be undone only by a program that had read the file before. The file always parses.
"""

import configparser
import contextlib
import subprocess
import sys

import pytest

from awscreds.stores.temporary_names import MARK
from tests.e2e.conftest import AWS

pytestmark = pytest.mark.posix("shell scripts")

TIMES = 25
"""How often the other program writes."""
TIMES_OF = {"aws configure set": 6}

SHELL = {
    "an append": "printf '[profile theirs%s]\\noutput = text\\n' $i >>config",
    "an editor that renames": (
        "{ cat config; printf '[profile theirs%s]\\noutput = text\\n' $i; } >new && mv new config"
    ),
    "sed -i": 'sed -i "1i [profile theirs$i]\\noutput = text" config',
    "an editor that truncates": (
        "text=$(cat config; printf '[profile theirs%s]\\noutput = text' $i);"
        ' printf "%s\\n" "$text" >config'
    ),
    "a link to another file": (
        "{ cat config; printf '[profile theirs%s]\\noutput = text\\n' $i; } >file$i"
        " && ln -s file$i new && mv -T new config"
    ),
    "a change of modes": (
        "chmod 644 config; printf '[profile theirs%s]\\noutput = text\\n' $i >>config;"
        " chmod 600 config"
    ),
}
BOTOCORE = """\
import sys
from awscli.customizations.configure.writer import ConfigFileWriter
for i in range(int(sys.argv[1])):
    ConfigFileWriter().update_config(
        {"__section__": f"profile theirs{i}", "output": "text"}, "config"
    )
"""


def command_of(manner):
    if manner in SHELL:
        loop = f"i=0; while [ $i -lt {TIMES} ]; do {SHELL[manner]}; i=$((i+1)); sleep 0.03; done"
        return ["bash", "-c", loop]
    if manner == "the AWS CLI's writer":
        return [sys.executable, "-c", BOTOCORE, str(TIMES)]
    words = f"'{AWS[0]}' configure set output text --profile theirs$i"
    return ["bash", "-c", f"for i in $(seq 0 {TIMES_OF[manner] - 1}); do {words}; done"]


@pytest.mark.daily(3)
@pytest.mark.parametrize("manner", [*SHELL, "the AWS CLI's writer", "aws configure set"])
def test_what_other_programs_write_meanwhile_is_not_lost(alice, manner):
    alice.configure("ours")
    count, times = 0, TIMES_OF.get(manner, TIMES)
    with subprocess.Popen(
        command_of(manner), cwd=alice.aws, env={**alice.environment, "AWS_CONFIG_FILE": "config"}
    ) as other:
        while other.poll() is None:
            words = ("configure", "set", f"key{count}", "x", "--profile", "ours")
            done = alice.awscreds(*words, rc=None)
            assert done.returncode in (0, 3), alice.transcript
            assert done.returncode == 0 or "another program" in done.stderr, alice.transcript
            count += 1
            with contextlib.suppress(subprocess.TimeoutExpired):
                other.wait(0.05)
    assert other.returncode == 0
    assert count > 1
    alice.awscreds("configure", "set", "last", "x", "--profile", "ours")

    parser = configparser.RawConfigParser(strict=True)
    parser.read(alice.config)
    theirs = {name for name in parser.sections() if name.startswith("profile theirs")}
    assert theirs == {f"profile theirs{i}" for i in range(times)}
    assert {"awscreds_access_key_id", "last"} <= parser["profile ours"].keys()
    assert [path for path in alice.home.rglob("*") if MARK in path.name] == []
