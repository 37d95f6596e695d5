"""A login that is kept in some place, and refreshed there once, however many processes ask.

A refresh token may be valid only once. So the refresh holds a lock and first reads the login again,
and the new tokens are written for every SDK before anybody uses them. The AWS CLI and the SDKs hold
no lock: what they write meanwhile is never overwritten.
"""

from __future__ import annotations

from awscreds.errors import AwscredsError, AwsError
from awscreds.model.times import parse_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from awscreds.stores.logins import LoginPlace
    from awscreds.workflows.sessions.context import SessionDeps


class KeptLogin:
    """One login; a subclass is a kind of logins. ``note`` gets what the user should know.

    ``places`` are those where it may be, the first one with a valid login is used.
    """

    window: float
    """Seconds before the end of what is in a place, in which it is refreshed.

    A minute more than the SDKs take: so mostly it is we who refresh what they share, with a lock.
    """

    def __init__(
        self, deps: SessionDeps, places: list[LoginPlace], note: Callable[[str], None]
    ) -> None:
        self._deps = deps
        self._places = places
        self._note = note

    # -- what a kind of logins says -----------------------------------------------------------

    def _end(self, login: dict[str, Any]) -> float:
        """When what is in ``login`` ends, in seconds UTC; 0 if it is not a login."""
        raise NotImplementedError

    def _is_refreshable(self, login: dict[str, Any] | None) -> bool:
        """Whether AWS can be asked for new tokens."""
        raise NotImplementedError

    def _ask_aws(self, login: dict[str, Any]) -> dict[str, Any]:
        """``login`` with new tokens. Raises AwsError."""
        raise NotImplementedError

    def ended(self) -> AwsError:
        """The error to raise if nobody is logged in."""
        raise NotImplementedError

    def _explained(self, refusal: AwsError) -> AwsError:
        """The error to raise if AWS gives no new tokens, and the old ones have ended."""
        raise NotImplementedError

    # -- the rest -----------------------------------------------------------------------------

    @property
    def ends_with_us(self) -> bool:
        """Whether only `awscreds logout` ends the login, which then forgets what came of it."""
        return any(place.identity() for place in self._places)

    def _sealed_identity(self) -> str | None:
        """The identity of a login of ours: the same until the next login or logout."""
        return next(filter(None, (place.identity() for place in self._places)), None)

    def _valid(self) -> dict[str, Any]:
        """The login in the first place that has a valid one. Raises AwscredsError if none has."""
        problem: AwscredsError | None = None
        for place in self._places:
            try:
                login = self._current(place)
            except AwscredsError as error:
                problem = problem or error
                continue
            if login is not None and self._left(login) > 0:
                return login
        raise problem or self.ended()

    def _current(self, place: LoginPlace) -> dict[str, Any] | None:
        login = place.read()
        if self._left(login) < self.window and self._is_refreshable(login):
            return self._refreshed(place)
        return login

    def _left(self, login: dict[str, Any] | None) -> float:
        """Seconds that ``login`` is still valid; at most 0 if it is none."""
        return self._end(login) - self._deps.clock() if login else 0

    def _refreshed(self, place: LoginPlace) -> dict[str, Any] | None:
        """The login in ``place``. It is refreshed here unless another process did it meanwhile."""
        login = None
        try:
            with place.lock():
                login = place.read()
                if login is None or self._left(login) >= self.window:
                    return login
                if not self._is_refreshable(login):
                    return login
                # The old refresh token may be worthless afterwards: can the new one be kept?
                place.require_room()
                return self._kept(place, login, self._ask_aws(login))
        except AwscredsError as error:
            # Use the old one while it is valid.
            there = place.read()
            if self._left(there) > 0:
                return there
            if not isinstance(error, AwsError):
                raise
            explained = self._explained(error)
            if login is not None and explained is not error:
                # A program without our lock may have used the refresh token a moment before.
                there = place.replaced(login, wait=True)
                if self._left(there) > 0:
                    return there
            raise explained from None

    def _kept(
        self, place: LoginPlace, sent: dict[str, Any], fresh: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Keep what AWS gave for the login that was ``sent``. Returns what is used now.

        Meanwhile, a program without our lock may have logged in again, or out: that stays.
        """
        if place.is_gone():
            return None
        there = place.replaced(sent, wait=False)
        if there is not None and self._left(there) >= self.window:
            return there
        self._write(place, fresh)
        return fresh

    def _write(self, place: LoginPlace, login: dict[str, Any]) -> None:
        try:
            place.write(login)
        except OSError as error:
            self._note_unsaved(place, error.strerror or "")
        except AwscredsError as error:
            self._note_unsaved(place, error.message)

    def _note_unsaved(self, place: LoginPlace, reason: str) -> None:
        self._note(
            f"cannot save the new tokens of the login in {place.name} ({reason}): log in again "
            "when this session ends"
        )


def ending(text: object) -> float:
    """The time in a file of the CLI in seconds; 0 if there is none. Older files have ``UTC``."""
    if not isinstance(text, str):
        return 0
    if text.endswith("UTC"):
        text = text.removesuffix("UTC") + "Z"
    return parse_iso(text) or 0
