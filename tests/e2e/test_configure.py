"""``awscreds configure``: the questions of ``aws configure``, asked kindly and answered safely."""

import json

import pytest

from tests.e2e.conftest import PROGRAM
from tests.e2e.terminal import terminal
from tests.helpers import has_mode

ARN = "arn:aws:iam::123456789012:user/alice"
OTHER_SECRET = "x" * 40


def test_the_dialogue_asks_what_aws_configure_asks_and_never_shows_the_secret(alice):
    with terminal(alice, PROGRAM, "configure", "--profile", "alice") as screen:
        screen.answer("AWS Access Key ID [None]: ", alice.key_id)
        screen.answer("AWS Secret Access Key [None]: ", alice.secret)
        screen.answer("Default region name [None]: ", "eu-central-1")
        screen.answer("Default output format [None]: ", "json")
        screen.expect(ARN)
        assert screen.end() == 0
    assert alice.secret not in screen.text
    assert alice.key_id in screen.text
    assert alice.awscreds("configure", "get", "output", "--profile", "alice").stdout == "json\n"


def test_enter_keeps_the_present_values(alice):
    alice.configure("alice", "--region", "eu-central-1")
    before = alice.config.read_bytes()
    with terminal(alice, PROGRAM, "configure", "--profile", "alice") as screen:
        shown = "*" * 16
        screen.answer(f"AWS Access Key ID [{shown}{alice.key_id[-4:]}]: ", "")
        screen.answer(f"AWS Secret Access Key [{shown}]: ", "")
        screen.answer("Default region name [eu-central-1]: ", "")
        screen.answer("Default output format [None]: ", "")
        assert screen.end() == 0
    assert alice.config.read_bytes() == before


def test_ctrl_c_at_any_question_changes_nothing_and_restores_the_echo(alice):
    with terminal(
        alice, "sh", "-c", f"trap : INT; {PROGRAM} configure; echo rc=$?; stty -a"
    ) as screen:
        screen.answer("AWS Access Key ID [None]: ", alice.key_id)
        screen.interrupt("AWS Secret Access Key [None]: ")
        screen.expect("rc=130")
        screen.expect(" echo ")
        screen.end()
    assert not alice.credentials.exists()
    assert "default" not in alice.config.read_text()


def test_piped_answers_are_taken_line_by_line_as_aws_configure_takes_them(alice):
    answers = f"{alice.key_id}\n{alice.secret}\neu-west-1\njson\n"
    alice.awscreds("configure", stdin=answers)
    assert alice.awscreds("configure", "get", "region").stdout == "eu-west-1\n"
    assert ARN in alice.awscreds("whoami").stdout


def test_an_empty_stdin_is_nobody_to_ask(alice):
    done = alice.awscreds("configure", stdin="", rc=6)
    assert "standard input is empty" in done.stderr


def test_no_input_never_asks(alice):
    alice.awscreds("configure", "--no-input", stdin=f"{alice.key_id}\n", rc=6)
    alice.awscreds("configure", "--no-input", "--access-key-id", alice.key_id, rc=6)


@pytest.mark.parametrize("profile", ["default", "alice"])
def test_a_pair_that_aws_refuses_replaces_nothing(alice, profile):
    alice.configure(profile)
    before = alice.files()
    done = alice.configure(profile, stdin=OTHER_SECRET, rc=5)
    assert "does not belong" in done.stderr
    assert OTHER_SECRET not in done.stderr + done.stdout
    assert alice.files() == before
    assert ARN in alice.awscreds("whoami", "--profile", profile).stdout


def test_an_unreachable_aws_replaces_nothing_and_names_the_way_out(alice):
    before = alice.files()
    done = alice.configure(AWS_ENDPOINT_URL="http://127.0.0.1:9", rc=5)
    assert "cannot reach http://127.0.0.1:9" in done.stderr
    assert "--no-verify" in done.stderr
    assert alice.files() == before


