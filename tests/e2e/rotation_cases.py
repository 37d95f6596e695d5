"""What can go wrong with a rotation, at which line of its journal, for whom."""

from dataclasses import dataclass

from awscreds.model import rotation as table

USERS = ("plain", "mfa", "shared", "kept-plaintext")
"""Managed; the same where IAM wants MFA; managed and plaintext profiles of one key; kept plaintext.
"""
SPARE, GRACE, LONG = "spare key", "grace", "long lines"
"""A second key at AWS that makes room; an old key in its grace; a profile's name of 4,200 letters,
so that no line of the journal fits into what is left of the last one's page."""
EVERYBODY = (*USERS, SPARE, GRACE, LONG)
STORES = ("vault", "keyring")

DISK_FULL, PAGE_LEFT, SIZE_LIMIT = "disk_full", "page_left", "size_limit"
STORE_LOCKED, REFUSED = "store_locked", "new_key_refused"
MISHAPS = ("kill", "interrupt", DISK_FULL, PAGE_LEFT, SIZE_LIMIT, "network_lost", STORE_LOCKED)
SENSELESS = {("vault", STORE_LOCKED), ("keyring", PAGE_LEFT)}
"""A vault that is open is not locked from outside; only a vault is larger than a page."""
IN_THE_PAUSE = "in the pause"
"""Where a rotation waits between the switch and the deactivation."""
TIMES = ("clock_set_back", "suspended")
"""What happens to the time meanwhile."""
SLOW = "propagation 10 10"
NEVER = "never"
"""The new key does not begin to work."""
LOST_KEY = "drop CreateAccessKey 1 after"


@dataclass(frozen=True)
class Blow:
    """``how`` strikes at a step of the journal, by name or number, or at ``change NUMBER``.

    ``run`` 1 is the resume's.
    """

    how: str
    at: str | int
    run: int = 0

    @property
    def is_at_a_change(self):
        return str(self.at).startswith("change")

    def __str__(self):
        return f"{self.how} {self.at}" + (" of the resume" if self.run else "")


@dataclass(frozen=True)
class Case:
    """Who rotates, and what goes wrong."""

    user: str
    store: str
    blows: tuple[Blow, ...] = ()
    fault: str = ""
    """What the sandbox is told before, as a call: ``drop ListAccessKeys 1 after``."""

    def __str__(self):
        wrong = ", ".join(filter(None, (self.fault, *map(str, self.blows))))
        return f"{self.user}, {self.store}: {wrong or 'nothing goes wrong'}"

    @property
    def kind(self):
        """In a word or two, for the table."""
        if self.fault == NEVER or any(blow.how == REFUSED for blow in self.blows):
            return "killed on way back" if len(self.blows) > (self.fault != NEVER) else "way back"
        if self.fault and self.blows:
            return "killed, " + ("slow keys" if self.fault == SLOW else "lost answer")
        if self.fault:
            return f"AWS: {self.fault.split()[0]}"
        if self.blows and (len(self.blows) > 1 or self.blows[0].at == IN_THE_PAUSE):
            return "killed twice" if len(self.blows) > 1 else IN_THE_PAUSE
        if self.blows and self.blows[0].is_at_a_change:
            return "killed in between"
        return self.blows[0].how.replace("_", " ") if self.blows else "nothing"


# -- the steps of a journal --------------------------------------------------------------------


def around(lines):
    return [f"{when} {line}" for line in lines for when in ("before", "after")]


def _stages(stages):
    return [f"{stage.name} {event}" for stage in stages for event in ("intent", "done")]


def _forward(user):
    unneeded = {table.CLEAN_UP} if user == SPARE else {table.CLEAN_UP, table.MAKE_ROOM}
    lines = ["begin intent", *_stages(s for s in table.FORWARD if s.name not in unneeded), "close"]
    if user == GRACE:
        return [*lines[: lines.index(f"{table.DEACTIVATE} intent")], "grace done"]
    return lines


def expected_steps(user="plain"):
    """The steps of a rotation in which nothing goes wrong, by the table of the product."""
    return around(_forward(user))


def _back(*, switched):
    needed = [stage for stage in table.BACK if switched or stage.name != table.SWITCH_BACK]
    return [*_stages(needed), "close"]


# -- cases -------------------------------------------------------------------------------------


def undisturbed():
    for user in EVERYBODY:
        for store in STORES:
            yield Case(user, store)


