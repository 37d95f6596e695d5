"""``credential-process`` without the command line: what SDKs start, at every start of theirs.

An answer that was given before and is still valid is given again. If all is as usual, ``warm`` has
done so already. Click and rich are never imported, botocore only if a session must be made.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awscreds.app import App
    from awscreds.errors import AwscredsError, InputNeeded, StoreLocked
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.warm import Request


def serve(arguments: list[str], unwritten: bytes | None = None) -> int | None:
    """Print the credentials asked for. Returns the exit code, or None if click must do it.

    ``unwritten``: what ``warm`` could not write of its answer. A terminal gets no secret: click's
    command says so.
    """
    from awscreds.process import complete_search_path_later, finish_output
    from awscreds.warm import parse_arguments

    request = parse_arguments(arguments)
    if request is None or sys.stdout.isatty():
        return None
    from awscreds.errors import AwscredsError, unexpected_error

    try:
        output = unwritten.decode("ascii") if unwritten else cached_response(request)
        if output is None:
            complete_search_path_later()
            output = respond(request)
        sys.stdout.write(output)
        failure = finish_output()
        if failure:
            raise failure
    except AwscredsError as error:
        return refuse(error)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - a traceback is a bug, and could show a secret
        finish_output()
        return refuse(unexpected_error(error))
    return 0


def cached_response(request: Request) -> str | None:
    """The document given for ``request`` before; None if it is not valid any more."""
    from awscreds.stores.cache.responses import ResponseSlot

    output = ResponseSlot(request, os.environ).get(time.time())
    return None if output is None else output.decode("ascii")


def respond(request: Request, environ: Mapping[str, str] | None = None) -> str:
    """The document for ``request``. Raises AwscredsError, and never asks anybody.

    ``environ`` is that of an App that exists already: that App took our passphrase out of the
    process's own.

    Nothing is printed beside it: the C++ SDK runs the line with its stderr joined to its stdout,
    and one word there makes the credentials fail. What is wrong is said where people look.
    """
    from awscreds.app import App
    from awscreds.stores.cache.responses import ResponseSlot
    from awscreds.warm import NO_STAMP, STATE_VARIABLE
    from awscreds.workflows.serve import serve_profile

    app = App(environ)
    app.options.no_input = app.options.quiet = app.options.silent = True
    _silence_python()
    if request.config_file is not None:
        app.environ["AWS_CONFIG_FILE"] = request.config_file
    if request.home is not None:
        app.environ[STATE_VARIABLE] = request.home
    credentials = _Credentials(app, request.profile)
    slot = ResponseSlot(request, app.environ)
    of_files, of_the_store = slot.stamps(app.clock())
    response = serve_profile(
        request.profile, app.files, credentials.key, credentials.session, now=app.clock()
    )
    if response.expiration is not None:
        slot.put(
            response.text.encode("ascii"),
            (of_files, of_the_store if credentials.are_stored else NO_STAMP),
            end=response.expiration + credentials.later,
            seconds=min(
                credentials.keep if response.keep is None else response.keep, credentials.limit
            ),
            now=app.clock(),
            lease=None if credentials.lease is None else slot.lease(credentials.lease),
        )
    return response.text


def _silence_python() -> None:
    """Keep warnings of libraries (boto3's about old Pythons) off a stderr that is parsed."""
    if not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore")


class _Credentials:
    """Gives a profile's credentials.

    ``limit``: the seconds that its answer may be kept, ``keep``: those for which it is, unless the
    profile says it; ``are_stored``: whether they are the key itself; ``lease``: the held key that
    it must not outlive; ``later``: the seconds for which it is renewed later than others.
    """

    def __init__(self, app: App, profile: str) -> None:
        self._app = app
        self._profile = profile
        self.limit = float("inf")
        self.keep = 0.0
        self.are_stored = False
        self.lease: str | None = None
        self.later = 0.0

    def key(self, key_id: str) -> AccessKey:
        from awscreds.errors import InputNeeded

        app = self._app
        store = app.stores.of(key_id)
        try:
            key = store.access_key(key_id)
        except InputNeeded as error:
            raise self._locked(error) from None
        self.are_stored = True
        # A key is kept no longer than its store stays open.
        backend = app.stores.backend(store.backend.name)
        self.limit, self.keep, self.lease = (
            backend.seconds_open(),
            backend.keep_seconds,
            backend.lease(),
        )
        return key

    def session(self, name: str) -> Session | None:
        from awscreds.errors import InputNeeded
        from awscreds.process import complete_search_path
        from awscreds.stores.cache.session_format import MINIMUM
        from awscreds.warm import RENEWAL

        complete_search_path()  # for AWS's library, and whatever changes how it connects
        app = self._app
        try:
            result = app.provider.obtain(app.profiles().get(name), minimum=RENEWAL)
        except InputNeeded as error:
            if error.code == "vault-locked":
                raise self._locked(error) from None
            return None
        if not result.may_be_kept:
            self.limit = 0
        if result.is_short_lived:
            self.later = RENEWAL - MINIMUM
        return result.session

    def _locked(self, error: InputNeeded) -> StoreLocked:
        """The error for somebody who started an SDK and passed none of our options."""
        from awscreds.errors import StoreLocked
        from awscreds.model.text import escaped

        name = escaped(self._profile)
        return StoreLocked(
            f"the awscreds vault is locked, so there are no credentials for {name}",
            hint=error.hint,
        )


def refuse(error: AwscredsError) -> int:
    """Say why there are no credentials in the one line that SDKs show to people."""
    from awscreds.process import tell

    hint = f" ({error.hint})" if error.hint else ""
    tell(f"awscreds: {error.message}{hint}")
    return error.exit_code
