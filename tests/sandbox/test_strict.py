"""The sandbox refuses what AWS refuses, asked by boto3 over HTTP."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.fixtures import credentials

HOUR = 3600


def refused(call, /, **parameters):
    """The code and message AWS refuses ``call`` with."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def identity(sandbox, *key):
    return sandbox.client("sts", *key).get_caller_identity()["Arn"]


class TestAccessKeys:
    def test_alices_key_identifies_her(self, sandbox):
        answer = sandbox.client("sts").get_caller_identity()
        assert answer["Arn"] == "arn:aws:iam::123456789012:user/alice"
        assert answer["Account"] == "123456789012"
        assert answer["UserId"].startswith("AIDA")

    def test_the_root_key_identifies_the_account(self, sandbox):
        answer = sandbox.client("sts", *sandbox.root_key).get_caller_identity()
        assert answer["Arn"] == "arn:aws:iam::123456789012:root"
        assert answer["UserId"] == "123456789012"

    def test_keys_look_like_those_of_aws(self, sandbox):
        key_id, secret = sandbox.key
        assert len(key_id) == 20
        assert key_id.startswith("AKIA")
        assert set(key_id[4:]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        assert len(secret) == 40

    def test_a_wrong_secret_is_refused(self, sandbox):
        code, _ = refused(sandbox.client("sts", sandbox.key[0], "x" * 40).get_caller_identity)
        assert code == "SignatureDoesNotMatch"

    def test_a_body_changed_after_signing_is_refused(self, sandbox):
        iam = sandbox.client("iam")

        def tamper(request, **_):
            request.body = request.body.replace("mallory", "mallorX")

        iam.meta.events.register("before-send.iam.CreateUser", tamper)
        code, _ = refused(iam.create_user, UserName="mallory")
        assert code == "SignatureDoesNotMatch"
        assert [user["UserName"] for user in iam.list_users()["Users"]] == ["alice"]

    def test_an_unsigned_request_is_refused(self, sandbox):
        from botocore import UNSIGNED

        sts = sandbox.client("sts", signature_version=UNSIGNED)
        assert refused(sts.get_caller_identity)[0] == "MissingAuthenticationToken"

    def test_an_unknown_key_is_refused(self, sandbox):
        code, message = refused(
            sandbox.client("sts", "AKIAIOSFODNN7EXAMPLE", "x" * 40).get_caller_identity
        )
        assert code == "InvalidClientTokenId"
        assert message == "The security token included in the request is invalid."

    def test_a_key_with_a_session_token_it_does_not_have_is_refused(self, sandbox):
        sts = sandbox.client("sts", *sandbox.key, "a-token")
        assert refused(sts.get_caller_identity)[0] == "InvalidClientTokenId"

    def test_an_inactive_key_is_refused_until_it_is_active_again(self, sandbox):
        iam, root = sandbox.client("iam"), sandbox.client("iam", *sandbox.root_key)
        named = {"UserName": "alice", "AccessKeyId": sandbox.key[0]}
        iam.update_access_key(AccessKeyId=sandbox.key[0], Status="Inactive")
        assert refused(iam.list_access_keys)[0] == "InvalidClientTokenId"
        root.update_access_key(**named, Status="Active")
        assert iam.list_access_keys()["AccessKeyMetadata"][0]["Status"] == "Active"

    def test_a_deleted_key_is_refused(self, sandbox):
        sandbox.client("iam").delete_access_key(AccessKeyId=sandbox.key[0])
        assert refused(sandbox.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"

    def test_a_user_has_at_most_two_keys_inactive_ones_included(self, sandbox):
        iam = sandbox.client("iam")
        second = iam.create_access_key()["AccessKey"]
        iam.update_access_key(AccessKeyId=second["AccessKeyId"], Status="Inactive")
        assert refused(iam.create_access_key)[0] == "LimitExceeded"

    def test_a_new_key_works_and_is_dated_by_the_sandbox(self, sandbox):
        now = sandbox.control.advance(30 * 24 * HOUR)
        key = sandbox.client("iam").create_access_key()["AccessKey"]
        assert abs(key["CreateDate"].timestamp() - now) < 60
        assert identity(sandbox, key["AccessKeyId"], key["SecretAccessKey"]).endswith("/alice")

    def test_deleting_a_key_that_is_not_there_says_so(self, sandbox):
        iam = sandbox.client("iam")
        code, _ = refused(iam.delete_access_key, AccessKeyId="AKIAIOSFODNN7EXAMPLE")
        assert code == "NoSuchEntity"

    def test_last_use_is_what_was_really_used(self, sandbox):
        iam = sandbox.client("iam")
        new = iam.create_access_key()["AccessKey"]
        fresh = iam.get_access_key_last_used(AccessKeyId=new["AccessKeyId"])
        assert fresh["UserName"] == "alice"
        assert "LastUsedDate" not in fresh["AccessKeyLastUsed"]

        now = sandbox.control.advance(HOUR)
        identity(sandbox, new["AccessKeyId"], new["SecretAccessKey"])
        used = iam.get_access_key_last_used(AccessKeyId=new["AccessKeyId"])["AccessKeyLastUsed"]
        assert (used["ServiceName"], used["Region"]) == ("sts", "eu-central-1")
        assert abs(used["LastUsedDate"].timestamp() - now) < 60

    def test_a_user_with_keys_is_not_deleted(self, sandbox):
        iam = sandbox.client("iam")
        iam.create_user(UserName="bob")
        iam.create_access_key(UserName="bob")
        assert refused(iam.delete_user, UserName="bob")[0] == "DeleteConflict"

    def test_a_service_it_does_not_have_is_refused(self, sandbox):
        import boto3

        ec2 = boto3.client(
            "ec2",
            endpoint_url=sandbox.control.url,
            region_name="eu-central-1",
            aws_access_key_id=sandbox.key[0],
            aws_secret_access_key=sandbox.key[1],
        )
        with pytest.raises(ClientError, match="answers for iam and sts"):
            ec2.describe_regions()

    def test_an_action_it_does_not_know_is_invalid(self, sandbox):
        code, message = refused(
            sandbox.client("sts").get_access_key_info, AccessKeyId=sandbox.key[0]
        )
        assert code == "InvalidAction"
        assert "GetAccessKeyInfo" in message

    def test_every_answer_is_dated_by_the_sandboxs_clock(self, sandbox):
        now = sandbox.control.advance(-24 * HOUR)
        answer = sandbox.client("sts").get_caller_identity()
        date = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        assert abs(date.timestamp() - now) < 60


class TestGetSessionToken:
    def test_gives_credentials_that_sign_and_are_never_the_same(self, sandbox):
        first, second = sandbox.session(mfa=False), sandbox.session(mfa=False)
        assert identity(sandbox, *first) == identity(sandbox, *second) == sandbox.facts["user_arn"]
        assert first[0].startswith("ASIA")
        assert not set(first) & set(second)

    @pytest.mark.parametrize("part", [1, 2], ids=["secret", "token"])
    def test_the_secret_and_the_token_of_a_session_are_checked(self, sandbox, part):
        key = list(sandbox.session(mfa=False))
        key[part] = "x" * len(key[part])
        code, _ = refused(sandbox.client("sts", *key).get_caller_identity)
        assert code == ("SignatureDoesNotMatch" if part == 1 else "InvalidClientTokenId")

    def test_a_session_without_its_token_is_refused(self, sandbox):
        key_id, secret, _ = sandbox.session(mfa=False)
        code, _ = refused(sandbox.client("sts", key_id, secret).get_caller_identity)
        assert code == "InvalidClientTokenId"

    @pytest.mark.parametrize("steps", [-1, 0, 1])
    def test_a_code_one_step_either_side_is_taken(self, sandbox, steps):
        # Not at the very end of a step: the code is made before the server looks at its clock.
        sandbox.control.advance(-(sandbox.control.now() % 30) + 5)
        sandbox.client("sts").get_session_token(
            SerialNumber=sandbox.facts["mfa_serial"], TokenCode=sandbox.token_code(steps)
        )

    @pytest.mark.parametrize("steps", [-3, 3])
    def test_a_code_further_off_is_not(self, sandbox, steps):
        code, message = refused(
            sandbox.client("sts").get_session_token,
            SerialNumber=sandbox.facts["mfa_serial"],
            TokenCode=sandbox.token_code(steps),
        )
        assert code == "AccessDenied"
        assert "MultiFactorAuthentication failed with invalid MFA one time pass code" in message

    def test_a_code_is_taken_once(self, sandbox):
        sts, serial = sandbox.client("sts"), sandbox.facts["mfa_serial"]
        digits = sandbox.token_code()
        sts.get_session_token(SerialNumber=serial, TokenCode=digits)
        code, message = refused(sts.get_session_token, SerialNumber=serial, TokenCode=digits)
        assert (code, "invalid MFA one time pass code" in message) == ("AccessDenied", True)
        sandbox.control.advance(30)
        sandbox.session()

    def test_of_many_at_once_with_one_code_one_gets_in(self, sandbox):
        sts, serial = sandbox.client("sts", max_pool_connections=20), sandbox.facts["mfa_serial"]
        digits = sandbox.token_code()

        def attempt(_):
            try:
                sts.get_session_token(SerialNumber=serial, TokenCode=digits)
            except ClientError:
                return False
            return True

        with ThreadPoolExecutor(20) as pool:
            assert sum(pool.map(attempt, range(20))) == 1

    @pytest.mark.parametrize(
        ("parameters", "expected"),
        [
            ({"SerialNumber": "arn:aws:iam::123456789012:mfa/bob"}, "unable to validate MFA code"),
            ({"SerialNumber": None}, "must provide both"),
            ({"TokenCode": None}, "must provide both"),
        ],
    )
    def test_serial_and_code_belong_together(self, sandbox, parameters, expected):
        right = {"SerialNumber": sandbox.facts["mfa_serial"], "TokenCode": sandbox.token_code()}
        sent = {name: value for name, value in (right | parameters).items() if value}
        code, message = refused(sandbox.client("sts").get_session_token, **sent)
        assert code == "AccessDenied"
        assert expected in message

    def test_a_code_that_is_not_six_digits_is_invalid_and_not_repeated(self, sandbox):
        code, message = refused(
            sandbox.client("sts").get_session_token,
            SerialNumber=sandbox.facts["mfa_serial"],
            TokenCode="12345x",
        )
        assert code == "ValidationError"
        assert "12345x" not in message

    @pytest.mark.parametrize("seconds", [899, 129_601])
    def test_durations_have_bounds(self, sandbox, seconds):
        sts = sandbox.client("sts", parameter_validation=False)
        code, message = refused(sts.get_session_token, DurationSeconds=seconds)
        assert code == "ValidationError"
        assert "durationSeconds" in message

    @pytest.mark.parametrize("seconds", [900, 129_600])
    def test_expiry_is_real(self, sandbox, seconds):
        session = sandbox.session(mfa=False, DurationSeconds=seconds)
        sandbox.control.advance(seconds - 30)
        identity(sandbox, *session)
        sandbox.control.advance(31)
        code, message = refused(sandbox.client("sts", *session).get_caller_identity)
        assert code == "ExpiredToken"
        assert message == "The security token included in the request is expired"

    def test_without_a_duration_it_is_twelve_hours(self, sandbox):
        given = sandbox.client("sts").get_session_token()["Credentials"]
        left = given["Expiration"].timestamp() - sandbox.control.now()
        assert 12 * HOUR - 60 < left <= 12 * HOUR

    def test_of_the_root_user_it_is_one_hour_at_most(self, sandbox):
        root = sandbox.client("sts", *sandbox.root_key)
        given = root.get_session_token(DurationSeconds=12 * HOUR)["Credentials"]
        assert given["Expiration"].timestamp() - sandbox.control.now() <= HOUR

    @pytest.mark.parametrize("mfa", [True, False])
    def test_a_session_cannot_get_another(self, sandbox, mfa):
        session = sandbox.client("sts", *sandbox.session(mfa=mfa))
        code, message = refused(session.get_session_token)
        assert code == "AccessDenied"
        assert message == "Cannot call GetSessionToken with session credentials"

    def test_without_mfa_it_opens_no_action_of_iam(self, sandbox):
        iam = sandbox.client("iam", *sandbox.session(mfa=False))
        assert refused(iam.list_access_keys, UserName="alice")[0] == "InvalidClientTokenId"
        assert refused(iam.list_users)[0] == "InvalidClientTokenId"

    def test_with_mfa_it_opens_iam_for_those_who_name_the_user(self, sandbox):
        iam = sandbox.client("iam", *sandbox.session())
        keys = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        assert [key["AccessKeyId"] for key in keys] == [sandbox.key[0]]
        for call, parameters in (
            (iam.list_access_keys, {}),
            (iam.create_access_key, {}),
            (iam.update_access_key, {"AccessKeyId": sandbox.key[0], "Status": "Inactive"}),
            (iam.delete_access_key, {"AccessKeyId": sandbox.key[0]}),
        ):
            assert refused(call, **parameters) == (
                "ValidationError",
                "Must specify userName when calling with non-User credentials",
            )

    def test_a_session_outlives_the_deactivation_of_its_key(self, sandbox):
        session = sandbox.session(mfa=False)
        sandbox.client("iam").delete_access_key(AccessKeyId=sandbox.key[0])
        assert identity(sandbox, *session) == sandbox.facts["user_arn"]

    def test_a_deny_on_token_issue_time_ends_sessions(self, sandbox):
        sandbox.control.advance(-2 * HOUR)
        session = sandbox.session()
        sandbox.control.advance(2 * HOUR)
        deny = {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": datetime.now(UTC).isoformat()}},
        }
        sandbox.client("iam").put_user_policy(
            UserName="alice", PolicyName="Revoke", PolicyDocument=document(deny)
        )
        code, message = refused(sandbox.client("iam", *session).list_users)
        assert code == "AccessDenied"
        assert "explicit deny" in message
        sandbox.client("iam").list_users()


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal="arn:aws:iam::123456789012:root", **condition):
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    return document(statement)


class TestAssumeRole:
    def assume(self, sandbox, *key, role=None, mfa=True, **parameters):
        if mfa:
            parameters |= {
                "SerialNumber": sandbox.facts["mfa_serial"],
                "TokenCode": sandbox.token_code(),
            }
        return sandbox.client("sts", *key).assume_role(
            RoleArn=role or sandbox.facts["role_arn"], RoleSessionName="test", **parameters
        )

    @pytest.fixture
    def make_role(self, sandbox):
        def make(name, policy, **more):
            return sandbox.client("iam").create_role(
                RoleName=name, AssumeRolePolicyDocument=policy, **more
            )["Role"]["Arn"]

        return make

    def test_with_mfa_it_gives_credentials_that_sign_as_the_role(self, sandbox):
        answer = self.assume(sandbox)
        arn = "arn:aws:sts::123456789012:assumed-role/admin/test"
        assert answer["AssumedRoleUser"]["Arn"] == arn
        assert identity(sandbox, *credentials(answer)) == arn
        assert sandbox.client("iam", *credentials(answer)).list_users()["Users"]

    def test_without_mfa_the_role_that_wants_it_is_refused(self, sandbox):
        code, message = refused(self.assume, sandbox=sandbox, mfa=False)
        assert code == "AccessDenied"
        assert message == (
            "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: "
            "sts:AssumeRole on resource: arn:aws:iam::123456789012:role/admin"
        )

    def test_the_mfa_of_a_session_counts(self, sandbox):
        answer = self.assume(sandbox, *sandbox.session(), mfa=False)
        assert identity(sandbox, *credentials(answer)).endswith("assumed-role/admin/test")

    def test_a_session_without_mfa_does_not(self, sandbox):
        session = sandbox.session(mfa=False)
        with pytest.raises(ClientError, match="AccessDenied"):
            self.assume(sandbox, *session, mfa=False)

    def test_a_wrong_code_is_refused(self, sandbox):
        with pytest.raises(ClientError, match="invalid MFA one time pass code"):
            self.assume(
                sandbox,
                mfa=False,
                SerialNumber=sandbox.facts["mfa_serial"],
                TokenCode=sandbox.token_code(5),
            )

    def test_a_role_that_is_not_there_looks_like_one_that_refuses(self, sandbox):
        with pytest.raises(ClientError, match="AccessDenied"):
            self.assume(sandbox, role="arn:aws:iam::123456789012:role/none")

    def test_the_external_id_must_be_the_right_one(self, sandbox, make_role):
        role = make_role("partner", trust(StringEquals={"sts:ExternalId": "x-1"}))
        with pytest.raises(ClientError, match="AccessDenied"):
            self.assume(sandbox, role=role, mfa=False)
        with pytest.raises(ClientError, match="AccessDenied"):
            self.assume(sandbox, role=role, mfa=False, ExternalId="x-2")
        assert self.assume(sandbox, role=role, mfa=False, ExternalId="x-1")

    def test_a_role_may_trust_one_user_only(self, sandbox, make_role):
        sandbox.client("iam").create_user(UserName="bob")
        bobs = make_role("bobs", trust("arn:aws:iam::123456789012:user/bob"))
        hers = make_role("hers", trust("arn:aws:iam::123456789012:user/alice"))
        with pytest.raises(ClientError, match="AccessDenied"):
            self.assume(sandbox, role=bobs, mfa=False)
        assert self.assume(sandbox, role=hers, mfa=False)

    def test_a_role_that_trusts_the_account_wants_the_users_policy_too(self, sandbox, make_role):
        iam = sandbox.client("iam")
        role = make_role("open", trust())
        iam.create_user(UserName="bob")
        made = iam.create_access_key(UserName="bob")["AccessKey"]
        key = made["AccessKeyId"], made["SecretAccessKey"]
        with pytest.raises(ClientError, match="AccessDenied"):
            self.assume(sandbox, *key, role=role, mfa=False)
        allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
        iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=document(allow))
        assert self.assume(sandbox, *key, role=role, mfa=False)

    def test_no_longer_than_the_role_allows(self, sandbox, make_role):
        role = make_role("short", trust(), MaxSessionDuration=7200)
        self.assume(sandbox, role=role, mfa=False, DurationSeconds=7200)
        with pytest.raises(ClientError, match="exceeds the MaxSessionDuration set for this role"):
            self.assume(sandbox, role=role, mfa=False, DurationSeconds=7201)

    def test_a_chained_role_lasts_one_hour_at_most(self, sandbox, make_role):
        role = make_role("next", trust(), MaxSessionDuration=7200)
        first = credentials(self.assume(sandbox))
        with pytest.raises(ClientError, match="role chaining"):
            self.assume(sandbox, *first, role=role, mfa=False, DurationSeconds=3601)
        second = credentials(self.assume(sandbox, *first, role=role, mfa=False))
        assert identity(sandbox, *second).endswith("assumed-role/next/test")
        sandbox.control.advance(HOUR + 1)
        code, _ = refused(sandbox.client("sts", *second).get_caller_identity)
        assert code == "ExpiredToken"

    @pytest.mark.parametrize("mfa", [True, False])
    def test_a_role_assumed_with_a_session_of_a_user_lasts_one_hour_at_most(
        self, sandbox, make_role, mfa
    ):
        """GetSessionToken's credentials are chained to AWS: mmmorris1975/aws-runas issue 11."""
        role = make_role("next", trust(), MaxSessionDuration=7200)
        session = sandbox.session(mfa=mfa)
        given = {"RoleArn": role, "RoleSessionName": "test"}
        sts = sandbox.client("sts", *session)
        code, message = refused(sts.assume_role, **given, DurationSeconds=3601)
        assert code == "ValidationError"
        assert message == (
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining"
        )
        assert sts.assume_role(**given, DurationSeconds=3600)

    def test_a_role_assumed_with_the_key_and_a_code_lasts_as_long_as_the_role_allows(self, sandbox):
        given = self.assume(sandbox, DurationSeconds=8 * HOUR)["Credentials"]
        sandbox.control.advance(8 * HOUR - 60)
        key = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        assert identity(sandbox, *key).endswith("assumed-role/admin/test")

    def test_the_root_user_assumes_no_role(self, sandbox):
        with pytest.raises(ClientError, match="may not be assumed by root"):
            self.assume(sandbox, *sandbox.root_key, mfa=False)

    def test_the_roles_own_credentials_must_name_users(self, sandbox):
        iam = sandbox.client("iam", *credentials(self.assume(sandbox)))
        assert refused(iam.list_access_keys)[0] == "ValidationError"
        assert iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]


