"""``credential-process`` without the command line: what SDKs start, at every start of theirs.

An answer that was given before and still holds is given again at the cost of little more than
starting Python: until it is known that there is none, nothing is imported that takes time. Click
and rich never are, boto3 only where a session has to be made.
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
    from awscreds.model.credential_process import Request
    from awscreds.model.credentials import AccessKey, Session


def serve(arguments: list[str]) -> int | None:
    """Print the credentials asked for; the exit code, or None where click has to look at it."""
    from awscreds.model.credential_process import parse_arguments
    from awscreds.process import complete_search_path, finish_output

    request = parse_arguments(arguments)
    if request is None:
        return None
    from awscreds.errors import AwscredsError, unexpected_error

    try:
        output = recall(request)
        if output is None:
            complete_search_path()
            output = answer(request)
        sys.stdout.write(output)
        unwritten = finish_output()
        if unwritten:
            raise unwritten
    except AwscredsError as error:
        return refuse(error)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - a traceback is a bug, and could show a secret
        finish_output()
        return refuse(unexpected_error(error))
    return 0


def recall(request: Request) -> str | None:
    """The document given for ``request`` before, where it still holds."""
    from awscreds.stores.cache.responses import ResponseSlot

    output = ResponseSlot(request, os.environ).get(time.time())
    return None if output is None else output.decode("ascii")


def answer(request: Request, environ: Mapping[str, str] | None = None) -> str:
    """The document for ``request``. Raises AwscredsError, and never asks anybody.

    ``environ`` is that of an App there is already: the process's own lacks our passphrase since.

    Nothing is said beside it: the C++ SDK runs the line with its stderr joined to its stdout, and
    one word there makes the credentials fail. What is amiss is said where people look.
    """
    from awscreds.app import App
    from awscreds.stores.cache.responses import ResponseSlot
    from awscreds.stores.locations import STATE_VARIABLE
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
    before = slot.stamp(app.clock())
    found = serve_profile(
        request.profile,
        app.files.read_config(),
        app.files.read_credentials(),
        credentials.key,
        credentials.session,
        now=app.clock(),
        paths=(app.files.config_path, app.files.credentials_path),
    )
    if found.expiration is not None:
        slot.put(
            found.text.encode("ascii"),
            before,
            end=found.expiration,
            seconds=min(found.keep, credentials.limit),
            now=app.clock(),
        )
    return found.text


def _silence_python() -> None:
    """Keep warnings of libraries (boto3's about old Pythons) off a stderr that is parsed."""
    if not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore")


class _Credentials:
    """Where a profile's credentials come from. ``limit``: seconds its answer may be kept."""

    def __init__(self, app: App, profile: str) -> None:
        self._app = app
        self._profile = profile
        self.limit = float("inf")

    def key(self, key_id: str) -> AccessKey:
        from awscreds.errors import InputNeeded

        app = self._app
        store = app.stores.of(key_id)
        try:
            key = store.access_key(key_id)
        except InputNeeded as error:
            raise self._locked(error) from None
        # A key is at hand no longer than the store that it is from stays open.
        self.limit = app.stores.backend(store.backend.name).seconds_open()
        return key

    def session(self, name: str) -> Session | None:
        from awscreds.errors import InputNeeded
        from awscreds.stores.cache.responses import RENEWAL

        app = self._app
        try:
            obtained = app.provider.obtain(app.profiles().get(name), minimum=RENEWAL)
        except InputNeeded as error:
            if error.code == "vault-locked":
                raise self._locked(error) from None
            return None
        if not obtained.may_be_kept:
            self.limit = 0
        return obtained.session

    def _locked(self, error: InputNeeded) -> StoreLocked:
        """For somebody who has started an SDK, and given none of our options."""
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
