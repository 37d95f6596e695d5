"""Somebody whose rotations run in the sandbox's time, so that no test waits."""

import json

import pytest

from awscreds.model import totp
from tests.e2e.rotation import starter
from tests.e2e.rotation_cases import expected_steps

DAY = 86400


class Done:
    def __init__(self, answer):
        self.returncode, self.stdout, self.stderr = (answer[k] for k in ("code", "out", "err"))


class Person:
    """Alice, whose rotations run by the sandbox's clock."""

    def __init__(self, user, zygote):
        self.user, self.zygote = user, zygote
        self.sandbox, self.control = user.sandbox, user.sandbox.control
        self.root = user.sandbox.client("iam", *user.sandbox.root_key)

    def rotate(self, *argv, rc=0, at=None, how="kill", command="rotate", **environment):
        assert at is None or at in expected_steps()
        if command == "rotate" and not {"--yes", "--no-input", "--resume", "--dry-run"} & {*argv}:
            argv = (*argv, "--yes")  # nobody is there to agree
        answer = self.zygote(
            "run",
            {**self.user.environment, **environment},
            argv=[command, *argv],
            blows=[(at, how)] if at else [],
            root=self.sandbox.root_key,
        )
        done = Done(answer)
        transcript = f"{done.stdout}\n{done.stderr}\nrc={done.returncode}"
        assert "Traceback" not in transcript, transcript
        assert "has a bug" not in transcript, transcript
        assert done.returncode == rc, transcript
        return done

    def at_aws(self, name="alice"):
        listed = self.root.list_access_keys(UserName=name)["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in listed}

    def pointer(self, profile="alice"):
        words = ("configure", "get", "awscreds_access_key_id", "--profile", profile)
        return self.user.awscreds(*words).stdout.strip()

    def journals(self):
        return sorted((self.user.aws / "awscreds").glob("rotation-*"))

    def make_user(self, name):
        """Another user who may do as alice may: the key, as IAM gives it out."""
        self.root.create_user(UserName=name)
        policy = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
        self.root.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document)
        return self.root.create_access_key(UserName=name)["AccessKey"]

    def new_user(self, name):
        """Such a user, with the key in the store and a profile of that name."""
        key = self.make_user(name)
        self.user.awscreds(
            *("configure", "--profile", name, "--access-key-id", key["AccessKeyId"]),
            *("--secret-stdin", "--no-verify"),
            stdin=key["SecretAccessKey"],
        )
        return key["AccessKeyId"]

    def new_device(self, name):
        """Give a user an MFA device, named in the profile of that name. Its serial."""
        iam = self.root
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        serial, seed = device["SerialNumber"], device["Base32StringSeed"].decode()
        step = totp.step_at(self.control.now())
        iam.enable_mfa_device(
            UserName=name,
            SerialNumber=serial,
            AuthenticationCode1=totp.code(seed, step - 1),
            AuthenticationCode2=totp.code(seed, step),
        )
        self.control.advance(totp.STEP)
        self.demand_mfa(name, serial)
        return serial

    def demand_mfa(self, name, serial):
        self.control.require_mfa(name)
        self.user.awscreds("configure", "set", "mfa_serial", serial, "--profile", name)

    def code(self, serial):
        return self.control.code(serial)["code"]

    def deny(self, *actions, name="alice"):
        statement = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.root.put_user_policy(UserName=name, PolicyName="deny", PolicyDocument=document)


@pytest.fixture(scope="module")
def zygote():
    with starter() as zygote:
        yield zygote


@pytest.fixture
def person(alice, zygote):
    alice.configure("alice", "--region", "us-east-1")
    return Person(alice, zygote)