def test_no_verify_stores_without_asking_aws(alice):
    alice.configure("alice", "--no-verify", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert alice.sandbox.control.log() == []
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout


def test_another_secret_for_a_stored_id_is_not_taken_unchecked(alice):
    alice.configure()
    done = alice.configure("alice", "--no-verify", stdin=OTHER_SECRET, rc=2)
    assert "without --no-verify" in done.stderr
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout


def test_a_root_key_is_warned_about_loudly(alice):
    alice.key_id, alice.secret = alice.sandbox.root_key
    done = alice.configure("root")
    assert "ROOT user" in done.stderr


def plaintext(alice, profile="alice", key_id=None, secret=None):
    alice.credentials.write_text(
        f"# mine\n[{profile}]\naws_access_key_id = {key_id or alice.key_id}\n"
        f"aws_secret_access_key = {secret or alice.secret}\n\n[other]\naws_access_key_id = x\n"
    )
    alice.credentials.chmod(0o600)


def test_a_plaintext_profile_is_brought_under_management_when_asked(alice):
    plaintext(alice)
    with terminal(alice, PROGRAM, "configure", "--profile", "alice") as screen:
        for question in ("AWS Access Key ID", "AWS Secret", "Default region", "Default output"):
            screen.answer(question, "", exactly=False)
        screen.answer("Move the key to the secret store? [Y/n] ", "y")
        screen.expect(ARN)
        assert screen.end() == 0
    kept = "# mine\n[alice]\n\n[other]\naws_access_key_id = x\n"  # the comment keeps its header
    assert alice.credentials.read_text() == kept
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout


def test_a_plaintext_profile_stays_as_it_is_when_the_answer_is_no(alice):
    plaintext(alice)
    before = alice.credentials.read_bytes()
    with terminal(alice, PROGRAM, "configure", "--profile", "alice") as screen:
        for question in ("AWS Access Key ID", "AWS Secret", "Default region", "Default output"):
            screen.answer(question, "", exactly=False)
        screen.answer("Move the key to the secret store? [Y/n] ", "n")
        assert screen.end() == 0
    assert alice.credentials.read_bytes() == before


def test_keys_that_aws_configure_put_beside_a_managed_profile_are_warned_about_and_taken_in(alice):
    alice.configure()
    plaintext(alice)
    warned = alice.awscreds("whoami", "--profile", "alice")
    assert "plaintext keys" in warned.stderr
    assert "awscreds configure --profile alice" in warned.stderr
    for words in (
        ("get", "region"),
        ("set", "region", "eu-west-1"),
        ("list",),
        ("--output", "json"),
    ):
        met = alice.awscreds("configure", *words, "--profile", "alice", rc=None)
        assert "plaintext keys" in met.stderr, words
    assert "plaintext keys" in alice.awscreds("list").stderr
    assert "plaintext keys" in alice.awscreds("list", "--json").stderr
    alice.configure()
    assert alice.secret not in alice.credentials.read_text()
    assert alice.awscreds("whoami", "--profile", "alice").stderr == ""


def test_plaintext_is_written_only_when_it_is_asked_for(alice):
    done = alice.configure("alice", "--plaintext", "--region", "eu-west-1")
    assert "plaintext" in done.stderr
    assert has_mode(alice.credentials, 0o600)
    assert f"aws_secret_access_key = {alice.secret}" in alice.credentials.read_text()
    assert "credential_process" not in alice.config.read_text()


def test_going_back_to_plaintext_leaves_no_pointer(alice):
    alice.configure()
    alice.configure("alice", "--plaintext")
    assert "awscreds" not in alice.config.read_text().split("[profile alice]")[1]
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout


@pytest.mark.parametrize(
    "setting", ["role_arn = arn:aws:iam::1:role/x", "sso_session = corp", "login_session = x"]
)
def test_a_profile_whose_other_credentials_would_win_is_refused(alice, setting):
    alice.config.write_text(f"[profile alice]\n{setting}\n")
    done = alice.configure(rc=3)
    assert setting.split(" ")[0] in done.stderr
    assert alice.config.read_text() == f"[profile alice]\n{setting}\n"


def test_a_self_sourcing_role_gets_its_keys_moved_to_a_source_profile(alice):
    role = "role_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = alice\n"
    alice.config.write_text(f"[profile alice]\n{role}")
    plaintext(alice)
    alice.configure()
    config = alice.config.read_text()
    assert "source_profile = alice-source" in config
    assert "[profile alice-source]" in config
    assert alice.secret not in alice.credentials.read_text()
    assert ARN in alice.awscreds("whoami", "--profile", "alice-source").stdout


def test_a_foreign_credential_process_is_replaced_only_with_consent(alice):
    text = "[profile alice]\ncredential_process = /usr/bin/other-tool\n"
    alice.config.write_text(text)
    alice.configure(rc=3)
    assert alice.config.read_text() == text
    alice.configure("alice", "--yes")
    assert "other-tool" not in alice.config.read_text()


def test_a_secret_pasted_at_the_wrong_prompt_is_not_shown_again(alice):
    done = alice.awscreds("configure", stdin=f"{alice.secret}\n", rc=2)
    assert alice.secret not in done.stderr + done.stdout


def test_temporary_credentials_are_not_kept(alice):
    key_id, secret, token = alice.sandbox.session(mfa=False)
    answers = f"{key_id}\n{secret}\n{token}\n\n\n"
    done = alice.awscreds("configure", "--profile", "temp", stdin=answers, rc=2)
    assert "--plaintext" in done.stderr
    assert token not in done.stderr
    alice.awscreds("configure", "--profile", "temp", "--plaintext", stdin=answers)
    assert ARN in alice.awscreds("whoami", "--profile", "temp").stdout


def test_settings_alone_need_no_key_and_no_network(alice):
    alice.awscreds("configure", "--profile", "new", "--region", "eu-west-3", "--output", "yaml")
    assert alice.sandbox.control.log() == []
    text = alice.config.read_text()
    assert text.endswith("\n\n[profile new]\nregion = eu-west-3\noutput = yaml\n")


def test_the_former_key_keeps_its_entry_until_it_is_dropped_on_purpose(alice):
    alice.configure()
    first = alice.key_id
    created = alice.sandbox.client("iam").create_access_key()["AccessKey"]
    alice.key_id, alice.secret = created["AccessKeyId"], created["SecretAccessKey"]
    done = alice.configure()
    assert f"awscreds store forget {first}" in done.stderr
    alice.awscreds("store", "forget", alice.key_id, "--yes", rc=3)
    alice.awscreds("store", "forget", first, rc=6)
    alice.awscreds("store", "forget", first, "--yes")
    entries = json.loads(alice.awscreds("store", "show", "--json").stdout)["entries"]
    assert [entry["id"] for entry in entries] == [alice.key_id]


def test_json_reports_what_was_done_without_the_secret(alice):
    done = alice.configure("alice", "--region", "eu-west-1", "--json", "--quiet")
    report = json.loads(done.stdout)
    assert report["access_key_id"] == alice.key_id
    assert report["arn"] == ARN
    assert report["store"] == "vault"
    assert alice.secret not in done.stdout + done.stderr
    assert done.stderr == ""


@pytest.mark.slow
def test_twenty_processes_configuring_twenty_profiles_lose_none(alice):
    from concurrent.futures import ThreadPoolExecutor

    names = [f"p{n}" for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: alice.configure(name, "--no-verify"), names))
    listed = alice.awscreds("configure", "list-profiles").stdout.split()
    assert sorted(listed) == sorted([*names, "admin"])
    kinds = json.loads(alice.awscreds("list", "--json").stdout)["profiles"]
    assert {row["profile"] for row in kinds if row["kind"] == "managed"} == set(names)


