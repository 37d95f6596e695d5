"""Profiles as the AWS CLI and SDKs see them: both files together, and the kind of each profile."""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.model.credential_process import POINTER, PROCESS, is_ours
from awscreds.model.ini.document import PROFILE, Document
from awscreds.model.keys import has_id_form
from awscreds.model.settings import PREFIX
from awscreds.model.text import escaped, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Value = str | dict[str, str]

KEY_ID = "aws_access_key_id"
SECRET = "aws_secret_access_key"  # noqa: S105 - the name of a key, not a secret
TOKEN = "aws_session_token"  # noqa: S105 - likewise
STATIC = (KEY_ID, SECRET, TOKEN, "aws_security_token")
"""The keys that ``aws configure`` writes to the credentials file. The others go to the config."""

_STATIC = frozenset(STATIC)
_IDS = frozenset({KEY_ID, POINTER})

MANAGED = "managed"
STATIC_KEYS = "static"
ROLE = "role"
WRAPPED = "wrapped"
WRAPPED_SSO = "wrapped-sso"
WRAPPED_LOGIN = "wrapped-login"
WEB_IDENTITY = "web-identity"
SSO = "sso"
LOGIN = "login"
FOREIGN_PROCESS = "process"
NO_CREDENTIALS = "settings"

WRAPPED_PREFIX = PREFIX
"""The prefix of the properties that are set aside for our line (``NOT_BESIDE``): with it, SDKs
do not know them, and use our line."""

_WINNING = {
    "role_arn": ROLE,
    "web_identity_token_file": WEB_IDENTITY,
    "sso_session": SSO,
    "sso_start_url": SSO,
    "sso_account_id": SSO,
    "sso_role_name": SSO,
    "login_session": LOGIN,
}
"""Keys with providers that come before ``credential_process`` in botocore's order, or that make an
SDK ask for what they need."""


_BEFORE_KEYS = (
    ("web_identity_token_file", WEB_IDENTITY),
    ("role_arn", ROLE),
    ("sso_account_id", SSO),
    ("sso_role_name", SSO),
    (WRAPPED_PREFIX + "role_arn", WRAPPED),
    (WRAPPED_PREFIX + "sso_account_id", WRAPPED_SSO),
    (WRAPPED_PREFIX + "sso_role_name", WRAPPED_SSO),
    (WRAPPED_PREFIX + "login_session", WRAPPED_LOGIN),
    (POINTER, MANAGED),
)
_AFTER_KEYS = (
    ("login_session", LOGIN),
    (PROCESS, FOREIGN_PROCESS),
    *((key, STATIC_KEYS) for key in STATIC),
    ("sso_session", SSO),
    ("sso_start_url", SSO),
)
"""What makes a profile which kind, in botocore's order of providers: before the plaintext key in
the credentials file, and after it."""


