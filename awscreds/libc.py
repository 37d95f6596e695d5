"""Functions of the C library, without ``ctypes``: importing it takes a quarter of a bare start.

Only its compiled part is used here, which takes almost no time. Not for Windows.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    raise ImportError("Windows has no C library of this kind")

import _ctypes
from _ctypes import FUNCFLAG_CDECL, CFuncPtr, _SimpleCData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ctypes import Array, c_char, c_long
    from typing import Any

    Long = c_long
    _Char = c_char
else:

    class Long(_SimpleCData):
        """A C ``long``: a bare int would be passed as 32 bits."""

        _type_ = "l"

    class _Char(_SimpleCData):
        _type_ = "c"


class _Function(CFuncPtr):
    _flags_ = FUNCFLAG_CDECL
    _restype_ = Long


def function(name: str) -> _Function:
    """The function ``name``, which takes Long, bytes, buffers and None, and returns a long.

    Raises OSError if it does not exist.
    """
    this_program: Any = None
    return _Function(_ctypes.dlsym(_ctypes.dlopen(this_program, 0), name))


def buffer(size: int) -> Array[_Char]:
    """Room for ``size`` bytes, whose content is its ``raw``."""
    return (_Char * size)()
