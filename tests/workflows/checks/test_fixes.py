"""What `doctor --fix` changes: doctor is then silent about it, and nothing else differs."""

import io
import json
import os

import pytest

from awscreds.app import App
from awscreds.cli import run
from awscreds.errors import ConfigurationError
from awscreds.workflows.checks import fixes
from tests.helpers import need_posix
from tests.workflows.checks.conftest import PAIR, POINTER, SECRET

SERIAL = "arn:aws:iam::123456789012:mfa/alice"
AROUND = "# above\r\n[profile other]\r\nregion=eu-west-1\r\n\r\n"


def doctor(user, *words, **environ):
    said = io.StringIO()
    app = App({**user.environ, "AWSCREDS_BACKEND": "vault", **environ}, stderr=said)
    code = run(["doctor", "--offline", *words], app)
    return code, said.getvalue()


def beside(user):
    ours = f"[profile dev]\r\nmfa_serial = {SERIAL}\r\n{POINTER}{user.line('dev')}"
    user.config(AROUND + ours + "# below")
    return {"config": (AROUND + ours.replace("mfa_serial", "awscreds_mfa_serial") + "# below")}


def beside_in_credentials(user):
    user.config(f"[profile dev]\n{POINTER}{user.line('dev')}")
    user.credentials(f"[dev]\nmfa_serial={SERIAL}\n")
    return {"credentials": f"[dev]\nawscreds_mfa_serial={SERIAL}\n"}


def moved(user):
    line = user.line("dev")
    before = line.replace(line.split()[2], "/nowhere/bin/python")
    user.config(f"{AROUND}[profile dev]\n{POINTER}{before}# below")
    return {"config": f"{AROUND}[profile dev]\n{POINTER}{line}# below"}


def outdated(user):
    line = user.line("dev")
    user.config(f"{AROUND}[profile dev]\n{line.replace(' -S ', ' ')}{POINTER}")
    return {"config": f"{AROUND}[profile dev]\n{line}{POINTER}"}


def marked(user):
    user.config("\ufeff[profile dev]\nregion = eu-west-1\n")
    return {"config": "[profile dev]\nregion = eu-west-1\n"}


def marked_credentials(user):
    user.credentials(f"\ufeff[dev]\n{PAIR}")
    return {"credentials": f"[dev]\n{PAIR}"}


def readable(user):
    need_posix("no modes")
    user.credentials(f"[dev]\n{PAIR}").chmod(0o644)
    return {"credentials": f"[dev]\n{PAIR}"}


def writable(user):
    need_posix("no modes")
    user.config("[profile dev]\nregion = eu-west-1\n").chmod(0o666)
    return {}


def writable_folder(user):
    need_posix("no modes")
    user.config("[profile dev]\nregion = eu-west-1\n")
    user.aws.chmod(0o777)
    return {}


def token(user):
    need_posix("no modes")
    user.write(".aws/cli/cache/c.json", json.dumps({"SecretAccessKey": SECRET}), mode=0o664)
    return {}


FIXES = {
    "mfa-serial-beside-our-line": [beside, beside_in_credentials],
    "moved-program": [moved],
    "outdated-line": [outdated],
    "bom": [marked, marked_credentials],
    "readable-by-others": [readable],
    "writable-by-others": [writable, writable_folder],
    "readable-token": [token],
}
CASES = [(code, arrange) for code, cases in FIXES.items() for arrange in cases]
IDS = [f"{code}-{arrange.__name__}" for code, arrange in CASES]


@pytest.mark.daily(6)
@pytest.mark.parametrize(("code", "arrange"), CASES, ids=IDS)
def test_doctor_is_silent_about_what_it_has_fixed_and_changes_nothing_else(user, code, arrange):
    expected = arrange(user)
    before = {path: path.read_bytes() for path in user.home.rglob("*") if path.is_file()}
    [found] = [each for each in user.find() if each.code == code]
    assert found.fix
    done, said = doctor(user, "--fix", "--yes")
    assert done == 0
    assert "Changes:" in said
    assert SECRET not in said
    assert code not in user.codes()
    for name, text in expected.items():
        assert (user.aws / name).read_bytes() == text.encode()
    names = {str(user.aws / name) for name in expected}
    for path, content in before.items():
        assert str(path) in names or path.read_bytes() == content
    assert doctor(user, "--fix", "--yes")[0] == 0