class Profile:
    """One profile: its values from both files. The credentials file wins over the config file.

    ``config`` and ``credentials`` are the values of each file.
    """

    def __init__(
        self, name: str, config: Mapping[str, Value], credentials: Mapping[str, Value]
    ) -> None:
        self.name = name
        self.config = config
        self.credentials = credentials
        both = {**config, **credentials} if config and credentials else config or credentials
        self._both: Mapping[str, Value] = both
        self._kind: str | None = None
        # Most profiles have no setting of ours, so that half the look-ups are spared.
        self._has_own = PREFIX in "\n".join(both)

    def __repr__(self) -> str:
        return f"Profile({self.name!r})"

    def get(self, key: str) -> str | None:
        """The value of ``key`` if it is a text; None otherwise."""
        value = self._both.get(key)
        return value if isinstance(value, str) else None

    def block(self, key: str) -> Mapping[str, str]:
        """The nested block ``key``; empty if there is none."""
        value = self._both.get(key)
        return value if isinstance(value, dict) else {}

    def has_none_of(self, keys: frozenset[str]) -> bool:
        """Whether it has no line with one of ``keys``, not even an empty one."""
        return keys.isdisjoint(self._both)

    @property
    def kind(self) -> str:
        """Where an SDK takes this profile's credentials from, in botocore's order of providers.

        A profile that we manage is called managed even if plaintext keys in the credentials file
        win.
        """
        if self._kind is None:
            self._kind = self._find_kind()
        return self._kind

    def _find_kind(self) -> str:
        both = self._both
        for key, kind in _BEFORE_KEYS:
            if key in both and self.get(key):
                return kind
        if self.credentials.get(KEY_ID):
            return STATIC_KEYS
        for key, kind in _AFTER_KEYS:
            if key in both and self.get(key):
                return kind
        return NO_CREDENTIALS

    def of_role(self, key: str) -> str | None:
        """A property of ``NOT_BESIDE``, also if it is set aside for our line."""
        return self.get(key) or (self.get(WRAPPED_PREFIX + key) if self._has_own else None)

    @property
    def stored_key_id(self) -> str | None:
        """The ID of the access key that awscreds stores for this profile.

        None if the text is not an ID: it may be a misplaced secret (`misplaced`).
        """
        key_id = self.get(POINTER)
        return key_id if key_id and has_id_form(key_id) else None

    @property
    def misplaced(self) -> str | None:
        """The setting that holds something other than an access key ID, if any."""
        return next((n for n in (KEY_ID, POINTER) if not has_id_form(self.get(n) or "AKIA")), None)

    @property
    def has_static_keys(self) -> bool:
        """Whether either file holds a plaintext key for it."""
        return not self.has_none_of(_STATIC) and any(self.get(key) for key in STATIC)

    @property
    def plaintext(self) -> Mapping[str, Value]:
        """The values of the file from which SDKs take a plaintext key: both from one file."""
        both = (self.credentials, self.config)
        return next((values for values in both if values.get(KEY_ID)), {})

    @property
    def temporary_keys(self) -> Mapping[str, Value]:
        """The same if these keys are those of a session; empty otherwise."""
        found = self.plaintext
        has_token = any(found.get(name) for name in (TOKEN, "aws_security_token"))
        return found if has_token else {}

    @property
    def shadowed(self) -> bool:
        """Whether SDKs use temporary keys in a file instead of the access key we manage for it."""
        return self.kind == MANAGED and bool(self.temporary_keys)

    @property
    def session_key_id(self) -> str | None:
        """The ID of the key that our sessions are made from, which is never a temporary one."""
        return self.stored_key_id if self.shadowed else self.access_key_id

    @property
    def access_key_id(self) -> str | None:
        """The ID of the key that an SDK would use. A plaintext one wins over ours."""
        if self.has_none_of(_IDS):
            return None
        return self.get(KEY_ID) or self.stored_key_id

    @property
    def self_sourcing(self) -> bool:
        """Whether it is a role that is assumed with static keys of its own section."""
        return bool(self.get("role_arn")) and self.get("source_profile") == self.name

    @property
    def overriding_setting(self) -> str | None:
        """The key of this profile that SDKs would prefer to a ``credential_process``, if any."""
        return next((key for key in _WINNING if self.get(key)), None)

    @property
    def has_our_process(self) -> bool:
        """Whether its ``credential_process`` is one that starts awscreds."""
        line = self.get(PROCESS)
        return line is not None and is_ours(line)


class Profiles:
    """All profiles of both files."""

    def __init__(self, config: Document, credentials: Document) -> None:
        self.config = config
        self.credentials = credentials
        self._all: tuple[tuple[int, int], list[Profile]] | None = None

    def names(self) -> list[str]:
        """Every name: in the config's order, then those that are only in the credentials file."""
        return list(dict.fromkeys([*self.config.profiles(), *self.credentials.profiles()]))

    def has(self, name: str) -> bool:
        return self.config.has((PROFILE, name)) or self.credentials.has((PROFILE, name))

    def find(self, name: str) -> Profile:
        """The profile ``name``; empty if neither file has it."""
        section = (PROFILE, name)
        return Profile(name, self.config.values(section), self.credentials.values(section))

    def get(self, name: str) -> Profile:
        """The profile ``name``. Raises ConfigurationError with the nearest names otherwise."""
        if not self.has(name):
            raise no_such_profile(name, self.names())
        return self.find(name)

    def place_of_keys(self, name: str, paths: tuple[str, str]) -> tuple[str, int]:
        """Where the plaintext key of ``name`` is that SDKs use: the file, and the line.

        ``paths`` are those of the config and the credentials file.
        """
        for document, path in ((self.credentials, paths[1]), (self.config, paths[0])):
            line = document.line_of((PROFILE, name), KEY_ID)
            if line is not None:
                return path, line
        return paths[1], 1

    def all(self) -> list[Profile]:
        """Every profile; put together again only after an edit."""
        edits = self.config.edits, self.credentials.edits
        if self._all is None or self._all[0] != edits:
            self._all = edits, [self.find(name) for name in self.names()]
        return self._all[1]


def no_such_profile(name: str, names: list[str]) -> ConfigurationError:
    """The error for a profile that neither file has."""
    close = nearest(name, names)
    if close:
        hint = "did you mean " + ", ".join(escaped(other) for other in close) + "?"
    elif names:
        hint = "`awscreds list` shows all profiles"
    else:
        hint = "there are no profiles yet; create one: awscreds configure --profile NAME"
    return ConfigurationError(
        f"there is no profile '{escaped(name)}' in the config file or the credentials file",
        code="no-such-profile",
        hint=hint,
    )
