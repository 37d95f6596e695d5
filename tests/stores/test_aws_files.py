"""Both AWS files, loaded and edited as one."""

import errno
import os
import sys

import pytest

from awscreds.errors import ConfigurationError
from awscreds.stores import edited_file, snapshot
from awscreds.stores.aws_files import ATTEMPTS, AwsFiles
from awscreds.stores.remedies import to_close
from tests.stores.support import (
    AS_NOBODY,
    FIFO,
    ON_WINDOWS,
    NoTime,
    mode,
    names,
    need_root,
    open_folder,
    open_to_others,
    run,
    umask,
)

CONFIG = b"# mine\r\n[profile dev]\r\nregion = eu-central-1\r\n"
CREDENTIALS = b"[dev]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
DEV = ("profile", "dev")
ONE_STEP_EACH = ["created", "written", "staged"]
STEPS = [
    "locked",
    "read",
    "changed",
    *[f"{move} config" for move in ONE_STEP_EACH],
    *[f"{move} credentials" for move in ONE_STEP_EACH],
    "kept config",
    "kept credentials",
    *[f"{move} config" for move in ("ready", "checked", "replaced")],
    *[f"{move} credentials" for move in ("ready", "checked", "replaced")],
    "placed",
]
BEFORE_ALL_IS_WELL = STEPS[:-1]


def change(documents):
    """What most tests do: one more key in either file."""
    documents.config.set(DEV, "output", "json")
    documents.credentials.set(DEV, "aws_session_token", "none")
    return "done"


CONFIG_CHANGED = CONFIG + b"output = json\r\n"
CREDENTIALS_CHANGED = CREDENTIALS + b"aws_session_token = none\n"


ONLY_THE_GROUP = [
    pytest.param(bits, marks=pytest.mark.posix("its lists know no group of a file"))
    for bits in (0o640, 0o620)
]


class Place:
    """A folder with both files, and who edits them."""

    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "config"
        self.credentials = folder / "credentials"
        self.locks = folder.parent / "locks"
        self.warnings = []

    def fill(self):
        self.folder.mkdir(mode=0o700, exist_ok=True)
        for path, data in ((self.config, CONFIG), (self.credentials, CREDENTIALS)):
            path.write_bytes(data)
            path.chmod(0o600)
        return self

    def files(self, step=lambda _: None, *, time=None):
        return AwsFiles(
            str(self.config),
            str(self.credentials),
            lock_folder=str(self.locks),
            warn=self.warnings.append,
            step=step,
            time=time or NoTime(),
        )

    def data(self):
        return self.config.read_bytes(), self.credentials.read_bytes()

    def stamps(self):
        return [
            (os.stat(p).st_ino, os.stat(p).st_mtime_ns) for p in (self.config, self.credentials)
        ]

    def is_untouched(self):
        return self.data() == (CONFIG, CREDENTIALS) and self.is_tidy()

    def is_changed(self):
        return self.data() == (CONFIG_CHANGED, CREDENTIALS_CHANGED) and self.is_tidy()

    def is_tidy(self):
        return names(self.folder) == ["config", "credentials"]


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "aws").fill()


@pytest.fixture
def nowhere(tmp_path):
    return Place(tmp_path / "new" / "aws")


def at(name, action, *, once=True):
    """A step that does something at the move ``name``, the first time or every time."""
    done = []

    def step(reached):
        if reached == name and not (once and done):
            done.append(reached)
            action()

    return step


def fail(code):
    def action():
        raise OSError(code, os.strerror(code))

    return action


