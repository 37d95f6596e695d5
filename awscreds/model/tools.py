"""The tools that read AWS's files, by their parsers, and how to name them.

What they do was read in their sources:
botocore 1.43 (``configloader``), aws-sdk-go-v2 (``internal/ini``),
smithy-typescript (``shared-ini-file-loader/parseIni``), aws-sdk-java-v2 (``ProfileFileReader``),
smithy-rs (``env_config/parse``). The SDK for Kotlin reads like the one for Java.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

CLI = "AWS CLI"
BOTO3 = "boto3"
GO = "Go"
JAVA = "Java"
JAVASCRIPT = "JavaScript"
RUST = "Rust"

BOTOCORE = (CLI, BOTO3)
SDKS = (GO, JAVA, JAVASCRIPT, RUST)
ALL = (*BOTOCORE, *SDKS)
STRICT = (JAVA, RUST)
"""SDKs that refuse a whole file because of one line that they cannot read."""


def spoken(tools: Iterable[str]) -> str:
    """Tools in a sentence: "the AWS CLI, boto3 and the SDKs for Go and Rust"."""
    named = set(tools)
    languages = [name for name in SDKS if name in named]
    parts = [f"the {CLI}"] * (CLI in named) + [BOTO3] * (BOTO3 in named)
    if languages:
        parts.append(f"the SDK{'s' * (len(languages) > 1)} for {_listed(languages)}")
    return _listed(parts)


def refuse(tools: Iterable[str]) -> str:
    """A sentence that tools refuse the file, with every profile in it."""
    return f"{spoken(tools)} refuse the whole file"


def _listed(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
