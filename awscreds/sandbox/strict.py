"""IAM and STS as strict as AWS: this decides whether a call is allowed, and moto answers for IAM.

Keys, users, roles, policies and MFA devices are in moto. moto accepts any signature and any MFA
code, works with Inactive keys, and gives everybody the same session. What it lets through is
refused here, with AWS's own codes and words. ``sts`` answers for STS.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import secrets
import threading
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from awscreds.sandbox import sigv4, sts
from awscreds.sandbox.federation import Federation
from awscreds.sandbox.identity_center import IdentityCenter
from awscreds.sandbox.mfa_devices import MfaDevices, device_arn
from awscreds.sandbox.oauth import HOME_REGION
from awscreds.sandbox.permissions import ACCOUNT, Permissions
from awscreds.sandbox.policy import Call
from awscreds.sandbox.responses import (
    Refusal,
    Reply,
    invalid_token,
    no_such_action,
    validation_error,
)
from awscreds.sandbox.signin import SignIn
from awscreds.sandbox.state import Caller, Clock, KeyState, Propagation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

USER = "alice"
ROLE = "admin"

KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}

USER_BY_DEFAULT = (
    "CreateAccessKey",
    "DeactivateMFADevice",
    "DeleteAccessKey",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "UpdateAccessKey",
)
"""Actions on the caller's own user if UserName is left out, which only users can do."""

MFA_REQUIRED = "RequireMFA"
"""The name of the inline policy that ``require_mfa`` puts on a user."""


