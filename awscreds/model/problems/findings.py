"""What is wrong in the AWS files for the profiles in them, as sentences for people.

There are two kinds: what tools refuse, ignore or disagree on, line by line (``problems_of``), and
tools that use *other credentials* than awscreds. Everything is computed from the two documents.

How to use it: ``app.file_warnings.report(NAME, …)`` in a command prints each finding about these
profiles or a whole file on stderr, once in a run. To add a kind, add a function to ``_KINDS``: it
takes ``AwsDocuments`` and yields findings. What needs more than the two documents to be found is a
check of doctor (``workflows/checks``).
"""

from __future__ import annotations

from awscreds.model import expirations, tools
from awscreds.model.credential_process import POINTER, PROCESS, is_ours
from awscreds.model.ini.document import PROFILE
from awscreds.model.keys import is_key_id
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.lines import problems_of
from awscreds.model.problems.problem import (
    BOTOCORE_REFUSES,
    ERROR,
    IDENTITY,
    OTHER_IDENTITY,
)
from awscreds.model.profile import KEY_ID
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.ini.blocks import Value
    from awscreds.model.ini.document import Document

    Values = Mapping[str, Value]

_SPREAD = ("DEFAULT", "")
_SPREAD_CREDENTIALS = (PROFILE, "DEFAULT")

HIDDEN_KEY = "hidden-key"
"""The code of a finding that temporary keys in a file are used instead of a managed key."""


def find(files: AwsDocuments) -> list[Finding]:
    """Every finding, first those of the config file, by line."""
    found = [finding for kind in _KINDS for finding in kind(files)]
    return sorted(found, key=lambda each: (each.path != files.config_path, each.line))


def refusals(findings: Iterable[Finding]) -> list[Finding]:
    """The findings for which the AWS CLI and boto3 refuse a whole file."""
    return [finding for finding in findings if finding.code in BOTOCORE_REFUSES]


def disagreements(findings: Iterable[Finding], name: str) -> list[Finding]:
    """The findings that some tools use other credentials for the profile ``name``."""
    return [f for f in findings if f.code == OTHER_IDENTITY and f.profile == name]


# Line by line


def _problems(files: AwsDocuments) -> Iterator[Finding]:
    both = ((files.config, files.config_path), (files.credentials, files.credentials_path))
    for document, path in both:
        for problem in problems_of(document):
            kind, name = problem.section or ("", "")
            yield Finding(
                problem.code,
                problem.severity,
                path,
                problem.line,
                problem.message,
                problem.tools,
                problem.remedy,
                name if kind == PROFILE else None,
            )


# Whose credentials


def uses(files: AwsDocuments, name: str) -> dict[tuple[str, ...], str]:
    """What the tools take the credentials of a profile from, in words."""
    return {
        about: _described(source)
        for about, source in (
            (tools.BOTOCORE, _of_botocore(files, name)),
            (tools.SDKS, _of_others(files, name)),
        )
    }


def _of_botocore(files: AwsDocuments, name: str) -> tuple[str, str]:
    return _source(
        _as_botocore(files.config, name, _SPREAD),
        _as_botocore(files.credentials, name, _SPREAD_CREDENTIALS),
    )


def _of_others(files: AwsDocuments, name: str) -> tuple[str, str]:
    return _source(
        _as_others(files.config, name, credentials=False),
        _as_others(files.credentials, name, credentials=True),
    )


def _identities(files: AwsDocuments) -> Iterator[Finding]:
    for name in _doubtful(files):
        section = (PROFILE, name)
        ours = _source(files.config.values(section), files.credentials.values(section))
        botocores, others = _of_botocore(files, name), _of_others(files, name)
        if botocores != ours:
            yield _identity(files, name, tools.BOTOCORE, botocores, ours)
        if others != ours:
            yield _identity(files, name, tools.SDKS, others, ours)


def _doubtful(files: AwsDocuments) -> list[str]:
    """The profiles for which two tools may read different definitions."""
    for document, spread in (
        (files.config, _SPREAD),
        (files.credentials, _SPREAD_CREDENTIALS),
    ):
        if set(document.values(spread)) & IDENTITY:
            return files.names()
    doubtful = dict.fromkeys(files.config.ambiguous())
    return list(doubtful | dict.fromkeys(files.credentials.ambiguous()))


def _as_botocore(document: Document, name: str, spread: tuple[str, str]) -> Values:
    """What botocore reads: every section has the settings of ``[DEFAULT]``, unless it has its own.

    https://docs.python.org/3/library/configparser.html#configparser.ConfigParser.default_section
    """
    section = (PROFILE, name)
    if not document.has(section) or section == spread:
        return {}
    return {**document.values(spread), **document.values(section)}


def _as_others(document: Document, name: str, *, credentials: bool) -> Values:
    """What the other SDKs read: duplicates joined, ``[profile default]`` before ``[default]``."""
    spelled = document.spellings((PROFILE, name))
    plain = [(header.split(), values) for header, _, values in spelled]
    wanted = [[name]] if credentials else [[PROFILE, name], *([[name]] * (name == "default"))]
    for words in wanted:
        found = [values for header, values in plain if header == words]
        if found:
            return {
                key: _without_comment(value) for values in found for key, value in values.items()
            }
    # A name in quotes, or with blanks, has a finding of its own.
    return document.values((PROFILE, name))


