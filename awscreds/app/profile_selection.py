"""Which profile a command is about: the option, else the variables, else ``default``."""

from __future__ import annotations

from awscreds.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awscreds.app.dialogue import Dialogue, Options
    from awscreds.model.documents import AwsDocuments
    from awscreds.model.profile import Profile, Profiles
    from awscreds.stores.aws_files import AwsFiles


class ProfileSelection:
    """All profiles, and the one that a command is about.

    ``files`` gives the AWS files once they are needed.
    """

    def __init__(
        self,
        options: Options,
        environ: Mapping[str, str],
        files: Callable[[], AwsFiles],
        dialogue: Dialogue,
    ) -> None:
        self._options = options
        self._environ = environ
        self._files = files
        self._dialogue = dialogue
        self._documents: tuple[tuple[bytes, bytes], AwsDocuments] | None = None

    def documents(self) -> AwsDocuments:
        """Both AWS files as they are now; parsed again only if a byte of them has changed."""
        files = self._files()
        content = (files.read_config(), files.read_credentials())
        if self._documents is None or self._documents[0] != content:
            self._documents = (content, files.load())
        return self._documents[1]

    def all(self) -> Profiles:
        """The profiles of both files as they are now."""
        return self.documents().profiles

    def profile(self) -> Profile:
        """The profile asked for, which must exist."""
        return self.all().get(self.name())

    def profile_or_default(self) -> Profile:
        """The profile asked for, which must exist; without one, ``default``, which need not."""
        named = self.named()
        return self.all().get(named) if named else self.all().find("default")

    def name(self) -> str:
        """The profile asked for, else ``default``."""
        return self.named() or "default"

    def named(self, *, of_session: bool = True) -> str | None:
        """The profile asked for by name: the option, else the variables; None if there is none.

        ``of_session`` is whether the profile of the session in this shell counts.
        """
        if self._options.profile is not None:
            if not self._options.profile:
                raise UsageError("--profile needs a name", code="bad-profile-name")
            return self._options.profile
        named = {
            name: self._environ[name]
            for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
            if self._environ.get(name)
        }
        if len(set(named.values())) > 1:
            raise UsageError(
                "AWS_PROFILE and AWS_DEFAULT_PROFILE are both set, to different profiles; "
                "the AWS CLI uses one of them, and boto3 uses the other",
                code="ambiguous-profile",
                hint="unset one of them, or use --profile NAME",
            )
        in_shell = self._environ.get("AWSCREDS_PROFILE") if of_session else None
        return next(iter(named.values()), None) or in_shell or None

    def to_make(self, name: str) -> str:
        """``name``, if that profile exists or may be created. Raises UsageError, InputNeeded.

        An existing one may have any name.
        """
        if not self.all().has(name):
            self.agree_to_name(name)
        return name

    def agree_to_name(self, name: str) -> None:
        """Refuse a name that breaks a file for some tool; ask about one that some cannot see."""
        from awscreds.model import names

        if names.blind(names.checked(name)) and not self._dialogue.consent(
            names.question(name), hint="choose another name, or pass --yes", default=False
        ):
            raise UsageError("nothing was created", code="declined")
