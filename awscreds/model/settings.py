"""Our own settings of a profile: name, parser, default and meaning of each, only here.

``credential-process``, the commands, completion, the reference and the findings read them from
here. A setting that decides which credentials are served is refused if it cannot be understood.
One that only speeds up or warns falls back to its default, and `findings` reports that.

`credential-process` loads this at every cold start: nothing heavy is imported.
"""

from __future__ import annotations

from awscreds.errors import UsageError
from awscreds.model.credential_process import POINTER
from awscreds.model.ini.blocks import split_words
from awscreds.model.keys import checked_key_id, unless_secret
from awscreds.model.times import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Value = str | dict[str, str]

PREFIX = "awscreds_"
"""The prefix of our settings, so that no other tool mistakes one for its own."""


NOT_BESIDE = (
    "mfa_serial",
    "role_arn",
    "source_profile",
    "credential_source",
    "external_id",
    "role_session_name",
    "web_identity_token_file",
    "login_session",
    "toolkit_artifact_guid",
)
"""Credential properties that may not be beside our line: some SDK then finds no profile.

The same is true for all that begin with ``sso_``. https://github.com/aws/aws-sdk-net,
CredentialProfileTypeDetector"""


def is_not_beside(key: str) -> bool:
    """Whether ``key``, in lower case, may not be beside our line."""
    return key in NOT_BESIDE or key.startswith("sso_")


class Setting:
    """A setting of a profile. ``example`` is a line as in the file, ``doc`` one line of meaning.

    An ``internal`` one is written only by awscreds itself, and not documented.
    """

    def __init__(self, name: str, doc: str, *, example: str = "", internal: bool = False) -> None:
        self.name = name
        self.doc = doc
        self.example = f"{name} = {example}" if example else name
        self.internal = internal

    def __repr__(self) -> str:
        return f"Setting({self.name!r})"

    @property
    def expected(self) -> str:
        """What a value must be, as words that follow "must be"."""
        return "a text"

    def understands(self, value: object) -> bool:
        """Whether ``value``, from a file, is valid. A nested block never is."""
        return isinstance(value, str) and bool(value)

    def checked(self, text: str) -> str:
        """``text`` as it should be written. Raises UsageError, which does not quote it."""
        if not self.understands(text):
            raise UsageError(
                f"{self.name} must be {self.expected}",
                code="bad-setting",
                hint=f"like {self.example}" if " = " in self.example else None,
            )
        return text


class Choice(Setting):
    """One of a few words, in upper or lower case. The first is the default."""

    def __init__(self, name: str, values: tuple[str, ...], doc: str, *, example: str) -> None:
        super().__init__(name, doc, example=example)
        self.values = values

    @property
    def default(self) -> str:
        return self.values[0]

    @property
    def expected(self) -> str:
        return " or ".join(self.values)

    def read(self, value: object) -> str | None:
        """The choice for ``value``, the default if there is no value; None for an invalid one."""
        if value is None:
            return self.default
        word = value.strip().lower() if isinstance(value, str) else ""
        return word if word in self.values else None

    def understands(self, value: object) -> bool:
        return value is not None and self.read(value) is not None

    def checked(self, text: str) -> str:
        return super().checked(text).strip().lower()


class Span(Setting):
    """A time with its unit, in seconds. ``default`` counts for anything else."""

    def __init__(
        self, name: str, default: int, doc: str, *, example: str, off: str | None = None
    ) -> None:
        """``off`` is a text that means 0 seconds."""
        super().__init__(name, doc, example=example)
        self.default = default
        self._off = off

    @property
    def expected(self) -> str:
        span = "a time with its unit (s, m, h or d)"
        return f"{span}, or {self._off}" if self._off else span

    def read(self, value: object) -> int:
        """The seconds that ``value`` means; the default if it is invalid."""
        seconds = self._seconds(value)
        return self.default if seconds is None else seconds

    def understands(self, value: object) -> bool:
        return self._seconds(value) is not None

    def _seconds(self, value: object) -> int | None:
        if not isinstance(value, str):
            return None
        text = value.strip()
        if text == self._off:
            return 0
        try:
            return parse_duration(text)
        except UsageError:
            return None