def test_at_a_terminal_refused_answers_are_asked_for_again_and_the_vault_comes_first(alice):
    alice.configure("other")
    alice.awscreds("lock")
    passphrase = alice.environment.pop("AWSCREDS_PASSPHRASE")
    with terminal(alice, PROGRAM, "configure", "--profile", "alice") as screen:
        screen.answer("Passphrase of the awscreds vault: ", "wrong")
        screen.answer("Passphrase of the awscreds vault: ", passphrase)
        screen.answer("AWS Access Key ID [None]: ", OTHER_SECRET + "\ntouch executed")
        screen.expect("this is not an access key ID")
        screen.answer("AWS Access Key ID [None]: ", "ASIAIOSFODNN7EXAMPLE")
        screen.expect("temporary credentials")
        screen.answer("AWS Access Key ID [None]: ", f' "{alice.key_id}" ')
        screen.answer("AWS Secret Access Key [None]: ", "two words")
        screen.expect("this is not a secret access key")
        screen.answer("AWS Secret Access Key [None]: ", f"'{alice.secret}'")
        screen.answer("Default region name [None]: ", "Frankfurt am Main")
        screen.expect("is not a valid region")
        screen.answer("Default region name [None]: ", "eu-central-1")
        screen.answer("Default output format [None]: ", "")
        assert screen.end() == 0
    assert "touch" not in screen.text
    alice.environment["AWSCREDS_PASSPHRASE"] = passphrase
    alice.awscreds("whoami", "--profile", "alice")


def test_piped_answers_are_refused_at_once(alice):
    done = alice.awscreds(
        "configure", "--profile", "alice", stdin="not an id\n" + alice.key_id + "\n", rc=2
    )
    assert "this is not an access key ID" in done.stderr
