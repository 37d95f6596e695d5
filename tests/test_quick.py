"""The short ways print what the commands print, or leave it to them."""

import io
import os
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from awscreds import quick
from awscreds.app import App
from awscreds.cli import run
from awscreds.model.credentials import Session
from awscreds.quick import documents, listing
from awscreds.stores.cache.session_format import SessionKey
from awscreds.stores.cache.sessions import SessionCache
from awscreds.stores.state_dir import StateDir

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documentation example
PAIR = f"aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"
OURS = "credential_process = /x/python -I /x/awscreds/__main__.py credential-process --profile a\n"
POINTER = "awscreds_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
CONFIG = (
    "",
    "[default]\nregion = eu-west-1\n",
    "[profile a]\nregion = x\noutput = json\n",
    "[profile b]\nrole_arn = arn:aws:iam::210987654321:role/team/b\nsource_profile = a\n",
    "[profile b]\nrole_arn = arn:aws:iam::210987654321:role/b\ncredential_source = Environment\n",
    f"[profile a]\n{OURS}{POINTER}",
    f"[profile a]\n{OURS}{POINTER}mfa_serial = arn:aws:iam::123456789012:mfa/a\n",
    f"[profile a]\n{OURS}{POINTER}awscreds_mfa_serial = arn:aws:iam::123456789012:mfa/a\n",
    "[profile c]\ncredential_process = /bin/sh\nregion = not/one\n",
    "[profile d]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = ReadOnly\n",
    "[sso-session s]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n",
    "[profile e]\nlogin_session = arn:aws:iam::123456789012:user/e\n",
    "# a comment\n",
    "[profile f]\nregion = 'quoted'\n",
    "[profile f]\nregoin = eu-west-1\n",
    "[profile a b]\nregion = x\n",
    "stray\n",
    "[services x]\ns3 =\n  endpoint_url = https://x\n",
    f"[profile g]\nregion = {SECRET}\n",
    f"[profile {SECRET}]\nregion = eu-west-1\n",
)
CREDENTIALS = (
    *("", f"[a]\n{PAIR}", f"[default]\n{PAIR}", f"[p]\n{PAIR}aws_session_token = x\n"),
    *("[a]\nregion = y\n", f"[q]\n{PAIR[:-2]}\t\n", "[h]\naws_access_key_id = x\n", "# c\n"),
    "[DEFAULT]\nregion = z\n",
)
LINES = (
    ["configure", "list-profiles"],
    ["configure", "get", "region"],
    ["configure", "get", "region", "--profile", "a"],
    ["configure", "get", "--profile", "b", "mfa_serial"],
    ["configure", "get", "mfa_serial", "--profile", "a"],
    ["configure", "get", "credential_process", "--profile", "none"],
    ["configure", "get", "aws_access_key_id", "--profile", "a"],
    ["configure", "get", "sso_session", "--profile", "d"],
    ["configure", "get", "region", "--profile", SECRET],
)
NEVER_SHORT = LINES[5:7]
"""A profile that does not exist, and a part of an access key."""
LISTS = (["list"], ["list", "--json"])
VARIABLES = ({}, {}, {"AWS_PROFILE": "a"}, {"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "b"})


HERE = f"{sys.executable} -I {os.path.dirname(quick.__path__[0])}/__main__.py"
LISTED = (
    *CONFIG,
    f"[profile w]\ncredential_process = {HERE} credential-process --profile w\n{POINTER}",
    (
        f"[profile w]\ncredential_process = {HERE} credential-process --profile w\n"
        "awscreds_role_arn = arn:aws:iam::210987654321:role/w\nawscreds_source_profile = a\n"
    ),
    f"[profile w]\ncredential_process = {HERE} credential-process --profile w\n",
    f"[profile w]\n{POINTER}",
    (
        f"[profile v]\ncredential_process = {HERE} credential-process --profile v\n{POINTER}"
        "awscreds_max_key_age = 1d\nregion = eu-west-1\n"
    ),
    "[profile r1]\nrole_arn = arn:aws:iam::210987654321:role/r1\nsource_profile = r2\n",
    "[profile r2]\nrole_arn = arn:aws:iam::210987654321:role/\nsource_profile = r1\n",
    "[profile r2]\nrole_arn = arn:aws:iam::21098765432:role/x\nsource_profile = b\n",
    "[profile r3]\nrole_arn = not-an-arn\nsource_profile = r3\n",
    f"[profile r4]\nrole_arn = x:y:{SECRET}\nsource_profile = a\nmfa_serial = x\n",
    "[profile r5]\nrole_arn = arn:aws:iam::210987654321:role/r5\n",
    "[profile r6]\nrole_arn = arn:aws:iam::210987654321:role/x\ncredential_source = Nowhere\n",
    (
        "[profile r7]\nrole_arn = arn:aws:iam::210987654321:role/x\n"
        "credential_source = Environment\nsource_profile = a\n"
    ),
    "[profile s1]\nsso_session = t\nsso_account_id = 1\n",
    "[profile s2]\nsso_start_url = https://x\nregion = us-east-1\n",
    "[profile t]\nweb_identity_token_file = /x\n",
    "[profile t]\ncredential_process = /none/at/all x\n",
    "[profile t]\ncredential_process = sh -c x\n",
    "[profile t]\ncredential_process = ./x\n",
    "[profile t]\nmfa_process = /none\n",
    "[profile t]\nservices = x\n",
    "[profile u]\naws_account_id = 123456789012\n",
    f"[profile u]\n{PAIR}",
    f"[profile u]\n{PAIR}aws_session_token = x\n",
    f"[profile u]\n{PAIR}mfa_serial = arn:aws:iam::123456789012:mfa/u\n",
    f"[profile u]\naws_access_key_id = x\naws_secret_access_key = {SECRET}\n",
)
STATE = (
    '{"version": 1, "entries": {"AKIAIOSFODNN7EXAMPLE": {"kind": "access-key", "backend": "vault",'
    ' "account": "123456789012", "arn": "arn:aws:iam::123456789012:user/team/alice",'
    ' "created_at": "2020-01-01T00:00:00Z"}}}'
)


def write(home, config, credentials):
    folder = home / ".aws"
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in (("config", config), ("credentials", credentials)):
        (folder / name).unlink(missing_ok=True)
        if text:  # an empty one may be about to be written, so that a reader waits for it
            (folder / name).write_bytes(text.encode())
            (folder / name).chmod(0o600)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def in_full(words, environ, *, at_terminal):
    """What the command prints and says, and its exit code."""
    out, err = Terminal() if at_terminal else io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(words, App(environ, stderr=err))
    return out.getvalue(), code, err.getvalue()


def agree(words, environ, *, at_terminal=False):
    """Whether the short way was taken. Then it prints the same, and there is nothing to say."""
    with redirect_stdout(Terminal() if at_terminal else io.StringIO()) as out:
        found = quick.answer(words, environ)
        assert out.getvalue() == ""
        if found is not None:
            quick.put(found[0])
    if found is not None:
        printed = (out.getvalue(), found[1], "")
        assert in_full(words, environ, at_terminal=at_terminal) == printed, words
    return found is not None


@pytest.mark.parametrize("at_terminal", [False, True], ids=["pipe", "terminal"])
@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_the_short_way_prints_what_the_command_prints(words, at_terminal, home):
    taken = []

    @settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
    @given(
        st.lists(st.sampled_from(CONFIG[:13] * 3 + CONFIG), max_size=4, unique=True),
        st.lists(st.sampled_from(CREDENTIALS[:4] * 3 + CREDENTIALS), max_size=2, unique=True),
        st.sampled_from(VARIABLES),
    )
    @example([*CONFIG[1:4], *CONFIG[9:11], CONFIG[-1]], [], {})
    def law(config, credentials, variables):
        write(home, "".join(config), "".join(credentials))
        taken.append(agree(words, {**os.environ, **variables}, at_terminal=at_terminal))

    law()
    assert any(taken) == (words not in NEVER_SHORT)


@pytest.mark.parametrize("columns", [None, 60, 120])
@pytest.mark.parametrize("state", [None, STATE, "{"])
def test_a_short_list_is_the_list_of_the_command(columns, state, home, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    write(home, "", "")
    if state:
        (home / ".aws" / "awscreds").mkdir(mode=0o700)
        (home / ".aws" / "awscreds" / "state.json").write_text(state)
        (home / ".aws" / "awscreds" / "state.json").chmod(0o600)
    taken = dict.fromkeys(map(" ".join, LISTS), False)

    @settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=40)
    @given(
        st.lists(st.sampled_from(CONFIG[1:13] * 4 + LISTED), max_size=5, unique=True),
        st.lists(st.sampled_from(CREDENTIALS[:4] * 3 + CREDENTIALS), max_size=2, unique=True),
        st.sampled_from(VARIABLES),
    )
    @example(list(CONFIG[2:5]), [], {})
    @example([CONFIG[2]], [CREDENTIALS[1]], {})
    def law(config, credentials, variables):
        write(home, "".join(config), "".join(credentials))
        for words in LISTS:
            short = agree(words, {**os.environ, **variables}, at_terminal=columns is not None)
            taken[" ".join(words)] |= short

    law()
    assert all(taken.values())


def test_a_recorded_key_in_a_file_is_listed_the_short_way(home):
    write(home, CONFIG[2], CREDENTIALS[1])
    (home / ".aws" / "awscreds").mkdir(mode=0o700)
    (home / ".aws" / "awscreds" / "state.json").write_text(STATE)
    (home / ".aws" / "awscreds" / "state.json").chmod(0o600)
    for words in LISTS:
        assert agree(words, dict(os.environ))


def role(name, source):
    return f"[profile {name}]\nrole_arn = arn:aws:iam::1:role/{name}\nsource_profile = {source}\n"


def test_roles_in_a_loop_are_for_the_command_and_a_chain_is_not(home):
    chain = role("x", "y") + role("y", "z") + role("z", "a") + CONFIG[2] + role("a2", "z")
    write(home, chain, CREDENTIALS[1])
    assert agree(["list"], dict(os.environ))
    write(home, chain.replace("source_profile = a", "source_profile = x"), CREDENTIALS[1])
    assert not agree(["list"], dict(os.environ))


def test_the_time_that_a_session_lasts_is_in_the_short_list(home):
    write(home, CONFIG[9] + CONFIG[10] + CONFIG[11], CREDENTIALS[1])
    cache = SessionCache(
        StateDir(str(home / ".aws" / "awscreds")), lambda: bytes(32), note=pytest.fail, kernel=None
    )
    key = SessionKey(profile="e", access_key_id="AKIAIOSFODNN7EXAMPLE")
    cache.fetch(key, lambda: Session("ASIA", "s", "t", time.time() + 9030))
    assert agree(["list"], dict(os.environ))
    rows = in_full(["list"], dict(os.environ), at_terminal=False)[0].splitlines()
    assert [row.split("\t")[9] for row in rows] == ["-", "2h 30m", "-"]


@pytest.mark.parametrize("section", LISTED)
def test_each_kind_of_profile_is_listed_as_by_the_command(section, home):
    write(home, f"[profile a]\n{section if 'profile a]' in section else PAIR + section}", "")
    for words in LISTS:
        agree(words, dict(os.environ))


ORDINARY = {
    "keys in plaintext": ("", CREDENTIALS[1] + f"[b]\n{PAIR}[c]\n{PAIR}"),
    "roles": (CONFIG[2] + role("x", "a") + role("y", "a") + role("z", "x"), CREDENTIALS[1]),
    "roles with MFA": (role("x", "a") + "mfa_serial = x\n", CREDENTIALS[1]),
    "roles of the machine": (CONFIG[4] + CONFIG[4].replace("profile b", "profile c"), ""),
    "SSO": (CONFIG[9] + CONFIG[9].replace("profile d", "profile e") + CONFIG[10], ""),
    "sign-ins": (CONFIG[11] + CONFIG[11].replace("profile e", "profile f"), ""),
    "no credentials": (CONFIG[1] + CONFIG[2], ""),
}


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
@pytest.mark.parametrize("files", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_profiles_are_listed_without_a_look_at_each(files, words, home, monkeypatch):
    for rows in (listing.Rows, documents._Documents):
        monkeypatch.setattr(rows, "row_of", lambda *_: pytest.fail("looked at"))
    write(home, *files)
    assert agree(words, dict(os.environ))
    assert agree(words, {**os.environ, "AWS_PROFILE": "x"})


NOT_FOR_LISTS = {
    "our line without a key, a role or SSO": LISTED[len(CONFIG) + 2],
    "our line without a name": (
        f"[profile w]\ncredential_process = {HERE} credential-process --profile\n{POINTER}"
    ),
    "a program that is not there": "[profile t]\ncredential_process = /none/at/all x\n",
}


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
@pytest.mark.parametrize("section", NOT_FOR_LISTS.values(), ids=NOT_FOR_LISTS)
def test_a_line_about_which_there_is_something_to_say_is_for_the_command(section, words, home):
    write(home, section, "")
    assert quick.answer(words, dict(os.environ)) is None


def test_each_program_is_looked_at_once(home, monkeypatch):
    seen, look = [], listing.Rows._check_program
    monkeypatch.setattr(
        listing.Rows, "_check_program", lambda rows, line: seen.append(line) or look(rows, line)
    )
    alike = [MANAGED.replace("profile w", f"profile w{at}") for at in range(3)]
    write(home, "".join([alike[0], f"{alike[1]}region = x\n", f"{alike[2]}output = json\n"]), "")
    assert agree(["list"], dict(os.environ))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("variables", "is_short"),
    [
        ({"AWS_PROFILE": "a"}, True),
        ({"AWS_DEFAULT_PROFILE": "a"}, True),
        ({"AWSCREDS_PROFILE": "a"}, True),
        ({"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "a"}, True),
        ({"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "b"}, False),
        ({"AWS_PROFILE": "a", "AWSCREDS_PROFILE": "default"}, False),
        ({"AWS_PROFILE": ""}, True),
    ],
)
def test_a_setting_of_the_profile_in_use_is_read_the_short_way(variables, is_short, home):
    write(home, CONFIG[1] + CONFIG[2] + CONFIG[3], "")
    assert agree(LINES[1], {**os.environ, **variables}) == is_short


PLAIN = "[default]\nregion = eu-west-1\n\n[profile a]\nregion = eu-west-2\n"


MANAGED = LISTED[len(CONFIG)]
IN_USE = {
    "a managed one": ((MANAGED, ""), "w"),
    "a key in plaintext": (("", CREDENTIALS[1]), "a"),
    "no credentials": ((CONFIG[2], ""), "a"),
    "one that does not exist": ((CONFIG[2], ""), "x"),
}


@pytest.mark.parametrize("at_terminal", [True, False])
@pytest.mark.parametrize(("files", "name"), IN_USE.values(), ids=IN_USE)
def test_the_profile_in_use_has_the_mark_of_the_command(
    files, name, at_terminal, home, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "100")
    write(home, *files)
    assert agree(["list"], {**os.environ, "AWS_PROFILE": name}, at_terminal=at_terminal)


def test_the_version_needs_no_home(home):
    assert agree(["--version"], dict(os.environ))


@pytest.mark.parametrize(
    "words",
    [
        [*LINES[0], "--json"],
        [*LINES[0], "--quiet"],
        [*LINES[0], "a"],
        ["list", "--filter", "a"],
        ["--json", "list"],
        ["--no-color", "list"],
        ["--profile", "a", *LINES[1]],
        ["configure", "get", "--profile", "a"],
        ["configure", "get", "region", "--profile", ""],
        ["configure", "get", "region", "--profile=a"],
        ["configure", "get", "a.region"],
        ["configure", "get", "REGION"],
        ["--version", "x"],
        [],
    ],
    ids=" ".join,
)
def test_any_other_form_is_for_the_command(words, home):
    write(home, PLAIN, "")
    assert agree(LINES[0], dict(os.environ))
    assert quick.answer(words, dict(os.environ)) is None


@pytest.mark.parametrize("words", LINES[:2], ids=" ".join)
@pytest.mark.parametrize(
    "state",
    [
        "a rotation",
        "a leftover",
        pytest.param("an open file", marks=pytest.mark.posix("modes")),
        pytest.param("an open folder", marks=pytest.mark.posix("modes")),
        pytest.param("an open state folder", marks=pytest.mark.posix("modes")),
        "an unreadable file",
        "UTF-16",
    ],
)
def test_where_there_is_something_to_say_the_command_says_it(state, words, home):
    write(home, PLAIN, "")
    folder = home / ".aws"
    assert agree(words, dict(os.environ))
    if state == "a rotation":
        (folder / "awscreds").mkdir(mode=0o700)
        (folder / "awscreds" / "rotation-AKIAIOSFODNN7EXAMPLE.jsonl").touch(mode=0o600)
    elif state == "a leftover":
        (folder / ".config.awscreds-1-1").touch(mode=0o600)
    elif state == "an open file":
        write(home, PLAIN, CREDENTIALS[1])
        (folder / "credentials").chmod(0o644)
    elif state == "an open folder":
        folder.chmod(0o777)
    elif state == "an open state folder":
        (folder / "awscreds").mkdir()
        (folder / "awscreds").chmod(0o777)
    elif state == "an unreadable file":
        (folder / "config").unlink()
        (folder / "config").mkdir()
    else:
        (folder / "config").write_bytes(PLAIN.encode("utf-16"))
    assert quick.answer(words, dict(os.environ)) is None


PROGRAM = (sys.executable, "-m", "awscreds")
COMMAND = (sys.executable, "-c", "import sys, awscreds.cli as c; sys.exit(c.run(sys.argv[1:]))")


def ended(program, words, stdout):
    done = subprocess.run([*program, *words], stdout=stdout, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stderr


@pytest.mark.posix("/dev/full, and pipes that nobody reads")
def test_output_that_cannot_be_written_ends_as_the_command_ends(home):
    write(home, PLAIN, "")
    with open("/dev/full", "wb") as full:
        assert ended(PROGRAM, LINES[0], full) == ended(COMMAND, LINES[0], full)
    for program in (PROGRAM, COMMAND):
        reading, writing = os.pipe()
        os.close(reading)
        assert ended(program, LINES[0], writing) == (1, b"")
        os.close(writing)


DEAR = {
    "click",
    "rich",
    "json",
    "re",
    "logging",
    "typing",
    "awscreds.app",
    "awscreds.model.ini.edit",
}


@pytest.mark.parametrize("words", [["--version"], *LINES[:2], *LISTS], ids=" ".join)
def test_the_short_way_loads_nothing_dear(words, home):
    write(home, PLAIN, "")
    text = (
        f"import sys; sys.path.append({os.path.dirname(os.path.dirname(quick.__path__[0]))!r})\n"
        f"from awscreds.quick import answer; assert answer({words!r})\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", text], capture_output=True, check=True)
    needed = {"json", "re"} if words in LISTS else set()  # our record, and regions
    assert sorted((DEAR - needed) & set(done.stdout.decode().split())) == []
