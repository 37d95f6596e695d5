"""What to type instead of a command that awscreds does not have."""

from __future__ import annotations

from awscreds.model.text import nearest

_SET_UP = (
    "`awscreds configure --profile NAME` sets up a profile; for a role, `awscreds profile add "
    "--help`"
)
_EXPORT = "`awscreds export PROFILE` loads a profile's credentials into this shell"
_RUN = "`awscreds exec PROFILE` starts a shell with a profile's credentials, or runs a command"
_LIST = "`awscreds list` shows all profiles"
_NEW_KEY = "`awscreds rotate` creates a new key and replaces the old one"
_MFA = "`awscreds mfa enable PROFILE` adds an MFA device"
_SSO = "`awscreds login PROFILE` logs in to IAM Identity Center (SSO)"
_POPULATE = "`awscreds sso populate` creates a profile for each account and role"
_CONSOLE = "`awscreds console PROFILE` opens the AWS console in your browser"
_REMOVE = (
    "`awscreds profile remove PROFILE` removes a profile, `awscreds keys delete KEYID` an access "
    "key, `awscreds mfa remove` an MFA device, `awscreds store forget KEYID` a stored secret, "
    "`awscreds configure unset KEY` a setting"
)
_RENAME = "`awscreds profile rename PROFILE NEW_NAME` renames a profile"
_COPY = "`awscreds profile copy PROFILE NEW_NAME` copies a profile"
_END = (
    "`awscreds mfa-session --unset` removes the session from this shell, `awscreds sessions clear` "
    "the cached ones"
)

_PROFILES = {
    **dict.fromkeys(("add", "create", "new"), _SET_UP),
    **dict.fromkeys(("rm", "remove", "delete"), _REMOVE),
    **dict.fromkeys(("mv", "rename"), _RENAME),
    **dict.fromkeys(("cp", "copy"), _COPY),
}

ELSEWHERE: dict[str, dict[str, str]] = {
    "": {
        **_PROFILES,
        "activate": "`awscreds keys activate KEYID` makes an access key active again",
        "assume": _EXPORT,
        "clear": _END,
        "code": "`awscreds mfa code PROFILE` prints an MFA code from a stored seed, `awscreds "
        "sandbox code` that of a sandbox",
        "browser": _CONSOLE,
        "deactivate": "`awscreds keys deactivate KEYID` makes an access key inactive",
        "enable": _MFA,
        "enrol": _MFA,
        "env": _EXPORT,
        "export-credentials": "`awscreds configure export-credentials` prints a profile's "
        "credentials in the AWS CLI's formats",
        "forget": "`awscreds store forget KEYID` deletes a stored secret",
        "get": "`awscreds configure get KEY` prints a setting",
        "init": _SET_UP,
        "list-profiles": "`awscreds configure list-profiles` prints the names of all profiles",
        "ls": _LIST,
        "move": "`awscreds store move --to STORE` moves all secrets to the other store",
        "passwd": "`awscreds store passwd` changes the passphrase of the vault",
        "profiles": _LIST,
        "release": "`awscreds store release FILE` removes a lost config file from the list "
        "of known files",
        "revoke-sessions": "`awscreds policy revoke-sessions` prints a policy that ends sessions",
        "run": _RUN,
        "set": "`awscreds configure set KEY VALUE` changes a setting",
        "shell": _RUN,
        "show": f"{_LIST}, `awscreds profile show` the settings of one, "
        "`awscreds store show` the secret store",
        **dict.fromkeys(("generate", "populate", "sync"), _POPULATE),
        "switch": _EXPORT,
        "tour": "`awscreds sandbox tour` shows the main tasks step by step",
        "unset": f"`awscreds configure unset KEY` removes a setting, {_END}",
        "unwrap": "`awscreds profile unwrap PROFILE` makes a wrapped role a normal role "
        "profile again",
        "open": _CONSOLE,
        "use": f"{_EXPORT}; after `awscreds completion SHELL --install`, so does "
        "`awscreds-use PROFILE`",
        "version": "`awscreds --version` prints the version",
        "wrap": "`awscreds profile wrap PROFILE` makes a role use awscreds",
    },
    "configure": {
        **_PROFILES,
        **dict.fromkeys(("ls", "show"), "`awscreds configure list` shows the settings in effect"),
        **dict.fromkeys(
            ("rm", "remove", "delete"), "`awscreds configure unset KEY` removes a setting"
        ),
        "sso": "run `aws configure sso --profile NAME`, then `awscreds export PROFILE`",
    },
    "keys": {
        **dict.fromkeys(("ls", "show", "status"), "`awscreds keys list` shows a user's keys"),
        **dict.fromkeys(("rm", "remove"), "`awscreds keys delete KEYID` deletes a key"),
        **dict.fromkeys(("add", "create", "new", "rotate"), _NEW_KEY),
        "disable": "`awscreds keys deactivate KEYID` makes a key inactive",
        "enable": "`awscreds keys activate KEYID` makes a key active again",
    },
    "mfa": {
        **dict.fromkeys(("add", "create", "enrol", "enroll", "new"), _MFA),
        **dict.fromkeys(("ls", "show", "status"), "`awscreds mfa list` shows a user's devices"),
        **dict.fromkeys(
            ("rm", "delete", "deactivate", "disable"), "`awscreds mfa remove` removes a device"
        ),
        "session": "`awscreds mfa-session PROFILE` starts an MFA session in this shell",
        "resync": "run `aws iam resync-mfa-device` with two codes, one after the other",
    },
    "policy": {},
    "profile": {
        **dict.fromkeys(("create", "new"), _SET_UP),
        **dict.fromkeys(("rm", "delete"), "`awscreds profile remove PROFILE` removes a profile"),
        "mv": _RENAME,
        "cp": _COPY,
        **dict.fromkeys(("ls", "list"), _LIST),
    },
    "sandbox": {},
    "sessions": {
        **dict.fromkeys(("ls", "show", "status"), "`awscreds sessions list` shows them"),
        **dict.fromkeys(("rm", "remove", "delete"), "`awscreds sessions clear` removes them"),
    },
    "sso": {
        "login": _SSO,
        "logout": "`awscreds logout PROFILE` ends the login to IAM Identity Center (SSO)",
        **dict.fromkeys(("configure", "generate", "import", "refresh", "sync"), _POPULATE),
        **dict.fromkeys(("ls", "list"), _LIST),
    },
    "store": {
        **dict.fromkeys(("ls", "list", "status"), "`awscreds store show` shows what is stored"),
        **dict.fromkeys(
            ("rm", "remove", "delete"), "`awscreds store forget KEYID` deletes a stored secret"
        ),
        "mv": "`awscreds store move --to STORE` moves all secrets to the other store",
        "lock": "`awscreds lock` closes the vault",
        "unlock": "`awscreds unlock` opens the store",
        **dict.fromkeys(
            ("password", "passphrase"),
            "`awscreds store passwd` changes the passphrase of the vault",
        ),
    },
}
"""Words that people bring from other programs or from another group of ours, and what does that
here: for each group of commands, by its path after ``awscreds``."""


def suggestion(word: str, names: list[str], group: str | None = None) -> str | None:
    """What ``word`` may have meant; None if nothing comes near.

    ``names`` are what there is: commands of ``group`` (its path after ``awscreds``), or options.
    """
    known = ELSEWHERE.get(group, {}).get(word.casefold()) if group is not None else None
    if known:
        return known
    close = nearest(word, names)
    return f"did you mean {' or '.join(close)}?" if close else None