class Program(Setting):
    """A command line, run without a shell."""

    @property
    def expected(self) -> str:
        return "a command line with closed quotes"

    def understands(self, value: object) -> bool:
        try:
            return isinstance(value, str) and bool(split_words(value))
        except ValueError:
            return False


class NameTemplate(Setting):
    """How profiles are named, with fields in braces."""

    @property
    def expected(self) -> str:
        return "a text with fields like {account_name} and {role_name}"

    def understands(self, value: object) -> bool:
        from awscreds.model.sso_names import is_template

        return isinstance(value, str) and is_template(value)


class KeyId(Setting):
    """The ID of an access key."""

    @property
    def expected(self) -> str:
        return "the id of an access key"

    def understands(self, value: object) -> bool:
        try:
            return isinstance(value, str) and bool(checked_key_id(value))
        except UsageError:
            return False


KEY = "key"
SESSION = "session"

SERVE = Choice(
    "awscreds_serve",
    (KEY, SESSION),
    "SDKs get the MFA session from this profile, not the long-lived key",
    example=SESSION,
)
KEY_CACHE = Span(
    "awscreds_key_cache",
    0,
    "how long the kernel may keep the long-lived key, so that SDKs start faster (default: as long "
    "as the vault stays open, 60 seconds with the OS keyring; `0`: not at all)",
    example="15m",
    off="0",
)
MAX_KEY_AGE = Span(
    "awscreds_max_key_age",
    90 * 86_400,
    "the age of the access key at which awscreds starts to warn you, once a day (default: 90 days)",
    example="90d",
)
STORE = "store"
CLI = "cli"
TOKEN_CACHE = Choice(
    "awscreds_token_cache",
    (STORE, CLI),
    "logins are kept in the AWS CLI's files, in plaintext, for tools that read them there",
    example=CLI,
)
MFA_PROCESS = Program("mfa_process", "a program that prints the MFA code")
TEMPLATE = NameTemplate(
    "awscreds_populate_template",
    "in an sso-session: how `sso populate` names profiles; it writes this line if you give it "
    "`--template` or `--prefix`",
    example="{account_id}-{role_name}",
)
POPULATED = Setting(
    f"{PREFIX}populated", "the name that `sso populate` gave to the profile", internal=True
)
KEY_ID = KeyId(POINTER, "the access key in the store", internal=True)

SETTINGS = {
    setting.name: setting
    for setting in (
        MFA_PROCESS,
        SERVE,
        KEY_CACHE,
        MAX_KEY_AGE,
        TOKEN_CACHE,
        TEMPLATE,
        KEY_ID,
        POPULATED,
        *(
            Setting(
                PREFIX + key,
                f"{key}, renamed by awscreds, because it must not be beside the "
                "credential_process line",
                internal=True,
            )
            for key in NOT_BESIDE
        ),
    )
}
"""Every setting of ours, by name."""


IN_EITHER_FILE = {SERVE.name, MAX_KEY_AGE.name, MFA_PROCESS.name}
"""The settings that count in the credentials file, too."""


def documented() -> list[Setting]:
    """The settings that people write themselves, in the order of the reference."""
    return [setting for setting in SETTINGS.values() if not setting.internal]


def unknown(keys: Iterable[str]) -> list[str]:
    """Those of ``keys`` that look like our settings but are not."""
    return [
        key
        for key in keys
        if key.startswith(PREFIX)
        and key not in SETTINGS
        and not is_not_beside(key.removeprefix(PREFIX))
    ]


def did_you_mean(key: str) -> str:
    """What to tell the user about an ``unknown`` key."""
    from awscreds.model.text import escaped, nearest

    # Their common prefix would make any two names similar.
    plain = {name.removeprefix(PREFIX): name for name in SETTINGS}
    close = nearest(key.removeprefix(PREFIX), list(plain), limit=1)
    instead = (
        f"did you mean {plain[close[0]]}?" if close else "awscreds has no setting with this name"
    )
    return f"{escaped(unless_secret(key))} has no effect; {instead}"
