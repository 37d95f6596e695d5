"""Functions of the C library, without ``ctypes``: importing it takes a quarter of a bare start.

Only its compiled part is used here, which takes almost no time. Not for Windows. A warm
``credential-process`` loads this: it imports nothing else, not even ``os`` and ``__future__``.
"""

import sys

if sys.platform == "win32":
    raise ImportError("Windows has no C library of this kind")

import _ctypes
from _ctypes import FUNCFLAG_CDECL, CFuncPtr, _SimpleCData

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ctypes
    from typing import Any

    Long = ctypes.c_long
    _Char = ctypes.c_char
    _Int = ctypes.c_int
else:

    class Long(_SimpleCData):
        """A C ``long``: a bare int would be passed as 32 bits."""

        _type_ = "l"

    class _Char(_SimpleCData):
        _type_ = "c"

    class _Int(_SimpleCData):
        _type_ = "i"


# Numbers of (add_key, keyctl) by machine and the bits of a pointer: a 32-bit program on a 64-bit
# kernel has other numbers than its machine's name says, and gets none.
_NUMBERS = {
    ("x86_64", 64): (248, 250),
    ("aarch64", 64): (217, 219),
    ("riscv64", 64): (217, 219),
    ("loongarch64", 64): (217, 219),
    ("ppc64le", 64): (269, 271),
    ("ppc64", 64): (269, 271),
    ("s390x", 64): (278, 280),
    ("i686", 32): (286, 288),
    ("armv7l", 32): (309, 311),
    ("armv6l", 32): (309, 311),
}


class _Function(CFuncPtr):
    _flags_ = FUNCFLAG_CDECL
    _restype_ = Long


def function(name: str) -> _Function:
    """The function ``name``, which takes Long, bytes, buffers and None, and returns a long.

    Raises OSError if it does not exist.
    """
    this_program: Any = None
    return _Function(_ctypes.dlsym(_ctypes.dlopen(this_program, 0), name))


def call_or_raise(name: str, *arguments: object) -> None:
    """Call the function ``name``, which returns an int that is negative if it failed.

    Raises the OSError of its ``errno``; ENOSYS if it does not exist.
    """
    import errno

    if sys.platform == "win32":
        raise OSError(errno.ENOSYS, name)
    import posix
    from _ctypes import FUNCFLAG_USE_ERRNO, get_errno

    class Reporting(CFuncPtr):
        _flags_ = FUNCFLAG_CDECL | FUNCFLAG_USE_ERRNO
        _restype_ = _Int

    this_program: Any = None
    try:
        address = _ctypes.dlsym(_ctypes.dlopen(this_program, 0), name)
    except OSError:
        raise OSError(errno.ENOSYS, posix.strerror(errno.ENOSYS)) from None
    if Reporting(address)(*arguments) < 0:
        raise OSError(get_errno(), posix.strerror(get_errno()))


def buffer(size: int) -> "ctypes.Array[_Char]":
    """Room for ``size`` bytes, whose content is its ``raw``."""
    return (_Char * size)()


def forbid_dumps() -> None:
    """Allow ptrace and /proc/PID/mem only to root, and let Linux dump no core of this process.

    With any fs.suid_dumpable, which is for processes that have changed their user (prctl(2)).
    Raises OSError.
    """
    set_dumpable = 4
    function("prctl")(*map(Long, (set_dumpable, 0, 0, 0, 0)))


def key_call(name: str, *arguments: object) -> int:
    """What Linux answers to ``add_key`` or ``keyctl``; negative if it cannot be asked."""
    if sys.platform != "linux":
        return -1
    import posix

    bits = 64 if sys.maxsize > 2**32 else 32
    numbers = _NUMBERS.get((posix.uname().machine, bits))
    if numbers is None:
        return -1
    try:
        call = function("syscall")
    except OSError:
        return -1
    # A bare int would be passed as 32 bits, with the upper half of the register undefined.
    number = numbers[name == "keyctl"]
    return int(call(*[Long(a) if isinstance(a, int) else a for a in (number, *arguments)]))
