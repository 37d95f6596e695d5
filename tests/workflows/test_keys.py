"""Each guard before a key of a user is changed, by itself."""

import types

import pytest

from awscreds.aws.gateway import Identity
from awscreds.aws.iam import ACTIVE, INACTIVE, KeyInfo
from awscreds.errors import ConfigurationError
from awscreds.model.credentials import AccessKey
from awscreds.model.ini.document import Document
from awscreds.model.profile import Profiles
from awscreds.model.service_endpoint import ServiceEndpoint
from awscreds.workflows.gate import Gate
from awscreds.workflows.keys import DEACTIVATE, DELETE, KeysContext, UserKeys
from tests.workflows.rotation.world import ARN, OLD

OTHER = AccessKey("AKIAIOSFODNN7EXAMPL2", "x" * 40)
ALICE = Identity("123456789012", ARN, "AIDA-ALICE")
BOB = Identity("123456789012", ARN.replace("alice", "bob"), "AIDA-BOB")
OF_BOB = {"account": BOB.account, "arn": BOB.arn, "user_id": BOB.user_id}
USED = f"[profile dev]\nawscreds_access_key_id = {OTHER.id}\n".encode()


def user_keys(records=None, *, endpoint=None, config=b"", other=ACTIVE, others_are=ALICE):
    how = ServiceEndpoint("us-east-1", endpoint)
    iam = types.SimpleNamespace(
        list_access_keys=lambda _: [KeyInfo(OLD.id, ACTIVE, 0.0), KeyInfo(OTHER.id, other, 0.0)],
        last_used=lambda _: None,
    )
    context = KeysContext(
        Profiles(Document.parse(config), Document()),
        Gate(how, how, lambda key_id: (records or {}).get(key_id, {})),
        elsewhere=lambda _: [],
        open_iam=lambda _: iam,
        identify=lambda key: ALICE if key is OLD else others_are,
        find_key={OTHER.id: OTHER}.get,
        mfa_session=lambda: None,
    )
    return UserKeys(OLD, context, changing=OTHER.id)


@pytest.mark.parametrize("key_id", [OLD.id, OTHER.id])
def test_neither_the_key_that_signs_nor_the_one_to_be_changed_may_be_known_as_somebody_elses(
    key_id,
):
    with pytest.raises(ConfigurationError) as caught:
        user_keys({key_id: OF_BOB}).examine(DEACTIVATE, OTHER.id)
    assert caught.value.code == "other-identity"
    assert user_keys().examine(DEACTIVATE, OTHER.id).key.id == OTHER.id


@pytest.mark.parametrize("key_id", [OLD.id, OTHER.id])
def test_no_port_of_this_machine_is_asked_where_either_key_is_one_of_aws(key_id):
    with pytest.raises(ConfigurationError) as caught:
        user_keys({key_id: {"endpoint": "aws"}}, endpoint="http://localhost:1")
    assert caught.value.code == "foreign-endpoint"


def test_an_active_key_that_is_in_use_is_not_deleted():
    with pytest.raises(ConfigurationError, match="these profiles use it: dev"):
        user_keys(config=USED).examine(DELETE, OTHER.id)
    assert user_keys(config=USED, other=INACTIVE).examine(DELETE, OTHER.id).breaks == ["dev"]


@pytest.mark.parametrize(("other", "others_are"), [(INACTIVE, ALICE), (ACTIVE, BOB)])
def test_the_key_that_signs_goes_only_where_another_of_the_user_works(other, others_are):
    with pytest.raises(ConfigurationError) as caught:
        user_keys(other=other, others_are=others_are).examine(DEACTIVATE, OLD.id)
    assert caught.value.code == "only-key"
    assert user_keys().examine(DEACTIVATE, OLD.id).key.id == OLD.id
