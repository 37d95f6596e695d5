"""The type of every option that takes a duration."""

from __future__ import annotations

import click

from awscreds.errors import UsageError
from awscreds.model.times import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Base = click.ParamType[int]
else:
    Base = click.ParamType  # not generic in every version of click


class Duration(Base):
    """Seconds, typed as ``90m``, ``12h`` or ``7d``.

    ``example`` is shown if the unit is missing. With ``bare_seconds`` a number without a unit is
    seconds; the option's help must say so.
    """

    name = "time"

    def __init__(self, example: str, *, bare_seconds: bool = False) -> None:
        self.example = example
        self.bare_seconds = bare_seconds

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,  # noqa: ARG002 - click's signature
    ) -> int:
        """The seconds. Raises UsageError, which names the option."""
        if isinstance(value, int):
            return value
        try:
            return parse_duration(value, bare_seconds=self.bare_seconds, example=self.example)
        except UsageError as error:
            option = f"{max(param.opts, key=len)}: " if param else ""
            raise UsageError(option + error.message, code=error.code, hint=error.hint) from None