@pytest.mark.parametrize(("code", "arrange"), CASES, ids=IDS)
def test_nothing_is_changed_without_consent(user, code, arrange, capsys):
    arrange(user)
    before = {path: path.read_bytes() for path in user.home.rglob("*") if path.is_file()}
    assert doctor(user, "--fix", "--no-input")[0] == 6
    assert "--yes" in capsys.readouterr().err
    after = {path: path.read_bytes() for path in user.home.rglob("*") if path.is_file()}
    assert after == before
    assert code in user.codes()


def test_every_fix_that_is_offered_has_a_case(user):
    offered = set()
    for _, arrange in CASES:
        arrange(user)
        offered |= {each.code for each in user.find() if each.fix}
    assert offered <= set(FIXES)


def test_a_line_for_another_profile_or_state_is_not_replaced(user):
    line = user.line("dev").replace(" -S ", " ")
    for other in (
        line.replace("--profile dev", "--profile x"),
        line.replace("--profile dev", "--profile dev --home /x"),
    ):
        user.config(f"[profile dev]\n{POINTER}{other}")
        [found] = [each for each in user.find("programs") if each.code == "outdated-line"]
        assert found.fix is None


def test_what_somebody_changed_meanwhile_is_left_alone(user):
    moved(user)
    app = user.app()
    found = [each for each in app.findings() if each.fix]
    newer = f"[profile dev]\n{POINTER}credential_process = /usr/bin/other\n"
    user.config(newer)
    fixes.apply(app.files, found)
    assert (user.aws / "config").read_text(encoding="utf-8") == newer


def test_a_killed_run_is_completed_by_the_next_one(user, monkeypatch):
    need_posix("no modes")
    beside(user)
    (user.aws / "config").chmod(0o666)
    app = user.app()
    monkeypatch.setattr(app.files, "edit", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        fixes.apply(app.files, [each for each in app.findings() if each.fix])
    assert doctor(user, "--fix", "--yes")[0] == 0
    assert not [each for each in user.find() if each.fix]


def test_the_aws_files_are_not_edited_while_others_can_still_write_them(user):
    need_posix("no modes")
    beside(user)
    app = user.app()
    found = [each for each in app.findings() if each.code == "mfa-serial-beside-our-line"]
    (user.aws / "config").chmod(0o666)
    before = (user.aws / "config").read_bytes()
    with pytest.raises(ConfigurationError, match="other users"):
        fixes.apply(app.files, found)
    assert (user.aws / "config").read_bytes() == before


def test_a_secret_in_a_changed_line_is_not_shown(user):
    user.config(f"[profile dev]\nmfa_serial = {SECRET}\n{POINTER}{user.line('dev')}")
    _, said = doctor(user, "--fix", "--yes")
    assert SECRET not in said
    assert "****" in said


def test_the_document_says_how_many_were_fixed(user, capsys):
    beside(user)
    assert doctor(user, "--json")[0] == 0
    document = json.loads(capsys.readouterr().out)
    assert document["fixed"] == 0
    assert [each["fixable"] for each in document["findings"]].count(True) == 1
    assert doctor(user, "--json", "--fix", "--yes")[0] == 0
    assert json.loads(capsys.readouterr().out)["fixed"] == 1


def test_a_link_is_followed_to_the_file_that_was_judged_and_a_fifo_is_left(user):
    need_posix("no modes")
    real = user.write("dotfiles/credentials", f"[dev]\n{PAIR}", mode=0o644)
    os.symlink(real, user.aws / "credentials")
    doctor(user, "--fix", "--yes")
    assert real.stat().st_mode & 0o777 == 0o600
    assert (user.aws / "credentials").is_symlink()


def test_the_changes_of_thousands_of_profiles_are_compared_line_by_line(user, monkeypatch):
    monkeypatch.setattr("difflib.SequenceMatcher", None)  # it would take minutes
    line = user.line("dev")
    user.config(
        "".join(
            f"[profile p{n}]\nmfa_serial = {SERIAL}\n{POINTER}"
            + line.replace("--profile dev", f"--profile p{n}")
            for n in range(300)
        )
    )
    app = user.app()
    found = [each for each in app.findings(["beside_our_line"]) if each.fix]
    lines = fixes.plan(app.files.load(), found)
    assert len(lines) == 300 * 3
    assert lines[0].endswith(os.path.join("", "config:2"))
