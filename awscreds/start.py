"""The ways through the program: credentials for SDKs, short ways for scripts, and the commands.

Nothing is imported here before it is known which way it is.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_NEW_OBJECTS = 300_000
"""How many objects are made between two searches for unreachable ones. Python's 700 cost `list`
with thousands of profiles a quarter of its time, and find nothing. A call of AWS makes 100,000, and
one search of them took a fifth of a new session's time."""


def run(unwritten: bytes | None = None) -> NoReturn:
    """Run awscreds with the arguments of this process, and exit.

    ``unwritten`` is what ``warm`` could not write of its answer, None if it had none.
    """
    from awscreds.process import complete_search_path, complete_streams, exit_now, harden

    harden()
    complete_streams()
    import gc

    gc.set_threshold(_NEW_OBJECTS)
    if sys.argv[1:2] == ["credential-process"]:
        from awscreds.hotpath import serve

        code = serve(sys.argv[2:], unwritten)
        if code is not None:
            exit_now(code)
    gc.disable()  # a short way drops nothing before its end
    try:
        from awscreds.quick import answer, put

        found = answer(sys.argv[1:])
        if found is not None:
            output, code = found
            put(output)
            exit_now(code)
    except (OSError, KeyboardInterrupt) as error:
        complete_search_path()
        from awscreds.cli import failed

        exit_now(failed(error, sys.argv[1:]))
    complete_search_path()
    import signal

    from awscreds.cli import INTERRUPTED
    from awscreds.cli import run as run_command

    gc.enable()
    try:
        code = run_command(sys.argv[1:])
        # All is done: a Ctrl-C now would only have Python print where it is.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:  # while an error was being reported
        exit_now(INTERRUPTED)
    exit_now(code)
