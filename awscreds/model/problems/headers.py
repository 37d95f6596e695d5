"""What is wrong with the headers of an AWS file."""

from __future__ import annotations

from awscreds.model import names, tools
from awscreds.model.ini.blocks import KINDS, PROFILE, section_key
from awscreds.model.problems.content import Content
from awscreds.model.problems.problem import NOTE, PROFILES_OWN, WARNING, Problem, shown_header
from awscreds.model.text import escaped, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awscreds.model.ini.blocks import Block, SectionKey

_FOREIGN = ("granted_registry", "plugin ", "preview ")
"""Sections that other tools keep there."""
_NO_PROFILES = (*KINDS, "default", "plugins", "preview", "DEFAULT")


class Headers:
    """Checks the headers of one file, from the first to the last."""

    def __init__(self, first_line: Callable[[Block], int], *, credentials: bool) -> None:
        self._first_line = first_line
        self._credentials = credentials
        self._seen: dict[str, int] = {}
        self._spellings: dict[SectionKey, Block] = {}

    def look_at(self, block: Block, header: str) -> Iterator[Problem]:
        at = self._seen.get(header)
        if header == "DEFAULT":
            yield self._default(block)
        elif at is not None:
            yield Problem(
                self._first_line(block),
                "duplicate-section",
                f"{shown_header(header)} is already in the file, at line {at}; "
                f"{tools.refuse(tools.BOTOCORE)}, other tools join the two sections",
                tools=tools.BOTOCORE,
                remedy="join the two sections",
            )
        else:
            self._seen[header] = self._first_line(block)
            yield from self._spelling(block, header)
        yield from self._around(block, header)

    def _default(self, block: Block) -> Problem:
        return Problem(
            self._first_line(block),
            "default-section",
            f"{tools.spoken(tools.BOTOCORE)} add the settings of [DEFAULT] to every section, other "
            "tools do not",
            severity=WARNING,
            tools=tools.BOTOCORE,
            remedy="name it [default], or move its settings to the profiles",
        )

    def _spelling(self, block: Block, header: str) -> Iterator[Problem]:
        shadowed = self._spellings.get(block.key)
        if shadowed is not None:
            yield Problem(
                self._first_line(shadowed),
                "shadowed-section",
                f"{shown_header(shadowed.header or '')} and {shown_header(header)} at line "
                f"{self._first_line(block)} are the same profile: "
                f"{tools.spoken(tools.BOTOCORE)} use only the last one, other tools choose "
                "differently",
                remedy="join the two sections",
                section=block.key,
            )
        self._spellings[block.key] = block
        if self._credentials:
            if set(header) <= names.EVERYWHERE:
                return
            yield from self._in_credentials(block, header)
        elif not (
            header == "default"
            or (header.startswith("profile ") and set(header[8:]) <= names.EVERYWHERE)
        ):
            yield from self._in_config(block, header)

    def _in_credentials(self, block: Block, header: str) -> Iterator[Problem]:
        line = self._first_line(block)
        if header.strip() != header:
            yield self._padded(line, header, (PROFILE, header.strip()))
        elif header.startswith(("sso-session ", "services ")):
            yield Problem(
                line,
                "misplaced-section",
                f"{shown_header(header)} is ignored in the credentials file",
                remedy="move it to the config file",
            )
        elif header.partition(" ")[0] == PROFILE:
            yield Problem(
                line,
                "profile-prefix",
                f"in the credentials file, {shown_header(header)} is not read as the "
                "profile that you mean",
                remedy="leave out the word `profile`",
                section=(PROFILE, header.partition(" ")[2].strip()),
            )
        else:
            yield from _unseen(line, header, block.key, names.blind(header))

    def _in_config(self, block: Block, header: str) -> Iterator[Problem]:
        line = self._first_line(block)
        meant = section_key(header.strip())
        if meant != block.key:
            yield self._padded(line, header, meant)
        elif block.key[1]:
            yield from _unseen(line, header, block.key, _blind_to_config(header, block.key))
        elif header.startswith(KINDS):
            yield Problem(
                line,
                "unreadable-header",
                f"{shown_header(header)} is ignored by {tools.spoken(tools.BOTOCORE)}, "
                "because it must have exactly two words",
                severity=WARNING,
                tools=tools.BOTOCORE,
                remedy="put a name with spaces in single quotes",
                section=(PROFILE, header.partition(" ")[2].strip()),
            )
        elif " " in header.strip() and not header.startswith(_FOREIGN):
            yield self._unknown_kind(line, header)
        elif header not in _NO_PROFILES and PROFILES_OWN & {
            key for key, _, _ in Content(block).entries
        }:
            yield Problem(
                line,
                "no-profile-prefix",
                f"in the config file {shown_header(header)} is not a profile, and every tool "
                "ignores it",
                severity=WARNING,
                remedy=f"write [profile {escaped(header)}]"
                if header.lower() != "default"
                else "write [default] in lower case",
                section=(PROFILE, header),
            )

    @staticmethod
    def _unknown_kind(line: int, header: str) -> Problem:
        """A section like [proflie x]: every tool ignores it, and none says so."""
        import difflib

        word, _, name = header.partition(" ")
        near = difflib.get_close_matches(word.lower(), KINDS, n=1)
        ignored = f"AWS's tools ignore {shown_header(header)}"
        if near:
            return Problem(
                line,
                "unknown-section",
                f"{ignored}; did you mean [{near[0]} {escaped(name.strip())}]?",
                severity=WARNING,
                remedy="correct its spelling",
                section=(near[0], name.strip()),
            )
        return Problem(
            line,
            "unknown-section",
            f"{ignored}, because it does not begin with {', '.join(KINDS[:-1])} or {KINDS[-1]}",
            severity=NOTE,
            remedy="if it is a profile, write [profile NAME]",
            section=(header, ""),
        )

    @staticmethod
    def _padded(line: int, header: str, meant: SectionKey) -> Problem:
        return Problem(
            line,
            "padded-header",
            f"{tools.spoken(tools.BOTOCORE)} do not know {shown_header(header)}, "
            "because there are spaces next to the brackets",
            tools=tools.BOTOCORE,
            remedy="remove the spaces",
            section=meant,
        )

    def _around(self, block: Block, header: str) -> Iterator[Problem]:
        """Problems of the header's line, not of its name."""
        raw = block.raw if "\r" not in block.raw else block.raw.replace("\r", "\n")
        end = raw.find("\n")
        row = raw if end < 0 else raw[:end]
        tail = row[row.rfind("]") + 1 :]
        if block.raw[0] != "[":
            yield self._indented(block, header)
        if tail and not tail.isspace():
            yield from self._followed(block, header, tail)
        if "]" in header:
            name = header.partition("]")[0]
            yield Problem(
                self._first_line(block),
                "bracket-in-header",
                f"{tools.spoken(tools.BOTOCORE)} read the header up to the last bracket in "
                f"the line, so for them [{escaped(name)}] is another section",
                tools=tools.BOTOCORE,
                remedy="remove the text after the first bracket",
                section=section_key(name.strip(), credentials=self._credentials),
            )
        elif "#" in header or ";" in header:
            refusing = (tools.GO, *tools.STRICT)
            yield Problem(
                self._first_line(block),
                "comment-in-header",
                f"the name in {shown_header(header)} has a # or ;; {tools.refuse(refusing)}",
                tools=refusing,
                remedy="rename the section",
            )

    def _indented(self, block: Block, header: str) -> Problem:
        others = (tools.GO, *tools.STRICT)
        return Problem(
            self._first_line(block),
            "indented-header",
            f"{shown_header(header)} is indented: {tools.spoken(others)} read it as a "
            "part of the section above, or refuse the file",
            tools=others,
            remedy="remove the spaces before it",
            section=block.key,
        )

    def _followed(self, block: Block, header: str, tail: str) -> Iterator[Problem]:
        if tail.lstrip()[0] not in "#;":
            yield Problem(
                self._first_line(block),
                "text-after-header",
                f"there is text after {shown_header(header)}; "
                f"{tools.refuse((tools.GO, *tools.STRICT))}, and the SDK for "
                f"{tools.JAVASCRIPT} reads its settings as settings of the section above",
                tools=tools.SDKS,
                remedy="remove the text, or put ` # ` before it",
            )
        elif tail[0] in "#;":
            yield Problem(
                self._first_line(block),
                "text-after-header",
                f"there is no space before the comment after {shown_header(header)}: the "
                f"SDK for {tools.JAVASCRIPT} reads its settings as settings of the section "
                "above",
                tools=(tools.JAVASCRIPT,),
                remedy="put a space before the comment",
                section=block.key,
            )


def _blind_to_config(header: str, key: SectionKey) -> tuple[str, ...]:
    """The tools that do not see a section with that name in ``[header]`` of a config file."""
    kind, name = key
    blind = set(names.blind(name))
    first, _, rest = header.replace("\t", " ").partition(" ")
    if first != kind:
        return tools.SDKS
    if rest.strip() != name:  # quoted: others take the quotes as part of the name
        blind |= {tools.GO, *tools.STRICT}
    if rest != name and rest[1:-1] != name:
        blind.add(tools.JAVASCRIPT)
    return tuple(tool for tool in tools.SDKS if tool in blind)


def _unseen(
    line: int, header: str, section: SectionKey, blind: tuple[str, ...]
) -> Iterator[Problem]:
    if blind and not ("#" in header or ";" in header or "]" in header):
        kind, name = section
        remedy = f"rename it; every tool can read a name of {names.READABLE}"
        if kind == PROFILE and names.blind(name):
            remedy += f": awscreds profile rename {quoted(name)} NEW_NAME"
        yield Problem(
            line,
            "unseen-name",
            f"{tools.spoken(blind)} cannot see {shown_header(header)}",
            severity=WARNING,
            tools=blind,
            remedy=remedy,
            section=section,
        )