class TestPaths:
    def test_are_in_the_home_by_default(self, home):
        files = AwsFiles.from_environment({})

        assert files.config_path == str(home / ".aws" / "config")
        assert files.credentials_path == str(home / ".aws" / "credentials")

    def test_come_from_the_variables(self):
        files = AwsFiles.from_environment(
            {"AWS_CONFIG_FILE": "/a/b", "AWS_SHARED_CREDENTIALS_FILE": "/c/d"}
        )

        named = tuple(map(os.path.abspath, ("/a/b", "/c/d")))  # with the drive, on Windows
        assert (files.config_path, files.credentials_path) == named

    def test_are_expanded_as_botocore_does(self, home, monkeypatch):
        monkeypatch.setenv("PLACE", "somewhere")
        files = AwsFiles.from_environment(
            {"AWS_CONFIG_FILE": "~/$PLACE/x", "AWS_SHARED_CREDENTIALS_FILE": "~/y"}
        )

        assert files.config_path == str(home / "somewhere" / "x")
        assert files.credentials_path == str(home / "y")

    def test_an_empty_variable_counts_as_unset(self, home):
        files = AwsFiles.from_environment({"AWS_CONFIG_FILE": ""})

        assert files.config_path == str(home / ".aws" / "config")

    @pytest.mark.parametrize("home", [None, "here"])
    def test_in_a_home_that_is_unknown_are_refused(self, monkeypatch, home):
        """Python leaves ``~``, which would be a folder in the working directory."""
        name = "USERPROFILE" if sys.platform == "win32" else "HOME"
        monkeypatch.setenv(name, home) if home else monkeypatch.delenv(name)
        monkeypatch.delenv("HOMEPATH", raising=False)
        if sys.platform != "win32":
            monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])

        for path in ("", "~/config"):
            with pytest.raises(ConfigurationError, match=f"is unknown: {name} is not") as error:
                AwsFiles.from_environment({"AWS_CONFIG_FILE": path}, warn=print)
            assert (error.value.code, error.value.exit_code) == ("no-home", 3)


class TestLoad:
    def test_reads_both_files_in_their_own_grammar(self, place):
        documents = place.files().load()

        assert documents.config.get(DEV, "region") == "eu-central-1"
        assert documents.credentials.get(DEV, "aws_access_key_id") == "AKIAIOSFODNN7EXAMPLE"
        assert documents.config_path == str(place.config)
        assert documents.credentials_path == str(place.credentials)

    def test_takes_absent_files_as_empty_and_makes_nothing(self, nowhere):
        documents = nowhere.files().load()

        assert (documents.config.render(), documents.credentials.render()) == (b"", b"")
        assert not nowhere.folder.parent.exists()

    def test_takes_the_null_device_as_empty(self, place):
        files = AwsFiles("/dev/null", str(place.credentials))

        assert files.load().config.render() == b""

    @pytest.mark.parametrize("make", ["mkdir", FIFO])
    def test_names_what_is_no_file(self, place, make):
        place.config.unlink()
        getattr(os, make)(place.config)

        with pytest.raises(ConfigurationError) as caught:
            place.files().load()

        assert str(place.config) in caught.value.message
        assert caught.value.hint

    def test_names_a_file_that_cannot_be_read_and_the_remedy(self):
        with open_folder() as folder:
            out = run(
                AS_NOBODY
                + """
import sys
from awscreds.errors import ConfigurationError
from awscreds.stores.aws_files import AwsFiles
path = sys.argv[1] + "/credentials"
os.close(os.open(path, os.O_CREAT, 0))
try:
    AwsFiles(sys.argv[1] + "/config", path).load()
except ConfigurationError as error:
    print(error.message, error.hint, sep="|")
""",
                folder,
            )

        message, hint = out.strip().split("|")
        assert message == f"cannot read {folder}/credentials: Permission denied"
        assert f"chmod 600 {folder}/credentials" in hint

    def test_names_a_link_that_leads_in_a_circle(self, place):
        place.config.unlink()
        place.config.symlink_to("config")

        with pytest.raises(ConfigurationError, match="Too many levels"):
            place.files().load()

    @pytest.mark.parametrize("bits", [*ONLY_THE_GROUP, 0o604, 0o666])
    def test_warns_once_about_credentials_that_others_can_open(self, place, bits):
        open_to_others(place.credentials, bits)
        files = place.files()

        files.load()
        files.load()
        files.edit(change)

        assert len(place.warnings) == 1
        why = ON_WINDOWS if sys.platform == "win32" else f"{bits:04o}"
        for part in (str(place.credentials), why, to_close(str(place.credentials), 0o600, "")):
            assert part
            assert part in place.warnings[0]

    @pytest.mark.parametrize("bits", [0o600, 0o400])
    def test_says_nothing_of_credentials_that_are_private(self, place, bits):
        place.credentials.chmod(bits)
        place.config.chmod(0o644)

        place.files().load()

        assert place.warnings == []

    def test_needs_nobody_to_warn(self, place):
        place.credentials.chmod(0o644)

        AwsFiles(str(place.config), str(place.credentials)).load()


