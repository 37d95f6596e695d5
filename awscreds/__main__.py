"""The start of the program. SDKs take the short way to credentials, scripts some other short ones.

Nothing is imported here before it is known which way it is.
"""

from __future__ import annotations

import sys

_NEW_OBJECTS = 100_000
"""How many objects are made between two searches for unreachable ones. Python's 700 cost `list`
with thousands of profiles a quarter of its time, and find nothing."""


def main() -> None:
    """Run awscreds with the arguments of this process, and exit."""
    from awscreds.process import complete_search_path, complete_streams, exit_now, harden

    harden()
    complete_streams()
    if sys.argv[1:2] == ["credential-process"]:
        from awscreds.hotpath import serve

        code = serve(sys.argv[2:])
        if code is not None:
            exit_now(code)
    import gc

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

        sys.exit(failed(error, sys.argv[1:]))
    complete_search_path()
    from awscreds.cli import run

    gc.set_threshold(_NEW_OBJECTS)
    gc.enable()
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    if sys.flags.no_site:  # then nothing but the standard library can be found
        import os.path

        sys.path.append(os.path.dirname(os.path.dirname(__file__)))
    main()
