"""The short way to a kept answer finds what the long one finds, or nothing."""

import os
import posix
import pty
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awscreds import warm
from awscreds.hotpath import cached_response
from awscreds.stores.cache.responses import ResponseSlot
from awscreds.stores.kernel_keyring import kernel
from awscreds.stores.locations import file_paths, real_path, state_path
from awscreds.warm import HELD, SETTLED, Request
from tests.helpers import missing_tool

OUTPUT = b'{"Version": 1, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE"}\n'
WORDS = ["--profile", "dev"]
PARTS = st.lists(
    st.sampled_from(["a", ".", "..", "", "~", "$HOME", "${HOME}", ".aws", "x$", "b\udcff", "."]),
    max_size=5,
).map("/".join)


@pytest.fixture
def user(tmp_path, home, monkeypatch):
    """A home with an answer for the profile dev, kept the long way."""
    folder = home / ".aws"
    (folder / "awscreds").mkdir(parents=True)
    (folder / "config").write_text("[profile dev]\n")
    now = os.stat(folder / "config").st_ctime_ns / 1e9 + SETTLED + 1
    monkeypatch.setattr("time.time", lambda: now)
    place(monkeypatch, HOME=str(home))
    keep(Request("dev", None, None))
    if cached_response(Request("dev", None, None)) is None:
        missing_tool("this kernel, or its container, refuses the key store")
    return home


def place(monkeypatch, **variables):
    """The environment of this process, for the long way and the short one."""
    for name in [name for name in os.environ if name.startswith("AWS")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    environ = {os.fsencode(name): os.fsencode(value) for name, value in os.environ.items()}
    monkeypatch.setattr(posix, "environ", environ)


def keep(request):
    import time

    slot = ResponseSlot(request, os.environ)
    now = time.time()
    slot.put(OUTPUT, slot.stamps(now), end=now + 3600, seconds=600, now=now)


def given_for(words, monkeypatch):
    """What the short way writes; None if it has no answer."""
    written = []
    monkeypatch.setattr(posix, "write", lambda _fd, data: written.append(data) or len(data))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    left = warm.answer(words)
    assert left in (None, b"")
    return None if left is None else b"".join(written)


def test_the_answer_kept_is_given(user, monkeypatch):
    assert given_for(WORDS, monkeypatch) == OUTPUT
    assert given_for(["--profile-hex", b"dev".hex()], monkeypatch) == OUTPUT


@pytest.mark.parametrize(
    "words",
    [
        *(["--profile", "other"], ["--profile"], ["dev"], [], ["--json"], ["--profile="]),
        *(["--profile", "other", *WORDS], [*WORDS, *WORDS], [*WORDS, "--profile-hex", "646576"]),
        *(["--profile-hex", "zz"], [*WORDS, "--home", ""], [*WORDS, "--home"], [*WORDS, "dev"]),
    ],
)
def test_for_other_words_there_is_none(user, monkeypatch, words):
    assert given_for(words, monkeypatch) is None


@pytest.mark.parametrize("which", ["a terminal", "closed", "another system"])
def test_to_a_terminal_a_closed_stream_or_on_another_system_there_is_none(user, monkeypatch, which):
    monkeypatch.setattr(posix, "write", lambda *_: pytest.fail("written"))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: which == "a terminal", raising=False)
    with monkeypatch.context() as there:
        if which == "closed":
            there.setattr(sys, "stdout", None)
        elif which == "another system":
            there.setattr(sys, "platform", "darwin")
        assert warm.answer(WORDS) is None


def test_an_answer_with_a_lease_is_given_as_long_as_that_holds(user, monkeypatch):
    import time

    slot, now = ResponseSlot(Request("dev", None, None), os.environ), time.time()
    name = f"{HELD}{bytes(16).hex()}"
    held = kernel.scope(state_path(os.environ)) + name
    assert kernel.put(held, b"the key of the vault", 60)
    lease = slot.lease(name)
    slot.put(OUTPUT, slot.stamps(now), end=now + 3600, seconds=600, now=now, lease=lease)
    assert given_for(WORDS, monkeypatch) == OUTPUT

    assert kernel.put(held, b"the key of the vault", 60)

    assert given_for(WORDS, monkeypatch) is None
    kernel.drop_all(kernel.scope(state_path(os.environ)))


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 9000])
def test_what_the_kernel_has_is_read_whole_whatever_its_size(size):
    payload, rooms = os.urandom(size), []

    def call(_, operation, key, buffer, room):
        assert (operation, key) == (warm.READ, 7)
        rooms.append(room)
        buffer.raw = payload[:room].ljust(room, b"\0")
        return size

    assert warm.fetched(call, warm.READ, 7) == payload
    assert rooms == ([4096] if size <= 4096 else [4096, size])


