"""The sandbox's server, whose secrets begin with letters of their own: see `canaries`.

It is started by its path, with the server's own options for Python.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
TOKEN = 48
"""Random bytes of what the server draws as a token; the names of logins are shorter."""


def draw_canaries():
    import base64
    import secrets

    from moto.iam import models

    from awscreds.sandbox import sts
    from tests.abuse.canaries import with_canary

    key, device, letters = models.random_alphanumeric, models.VirtualMfaDevice.__init__, "A" * 12
    session, urlsafe, some = sts.new_secret, secrets.token_urlsafe, secrets.token_bytes

    def new_device(self, *arguments, **named):
        device(self, *arguments, **named)
        self.base32_string_seed = with_canary("seed", self.base32_string_seed)

    def token(count):
        return with_canary("token", urlsafe(count)) if count >= TOKEN else urlsafe(count)

    def for_session(count):  # base64 is made of it
        head = base64.b64decode(with_canary("token", letters)) if count >= TOKEN else b""
        return head + some(count - len(head))

    models.random_alphanumeric = lambda length: with_canary("key", key(length))
    models.VirtualMfaDevice.__init__ = new_device
    sts.new_secret = lambda: with_canary("session", session())
    secrets.token_urlsafe, secrets.token_bytes = token, for_session


if __name__ == "__main__":
    from awscreds.sandbox import server

    draw_canaries()
    server.main()
