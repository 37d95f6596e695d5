"""What other programs read in a file of ours that is not ASCII, on Windows.

botocore opens the AWS files without naming an encoding (``configloader.raw_config_parse``). So
Python takes the ANSI code page of Windows, unless it is in UTF-8 mode (PYTHONUTF8=1, or Python
3.15). awscreds and the SDKs of other languages read UTF-8.
"""

from __future__ import annotations

import sys

UTF_8 = 65001


def ansi_code_page() -> int:
    """The number of this computer's; 65001 is UTF-8."""
    if sys.platform == "win32":
        import ctypes

        return int(ctypes.WinDLL("kernel32").GetACP())
    return UTF_8


def misreading(path: str, before: bytes, after: bytes, page: int) -> str | None:
    """What Python programs misread since the file was changed; None if they misread nothing new.

    ``page`` is the number of the ANSI code page. Text that they misread before counts only if it
    makes the whole file unreadable now.
    """
    if page == UTF_8 or after.isascii():
        return None
    fix = "set PYTHONUTF8=1 for them, or use only ASCII characters"
    if not _is_readable(after, page) and _is_readable(before, page):
        return (
            f"boto3 and other Python programs cannot read {path} now: they do not read UTF-8 on "
            f"this computer, but the code page {page}; {fix}"
        )
    if set(_odd_lines(after)) - set(_odd_lines(before)):
        return (
            f"boto3 and other Python programs read other characters in {path}: they do not read "
            f"UTF-8 on this computer, but the code page {page}; {fix}"
        )
    return None


def _is_readable(data: bytes, page: int) -> bool:
    try:
        data.decode(f"cp{page}")
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _odd_lines(data: bytes) -> list[bytes]:
    return [line.strip() for line in data.splitlines() if not line.isascii()]
