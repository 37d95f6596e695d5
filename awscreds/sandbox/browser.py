"""A person at a browser: follows redirects, keeps cookies, and clicks on what it is told to."""

from __future__ import annotations

import re
from html import unescape
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

MOST_PAGES = 5
"""How many pages may lead on to others by themselves."""

SEEN = "--seen="
_REFRESH = re.compile(r'<meta http-equiv="refresh" content="0; url=([^"]*)">')


class Browser:
    """``page`` is the text of the page it shows, ``url`` where that came from."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 0
        self.page = ""
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor())

    def open(self, url: str) -> str:
        """Show the page at ``url``, or to which that leads. Raises OSError."""
        for _ in range(MOST_PAGES):
            try:
                answer = self._opener.open(url, timeout=30)
            except HTTPError as refusal:
                answer = refusal
            with answer:
                self.url, self.status = answer.url, answer.status or 200  # a file has none
                self.page = answer.read().decode()
            target = _REFRESH.search(self.page)
            if target is None:
                return self.page
            url = urljoin(self.url, unescape(target[1]))
        raise OSError(f"too many pages lead on to others: {url}")

    def click(self, label: str) -> str:
        """Follow the link ``label`` of the page. KeyError if the page has none."""
        links = {
            unescape(text): unescape(target)
            for target, text in re.findall(r'<a href="([^"]*)">([^<]*)</a>', self.page)
        }
        return self.open(urljoin(self.url, links[label]))

    @property
    def text(self) -> str:
        """What a person reads on the page, on one line."""
        body = self.page.rpartition("</title>")[2]
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


if __name__ == "__main__":
    # As a browser that somebody started: the labels to click on, the file to write what it shows
    # at last to, and the address to open.
    import os
    import sys

    *words, address = sys.argv[1:]
    clicks = [word for word in words if not word.startswith(SEEN)]
    seen = next((word.removeprefix(SEEN) for word in words if word.startswith(SEEN)), None)
    browser = Browser()
    browser.open(address)
    for label in clicks:
        browser.click(label)
    if seen:
        with open(f"{seen}.new", "w", encoding="utf-8") as file:
            file.write(f"{browser.text}\n")
        os.replace(f"{seen}.new", seen)
