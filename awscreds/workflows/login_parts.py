"""What every kind of logins is made of: what it works with, the person, and where a login is kept.

A kind of its own says how a person logs in, and which tokens AWS gives: ``login`` does for IAM
Identity Center, ``sign_in`` for AWS's sign-in.
"""

from __future__ import annotations

import contextlib
import os
import secrets

from awscreds.errors import AwscredsError, AwsError
from awscreds.model.service_endpoint import resolve_endpoint
from awscreds.model.text import escaped
from awscreds.stores.sealed_logins import LoginLabel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from awscreds.aws.gateway import Aws
    from awscreds.model.profile import Profile, Profiles
    from awscreds.model.service_endpoint import ServiceEndpoint
    from awscreds.stores.logins import LoginFiles, LoginPlace
    from awscreds.stores.sealed_logins import SealedLogins


NOTICE = 1.0
"""Seconds after which the person is told that AWS has not answered."""


class LoginTools:
    """What logins work with. ``clock`` returns seconds UTC."""

    __slots__ = ("_environ", "aws", "clock", "files", "profiles", "sealed")

    def __init__(
        self,
        *,
        aws: Aws,
        sealed: SealedLogins,
        files: LoginFiles,
        profiles: Profiles,
        environ: Mapping[str, str],
        clock: Callable[[], float],
    ) -> None:
        self.aws = aws
        self.sealed = sealed
        self.files = files
        self.profiles = profiles
        self._environ = environ
        self.clock = clock

    def endpoint(self, service: str, profile: Profile, region: str) -> ServiceEndpoint:
        """Where ``profile`` finds ``service`` in ``region``, which is that of the login."""
        endpoint = resolve_endpoint(service, profile, self.profiles, self._environ)
        endpoint.region = region
        return endpoint


class Person:
    """What the person sees. ``open_browser`` says whether a browser was started.

    ``may_retry`` asks, after what it gets as reason, if something is to be tried again.
    """

    def __init__(
        self,
        *,
        open_browser: Callable[[str], bool],
        say: Callable[..., None],
        sleep: Callable[[float], None],
        may_retry: Callable[[str], bool],
    ) -> None:
        self._open_browser = open_browser
        self.say = say
        self.sleep = sleep
        self.may_retry = may_retry
        self._knows_of_waiting = False

    def send_to(self, url: str, where: str) -> None:
        """Show ``url``, and open it in a browser if there is one. ``where`` says in which."""
        self.say(f"Open this page {where}:", f"  {escaped(url)}")
        if self._open_browser(url):
            self.say("Your browser opens it now.")

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Say that AWS is asked if it takes longer than NOTICE: the browser has said "done".

        Once in a login: a device is asked for every few seconds.
        """
        from threading import Timer

        timer = Timer(NOTICE, self._tell_of_waiting)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # what it says comes before what came of the waiting

    def _tell_of_waiting(self) -> None:
        if not self._knows_of_waiting:
            self._knows_of_waiting = True
            self.say("AWS has not answered yet. Ctrl-C ends the login.")


class Room:
    """The place for a login: the secret store, or, if it is shared, ``path``, a file of the CLI.

    ``which`` are the sso-session and the start URL; of `aws login`, None and who logged in.
    """

    def __init__(
        self, tools: LoginTools, which: tuple[str | None, str], path: str, *, is_shared: bool
    ) -> None:
        self._files = tools.files
        self._sealed = tools.sealed
        self._which = which
        self._path = path
        self._is_shared = is_shared

    @property
    def name(self) -> str:
        """What people call it."""
        return self._path if self._is_shared else "the secret store"

    def prepare(self) -> None:
        """Open it before a person is sent to the browser, so that no login is lost for want of it.

        Raises AwscredsError if a login could not be kept there.
        """
        if self._is_shared:
            with self.in_files():
                os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
                self._files.require_room(self._path)
        else:
            self._sealed.require_key()
            self._sealed.require_room(*self._which)

    def seal(self, document: dict[str, Any], *, region: str, ends: float) -> None:
        """Keep a login in the secret store until ``ends``, seconds UTC. Raises AwscredsError."""
        session, start_url = self._which
        label = LoginLabel.of(
            secrets.token_hex(16),
            session=session or "",
            start_url=start_url,
            region=region,
            ends=ends,
        )
        with self._sealed.lock(*self._which):
            self._sealed.write(label, document)

    @contextlib.contextmanager
    def in_files(self) -> Iterator[None]:
        """Turn what the system says of the AWS CLI's files into our error."""
        try:
            yield
        except OSError as error:
            raise AwscredsError(
                f"cannot write {self._path}: {error.strerror or type(error).__name__}",
                code="login-file",
                hint="make sure that you own the folder and that the disk has room",
            ) from None


def remove(place: LoginPlace) -> bool:
    """Forget the login in ``place``; False if there was none. Raises AwscredsError.

    Hold its lock: whoever refreshes the login meanwhile would bring it back.
    """
    try:
        return place.remove()
    except OSError as error:
        raise AwscredsError(
            f"cannot remove {place.name}: {error.strerror or type(error).__name__}",
            code="login-file",
            hint="make sure that you own its folder, then run this again",
        ) from None


def refused(reason: str) -> AwsError:
    """The error for a login that the browser brings ``reason`` for instead of a code."""
    said = "the login was denied in the browser"
    if reason and reason != "access_denied":
        said = f"AWS refused the login: {escaped(reason[:80])}"
    return AwsError(
        said, code="login-refused", hint="run it again, and allow the access in the browser"
    )
