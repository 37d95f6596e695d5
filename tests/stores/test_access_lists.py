"""Who may use a file on Windows, from its owner and access control list."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awscreds.stores.access_lists import (
    ADMINISTRATORS,
    EVERYBODY,
    READ,
    REPLACE,
    SYSTEM,
    WRITE,
    Access,
    Entry,
    others,
    parse_list,
    parse_sid,
    to_list,
)

DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
ME = f"{DOMAIN}-1001"
USERS, AUTHENTICATED, CREATOR = "S-1-5-32-545", "S-1-5-11", "S-1-3-0"
TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
FULL, MODIFY, READ_EXECUTE = 0x1F01FF, 0x1301BF, 0x1200A9
ADD_FOLDER = 0x4
INHERITED, ONLY_FOR_CHILDREN, TO_CHILDREN = 0x10, 0x08, 0x03


def packed_sid(text):
    _, revision, authority, *numbers = text.split("-")
    head = struct.pack("<BB", int(revision), len(numbers)) + int(authority).to_bytes(6, "big")
    return head + struct.pack(f"<{len(numbers)}I", *map(int, numbers))


def packed(*entries):
    """A list of (kind, flags, mask, sid), as Windows keeps it."""
    body = b""
    for kind, flags, mask, sid in entries:
        rest = struct.pack("<I", mask)
        if kind in (5, 6, 11):
            rest += struct.pack("<I", 3) + bytes(32)
        rest += packed_sid(sid)
        body += struct.pack("<BBH", kind, flags, 4 + len(rest)) + rest
    return struct.pack("<BBHHH", 2, 0, 8 + len(body), len(entries), 0) + body


def judged(*entries, owner=ME, may=WRITE):
    return others(Access(owner, parse_list(packed(*entries))), ME, may)


PROFILE = [(0, INHERITED | TO_CHILDREN, FULL, sid) for sid in (SYSTEM, ADMINISTRATORS, ME)]


@pytest.mark.parametrize("may", [READ, WRITE, REPLACE, READ | WRITE])
def test_what_is_below_a_users_profile_is_theirs(may):
    assert judged(*PROFILE, may=may) == []


@pytest.mark.parametrize("owner", [ME, SYSTEM, ADMINISTRATORS, TRUSTED_INSTALLER])
def test_who_can_become_any_user_may_own_it(owner):
    assert judged(*PROFILE, owner=owner) == []


@pytest.mark.parametrize("owner", [f"{DOMAIN}-1002", USERS, EVERYBODY, f"{DOMAIN}9-1001"])
def test_whoever_else_owns_it_can_change_its_list(owner):
    assert judged(*PROFILE, owner=owner) == [owner]


@pytest.mark.parametrize("who", [EVERYBODY, USERS, AUTHENTICATED, f"{DOMAIN}-1002", "S-1-5-7"])
@pytest.mark.parametrize("kind", [0, 5, 9, 11])
@pytest.mark.parametrize(
    ("mask", "may"),
    [
        (FULL, READ),
        (FULL, WRITE),
        (FULL, REPLACE),
        (MODIFY, WRITE),
        (MODIFY, REPLACE),  # DELETE
        (READ_EXECUTE, READ),
        (0x2, WRITE),
        (ADD_FOLDER, WRITE),
        (0x40, REPLACE),
        (0x10000, REPLACE),
        (0x40000, WRITE),
        (0x80000, WRITE),
        (0x10000000, READ),
        (0x10000000, REPLACE),
        (0x40000000, WRITE),
        (0x80000000, READ),
    ],
)
def test_an_entry_for_somebody_else_counts_if_it_allows_that(who, kind, mask, may):
    assert judged(*PROFILE, (kind, 0, mask, who), may=may) == [who]


@pytest.mark.parametrize(
    ("mask", "may"),
    [(READ_EXECUTE, WRITE), (READ_EXECUTE, REPLACE), (ADD_FOLDER, REPLACE), (0x2, REPLACE)],
)
def test_and_not_if_it_allows_less(mask, may):
    assert judged(*PROFILE, (0, 0, mask, AUTHENTICATED), may=may) == []


def test_the_root_of_a_drive_is_no_danger_for_what_is_below():
    root = [
        (0, TO_CHILDREN, FULL, ADMINISTRATORS),
        (0, TO_CHILDREN, FULL, SYSTEM),
        (0, TO_CHILDREN, READ_EXECUTE, USERS),
        (0, TO_CHILDREN | ONLY_FOR_CHILDREN, MODIFY, AUTHENTICATED),
        (0, 0, ADD_FOLDER, AUTHENTICATED),
    ]
    assert judged(*root, owner=TRUSTED_INSTALLER, may=REPLACE) == []
    # But a folder that somebody makes there, like C:\tools, can be changed by every user.
    below = [(kind, INHERITED, mask, sid) for kind, _, mask, sid in root[:4]]
    assert judged(*below, owner=ADMINISTRATORS) == [AUTHENTICATED]


def test_what_is_only_for_the_children_is_not_for_the_folder():
    entry = (0, TO_CHILDREN | ONLY_FOR_CHILDREN, FULL, CREATOR)
    assert judged(*PROFILE, entry, may=READ | WRITE) == []


@pytest.mark.parametrize("kind", [1, 6, 2, 0x11])
def test_an_entry_that_denies_or_audits_allows_nothing(kind):
    assert judged(*PROFILE, (kind, 0, FULL, EVERYBODY)) == []


def test_nobody_is_missed_because_of_an_entry_that_denies_something_else():
    assert judged((1, 0, FULL, USERS), (0, 0, FULL, EVERYBODY)) == [EVERYBODY]


def test_administrators_of_my_own_domain_are_administrators():
    entries = [(0, 0, FULL, f"{DOMAIN}-{number}") for number in (500, 512)]
    assert judged(*entries) == []
    assert judged((0, 0, FULL, "S-1-5-21-1-2-3-512")) == ["S-1-5-21-1-2-3-512"]


def test_without_a_list_everybody_may_do_everything():
    for may in (READ, WRITE, REPLACE):
        assert others(Access(ME, None), ME, may) == [EVERYBODY]


def test_an_empty_list_allows_nothing():
    assert judged() == []


def test_all_are_named_once_and_the_owner_first():
    access = Access(USERS, [Entry(FULL, EVERYBODY), Entry(FULL, USERS), Entry(FULL, EVERYBODY)])
    assert others(access, ME, WRITE) == [USERS, EVERYBODY]


def test_where_an_entry_comes_from_is_known():
    inherited, own = parse_list(packed((0, INHERITED, FULL, ME), (0, 0, FULL, USERS)))
    assert (inherited.is_inherited, own.is_inherited) == (True, False)


@pytest.mark.parametrize("sid", [ME, SYSTEM, TRUSTED_INSTALLER, "S-1-16-12288"])
def test_a_sid_is_read(sid):
    assert parse_sid(packed_sid(sid)) == sid


@given(data=st.binary(max_size=80))
def test_no_bytes_do_more_than_fail(data):
    for parse in (parse_list, parse_sid):
        with contextlib.suppress(ValueError):
            parse(data)


def test_a_list_that_is_cut_off_is_none():
    whole = packed(*PROFILE)
    for length in range(len(whole)):
        with pytest.raises(ValueError, match=r"not a|not an"):
            parse_list(whole[:length])


def test_our_own_list_is_for_the_user_the_system_and_administrators():
    assert to_list(ME, is_folder=False) == (
        f"D:P(A;;FA;;;{ME})(A;;FA;;;{SYSTEM})(A;;FA;;;{ADMINISTRATORS})"
    )
    assert "(A;OICI;FA;;;" in to_list(ME, is_folder=True)
