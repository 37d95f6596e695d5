"""The pages that a browser gets from the sandbox: a title, a sentence, and links."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from awscreds.sandbox.responses import Reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def page(title: str, text: str, links: Mapping[str, str] | None = None) -> Reply:
    """A page with ``links``: labels and where they lead. It loads nothing."""
    listed = "".join(
        f'<p><a href="{escape(target)}">{escape(label)}</a></p>'
        for label, target in (links or {}).items()
    )
    body = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p>{listed}"
    )
    return Reply(200, body.encode(), "text/html; charset=utf-8")


def redirect(uri: str, query: Mapping[str, str]) -> Reply:
    """An answer that sends the browser to ``uri`` with ``query``."""
    target = f"{uri}?{urlencode(query)}"
    return Reply(302, b"", "text/plain", headers=(("Location", target),))
