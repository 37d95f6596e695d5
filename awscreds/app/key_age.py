"""How old an access key may be before people are told to rotate it."""

from __future__ import annotations

from awscreds.model.keys import shown_key_id
from awscreds.model.role_chain import resolve_chain
from awscreds.model.settings import MAX_KEY_AGE
from awscreds.model.text import quoted
from awscreds.model.times import DAY, parse_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app.dialogue import Dialogue
    from awscreds.model.profile import Profile, Profiles
    from awscreds.stores.state import State


def warn_of_old_key(
    profile: Profile, profiles: Profiles, state: State, dialogue: Dialogue, *, now: float
) -> None:
    """Warn, once a day, where the key behind a profile is older than it should be.

    How old it may be is the profile's ``awscreds_max_key_age``. What is known is
    when IAM made it, or at least since when we have it.
    """
    source = profiles.find(resolve_chain(profiles, profile.name).source.profile)
    entry = state.entry(source.session_key_id or "")
    since = parse_iso(entry.get("created_at") or entry.get("stored_at") or "")
    limit = MAX_KEY_AGE.read(profile.get(MAX_KEY_AGE.name))
    if since is None or now - since <= limit or now - state.warned_at(source.name) < DAY:
        return
    state.note_warning(source.name, now)
    days = int((now - since) // DAY)
    dialogue.warn(
        f"the access key {shown_key_id(source.access_key_id)} is at least {days} days "
        f"old; rotate it: awscreds rotate --profile {quoted(source.name)}"
    )
