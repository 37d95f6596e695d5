"""What `list` and `status` show. Nobody is asked, and no secret store is opened."""

from __future__ import annotations

from awscreds.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from awscreds.app import App
    from awscreds.errors import AwscredsError
    from awscreds.model.problems.finding import Finding
    from awscreds.workflows.overview import Overview
    from awscreds.workflows.profile_facts import ProfileFacts


DAMAGES = ("state-damaged", "state-version")
"""The codes of a record with which there is an overview all the same."""


def facts_of_profiles(
    app: App, errors: Sequence[Finding] | None = None, *, with_record: bool = True
) -> list[ProfileFacts]:
    """What is known about every profile. Raises ConfigurationError if a file cannot be read.

    ``errors`` are those of `_errors`, if the caller has them. ``with_record`` is false if the
    record of our keys is damaged.
    """
    from awscreds.workflows.profile_facts import FactsOfProfiles

    found = _errors(app) if errors is None else errors
    return FactsOfProfiles(
        app.profiles().all(),
        app.state.entry if with_record else lambda _: {},
        app.environ,
        sessions=app.sessions.entries(),
        wrong=[each.profile for each in found if each.profile],
        now=app.clock(),
    ).all()


def overview(app: App) -> Overview:
    """Where somebody stands. Raises ConfigurationError if an AWS file cannot be read."""
    from awscreds.stores.journal import waiting_for_somebody
    from awscreds.workflows.overview import Overview, StoreFacts

    errors, damage = _errors(app), _damage(app)
    name = None if damage else app.stores.forced() or app.state.backend
    return Overview(
        facts_of_profiles(app, errors, with_record=damage is None),
        len(errors),
        app.environ,
        StoreFacts.of(app.stores.backend(name)) if name else None,
        waiting_for_somebody(app.state_dir, app.clock),
        app.clock(),
        damage,
    )


def _damage(app: App) -> AwscredsError | None:
    """Why the record of our keys cannot be read. An unsafe folder raises: nothing in it is used."""
    try:
        app.state.ids()
    except ConfigurationError as error:
        if error.code not in DAMAGES:
            raise
        return error
    return None


def _errors(app: App) -> list[Finding]:
    """The errors in the AWS files, in the sources of roles, and in the programs of profiles."""
    from awscreds.model.problems.problem import ERROR
    from awscreds.workflows.checks import findings

    # Only notes and warnings compare lines with that of this installation.
    surroundings = app.surroundings(with_lines=False)
    found = [*app.file_warnings.findings(), *findings(surroundings, ("sources", "programs"))]
    return [each for each in dict.fromkeys(found) if each.severity == ERROR]
