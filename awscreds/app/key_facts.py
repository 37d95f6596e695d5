"""What is known about an access key: its user, when it was created, and when it was stored."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What AWS says about keys, and what was written down about them."""

    profiles: Callable[[], Profiles]
    environ: Mapping[str, str]
    aws: Callable[[], Aws]
    state: State
    stores: StoreSelection
    dialogue: Dialogue
    clock: Callable[[], float]

    def identity_of(
        self, credentials: AccessKey | Session, profile: Profile, region: str | None
    ) -> Identity:
        """Who ``credentials`` belong to, asked at the endpoint of ``profile``."""
        from awscreds.model.service_endpoint import resolve_endpoint

        endpoint = resolve_endpoint("sts", profile, self.profiles(), self.environ)
        if region:
            endpoint.region = region
        shown = shown_key_id(credentials.id)
        self.dialogue.detail(f"checking the access key {shown} with STS in {endpoint.region}")
        return self.aws().caller_identity(credentials, endpoint)

    def created_at(self, key: AccessKey, profile: Profile) -> float | None:
        """When IAM created ``key``, in seconds since the epoch; None if it does not say."""
        from awscreds.aws.iam import Iam
        from awscreds.model.service_endpoint import resolve_endpoint

        endpoint = resolve_endpoint("iam", profile, self.profiles(), self.environ)
        try:
            # Only nice to know: if IAM cannot be reached, nobody should wait for it.
            found = Iam(key, endpoint, attempts=1).list_access_keys(None)
        except AwsError as error:
            self.dialogue.detail(
                f"cannot get the creation date of this key from IAM: {error.message}"
            )
            return None
        return next((info.created for info in found if info.id == key.id), None)

    def note(self, key_id: str, identity: Identity | None, created_at: float | None = None) -> None:
        """Write down what is known about a key that was just stored: when, its user, and the store.

        All later keys go to the backend of the first one, unless the environment forced it.
        """
        from awscreds.model.times import format_iso

        facts = {"stored_at": format_iso(self.clock())}
        # No other endpoint may overwrite what AWS itself has said about a key.
        known_by = self.state.entry(key_id).get("endpoint")
        if identity and (known_by != "aws" or identity.said_by == "aws"):
            facts |= {
                "account": identity.account,
                "arn": identity.arn,
                "user_id": identity.user_id,
                "endpoint": identity.said_by,
            }
        if created_at:
            facts["created_at"] = format_iso(created_at)
        self.state.note(key_id, **facts)
        kept_in = self.state.entry(key_id).get("backend")
        if kept_in:
            self.stores.keep_choice(kept_in)

    def warn_of_old_key(self, profile: Profile) -> None:
        """Warn, once a day, if the key behind a profile is older than ``awscreds_max_key_age``.

        Its age counts from when IAM created it; if that is not known, from when it was stored.
        """
        from awscreds.model.role_chain import resolve_chain
        from awscreds.model.settings import MAX_KEY_AGE
        from awscreds.model.times import DAY
        from awscreds.workflows.checks.stored_entries import old_key

        profiles, now = self.profiles(), self.clock()
        source = profiles.find(resolve_chain(profiles, profile.name).source.profile)
        entry = self.state.entry(source.session_key_id or "")
        limit = MAX_KEY_AGE.read(profile.get(MAX_KEY_AGE.name))
        old = old_key(source, entry, now, limit, ("", 0))
        if old and now - self.state.warned_at(source.name) >= DAY:
            self.state.note_warning(source.name, now)
            self.dialogue.warn(f"{old.message}; rotate it: {old.remedy}")
