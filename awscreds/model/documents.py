"""Both AWS files as documents: what is read, edited and checked together."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.ini.document import Document
    from awscreds.model.profile import Profiles


class AwsDocuments:
    """Both files as documents, and their paths as the user wrote them."""

    __slots__ = ("_profiles", "config", "config_path", "credentials", "credentials_path")

    def __init__(
        self, config: Document, credentials: Document, config_path: str, credentials_path: str
    ) -> None:
        self.config = config
        self.credentials = credentials
        self.config_path = config_path
        self.credentials_path = credentials_path
        self._profiles: Profiles | None = None

    @property
    def profiles(self) -> Profiles:
        """The profiles of both, also after an edit."""
        if self._profiles is None:
            from awscreds.model.profile import Profiles

            self._profiles = Profiles(self.config, self.credentials)
        return self._profiles

    def exchange_config(self, config: Document) -> None:
        """Let ``config`` be the config file from now on."""
        self.config = config
        self._profiles = None

    def clone(self) -> AwsDocuments:
        """An independent copy, to try a change on."""
        return AwsDocuments(
            self.config.clone(), self.credentials.clone(), self.config_path, self.credentials_path
        )

    def names(self) -> list[str]:
        """Every profile of both files."""
        return list(dict.fromkeys([*self.config.profiles(), *self.credentials.profiles()]))