def _without_comment(value: Value) -> Value:
    if isinstance(value, str):
        for mark in (" #", " ;", "\t#", "\t;"):
            value = value.partition(mark)[0]
        return value.rstrip()
    return value


def _source(config: Values, credentials: Values) -> tuple[str, str]:
    """The source of credentials for an SDK that read these: a kind, and which one.

    In botocore's order of providers. An SDK does not know the key that awscreds stores.
    """
    merged = {**config, **credentials}

    def get(key: str) -> str:
        value = merged.get(key)
        return value if isinstance(value, str) else ""

    if get("role_arn"):
        from_where = (get("source_profile"), get("credential_source"))
        return "role", "\0".join((get("role_arn"), *from_where, get("web_identity_token_file")))
    if get("sso_account_id") or get("sso_role_name"):
        return "sso", "\0".join(get(key) for key in ("sso_session", "sso_start_url"))
    for kind, key, values in (
        ("key", KEY_ID, credentials),
        ("login", "login_session", merged),
        ("process", PROCESS, merged),
        ("key", KEY_ID, config),
    ):
        value = values.get(key)
        if isinstance(value, str) and value:
            return kind, "\0".join((value, *_rest_of_key(values))) if kind == "key" else value
    return "none", ""


def _rest_of_key(values: Values) -> tuple[str, str]:
    """The secret of an ID, and the token: with a wrong token, AWS refuses a valid key."""
    tokens = (values.get("aws_session_token"), values.get("aws_security_token"))
    token = next((each for each in tokens if isinstance(each, str) and each), "")
    return str(values.get("aws_secret_access_key", "")), token


def _identity(
    files: AwsDocuments,
    name: str,
    about: tuple[str, ...],
    theirs: tuple[str, str],
    ours: tuple[str, str],
) -> Finding:
    path, line = _place(files, name)
    return Finding(
        OTHER_IDENTITY,
        ERROR,
        path,
        line,
        f"for the profile {escaped(name)}, {tools.spoken(about)} use "
        f"{_described(theirs)}, but awscreds reads {_described(ours)}",
        about,
        "keep only one definition of the profile, and remove keys from [DEFAULT]",
        name,
    )


def _described(source: tuple[str, str]) -> str:
    kind, what = source
    value, *rest = what.split("\0")
    if kind == "key":
        key = f"the access key {value}" if is_key_id(value) else "another access key"
        return f"{key} with a session token" if rest[-1] else key
    if kind == "process":
        return "the key from awscreds" if is_ours(value) else "a credential_process"
    if kind == "role":
        return f"the role {escaped(value)}"
    return {"sso": "an SSO login", "login": "a login"}.get(kind, "no credentials")


def _place(files: AwsDocuments, name: str) -> tuple[str, int]:
    """Where to look: ``[DEFAULT]`` if it has the key that is used, else the profile itself."""
    for document, path, spread in (
        (files.credentials, files.credentials_path, _SPREAD_CREDENTIALS),
        (files.config, files.config_path, _SPREAD),
    ):
        if set(document.values(spread)) & IDENTITY:
            return path, document.line_of(spread) or 1
    for document, path in (
        (files.config, files.config_path),
        (files.credentials, files.credentials_path),
    ):
        lines = [line for _, line, _ in document.spellings((PROFILE, name))]
        if len(lines) > 1:
            return path, max(lines)
    return files.config_path, files.config.line_of((PROFILE, name)) or 1


# Managed keys that nobody uses

_OF_MANAGED = frozenset({POINTER})


def _hidden_keys(files: AwsDocuments) -> Iterator[Finding]:
    """Managed profiles for which SDKs use the temporary keys that another tool left in a file."""
    profiles = files.profiles
    for profile in profiles.all():
        name = profile.name
        if profile.has_none_of(_OF_MANAGED) or not profile.shadowed:
            continue
        if not files.config.has((PROFILE, name)):
            continue
        path, line = profiles.place_of_keys(name, (files.config_path, files.credentials_path))
        # botocore looks at keys in the config file after our line.
        everybody = path == files.credentials_path
        about = (*tools.BOTOCORE, *tools.SDKS) if everybody else tools.SDKS
        end = expirations.expiration_of(profile.temporary_keys)
        until = f" (they expire at {format_iso(end)})" if end is not None else ""
        yield Finding(
            HIDDEN_KEY,
            ERROR,
            path,
            line,
            f"temporary keys{until} hide the access key that awscreds stores for "
            f"{escaped(name)}: {tools.spoken(about)} use the temporary keys instead, "
            "even after they expire",
            about,
            f"awscreds configure unset aws_access_key_id --profile {quoted(name)}; "
            "then run the same command for aws_secret_access_key and "
            "aws_session_token",
            name,
        )


_KINDS: tuple[Callable[[AwsDocuments], Iterator[Finding]], ...] = (
    _problems,
    _identities,
    _hidden_keys,
)
