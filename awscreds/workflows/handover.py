"""How a browser gets a secret address: not in its argv, and not from the disk.

The browser is started with a page that only the user can read. The page leads to an address on this
machine, with a name that nobody can guess, and from there, once, to the secret one. What is left of
a killed run leads nowhere; the next run removes it.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import time
from html import escape
from pathlib import Path
from urllib.parse import quote

from awscreds.errors import AwscredsError
from awscreds.stores.processes import is_gone, signature
from awscreds.workflows.loopback import Loopback, respond

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from awscreds.stores.state_dir import StateDir
    from awscreds.workflows.loopback import Request

DEADLINE = 60.0
"""Seconds that the browser has to start and to come."""

_GRACE = 3.0
_LOOK_EVERY = 0.5

PREFIX = "open-"
SUFFIX = ".html"

_CONTAINERS = {
    "Granted Containers": "ext+granted-containers:name={name}&url={url}",
    "Open external links in a container": "ext+container:name={name}&url={url}",
}
"""Extensions of Firefox, and the addresses that they open. Each value is encoded once more.
https://github.com/common-fate/granted-containers
https://github.com/honsiorovskyi/open-url-in-container
"""


class Handover:
    """Gives ``url`` to the browser that opens the page at ``path``. Use it with ``with``.

    With a ``container``, the page has links to open ``url`` in the container of Firefox with that
    name: an extension does that, and only if somebody clicks. Raises ConfigurationError for an
    unsafe ``folder``, and AwscredsError.
    """

    def __init__(self, url: str, folder: StateDir, *, container: str | None = None) -> None:
        self._urls = [url]
        self._folder = folder
        self._secret = secrets.token_urlsafe(32)
        try:
            self._loopback = Loopback(self._serve)
        except OSError as error:
            raise AwscredsError(
                "cannot listen on 127.0.0.1 for the browser: "
                f"{error.strerror or type(error).__name__}",
                code="callback",
                hint="use --print, and open the link in a browser",
            ) from None
        address = f"http://{self._loopback.authority}/{self._secret}"
        self._file = f"{PREFIX}{signature()}-{secrets.token_hex(8)}{SUFFIX}"
        try:
            folder.write(self._file, _page(address, container).encode(errors="surrogateescape"))
        except BaseException:
            self._loopback.__exit__()
            raise

    @property
    def path(self) -> str:
        """The page for the browser: a file."""
        return self._folder.file(self._file)

    @property
    def page(self) -> str:
        """The same as an address."""
        return Path(self.path).as_uri()

    def wait(
        self, has_failed: Callable[[], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Until the browser has come. Raises AwscredsError after DEADLINE.

        ``has_failed``: the browser has ended with an error. Some do that although they work.
        """
        end = clock() + DEADLINE
        while not self._loopback.wait(min(end, clock() + _LOOK_EVERY), clock):
            if has_failed():
                end = min(end, clock() + _GRACE)
                has_failed = _never
            if clock() >= end:
                raise AwscredsError(
                    "the browser did not open the page",
                    code="browser",
                    hint="use --browser NAME for another one; or use --print, and open the link in "
                    "a browser",
                )

    def _serve(self, request: Request) -> bool:
        is_ours = hmac.compare_digest(request.path.encode(), f"/{self._secret}".encode())
        try:
            url = self._urls.pop() if is_ours else None  # each request has a thread
        except IndexError:
            url = None
        if url is None:
            request.send_error(404)
            return False
        respond(request, 302, {"Location": url})
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._loopback.__exit__(*details)
        self._folder.remove(self._file)


def sweep(folder: StateDir, clock: Callable[[], float] = time.time) -> None:
    """Remove the pages of runs that were killed."""
    for name in folder.names(PREFIX):
        writer = name.removeprefix(PREFIX).rpartition("-")[0]
        with contextlib.suppress(OSError, ValueError):
            if is_gone(writer, os.stat(folder.file(name)).st_mtime, clock=clock):
                folder.remove(name)


def _never() -> bool:
    return False


def _page(address: str, container: str | None) -> str:
    head = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="referrer" content="no-referrer"><title>AWS console</title>'
    )
    if container is None:
        target = escape(address)
        return (
            f'{head}<meta http-equiv="refresh" content="0; url={target}">'
            f'<p><a href="{target}">Open the AWS console</a></p>'
        )
    links = "".join(
        f'<p><a href="{escape(_filled(form, container, address))}">'
        f"Open the AWS console in the container {escape(container)}</a> (extension "
        f"&quot;{escape(extension)}&quot;)</p>"
        for extension, form in _CONTAINERS.items()
    )
    return f"{head}{links}"


def _filled(form: str, container: str, address: str) -> str:
    return form.format(
        name=quote(container, safe="", errors="surrogateescape"), url=quote(address, safe="")
    )