class TestEdit:
    def test_changes_both_files_and_returns_the_result(self, place):
        assert place.files().edit(change) == "done"

        assert place.is_changed()

    def test_makes_its_moves_in_this_order(self, place):
        """Both are on disk before either moves; the config file goes first."""
        steps = []

        place.files(steps.append).edit(change)

        assert steps == STEPS

    def test_replaces_the_credentials_first_on_the_way_back(self, place):
        steps = []

        place.files(steps.append).edit(change, credentials_first=True)

        assert steps.index("replaced credentials") < steps.index("replaced config")

    def test_writes_nothing_where_nothing_changed(self, place):
        before = place.stamps()

        assert place.files().edit(lambda documents: documents.config_path) == str(place.config)

        assert place.stamps() == before
        assert place.is_untouched()

    def test_makes_no_file_that_would_be_empty(self, nowhere):
        nowhere.files().edit(lambda documents: documents.config.set(DEV, "region", "eu-west-1"))

        assert names(nowhere.folder) == ["config"]

    def test_writes_only_the_file_that_changed(self, place):
        _, credentials = place.stamps()

        place.files().edit(lambda documents: documents.config.set(DEV, "output", "json"))

        assert place.data() == (CONFIG_CHANGED, CREDENTIALS)
        assert place.stamps()[1] == credentials

    @pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o777])
    def test_makes_private_folders_and_files_under_any_umask(self, nowhere, mask):
        with umask(mask):
            nowhere.files().edit(change)

        made = [nowhere.folder.parent, nowhere.folder, nowhere.locks]
        assert [mode(folder) for folder in made] == [0o700] * 3
        assert [mode(nowhere.config), mode(nowhere.credentials)] == [0o600] * 2

    @pytest.mark.parametrize("mask", [0o000, 0o077])
    @pytest.mark.parametrize(
        "bits",
        [0o600, pytest.param(0o400, marks=pytest.mark.posix("such a file")), 0o640, 0o644],
    )
    def test_keeps_the_mode(self, place, bits, mask):
        place.config.chmod(bits)

        with umask(mask):
            place.files().edit(change)

        assert mode(place.config) == bits
        assert place.is_changed()

    def test_keeps_owner_and_group(self, place):
        need_root()
        os.chown(place.config, 0, 4321)

        place.files().edit(change)

        assert (os.stat(place.config).st_uid, os.stat(place.config).st_gid) == (0, 4321)
        assert place.is_changed()

    def test_says_where_the_former_file_is_if_it_cannot_be_removed(self, place, monkeypatch):
        unlink = os.unlink

        def refuse(path, *rest, **named):
            if ".config.awscreds-" in str(path):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            unlink(path, *rest, **named)

        monkeypatch.setattr(os, "unlink", refuse)
        place.files().edit(change)

        left = sorted(place.folder.glob(".config.*"))
        assert left
        for path, warning in zip(left, sorted(place.warnings), strict=True):
            assert f"cannot remove {path}, which has the former content" in warning
            assert path.read_bytes() == CONFIG

    def test_keeps_an_emptied_file(self, place):
        place.files().edit(lambda documents: documents.credentials.remove_section(DEV))

        assert place.data() == (CONFIG, b"")

    def test_leaves_all_alone_and_the_locks_free_when_the_change_fails(self, place):
        def refuse(documents):
            change(documents)
            raise ConfigurationError("no such profile")

        with pytest.raises(ConfigurationError, match=r"^no such profile$"):
            place.files().edit(refuse)

        assert place.is_untouched()
        place.files().edit(change)

    def test_cleans_up_after_a_killed_writer(self, place):
        left = place.folder / ".credentials.awscreds-999999999-0123456789ab"
        left.write_bytes(b"")

        place.files().edit(lambda documents: None)

        assert place.is_untouched()


