"""The ``credential_process`` line of a managed profile, by which SDKs get its keys from us.

Every reader must split the line into the same arguments: botocore's shlex (Python), ``sh -c`` (Go
and JavaScript SDKs), ``cmd.exe`` and botocore's Windows splitter. So everything in it is plain: a
value that is not is written as hex, and no text of a user is ever quoted.
https://docs.aws.amazon.com/cli/latest/topic/config-vars.html#sourcing-credentials-from-external-processes
"""

from __future__ import annotations

from awscreds.errors import ConfigurationError
from awscreds.warm import Request, parse_arguments

POINTER = "awscreds_access_key_id"
"""The key of a config profile that names the stored access key. Its presence means *managed*."""

PROCESS = "credential_process"
COMMAND = "credential-process"

_WORD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_PLAIN_NAME = _WORD | frozenset(".@+/=-")
_PLAIN_PATH = _WORD | frozenset("./-@+=,")
_PLAIN_WINDOWS_PATH = _PLAIN_PATH | frozenset("\\:~ ()")


def line(
    starter: list[str],
    profile: str,
    *,
    config_file: str | None = None,
    home: str | None = None,
    windows: bool = False,
) -> str:
    """The line for ``profile``.

    ``starter`` is the command that starts this installation: interpreter, its flags, our
    ``__main__.py``. ``config_file`` and ``home`` (our state folder) are only passed if they are not
    the default ones. Raises ConfigurationError for a starter that cannot be quoted for every
    reader.
    """
    words = [_quote(word, windows=windows) for word in starter]
    words += [COMMAND, *_option("profile", profile, plain=_is_plain_name(profile))]
    for name, value in (("config-file", config_file), ("home", home)):
        if value is not None:
            words += _option(name, value, plain=bool(value) and set(value) <= _PLAIN_PATH)
    return " ".join(words)


def request_of(process_line: str) -> Request | None:
    """What one of our lines asks for; None for any other line."""
    _, _, after = process_line.partition(f" {COMMAND} ")
    return parse_arguments(after.split()) if is_ours(process_line) else None


def renamed(process_line: str, new: str) -> str:
    """One of our lines, for the profile ``new``. The rest of it stays."""
    before, command, after = process_line.partition(f" {COMMAND} ")
    words = after.split(" ")
    for at, word in enumerate(words):
        option, equals, _ = word.partition("=")
        if option in ("--profile", "--profile-hex"):
            words[at : at + (1 if equals else 2)] = _option(
                "profile", new, plain=_is_plain_name(new)
            )
            break
    return f"{before}{command}{' '.join(words)}"


def is_ours(process_line: str) -> bool:
    """Whether a ``credential_process`` value starts an awscreds, this installation's or another."""
    before, _, after = process_line.partition(f" {COMMAND} --profile")
    before = before.rstrip("\"'").replace("\\", "/")
    return bool(after) and before.endswith("/awscreds/__main__.py")


def _option(name: str, value: str, *, plain: bool) -> list[str]:
    if plain:
        return [f"--{name}", value]
    return [f"--{name}-hex", value.encode("utf-8", "surrogateescape").hex()]


def _is_plain_name(name: str) -> bool:
    return bool(name) and name[0] in _WORD and set(name) <= _PLAIN_NAME


def _quote(word: str, *, windows: bool) -> str:
    if word and set(word) <= _PLAIN_PATH:
        return word
    if windows:
        # cmd.exe expands %X% and !X! also inside quotes, and has no escape for a quote.
        if not set(word) <= _PLAIN_WINDOWS_PATH and not _is_safe_in_double_quotes(word):
            raise _cannot_stand(word)
        return f'"{word}"'
    # SDKs other than botocore cut a value at a blank that is followed by # or ;.
    if any(ord(char) < ord(" ") for char in word) or " #" in word or " ;" in word:
        raise _cannot_stand(word)
    return "'" + word.replace("'", "'\"'\"'") + "'"


def _is_safe_in_double_quotes(word: str) -> bool:
    return all(char.isalnum() or char in _PLAIN_WINDOWS_PATH for char in word)


def _cannot_stand(word: str) -> ConfigurationError:
    return ConfigurationError(
        f"awscreds is installed at {word!r}, but a credential_process line cannot "
        "contain this path",
        code="unusable-installation",
        hint="install awscreds in a folder with a path of only letters, digits and ./_-",
    )
