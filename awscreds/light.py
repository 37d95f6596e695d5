"""Parts of the standard library, without the modules that theirs load.

``functools`` and ``contextlib`` load ``collections``, and ``json`` loads ``re``: together as
much as a bare start of Python, whenever an SDK finds no kept answer. What is here does the same,
and only what such a start needs of it. Everything else uses the standard library.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from functools import cached_property
    from types import TracebackType
    from typing import Any
else:

    class cached_property:  # noqa: N801 - the name that it has in functools
        """As ``functools.cached_property``."""

        def __init__(self, make: Callable[[Any], Any]) -> None:
            self._make = make
            self.__doc__ = make.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self._name] = self._make(instance)
            return value


__all__ = ["cached_property", "loads", "quoted", "suppress"]


class suppress:  # noqa: N801 - the name that it has in contextlib
    """As ``contextlib.suppress``, of errors that are no group."""

    def __init__(self, *errors: type[BaseException]) -> None:
        self._errors = errors

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        return kind is not None and issubclass(kind, self._errors)


class _Usual:
    """How ``json.loads`` reads without options."""

    strict = True
    object_hook = object_pairs_hook = array_hook = None
    parse_float = float
    parse_int = int

    @staticmethod
    def parse_constant(name: str) -> float:
        """``NaN`` and ``Infinity``."""
        return float(name.replace("Infinity", "inf"))


def loads(data: str | bytes) -> Any:
    """As ``json.loads``, for what is in UTF-8. Raises what that raises."""
    usual: Any = _Usual
    try:
        from _json import make_scanner

        text = data.decode() if isinstance(data, bytes) else data
        text = text.strip(" \t\n\r")
        value, end = make_scanner(usual)(text, 0)
        if end == len(text):
            return value
    except (ImportError, AttributeError, StopIteration, ValueError):
        pass
    import json

    return json.loads(data)


def quoted(text: str) -> str:
    """``text`` as a string of JSON, with nothing but ASCII."""
    try:
        from _json import encode_basestring_ascii
    except ImportError:
        from json.encoder import encode_basestring_ascii
    return encode_basestring_ascii(text)