class TestLinks:
    def test_are_followed_and_kept(self, place, tmp_path):
        (tmp_path / "dotfiles").mkdir()
        place.config.rename(tmp_path / "dotfiles" / "real")
        (tmp_path / "dotfiles" / "config").symlink_to("real")
        place.config.symlink_to("../dotfiles/config")

        place.files().edit(change)

        assert os.readlink(place.config) == "../dotfiles/config"
        assert not (tmp_path / "dotfiles" / "real").is_symlink()
        assert place.is_changed()
        assert names(tmp_path / "dotfiles") == ["config", "real"]

    def test_to_a_folder_are_followed_and_kept(self, place, tmp_path):
        linked = Place(tmp_path / "linked")
        linked.folder.symlink_to(place.folder)

        linked.files().edit(change)

        assert linked.folder.is_symlink()
        assert place.is_changed()

    def test_to_nothing_yet_have_the_file_made_where_they_point(self, nowhere, tmp_path):
        nowhere.folder.mkdir(parents=True)
        nowhere.config.symlink_to(tmp_path / "dotfiles" / "aws" / "config")

        nowhere.files().edit(lambda documents: documents.config.set(DEV, "region", "eu-west-1"))

        assert nowhere.config.is_symlink()
        assert nowhere.config.read_bytes() == b"[profile dev]\nregion = eu-west-1\n"
        assert mode(nowhere.config) == 0o600
        assert mode(tmp_path / "dotfiles" / "aws") == 0o700

    def test_that_lead_in_a_circle_are_refused(self, place):
        place.config.unlink()
        place.config.symlink_to("config")

        with pytest.raises(ConfigurationError) as caught:
            place.files().edit(change)

        assert str(place.config) in caught.value.message + caught.value.hint
        assert place.credentials.read_bytes() == CREDENTIALS

    def test_turned_elsewhere_meanwhile_lead_the_edit_there(self, place, tmp_path):
        old, new = tmp_path / "old", tmp_path / "new"
        place.config.rename(old)
        new.write_bytes(b"[profile dev]\n")
        place.config.symlink_to(old)

        def turn():
            place.config.unlink()
            place.config.symlink_to(new)

        place.files(at("staged credentials", turn)).edit(change)

        assert old.read_bytes() == CONFIG
        assert new.read_bytes() == b"[profile dev]\noutput = json\n"

    def test_hard_ones_keep_the_old_content_and_that_is_said(self, place, tmp_path):
        os.link(place.credentials, tmp_path / "other")

        place.files().edit(change)

        assert (tmp_path / "other").read_bytes() == CREDENTIALS
        assert place.is_changed()
        assert len(place.warnings) == 1
        assert str(place.credentials) in place.warnings[0]
        assert "hard link" in place.warnings[0]

    @pytest.mark.parametrize("how", ["path", "symlink", "hard link"])
    def test_that_make_both_one_file_are_refused(self, place, how):
        place.credentials.unlink()
        if how == "symlink":
            place.credentials.symlink_to(place.config)
        elif how == "hard link":
            os.link(place.config, place.credentials)
        else:
            place.credentials = place.config

        for act in (lambda: place.files().edit(change), place.files().check_replaceable):
            with pytest.raises(ConfigurationError, match="are the same file") as caught:
                act()
            assert "AWS_CONFIG_FILE" in caught.value.hint
        assert place.config.read_bytes() == CONFIG

    def test_one_file_for_both_can_be_read(self, place):
        place.credentials = place.config

        assert place.files().load().config.get(DEV, "region") == "eu-central-1"


