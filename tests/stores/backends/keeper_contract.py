"""What must hold the vault's key between processes, on every system. Keepers subclass the suite."""

import os
import subprocess
import sys
import time

import pytest

KEY = bytes(range(32))


class KeyKeeperContract:
    """Subclass it, name the class Test…, and give the fixture below.

    ``opening`` is Python source that binds ``keeper`` in another process; None if none can see it.
    """

    opening = "from awscreds.stores.backends.vault import key_keeper\nkeeper = key_keeper()\n"

    @pytest.fixture
    def keeper(self):
        raise NotImplementedError

    @pytest.fixture
    def name(self, keeper, tmp_path):
        """The name of the key of a vault; nothing is held for its folder, before and after."""
        scope = keeper.scope(str(tmp_path))
        yield scope + "vault:01"
        keeper.drop_all(scope)

    def elsewhere(self, program, name):
        """What another process prints that runs ``program`` with the same keeper."""
        if self.opening is None:
            pytest.skip("a double is seen by its own process only")
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import sys\nname = sys.argv[1]\n{self.opening}{program}",
                name,
            ],
            env=dict(os.environ) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @pytest.mark.parametrize("key", [b"\0", b"a\0b\0", KEY, bytes(256)], ids=len)
    def test_gives_back_the_very_bytes(self, keeper, name, key):
        assert keeper.put(name, key, 60) is True
        assert keeper.get(name) == key

    def test_nothing_is_held_that_was_not_put(self, keeper, name):
        assert keeper.get(name) is None
        assert keeper.seconds_left(name) == 0
        assert keeper.names(name) == []
        keeper.drop(name)
        keeper.drop_all(name)

    def test_the_next_process_has_it(self, keeper, name):
        keeper.put(name, KEY, 60)
        assert self.elsewhere("print(keeper.get(name).hex())", name) == KEY.hex()
        assert self.elsewhere("print(keeper.put(name, b'second', 60))", name) == "True"
        assert keeper.get(name) == b"second"
        self.elsewhere("keeper.drop_all(name)", name)
        assert keeper.get(name) is None

    def test_a_key_is_that_of_its_vault_alone(self, keeper, name):
        keeper.put(name, KEY, 60)
        assert keeper.get(name + "2") is None
        assert keeper.get(name[:-1]) is None
        assert keeper.get(name) == KEY

    def test_a_key_is_that_of_its_folder_alone(self, keeper, name, tmp_path):
        other = keeper.scope(str(tmp_path / "other")) + "vault:01"
        keeper.put(name, KEY, 60)
        assert keeper.get(other) is None
        keeper.put(other, b"other", 60)
        assert (keeper.get(name), keeper.get(other)) == (KEY, b"other")
        keeper.drop_all(keeper.scope(str(tmp_path / "other")))
        assert (keeper.get(name), keeper.get(other)) == (KEY, None)

    def test_a_second_one_replaces_the_first(self, keeper, name):
        for key in (KEY, b"2", KEY * 3):
            assert keeper.put(name, key, 60)
            assert keeper.get(name) == key
            assert keeper.names(name) == [name]

    def test_it_is_forgotten_when_the_time_is_up_however_often_it_is_used(self, keeper, name):
        assert keeper.put(name, KEY, 1000)
        assert keeper.put(name, KEY, 1)
        give_up = time.monotonic() + 30
        while keeper.get(name):
            assert time.monotonic() < give_up
            time.sleep(0.05)
        assert keeper.seconds_left(name) == 0
        assert keeper.put(name, b"again", 60)
        assert keeper.get(name) == b"again"

    def test_a_longer_time_replaces_a_shorter_one(self, keeper, name):
        keeper.put(name, b"first", 1)
        keeper.put(name, KEY, 1000)
        assert keeper.seconds_left(name) > 60
        assert keeper.get(name) == KEY

    @pytest.mark.parametrize("seconds", [0, -1])
    def test_no_time_means_not_held_and_never_for_ever(self, keeper, name, seconds):
        keeper.put(name, b"old", 60)
        assert keeper.put(name, KEY, seconds) is False
        assert keeper.get(name) is None

    def test_an_empty_key_is_not_held(self, keeper, name):
        keeper.put(name, b"old", 60)
        assert keeper.put(name, b"", 60) is False
        assert keeper.get(name) is None

    @pytest.mark.parametrize(("seconds", "least"), [(50, 40), (7199, 3600)])
    def test_tells_how_long_it_is_held_at_least(self, keeper, name, seconds, least):
        keeper.put(name, KEY, seconds)
        assert least <= keeper.seconds_left(name) <= seconds
        assert least <= keeper.seconds_left(name[:-1]) <= seconds

    @pytest.mark.parametrize("forget", ["drop", "drop_all"])
    def test_what_is_dropped_is_gone(self, keeper, name, forget):
        keeper.put(name, KEY, 60)
        getattr(keeper, forget)(name)
        assert keeper.get(name) is None
        assert keeper.names(name) == []

    def test_says_what_it_is(self, keeper):
        assert keeper.where
        assert keeper.needs
