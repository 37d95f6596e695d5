"""A person at a browser: follows redirects, reads a page, and clicks on what it is told to."""

from __future__ import annotations

import re
from html import unescape
from http.client import HTTPConnection
from urllib.parse import urljoin, urlsplit

MOST_REDIRECTS = 5


class Browser:
    """``page`` is the text of the page it shows, ``url`` where that came from."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 0
        self.page = ""

    def open(self, url: str) -> str:
        """Show the page at ``url``, or to which that leads. Raises OSError."""
        for _ in range(MOST_REDIRECTS):
            parts = urlsplit(url)
            connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
            connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""))
            response = connection.getresponse()
            self.url, self.status = url, response.status
            self.page = response.read().decode()
            connection.close()
            target = response.headers.get("Location")
            if response.status != 302 or target is None:
                return self.page
            url = urljoin(url, target)
        raise OSError(f"too many redirects: {url}")

    def click(self, label: str) -> str:
        """Follow the link ``label`` of the page. KeyError if the page has none."""
        links = {
            unescape(text): unescape(target)
            for target, text in re.findall(r'<a href="([^"]*)">([^<]*)</a>', self.page)
        }
        return self.open(urljoin(self.url, links[label]))


if __name__ == "__main__":
    # As a browser that somebody started: the labels to click on, and the address to open.
    import sys

    *clicks, address = sys.argv[1:]
    browser = Browser()
    browser.open(address)
    for label in clicks:
        browser.click(label)
