"""What every secret store must do, whatever keeps its entries. Backends subclass the suite."""

import os
import subprocess
import sys
import traceback

import pytest

from awscreds.errors import AwscredsError, EntryMissing, SecretStoreError
from awscreds.model.credentials import AccessKey
from awscreds.stores.secret_store import LIMIT, SecretStore

KEY = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
OTHER = AccessKey("AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")
SECRET = "HUSH"
"""Part of every secret that must not show up in an error."""


FORGETFUL_INDEX = """class Index:
    def add(self, *_): pass
    def remove(self, *_): pass
    def ids(self): return []
"""
"""Source of an index for ``opening``: importing this module would load pytest in every process."""


def everything_said(error):
    """Whatever a log, a traceback or a crash reporter could print of ``error`` and its causes."""
    said = ["".join(traceback.format_exception(error))]
    seen = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        said += [str(one), repr(one), repr(one.args), repr(vars(one))]
        said += [repr(getattr(one, name)) for name in ("doc", "object") if hasattr(one, name)]
        waiting += [one.__cause__, one.__context__]
    return "\n".join(said)


def run_together(programs):
    """Run Python sources as processes that start their work at the same moment.

    Each program calls ``go()`` when it is ready; it returns when all of them are. Returns their
    outputs; fails where one of them does.
    """
    gate = "def go():\n    print('ready', flush=True)\n    input()\n"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", gate + program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        for program in programs
    ]
    try:
        for child in children:
            line = child.stdout.readline()
            assert line == "ready\n", child.communicate()[1]
        for child in children:
            child.stdin.write("\n")
            child.stdin.flush()
        results = [child.communicate(timeout=100) for child in children]
        for child, (_, errors) in zip(children, results, strict=True):
            assert child.returncode == 0, errors
        return [output for output, _ in results]
    finally:
        for child in children:
            child.kill()
            child.communicate()


