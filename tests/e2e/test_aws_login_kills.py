"""SIGKILL, and a full disk, at each step of a login with console credentials, its renewal and end.

Nothing is half written, a second run completes, and no token is lost that could be kept.
"""

import json

import pytest

from awscreds.sandbox.signin import TOKEN
from tests.e2e.test_login_kills import AT_EACH_CHANGE, BOTH_FAULTS, fill_the_disk, forked
from tests.e2e.visitor import ALICE, CONFIG, Visitor
from tests.helpers import need_posix

pytestmark = pytest.mark.slow

LOGIN = ("login", "--profile", "web")
NEW = ("login", "--profile", "new", "--region", "eu-west-1", "--yes")
WHOAMI = ("whoami", "--profile", "web")
BOTH_PLACES = pytest.mark.parametrize("how", [(), ("--share",)], ids=["sealed", "shared"])


@pytest.fixture
def visitor(alice):
    need_posix("it has no fork")
    return Visitor(alice)


def is_whole(visitor):
    """Whether each file of a login can be read."""
    path = visitor.shared()
    shared = json.loads(path.read_bytes()) if path.exists() else {"dpopKey": "none"}
    return shared["dpopKey"] and all(path.read_bytes() for path in visitor.logins)


@pytest.mark.daily(4)
@AT_EACH_CHANGE
@BOTH_FAULTS
@BOTH_PLACES
def test_a_new_profile_is_whole_or_not_there_and_the_next_login_works(visitor, how, at, fault):
    before = visitor.alice.config.read_text()
    code = forked(visitor, (*NEW, *how), at=at, fault=fault)
    assert is_whole(visitor)
    after = f"{before}\n[profile new]\nlogin_session = {ALICE}\nregion = eu-west-1\n"
    assert visitor.alice.config.read_text() in (before, after)
    if code == 0:
        assert visitor.arn(profile="new") == ALICE
    visitor(*NEW, *how)
    assert visitor.arn(profile="new") == ALICE
    assert visitor.alice.config.read_text() == after


@pytest.mark.daily(4)
@AT_EACH_CHANGE
@BOTH_FAULTS
@BOTH_PLACES
def test_a_second_login_that_fails_leaves_the_first(visitor, how, at, fault):
    visitor(*LOGIN, *how)
    forked(visitor, (*LOGIN, *how), at=at, fault=fault)
    assert is_whole(visitor)
    visitor("sessions", "clear")
    assert visitor.arn() == ALICE
    assert visitor.alice.config.read_text() == CONFIG


@pytest.mark.daily(4)
@AT_EACH_CHANGE
@BOTH_FAULTS
@BOTH_PLACES
def test_a_renewal_loses_a_login_only_with_the_answer_of_aws(visitor, how, at, fault):
    """Whoever dies between AWS's answer and the file has the only copy of the new token."""
    visitor(*LOGIN, *how)
    before, ahead = visitor.count(), TOKEN - 60
    visitor.control.advance(ahead)
    code = forked(visitor, WHOAMI, at=at, fault=fault, ahead=ahead)
    assert is_whole(visitor)
    was_asked = visitor.count() > before
    again = forked(visitor, WHOAMI, ahead=ahead)
    if not was_asked or code == 0:
        assert again == 0
    if again:
        visitor(*LOGIN, *how)
        assert visitor.arn() == ALICE


@BOTH_PLACES
def test_with_a_full_disk_no_refresh_token_is_spent(visitor, how):
    visitor(*LOGIN, *how)
    before, ahead = visitor.count(), TOKEN - 60
    visitor.control.advance(ahead)
    assert forked(visitor, WHOAMI, at=0, fault=fill_the_disk, ahead=ahead) == 0
    assert visitor.count() == before
    visitor.control.advance(120)
    assert forked(visitor, WHOAMI, at=0, fault=fill_the_disk, ahead=ahead + 120) == 3
    assert forked(visitor, WHOAMI, ahead=ahead + 120) == 0
    assert visitor.count() == before + 1


@pytest.mark.daily(4)
@AT_EACH_CHANGE
@BOTH_PLACES
def test_a_logout_that_is_killed_is_completed_by_the_next(visitor, how, at):
    visitor(*LOGIN, *how)
    visitor.arn()
    forked(visitor, ("logout", "--profile", "web"), at=at)
    visitor("logout", "--profile", "web")
    assert visitor.logins == []
    assert not visitor.shared().exists()
    assert "awscreds login --profile web" in visitor.arn(rc=5)
