"""What commands work with, built once from the environment and the options that came with it."""

from __future__ import annotations

import os
import sys
import time
from functools import cached_property

from awscreds.errors import (
    AwsError,
    ConfigurationError,
    InputNeeded,
    StoreUnavailable,
    UsageProblem,
)
from awscreds.model.keys import shown_entry, shown_key_id
from awscreds.passphrases import VARIABLE as PASSPHRASE
from awscreds.process import DONE, WARNING, tell
from awscreds.stores.home import Home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TextIO

    from awscreds.aws import Aws, Identity
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.model.findings import Finding
    from awscreds.model.profile import Profile, Profiles
    from awscreds.passphrases import Passphrases
    from awscreds.prompts import Asker, Piped, Terminal
    from awscreds.stores.awsfiles import AwsFiles
    from awscreds.stores.backends import StoreBackend
    from awscreds.stores.pointers import Pointers
    from awscreds.stores.secrets import SecretStore
    from awscreds.stores.sessions import SessionCache
    from awscreds.stores.state import State
    from awscreds.workflows.session import Obtained, Place


MOST_FINDINGS = 20
"""Lines that one command says of what is wrong in the AWS files: nobody reads more."""
PATIENCE_OF_SDKS = 60.0
"""Seconds to wait, where nobody can be asked, for another process that makes the same session."""


class Options:
    """The flags that every command takes, before or after its name."""

    def __init__(self) -> None:
        self.profile: str | None = None
        self.json = False
        self.quiet = False
        self.silent = False
        self.verbose = False
        self.no_input = False
        self.yes = False
        self.color: bool | None = None