class TestPolicies:
    def test_under_the_mfa_policy_the_key_alone_opens_no_iam(self, sandbox):
        sandbox.control.require_mfa("alice")
        code, message = refused(sandbox.client("iam").list_access_keys)
        assert code == "AccessDenied"
        assert message == (
            "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: "
            "iam:ListAccessKeys on resource: user alice "
            "with an explicit deny in an identity-based policy"
        )
        iam = sandbox.client("iam", *sandbox.session())
        assert iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        sandbox.control.require_mfa("alice", required=False)
        assert sandbox.client("iam").list_access_keys()

    def test_a_user_without_policies_may_do_nothing_but_say_who_they_are(self, sandbox):
        iam = sandbox.client("iam")
        iam.create_user(UserName="bob")
        made = iam.create_access_key(UserName="bob")["AccessKey"]
        bob = made["AccessKeyId"], made["SecretAccessKey"]
        assert identity(sandbox, *bob) == "arn:aws:iam::123456789012:user/bob"
        code, message = refused(sandbox.client("iam", *bob).list_access_keys)
        assert code == "AccessDenied"
        assert message.endswith(
            "because no identity-based policy allows the iam:ListAccessKeys action"
        )

    @pytest.mark.parametrize("through", ["managed", "group"])
    def test_managed_policies_and_groups_count(self, sandbox, through):
        iam = sandbox.client("iam")
        iam.create_user(UserName="bob")
        made = iam.create_access_key(UserName="bob")["AccessKey"]
        allow = document({"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"})
        if through == "managed":
            arn = iam.create_policy(PolicyName="p", PolicyDocument=allow)["Policy"]["Arn"]
            iam.attach_user_policy(UserName="bob", PolicyArn=arn)
        else:
            iam.create_group(GroupName="g")
            iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=allow)
            iam.add_user_to_group(GroupName="g", UserName="bob")
        bob = sandbox.client("iam", made["AccessKeyId"], made["SecretAccessKey"])
        assert len(bob.list_users()["Users"]) == 2
        assert refused(bob.list_roles)[0] == "AccessDenied"


