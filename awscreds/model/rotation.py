"""The stages of a rotation, and where it continues after an interruption: two tables.

A rotation goes through the stages of ``FORWARD``. Each stage can be repeated: it looks whether its
work is done. If one fails, the rotation either goes all the way ``BACK``, which first checks that
the old key exists and works, or it stops and waits for ``rotate --resume``. A resume looks at what
AWS and the stores hold. The first of ``RULES`` that fits says where it continues.

Nothing is removed before what replaces it is stored, read back and accepted by AWS. So at every
moment one key is both stored and accepted, wherever the process dies.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CLEAN_UP = "settle"  # the word of journals
MAKE_ROOM = "make-room"
CREATE = "create"
STORE = "store"
VERIFY = "verify"
SWITCH = "switch"
DEACTIVATE = "deactivate"
CHECK = "check"
DELETE = "delete"
FORGET = "forget"

REACTIVATE = "reactivate"
SWITCH_BACK = "switch-back"
DISCARD = "discard"
FORGET_NEW = "forget-new"

GO_BACK = "go back"
STOP = "stop"

SIGNER = "signer"
"""The MFA session of the whole rotation; without MFA, the old key."""
NEW_KEY = "new key"
"""That session; without MFA, the new key, which is verified at that point."""
EITHER = "either key"
"""An MFA session of either key; without MFA, whichever key AWS accepts."""
NOBODY = ""


@dataclass(frozen=True)
class Stage:
    """A row: what is done, who signs it, by which IAM actions, and what follows a failure."""

    name: str
    description: str
    """In words, with ``{old}``, ``{new}``, ``{other}`` for the ids of the keys."""
    signed_by: str
    on_failure: str
    """GO_BACK or STOP."""
    actions: tuple[str, ...] = ()
    pause: float = 0
    """Seconds to wait before it, each time."""
    reason_for_pause: str = ""
    """In words."""


# fmt: off
FORWARD = (
    Stage(CLEAN_UP,   "Look for a key that an earlier attempt created and lost, and delete it",
          SIGNER,  STOP,    ("iam:ListAccessKeys", "iam:GetAccessKeyLastUsed",
                             "iam:UpdateAccessKey", "iam:DeleteAccessKey")),
    Stage(MAKE_ROOM,  "Delete the user's other key {other}",
          SIGNER,  GO_BACK, ("iam:DeleteAccessKey",)),
    Stage(CREATE,     "Create a new key",
          SIGNER,  GO_BACK, ("iam:ListAccessKeys", "iam:CreateAccessKey")),
    Stage(STORE,      "Store the new key and read it back",
          NOBODY,  GO_BACK),
    Stage(VERIFY,     "Wait until AWS accepts the new key",
          NEW_KEY, GO_BACK, ("sts:GetCallerIdentity",)),
    Stage(SWITCH,     "Switch profiles to the new key",
          NOBODY,  GO_BACK),
    Stage(DEACTIVATE, "Deactivate the old key {old}",
          NEW_KEY, STOP,    ("iam:UpdateAccessKey",),
          pause=1.0,
          reason_for_pause="Wait 1 second, for programs that got the old key just before"),
    Stage(CHECK,      "Check that the new key works without the old one",
          NEW_KEY, GO_BACK, ("sts:GetCallerIdentity", "iam:ListAccessKeys")),
    Stage(DELETE,     "Delete the old key {old}",
          NEW_KEY, STOP,    ("iam:DeleteAccessKey",)),
    Stage(FORGET,     "Remove the old key's secret and cached sessions",
          NOBODY,  STOP),
)

BACK = (
    Stage(REACTIVATE,  "Check that the old key {old} is active and works",
          EITHER, STOP,   ("iam:ListAccessKeys", "iam:UpdateAccessKey", "sts:GetCallerIdentity")),
    Stage(SWITCH_BACK, "Switch profiles back to the old key {old}",
          NOBODY, STOP),
    Stage(DISCARD,     "Delete the new key",
          SIGNER, STOP,   ("iam:ListAccessKeys", "iam:DeleteAccessKey")),
    Stage(FORGET_NEW,  "Remove the new key's secret",
          NOBODY, STOP),
)
# fmt: on

WAITS_FOR_REACH = (MAKE_ROOM, VERIFY, SWITCH, CHECK)
"""Stages that stop if AWS or the store is out of reach: what was done stays, and is right."""

STAGES = {stage.name: stage for stage in (*FORWARD, *BACK)}

ACTIVE = "active"
INACTIVE = "inactive"
GONE = "gone"
UNKNOWN = "unknown"
"""Of the new key: its id is not in the journal, so there is none, or one whose answer was lost."""

KEPT = (True,)
LOST = (False,)
ANY: tuple[bool, ...] = (True, False)


@dataclass(frozen=True)
class ObservedState:
    """What AWS and the stores hold of an interrupted rotation."""

    old: str
    """ACTIVE, INACTIVE or GONE."""
    new: str
    """The same, or UNKNOWN."""
    old_kept: bool
    """Whether the old key's secret can be read."""
    new_kept: bool
    going_back: bool
    """Whether the journal has it on its way back."""


