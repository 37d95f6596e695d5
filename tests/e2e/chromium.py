"""A real Chromium without a window, which a test drives by the DevTools protocol over two pipes.

https://chromedevtools.github.io/devtools-protocol/
"""

import itertools
import json
import os
import select
import subprocess
import time

SECONDS = 20
"""How long a page may take."""


class Chromium:
    """One browser with one tab. Use it with ``with``. ``folder`` is for its profile."""

    def __init__(self, program, folder):
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        words = [
            program,
            "--headless=new",
            "--remote-debugging-pipe",  # it reads fd 3, and writes fd 4
            f"--user-data-dir={folder}",
            "--no-first-run",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-extensions",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-proxy-server",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            "about:blank",
        ]
        shell = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", shell, "bash", *words],
            pass_fds=[to_browser, from_browser],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_browser), os.close(from_browser)
        self._numbers, self._heard, self._tab = itertools.count(1), b"", None

    def __enter__(self):
        targets = self._call("Target.getTargets")["targetInfos"]
        [page] = [each["targetId"] for each in targets if each["type"] == "page"]
        attached = self._call("Target.attachToTarget", targetId=page, flatten=True)
        self._tab = attached["sessionId"]
        return self

    def __exit__(self, *_):
        os.close(self._to)
        self._process.terminate()
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from)

    def open(self, url):
        """Open the address in the tab."""
        self._call("Page.navigate", url=url)

    def text(self, *, until):
        """The text of the page, once it has ``until``."""
        end = time.monotonic() + SECONDS
        text = ""
        while time.monotonic() < end:
            text = self.value("document.body ? document.body.innerText : ''") or ""
            if until in text:
                return text
            select.select([], [], [], 0.05)
        raise AssertionError(f"{self.address}: {text}")

    def click(self, label):
        """Click on the link with this text."""
        self.value(
            "[...document.querySelectorAll('a')].find(a => a.innerText === "
            f"{json.dumps(label)}).click()"
        )

    @property
    def address(self):
        """Where the tab is."""
        return self.value("location.href")

    def value(self, expression):
        """What an expression of JavaScript gives on the page; None if the page is left just now."""
        answer = self._call("Runtime.evaluate", expression=expression)
        return answer.get("result", {}).get("value")

    def _call(self, method, **params):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._tab:
            message["sessionId"] = self._tab
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                # A page that is left meanwhile gives an error: the next question will do.
                return answer.get("result", {})

    def _next(self):
        while b"\0" not in self._heard:
            ready, _, _ = select.select([self._from], [], [], SECONDS)
            assert ready, "Chromium does not answer"
            more = os.read(self._from, 65536)
            assert more, "Chromium has ended"
            self._heard += more
        message, _, self._heard = self._heard.partition(b"\0")
        return json.loads(message)
