"""Warnings about what is wrong in the AWS files, each once in a run."""

from __future__ import annotations

from awscreds.model.problems.problem import ERROR, NOTE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awscreds.app.dialogue import Dialogue
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.problems.finding import Finding
    from awscreds.model.profile import Profile
    from awscreds.stores.aws_files import AwsFiles

BESIDE = "-beside-our-line"
"""The end of the codes of ``workflows.checks.beside_our_line``."""

MOST_FINDINGS = 20
"""Warnings of one command about the AWS files: nobody reads more."""


class FileWarnings:
    """What one run has found in the AWS files, and what it has said about them."""

    def __init__(
        self, documents: Callable[[], AwsDocuments], files: AwsFiles, dialogue: Dialogue
    ) -> None:
        self._documents = documents
        self._files = files
        self._dialogue = dialogue
        self._found: tuple[AwsDocuments, list[Finding]] | None = None
        self._told: set[str] = set()
        self._told_of_writers = False
        self._told_of_static_keys: set[str] = set()

    def findings(self) -> list[Finding]:
        """What is wrong in the AWS files as they are now, for whichever profile."""
        from awscreds.model.problems.findings import find
        from awscreds.workflows.checks import beside_our_line

        documents = self._documents()
        if self._found is None or self._found[0] is not documents:
            found = [*find(documents), *beside_our_line.find(documents)]
            first = documents.config_path
            self._found = (
                documents,
                sorted(found, key=lambda each: (each.path != first, each.line)),
            )
        return self._found[1]

    def report(self, *names: str, every: bool = False, only_errors: bool = False) -> list[Finding]:
        """Say what is wrong in the AWS files for the profiles ``names``, or for ``every`` one.

        What concerns a whole file concerns every profile, and what concerns the source of a role
        concerns the role. One line on stderr each, once in a run; the findings are returned. No
        command warns of what is a note: nothing is wrong there.
        ``only_errors`` is for commands that use a profile, perhaps at every start of a tool. If
        somebody reads what they say, it includes warnings of what is beside our line.
        """
        self._warn_of_other_writers()
        findings = [each for each in self.findings() if each.severity != NOTE]
        if not every:
            wanted = self._with_sources(names)
            findings = [each for each in findings if each.concerns(wanted)]
        if only_errors:
            is_read = self._dialogue.has_reader
            findings = [
                each
                for each in findings
                if each.severity == ERROR or (is_read and each.code.endswith(BESIDE))
            ]
        self._tell(findings)
        return findings

    def warn_of_static_keys(self, profile: Profile) -> None:
        """Warn, once, if the files hold plaintext keys for a managed profile."""
        told = self._told_of_static_keys
        if not profile.stored_key_id or not profile.has_static_keys or profile.name in told:
            return
        from awscreds.model.problems.findings import HIDDEN_KEY

        told.add(profile.name)
        if profile.shadowed:
            found = (each for each in self.findings() if each.code == HIDDEN_KEY)
            self._tell([each for each in found if each.profile == profile.name])
            return
        from awscreds.workflows.checks.plaintext_keys import beside_managed

        paths = (self._files.config_path, self._files.credentials_path)
        place = self._documents().profiles.place_of_keys(profile.name, paths)
        self._tell([beside_managed(profile.name, place)])

    def _warn_of_other_writers(self) -> None:
        weak = None if self._told_of_writers else self._files.weakness()
        self._told_of_writers = True
        if weak:
            from awscreds.stores.exposure import writable

            self._tell([writable(weak)])

    def _tell(self, findings: list[Finding]) -> None:
        fresh = [each for each in findings if str(each) not in self._told]
        self._told |= {str(each) for each in fresh}
        for each in fresh[:MOST_FINDINGS]:
            self._dialogue.warn(str(each))
        if len(fresh) > MOST_FINDINGS:
            self._dialogue.warn(
                f"… and {len(fresh) - MOST_FINDINGS} more problems in the AWS files; to see all: "
                "awscreds doctor --offline"
            )

    def _with_sources(self, names: tuple[str, ...]) -> set[str]:
        """``names``, and the profiles that their roles are assumed from."""
        profiles = self._documents().profiles
        found, waiting = set(names), list(names)
        while waiting:
            source = profiles.find(waiting.pop()).of_role("source_profile")
            if source and source not in found:
                found.add(source)
                waiting.append(source)
        return found
