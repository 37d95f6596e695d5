"""What keeps the keys that leave the AWS files, out of the App: ``workflows.pairs.Custodian``."""

from __future__ import annotations

from awscreds.stores.secret_store import ACCESS_KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from awscreds.app import App
    from awscreds.aws.gateway import Identity
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.stores.secret_store import SecretStore
    from awscreds.workflows.pairs import Settlement


class AppCustodian:
    """The stores, AWS and the person of one command.

    ``check`` asks AWS whose a key is; None: it is not asked. ``opens_vault``: a vault that is not
    there yet is made, since the command needs it anyway.
    """

    def __init__(
        self,
        app: App,
        *,
        check: Callable[[AccessKey | Session, str | None], Identity] | None = None,
        opens_vault: bool = False,
    ) -> None:
        self._app = app
        self._check = check
        self._opens_vault = opens_vault

    def stored_ids(self) -> Iterable[str]:
        return self._app.state.ids(ACCESS_KEY)

    def store_of(self, key_id: str) -> SecretStore:
        return self._app.stores.of(key_id)

    def store_for_keeping(self) -> SecretStore | None:
        # Nobody is made to choose a vault's passphrase just to remove a key from a file.
        app = self._app
        if not (self._opens_vault or app.stores.backend(app.stores.current()).exists()):
            return None
        return app.stores.for_writing()

    def identity_of(self, key: AccessKey) -> Identity | None:
        return self._check(key, None) if self._check else None

    def consent(self, question: str, *, default: bool) -> bool:
        return self._app.dialogue.consent(question, hint="", default=default)

    def pointing_to(self, key_id: str) -> AbstractContextManager[None]:
        return self._app.pointers.pointing_to(key_id)

    def erase(self, key_id: str) -> None:
        self._app.pointers.erase(self._app.stores.of(key_id), key_id)

    def require_word(self, key_id: str, identity: Identity) -> None:
        from awscreds.workflows.gate import require_word

        require_word(key_id, identity, self._app.state.entry(key_id))

    def note(self, key: AccessKey, identity: Identity | None) -> None:
        self._app.key_facts.note(key.id, identity)


def tell(app: App, settlement: Settlement, custodian: AppCustodian) -> None:
    """Name each pair that has left the files: what is lost as a warning, also under ``--quiet``."""
    from awscreds.workflows.pairs import sentences

    for sentence in sentences(settlement, custodian):
        (app.warn if settlement.dropped else app.note)(sentence)