class SecretStoreContract:
    """Subclass it, name the class Test…, and give the two fixtures below."""

    writers = 20
    """Processes that write at once; fewer where a backend is slow."""

    @pytest.fixture
    def store(self) -> SecretStore:
        """An empty store over the backend under test."""
        raise NotImplementedError

    @pytest.fixture
    def opening(self) -> str:
        """Python source that binds ``store`` to a SecretStore over the same place.

        It runs in a process of its own, with this one's environment and sys.path.
        """
        raise NotImplementedError

    def test_gives_back_the_key_it_was_given(self, store):
        store.keep_access_key(KEY)
        assert store.access_key(KEY.id) == KEY

    def test_keeps_entries_apart(self, store):
        store.keep_access_key(KEY)
        store.keep_access_key(OTHER)
        assert store.access_key(KEY.id) == KEY
        assert store.access_key(OTHER.id) == OTHER

    def test_gives_back_every_field(self, store):
        fields = {"seed": "JBSWY3DPEHPK3PXP", "serial": "arn:aws:iam::123456789012:mfa/alice"}
        store.write("totp-seed", "totp:alice", fields)
        assert store.read("totp-seed", "totp:alice") == fields

    @pytest.mark.parametrize(
        "secret",
        [
            "ключ 密钥 🔑",
            "line\nbreak\r\n\ttab",
            "a\0b",
            '"quoted" \\ back',
            "é e\u0301",
            "\ud800",
            " ",
        ],
        ids=ascii,
    )
    def test_keeps_any_text_as_it_is(self, store, secret):
        store.write("totp-seed", "totp:ünïcode", {"seed": secret})
        assert store.read("totp-seed", "totp:ünïcode") == {"seed": secret}

    def test_an_entry_never_written_is_missing(self, store):
        with pytest.raises(EntryMissing, match=KEY.id) as caught:
            store.access_key(KEY.id)
        assert caught.value.exit_code == 4
        assert caught.value.hint

    def test_an_absent_entry_reads_as_none_beside_others(self, store):
        store.keep_access_key(KEY)
        assert store.backend.read(OTHER.id) is None
        with pytest.raises(EntryMissing, match=OTHER.id):
            store.access_key(OTHER.id)

    def test_a_second_write_replaces_the_first(self, store):
        store.write("totp-seed", "totp:alice", {"seed": "first", "serial": "x"})
        store.write("totp-seed", "totp:alice", {"seed": "second"})
        assert store.read("totp-seed", "totp:alice") == {"seed": "second"}

    def test_erases_one_entry_and_no_other(self, store):
        store.keep_access_key(KEY)
        store.keep_access_key(OTHER)
        assert store.erase(KEY.id) is True
        with pytest.raises(EntryMissing):
            store.access_key(KEY.id)
        assert store.access_key(OTHER.id) == OTHER

    def test_erasing_what_is_not_there_says_so(self, store):
        assert store.erase(KEY.id) is False
        store.keep_access_key(KEY)
        assert store.erase(KEY.id) is True
        assert store.erase(KEY.id) is False

    def test_an_erased_entry_can_be_written_again(self, store):
        store.keep_access_key(KEY)
        store.erase(KEY.id)
        store.keep_access_key(KEY)
        assert store.access_key(KEY.id) == KEY

    def test_notices_an_entry_of_another_kind(self, store):
        store.write("totp-seed", KEY.id, {"secret_access_key": SECRET})
        with pytest.raises(SecretStoreError) as caught:
            store.access_key(KEY.id)
        assert caught.value.code == "entry-broken"
        assert SECRET not in everything_said(caught.value)

    def test_notices_an_entry_under_the_id_of_another(self, store):
        store.keep_access_key(KEY)
        store.backend.write(OTHER.id, store.backend.read(KEY.id))
        with pytest.raises(SecretStoreError, match=OTHER.id) as caught:
            store.access_key(OTHER.id)
        assert caught.value.code == "entry-broken"
        assert KEY.secret not in everything_said(caught.value)

    @pytest.mark.parametrize(
        "text",
        [
            f"{SECRET} not JSON",
            f'["{SECRET}"]',
            f'"{SECRET}"',
            f'{{"{SECRET}": ',
            f'{{"kind":"access-key","id":"{KEY.id}","secret_access_key":["{SECRET}"]}}',
            f'{{"kind":"access-key","id":"{KEY.id}","secret":"{SECRET}"}}',
            f'{{"kind":"access-key","id":"{KEY.id}","secret_access_key":"","x":"{SECRET}"}}',
        ],
    )
    def test_notices_garbage_and_does_not_quote_it(self, store, text):
        store.backend.write(KEY.id, text)
        with pytest.raises(SecretStoreError, match=KEY.id) as caught:
            store.access_key(KEY.id)
        assert caught.value.code == "entry-broken"
        assert SECRET not in everything_said(caught.value)

    def test_a_garbage_entry_can_be_replaced_and_erased(self, store):
        store.backend.write(KEY.id, "garbage")
        store.keep_access_key(KEY)
        assert store.access_key(KEY.id) == KEY
        store.backend.write(KEY.id, "garbage")
        assert store.erase(KEY.id) is True
        assert store.backend.read(KEY.id) is None

    def test_an_entry_too_long_is_refused_and_nothing_written(self, store):
        with pytest.raises(SecretStoreError) as caught:
            store.write("totp-seed", "totp:long", {"seed": SECRET * LIMIT})
        assert caught.value.code == "entry-too-long"
        assert SECRET not in everything_said(caught.value)
        assert store.backend.read("totp:long") is None

    def test_a_too_long_entry_leaves_the_present_one(self, store):
        store.write("totp-seed", "totp:alice", {"seed": "short"})
        with pytest.raises(SecretStoreError):
            store.write("totp-seed", "totp:alice", {"seed": "x" * LIMIT})
        assert store.read("totp-seed", "totp:alice") == {"seed": "short"}

    def test_the_longest_entry_allowed_comes_back_whole(self, store):
        store.write("totp-seed", "totp:alice", {"seed": ""})
        room = LIMIT - 1 - len(store.backend.read("totp:alice"))
        store.write("totp-seed", "totp:alice", {"seed": "x" * room})
        assert store.read("totp-seed", "totp:alice") == {"seed": "x" * room}

    def test_no_text_form_shows_a_secret(self, store):
        store.keep_access_key(KEY)
        key = store.access_key(KEY.id)
        for thing in (store, store.backend, key):
            assert KEY.secret not in f"{thing!r} {thing}"
        assert KEY.secret not in store.backend.describe()

    def test_a_check_changes_nothing(self, store):
        store.keep_access_key(KEY)
        store.backend.check()
        assert store.access_key(KEY.id) == KEY

    def test_a_check_of_an_empty_store_passes(self, store):
        store.backend.check()
        assert store.backend.read(KEY.id) is None

    def test_says_what_it_is(self, store):
        assert store.backend.name in ("keyring", "vault")
        assert store.backend.describe()

    def test_another_process_reads_what_was_written(self, store, opening):
        store.keep_access_key(KEY)
        [answer] = run_together(
            [f"{opening}\ngo()\nprint(ascii(store.read('access-key', {KEY.id!r})))"]
        )
        assert answer == ascii({"secret_access_key": KEY.secret}) + "\n"

    def test_another_process_s_write_and_erasure_are_seen(self, store, opening):
        store.keep_access_key(KEY)
        store.access_key(KEY.id)
        program = (
            f"{opening}\ngo()\nstore.erase({KEY.id!r})\n"
            "store.write('totp-seed', 'totp:alice', {'seed': 'x'})"
        )
        run_together([program])
        assert store.read("totp-seed", "totp:alice") == {"seed": "x"}
        with pytest.raises(EntryMissing):
            store.access_key(KEY.id)

    @pytest.mark.slow
    def test_processes_that_write_at_once_lose_nothing(self, store, opening):
        store.keep_access_key(KEY)
        ids = [f"totp:{number}" for number in range(self.writers)]
        run_together(
            f"{opening}\ngo()\nstore.write('totp-seed', {i!r}, {{'seed': {i[::-1]!r}}})"
            for i in ids
        )
        assert {i: store.read("totp-seed", i)["seed"] for i in ids} == {i: i[::-1] for i in ids}
        assert store.access_key(KEY.id) == KEY

    def test_every_failure_is_one_of_ours(self, store):
        """An id no backend likes is taken or refused; it never ends in a stranger's exception."""
        for entry_id in ("x" * 300, "a/b:c d", "=+@", "ключ"):
            try:
                store.write("totp-seed", entry_id, {"seed": "x"})
            except AwscredsError:
                assert store.backend.read(entry_id) is None
            else:
                assert store.read("totp-seed", entry_id) == {"seed": "x"}