class TestMfaDevices:
    @pytest.fixture
    def device(self, sandbox):
        made = sandbox.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="phone")
        return made["VirtualMFADevice"]

    def codes(self, sandbox, device, *steps):
        from awscreds.model import totp

        now = totp.step_at(sandbox.control.now())
        seed = device["Base32StringSeed"].decode()
        return {
            f"AuthenticationCode{n}": totp.code(seed, now + step)
            for n, step in enumerate(steps, start=1)
        }

    def test_the_device_of_alice_is_listed(self, sandbox):
        devices = sandbox.client("iam").list_mfa_devices()["MFADevices"]
        assert [d["SerialNumber"] for d in devices] == ["arn:aws:iam::123456789012:mfa/alice"]

    def test_two_codes_in_a_row_enable_a_device_and_are_spent(self, sandbox, device):
        iam, serial = sandbox.client("iam"), device["SerialNumber"]
        codes = self.codes(sandbox, device, -1, 0)
        iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **codes)
        assert len(iam.list_mfa_devices()["MFADevices"]) == 2
        spent = codes["AuthenticationCode2"]
        code, _ = refused(
            sandbox.client("sts").get_session_token, SerialNumber=serial, TokenCode=spent
        )
        assert code == "AccessDenied"

    @pytest.mark.parametrize("steps", [(0, 0), (0, -1), (-2, 0), (-9, -8)])
    def test_other_codes_do_not(self, sandbox, device, steps):
        code, _ = refused(
            sandbox.client("iam").enable_mfa_device,
            UserName="alice",
            SerialNumber=device["SerialNumber"],
            **self.codes(sandbox, device, *steps),
        )
        assert code == "InvalidAuthenticationCode"

    def test_a_device_that_is_not_there_is_not_enabled(self, sandbox):
        code, _ = refused(
            sandbox.client("iam").enable_mfa_device,
            UserName="alice",
            SerialNumber="arn:aws:iam::123456789012:mfa/none",
            AuthenticationCode1="123456",
            AuthenticationCode2="123456",
        )
        assert code == "NoSuchEntity"

    def test_a_device_in_use_is_not_deleted_and_a_deactivated_one_gives_no_session(self, sandbox):
        iam, serial = sandbox.client("iam"), sandbox.facts["mfa_serial"]
        assert refused(iam.delete_virtual_mfa_device, SerialNumber=serial)[0] == "DeleteConflict"
        iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
        with pytest.raises(ClientError, match="unable to validate MFA code"):
            sandbox.session()
        iam.delete_virtual_mfa_device(SerialNumber=serial)

    def test_resync_wants_two_codes_in_a_row(self, sandbox, device):
        iam, serial = sandbox.client("iam"), device["SerialNumber"]
        named = {"UserName": "alice", "SerialNumber": serial}
        iam.enable_mfa_device(**named, **self.codes(sandbox, device, -1, 0))
        sandbox.control.advance(300)
        wrong = self.codes(sandbox, device, 0, 0)
        assert refused(iam.resync_mfa_device, **named, **wrong)[0] == "InvalidAuthenticationCode"
        iam.resync_mfa_device(**named, **self.codes(sandbox, device, -1, 0))


