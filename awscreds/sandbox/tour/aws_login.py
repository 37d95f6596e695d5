"""The tour of `aws login`: a login with console credentials, used by every tool, and ended."""

from __future__ import annotations

from awscreds.sandbox.tour.keys import ALICE
from awscreds.sandbox.tour.step import WHO, Step, says, tells

PROFILE = "web"
CLICK = "Continue as alice"
"""What a person clicks on at AWS's sign-in."""

STEPS: tuple[Step, ...] = (
    Step(
        "Without IAM Identity Center: log in as you do in the AWS console. No access key is made.",
        tells(f"Logged in as {ALICE}", "in the secret store"),
        ("awscreds", "login", PROFILE, "--yes"),
        clicks=(CLICK,),
    ),
    Step(
        "Wrap this profile, too: boto3 needs no awscrt for it then.",
        says(),
        ("awscreds", "profile", "wrap", PROFILE),
    ),
    Step(
        "The AWS CLI signs with the login. It is renewed for twelve hours.",
        says(ALICE),
        (*WHO, "--profile", PROFILE),
    ),
    Step(
        "Log out: nothing of the login is left on this machine.",
        tells(f"Logged out of {ALICE}"),
        ("awscreds", "logout", PROFILE),
    ),
)
