"""What a login in a browser is bound to: a state, and a secret of ours (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import secrets


class Pkce:
    """``state`` comes back from the browser, ``verifier`` goes only to the token endpoint.

    ``challenge`` is what the browser brings there in its place.
    """

    __slots__ = ("challenge", "state", "verifier")

    def __init__(self) -> None:
        self.state = secrets.token_urlsafe(32)
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
