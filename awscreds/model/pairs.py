"""The key pairs in AWS's files: all of them, and those that an edit would remove.

SDKs differ on which definition counts: among duplicate sections and lines, `[default]` beside
`[profile default]`, and the two files. Some join an ID in one file with a secret in the other. So
every pair counts here, no matter which tool reads it: even one that no tool reads may be somebody's
last copy.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from awscreds.errors import ConfigurationError
from awscreds.model.credential_process import POINTER
from awscreds.model.ini.blocks import PROFILE
from awscreds.model.ini.inside import lines_of, swallowed
from awscreds.model.keys import (
    LASTING_PREFIX,
    TEMPORARY_PREFIX,
    has_id_form,
    is_key_id,
    may_be_secret,
    secret_in,
    shown_key_id,
    unquoted,
)
from awscreds.model.profile import KEY_ID, SECRET, TOKEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.ini.blocks import SectionKey
    from awscreds.model.ini.document import Definition


TOKENS = (TOKEN, "aws_security_token")
SHORTEST_SECRET = 8
"""The least characters of a secret: AWS's have 40, MinIO demands 8. Less is a placeholder, like the
`test` that local substitutes for AWS accept."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A secret in a file, and the ID that it most likely belongs to (None: there is none).

    ``secret`` is the text in the file, whatever it is, or the part of an ID's text that may be one.
    ``is_temporary``: part of a session. ``is_certain``: the section has only this ID and this
    secret, so the ID is not a guess.
    """

    section: SectionKey
    path: str
    line: int
    key_id: str | None = field(repr=False)
    secret: str = field(repr=False)
    is_temporary: bool
    is_certain: bool

    @property
    def place(self) -> str:
        """Where the secret is, as ``file:line``."""
        return f"{self.path}:{self.line}"

    @property
    def profile(self) -> str | None:
        kind, name = self.section
        return name if kind == PROFILE else None

    def describe(self) -> str:
        """For people: the ID, if it is one, and the place. Never the secret."""
        if self.key_id is None:
            return f"a secret access key without its ID ({self.place})"
        return f"{shown_key_id(self.key_id)} ({self.place})"


def key_pairs(
    documents: AwsDocuments,
    profile: str | None = None,
    *,
    sections: Collection[SectionKey] | None = None,
) -> list[KeyPair]:
    """Every pair of both files, or of one profile: in any spelling, section, line and file.

    ``sections`` are those to look at, if not all: a pair is never in two of them.
    """
    files = (
        (documents.config_path, documents.config),
        (documents.credentials_path, documents.credentials),
    )
    listed = [
        (path, _Lines(lines_of(document, KEY_ID, SECRET, POINTER, *TOKENS, sections=sections)))
        for path, document in files
    ]
    pairs = [
        pair
        for number, (path, lines) in enumerate(listed)
        for pair in _pairs_of(path, lines, listed[1 - number][1])
    ]
    return [pair for pair in pairs if profile is None or pair.section == (PROFILE, profile)]


class _Lines:
    """The lines of a file in their order, and those of each block and of each section.

    Files can have thousands of keys: nothing may look at all lines for each of them.
    """

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self.all = list(definitions)
        self.of_block: dict[int, list[Definition]] = {}
        self.of_section: dict[SectionKey, list[Definition]] = {}
        for each in self.all:
            self.of_block.setdefault(each.block, []).append(each)
            self.of_section.setdefault(each.section, []).append(each)


def _pairs_of(path: str, lines: _Lines, elsewhere: _Lines) -> Iterator[KeyPair]:
    for found in lines.all:
        secret = found.text
        beside = lines.of_block[found.block]
        # A token is longer than a secret, and never an ID.
        is_misplaced = found.key in TOKENS and may_be_secret(found.text)
        if is_misplaced or (found.key == SECRET and len(found.text) >= SHORTEST_SECRET):
            if has_id_form(found.text):  # a misplaced ID
                continue
            others = elsewhere.of_section.get(found.section, [])
            section = [*others, *lines.of_section[found.section]]
            key_id = _id_of(found, beside) or _last_id(section)
        elif found.key in (KEY_ID, POINTER) and (misplaced := secret_in(found.text)):
            # A secret in the ID's place counts, too. Its ID is the one beside it, or the one in
            # the secret's place, if any.
            secret = misplaced
            swapped = [d.text for d in beside if d.key == SECRET and has_id_form(d.text)]
            ids = [*filter(is_key_id, _words(found.text)), *swapped[-1:]]
            key_id = ids[0] if ids and found.key == KEY_ID else None
        else:
            continue
        is_token = any(other.key in TOKENS and other.text for other in beside)
        keys = sorted(d.key for d in beside if d.key in (KEY_ID, SECRET))
        yield KeyPair(
            found.section,
            path,
            found.line,
            key_id,
            secret,
            is_temporary=_is_temporary(key_id or "", is_beside_token=is_token),
            is_certain=keys == [KEY_ID, SECRET],
        )


def _is_temporary(key_id: str, *, is_beside_token: bool) -> bool:
    """A user's key is not temporary only because somebody left a token beside it."""
    if is_beside_token:
        return not key_id.startswith(LASTING_PREFIX)
    return key_id.startswith(TEMPORARY_PREFIX)


