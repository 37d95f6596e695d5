"""Which program a command means on Windows, and with which command line it is started."""

from __future__ import annotations

import ntpath

from awscreds.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_EXTENSIONS = ".COM;.EXE;.BAT;.CMD"


def find(name: str, environ: Mapping[str, str], is_file: Callable[[str], bool]) -> str | None:
    """The program that ``name`` means: in a folder of the PATH, or where its own path says.

    Not in the current folder, where cmd.exe looks first: whoever unpacks a file there would get the
    credentials. So folders of the PATH that are not absolute are left out, too.
    """
    if ntpath.dirname(name) or ntpath.splitdrive(name)[0]:
        places = [ntpath.abspath(name)]
    else:
        places = [ntpath.join(folder, name) for folder in _folders(environ.get("PATH", ""))]
    extensions = [each for each in environ.get("PATHEXT", _EXTENSIONS).split(";") if each]
    if name.lower().endswith(tuple(each.lower() for each in extensions)):
        extensions = [""]
    named = (place + extension for place in places for extension in extensions)
    return next(filter(is_file, named), None)


def split(line: str) -> list[str]:
    r"""The words of a config line, exactly as botocore splits it on Windows.

    Only ``"`` quotes, and ``\`` is special only before it: ``\"`` is a quote, ``\\"`` a backslash
    and the end of quotes. Raises ValueError if there is no closing quote.
    https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
    """
    words: list[str] = []
    word: str | None = None
    is_quoted, backslashes = False, 0
    for char in line:
        if char == "\\":
            backslashes += 1
            continue
        if char == '"':
            word = (word or "") + "\\" * (backslashes // 2)
            if backslashes % 2:
                word += char
            else:
                is_quoted = not is_quoted
        else:
            if backslashes:
                word = (word or "") + "\\" * backslashes
            if is_quoted or char not in " \t":
                word = (word or "") + char
            elif word is not None:
                words.append(word)
                word = None
        backslashes = 0
    if is_quoted:
        raise ValueError("no closing quote")
    if backslashes:
        word = (word or "") + "\\" * backslashes
    return words if word is None else [*words, word]


def _folders(path: str) -> Iterator[str]:
    for folder in path.split(";"):
        bare = folder.strip('" ')
        if ntpath.isabs(bare) and ntpath.splitdrive(bare)[0]:
            yield bare


def is_batch_file(program: str) -> bool:
    """Whether cmd.exe runs it, which reads the command line by its own rules."""
    return program.lower().rstrip(" .").endswith((".bat", ".cmd"))


def command_processor(environ: Mapping[str, str]) -> str:
    """The path of Windows' own cmd.exe. ``COMSPEC`` may be another shell."""
    return ntpath.join(environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "cmd.exe")


def batch_line(shell: str, program: str, arguments: Sequence[str]) -> str:
    """The command line with which cmd.exe, ``shell``, hands ``arguments`` to a batch file.

    Each word is in quotes, where cmd.exe heeds nothing but quotes, which are doubled, and the
    percent sign. ``/d`` keeps out AutoRun, ``/v:off`` leaves the exclamation mark alone. Raises
    UsageError for what nothing can protect: a line break, after which cmd.exe begins another
    command, and the percent sign. ``%AWS_SECRET_ACCESS_KEY%`` would become the secret.
    """
    words = " ".join(map(_quoted, (program, *arguments)))
    return f'"{shell}" /d /e:on /v:off /s /c "{words}"'


def _quoted(word: str) -> str:
    for char, name in (("%", "%"), ("\r", "a line break"), ("\n", "a line break")):
        if char in word:
            raise UsageError(
                f"an argument of a batch file cannot have {name}, because cmd.exe would read it",
                code="batch-argument",
                hint="run the program that the batch file starts",
            )
    quoted, backslashes = "", ""
    for char in word:
        # Backslashes before a quote count for the program that gets the word.
        quoted += backslashes + '""' if char == '"' else char
        backslashes = backslashes + char if char == "\\" else ""
    return f'"{quoted}{backslashes}"'
