"""Stamps notice every change of a file, and stand for nothing that may still change unseen."""

import os
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awscreds.stores.aws_files import AwsFiles
from awscreds.stores.locations import file_paths
from awscreds.warm import SETTLED, stamp
from tests.stores.support import AS_NOBODY, open_folder, run

pytestmark = pytest.mark.posix("no answer is kept on Windows, so nothing is stamped there")


@pytest.fixture
def pair(tmp_path):
    config, credentials = tmp_path / "config", tmp_path / "credentials"
    config.write_text("[profile dev]\nregion = eu-west-1\n")
    credentials.write_text("[dev]\n")
    return config, credentials


def settled(*paths):
    """A time at which none of these files is new any more."""
    return max(changed(path) for path in paths if os.path.exists(path)) + SETTLED


def changed(path):
    """When the file was last changed, whatever times somebody has set."""
    if sys.platform == "win32":
        from awscreds.stores.windows_files import changed_ns

        return changed_ns(str(path)) / 1e9
    return os.stat(path).st_ctime_ns / 1e9  # st_ctime is rounded in another way


def stamp_of(*paths):
    return stamp(map(str, paths), settled(*paths))


def test_the_stamp_of_files_left_alone_stays(pair):
    now = settled(*pair)
    assert stamp(map(str, pair), now) == stamp(map(str, pair), now + 1e6) != None  # noqa: E711 - equal, and not None


def rewrite_as_long(config):
    """In place, as long as before, and with the old time set again: only ctime tells."""
    found = config.stat()
    config.write_text(config.read_text().replace("west-1", "west-2"))
    os.utime(config, ns=(found.st_atime_ns, found.st_mtime_ns))


def replace_by_a_twin(config):
    twin = config.with_name("twin")
    twin.write_bytes(config.read_bytes())
    found = config.stat()
    os.utime(twin, ns=(found.st_atime_ns, found.st_mtime_ns))
    twin.replace(config)


def lay_a_link(config):
    moved = config.rename(config.with_name("moved"))
    config.symlink_to(moved)


CHANGES = [
    lambda config: config.write_text("[profile dev]\n"),
    rewrite_as_long,
    replace_by_a_twin,
    lay_a_link,
    lambda config: config.unlink(),
    lambda config: os.utime(config, (1, 1)),
    lambda config: config.chmod(0o440),
]


@pytest.mark.parametrize("which", [0, 1], ids=["config", "credentials"])
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_either_file_is_noticed(pair, change, which):
    before = stamp_of(*pair)
    change(pair[which])
    assert stamp_of(*pair) != before


def test_a_file_that_comes_is_noticed(pair):
    pair[1].unlink()
    before = stamp_of(*pair)
    assert before is not None
    pair[1].touch()
    assert stamp_of(*pair) != before


def test_where_a_link_leads_is_what_counts(tmp_path, pair):
    link = tmp_path / "link"
    link.symlink_to(pair[0])
    before = stamp_of(link)
    link.unlink()
    link.symlink_to(pair[1])
    assert stamp_of(link) != before


def test_the_same_files_the_other_way_round_are_not_the_same(pair):
    assert stamp_of(*pair) != stamp_of(*reversed(pair))


@pytest.mark.parametrize("seconds", [-3600, 0, 1, SETTLED - 0.01])
def test_a_file_just_changed_has_no_stamp(pair, seconds):
    os.utime(pair[0], (1, 1))  # what anybody can set has no say
    assert stamp([str(pair[0])], changed(pair[0]) + seconds) is None


def test_what_cannot_be_looked_at_has_no_stamp(tmp_path):
    code = (
        "import sys\nfrom awscreds.warm import stamp\n"
        + AS_NOBODY
        + "os.mkdir(sys.argv[1] + '/shut', 0)\nprint(stamp([sys.argv[1] + '/shut/config'], 2e9))"
    )
    with open_folder() as folder:
        assert run(code, folder) == "None\n"
    (tmp_path / "loop").symlink_to("loop")
    for path in (str(tmp_path / "loop"), "nul\0byte"):
        assert stamp([path], 2e9) is None


@pytest.mark.posix("its names are of characters")
def test_a_name_of_any_bytes_has_a_stamp(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"conf\xff\xc3\xa9ig")
    with open(path, "wb"):
        pass
    assert stamp([os.fsdecode(path)], settled(path)) is not None


words = st.text(st.sampled_from("a/.~$ é"), max_size=8)


@given(config=words, credentials=words)
@settings(max_examples=100, deadline=None)
def test_the_paths_are_absolute_and_those_that_commands_use(config, credentials):
    variables = {"AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": credentials}
    paths = file_paths(variables)
    files = AwsFiles.from_environment(variables)
    # Windows removes blanks at the end only from a whole path.
    assert tuple(map(os.path.abspath, paths)) == (files.config_path, files.credentials_path)
    assert all(map(os.path.isabs, paths))


def test_variables_and_home_are_expanded_as_botocore_does(home, monkeypatch):
    monkeypatch.setenv("ELSEWHERE", os.path.abspath("/else"))
    named = {"AWS_CONFIG_FILE": "$ELSEWHERE/config", "AWS_SHARED_CREDENTIALS_FILE": "~/keys"}
    assert file_paths(named) == (os.path.abspath("/else/config"), str(home / "keys"))
    standard = (str(home / ".aws" / "config"), str(home / ".aws" / "credentials"))
    assert file_paths({}) == file_paths({"AWS_CONFIG_FILE": ""}) == standard
