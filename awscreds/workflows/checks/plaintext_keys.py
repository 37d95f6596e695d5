"""Plaintext keys in the AWS files: of users, of sessions, incomplete, and in the wrong setting."""

from __future__ import annotations

from awscreds.model.expirations import expiration_of
from awscreds.model.ini.document import PROFILE
from awscreds.model.ini.edit import is_comment
from awscreds.model.ini.inside import lines_of
from awscreds.model.keys import TEMPORARY_PREFIX, has_id_form, reads_as_secret, secret_in
from awscreds.model.problems.finding import Finding
from awscreds.model.problems.problem import ERROR, NOTE, WARNING
from awscreds.model.profile import KEY_ID, SECRET, STATIC, TOKEN, Profile
from awscreds.model.text import escaped, quoted
from awscreds.model.times import format_iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awscreds.model.ini.document import Definition, Document
    from awscreds.workflows.checks.surroundings import Surroundings

BESIDE_MANAGED = "plaintext-beside-managed"
PLAINTEXT = "plaintext-key"
_TOKENS = (TOKEN, "aws_security_token")
_MOST_NAMES = 3


def check(surroundings: Surroundings) -> Iterator[Finding]:
    """Each section with a plaintext key, also one that no tool uses; shared keys; and comments."""
    users: dict[str, list[Finding]] = {}
    documents = surroundings.documents
    for document, path in (
        (documents.config, documents.config_path),
        (documents.credentials, documents.credentials_path),
    ):
        for definitions in _by_header(document):
            for finding, key_id in _of_section(surroundings, definitions, path):
                yield finding
                if key_id and finding.code in (PLAINTEXT, BESIDE_MANAGED):
                    users.setdefault(key_id, []).append(finding)
        yield from _comments(document, path)
    for key_id, found in users.items():
        yield from _shared(key_id, found)
    for profile in surroundings.every_profile:
        yield from _misplaced(surroundings, profile)


def beside_managed(name: str, place: tuple[str, int]) -> Finding:
    """The finding that a managed profile has plaintext keys as well."""
    return Finding(
        BESIDE_MANAGED,
        ERROR,
        *place,
        f"the profile {escaped(name)} is managed, but the AWS files also contain "
        "plaintext keys for it; some SDKs use these, others use the managed key",
        remedy="move the plaintext keys to the secret store: "
        f"awscreds configure --profile {quoted(name)}",
        profile=name,
    )


def _by_header(document: Document) -> Iterator[list[Definition]]:
    """The definitions of static keys that have a value, by the header that they are below."""
    current: list[Definition] = []
    for definition in lines_of(document, *STATIC):
        if current and definition.block != current[0].block:
            yield current
            current = []
        if definition.text:
            current.append(definition)
    if current:
        yield current


def _of_section(
    surroundings: Surroundings, definitions: list[Definition], path: str
) -> Iterator[tuple[Finding, str | None]]:
    """What is wrong with the static keys below one header, with the ID of the key."""
    values = {each.key: each.text for each in definitions}
    kind, name = definitions[0].section
    profile = surroundings.profiles.find(name) if kind == PROFILE else Profile(name, {}, {})
    whose = f"the profile {escaped(name)}" if kind == PROFILE else f"the section {escaped(name)}"
    about = name if kind == PROFILE else None
    place = path, definitions[0].line
    key_id = values.get(KEY_ID)
    configure = f"awscreds configure --profile {quoted(name)}" if kind == PROFILE else ""
    # ``file_lines`` reports the temporary keys that hide a managed key.
    if any(key in values for key in _TOKENS) or (key_id or "").startswith(TEMPORARY_PREFIX):
        if not profile.shadowed:
            yield _session(surroundings, whose, place, about), None
    elif not key_id or SECRET not in values:
        missing = "a secret access key without its ID" if not key_id else "an access key ID only"
        yield (
            Finding(
                "half-key",
                ERROR,
                *place,
                f"{whose} has {missing}; the AWS CLI and boto3 refuse to use it",
                remedy=configure or "complete the key, or remove it",
                profile=about,
            ),
            None,
        )
    elif profile.stored_key_id:
        yield beside_managed(name, place), key_id
    else:
        shown = f"the access key {key_id}" if has_id_form(key_id) else "an access key"
        yield (
            Finding(
                PLAINTEXT,
                WARNING,
                *place,
                f"{whose} has the secret of {shown} in plaintext",
                remedy=f"move it to the secret store: {configure}"
                if configure
                else "move it to a profile of its own",
                profile=about,
            ),
            key_id,
        )


def _session(
    surroundings: Surroundings, whose: str, place: tuple[str, int], about: str | None
) -> Finding:
    profile = surroundings.profiles.find(about) if about else Profile("", {}, {})
    end = expiration_of(profile.temporary_keys)
    if end is not None and end <= surroundings.clock():
        what = f"temporary keys in plaintext, which expired at {format_iso(end)}"
        severity = NOTE
    else:
        what = "temporary keys in plaintext"
        severity = WARNING
    return Finding(
        "plaintext-session",
        severity,
        *place,
        f"{whose} has {what}",
        remedy="remove these lines when no program needs them any more",
        profile=about,
    )


def _shared(key_id: str, found: list[Finding]) -> Iterator[Finding]:
    names = list(dict.fromkeys(escaped(each.profile or "") for each in found))
    if len(names) < 2 or not has_id_form(key_id):
        return
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    yield Finding(
        "shared-key",
        NOTE,
        found[0].path,
        found[0].line,
        f"the access key {key_id} is the key of {', '.join(names[:_MOST_NAMES])}{more}; "
        "a rotation replaces it in all of them",
    )


def _comments(document: Document, path: str) -> Iterator[Finding]:
    """The comments with a secret: of a key that somebody commented out, or kept a copy of."""
    for block in document.blocks:
        if "#" not in block.raw and ";" not in block.raw:
            continue
        for at, row in enumerate(block.rows):
            secret = secret_in(row) if is_comment(row) else None
            if secret and (reads_as_secret(secret) or SECRET in row.lower()):
                yield Finding(
                    "plaintext-comment",
                    WARNING,
                    path,
                    document.first_line(block) + at,
                    "this comment has the form of a secret access key in plaintext",
                    remedy="delete the line; if the key is still used, first store it: awscreds "
                    "configure --profile NAME",
                )


def _misplaced(surroundings: Surroundings, profile: Profile) -> Iterator[Finding]:
    setting = profile.misplaced
    if setting:
        yield Finding(
            "misplaced-secret",
            ERROR,
            *surroundings.place(profile.name, setting),
            f"{setting} of the profile {escaped(profile.name)} is not an access key ID; "
            "it may be a secret in the wrong place",
            remedy=f"awscreds configure --profile {quoted(profile.name)}",
            profile=profile.name,
        )
