"""The rotations of one command: of a profile's key, or of all that are unfinished."""

from __future__ import annotations

from functools import partial

from awscreds.commands.rotate.consent import Consent
from awscreds.commands.rotate.context import rotation_context
from awscreds.workflows.rotation.access import AwsAccess, CodeSource
from awscreds.workflows.rotation.service import RotationService, key_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.model.rotation import RotateOptions
    from awscreds.workflows.rotation.context import RotationContext
    from awscreds.workflows.rotation.interaction import Interaction
    from awscreds.workflows.rotation.results import Report


class RotateCommand:
    """One run of ``awscreds rotate``."""

    def __init__(self, app: App, options: RotateOptions) -> None:
        self.app = app
        self.options = options
        self.consent = Consent(app)
        self.context = rotation_context(app)
        self._token = options.token

    def rotate(self) -> list[Report]:
        """Rotate the key of the profile asked for."""
        profile = self.app.profile()
        self.app.file_warnings.report(profile.name)
        key_id = key_of(profile, self.app.profiles())
        return [self.service(codes=self.codes()).rotate(key_id, self.options)]

    def resume(self) -> list[Report]:
        """Finish what is unfinished, whichever profile the environment names."""
        reports = self.service().resume_all(end_grace=self.options.replace_other)
        if not reports:
            self.app.say("There is no unfinished rotation.")
        return reports

    def codes(self) -> CodeSource:
        """Where one rotation gets its MFA code from; the first of them from ``--token``."""
        token, self._token = self._token, None
        return self.codes_of(token)

    def codes_of(self, token: str | None) -> CodeSource:
        """The code ``token``, or what a person types while the rotation's calls are loaded."""
        return CodeSource(partial(self.app.provider.ask_code, before=("sts", "iam")), token)

    def service(
        self,
        *,
        context: RotationContext | None = None,
        interaction: Interaction | None = None,
        codes: CodeSource | None = None,
    ) -> RotationService:
        """What rotates keys. Without ``codes`` each rotation asks for a code of its own."""
        used = context or self.context
        return RotationService(
            used,
            interaction or self.consent.interaction(),
            lambda profile: AwsAccess(used, profile, codes or self.codes()),
        )
