"""What doctor itself can fix: the plan as people see it, and the changes.

Modes come first, since the AWS files are not edited while others can write them. Every fix leaves
alone what somebody changed meanwhile, so that a killed run is completed by the next one.
"""

from __future__ import annotations

import difflib
import os
import stat

from awscreds.errors import ConfigurationError
from awscreds.model.credential_process import PROCESS
from awscreds.model.keys import HIDDEN, reads_as_secret, secret_in
from awscreds.model.problems.finding import DocumentFix, Finding, ModeFix
from awscreds.model.text import quoted
from awscreds.stores.locations import real_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.ini.document import Document
    from awscreds.stores.aws_files import AwsFiles


def plan(documents: AwsDocuments, findings: list[Finding]) -> list[str]:
    """The changes of all fixes as lines: what goes, and what comes instead, by place.

    A value that may be a secret is not shown.
    """
    modes = {finding.fix: None for finding in findings if isinstance(finding.fix, ModeFix)}
    lines = [_command(fix) for fix in modes]
    after = documents.clone()
    change(after, findings)
    return [
        *lines,
        *_diff(documents.config_path, documents.config, after.config),
        *_diff(documents.credentials_path, documents.credentials, after.credentials),
    ]


def apply(files: AwsFiles, findings: list[Finding]) -> None:
    """Do what the fixes say. Raises ConfigurationError; what was done before stays done."""
    for finding in findings:
        if isinstance(finding.fix, ModeFix):
            _close(finding.fix)
    if any(isinstance(finding.fix, DocumentFix) for finding in findings):
        files.require_trusted()
        files.edit(lambda documents: change(documents, findings))


def change(documents: AwsDocuments, findings: list[Finding]) -> None:
    """Apply the fixes that change the AWS files."""
    for finding in findings:
        if isinstance(finding.fix, DocumentFix):
            finding.fix.change(documents)


def _command(fix: ModeFix) -> str:
    return f"chmod {'go-w' if fix.bits == 0o022 else 'go-rwx'} {quoted(fix.path)}"


def _close(fix: ModeFix) -> None:
    """Take the bits away from a regular file or a folder, and from nothing else."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        fd = os.open(real_path(fix.path), flags)
        try:
            found = os.fstat(fd)
            is_ordinary = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
            if is_ordinary and found.st_mode & fix.bits:
                os.chmod(fd, stat.S_IMODE(found.st_mode) & ~fix.bits)
        finally:
            os.close(fd)
    except OSError as error:
        raise ConfigurationError(
            f"cannot change the mode of {fix.path}: {error.strerror}",
            code="mode-unchanged",
            hint=f"run as its owner: {_command(fix)}",
        ) from None


def _diff(path: str, before: Document, after: Document) -> Iterator[str]:
    """What changes, by line.

    Fixes replace lines, so their number is the same: to look for lines that have moved would take
    minutes for thousands of profiles.
    """
    old, new = _lines(before), _lines(after)
    if len(old) == len(new):
        for number, (gone, come) in enumerate(zip(old, new, strict=True), 1):
            if gone != come:
                yield from (f"{path}:{number}", f"  - {_shown(gone)}", f"  + {_shown(come)}")
        return
    for kind, start, end, other_start, other_end in difflib.SequenceMatcher(
        None, old, new
    ).get_opcodes():
        if kind != "equal":
            yield f"{path}:{start + 1}"
            yield from (f"  - {_shown(line)}" for line in old[start:end])
            yield from (f"  + {_shown(line)}" for line in new[other_start:other_end])


def _lines(document: Document) -> list[str]:
    return document.render().decode(errors="replace").splitlines()


def _shown(line: str) -> str:
    key, delimiter, value = line.replace("\ufeff", "<byte order mark>").partition("=")
    found = secret_in(line)
    # A path can look like a secret, but hardly one with both cases and digits.
    is_path = key.strip().lower() == PROCESS and not (found and reads_as_secret(found))
    return f"{key}{delimiter}{value}" if not found or is_path else HIDDEN
