"""What is known of an access key: whose it is, when it was made, and when we stored it."""

from __future__ import annotations

from awscreds.errors import AwsError
from awscreds.model.keys import shown_key_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.app.dialogue import Dialogue
    from awscreds.aws.gateway import Aws, Identity
    from awscreds.model.credentials import AccessKey, Session
    from awscreds.model.profile import Profile, Profiles
    from awscreds.stores.selection import StoreSelection
    from awscreds.stores.state import State


class KeyFacts:
    """What AWS tells of keys, and what was written down of them."""

    def __init__(
        self,
        *,
        profiles: Callable[[], Profiles],
        environ: Mapping[str, str],
        aws: Callable[[], Aws],
        state: State,
        stores: StoreSelection,
        dialogue: Dialogue,
        clock: Callable[[], float],
    ) -> None:
        self._profiles = profiles
        self._environ = environ
        self._aws = aws
        self._state = state
        self._stores = stores
        self._dialogue = dialogue
        self._clock = clock

    def identity_of(
        self, credentials: AccessKey | Session, profile: Profile, region: str | None
    ) -> Identity:
        """Whose ``credentials`` are, asked the way ``profile`` reaches AWS."""
        from awscreds.model.service_endpoint import resolve_endpoint

        how = resolve_endpoint("sts", profile, self._profiles(), self._environ)
        if region:
            how.region = region
        shown = shown_key_id(credentials.id)
        self._dialogue.detail(f"checking the access key {shown} with STS in {how.region}")
        return self._aws().caller_identity(credentials, how)

    def created_at(self, key: AccessKey, profile: Profile) -> float | None:
        """When IAM made ``key``, in seconds since the epoch; None where it does not tell us."""
        from awscreds.aws.iam import Iam
        from awscreds.model.service_endpoint import resolve_endpoint

        how = resolve_endpoint("iam", profile, self._profiles(), self._environ)
        try:
            # Nice to know and no more: where IAM is out of reach, nobody is to wait for it.
            found = Iam(key, how, attempts=1).list_access_keys(None)
        except AwsError as error:
            self._dialogue.detail(f"IAM does not show when this key was created: {error.message}")
            return None
        return next((info.created for info in found if info.id == key.id), None)

    def note(self, key_id: str, identity: Identity | None, created_at: float | None = None) -> None:
        """Write down what is known of a key just stored: when, whose it is, and where it went.

        The backend of the first one is that of all to come, unless the environment forced it.
        """
        from awscreds.model.times import format_iso

        facts = {"stored_at": format_iso(self._clock())}
        # What AWS itself has said of a key, no other endpoint unsays.
        known_by = self._state.entry(key_id).get("endpoint")
        if identity and (known_by != "aws" or identity.said_by == "aws"):
            facts |= {
                "account": identity.account,
                "arn": identity.arn,
                "user_id": identity.user_id,
                "endpoint": identity.said_by,
            }
        if created_at:
            facts["created_at"] = format_iso(created_at)
        self._state.note(key_id, **facts)
        kept_in = self._state.entry(key_id).get("backend")
        if kept_in:
            self._stores.keep_choice(kept_in)