def mishaps():
    """Every mishap at every step, for every user and store."""
    for user in USERS:
        for store in STORES:
            for how in MISHAPS:
                if (store, how) not in SENSELESS:
                    for at in expected_steps(user):
                        yield Case(user, store, (Blow(how, at),))
    for store in STORES:
        for user in (SPARE, GRACE):
            for at in expected_steps(user):
                yield Case(user, store, (Blow("kill", at),))
        for at in expected_steps(LONG):
            yield Case(LONG, store, (Blow(DISK_FULL, at),))


def in_the_pause():
    """Every mishap in the pause before the deactivation; and killed there in the resume, too."""
    for user in USERS:
        for store in STORES:
            for how in (*MISHAPS, *TIMES):
                if (store, how) not in SENSELESS:
                    yield Case(user, store, (Blow(how, IN_THE_PAUSE),))
            killed = Blow("kill", IN_THE_PAUSE)
            yield Case(user, store, (killed, Blow("kill", IN_THE_PAUSE, run=1)))


def killed(user, store, fault=""):
    """Killed at every step, also of the lines that ``fault`` adds."""
    again = ("settle intent", "settle done", "create intent")
    for at in expected_steps(user):
        yield Case(user, store, (Blow("kill", at),), fault)
    if fault == LOST_KEY:
        first = expected_steps(user).index("after create intent") + 1
        for number in range(first, first + 2 * len(again)):
            yield Case(user, store, (Blow("kill", number),), fault)


def killed_under_faults():
    """Killed at every step, with keys that take their time, and with one whose answer was lost."""
    for user in USERS:
        for store in STORES:
            yield from killed(user, store, SLOW)
            yield from killed(user, store, LOST_KEY)


CHANGES = 61
"""About as many files are renamed and removed, requests sent, and keyrings opened by a rotation."""


def killed_in_between():
    """Killed just before any change of a file, at AWS or in the keyring."""
    for user in USERS:
        for store in STORES:
            for number in range(1, CHANGES):
                yield Case(user, store, (Blow("kill", f"change {number}"),))


def killed_twice():
    """Killed, and killed again while it is resumed."""
    for user in USERS:
        for number, at in enumerate(expected_steps(user)[1:-2]):
            for again in range(number % 5, len(expected_steps(user)), 5):
                yield Case(user, "vault", (Blow("kill", at), Blow("kill", again, run=1)))


def ways_back(user, store):
    """Taken back, as the new key stops to work or never begins; killed at each step of that way."""
    for stage, switched, blows, fault in (
        (table.CHECK, True, (Blow(REFUSED, "after deactivate done"),), ""),
        (table.VERIFY, False, (), NEVER),
    ):
        yield Case(user, store, blows, fault)
        for at in around([f"{stage} intent", *_back(switched=switched)]):
            yield Case(user, store, (*blows, Blow("kill", at)), fault)


def all_ways_back():
    """Those, for everybody; and with the resume killed too."""
    for user in USERS:
        for store in STORES:
            yield from ways_back(user, store)
        for number, case in enumerate(ways_back(user, "vault")):
            for again in range(number % 6, 2 * len(_back(switched=True)), 6):
                if any(blow.how == "kill" for blow in case.blows):
                    blows = (*case.blows, Blow("kill", again, run=1))
                    yield Case(user, "vault", blows, case.fault)


CALLS = {
    "ListAccessKeys": 3,
    "CreateAccessKey": 1,
    "UpdateAccessKey": 2,
    "DeleteAccessKey": 2,
    "GetAccessKeyLastUsed": 1,
    "GetCallerIdentity": 7,
}
"""How often a rotation makes each call."""


def calls_of(user):
    return CALLS | ({"GetSessionToken": 1} if user == "mfa" else {})


def faults(user, store):
    """Lost answers of each call, refusals that pass, and keys that take their time."""
    for action, count in calls_of(user).items():
        for nth in range(1, count + 1):
            for when in ("before", "after"):
                yield Case(user, store, fault=f"drop {action} {nth} {when}")
        yield Case(user, store, fault=f"throttle {action}")
        for when in ("before", "after"):
            yield Case(user, store, fault=f"500 {action} {when}")
    for appear, linger in ((10, 0), (0, 10), (10, 10)):
        yield Case(user, store, fault=f"propagation {appear} {linger}")
    for seconds in (3, 40):
        yield Case(user, store, fault=f"listed-late {seconds}")


def all_faults():
    for user in USERS:
        for store in STORES:
            yield from faults(user, store)


def everything():
    yield from undisturbed()
    yield from mishaps()
    yield from in_the_pause()
    yield from killed_in_between()
    yield from killed_twice()
    yield from all_ways_back()
    yield from killed_under_faults()
    yield from all_faults()
