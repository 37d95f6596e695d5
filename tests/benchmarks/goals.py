"""What is to be reached, and by which figure; nothing of it is asserted in a test."""

import dataclasses


@dataclasses.dataclass
class Goal:
    """``limit`` is the most that the figure may be; ``why`` is said if it is more.

    ``row`` is (group, name, profiles), whose wall time in multiples of F counts; with ``of``, in
    multiples of that row. A tuple of names in ``growing`` takes the largest of their exponents.
    """

    text: str
    limit: float
    row: tuple = ()
    of: tuple = ()
    growing: tuple = ()
    why: str = ""


LINE, PROFILES, SESSION = "credential-process", "Profiles", "MFA session"
WARM = (
    "What is over 1 F are the modules of ours, one look at both AWS files, and one question to the"
    " kernel."
)
HELD = (
    "Where an answer is kept, it costs what a warm one does; where none is, each start reads the"
    " profile and the secret again."
)
VAULT = (
    "Of what is above a bare start, the compiled part of `cryptography` takes a third; the rest are"
    " our modules that read the profile and find the store."
)
KEYRING = (
    "Our modules that read the profile and find the store take most of it; the keyring itself"
    " answers in milliseconds."
)
GOALS = (
    Goal("a warm answer", 1.25, (LINE, "vault, warm (key_cache 15m)", 4), why=WARM),
    Goal("a default profile, vault, asked again", 1.25, (LINE, "vault, a default profile", 4),
         why=HELD),
    Goal("a default profile, gnome-keyring, asked again", 1.25,
         (LINE, "gnome-keyring, a default profile", None), why=HELD),
    Goal("cold, gnome-keyring", 3, (LINE, "gnome-keyring, cold", None), why=KEYRING),
    Goal("cold, vault with its key held", 3.5, (LINE, "vault, cold, its key held", 4), why=VAULT),
    Goal("`configure list-profiles` of 10,000", 6, (PROFILES, "list-profiles", 10_000)),
    Goal("`configure get` of 10,000", 6, (PROFILES, "get", 10_000)),
    Goal("`configure get` of 10,000, in times of `aws configure get`", 0.05,
         (PROFILES, "get", 10_000), of=(PROFILES, "get, AWS CLI v1", 10_000),
         why="A third of it is the start of Python with `site`, the rest one pass over the file."),
    Goal("`list` of 10,000, piped", 12, (PROFILES, "list, piped", 10_000)),
    Goal("`list` of 10,000, at a terminal", 25, (PROFILES, "list, at a terminal", 10_000)),
    Goal("`--version`", 2, ("Start", "version", None),
         why="Python with its `site` takes most of it."),
    Goal("exponent of growth: `list`, `list-profiles`, `get`", 1.1,
         growing=("list, piped", "list-profiles", "get")),
    Goal("a cold MFA session, in times of boto3's floor", 1, (SESSION, "gnome-keyring, cold", 4),
         of=(SESSION, "boto3's floor, cold", None),
         why="The call itself is botocore's; click, the keyring and the sealing of the session"
         " come on top of what it loads."),
    Goal("a cold MFA session, in times of aws-mfa", 1, (SESSION, "gnome-keyring, cold", 4),
         of=(SESSION, "aws-mfa, cold", 4),
         why="As with the floor; aws-mfa keeps the key and the session in plain, and seals"
         " nothing."),
)  # fmt: skip


def figure(goal, found):
    """What was reached of ``goal``, and its median of CPU time in the same unit; None: unknown."""
    if goal.growing:
        exponents = [
            each["exponent"]
            for each in found["growth"]
            if each["over"] == "profiles" and each["name"] in goal.growing and each["exponent"]
        ]
        return (max(exponents), None) if exponents else None
    row = row_of(goal.row, found)
    other = row_of(goal.of, found) if goal.of else None
    if row is None or (goal.of and other is None):
        return None
    return tuple(
        row[f"{what}_f"]["median"] if other is None else row[what]["median"] / other[what]["median"]
        for what in ("wall", "cpu")
    )


def row_of(key, found):
    """The row (group, name, profiles) that one caller ran; None if it is not there or void."""
    for row in found["rows"]:
        if (row["group"], row["name"], row["profiles"]) == key and row["callers"] == 1:
            return row if "wall" in row else None
    return None
