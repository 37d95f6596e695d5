"""A browser that somebody started with a page: follows it, with cookies, and keeps what it saw.

``visitor.py FILE PAGE`` writes the last page to FILE, and what it was started with beside it.
"""

import re
import sys
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

REFRESH = re.compile(r'<meta http-equiv="refresh" content="0; url=([^"]*)">')


class Visitor:
    """``page`` is the text of the page it shows, ``urls`` are all addresses it has been at."""

    def __init__(self):
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))
        self.page, self.urls = "", []

    def open(self, url):
        """Open it, and where it leads to. True, as of a browser that works."""
        try:
            with self._opener.open(url, timeout=30) as answer:
                self.page = answer.read().decode()
                self.urls += [url, answer.url]
        except HTTPError as error:
            self.page = error.read().decode()
            self.urls.append(url)
            return True
        target = REFRESH.search(self.page)
        return self.open(unescape(target[1])) if target else True


if __name__ == "__main__":
    target, page = sys.argv[1:]
    visitor = Visitor()
    visitor.open(page)
    Path(f"{target}.argv").write_text(page, encoding="utf-8")
    Path(target).write_text(visitor.page, encoding="utf-8")
