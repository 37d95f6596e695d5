"""Search every file of a folder for a secret, in each form that it could have there."""

from __future__ import annotations

import base64
import os
from urllib.parse import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def files_with(secret: str, folder: Path) -> list[str]:
    """The files below ``folder`` that hold ``secret``, as paths relative to it, in order."""
    forms = forms_of(secret)
    return sorted(
        os.path.relpath(path, folder)
        for path in _files(folder)
        for content in [_content(path)]
        if any(form in content for form in forms)
    )


def forms_of(secret: str) -> set[bytes]:
    """A secret as it is, in UTF-16, in a URL, in hexadecimal, in base64 at each of its offsets."""
    plain = secret.encode()
    forms = {plain, *(secret.encode(f"utf-16-{order}") for order in ("le", "be"))}
    forms |= {quote(secret).encode(), quote(secret, safe="").encode()}
    forms |= {plain.hex().encode(), plain.hex().upper().encode()}
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + plain)
        # Four characters are three bytes: those that include another byte are left out.
        inner = encoded[4 if offset else 0 : (offset + len(plain)) // 3 * 4]
        forms |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return forms


def _files(folder: Path) -> Iterator[str]:
    for parent, _, names in os.walk(folder, onerror=_raise):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def _raise(error: OSError) -> None:
    raise error  # a folder that was not searched proves nothing


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
