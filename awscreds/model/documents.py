"""Both AWS files as documents: what is read, edited and checked together."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.model.ini.document import Document


class AwsDocuments:
    """Both files as documents, and their paths as the user wrote them."""

    __slots__ = ("config", "config_path", "credentials", "credentials_path")

    def __init__(
        self, config: Document, credentials: Document, config_path: str, credentials_path: str
    ) -> None:
        self.config = config
        self.credentials = credentials
        self.config_path = config_path
        self.credentials_path = credentials_path

    def clone(self) -> AwsDocuments:
        """An independent copy, to try a change on."""
        return AwsDocuments(
            self.config.clone(), self.credentials.clone(), self.config_path, self.credentials_path
        )

    def names(self) -> list[str]:
        """Every profile of both files."""
        return list(dict.fromkeys([*self.config.profiles(), *self.credentials.profiles()]))
