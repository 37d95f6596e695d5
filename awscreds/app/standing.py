"""What `list` and `status` show. Nobody is asked, and no secret store is opened."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from awscreds.app import App
    from awscreds.model.problems.finding import Finding
    from awscreds.workflows.overview import Overview
    from awscreds.workflows.profile_facts import ProfileFacts


def facts_of_profiles(app: App, errors: Sequence[Finding] | None = None) -> list[ProfileFacts]:
    """What is known about every profile. Raises ConfigurationError if a file cannot be read.

    ``errors`` are those of `_errors`, if the caller has them.
    """
    from awscreds.workflows.profile_facts import FactsOfProfiles

    found = _errors(app) if errors is None else errors
    return FactsOfProfiles(
        app.profiles().all(),
        app.state,
        app.environ,
        sessions=app.sessions.entries(),
        wrong=[each.profile for each in found if each.profile],
        now=app.clock(),
    ).all()


def overview(app: App) -> Overview:
    """Where somebody stands. Raises ConfigurationError if a file cannot be read."""
    from awscreds.stores.journal import waiting_for_somebody
    from awscreds.workflows.overview import Overview, StoreFacts

    errors = _errors(app)
    name = app.stores.forced() or app.state.backend
    return Overview(
        facts_of_profiles(app, errors),
        len(errors),
        app.environ,
        StoreFacts.of(app.stores.backend(name)) if name else None,
        waiting_for_somebody(app.state_dir, app.clock),
        app.clock(),
    )


def _errors(app: App) -> list[Finding]:
    """The errors in the AWS files, in the sources of roles, and in the programs of profiles."""
    from awscreds.model.problems.problem import ERROR
    from awscreds.workflows.checks import findings

    # Only notes and warnings compare lines with that of this installation.
    surroundings = app.surroundings(with_lines=False)
    found = [*app.file_warnings.findings(), *findings(surroundings, ("sources", "programs"))]
    return [each for each in dict.fromkeys(found) if each.severity == ERROR]
