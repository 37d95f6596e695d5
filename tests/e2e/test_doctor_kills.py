"""SIGKILL at steps of `doctor --fix`: nothing is lost, and a second run completes."""

import pytest

from tests.e2e.test_profile_kills import kill, secret_of
from tests.e2e.test_profiles import aws_files
from tests.stores.test_aws_files import STEPS
from tests.test_findings import KEY_ID, SECRET, User

pytestmark = pytest.mark.slow

SERIAL = "arn:aws:iam::123456789012:mfa/alice"
FIX = ("doctor", "--offline", "--fix", "--yes")
SAMPLED = [*STEPS[1::4], "replaced config", "ready credentials"]


@pytest.fixture
def user(home, capsys):
    """Somebody whose two files both have what can be fixed: a property beside our line, a mark."""
    user = User(home, capsys)
    user.write("config", "# above\n[profile dev]\nregion = eu-west-1\n")
    words = ("configure", "--profile", "dev", "--access-key-id", KEY_ID, "--secret-stdin")
    assert user(*words, "--no-verify", stdin=SECRET).code == 0, user.err
    config = (user.aws / "config").read_text(encoding="utf-8")
    user.write("config", config.replace("region", f"mfa_serial = {SERIAL}\nregion", 1))
    user.write("credentials", f"\ufeff[dev]\nmfa_serial = {SERIAL}\n# below")
    return user


@pytest.mark.parametrize("step", dict.fromkeys(SAMPLED))
def test_a_killed_fix_loses_nothing_and_a_second_run_completes(user, step):
    before = aws_files(user)
    assert user(*FIX).code == 0, user.err
    wanted = aws_files(user)
    assert wanted.keys() == before.keys()
    assert all(wanted[name] != before[name] for name in before)
    for name, data in before.items():
        user.write(name, data)
    kill(user, FIX, step)
    left = aws_files(user)
    assert all(left[name] in (before[name], wanted[name]) for name in before)
    assert secret_of(user, "dev") == SECRET
    assert user(*FIX).code == 0, user.err
    assert aws_files(user) == wanted
    assert user("doctor", "--offline", "--json").code == 0
    assert '"fixable": true' not in user.out