@dataclass(frozen=True)
class Rule:
    """A row: what may be found, and the stage to continue with."""

    old: tuple[str, ...]
    old_kept: tuple[bool, ...]
    new: tuple[str, ...]
    new_kept: tuple[bool, ...]
    going_back: tuple[bool, ...]
    next_stage: str

    def fits(self, found: ObservedState) -> bool:
        """Whether this is what was found."""
        return (
            found.old in self.old
            and found.old_kept in self.old_kept
            and found.new in self.new
            and found.new_kept in self.new_kept
            and found.going_back in self.going_back
        )


_THERE = (ACTIVE, INACTIVE)
_ALL = (ACTIVE, INACTIVE, GONE)

# fmt: off
RULES = (
    #    the old key      …its secret   the new key       …its secret  going back?  next
    # Only the new key is left: whatever was begun, it must stay.
    Rule((GONE,),         ANY,          (ACTIVE,),        KEPT,        ANY,         VERIFY),
    Rule(_ALL,            LOST,         (ACTIVE,),        KEPT,        ANY,         VERIFY),
    # A rotation that goes back goes back to the end.
    Rule(_THERE,          KEPT,         (*_ALL, UNKNOWN), ANY,         (True,),     REACTIVATE),
    # Both are there.
    Rule(_ALL,            ANY,          (ACTIVE,),        KEPT,        (False,),    VERIFY),
    # There is no usable new key: the rest of it is removed, and another one is created.
    Rule((ACTIVE,),       KEPT,         (*_ALL, UNKNOWN), LOST,        (False,),    CLEAN_UP),
    # Somebody removed the new key, or the old one is inactive and the new one is useless.
    Rule(_THERE,          KEPT,         (*_ALL, UNKNOWN), ANY,         (False,),    REACTIVATE),
)
# fmt: on


def next_stage(found: ObservedState) -> str | None:
    """The stage to continue with; None if no key is left that is both stored and at AWS."""
    return next((rule.next_stage for rule in RULES if rule.fits(found)), None)


def stages_from(name: str) -> tuple[Stage, ...]:
    """The stage ``name`` and all after it on the same way."""
    way = FORWARD if any(stage.name == name for stage in FORWARD) else BACK
    at = next(at for at, stage in enumerate(way) if stage.name == name)
    return way[at:]


@dataclass(frozen=True, kw_only=True)
class RotationOptions:
    """The options of one rotation, as its journal keeps them for whoever resumes it."""

    grace: float = 0
    """Seconds for which the old key stays active."""
    keep_old: str | None = None
    """ACTIVE or INACTIVE if the old key is not deleted."""
    keep_plaintext: bool = False
    """Plaintext keys are replaced in place; otherwise they move to the secret store."""
    other: str | None = None
    """The id of the user's other key, which is deleted to make room."""
    mfa_serial: str | None = None
    """The device of the MFA session that IAM demands."""

    @property
    def stops_before(self) -> str | None:
        """The stage that does not follow at once; None if all stages do."""
        if self.grace:
            return DEACTIVATE
        return {None: None, ACTIVE: DEACTIVATE, INACTIVE: DELETE}[self.keep_old]


@dataclass(frozen=True, kw_only=True)
class RotateOptions:
    """The options of the command ``rotate``, for one key or for all."""

    older_than: float | None = None
    """Seconds; younger keys are left alone."""
    grace: float = 0
    keep_old: str | None = None
    keep_plaintext: bool = False
    replace_other: bool = False
    """The user's other key may be deleted to make room; with a resume, a grace ends now."""
    token: str | None = field(default=None, repr=False)
    """The MFA code."""
    endpoint_ok: bool = False
    """An endpoint that is not AWS's own is trusted."""
    dry_run: bool = False

    def for_journal(self, *, other: str | None, mfa_serial: str | None) -> RotationOptions:
        """What one rotation keeps of them: see RotationOptions."""
        return RotationOptions(
            grace=self.grace,
            keep_old=self.keep_old,
            keep_plaintext=self.keep_plaintext,
            other=other,
            mfa_serial=mfa_serial,
        )