@pytest.mark.parametrize(
    ("variables", "is_usual"),
    [
        ({}, True),
        ({"AWS_CONFIG_FILE": "{home}/.aws/config"}, True),
        ({"AWS_SHARED_CREDENTIALS_FILE": "{home}/elsewhere"}, True),
        ({"AWSCREDS_HOME": "{home}/state"}, True),
        ({"AWS_CONFIG_FILE": ""}, True),
        ({"AWS_REGION": "eu-west-1"}, True),
        ({"AWS_CONFIG_FILE": "~/.aws/config"}, False),
        ({"AWS_CONFIG_FILE": "$HOME/.aws/config"}, False),
        ({"AWS_CONFIG_FILE": "{home}/.aws/../.aws/config"}, False),
        ({"AWS_CONFIG_FILE": ".aws/config"}, False),
        ({"AWSCREDS_HOME": "{home}/link"}, False),
        ({"AWSCREDS_HOME": "{home}/link/below"}, False),
        ({"AWSCREDS_HOME": "{home}/no-such"}, False),
        ({"HOME": "{home}/"}, False),
        ({"HOME": "{home}/../home"}, False),
        ({"AWS_X": "\udcff"}, True),
    ],
)
def test_any_environment_has_the_answer_of_the_long_way_or_none(
    user, monkeypatch, variables, is_usual
):
    for name in ("state/below", "elsewhere"):
        (user / name).mkdir(parents=True)
    (user / "link").symlink_to("state")
    monkeypatch.chdir(user)
    place(
        monkeypatch,
        **{"HOME": str(user)} | {name: text.format(home=user) for name, text in variables.items()},
    )
    keep(Request("dev", None, None))
    assert cached_response(Request("dev", None, None)) == OUTPUT.decode()
    assert given_for(WORDS, monkeypatch) == (OUTPUT if is_usual else None)
    kernel.drop_all(kernel.scope(state_path(os.environ)))


def test_what_the_line_says_wins_over_the_environment(user, monkeypatch):
    config, state = str(user / "config"), str(user / "state")
    (user / "state").mkdir()
    words = ["--profile", "dev", "--config-file", config, "--home-hex", state.encode().hex()]
    assert given_for(words, monkeypatch) is None
    keep(Request("dev", config, state))
    assert given_for(words, monkeypatch) == OUTPUT
    kernel.drop_all(kernel.scope(state))


def test_without_a_home_there_is_none(user, monkeypatch):
    place(monkeypatch)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(posix, "environ", {})
    assert given_for(WORDS, monkeypatch) is None


@given(PARTS)
@example("/home/alice/.aws/../config")
@example("/a/.aws/.aws/config")
@example("/a/$HOME/config")
def test_a_usual_path_is_read_as_it_stands(path):
    if warm._is_usual(path):
        variables = dict.fromkeys(("AWS_CONFIG_FILE", "AWSCREDS_HOME"), path)
        assert (file_paths(variables)[0], state_path(variables)) == (path, path)


@pytest.mark.parametrize("path", ["{}/real", "{}/real/link", "{}/link", "{}/link/below", "{}/no"])
def test_a_real_path_has_no_other_name(tmp_path, path):
    (tmp_path / "real" / "below").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real" / "link").symlink_to("below")
    path = path.format(tmp_path)
    is_real = os.path.exists(path) and warm._is_real(path)
    assert is_real == (os.path.exists(path) and real_path(path) == path)


def test_a_state_folder_that_became_a_link_has_no_answer(user, monkeypatch):
    """It is another folder, with another store."""
    state = user / ".aws" / "awscreds"
    state.rename(user / "former")
    (user / "other").mkdir()
    state.symlink_to(user / "other")
    assert cached_response(Request("dev", None, None)) is None
    assert given_for(WORDS, monkeypatch) is None


def test_a_path_whose_variable_has_a_value_now_has_no_answer(user, monkeypatch):
    place(monkeypatch, HOME=str(user), AWS_CONFIG_FILE=str(user / "$NOWHERE"))
    keep(Request("dev", None, None))
    assert cached_response(Request("dev", None, None)) == OUTPUT.decode()
    place(monkeypatch, HOME=str(user), AWS_CONFIG_FILE=str(user / "$NOWHERE"), NOWHERE="config")
    assert cached_response(Request("dev", None, None)) is None
    assert given_for(WORDS, monkeypatch) is None


# What becomes of it


def test_what_cannot_be_written_is_returned(user, monkeypatch):
    def write(_fd, data):
        if len(data) < len(OUTPUT):
            raise BlockingIOError
        return 5

    monkeypatch.setattr(posix, "write", write)
    assert warm.answer(WORDS) == OUTPUT[5:]


STARTED = f"""
import sys
sys.path.append({os.path.dirname(os.path.dirname(os.path.abspath(warm.__file__)))!r})
import time
time.time = lambda now=float(sys.argv.pop(1)): now
from awscreds.__main__ import main
main()
"""


def started(user, **options):
    import time

    words = [sys.executable, "-I", "-S", "-c", STARTED, str(time.time()), "credential-process"]
    return subprocess.run(
        [*words, *WORDS],
        env={"HOME": str(user)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **options,
    )


def test_a_full_disk_is_a_failure(user):
    assert started(user, stdout=subprocess.PIPE).stdout == OUTPUT.decode()
    with open("/dev/full", "w") as full:
        done = started(user, stdout=full)
    assert (done.returncode, "No space left" in done.stderr) == (1, True)


def test_a_reader_that_is_gone_is_a_failure(user):
    reader, writer = os.pipe()
    os.close(reader)
    done = started(user, stdout=writer)
    os.close(writer)
    assert (done.returncode, "Broken pipe" in done.stderr) == (1, True)


def test_a_terminal_gets_no_secret(user):
    screen, terminal = pty.openpty()
    done = started(user, stdout=terminal)
    os.close(terminal)
    assert (done.returncode, "stdout is a terminal" in done.stderr) == (2, True)
    with pytest.raises(OSError, match="Input/output error"):
        os.read(screen, 1000)
    os.close(screen)


def test_closed_streams_get_nothing_and_it_is_a_failure(user):
    done = started(user, stdout=None, preexec_fn=lambda: os.close(1))
    assert done.returncode == 1
