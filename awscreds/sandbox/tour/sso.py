"""The tour of IAM Identity Center: a login in a browser, and roles for every tool."""

from __future__ import annotations

from awscreds.sandbox.identity_center import SCOPE, START_URL
from awscreds.sandbox.tour.step import WHO, Outcome, Step, says, tells, what_the_browser_shows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awscreds.sandbox.world import World

PROFILE = "staging"
ACCOUNT = "012345678901"
CONFIG = f"""
[sso-session corp]
sso_start_url = {START_URL}
sso_region = {{region}}
sso_registration_scopes = {SCOPE}

[profile {PROFILE}]
sso_session = corp
sso_account_id = {ACCOUNT}
sso_role_name = ReadOnlyAccess
region = {{region}}
"""
ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_ReadOnlyAccess_"


def write_profile(world: World) -> Outcome:
    """An sso-session and a profile, as `aws configure sso` writes them."""
    config = world.home / ".aws" / "config"
    with config.open("a", encoding="utf-8") as file:
        file.write(CONFIG.format(region=world.facts["region"]))
    return Outcome(0)


STEPS: tuple[Step, ...] = (
    Step(
        "Many companies use IAM Identity Center (SSO). `aws configure sso` writes such a profile.",
        says(),
        act=write_profile,
        typed=f"(writes the sso-session corp and the profile {PROFILE} to ~/.aws/config)",
    ),
    Step(
        "Log in with the browser. The tokens go to the secret store, not to a file in plaintext.",
        tells("Logged in to corp", "in the secret store"),
        ("awscreds", "login", PROFILE),
        clicks=("Allow access",),
    ),
    Step("awscreds uses the role now.", says(ARN), ("awscreds", "whoami", PROFILE)),
    Step(
        "Wrap the profile: now every tool gets the role from awscreds.",
        says(),
        ("awscreds", "profile", "wrap", PROFILE),
    ),
    Step(
        "The AWS CLI uses the role, without a login of its own.",
        says(ARN),
        (*WHO, "--profile", PROFILE),
    ),
    Step(
        "Open the AWS console as this role. The link that signs in is in no argument and no file.",
        tells(f"Opened the console as {ARN}"),
        ("awscreds", "console", PROFILE, "--service", "s3"),
        opens_page=True,
    ),
    Step(
        "The browser is signed in.",
        says(f"Signed in as {ARN}", "Page: /s3/home"),
        act=what_the_browser_shows,
        typed="(shows what the browser shows)",
    ),
    Step(
        "Create a profile for each account and role that you may use, all at once.",
        tells("Added 3 profiles."),
        ("awscreds", "sso", "populate", "--yes"),
    ),
)