class TestForeignWriter:
    """The AWS CLI takes no lock, truncates the file and writes it again."""

    CONFIG_LINE = b"# by another program\r\n"
    CREDENTIALS_LINE = b"# by another program\n"

    def write(self, place, name):
        if name == "config":
            place.config.write_bytes(self.CONFIG_LINE + place.config.read_bytes())
        else:
            place.credentials.write_bytes(self.CREDENTIALS_LINE + place.credentials.read_bytes())

    def expected(self, name):
        return (
            (self.CONFIG_LINE if name == "config" else b"") + CONFIG_CHANGED,
            (self.CREDENTIALS_LINE if name == "credentials" else b"") + CREDENTIALS_CHANGED,
        )

    @pytest.mark.parametrize("name", ["config", "credentials"])
    @pytest.mark.parametrize("moment", STEPS)
    def test_loses_nothing_whenever_it_writes(self, place, moment, name):
        place.files(at(moment, lambda: self.write(place, name))).edit(change)

        assert place.data() == self.expected(name)
        assert place.is_tidy()

    @pytest.mark.parametrize("name", ["config", "credentials"])
    @pytest.mark.parametrize("moment", [step for step in STEPS if "checked" not in step])
    def test_loses_nothing_when_it_replaces_the_file(self, place, tmp_path, moment, name):
        def replace():
            path = place.folder / name
            line = self.CONFIG_LINE if name == "config" else self.CREDENTIALS_LINE
            (tmp_path / "by-another").write_bytes(line + path.read_bytes())
            (tmp_path / "by-another").replace(path)

        place.files(at(moment, replace)).edit(change)

        assert place.data() == self.expected(name)
        assert place.is_tidy()

    @pytest.mark.parametrize("name", ["config", "credentials"])
    @pytest.mark.parametrize("closing", BEFORE_ALL_IS_WELL[2:])
    def test_loses_nothing_when_it_had_the_file_open(self, place, closing, name):
        """Truncated before we read, written after: what we saw in between was an empty file."""
        path = place.folder / name
        data = path.read_bytes()
        line = self.CONFIG_LINE if name == "config" else self.CREDENTIALS_LINE
        opened = []

        def step(reached):
            if reached == "locked" and not opened:
                opened.append(open(path, "wb"))  # noqa: SIM115 - closed at another step
            elif reached in (closing, f"waiting {name}") and not opened[0].closed:
                opened[0].write(line + data)
                opened[0].close()

        place.files(step).edit(change)

        assert place.data() == self.expected(name)
        assert place.is_tidy()

    def test_within_one_tick_of_a_coarse_clock_is_noticed_by_the_content(self, place, monkeypatch):
        for module in (edited_file, snapshot):
            monkeypatch.setattr(
                module, "stamp_of", lambda found: (found.st_dev, found.st_ino, 0, 0)
            )
        monkeypatch.setattr(os, "link", lambda *_: fail(errno.EPERM)())

        place.files(at("changed", lambda: self.write(place, "config"))).edit(change)

        assert place.data() == self.expected("config")

    @pytest.mark.parametrize("moment", ["changed", "staged config", "ready credentials"])
    def test_that_only_closes_the_file_is_not_undone(self, place, moment):
        """The content is the same, and the new mode is kept."""
        place.credentials.chmod(0o644)

        place.files(at(moment, lambda: place.credentials.chmod(0o600))).edit(change)

        assert mode(place.credentials) == 0o600
        assert place.is_changed()

    def test_of_a_file_the_edit_leaves_alone_is_noticed_too(self, place):
        """A change to one file may rest on what the other said."""
        seen = []

        def only_config(documents):
            seen.append(documents.credentials.render())
            documents.config.set(DEV, "output", "json")

        place.files(at("changed", lambda: self.write(place, "credentials"))).edit(only_config)

        assert seen == [CREDENTIALS, self.CREDENTIALS_LINE + CREDENTIALS]

    def test_in_the_midst_of_writing_is_no_missing_profile(self, place):
        place.config.write_bytes(b"")

        def needs_dev(documents):
            if not documents.config.has(DEV):
                raise ConfigurationError("no such profile")
            return change(documents)

        def finish():
            place.config.write_bytes(CONFIG)

        place.files(at("read", finish)).edit(needs_dev)

        assert place.is_changed()

    @pytest.mark.parametrize(
        "moment", ["read", "checked config", "replaced config", "checked credentials"]
    )
    def test_that_never_rests_is_reported_after_a_bounded_number_of_tries(self, place, moment):
        tries = []

        def write():
            tries.append(moment)
            place.credentials.write_bytes(b"# %d\n" % len(tries) + CREDENTIALS)

        with pytest.raises(ConfigurationError) as caught:
            place.files(at(moment, write, once=False)).edit(change)

        assert len(tries) == ATTEMPTS
        assert caught.value.code == "files-busy"
        assert place.data() == (CONFIG, b"# %d\n" % ATTEMPTS + CREDENTIALS)
        assert place.is_tidy()

    def test_that_takes_the_file_away_has_it_made_again(self, place):
        place.files(at("changed", place.credentials.unlink)).edit(change)

        made = f"[dev]{os.linesep}aws_session_token = none{os.linesep}".encode()
        assert place.data() == (CONFIG_CHANGED, made)

    def test_that_makes_the_file_first_is_kept(self, nowhere):
        def make():
            nowhere.folder.mkdir(parents=True, exist_ok=True)
            nowhere.config.write_bytes(CONFIG)

        nowhere.files(at("changed", make)).edit(change)

        assert nowhere.config.read_bytes() == CONFIG_CHANGED


