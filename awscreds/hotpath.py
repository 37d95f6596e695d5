"""``credential-process`` without the command line: what SDKs start, at every start of theirs.

Nothing here imports click, rich or boto3.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.errors import AwscredsError
    from awscreds.model.credentials import AccessKey
    from awscreds.model.serving import Request


def serve(arguments: list[str]) -> int | None:
    """Print the credentials asked for; the exit code, or None where click has to look at it."""
    from awscreds.model.serving import parse_arguments

    request = parse_arguments(arguments)
    if request is None:
        return None
    from awscreds.errors import AwscredsError, unforeseen
    from awscreds.process import finish_output

    try:
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
        return refuse(unforeseen(error))
    return 0


def answer(request: Request) -> str:
    """The document for ``request``. Raises AwscredsError, and never asks anybody."""
    from awscreds.app import App
    from awscreds.errors import InputNeeded, StoreLocked
    from awscreds.workflows.serve import serve_profile

    app = App()
    app.options.no_input = True
    if request.config_file is not None:
        app.environ["AWS_CONFIG_FILE"] = request.config_file
    if request.home is not None:
        app.environ["AWSCREDS_HOME"] = request.home

    def read_key(key_id: str) -> AccessKey:
        try:
            return app.store_of(key_id).access_key(key_id)
        except InputNeeded as error:
            raise StoreLocked(error.message, hint=error.hint) from None

    return serve_profile(
        request.profile, app.files.read_config(), read_key, now=app.clock(), warn=app.warn
    )


def refuse(error: AwscredsError) -> int:
    """Say why there are no credentials in the one line that SDKs show to people."""
    from awscreds.model.text import visible
    from awscreds.process import tell

    hint = f" ({error.hint})" if error.hint else ""
    tell(f"awscreds: {visible(error.message + hint)}\n")
    return error.exit_code