class Aws:
    """One AWS account. Safe to use from many threads: its lock protects moto, which is not."""

    def __init__(self, clock: Clock) -> None:
        from moto.moto_server.werkzeug_app import create_backend_app

        models: Any = importlib.import_module("moto.iam.models")
        # Whole seconds, like IAM's CreateDate and all others.
        models.utcnow = lambda: clock.utcnow().replace(microsecond=0)
        self._models = models
        self._moto_app = create_backend_app("iam")
        self._clock = clock
        self._lock = threading.RLock()
        self.propagation = Propagation()
        self._keys: dict[str, KeyState] = {}
        self._devices = MfaDevices(lambda: self._iam, clock)
        self._permissions = Permissions(lambda: self._iam, clock)
        self._sts = sts.Sts(self._devices, self._permissions, clock)
        self.identity_center = IdentityCenter(clock, self._sts.open_session)
        self.federation = Federation(clock, self._sts.find_session)
        self.sign_in = SignIn(clock, self._people, self._sts.open_session)
        self._root_key_id = ""
        self._first_device: Any = None
        self.reset()

    # -- what there is ------------------------------------------------------------------------

    def reset(self) -> None:
        """Start again: alice with a new key and MFA device, a role that needs MFA, a root key."""
        with self._lock:
            self._models.iam_backends[ACCOUNT].reset()
            self.propagation = Propagation()
            self._keys.clear()
            self._sts.reset()
            self._devices.reset()
            self.identity_center.reset()
            self.federation.reset()
            self.sign_in.reset()
            self._iam.create_user("us-east-1", user_name=USER, path="/", tags=[])
            user = self._iam.users[USER]
            user.id = "AIDA" + _letters(17)
            user.put_policy("Developer", _document(_allow(["iam:*", "sts:*"])))
            self._iam.create_access_key(USER)
            device = self._iam.create_virtual_mfa_device(USER, "/")
            self._iam.enable_mfa_device(USER, device.serial_number, "", "")
            self._first_device = device
            trust, longest = _document(_trust_with_mfa()), sts.LONGEST_ROLE_SESSION
            self._iam.create_role(ROLE, trust, "/", None, "Wants MFA", [], longest)
            administrator = _document(_allow(["*"]))
            self._iam.get_role(ROLE).put_policy("Administrator", administrator)
            self._follow_keys()
            self._root_key_id = sts.new_key_id("AKIA")
            self._keys[self._root_key_id] = KeyState(sts.new_secret(), None)

    def facts(self) -> dict[str, str]:
        """The names in this account, and alice's and root's keys."""
        with self._lock:
            key = self._iam.users[USER].access_keys[0]
            device = self._first_device
            return {
                "account": ACCOUNT,
                "region": HOME_REGION,
                "user": USER,
                "user_arn": f"arn:aws:iam::{ACCOUNT}:user/{USER}",
                "access_key_id": key.access_key_id,
                "secret_access_key": key.secret_access_key,
                "mfa_serial": device.serial_number,
                "mfa_seed": device.base32_string_seed,
                "role_arn": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
                "root_access_key_id": self._root_key_id,
                "root_secret_access_key": self._keys[self._root_key_id].secret,
            }

    def keys(self) -> dict[str, dict[str, Any]]:
        """Each key of a user: its secret, and whether it is accepted everywhere by now.

        Unlike a call signed with it, this neither counts as use nor changes a flapping key.
        """
        with self._lock:
            now = self._clock.now()
            return {
                key_id: {"secret": state.secret, "accepted": state.active and state.is_settled(now)}
                for key_id, state in self._keys.items()
                if key_id in self._iam.access_keys
            }

    def token_code(self, serial: str) -> dict[str, Any]:
        """What the device ``serial`` shows now, whether that was used, and how long it stays."""
        with self._lock:
            return self._devices.token_code(serial)

    def add_fido(self, user_name: str, name: str) -> str:
        """Give a user a FIDO key, which only a browser can register. Its serial."""
        with self._lock:
            if user_name not in self._iam.users:
                raise _no_user(user_name)
            return self._devices.add_fido(user_name, name + "-" + _letters(26))

    def require_mfa(self, user_name: str, *, required: bool) -> None:
        """Attach the policy that every IAM action needs MFA to ``user_name``, or remove it."""
        statement = {
            "Effect": "Deny",
            "Action": "iam:*",
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        }
        with self._lock:
            user = self._iam.users.get(user_name)
            if user is None:
                raise _no_user(user_name)
            if required:
                user.put_policy(MFA_REQUIRED, _document(statement))
            else:
                user.policies.pop(MFA_REQUIRED, None)

    # -- a call -------------------------------------------------------------------------------

    def answer(
        self, request: sigv4.SignedRequest, said: sigv4.Authorization, params: Mapping[str, str]
    ) -> Reply:
        """What AWS answers. Raises Refusal if it refuses."""
        with self._lock:
            caller = self._authenticate(request, said)
            action = params.get("Action", "")
            if params.get("Version") != VERSIONS[said.service]:
                no_such_action(action, params)
            self._mark_use(caller, said)
            if said.service == "sts":
                return self._sts.answer(caller, action, params)
            return self._iam_call(caller, action, dict(params))

    @property
    def _iam(self) -> Any:
        return self._models.iam_backends[ACCOUNT]["aws"]

    def _authenticate(self, request: sigv4.SignedRequest, said: sigv4.Authorization) -> Caller:
        session = self._sts.find_session(said.key_id)
        key = self._keys.get(said.key_id)
        if session is not None:
            sigv4.check_session_token(request.headers, session.token)
            sigv4.check_signature(request, said, session.secret, now=self._clock.real())
            if self._clock.now() >= session.expires_at:
                raise Refusal(
                    "ExpiredToken",
                    "The security token included in the request is expired",
                    status=403,
                )
            self._require_owner(session.caller)
            return session.caller
        if key is None or not key.works(self._clock.now()):
            raise invalid_token()
        sigv4.check_session_token(request.headers, None)
        sigv4.check_signature(request, said, key.secret, now=self._clock.real())
        return self._owner(said.key_id, key)

    def _owner(self, key_id: str, key: KeyState) -> Caller:
        if key.user_name is None:
            return Caller("root", "root", f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, key_id)
        user = self._iam.users.get(key.user_name)
        if user is None:
            raise invalid_token()
        return Caller("user", user.name, user.arn, user.id, key_id)

    def _people(self) -> dict[str, Caller]:
        """Who is signed in at the console, with MFA."""
        user = self._iam.users[USER]
        role = self._iam.get_role(ROLE)
        assumed = f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{USER}"
        callers = {
            USER: Caller("user", USER, user.arn, user.id, ""),
            ROLE: Caller("role", ROLE, assumed, f"{role.id}:{USER}", ""),
            "root": Caller("root", "root", f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, ""),
        }
        return {name: replace(each, mfa_at=self._clock.now()) for name, each in callers.items()}

    def _require_owner(self, caller: Caller) -> None:
        """A session ends with its user or role (not with the key that made it)."""
        owners = {"user": self._iam.users, "role": {r.name for r in self._iam.get_roles()}}
        if caller.kind in owners and caller.name not in owners[caller.kind]:
            raise invalid_token()

    def _mark_use(self, caller: Caller, said: sigv4.Authorization) -> None:
        key = self._iam.access_keys.get(caller.key_id)
        if key is not None:
            key.last_used = self._models.AccessKeyLastUsed(
                self._models.utcnow(), said.service, said.region
            )

    def _follow_keys(self) -> None:
        """Start spreading the keys that are new, changed or gone in moto."""
        now = self._clock.now()
        there = self._iam.access_keys
        for key_id, key in there.items():
            active = key.status == "Active"
            state = self._keys.get(key_id)
            if state is None:
                state = KeyState(key.secret_access_key, key.user_name, active=False)
                self._keys[key_id] = state
            if state.active != active:
                state.change(active=active, now=now, propagation=self.propagation)
        for key_id, state in self._keys.items():
            if state.user_name is not None and key_id not in there and state.active:
                state.change(active=False, now=now, propagation=self.propagation)

    # -- IAM ----------------------------------------------------------------------------------

    def _iam_call(self, caller: Caller, action: str, params: dict[str, str]) -> Reply:
        if caller.temporary and not caller.is_role and caller.mfa_at is None:
            # IAM does not know sessions made without MFA at all.
            raise invalid_token()
        if action in USER_BY_DEFAULT and "UserName" not in params:
            if caller.temporary or caller.kind != "user":
                raise validation_error(
                    "Must specify userName when calling with non-User credentials"
                )
            params["UserName"] = caller.name
        if action == "GetAccessKeyLastUsed":
            params.pop("UserName", None)
        self._permissions.authorize(caller, Call(f"iam:{action}", self._resource(action, params)))
        checks: dict[str, Callable[[Mapping[str, str]], Reply | None]] = {
            "CreateVirtualMFADevice": self._devices.check_name,
            "DeactivateMFADevice": self._devices.check_is_of_user,
            "DeleteUser": self._check_user_is_bare,
            "DeleteVirtualMFADevice": self._devices.check_is_free,
            "EnableMFADevice": self._devices.check_new,
            "ResyncMFADevice": self._devices.resync,
        }
        reply = checks[action](params) if action in checks else None
        if reply is None:
            with self._listing() if action == "ListAccessKeys" else contextlib.nullcontext():
                reply = self._ask_moto(caller.key_id, params)
            self._follow_keys()
        return reply

    @contextlib.contextmanager
    def _listing(self) -> Iterator[None]:
        """Within it moto shows keys as active that IAM does not list as inactive yet."""
        now = self._clock.now()
        late = [
            key
            for key_id, key in self._iam.access_keys.items()
            if key.status == "Inactive" and now < self._keys[key_id].listed_at
        ]
        for key in late:
            key.status = "Active"
        try:
            yield
        finally:
            for key in late:
                key.status = "Inactive"

    def _resource(self, action: str, params: Mapping[str, str]) -> str:
        """What the call is about, by the Service Authorization Reference for IAM.

        To enable, resync and deactivate a device is something that is done to its user.
        """
        if action == "CreateVirtualMFADevice":
            return device_arn(params)
        if action == "DeleteVirtualMFADevice":
            return params.get("SerialNumber", "*")
        key = self._iam.access_keys.get(params.get("AccessKeyId", ""))
        user = self._iam.users.get(params.get("UserName") or (key.user_name if key else ""))
        if user is not None:
            arn: str = user.arn
            return arn
        for name, kind in (("UserName", "user"), ("RoleName", "role"), ("GroupName", "group")):
            if name in params:
                return f"arn:aws:iam::{ACCOUNT}:{kind}/{params[name]}"
        return params.get("PolicyArn", "*")

    def _check_user_is_bare(self, params: Mapping[str, str]) -> None:
        user = self._iam.users.get(params.get("UserName"))
        if user is not None and (user.access_keys or user.mfa_devices):
            what = "access keys" if user.access_keys else "MFA devices"
            raise Refusal(
                "DeleteConflict", f"Cannot delete entity, must delete {what} first.", status=409
            )

    def _ask_moto(self, key_id: str, params: Mapping[str, str]) -> Reply:
        from werkzeug.test import create_environ, run_wsgi_app

        # Only what was checked reaches moto: it reads account and region out of other headers.
        environ = create_environ(
            "/",
            "http://iam.amazonaws.com",
            method="POST",
            data=urlencode(params),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": f"{sigv4.ALGORITHM} Credential={key_id}/20200101/us-east-1/iam/"
                "aws4_request, SignedHeaders=host, Signature=0",
            },
        )
        try:
            chunks, status, headers = run_wsgi_app(self._moto_app, environ, buffered=True)
        except Exception as error:
            # moto may raise anything, also for an unknown action.
            if type(error).__name__ in ("NotImplementedError", "OperationNotFoundError"):
                no_such_action(params["Action"], params)
            logging.getLogger(__name__).exception("moto failed on %s", params["Action"])
            raise Refusal(
                "InternalFailure", f"moto failed on {params['Action']}", status=500
            ) from None
        kind = headers.get("Content-Type", "text/xml")
        return Reply(int(status.split()[0]), b"".join(chunks), kind)


def _letters(count: int) -> str:
    return "".join(secrets.choice(KEY_ALPHABET) for _ in range(count))


def _document(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _allow(actions: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": "*"}


def _trust_with_mfa() -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }


def _no_user(name: str) -> Refusal:
    return Refusal("NoSuchEntity", f"The user with name {name} cannot be found.", status=404)
