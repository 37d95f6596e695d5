"""Values with named fields, as ``dataclasses`` makes them, without what that costs each start.

It writes and compiles source for each class: half a millisecond, and `list` loads ten of them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, TypeVar, dataclass_transform

    T = TypeVar("T")
else:

    def dataclass_transform(**_: object) -> object:
        """Nothing: only type checkers look at it."""
        return lambda function: function


@dataclass_transform(frozen_default=True)
def record(*, uncompared: tuple[str, ...] = ()) -> Callable[[type[T]], type[T]]:
    """Make a class like ``@dataclass(frozen=True)`` of its annotations.

    Records are equal if all their fields are, except those in ``uncompared``.
    """

    def decorate(cls: type[T]) -> type[T]:
        fields = tuple(cls.__annotations__)
        return type(
            cls.__name__,
            (cls, _Record),
            {
                "__doc__": cls.__doc__,
                "__module__": cls.__module__,
                "__qualname__": cls.__qualname__,
                "_fields": fields,
                "_required": frozenset(name for name in fields if not hasattr(cls, name)),
                "_compared": tuple(name for name in fields if name not in uncompared),
            },
        )

    return decorate


def changed(one: T, **fields: object) -> T:
    """A copy of a record with other values in some fields."""
    return type(one)(**{**vars(one), **fields})


class _Record:
    _fields: ClassVar[tuple[str, ...]]
    _required: ClassVar[frozenset[str]]
    _compared: ClassVar[tuple[str, ...]]

    def __init__(self, *given: Any, **named: Any) -> None:
        values = dict(zip(self._fields, given, strict=False))
        if len(given) > len(values) or values.keys() & named.keys():
            raise TypeError(f"{type(self).__name__} got a field twice, or too many")
        values |= named
        if not values.keys() <= set(self._fields) or not self._required <= values.keys():
            raise TypeError(f"{type(self).__name__} got {sorted(values)}, not its fields")
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot change")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot change")

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({shown})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._compared_values() == other._compared_values()

    def __hash__(self) -> int:
        return hash(self._compared_values())

    def _compared_values(self) -> tuple[object, ...]:
        return tuple([getattr(self, name) for name in self._compared])