class App:
    """The collaborators of one run. Each is made when it is first asked for.

    ``step`` is called with the name of each move of a rotation, for tests that stage a death there.
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
        self.options = Options()
        self.clock = clock
        self.sleep = sleep
        self.step = step
        self._stdin = stdin
        self._stderr = stderr
        self._warned: set[str] = set()
        self._profiles: tuple[tuple[bytes, bytes], Profiles] | None = None
        self._findings: tuple[Profiles, list[Finding]] | None = None
        self._told_of_writers = False
        self._told_findings: set[str] = set()
        self._backends: dict[str, StoreBackend] = {}
        if environ is None:
            environ = dict(os.environ)
            # No child process inherits the passphrase, whatever starts it.
            os.environ.pop(PASSPHRASE, None)
        self.environ = dict(environ)

    # -- talking ---------------------------------------------------------------------------

    @property
    def stdin(self) -> TextIO:
        return self._stdin or sys.stdin

    def say(self, *lines: str) -> None:
        """Tell what was done, on stderr; silent under ``--quiet``. Escaped, as all of these are."""
        if not self.options.quiet:
            self._write(*lines)

    def done(self, *lines: str) -> None:
        """Tell what has succeeded, with its mark; silent under ``--quiet``."""
        if not self.options.quiet:
            self._write(*lines, mark=DONE)

    def detail(self, text: str) -> None:
        """Tell more of what is done, on stderr, only under ``--verbose``."""
        if self.options.verbose:
            self._write(text)

    def note(self, text: str) -> None:
        """Tell what should be known of what was done, on stderr; silent under ``--quiet``."""
        self.say(f"note: {text}")

    def warn(self, text: str, *lines: str) -> None:
        """Tell what is wrong, on stderr, also under ``--quiet``; never to an SDK."""
        if not self.options.silent:
            self._write(f"warning: {text}", *lines, mark=WARNING)

    def _write(self, *lines: str, mark: str = "") -> None:
        tell(*lines, stream=self._stderr, mark=mark, color=self.options.color)

    @cached_property
    def terminal(self) -> Terminal:
        from awscreds.prompts import Terminal

        return Terminal(allowed=not self.options.no_input)

    @cached_property
    def asker(self) -> Asker | Terminal | Piped:
        """Who answers a dialogue: the terminal, or the lines of a stdin that is none."""
        from awscreds.prompts import Piped

        if self.options.no_input or self.stdin.isatty():
            return self.terminal
        return Piped(self.stdin)

    def finish_asking(self) -> None:
        """Where something was asked, leave nothing that was typed since to the shell."""
        if "terminal" in self.__dict__:
            self.terminal.drop_typed_ahead()

    def secret_from_stdin(self, text: str) -> str:
        """All of stdin; where that is a terminal, a line typed there unseen."""
        if self.stdin.isatty():
            return self.terminal.ask_secret(text)
        return self.stdin.read()

    def consent(
        self, question: str, *, hint: str, default: bool = True, plan: Iterable[str] = ()
    ) -> bool:
        """Whether the person agrees: ``--yes``, or an answer at the terminal (Enter: default).

        The lines of the ``plan`` that it is about stand above the question.
        """
        if self.options.yes:
            return True
        try:
            if self.terminal.available():
                for line in plan:
                    self.terminal.tell(line)
            return self.terminal.confirm(question, default=default)
        except InputNeeded as error:
            error.hint = hint
            raise

    # -- files and state -------------------------------------------------------------------

    @cached_property
    def files(self) -> AwsFiles:
        from awscreds.stores.awsfiles import AwsFiles

        return AwsFiles.from_environment(self.environ, warn=self.warn)

    @cached_property
    def home(self) -> Home:
        path = self.environ.get("AWSCREDS_HOME") or os.path.join("~", ".aws", "awscreds")
        return Home(os.path.expanduser(path))

    @cached_property
    def state(self) -> State:
        from awscreds.stores.state import State

        return State(self.home)

    @cached_property
    def pointers(self) -> Pointers:
        from awscreds.stores.pointers import Pointers

        return Pointers(self.home, self.state, self.files)

    def profiles(self) -> Profiles:
        """Both AWS files as they are now; parsed again only where a byte of them has changed."""
        from awscreds.model.profile import Profiles

        content = (self.files.read_config(), self.files.read_credentials())
        if self._profiles is None or self._profiles[0] != content:
            documents = self.files.load()
            self._profiles = (content, Profiles(documents.config, documents.credentials))
        return self._profiles[1]

    def profile_name(self) -> str:
        """The profile asked for, else ``default``."""
        return self.named_profile() or "default"

    def named_profile(self) -> str | None:
        """The profile asked for by name: the option, then the variables; None where none is."""
        if self.options.profile is not None:
            if not self.options.profile:
                raise UsageProblem("--profile needs a name", code="bad-profile-name")
            return self.options.profile
        named = {
            name: self.environ[name]
            for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
            if self.environ.get(name)
        }
        if len(set(named.values())) > 1:
            raise UsageProblem(
                "AWS_PROFILE and AWS_DEFAULT_PROFILE are both set and differ; the AWS CLI "
                "uses one of them and boto3 the other",
                code="ambiguous-profile",
                hint="unset one of them, or use --profile NAME",
            )
        return next(iter(named.values()), None) or self.environ.get("AWSCREDS_PROFILE") or None

    def profile_to_make(self, name: str) -> str:
        """``name``, of a profile that is there or may be made. Raises UsageProblem, InputNeeded.

        One that is there may be called anything.
        """
        if not self.profiles().has(name):
            self.agree_to_name(name)
        return name

    def agree_to_name(self, name: str) -> None:
        """Refuse a name that breaks a file for some tool; ask about one that some cannot see."""
        from awscreds.model import names

        if names.blind(names.checked(name)) and not self.consent(
            names.question(name), hint="choose another name, or pass --yes", default=False
        ):
            raise UsageProblem("nothing was created", code="declined")

    def profile(self) -> Profile:
        """The profile asked for, which must exist."""
        return self.profiles().get(self.profile_name())

    # -- secret stores ---------------------------------------------------------------------

    @cached_property
    def passphrases(self) -> Passphrases:
        from awscreds.passphrases import Passphrases

        return Passphrases(self.environ, self.terminal, warn=self.warn)

    def backend(self, name: str) -> StoreBackend:
        """The backend called ``name``."""
        from awscreds.stores.backends import open_backend

        if name not in self._backends:
            self._backends[name] = open_backend(
                name, self.home, self.state, self.environ, lambda: self.passphrases
            )
        return self._backends[name]

    def store(self, name: str, *, elsewhere: str | None = None) -> SecretStore:
        """The secret store over the backend called ``name``. ``elsewhere``: see SecretStore."""
        from awscreds.stores.secrets import SecretStore

        return SecretStore(
            self.backend(name), self.state, elsewhere=elsewhere, open_backend=self.backend
        )

    def store_of(self, entry_id: str) -> SecretStore:
        """The store that holds ``entry_id``, or the one where it would be looked for."""
        from awscreds.stores.secrets import ACCESS_KEY

        entry, forced = self.state.entry(entry_id), self._forced_backend()
        known = entry.get("backend")
        # The key of the cache can be made again; one of AWS cannot.
        is_hidden = forced and known != forced and entry.get("kind") == ACCESS_KEY
        elsewhere = known if is_hidden else None
        store = self.store(forced or known or self.present_backend(), elsewhere=elsewhere)
        self.detail(f"looking for {shown_entry(entry_id)} in {store.backend.describe()}")
        return store

    def store_for_writing(self) -> SecretStore:
        """The store that new entries go to; the first choice is made here, and said."""
        chosen = self.present_backend()
        if not (self._forced_backend() or self.state.backend):
            why = self.backend(chosen).why_chosen()
            if why:
                self.say(why)
        return self.store(chosen)

    def present_backend(self) -> str:
        """The name of the backend in use, or of the one that would be chosen."""
        return self._forced_backend() or self.state.backend or self._preferred_backend()

    def open_present_store(self) -> None:
        """Have what opens the store that new keys go to, before anything else is asked."""
        self.backend(self.present_backend()).open_early()

    def forget_cached(self) -> None:
        """Drop everything held outside the secret store itself."""
        from awscreds.stores import kernel

        for backend in self._backends.values():
            backend.lock()
        kernel.drop_all(kernel.scope(self.home.path))
        self.sessions.clear()

    def _forced_backend(self) -> str | None:
        from awscreds.stores.backends import NAMES

        forced = self.environ.get("AWSCREDS_BACKEND")
        if forced and forced not in NAMES:
            raise UsageProblem(
                f"AWSCREDS_BACKEND is {forced!r}; it must be {' or '.join(NAMES)}", code="backend"
            )
        return forced or None

    def _preferred_backend(self) -> str:
        """The first that is available: the OS keyring where one can be trusted, else the vault."""
        from awscreds.stores.backends import NAMES

        return next(name for name in NAMES if self.backend(name).is_available())

    # -- AWS -------------------------------------------------------------------------------

    @cached_property
    def aws(self) -> Aws:
        from awscreds.aws import Aws

        return Aws()

    def identity_of(
        self, credentials: AccessKey | Session, profile: Profile, region: str | None
    ) -> Identity:
        """Whose ``credentials`` are, asked the way ``profile`` reaches AWS."""
        from awscreds.model.connection import connection

        how = connection("sts", profile, self.profiles(), self.environ)
        if region:
            how.region = region
        self.detail(
            f"checking the access key {shown_key_id(credentials.id)} with STS in {how.region}"
        )
        return self.aws.caller_identity(credentials, how)

    # -- sessions --------------------------------------------------------------------------

    @cached_property
    def sessions(self) -> SessionCache:
        """The sessions that are cached."""
        from awscreds.stores.sessions import PATIENCE, SessionCache

        return SessionCache(
            self.home,
            self._sealing_key,
            note=self.note,
            clock=self.clock,
            patience=PATIENCE_OF_SDKS if self.options.no_input else PATIENCE,
        )

    def _sealing_key(self) -> bytes:
        from awscreds.stores.sessionfile import SESSION_CACHE_KEY, sealing_key

        store = self.store_of(SESSION_CACHE_KEY)
        backend = self.backend(store.backend.name)
        if not backend.exists():
            raise StoreUnavailable(
                f"there is no {backend.name}, and awscreds does not create one only to cache "
                "sessions"
            )
        return sealing_key(store, self.home)

    def obtain_session(self, profile: Profile, **wish: Any) -> Session:
        """The session that ``obtain`` gives for the same arguments."""
        return self.obtain(profile, **wish).session

    def obtain(
        self,
        profile: Profile,
        *,
        token: str | None = None,
        duration: int | None = None,
        serial: str | None = None,
        refresh: bool = False,
        minimum: int | None = None,
    ) -> Obtained:
        """A session of a profile of any kind, cached or made; what should be known of it is said.

        ``duration`` and ``minimum`` are in seconds. Raises what ``workflows.session`` raises.
        """
        from awscreds.model import process_chain
        from awscreds.model.chain import resolve
        from awscreds.model.environment import with_own_regions
        from awscreds.stores.devices import Devices
        from awscreds.workflows.mfa import Codes
        from awscreds.workflows.session import LEAST, Sessions, Wish

        profiles = self.profiles()
        paths = (self.files.config_path, self.files.credentials_path)
        environ = process_chain.entering(with_own_regions(self.environ), profile.name, paths)
        sessions = Sessions(
            profiles=profiles,
            environ=environ,
            keys=lambda name: self.long_lived_key(profiles.get(name)),
            cache=self.sessions,
            aws=self.aws,
            codes=Codes(ask=self.ask_code, say=self.note, environ=environ),
            devices=Devices(self.home, clock=self.clock),
            place=self.place(),
            clock=self.clock,
        )
        wish = Wish(
            token=token,
            serial=serial,
            duration=duration,
            refresh=refresh,
            may_ask=not self.options.no_input,
            minimum=LEAST if minimum is None else minimum,
        )
        chain = resolve(profiles, profile.name, paths=paths)
        source = profiles.find(chain.source.profile)
        if source.shadowed:
            self.warn_of_static_keys(source)
        obtained = sessions.obtain(chain, wish)
        for note in obtained.notes:
            self.note(note)
        return obtained

    def account_of(self, profile: Profile) -> str | None:
        """The account that sessions of ``profile`` belong to, as far as it is known here."""
        from awscreds.model import accounts
        from awscreds.model.chain import resolve

        chain = resolve(self.profiles(), profile.name)
        source = self.profiles().find(chain.source.profile)
        recorded = self.state.entry(source.session_key_id or "").get("account")
        return accounts.of_chain(chain, source, recorded)

    def place(self) -> Place:
        """What, of where this runs, shapes a session."""
        from awscreds.workflows.session import Place

        paths = (self.files.config_path, self.files.credentials_path)
        return Place(paths, self.home.path, self._forced_backend())

    def ask_code(self, text: str) -> str:
        """The token code that a person types, unseen."""
        from awscreds.workflows.mfa import checked_code

        try:
            return self.terminal.ask_for(text, checked_code, is_hidden=True)
        except InputNeeded as error:
            error.code = "token-code-needed"
            error.hint = "use --token CODE, or run it in a terminal"
            raise

    def long_lived_key(self, profile: Profile) -> AccessKey:
        """The access key of a profile that has one. Raises ConfigurationError for another."""
        from awscreds.model.text import word
        from awscreds.workflows.configure import present_key

        self.warn_of_static_keys(profile)
        stored = profile.stored_key_id
        if stored and profile.shadowed:
            return self.store_of(stored).access_key(stored)
        key = present_key(profile, self.store_of)
        if key is None:
            amiss = f"the value of {profile.misplaced} is not an access key ID"
            raise ConfigurationError(
                f"the profile {profile.name} has no access key with its secret"
                + (f": {amiss}" if profile.misplaced else ""),
                code="no-credentials",
                hint=f"awscreds configure --profile {word(profile.name)}",
            )
        return key

    def created_at(self, key: AccessKey, profile: Profile) -> float | None:
        """When IAM made ``key``, in seconds since the epoch; None where it does not tell us."""
        from awscreds.iam import Iam
        from awscreds.model.connection import connection

        how = connection("iam", profile, self.profiles(), self.environ)
        try:
            # Nice to know and no more: where IAM is out of reach, nobody is to wait for it.
            found = Iam(key, how, attempts=1).list_access_keys(None)
        except AwsError as error:
            self.detail(f"IAM does not show when this key was created: {error.message}")
            return None
        return next((info.created for info in found if info.id == key.id), None)

    # -- notes and warnings ----------------------------------------------------------------

    def findings(self) -> list[Finding]:
        """What is wrong in the AWS files as they are now, for whichever profile."""
        from awscreds.model.findings import Files, find

        profiles = self.profiles()
        if self._findings is None or self._findings[0] is not profiles:
            paths = (self.files.config_path, self.files.credentials_path)
            self._findings = (profiles, find(Files(profiles.config, profiles.credentials, *paths)))
        return self._findings[1]

    def report_findings(
        self, *names: str, every: bool = False, only_errors: bool = False
    ) -> list[Finding]:
        """Say what is wrong in the AWS files for the profiles ``names``, or for ``every`` one.

        What concerns a file as a whole concerns every profile, and what concerns the source of a
        role the role. One line on stderr each, and each once in a run; the findings are returned.
        ``only_errors`` is for commands that use a profile, at every start of a tool perhaps.
        """
        self._warn_of_other_writers()
        findings = self.findings()
        if not every:
            wanted = self._with_sources(names)
            findings = [each for each in findings if each.concerns(wanted)]
        if only_errors:
            findings = [each for each in findings if each.severity == "error"]
        self._tell_findings(findings)
        return findings

    def _warn_of_other_writers(self) -> None:
        weak = None if self._told_of_writers else self.files.weakness()
        self._told_of_writers = True
        if weak:
            from awscreds.stores.awsfiles import ELSEWHERE
            from awscreds.stores.remedies import to_shut

            self.warn(
                f"{weak}, and they could make your profiles start any program. Fix: "
                f"{to_shut(weak.path, ELSEWHERE)}"
            )

    def _tell_findings(self, findings: list[Finding]) -> None:
        fresh = [each for each in findings if str(each) not in self._told_findings]
        self._told_findings |= {str(each) for each in fresh}
        for each in fresh[:MOST_FINDINGS]:
            self.warn(str(each))
        if len(fresh) > MOST_FINDINGS:
            self.warn(f"… and {len(fresh) - MOST_FINDINGS} more like these in the AWS files")

    def note_key(
        self, key_id: str, identity: Identity | None, created_at: float | None = None
    ) -> None:
        """Write down what is known of a key just stored: when, whose it is, and where it went.

        The backend of the first one is that of all to come, unless the environment forced it.
        """
        from awscreds.model.instants import iso

        facts = {"stored_at": iso(self.clock())}
        # What AWS itself has said of a key, no other endpoint unsays.
        known_by = self.state.entry(key_id).get("endpoint")
        if identity and (known_by != "aws" or identity.said_by == "aws"):
            facts |= {
                "account": identity.account,
                "arn": identity.arn,
                "user_id": identity.user_id,
                "endpoint": identity.said_by,
            }
        if created_at:
            facts["created_at"] = iso(created_at)
        self.state.note(key_id, **facts)
        kept_in = self.state.entry(key_id).get("backend")
        if kept_in and not (self.state.backend or self._forced_backend()):
            self.state.choose(kept_in)

    def _with_sources(self, names: tuple[str, ...]) -> set[str]:
        """``names``, and the profiles that their roles are assumed from."""
        profiles = self.profiles()
        found, waiting = set(names), list(names)
        while waiting:
            source = profiles.find(waiting.pop()).of_role("source_profile")
            if source and source not in found:
                found.add(source)
                waiting.append(source)
        return found

    def warn_of_static_keys(self, profile: Profile) -> None:
        """Warn, once, where plaintext keys stand beside a managed profile's own."""
        if not profile.stored_key_id or not profile.has_static_keys or profile.name in self._warned:
            return
        from awscreds.model.findings import HIDDEN_KEY
        from awscreds.model.text import word

        self._warned.add(profile.name)
        if profile.shadowed:
            found = (each for each in self.findings() if each.code == HIDDEN_KEY)
            self._tell_findings([each for each in found if each.profile == profile.name])
            return
        self.warn(
            f"the profile {profile.name} is managed, but the AWS files also hold plaintext "
            "keys for it, and SDKs differ in which they use. Move them to the secret store: "
            f"awscreds configure --profile {word(profile.name)}"
        )

    def warn_of_old_key(self, profile: Profile) -> None:
        """Warn, once a day, where the key behind a profile is older than it should be.

        How old it may be is the profile's ``awscreds_max_key_age``. What is known is
        when IAM made it, or at least since when we have it.
        """
        from awscreds.model.chain import resolve
        from awscreds.model.instants import DAY, epoch
        from awscreds.model.settings import MAX_KEY_AGE
        from awscreds.model.text import word

        source = self.profiles().find(resolve(self.profiles(), profile.name).source.profile)
        entry = self.state.entry(source.session_key_id or "")
        since = epoch(entry.get("created_at") or entry.get("stored_at") or "")
        limit = MAX_KEY_AGE.read(profile.get(MAX_KEY_AGE.name))
        now = self.clock()
        if since is None or now - since <= limit or now - self.state.warned_at(source.name) < DAY:
            return
        self.state.note_warning(source.name, now)
        days = int((now - since) // DAY)
        self.warn(
            f"the access key {shown_key_id(source.access_key_id)} is at least {days} days "
            f"old; rotate it: awscreds rotate --profile {word(source.name)}"
        )

    # -- the line in the config file -------------------------------------------------------

    def process_line(self, profile: str) -> str:
        """The ``credential_process`` line by which SDKs get this profile's keys from us.

        Raises ConfigurationError for an installation, or AWS files, that others can write.
        """
        from awscreds.model import serving
        from awscreds.stores.installation import starter

        self.files.require_trusted()
        home = self.environ.get("AWSCREDS_HOME")
        return serving.line(
            starter(),
            profile,
            config_file=os.path.abspath(self.files.config_path)
            if self.environ.get("AWS_CONFIG_FILE")
            else None,
            home=self.home.path if home else None,
            windows=sys.platform == "win32",
        )
