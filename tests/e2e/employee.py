"""An employee with a browser, who logs in to the sandbox's IAM Identity Center."""

from awscreds.sandbox.identity_center import START_URL
from tests.e2e.at_browser import AtBrowser

SESSION = f"""\
[sso-session corp]
sso_start_url = {START_URL}/#/
sso_region = eu-central-1
sso_registration_scopes = sso:account:access
"""
PROFILE = """\

# Read only
[profile ro]
sso_session = corp
sso_account_id = 012345678901
sso_role_name = ReadOnlyAccess
region = eu-central-1
"""
LEGACY = f"""\
[profile ro]
sso_start_url = {START_URL}
sso_region = eu-central-1
sso_account_id = 012345678901
sso_role_name = ReadOnlyAccess
"""
ARN = "arn:aws:sts::012345678901:assumed-role/AWSReservedSSO_ReadOnlyAccess_"


class Employee(AtBrowser):
    """Alice, who has a browser and the profile ``ro``."""

    profile = "ro"
    first_click = "Allow access"

    def __init__(self, alice, config=SESSION + PROFILE):
        super().__init__(alice, config)

    @property
    def state(self):
        return self.alice.aws / "awscreds"

    @property
    def cli_files(self):
        """The AWS CLI's logins; a file beside them has its registration."""
        found = sorted((self.alice.aws / "sso" / "cache").glob("*.json"))
        return [path for path in found if b"accessToken" in path.read_bytes()]
