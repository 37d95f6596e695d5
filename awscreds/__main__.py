"""The start of the program. Python compiles this file at every start: all else is elsewhere."""

import sys


def main() -> None:
    """Run awscreds with the arguments of this process, and exit."""
    unwritten = None
    if sys.argv[1:2] == ["credential-process"]:
        from awscreds.warm import answer

        unwritten = answer(sys.argv[2:])
        if sys.platform != "win32" and unwritten == b"":
            from posix import _exit

            _exit(0)
    from awscreds.start import run

    run(unwritten)


if __name__ == "__main__":
    if sys.flags.no_site:  # then nothing but the standard library can be found
        sys.path.append(__file__[: -len("/awscreds/__main__.py")])
    main()
