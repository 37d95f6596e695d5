"""The messy home: ``homes/messy`` with keys of the sandbox where its files have ``<<NAME>>``.

No key is in the checkout. A placeholder says whose key it is, which of the user's, and which part:

- ``<<bob.id>>``, ``<<bob.secret>>``: the access key of the user bob, who is made for it. The user
  ``root`` is the account's; ``<<bob.second.id>>`` is another key of his;
- ``<<bob.session.token>>``: a session of bob's, with MFA if he has a device;
- ``<<bob.expired.token>>``: one that is over; ``<<bob.dead.id>>``: a key that AWS does not know;
- ``<<bob.mfa>>``: the serial of a device that is made for him;
- ``<<home>>``, ``<<url>>``: the home, the sandbox; ``<<token>>``: any text.
"""

import base64
import json
import os
import re
import secrets
import shutil
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from awscreds.model import totp
from tests.sandbox.fixtures import credentials

FIXTURE = Path(__file__).parent / "homes" / "messy"
PLACEHOLDER = re.compile(rb"<<([a-z.]+)>>")
ROLES = ("reader", "auditor")
"""Those that every user may assume, without MFA."""
EVERYTHING = {"Effect": "Allow", "Action": ["iam:*", "sts:*"], "Resource": "*"}
SEALED = (".awsvault/keys/*", ".granted/secure-storage-aws-iam-credentials/*")
"""Files of aws-vault and granted: the fixture has what is inside, and it is encrypted here."""
PASSWORDS = {
    "AWS_VAULT_FILE_PASSPHRASE": "OpensAVault1 of another",
    "CF_KEYRING_FILE_PASSWORD": "OpensAVault1 of a third",
}
EXPIRED_AFTER = 900


class Account:
    """The users of the messy home, each made when a placeholder names it first."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.iam = sandbox.client("iam", *sandbox.root_key)
        self._keys = {"root": sandbox.root_key, "alice": sandbox.key}
        self._devices = {"alice": sandbox.facts["mfa_serial"]}
        for role in ROLES:
            trust = {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{sandbox.facts['account']}:root"},
                "Action": "sts:AssumeRole",
            }
            self.iam.create_role(RoleName=role, AssumeRolePolicyDocument=_policy(trust))
            self.iam.put_role_policy(
                RoleName=role, PolicyName="all", PolicyDocument=_policy(EVERYTHING)
            )

    def value(self, name):
        """What stands for ``<<name>>``."""
        user, _, what = name.partition(".")
        if what == "mfa":
            return self.device(user)
        which, _, part = what.rpartition(".")
        return self.key(user, which)[("id", "secret", "token").index(part)]

    def key(self, user, which=""):
        """The id and the secret of a key, and the token of a session."""
        name = f"{user}.{which}" if which else user
        if name not in self._keys:
            self._keys[name] = self._made(user, which)
        return self._keys[name]

    def pairs(self):
        """Every key and session that there is by now."""
        return list(self._keys.values())

    def _made(self, user, which):
        if which == "dead":
            letters = "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
            return "AKIA" + letters, base64.b64encode(secrets.token_bytes(30)).decode()
        if which in ("session", "expired"):
            return self._session(user, which)
        if not which:
            self.iam.create_user(UserName=user)
            self.iam.put_user_policy(
                UserName=user, PolicyName="all", PolicyDocument=_policy(EVERYTHING)
            )
        made = self.iam.create_access_key(UserName=user)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def _session(self, user, which):
        sts = self.sandbox.client("sts", *self.key(user))
        asked = {"DurationSeconds": EXPIRED_AFTER if which == "expired" else 129_600}
        if user in self._devices:
            serial = self._devices[user]
            code = self.sandbox.control.code(serial)["code"]
            asked |= {"SerialNumber": serial, "TokenCode": code}
            self.sandbox.control.advance(totp.STEP)  # a code counts once
        return credentials(sts.get_session_token(**asked))

    def device(self, user):
        """The serial of a user's device."""
        if user not in self._devices:
            self.key(user)
            made = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=user)
            serial = made["VirtualMFADevice"]["SerialNumber"]
            seed = made["VirtualMFADevice"]["Base32StringSeed"].decode()
            step = totp.step_at(self.sandbox.control.now())
            codes = {f"AuthenticationCode{n + 1}": totp.code(seed, step - 1 + n) for n in (0, 1)}
            self.iam.enable_mfa_device(UserName=user, SerialNumber=serial, **codes)
            self.sandbox.control.advance(totp.STEP)
            self._devices[user] = serial
        return self._devices[user]

    def end_sessions(self):
        """From now on the sessions that are called expired are."""
        self.sandbox.control.advance(EXPIRED_AFTER + 1)

    def deactivate(self, user):
        self.iam.update_access_key(UserName=user, AccessKeyId=self.key(user)[0], Status="Inactive")


def plant(home, sandbox):
    """Make ``home`` the messy home. Returns its account."""
    account = Account(sandbox)
    others = {"home": str(home), "url": sandbox.control.url, "token": secrets.token_urlsafe(60)}

    def filled(found):
        name = found[1].decode()
        return (others.get(name) or account.value(name)).encode()

    shutil.copytree(FIXTURE, home, dirs_exist_ok=True)
    for path in planted(home):
        # Devices come first: what is made later can use them.
        data = path.read_bytes()
        for name in sorted(re.findall(rb"<<([a-z]+)\.mfa>>", data)):
            account.device(name.decode())
    for path in planted(home):
        path.write_bytes(PLACEHOLDER.sub(filled, path.read_bytes()))
        path.chmod(0o700 if path.parent.name == "bin" else 0o600)
    for pattern, password in zip(SEALED, PASSWORDS.values(), strict=True):
        for path in home.glob(pattern):
            path.write_text(sealed(json.loads(path.read_text()), password))
    account.deactivate("inactive")
    account.end_sessions()
    return account


def planted(home):
    """The files of the fixture in ``home``."""
    found = (path for path in sorted(FIXTURE.rglob("*")) if path.is_file())
    return [home / path.relative_to(FIXTURE) for path in found]


def sealed(item, password):
    """A file of the Go library `keyring`: its item as a JWE in the compact form (RFC 7516, 7518).

    PBES2-HS256+A128KW (§4.8): the salt is the algorithm's name, a zero byte and p2s.
    """
    item = {**item, "Data": base64.b64encode(json.dumps(item["Data"]).encode()).decode()}
    name, rounds, salt = "PBES2-HS256+A128KW", 8192, os.urandom(12)
    head = {"alg": name, "created": "2023-11-14 22:13:20 +0000 UTC", "enc": "A256GCM"}
    head |= {"p2c": rounds, "p2s": _encoded(salt)}
    kdf = PBKDF2HMAC(SHA256(), 16, name.encode() + b"\0" + salt, rounds)
    content_key, nonce = os.urandom(32), os.urandom(12)
    wrapped = aes_key_wrap(kdf.derive(password.encode()), content_key)
    aad = _encoded(json.dumps(head).encode())
    text = AESGCM(content_key).encrypt(nonce, json.dumps(item).encode(), aad.encode())
    parts = (wrapped, nonce, text[:-16], text[-16:])
    return ".".join([aad, *map(_encoded, parts)])


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
