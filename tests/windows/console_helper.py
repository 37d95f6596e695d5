"""Types at the console of another process, as a keyboard does, and reads its screen.

Started with the number of that process, and without a console of its own. Reads JSON lines from
stdin: a list of keys to type, where each is a character or the name of a key; "screen" to print
what is shown.
"""

import ctypes
import json
import sys
from ctypes import wintypes

KEYS = {
    "Left": 0x25,
    "Up": 0x26,
    "Down": 0x28,
    "End": 0x23,
    "F1": 0x70,
    "F10": 0x79,
    "Delete": 0x2E,
    "Shift": 0x10,
}
ENHANCED = 0x100


class Record(ctypes.Structure):
    _fields_ = (
        ("kind", wintypes.WORD),
        ("is_down", wintypes.BOOL),
        ("repeats", wintypes.WORD),
        ("key", wintypes.WORD),
        ("scan", wintypes.WORD),
        ("unit", wintypes.WORD),
        ("modifiers", wintypes.DWORD),
    )


kernel = ctypes.WinDLL("kernel32", use_last_error=True)
kernel.CreateFileW.restype = ctypes.c_void_p
kernel.FreeConsole()
assert kernel.AttachConsole(int(sys.argv[1])), ctypes.get_last_error()


def console(name):
    handle = kernel.CreateFileW(name, 0xC0000000, 3, None, 3, 0, None)
    assert handle not in (None, ctypes.c_void_p(-1).value), ctypes.get_last_error()
    return ctypes.c_void_p(handle)


KEYBOARD = console("CONIN$")


def records(key):
    if key in KEYS:
        for is_down in (1, 0):
            yield Record(1, is_down, 1, KEYS[key], 0, 0, ENHANCED)
    elif key.startswith("Alt+"):  # composed of digits: the character comes when Alt is let go
        yield Record(1, 1, 1, 0x12, 0, 0, 2)
        yield Record(1, 0, 1, 0x12, 0, ord(key[4:]), 0)
    else:
        units = key.encode("utf-16-le")
        for at in range(0, len(units), 2):
            for is_down in (1, 0):
                yield Record(1, is_down, 1, 0, 0, int.from_bytes(units[at : at + 2], "little"), 0)


def type_keys(keys):
    every = [record for key in keys for record in records(key)]
    count = wintypes.DWORD()
    assert kernel.WriteConsoleInputW(
        KEYBOARD, (Record * len(every))(*every), len(every), ctypes.byref(count)
    ), ctypes.get_last_error()
    assert count.value == len(every)


def screen():
    text, count = ctypes.create_unicode_buffer(4000), wintypes.DWORD()
    shown = console("CONOUT$")  # opened each time: the program may show another buffer
    assert kernel.ReadConsoleOutputCharacterW(
        shown, text, 4000, wintypes.DWORD(0), ctypes.byref(count)
    ), ctypes.get_last_error()
    kernel.CloseHandle(shown)
    return text.value


for line in sys.stdin:
    order = json.loads(line)
    if order == "screen":
        print(json.dumps(screen()), flush=True)
    else:
        type_keys(order)
        print("typed", flush=True)