def _words(text: str) -> list[str]:
    """The words of ``text``, separated by blanks or as in a CSV."""
    return "".join(char if char.isalnum() else " " for char in text).split()


def _id_of(secret: Definition, beside: list[Definition]) -> str | None:
    """The ID above a secret; if there is none, the one below it."""
    ids = [other for other in beside if other.key == KEY_ID and other.text]
    above = [other for other in ids if other.line < secret.line]
    return (above[-1:] or ids[:1] or [secret])[0].text if ids else None


def _last_id(definitions: list[Definition]) -> str | None:
    return next((d.text for d in reversed(definitions) if d.key == KEY_ID and d.text), None)


def losses(before: AwsDocuments, after: AwsDocuments) -> list[KeyPair]:
    """The pairs of ``before`` that ``after`` lacks: the secret is gone, or has another ID.

    Most edits are of one section, and take no pair away: then no other section is looked at.
    """
    changed = _changed_sections(before, after)
    if changed is not None and not _losses(before, after, changed):
        return []
    return _losses(before, after, None)


def _changed_sections(before: AwsDocuments, after: AwsDocuments) -> set[SectionKey] | None:
    """The sections of which a block is not the same object in both; None if their order differs."""
    changed: set[SectionKey] = set()
    for was, became in ((before.config, after.config), (before.credentials, after.credentials)):
        common = {*was.blocks} & {*became.blocks}
        if [b for b in was.blocks if b in common] != [b for b in became.blocks if b in common]:
            return None
        changed |= {b.key for b in (*was.blocks, *became.blocks) if b not in common}
    return changed


def _losses(
    before: AwsDocuments, after: AwsDocuments, sections: Collection[SectionKey] | None
) -> list[KeyPair]:
    """What is lost within ``sections``, or everywhere."""
    left: dict[str, set[str | None]] = {}
    for pair in key_pairs(after, sections=sections):
        # As the line has it and, without quotes, as it can be stored.
        left.setdefault(pair.secret, set()).update((_folded(pair.key_id), usable_id(pair)))
    pairs = key_pairs(before, sections=sections)
    return [pair for pair in pairs if not _is_left(pair, left.get(pair.secret))]


def _is_left(pair: KeyPair, ids: set[str | None] | None) -> bool:
    if ids is None:
        return False
    return not pair.is_certain or usable_id(pair) is None or usable_id(pair) in ids


def _folded(key_id: str | None) -> str | None:
    """An ID without what people add when they type it: blanks and lower case."""
    return "".join(key_id.split()).upper() if key_id else None


def usable_id(pair: KeyPair) -> str | None:
    """The ID under which a pair can be stored; None if the files have no valid one."""
    folded = _folded(_bare(pair.key_id or "")) or ""
    return folded if is_key_id(folded) else None


def usable_secret(pair: KeyPair) -> str:
    """The secret to store: without quotes and comment, if the rest has the form of AWS's secrets.

    Some tools remove these. For the AWS CLI and boto3 they are part of the value.
    """
    bare = _bare(pair.secret)
    is_all = not secret_in(pair.secret.replace(bare, "", 1))  # the comment may hold another one
    return bare if may_be_secret(bare) and is_all else pair.secret


def _bare(text: str) -> str:
    """``text`` without a comment after it and quotes around it."""
    for sign in "#;":
        text, _, _ = text.replace(f"\t{sign}", f" {sign}").partition(f" {sign}")
    return unquoted(text)


def refuse_lost_sections(before: AwsDocuments, after: AwsDocuments) -> None:
    """Raise ConfigurationError if a header that is indented below a key would go with it."""
    for path, was, became in (
        (before.config_path, before.config, after.config),
        (before.credentials_path, before.credentials, after.credentials),
    ):
        left = Counter(text for _, text in swallowed(became))
        for line, text in swallowed(was):
            if not left[text]:
                raise ConfigurationError(
                    f"{path}:{line}: nothing was changed: this header is indented, so it is a "
                    "part of the value above it, and its section would be deleted with this "
                    "value",
                    code="swallowed-header",
                    hint="remove the spaces before it, then run this again",
                )
            left[text] -= 1


def refuse_losses(before: AwsDocuments, after: AwsDocuments, settled: Collection[str]) -> None:
    """Raise ConfigurationError if an edit removes a pair that is not in ``settled``, or a section.

    ``settled`` are the secrets that are in the secret store now, or that the user agreed to lose
    after seeing where they are.
    """
    refuse_lost_sections(before, after)
    lost = [pair for pair in losses(before, after) if pair.secret not in settled]
    if lost:
        raise ConfigurationError(
            f"nothing was changed: this would delete {named(lost)}",
            code="several-keys",
            hint="move the lines of that key below the header of another profile, or "
            "delete them; then run this again",
        )


def named(pairs: Iterable[KeyPair]) -> str:
    """Pairs for a message, each with its place."""
    return " and ".join(pair.describe() for pair in pairs)
