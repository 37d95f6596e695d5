"""What happens on the screen, in each shell, when a person presses TAB."""

import os

import pytest

from tests.completion.shells import write

NAMES = {
    "a": "a b'$(touch x)",
    "tick": "tick`touch x`",
    "dollar": "dollar$HOME",
    "say": 'say"hi"',
    "wha": "what's'",
    "back": "back\\slash",
    "bang": "bang!",
    "star": "star*",
    "user": "user@corp",
    "org": "org/team+x",
    "col": "col:on",
    "eq": "eq=ual",
    "semi": "semi;touch x",
    "et": "et&touch x",
    "par": "par(touch x)",
    "red": "red>x",
    "hash": "hash #x",
    "ump": "umpläut",
    "til": "til~de",
    "bra": "bra{c,e}",
}
"""Names by what is typed of them."""

CREDENTIALS = "".join(f"[{name}]\naws_access_key_id = AKIA\n\n" for name in NAMES.values())


@pytest.fixture
def home(home):
    write(home, "[profile test-one]\n[profile test-two]\n", CREDENTIALS)
    return home


@pytest.mark.slow
def test_any_name_is_put_on_the_line_so_that_it_means_itself(shell, typist, folder):
    person = typist(shell)
    for typed, name in NAMES.items():
        assert person.words(f"awscreds whoami --profile {typed}")[1:] == [
            "whoami",
            "--profile",
            name,
        ]
        assert person.words(f"awscreds whoami --profile={typed}")[-1] == f"--profile={name}"
    assert list(folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("quote", ["'", '"'])
def test_inside_quotes_it_means_itself_too(shell, typist, folder, quote):
    person = typist(shell)
    for typed, name in NAMES.items():
        if name == "bang!" and quote == '"':
            continue  # bash cannot write it there
        line = f"awscreds whoami --profile {quote}{typed}"
        assert person.words(line)[-1] == name, line
    assert list(folder.iterdir()) == []


def test_what_is_typed_after_a_colon_an_equals_or_an_at_sign_goes_on_there(shell, typist):
    person = typist(shell)
    for typed, name in [("col:", "col:on"), ("eq=u", "eq=ual"), ("user@", "user@corp")]:
        assert person.words(f"awscreds whoami --profile {typed}")[-1] == name
        assert person.words(f"awscreds whoami --profile={typed}")[-1] == f"--profile={name}"


def test_names_that_begin_alike_are_completed_as_far_as_they_do_and_listed(shell, typist):
    person = typist(shell)
    assert person.words("awscreds mfa-session --profile te")[-1] == "test-"
    assert {"test-one", "test-two"} <= person.offered("awscreds mfa-session --profile test-")


def test_a_name_that_both_files_have_is_one(shell, home, typist):
    write(home, "[profile both]\n", "[both]\n")
    person = typist(shell)
    # Only after a name without another to choose there is a blank, so that an option may follow.
    words = person.words("awscreds whoami --profile b\t--js")
    assert words == ["awscreds", "whoami", "--profile", "both", "--json"]


def test_a_matcher_of_zsh_sees_all_names(home, typist):
    write(home, "[profile Dev-one]\n[profile dev-two]\n[profile abc]\n", "")
    ignoring_case = "zstyle ':completion:*' matcher-list 'm:{a-zA-Z}={A-Za-z}' 'l:|=* r:|=*'"
    person = typist("zsh", setup=ignoring_case)
    assert {"Dev-one", "dev-two"} <= person.offered("awscreds whoami --profile de")
    assert person.words("awscreds whoami --profile bc")[-1] == "abc"
    per_tag = "zstyle ':completion:*:profiles' matcher 'm:{a-zA-Z}={A-Za-z}'"
    assert {"Dev-one", "dev-two"} <= typist("zsh", setup=per_tag).offered("awscreds-use de")
    corrected = "zstyle ':completion:*' completer _complete _approximate"
    assert typist("zsh", setup=corrected).words("awscreds-use abd")[-1] == "abc"
    pattern = "setopt glob_complete"
    assert typist("zsh", setup=pattern).words("awscreds-use d*two")[-1] == "dev-two"


def test_all_names_are_listed_and_none_is_run(shell, typist, folder):
    shown = typist(shell).screen("awscreds mfa-session --profile ")
    assert "user@corp" in shown
    assert "touch" in shown
    assert list(folder.iterdir()) == []


def test_commands_and_options_are_completed(shell, typist):
    person = typist(shell)
    assert person.words("awscreds who") == ["awscreds", "whoami"]
    assert person.words("awscreds configure list-p")[-1] == "list-profiles"
    assert person.words("awscreds configure --secret-s")[-1] == "--secret-stdin"
    assert person.words("awscreds mfa-session --format po")[-1] == "powershell"
    assert person.words("awscreds mfa-session --format=po")[-1] == "--format=powershell"
    assert person.words("awscreds --profile test-one who")[-1] == "whoami"


def test_the_place_in_the_middle_of_a_line_is_completed(shell, typist):
    person = typist(shell)
    left = "\x1b[D"
    words = person.words("awscreds who --json" + left * 7)
    assert words[:2] == ["awscreds", "whoami"]


def test_files_are_completed_where_a_file_is_wanted(shell, typist, folder):
    (folder / "keys of alice.csv").touch()
    person = typist(shell)
    assert person.words("awscreds configure import --csv ke")[-1] == "keys of alice.csv"
    assert person.words("awscreds configure import --csv=ke")[-1] == "--csv=keys of alice.csv"


def test_where_the_command_begins_the_program_is_completed(shell, typist, folder):
    (folder / "some file").touch()
    (folder / "bin").mkdir()
    program = folder / "bin" / "uncommon-program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    person = typist(shell, PATH=f"{program.parent}:{os.environ['PATH']}")
    for line in ("awscreds exec test-one -- ", "awscreds exec test-one ", "awscreds exec -- "):
        assert person.words(f"{line}uncommon-pro")[-1] == "uncommon-program"
        assert person.words(f"{line}uncommon-program so")[-1] == "some file"
        assert person.words(f"{line}cat so")[-1] == "some file"


def test_awscreds_use_is_completed(shell, typist):
    person = typist(shell)
    assert person.words("awscreds-use eq")[-1] == "eq=ual"
    assert person.words("awscreds-use --o")[-1] == "--off"


@pytest.mark.parametrize(
    ("only", "setup"),
    [
        ("bash", "IFS=ab:"),
        ("bash", "set -eu -o pipefail"),
        ("bash", "set -f"),
        ("bash", "shopt -s extglob nullglob dotglob nocaseglob"),
        ("bash", "shopt -s failglob"),
        ("bash", "COMP_WORDBREAKS=' '"),
        ("bash", "COMP_WORDBREAKS=${COMP_WORDBREAKS//:}"),
        ("bash", "alias grep='grep --color=always -n' awk=false"),
        ("bash", "grep() { touch x; }; awk() { touch x; }"),
        ("zsh", "setopt ksh_arrays sh_word_split glob_subst no_nomatch extended_glob nounset"),
        ("zsh", "IFS=ab:"),
        ("zsh", "alias grep='grep --color=always -n' awk=false"),
        ("fish", "set IFS ab"),
        ("fish", "alias grep 'grep --color=always -n'"),
    ],
)
def test_the_users_own_settings_break_nothing(only, setup, typist, folder):
    person = typist(only, setup=setup)
    assert person.words("awscreds whoami --profile a")[-1] == NAMES["a"]
    assert person.words("awscreds whoami --profile=star")[-1] == "--profile=star*"
    assert person.words("awscreds configure import --fr")[-1] == "--from-env"
    assert list(folder.iterdir()) == []


def test_the_files_that_the_environment_names_are_read(shell, typist, folder):
    (folder / "c=onfig").write_text("[profile here]\n")
    (folder / "c=reds").write_text("[there]\n")
    person = typist(shell, AWS_CONFIG_FILE="c=onfig", AWS_SHARED_CREDENTIALS_FILE="c=reds")
    assert person.words("awscreds whoami --profile he")[-1] == "here"
    assert person.words("awscreds whoami --profile th")[-1] == "there"
