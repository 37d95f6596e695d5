"""A real terminal for programs that ask it questions, such as PowerShell's line editor.

tmux answers what they ask (where the cursor is, which keys there are) and shows the screen as text.
"""

import contextlib
import os
import shutil
import subprocess
import time

from tests.helpers import missing_tool

PATIENCE = 90
"""Seconds until something that should be on the screen is missed: PowerShell starts slowly."""
TRIES = 5


class Window:
    def __init__(self, folder, environment):
        self._folder = folder
        self._environment = environment
        self._socket = folder / "tmux"

    def _tmux(self, *words):
        program = shutil.which("tmux")
        if program is None:
            missing_tool("tmux is not installed")
        done = subprocess.run(
            [program, "-S", self._socket, "-f", os.devnull, *words],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *words):
        words = ("new-session", "-d", "-x", "100", "-y", "40", *words)
        for _ in range(TRIES - 1):
            # The client of tmux 3.3a sometimes loses the server that it has just started.
            with contextlib.suppress(AssertionError):
                self._tmux(*words)
                return
            time.sleep(0.2)
        self._tmux(*words)

    def resize(self, columns, rows):
        """Give the program exactly that many columns and rows."""
        self._tmux("set-option", "-g", "status", "off")
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    @property
    def raw_screen(self):
        """The screen as it is, with its blanks, and with its colours as sequences."""
        return self._tmux("capture-pane", "-p", "-e", "-N")

    @property
    def history(self):
        """All that can be scrolled back to, and the screen."""
        return self._tmux("capture-pane", "-p", "-S", "-")

    def type(self, text):
        self._tmux("send-keys", "-l", text)

    def press(self, *keys):
        """Keys by tmux's names: Tab, Enter, C-c."""
        self._tmux("send-keys", *keys)

    @property
    def screen(self):
        """The lines that are not blank."""
        lines = self._tmux("capture-pane", "-p", "-J").split("\n")
        return [line.rstrip() for line in lines if line.strip()]

    def wait_for(self, is_there):
        """Wait until a line of the screen is this text, or what the function says is on it."""
        if isinstance(is_there, str):
            return self.wait_for(lambda screen: is_there in screen)
        end = time.monotonic() + PATIENCE
        while not is_there(self.screen):
            assert time.monotonic() < end, "\n".join(self.screen)
            time.sleep(0.05)
        return self.screen

    def close(self):
        with contextlib.suppress(AssertionError):
            self._tmux("kill-server")


@contextlib.contextmanager
def window(folder, environment, *words):
    """A terminal in which ``words`` run."""
    made = Window(folder, {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment})
    try:
        made.start(*words)
        yield made
    finally:
        made.close()
