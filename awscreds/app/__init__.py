"""What commands work with, built once from the environment and the options that came with it.

``App`` puts these together, each when it is first needed. Read them in this order:

- ``dialogue``: the options that every command takes, messages, and questions.
- ``profile_selection``: which profile a command is about.
- ``provider``: the long-lived key and the sessions of a profile.
- ``key_facts``: who a key belongs to and how old it is.
- ``file_warnings``: what is wrong in the AWS files, said once in a run.
- ``passphrases``: where the vault's passphrase comes from.
- ``standing``: what `list` and `status` show.
- ``choosing``: the list to choose a profile from, if a command names none.
"""

from __future__ import annotations

import os
import sys
import time

from awscreds.app.dialogue import Dialogue, Options
from awscreds.app.profile_selection import ProfileSelection
from awscreds.light import cached_property
from awscreds.model.environment import PASSPHRASE
from awscreds.stores.locations import state_path
from awscreds.stores.state_dir import StateDir
from awscreds.warm import STATE_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TextIO

    from awscreds.app.file_warnings import FileWarnings
    from awscreds.app.key_facts import KeyFacts
    from awscreds.app.passphrases import Passphrases
    from awscreds.app.provider import CredentialProvider
    from awscreds.aws.gateway import Aws
    from awscreds.model.problems.finding import Finding
    from awscreds.stores.aws_files import AwsFiles
    from awscreds.stores.cache.sessions import SessionCache
    from awscreds.stores.pointers import Pointers
    from awscreds.stores.recent import RecentProfiles
    from awscreds.stores.selection import StoreSelection
    from awscreds.stores.state import State
    from awscreds.workflows.checks.surroundings import Surroundings

PATIENCE_OF_SDKS = 60.0
"""Seconds to wait, if nobody can be asked, for another process that makes the same session."""


class App:
    """The collaborators of one run. Each is made when it is first asked for.

    ``step`` is called with the name of each move of a rotation: tests end the program there.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        step: Callable[[str], None] = lambda _: None,
        stdin: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self.clock = clock
        self.sleep = sleep
        self.step = step
        if environ is None:
            environ = dict(os.environ)
            # No child process inherits the passphrase, whatever starts it.
            os.environ.pop(PASSPHRASE, None)
        self.environ = dict(environ)
        self.options = Options()
        dialogue = self.dialogue = Dialogue(self.options, stdin=stdin, stderr=stderr)
        self.say, self.done, self.detail = dialogue.say, dialogue.done, dialogue.detail
        self.note, self.warn = dialogue.note, dialogue.warn
        self.selection = ProfileSelection(
            self.options, self.environ, lambda: self.files, self.dialogue
        )
        self.profiles, self.profile = self.selection.all, self.selection.profile

    # -- files and state -------------------------------------------------------------------

    @cached_property
    def files(self) -> AwsFiles:
        from awscreds.stores.aws_files import AwsFiles

        return AwsFiles.from_environment(self.environ, warn=self.warn)

    @cached_property
    def state_dir(self) -> StateDir:
        return StateDir(state_path(self.environ))

    @cached_property
    def state(self) -> State:
        from awscreds.stores.state import State

        return State(self.state_dir)

    @cached_property
    def recent(self) -> RecentProfiles:
        from awscreds.stores.recent import RecentProfiles

        return RecentProfiles(self.state_dir)

    @cached_property
    def pointers(self) -> Pointers:
        from awscreds.stores.pointers import Pointers

        return Pointers(self.state_dir, self.state, self.files)

    @cached_property
    def file_warnings(self) -> FileWarnings:
        from awscreds.app.file_warnings import FileWarnings

        return FileWarnings(self.selection.documents, self.files, self.dialogue)

    # -- secrets and sessions --------------------------------------------------------------

    @cached_property
    def stores(self) -> StoreSelection:
        from awscreds.stores.selection import StoreSelection

        return StoreSelection(
            self.environ,
            self.state_dir,
            self.state,
            lambda: self.passphrases,
            say=self.say,
            detail=self.detail,
            for_sdk=self.options.silent,
        )

    @cached_property
    def passphrases(self) -> Passphrases:
        from awscreds.app.passphrases import Passphrases

        return Passphrases(self.environ, lambda: self.dialogue.terminal, warn=self.warn)

    @cached_property
    def sessions(self) -> SessionCache:
        """The sessions that are cached."""
        from awscreds.stores.cache.sessions import PATIENCE, SessionCache

        return SessionCache(
            self.state_dir,
            self.stores.sealing_key,
            note=self.note,
            clock=self.clock,
            patience=PATIENCE if self.dialogue.may_ask else PATIENCE_OF_SDKS,
        )

    @cached_property
    def provider(self) -> CredentialProvider:
        from awscreds.app.provider import CredentialProvider

        return CredentialProvider(
            profiles=self.profiles,
            environ=self.environ,
            files=self.files,
            state_dir=self.state_dir,
            state=self.state,
            stores=self.stores,
            cache=lambda: self.sessions,
            aws=lambda: self.aws,
            warnings=self.file_warnings,
            dialogue=self.dialogue,
            clock=self.clock,
            sleep=self.sleep,
        )

    # -- AWS, and facts about keys --------------------------------------------------------

    @cached_property
    def aws(self) -> Aws:
        from awscreds.aws.gateway import Aws

        return Aws(clock=self.clock)

    @cached_property
    def key_facts(self) -> KeyFacts:
        from awscreds.app.key_facts import KeyFacts

        return KeyFacts(
            profiles=self.profiles,
            environ=self.environ,
            aws=lambda: self.aws,
            state=self.state,
            stores=self.stores,
            dialogue=self.dialogue,
            clock=self.clock,
        )

    # -- the line in the config file -------------------------------------------------------

    def process_line(self, profile: str) -> str:
        """The ``credential_process`` line by which SDKs get this profile's keys from us.

        Raises ConfigurationError for an installation, or AWS files, that others can write.
        """
        self.files.require_trusted()
        return self.process_lines()(profile)

    def process_lines(self) -> Callable[[str], str]:
        """The lines of any profiles: the installation is checked only once, at this call."""
        import functools

        from awscreds.model import credential_process
        from awscreds.stores.installation import starter

        config = self.files.config_path if self.environ.get("AWS_CONFIG_FILE") else None
        return functools.partial(
            credential_process.line,
            starter(),
            config_file=config,  # an absolute path, as that of the state folder
            home=self.state_dir.path if self.environ.get(STATE_VARIABLE) else None,
            windows=sys.platform == "win32",
        )

    def surroundings(self, *, with_lines: bool = True) -> Surroundings:
        """What doctor looks at. Loading the files warns of nothing: doctor has it in its table.

        Without ``with_lines``, no line of ours is compared with that of this installation.
        """
        from awscreds.workflows.checks.surroundings import Surroundings

        with self.files.silently():
            return Surroundings(
                self.selection.documents(),
                self.environ,
                state_dir=self.state_dir,
                state=self.state,
                listed_entries=self.stores.listed,
                process_lines=self.process_lines if with_lines else None,
                clock=self.clock,
            )

    def findings(self, checks: Sequence[str] | None = None) -> list[Finding]:
        """What doctor finds without asking anybody, or only ``checks`` of ``workflows.checks``."""
        from awscreds.workflows.checks import findings

        return findings(self.surroundings(), checks)
