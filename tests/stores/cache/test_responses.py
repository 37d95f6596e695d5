"""Answers kept for SDKs: by what they are found, how long they are given, and what they show."""

import os
from uuid import uuid4

import pytest

from awscreds import warm
from awscreds.stores import kernel_keyring
from awscreds.stores.cache.kernel_budget import SHARE, KernelBudget
from awscreds.stores.cache.responses import ResponseSlot
from awscreds.stores.cache.sessions import SessionCache
from awscreds.stores.kernel_keyring import kernel
from awscreds.stores.state_dir import StateDir
from awscreds.warm import ANSWER, CLEARED, HELD, NO_STAMP, OF_THE_STORE, RENEWAL, SETTLED, Request
from tests.helpers import missing_tool

pytestmark = pytest.mark.posix("it has no key store in the kernel")

OUTPUT = b'{"Version": 1, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE"}\n'
HOUR = 3600


@pytest.fixture
def environ(tmp_path, home):
    folder = home / ".aws"
    folder.mkdir()
    (folder / "config").write_text("[profile dev]\n")
    yield {"HOME": str(home)}
    kernel.drop_all(kernel.scope(str(folder / "awscreds")))


@pytest.fixture
def now(environ):
    # As the stamp divides: st_ctime is rounded in another way.
    return os.stat(os.path.join(environ["HOME"], ".aws", "config")).st_ctime_ns / 1e9 + SETTLED


def slot(environ, profile="dev", config_file=None, home=None):
    return ResponseSlot(Request(profile, config_file, home), environ)


def keep(where, now, lasting=HOUR, **options):
    options = {"end": now + lasting, "seconds": lasting, "now": now} | options
    where.put(OUTPUT, where.stamps(now), **options)
    return where


@pytest.fixture
def kept(environ, now):
    where = keep(slot(environ), now)
    if where.get(now) is None:
        missing_tool("this kernel, or its container, refuses the key store")
    return where


def test_an_answer_is_given_again_byte_for_byte(kept, environ, now):
    assert slot(environ).get(now) == OUTPUT


def test_an_answer_that_is_kept_after_a_clear_but_was_found_before_it_is_not_given(
    environ, now, tmp_path
):
    where = slot(environ)
    before = where.stamps(now)
    state_dir = StateDir(os.path.join(environ["HOME"], ".aws", "awscreds"))
    state_dir.write("state.json", b"{}")
    SessionCache(state_dir, lambda: b"", note=print).clear()
    where.put(OUTPUT, before, end=now + HOUR, seconds=HOUR, now=now + 1)
    later = now + HOUR / 2
    assert slot(environ).get(later) is None
    assert keep(where, later).get(later) == OUTPUT


OTHER = [
    {"profile": "dev2"},
    {"config_file": "/other/config"},
    {"home": "/other"},
]


@pytest.mark.parametrize("request_", OTHER, ids=lambda words: next(iter(words)))
def test_another_request_has_another_answer(kept, environ, now, request_):
    assert slot(environ, **request_).get(now) is None


SHAPING = [
    "AWS_ACCESS_KEY_ID",
    "AWS_CA_BUNDLE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_REGION",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWSCREDS_BACKEND",
    "AWSCREDS_HOME",
]


@pytest.mark.parametrize("name", SHAPING)
def test_a_variable_that_may_shape_a_session_leads_to_another_answer(kept, environ, now, name):
    assert slot({**environ, name: "/x"}).get(now) is None


INDIFFERENT = ["AWS_PROFILE", "AWSCREDS_PROFILE", "PATH", "AWS_SESSION_TOKEN"]
SECRETS = ["AWS_SECRET_ACCESS_KEY", "AWSCREDS_PASSPHRASE", "AWSCREDS_SAVED_AWS_SESSION_TOKEN"]


@pytest.mark.parametrize("name", INDIFFERENT + SECRETS)
def test_no_secret_and_no_other_profile_has_a_part_in_the_name(kept, environ, now, name):
    assert slot({**environ, name: "x"}).get(now) == OUTPUT


def test_a_relative_path_is_that_of_the_folder_it_was_said_in(environ, now, tmp_path, monkeypatch):
    relative = {**environ, "AWS_CONFIG_FILE": "config"}
    monkeypatch.chdir(tmp_path)
    here = keep(slot(relative), now)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert slot(relative).get(now) is None
    assert here.get(now) == OUTPUT


def test_what_the_request_says_is_what_the_variable_would_say(environ, now, tmp_path):
    said = {"config_file": str(tmp_path / "config"), "home": environ["HOME"] + "/.aws/awscreds"}
    by_variables = {
        **environ,
        "AWS_CONFIG_FILE": said["config_file"],
        "AWSCREDS_HOME": said["home"],
    }
    keep(slot(environ, **said), now)
    assert slot(by_variables).get(now) == OUTPUT


def test_a_file_changed_since_means_no_answer(kept, environ, now):
    with open(os.path.join(environ["HOME"], ".aws", "config"), "a") as config:
        config.write("#\n")
    assert kept.get(now + 60) is None


def test_a_credentials_file_made_since_means_no_answer(kept, environ, now):
    with open(os.path.join(environ["HOME"], ".aws", "credentials"), "w"):
        pass
    assert kept.get(now + 60) is None


def test_an_answer_of_a_file_that_changed_meanwhile_is_not_kept(environ, now):
    where = slot(environ)
    before = where.stamps(now)
    with open(os.path.join(environ["HOME"], ".aws", "config"), "a") as config:
        config.write("#\n")
    later = now + 60
    where.put(OUTPUT, before, end=later + HOUR, seconds=HOUR, now=later)
    assert where.get(later) is None