class TestPropagation:
    def new_key(self, sandbox):
        made = sandbox.client("iam").create_access_key()["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def works(self, sandbox, key):
        try:
            identity(sandbox, *key)
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidClientTokenId":
                raise
            return False
        return True

    def test_a_new_key_takes_its_time_to_work(self, sandbox):
        sandbox.control.propagation(appear=600)
        key = self.new_key(sandbox)
        assert [self.works(sandbox, key) for _ in range(3)] == [False] * 3
        sandbox.control.advance(601)
        assert self.works(sandbox, key)

    def test_a_new_key_may_flap_first_good_then_bad(self, sandbox):
        sandbox.control.propagation(appear=600, flap=True)
        key = self.new_key(sandbox)
        assert [self.works(sandbox, key) for _ in range(5)] == [True, False, True, False, True]
        sandbox.control.advance(601)
        assert [self.works(sandbox, key) for _ in range(3)] == [True] * 3

    def test_which_keys_are_accepted_for_good_can_be_seen_without_using_them(self, sandbox):
        sandbox.control.propagation(appear=600, linger=600, flap=True)
        key_id, secret = self.new_key(sandbox)
        iam, (old, _) = sandbox.client("iam"), sandbox.key
        iam.update_access_key(AccessKeyId=old, Status="Inactive")
        on_their_way = sandbox.control.keys()
        assert on_their_way[key_id] == {"secret": secret, "accepted": False}
        assert not on_their_way[old]["accepted"]
        assert self.works(sandbox, (key_id, secret))  # the first time, which looking was not
        sandbox.control.advance(601)
        assert sandbox.control.keys()[key_id]["accepted"]
        sandbox.client("iam", key_id, secret).delete_access_key(AccessKeyId=old)
        assert list(sandbox.control.keys()) == [key_id]

    @pytest.mark.parametrize("how", ["deactivated", "deleted"])
    def test_a_removed_key_goes_on_working_for_a_while(self, sandbox, how):
        sandbox.control.propagation(linger=600)
        iam, (key_id, _) = sandbox.client("iam"), sandbox.key
        if how == "deleted":
            iam.delete_access_key(AccessKeyId=key_id)
        else:
            iam.update_access_key(AccessKeyId=key_id, Status="Inactive")
        assert self.works(sandbox, sandbox.key)
        sandbox.control.advance(601)
        assert not self.works(sandbox, sandbox.key)

    def test_a_deactivated_key_may_be_listed_late(self, sandbox):
        def status():
            listed = sandbox.client("iam", *sandbox.root_key).list_access_keys(UserName="alice")
            return [key["Status"] for key in listed["AccessKeyMetadata"]]

        sandbox.control.propagation(listed=600)
        sandbox.client("iam").update_access_key(AccessKeyId=sandbox.key[0], Status="Inactive")
        assert not self.works(sandbox, sandbox.key)
        assert status() == ["Active"]
        sandbox.control.advance(601)
        assert status() == ["Inactive"]

    def test_a_reactivated_key_takes_its_time_too(self, sandbox):
        key = self.new_key(sandbox)
        iam = sandbox.client("iam")
        iam.update_access_key(AccessKeyId=key[0], Status="Inactive")
        sandbox.control.propagation(appear=600)
        iam.update_access_key(AccessKeyId=key[0], Status="Active")
        assert not self.works(sandbox, key)
        sandbox.control.advance(601)
        assert self.works(sandbox, key)


def test_fifty_clients_at_once_are_all_answered(sandbox):
    sts = sandbox.client("sts", max_pool_connections=50)
    with ThreadPoolExecutor(50) as pool:
        arns = set(pool.map(lambda _: sts.get_caller_identity()["Arn"], range(50)))
    assert arns == {sandbox.facts["user_arn"]}
    assert len(sandbox.control.log("GetCallerIdentity")) == 50


def test_a_reset_gives_an_account_that_knows_nothing_of_the_last_one(sandbox):
    session = sandbox.session(mfa=False)
    old = sandbox.key
    sandbox.client("iam").create_user(UserName="bob")
    sandbox.control.advance(HOUR)
    sandbox.control.propagation(appear=60)
    sandbox.facts = sandbox.control.reset()
    assert sandbox.key != old
    assert abs(sandbox.control.now() - time.time()) < 60
    assert refused(sandbox.client("sts", *old).get_caller_identity)[0] == "InvalidClientTokenId"
    assert refused(sandbox.client("sts", *session).get_caller_identity)[0] == "InvalidClientTokenId"
    assert len(sandbox.client("iam").list_users()["Users"]) == 1
