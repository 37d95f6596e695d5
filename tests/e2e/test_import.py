"""``configure import``: the console's CSV and the environment, into the store."""

ARN = "arn:aws:iam::123456789012:user/alice"


def csv(alice, *rows, header="User Name,Access key ID,Secret access key"):
    path = alice.folder / "keys.csv"
    path.write_text("\ufeff" + "\n".join([header, *rows]) + "\n")
    return path


def test_the_consoles_csv_becomes_a_profile_and_one_is_told_to_delete_it(alice):
    path = csv(alice, f"{alice.key_id},{alice.secret}", header="Access key ID,Secret access key")
    assert "--profile" in alice.awscreds("configure", "import", "--csv", path, rc=2).stderr
    done = alice.awscreds("configure", "import", "--csv", path, "--profile", "alice")
    assert "delete it" in done.stderr
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout


def test_each_user_of_a_csv_gets_a_profile(alice):
    root_id, root_secret = alice.sandbox.root_key
    path = csv(alice, f"alice,{alice.key_id},{alice.secret}", f"boss,{root_id},{root_secret}")
    alice.awscreds("configure", "import", "--csv", path, "--profile-prefix", "corp-")
    assert ARN in alice.awscreds("whoami", "--profile", "corp-alice").stdout
    assert ":root" in alice.awscreds("whoami", "--profile", "corp-boss").stdout


def test_one_bad_row_stops_all_before_the_first_is_stored_unless_it_is_to_be_skipped(alice):
    path = csv(alice, f"alice,{alice.key_id},{alice.secret}", "bob,oops,x")
    before = alice.files()
    assert f"{path}:3" in alice.awscreds("configure", "import", "--csv", path, rc=2).stderr
    assert alice.files() == before
    done = alice.awscreds("configure", "import", "--csv", path, "--skip-invalid")
    assert f"{path}:3" in done.stderr
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout


def test_stdin_and_the_environment_are_taken_as_well(alice):
    text = csv(alice, f"alice,{alice.key_id},{alice.secret}").read_text()
    alice.awscreds("configure", "import", "--csv", "-", stdin=text)
    assert ARN in alice.awscreds("whoami", "--profile", "alice").stdout
    keys = {"AWS_ACCESS_KEY_ID": alice.key_id, "AWS_SECRET_ACCESS_KEY": alice.secret}
    alice.awscreds("configure", "import", "--from-env", "--profile", "env", **keys)
    assert ARN in alice.awscreds("whoami", "--profile", "env").stdout
    temporary = {**keys, "AWS_SESSION_TOKEN": "x"}
    alice.awscreds("configure", "import", "--from-env", "--profile", "t", rc=2, **temporary)
