"""Sections as almost all are, found by one pattern: for files with thousands of profiles.

A tidy section is `[profile NAME]`, `[default]` or, in a credentials file, `[NAME]`, with a name
that every tool reads (not `[DEFAULT]`), and below it only lines `key = value` in lower case and
printable ASCII, without quotes, comments or blanks at the left. All tools read the same in it: the
values are what is between ` = ` and the end of each line, and ``model/problems`` need not look at
the lines. ``blocks`` and the checks of each line are for all others, and find the same in a tidy
one.
"""

from __future__ import annotations

import functools
import re

from awscreds.model.ini import blocks
from awscreds.model.ini.blocks import PROFILE, Block

_NAME = r"[A-Za-z0-9_.\-/%@:+]++"  # ``model.names.EVERYWHERE``
_WORD = r"[!$-&(-:<-~]++"  # without a quote, # and ;
_HEADERS = {False: rf"profile {_NAME}|default", True: rf"(?!DEFAULT\]){_NAME}"}
_SKIPPED = len("profile ")


def read_blocks(text: str, *, credentials: bool) -> list[Block]:
    """The same as ``blocks.read_blocks``, with the tidy blocks marked."""
    returns = text.count("\r")
    ending = r"\r\n" if returns else r"\n"
    if returns and returns != text.count("\r\n"):  # some tools break lines there, others do not
        return blocks.read_blocks(text, credentials=credentials)
    found: list[Block] = []
    others: list[str] = []
    for raw, header, other in _pattern(ending, _HEADERS[credentials]).findall(text):
        if not raw:
            others.append(other)
            continue
        if others or not found:
            found += _untidy(others, credentials=credentials, is_first=not found)
            others.clear()
        name = header if credentials or header == "default" else header[_SKIPPED:]
        found.append(Block(raw, header, (PROFILE, name), is_tidy=True))
    found += _untidy(others, credentials=credentials, is_first=not found)
    if sum(block.header is None for block in found) > 1:
        # A line begins with a bracket and is no header, so it belongs to the section above it.
        return blocks.read_blocks(text, credentials=credentials)
    return found


@functools.cache
def _pattern(ending: str, header: str) -> re.Pattern[str]:
    """Groups: a tidy section and its header, or any other lines up to one that begins with [."""
    line = rf"aws_[a-z0-9_]++ = {_WORD}|(?!aws_)[a-z][a-z0-9_]*+ = {_WORD}(?: {_WORD})*+"
    tidy = rf"\[({header})\]{ending}(?:(?:{line}){ending})*+(?:{ending})*+(?=\[|\Z)"
    return re.compile(rf"({tidy})|([^\n]*+(?:\n(?!\[)[^\n]*+)*+\n?+)")


def _untidy(others: list[str], *, credentials: bool, is_first: bool) -> list[Block]:
    found = blocks.read_blocks("".join(others), credentials=credentials)
    return found if is_first or found[0].raw else found[1:]