class TestPuttingBack:
    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EBUSY, errno.EACCES, errno.EIO])
    @pytest.mark.parametrize("moment", BEFORE_ALL_IS_WELL[3:])
    def test_a_failure_at_any_move_leaves_both_files_as_before(self, place, moment, code):
        place.config.chmod(0o640)
        before = place.stamps()

        with pytest.raises(ConfigurationError) as caught:
            place.files(at(moment, fail(code))).edit(change)

        assert place.is_untouched()
        assert place.stamps() == before  # the very same files
        assert mode(place.config) == 0o640
        assert "neither file was changed" in caught.value.message
        assert str(place.folder) in caught.value.message
        assert caught.value.hint
        place.files().edit(change)
        assert place.is_changed()

    @pytest.mark.parametrize("moment", ["ready credentials", "replaced credentials"])
    def test_without_hard_links_a_copy_goes_back(self, place, moment, monkeypatch):
        place.config.chmod(0o640)
        monkeypatch.setattr(os, "link", lambda *_: fail(errno.EPERM)())

        with pytest.raises(ConfigurationError, match="neither file was changed"):
            place.files(at(moment, fail(errno.EIO))).edit(change)

        assert place.is_untouched()
        assert mode(place.config) == 0o640

    def test_without_hard_links_an_edit_does_the_same(self, place, monkeypatch):
        monkeypatch.setattr(os, "link", lambda *_: fail(errno.EPERM)())

        place.files().edit(change)

        assert place.is_changed()

    @pytest.mark.parametrize("moment", ["ready credentials", "replaced credentials"])
    def test_a_file_that_was_not_there_is_gone_again(self, nowhere, moment):
        with pytest.raises(ConfigurationError, match="neither file was changed"):
            nowhere.files(at(moment, fail(errno.EIO))).edit(change)

        assert names(nowhere.folder) == []

    @pytest.mark.parametrize("moment", BEFORE_ALL_IS_WELL)
    def test_ctrl_c_at_any_move_leaves_both_files_as_before(self, place, moment):
        def interrupt():
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            place.files(at(moment, interrupt)).edit(change)

        assert place.is_untouched()
        place.files().edit(change)

    @pytest.mark.parametrize("how", ["in place", "by rename"])
    def test_what_somebody_has_changed_since_is_left_and_said(self, place, tmp_path, how):
        theirs = b"# theirs\n"

        def write_and_fail():
            if how == "in place":
                place.config.write_bytes(theirs)
            else:
                (tmp_path / "theirs").write_bytes(theirs)
                (tmp_path / "theirs").replace(place.config)
            fail(errno.EIO)()

        with pytest.raises(ConfigurationError) as caught:
            place.files(at("ready credentials", write_and_fail)).edit(change)

        assert place.data() == (theirs, CREDENTIALS)
        assert f"{place.config} was replaced by awscreds and then changed" in caught.value.message
        assert "neither file was changed" not in caught.value.message
        assert place.is_tidy()

    def test_ctrl_c_then_says_what_was_left(self, place):
        def write_and_interrupt():
            place.config.write_bytes(b"# theirs\n")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            place.files(at("ready credentials", write_and_interrupt)).edit(change)

        assert [str(place.config) in warning for warning in place.warnings] == [True]

    def test_where_it_fails_too_the_old_content_is_kept_and_named(self, place, monkeypatch):
        def break_the_disk():
            for module in (edited_file, os):
                monkeypatch.setattr(module, "replace", lambda *_: fail(errno.EIO)())

        with pytest.raises(ConfigurationError) as caught:
            place.files(at("ready credentials", break_the_disk)).edit(change)

        assert place.data() == (CONFIG_CHANGED, CREDENTIALS)
        (kept,) = place.folder.glob(".config.*")
        assert kept.read_bytes() == CONFIG
        assert f"the old content is in {kept}" in caught.value.message
