"""Every setting of a profile that is in effect, and where its value comes from."""

from __future__ import annotations

from dataclasses import dataclass

from awscreds.model import keys
from awscreds.model.credential_process import POINTER, PROCESS, is_ours
from awscreds.model.ini.document import PROFILE, SSO_SESSION
from awscreds.model.profile import KEY_ID, SECRET, Profiles
from awscreds.model.service_endpoint import shown_region

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from awscreds.model.documents import AwsDocuments
    from awscreds.model.ini.document import Document, SectionKey

VARIABLES = {
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "output": ("AWS_DEFAULT_OUTPUT",),
    "endpoint_url": ("AWS_ENDPOINT_URL",),
    "ca_bundle": ("AWS_CA_BUNDLE",),
    "cli_pager": ("AWS_PAGER",),
    "max_attempts": ("AWS_MAX_ATTEMPTS",),
    "retry_mode": ("AWS_RETRY_MODE",),
    "defaults_mode": ("AWS_DEFAULTS_MODE",),
    "sts_regional_endpoints": ("AWS_STS_REGIONAL_ENDPOINTS",),
    "use_dualstack_endpoint": ("AWS_USE_DUALSTACK_ENDPOINT",),
    "use_fips_endpoint": ("AWS_USE_FIPS_ENDPOINT",),
}
"""The variables that win over a setting of the profile, the first one first.

https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
"""

DEFAULTS = {"output": "json"}
"""What counts if neither a variable nor a file has it."""

FILE = "file"
VARIABLE = "environment"
DEFAULT = "default"
STORE = "store"


@dataclass(frozen=True, slots=True)
class Effective:
    """A setting: its value as it may be shown, and where it comes from.

    ``kind`` is FILE, VARIABLE, DEFAULT or STORE; ``source`` is ``FILE:LINE``, or the name of the
    variable or the store. ``hides`` are the places of values that have no effect because of it.
    """

    name: str
    value: str
    kind: str
    source: str
    hides: tuple[str, ...] = ()


def effective_settings(
    documents: AwsDocuments, name: str, environ: Mapping[str, str], store: str
) -> list[Effective]:
    """All settings of the profile ``name`` in the order of the files; secrets are masked.

    ``store`` is the name of the store that has its key.
    """
    profile = Profiles(documents.config, documents.credentials).find(name)
    found: dict[str, Effective] = {}
    for section in [(PROFILE, name), (SSO_SESSION, profile.get("sso_session") or "")]:
        for each in _in_files(documents, section):
            found.setdefault(each.name, each)
    for key, variables in VARIABLES.items():
        variable = next((each for each in variables if environ.get(each)), None)
        if variable:
            hidden = found.get(key)
            hides = (hidden.source, *hidden.hides) if hidden else ()
            value = shown(key, environ[variable])
            found[key] = Effective(key, value, VARIABLE, variable, hides)
    for key, value in DEFAULTS.items():
        found.setdefault(key, Effective(key, value, DEFAULT, ""))
    if profile.stored_key_id and not profile.has_static_keys:
        found[SECRET] = Effective(SECRET, keys.HIDDEN, STORE, store)
    return list(found.values())


def _in_files(documents: AwsDocuments, section: SectionKey) -> Iterator[Effective]:
    both = (
        (documents.credentials, documents.credentials_path),
        (documents.config, documents.config_path),
    )
    merged = {**documents.config.values(section), **documents.credentials.values(section)}
    for key, value in merged.items():
        places = [
            f"{path}:{document.line_of(section, key)}"
            for document, path in both
            if _has(document, section, key)
        ]
        source, *hides = places
        if isinstance(value, str):
            yield Effective(key, shown(key, value), FILE, source, tuple(hides))
            continue
        for sub, text in value.items():
            yield Effective(f"{key}.{sub}", shown(sub.lower(), text), FILE, source, tuple(hides))


def _has(document: Document, section: SectionKey, key: str) -> bool:
    return document.get(section, key) is not None


def shown(key: str, value: str) -> str:
    """``value`` as people and programs may see it."""
    if key in keys.SECRET_NAMES:
        return keys.HIDDEN
    if key in (KEY_ID, POINTER):
        return keys.shown_key_id(value)
    if key in ("region", "sso_region"):
        return shown_region(value) or ""
    if key == PROCESS and is_ours(value):
        return "awscreds credential-process"
    if keys.holds_secret_line(value):
        return keys.HIDDEN
    return keys.unless_secret(value)
