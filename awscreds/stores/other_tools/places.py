"""Where each tool may keep access keys on this system, as its own variables and settings say."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import dataclass

from awscreds.errors import SecretStoreError
from awscreds.model.other_tools import AWS_VAULT, AWSKEYRING, GRANTED, LARGEST
from awscreds.stores.other_tools.entry import (
    FILE,
    KEYCHAIN,
    SECRET_SERVICE,
    WINCRED,
    Unreadable,
)
from awscreds.stores.other_tools.file_keyring import FileKeyring
from awscreds.stores.other_tools.keychain import Keychain
from awscreds.stores.other_tools.secret_service_keyring import SecretServiceKeyring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Protocol

    from awscreds.stores.other_tools.entry import Entry

    Ask = Callable[[str, Callable[[str], str]], str]

    class Place(Protocol):
        """A store of another tool."""

        @property
        def tool(self) -> str: ...

        def entries(self) -> Iterator[Entry | Unreadable]: ...


_AWS_VAULT_PASSPHRASE = "AWS_VAULT_FILE_PASSPHRASE"  # noqa: S105 - the name of a variable
_GRANTED_PASSPHRASE = "CF_KEYRING_FILE_PASSWORD"  # noqa: S105 - the name of a variable
_GRANTED_KEYS = "aws-iam-credentials"


def places(tool: str, environ: Mapping[str, str], ask: Ask) -> list[Place]:
    """The stores in which ``tool`` may have keys. ``ask``: see ``FileKeyring``."""
    if tool == AWS_VAULT:
        return _of_aws_vault(environ, ask)
    if tool == GRANTED:
        return _of_granted(environ, ask)
    return _of_awskeyring() if tool == AWSKEYRING else []


def _of_aws_vault(environ: Mapping[str, str], ask: Ask) -> list[Place]:
    collection = environ.get("AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME") or "awsvault"
    folder = environ.get("AWS_VAULT_FILE_DIR") or os.path.join("~", ".awsvault", "keys")
    passphrase = environ.get(_AWS_VAULT_PASSPHRASE)
    return _selected(
        environ.get("AWS_VAULT_BACKEND"),
        FileKeyring(AWS_VAULT, os.path.expanduser(folder), _AWS_VAULT_PASSPHRASE, passphrase, ask),
        SecretServiceKeyring(AWS_VAULT, collection, environ),
        "aws-vault:aws-vault:",
        Keychain(AWS_VAULT, environ.get("AWS_VAULT_KEYCHAIN_NAME") or "aws-vault", "aws-vault"),
    )


def _of_granted(environ: Mapping[str, str], ask: Ask) -> list[Place]:
    home = _granted_folder(environ)
    settings = _granted_keyring(home)
    name = f"granted-{_GRANTED_KEYS}"
    folder = settings.get("FileDir") or os.path.join(home, f"secure-storage-{_GRANTED_KEYS}")
    # granted takes the variable as it is: without it, the passphrase is empty.
    passphrase = environ.get(_GRANTED_PASSPHRASE, "")
    return _selected(
        settings.get("Backend"),
        FileKeyring(GRANTED, os.path.expanduser(folder), _GRANTED_PASSPHRASE, passphrase, ask),
        SecretServiceKeyring(GRANTED, settings.get("LibSecretCollectionName") or name, environ),
        f"{name}:{name}:",
        Keychain(GRANTED, settings.get("KeychainName") or "login", name),
    )


def _of_awskeyring() -> list[Place]:
    name = None
    with contextlib.suppress(OSError, ValueError, RecursionError):
        with open(os.path.expanduser(os.path.join("~", ".awskeyring")), "rb") as file:
            found = json.loads(file.read(LARGEST))
        name = found.get("awskeyring") if isinstance(found, dict) else None
    is_here = sys.platform == "darwin" and isinstance(name, str)
    return [Keychain(AWSKEYRING, str(name), None)] if is_here else []


def _selected(
    backend: str | None,
    files: FileKeyring,
    collection: SecretServiceKeyring,
    targets: str,
    keychain: Keychain,
) -> list[Place]:
    """The places of ``backend``, or all if the tool itself takes what there is.

    ``targets`` is how those of the Windows Credential Manager begin.
    """
    found: list[tuple[str, Place]] = []
    if sys.platform == "win32":
        from awscreds.stores.other_tools.credential_manager import CredentialManager

        found.append((WINCRED, CredentialManager(files.tool, targets)))
    elif sys.platform == "darwin":
        found.append((KEYCHAIN, keychain))
    else:
        found.append((SECRET_SERVICE, collection))
    found.append((FILE, files))
    if backend and backend not in (FILE, SECRET_SERVICE, WINCRED, KEYCHAIN):
        return [UnknownStore(files.tool, backend)]
    return [place for name, place in found if backend in (None, "", name)]


@dataclass(frozen=True, slots=True)
class UnknownStore:
    """A backend of ``tool`` that awscreds cannot read: pass, KWallet, 1Password and others."""

    tool: str
    backend: str

    def entries(self) -> Iterator[Unreadable]:
        """What to do instead."""
        hint = (
            "let it print each key: aws-vault exec NAME --no-session -- awscreds configure import "
            "--from-env --profile NAME"
        )
        error = SecretStoreError(
            "awscreds cannot read this kind of store",
            code="unreadable",
            hint=hint if self.tool == AWS_VAULT else None,
        )
        yield Unreadable(self.tool, f"the store {self.backend} of {self.tool}", error)


def _granted_folder(environ: Mapping[str, str]) -> str:
    """As granted's ``GrantedConfigFolder``."""
    folder = os.path.expanduser(os.path.join("~", ".granted"))
    base = environ.get("XDG_CONFIG_HOME")
    return os.path.join(base, "granted") if base and not os.path.exists(folder) else folder


def _granted_keyring(folder: str) -> Mapping[str, str]:
    """The settings of granted that say where its keys are."""
    import tomllib

    with contextlib.suppress(OSError, ValueError, RecursionError):
        with open(os.path.join(folder, "config"), "rb") as file:
            text = file.read(LARGEST)
        found = tomllib.loads(text.decode()).get("Keyring", {})
        return {key: value for key, value in found.items() if isinstance(value, str)}
    return {}
