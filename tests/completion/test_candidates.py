"""What is offered where: the same in every shell."""

import pytest

from tests.completion.shells import SHELLS, candidates, write

COMMON = {
    "--profile",
    "--json",
    "--no-input",
    "--quiet",
    "--verbose",
    "--no-color",
    "--help",
}
LINES = {
    "awscreds configure ": {
        *("get", "set", "unset", "list", "list-profiles", "import", "export-credentials"),
    },
    "awscreds --profile one configure l": {"list", "list-profiles"},
    "awscreds configure get aws_": {
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
    },
    "awscreds configure unset sso_s": {"sso_session", "sso_start_url"},
    "awscreds configure set region eu-": set(),
    "awscreds configure --region eu-c": {"eu-central-1", "eu-central-2"},
    "awscreds configure --output ": {"json", "yaml", "yaml-stream", "text", "table"},
    "awscreds mfa-session --format ": {"sh", "fish", "powershell", "cmd", "json", "dotenv"},
    "awscreds store move --to ": {"keyring", "vault"},
    "awscreds import --from aws": {"aws-vault", "awskeyring", "aws-mfa", "awsume"},
    "awscreds mfa ": {"enable", "list", "remove", "code"},
    "awscreds mfa enable t": {"two", "three"},
    "awscreds mfa enable --seed-in ": {"keyring", "vault"},
    "awscreds completion ": {"bash", "zsh", "fish", "powershell"},
    "awscreds whoami --profile t": {"two", "three"},
    "awscreds --profile t": {"two", "three"},
    "awscreds profile wrap t": {"two", "three"},
    "awscreds profile rename t": {"two", "three"},
    "awscreds profile rename two t": set(),
    "awscreds profile copy t": {"two", "three"},
    "awscreds profile remove t": {"two", "three"},
    "awscreds migrate --profile t": {"two", "three"},
    "awscreds migrate --profile two --profile t": {"two", "three"},
    "awscreds profile add new --source t": {"two", "three"},
    "awscreds exec t": {"two", "three"},
    "awscreds whoami t": {"two", "three"},
    "awscreds login t": {"two", "three"},
    "awscreds logout t": {"two", "three"},
    "awscreds sso ": {"populate"},
    "awscreds sso populate --region eu-c": {"eu-central-1", "eu-central-2"},
    "awscreds sso populate --p": {"--prefix", "--prune"},
    "awscreds console t": {"two", "three"},
    "awscreds console --service cloudf": {"cloudformation", "cloudfront"},
    "awscreds console --browser f": {"firefox"},
    "awscreds keys list t": {"two", "three"},
    "awscreds configure list t": {"two", "three"},
    "awscreds sessions clear t": {"two", "three"},
    "awscreds policy mfa t": {"two", "three"},
    "awscreds profile unwrap --profile t": {"two", "three"},
    "awscreds keys delete ": {"AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"},
    "awscreds store forget AKIAIO": {"AKIAIOSFODNN7EXAMPLE"},
    "awscreds whoami --": COMMON,
    "awscreds list --": COMMON - {"--profile"}
    | {"--no-pager"}
    | {"--filter", "--kind", "--account", "--older-than"},
    "awscreds whoami --json --": COMMON - {"--json"},
    "awscreds whoami --profile one --json --": COMMON - {"--json", "--profile"},
    "awscreds whoami --profile=one --": COMMON - {"--profile"},
    "awscreds --json whoami --": COMMON - {"--json"},
    "awscreds whoami --no": {"--no-input", "--no-color"},
    "awscreds mfa-session --token ": set(),
    "awscreds mfa-session --duration ": set(),
    "awscreds whoami extra words --js": {"--json"},
    "awscreds-use t": {"two", "three"},
    "awscreds-use -": {"--off"},
}
"""What is typed, and all that may come."""


WITH_A_TERMINAL = {"zsh", "bash with bash-completion"}
"""Shells that are asked in other ways: zsh below, and the other in `test_typing`."""


@pytest.fixture
def home(home):
    write(
        home,
        "[profile one]\nawscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        "[profile two]\nawscreds_access_key_id = AKIAI44QH8DHBEXAMPLE\n",
        "[one]\n[three]\n",
    )
    return home


@pytest.mark.parametrize("shell", sorted({"bash", "fish", *SHELLS} - WITH_A_TERMINAL))
@pytest.mark.parametrize(("line", "expected"), LINES.items(), ids=list(LINES))
def test_what_fits_is_offered_and_nothing_else(shell, home, line, expected):
    offered = candidates(shell, home, line)
    assert len(offered) == len(set(offered))
    # Fish offers what contains the word, too, and leaves it to itself to prefer what begins so.
    word = line.rpartition(" ")[2]
    assert {text for text in offered if text.startswith(word)} == expected


def test_zsh_offers_the_same(home, typist):
    person = typist("zsh")
    anything = set().union(*LINES.values())  # the screen has other things on it, too
    for line, expected in LINES.items():
        if len(expected) > 1:
            assert person.offered(line) & anything == expected, line


def test_commands_and_options_are_told_apart_by_their_help_where_a_shell_shows_it(home, typist):
    shown = typist("fish").screen("awscreds configure l")
    assert "Print the names of all profiles" in shown
    shown = typist("zsh", setup="zstyle -d ':completion:*' verbose").screen("awscreds configure l")
    assert "Print the names of all profiles" in shown