def test_an_answer_of_a_file_just_changed_is_not_kept(environ, now):
    where = keep(slot(environ), now - 1)
    assert where.get(now + 60) is None


def test_an_answer_is_given_while_twenty_minutes_are_left(kept, now):
    end = int(now + HOUR)  # as the payload has it
    assert kept.get(end - RENEWAL) == OUTPUT
    assert kept.get(end - RENEWAL + 0.001) is None


@pytest.mark.parametrize(("lasting", "seconds"), [(RENEWAL, RENEWAL), (HOUR, 0), (HOUR, -1)])
def test_what_would_not_be_given_is_not_kept(environ, now, lasting, seconds):
    where = keep(slot(environ), now, lasting, seconds=seconds)
    assert where.get(now) is None
    assert kernel.names(kernel.scope(environ["HOME"] + "/.aws/awscreds")) == []


def test_what_is_good_for_a_second_is_kept(environ, now, monkeypatch):
    kept = []
    monkeypatch.setattr(KernelBudget, "put", lambda *_, seconds, **__: kept.append(seconds))
    keep(slot(environ), now, seconds=1)
    assert kept == [1]


def test_what_is_given_no_more_is_forgotten_at_once(kept, environ, now):
    keep(kept, now, RENEWAL)
    assert kept.get(now) is None
    assert kernel.names(kernel.scope(environ["HOME"] + "/.aws/awscreds")) == []


def test_the_kernel_ends_it_in_time(environ, now):
    keep(slot(environ), now, seconds=45)
    left = kernel.seconds_left(kernel.scope(environ["HOME"] + "/.aws/awscreds"))
    assert left <= 45


def test_an_entry_that_others_could_read_is_refused(kept, environ, now):
    begin = kernel.scope(environ["HOME"] + "/.aws/awscreds")
    ((key, _),) = [
        (key, name) for key, name in kernel._entries() if name.startswith(begin + ANSWER)
    ]
    assert kernel._system_call("keyctl", kernel_keyring._SETPERM, key, 0x3F3F0000) == 0
    assert kept.get(now) is None


def test_no_session_makes_room_for_an_answer(environ, now, monkeypatch):
    """The answer can be made again without a question; the session perhaps not."""
    monkeypatch.setattr(warm, "OWN", f"awscreds-test-{uuid4().hex}:")
    budget = KernelBudget(environ["HOME"] + "/.aws/awscreds")
    for name in "abc":
        budget.put(f"session:{name}", b"x" * (SHARE // 3 - 20), end=now + 60, seconds=60)
    there = budget.names("session:")
    where = keep(slot(environ), now)
    assert budget.names("session:") == there
    assert where.get(now) is None
    kernel.drop_all(warm.OWN)


def test_an_answer_that_a_clear_came_before_is_dropped_at_once(environ, now, monkeypatch):
    """The clear had found nothing to drop, and the answer was about to be kept."""
    put = KernelBudget.put

    def clear_and_put(self, *given, **named):
        os.mkdir(state := os.path.join(environ["HOME"], ".aws", "awscreds"))
        with open(os.path.join(state, CLEARED), "w"):
            pass
        put(self, *given, **named)
        assert kernel.names(kernel.scope(state)) != []

    monkeypatch.setattr(KernelBudget, "put", clear_and_put)
    where = keep(slot(environ), now)
    assert kernel.names(kernel.scope(where._state_path)) == []


def leased(where, now):
    scope = kernel.scope(where._state_path)
    name = f"{HELD}{bytes(16).hex()}"
    assert kernel.put(scope + name, b"the key of the vault", 60)
    keep(where, now, lease=where.lease(name))
    assert where.get(now) == OUTPUT
    return scope + name


def test_what_has_a_lease_ends_with_it(kept, environ, now):
    held = leased(kept, now)
    kernel.drop(held)
    assert kept.get(now) is None


def test_the_lease_is_of_the_very_entry_and_not_of_its_name(kept, environ, now):
    held = leased(kept, now)
    assert kernel.put(held, b"the key of the vault", 60)
    assert kept.get(now) is None


def test_without_its_lease_nothing_is_kept(environ, now):
    where = slot(environ)
    keep(where, now, lease=where.lease(f"{HELD}{bytes(16).hex()}"))
    assert kernel.names(kernel.scope(where._state_path)) == []


@pytest.mark.parametrize("name", OF_THE_STORE)
def test_a_key_ends_with_any_change_of_the_store_and_a_session_does_not(environ, now, name):
    folder = os.path.join(environ["HOME"], ".aws", "awscreds")
    os.mkdir(folder)
    for is_key in (True, False):
        where, at = slot(environ), now + 60
        of_files, of_the_store = where.stamps(at)
        stamps = of_files, of_the_store if is_key else NO_STAMP
        where.put(OUTPUT, stamps, end=at + HOUR, seconds=HOUR, now=at)
        assert where.get(at) == OUTPUT
        with open(os.path.join(folder, name), "a") as file:
            file.write("x")
        assert (where.get(at) is None) == is_key


@pytest.mark.parametrize("payload", [b"x", b"x" * 8, b"x" * 24, b"x" * 60, b"x" * 99])
def test_nonsense_is_no_answer(kept, environ, now, payload):
    begin = kernel.scope(environ["HOME"] + "/.aws/awscreds")
    (name,) = kernel.names(begin)
    assert kernel.put(name, payload, 60)
    assert kept.get(now) is None
