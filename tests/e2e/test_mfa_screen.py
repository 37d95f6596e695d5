"""The QR code on a real terminal, read by a real decoder from what the screen shows."""

import os
import re
import shutil
import signal

import pytest

from awscreds.model import totp
from tests.e2e.conftest import PROGRAM
from tests.e2e.tmux import window
from tests.helpers import missing_tool, need_posix

DARK, LIGHT = (0, 0, 0), (255, 255, 255)
FIXED = {"16": DARK, "231": LIGHT}
"""Colours of the palette of 256 that no theme changes."""
THEMES = {"dark": (LIGHT, DARK), "light": (DARK, LIGHT)}
"""The colours of text and background where a program sets none."""
PIXELS = 4
"""For each module, as a camera would see it."""


@pytest.fixture
def decoder():
    need_posix("tmux")
    if shutil.which("tmux") is None:
        missing_tool("tmux is not installed")
    return pytest.importorskip("zxingcpp", reason="no reader of QR codes here")


def picture(screen, theme):
    """What is on the screen as grey pixels: two rows of modules for each line of text."""
    rows = []
    text, back = THEMES[theme]
    for line in screen.split("\n"):  # tmux says a colour once, also for the lines below
        upper, lower = [], []
        for sgr, char in re.findall(r"\x1b\[([0-9;]*)m|(.)", line):
            if not char:
                text, back = colours(sgr.split(";"), (text, back), THEMES[theme])
                continue
            upper.append(text if char in "\u2580\u2588" else back)
            lower.append(text if char in "\u2584\u2588" else back)
        rows += [upper, lower]
    width = max(map(len, rows))
    _, back = THEMES[theme]
    grey = bytearray()
    for row in rows:
        pixels = [colour[0] for colour in [*row, *[back] * (width - len(row))]]
        grey += bytes(value for value in pixels for _ in range(PIXELS)) * PIXELS
    return memoryview(bytes(grey)).cast("B", (len(rows) * PIXELS, width * PIXELS))


def colours(codes, now, default):
    text, back = now
    codes = iter(codes)
    for code in codes:
        if code in ("", "0"):
            text, back = default
        elif code in ("38", "48"):
            assert next(codes) == "5"
            colour = FIXED[next(codes)]
            text, back = (colour, back) if code == "38" else (text, colour)
        elif code == "39":
            text = default[0]
        elif code == "49":
            back = default[1]
    return text, back


def test_a_signal_that_ends_the_program_takes_the_code_off_the_screen(alice, tmp_path, decoder):
    alice.configure("alice", "--region", "us-east-1")
    environment = {**alice.environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    pid = tmp_path / "pid"
    with window(tmp_path, environment, "sh") as terminal:
        terminal.resize(80, 24)
        terminal.type(f"clear; sh -c 'echo $$ >{pid}; exec {PROGRAM} mfa enable alice'\n")
        screen = terminal.wait_for(is_asking)
        assert any("\u2588" in line for line in screen)
        os.kill(int(pid.read_text()), signal.SIGTERM)
        terminal.wait_for(lambda screen: not any("\u2588" in line for line in screen))
        assert "\u2588" not in terminal.history
    alice.awscreds("mfa", "enable", "alice", "--store-seed")
    assert "mfa/alice-2" in alice.config.read_text()


def is_asking(screen):
    return any(line.startswith("The code that") for line in screen)


def test_the_qr_code_is_read_from_a_terminal_of_80_by_24(alice, tmp_path, decoder):
    alice.configure("alice", "--region", "us-east-1")
    environment = {**alice.environment, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    with window(tmp_path, environment, "sh") as terminal:
        terminal.resize(80, 24)
        terminal.type(f"PS1='$ '; clear; {PROGRAM} mfa enable alice\n")
        terminal.wait_for(is_asking)
        screen = terminal.raw_screen
        found = {}
        for theme in THEMES:
            [code] = decoder.read_barcodes(picture(screen, theme))
            found[theme] = code.text
        assert found["dark"] == found["light"]
        uri = re.fullmatch(
            r"otpauth://totp/AWS:alice@123456789012\?secret=([A-Z2-7]{64})&issuer=AWS",
            found["dark"],
        )
        seed = uri[1]
        assert seed not in screen
        step = totp.step_at(alice.sandbox.control.now())
        terminal.type(totp.code(seed, step) + "\n")
        terminal.wait_for(lambda screen: any("The next code" in line for line in screen))
        assert decoder.read_barcodes(picture(terminal.raw_screen, "dark"))  # still whole
        alice.sandbox.control.advance(30)
        terminal.type(totp.code(seed, step + 1) + "\n")
        terminal.wait_for(lambda screen: any("Enabled arn:aws:iam" in line for line in screen))
        history = terminal.history
        assert not any(char in history for char in "\u2580\u2584\u2588")
        assert seed not in history
    assert "awscreds_mfa_serial = arn:aws:iam::123456789012:mfa/alice-2" in alice.config.read_text()
