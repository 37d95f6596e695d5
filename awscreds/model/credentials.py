"""Credentials as values that never show their secret.

Plain classes with ``__slots__``: the warm path of ``credential-process`` cannot afford to import
``dataclasses``.
"""

from __future__ import annotations


class AccessKey:
    """A long-lived access key: its id and its secret. Its text forms hide the secret."""

    __slots__ = ("id", "secret")

    token = None
    """A long-lived key has no session token."""

    def __init__(self, id: str, secret: str) -> None:  # noqa: A002 - AWS's own word
        self.id = id
        self.secret = secret

    def __repr__(self) -> str:
        from awscreds.model.keys import shown_key_id

        return f"AccessKey({shown_key_id(self.id)!r}, <hidden>)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccessKey) and self.id == other.id and self.secret == other.secret

    def __hash__(self) -> int:
        return hash((self.id, self.secret))

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("an access key must not be pickled")


class Session:
    """Temporary credentials. ``expiration`` is in seconds since the epoch, UTC; None: unknown."""

    __slots__ = ("expiration", "id", "secret", "token")

    def __init__(
        self,
        id: str,  # noqa: A002 - AWS's own word
        secret: str,
        token: str,
        expiration: float | None = None,
    ) -> None:
        self.id = id
        self.secret = secret
        self.token = token
        self.expiration = expiration

    def __repr__(self) -> str:
        from awscreds.model.keys import shown_key_id

        return f"Session({shown_key_id(self.id)!r}, <hidden>)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a session must not be pickled")


Credentials = AccessKey | Session
"""What a call to AWS can be signed with."""
