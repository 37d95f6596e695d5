"""What `list` and `status` show. Nobody is asked, and no secret store is opened."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.app import App
    from awscreds.workflows.overview import Overview
    from awscreds.workflows.profile_facts import ProfileFacts


def facts_of_profiles(app: App) -> list[ProfileFacts]:
    """What is known about every profile. Raises ConfigurationError if a file cannot be read."""
    from awscreds.model.problems.problem import ERROR
    from awscreds.workflows.profile_facts import FactsOfProfiles

    found = [*app.file_warnings.findings(), *app.findings(("sources", "programs"))]
    return FactsOfProfiles(
        app.profiles().all(),
        app.state,
        app.environ,
        sessions=app.sessions.entries(),
        wrong=[each.profile for each in found if each.profile and each.severity == ERROR],
        now=app.clock(),
    ).all()


def overview(app: App) -> Overview:
    """Where somebody stands. Raises ConfigurationError if a file cannot be read."""
    from awscreds.stores.journal import waiting_for_somebody
    from awscreds.workflows.overview import Overview, StoreFacts

    name = app.stores.forced() or app.state.backend
    return Overview(
        facts_of_profiles(app),
        app.environ,
        StoreFacts.of(app.stores.backend(name)) if name else None,
        waiting_for_somebody(app.state_dir, app.clock),
        app.clock(),
    )
