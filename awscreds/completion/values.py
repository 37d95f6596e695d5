"""What a value may be: from the parameter itself if it says that, else from its name."""

from __future__ import annotations

import click

from awscreds.model.console_pages import PAGES
from awscreds.model.partitions import offered_regions
from awscreds.model.settings import documented

PROFILE = "@profile"
KEY_ID = "@key-id"
FILE = "@file"
COMMAND = "@command"
ANY = "@any"
"""Kinds of values that a shell looks up. `ANY` is a value that nobody can guess. All other kinds
are the values themselves, separated by commas."""

REGION = "@region"
CONFIG_KEY = "@config-key"
OUTPUT = "@output"
SERVICE = "@service"

CONFIG_KEYS = (
    "aws_access_key_id,aws_secret_access_key,aws_session_token,region,output,mfa_serial,role_arn,"
    "source_profile,credential_source,external_id,role_session_name,duration_seconds,"
    "web_identity_token_file,credential_process,sso_session,sso_account_id,sso_role_name,"
    "sso_start_url,sso_region,services,endpoint_url,ca_bundle,cli_pager,cli_auto_prompt,"
    "cli_timestamp_format,cli_binary_format,max_attempts,retry_mode,defaults_mode,"
    "parameter_validation,tcp_keepalive,use_dualstack_endpoint,use_fips_endpoint,"
    "sts_regional_endpoints,s3.addressing_style,s3.max_concurrent_requests,s3.max_queue_size,"
    "s3.multipart_threshold,s3.multipart_chunksize,s3.max_bandwidth,s3.use_accelerate_endpoint,"
    "s3.payload_signing_enabled,s3.use_dualstack_endpoint,"
) + ",".join(setting.name for setting in documented())
"""The keys of a profile.

https://docs.aws.amazon.com/cli/latest/topic/config-vars.html, and our own.
"""

LISTS = {
    REGION: ",".join(offered_regions()),
    CONFIG_KEY: CONFIG_KEYS,
    OUTPUT: "json,yaml,yaml-stream,text,table",
    SERVICE: ",".join(PAGES),
}
"""Kinds with fixed values."""

BY_NAME = {
    "--profile": PROFILE,
    "--region": REGION,
    "--output": OUTPUT,
    "--service": SERVICE,
    "profile": PROFILE,
    "profiles": PROFILE,
    "access_key_id": KEY_ID,
    "access_key_ids": KEY_ID,
    "key_id": KEY_ID,
    "key_ids": KEY_ID,
}
"""The kinds by the name of the option, or of the argument's parameter."""

BY_PLACE = {
    "configure get key": CONFIG_KEY,
    "configure set key": CONFIG_KEY,
    "configure unset key": CONFIG_KEY,
}
"""The kinds that differ in one command, by its path and the parameter."""

BY_METAVAR = {
    "PROFILE": PROFILE,
    "[PROFILE]": PROFILE,
    "PROFILE…": PROFILE,
    "FILE": FILE,
    "PATH": FILE,
    "FOLDER": FILE,
    "[--] [COMMAND…]": COMMAND,
}

AFTER_DASHES = ("sandbox",)
"""Commands that split their own line at ``--``, which click's tree does not show."""


def kind_of(path: str, parameter: click.Parameter) -> str:
    """The kind of value that ``parameter`` of the command at ``path`` takes."""
    if isinstance(parameter.type, click.Choice):
        return ",".join(str(choice) for choice in parameter.type.choices)
    is_option = isinstance(parameter, click.Option)
    name = max(parameter.opts, key=len) if is_option else parameter.name or ""
    return (
        BY_PLACE.get(f"{path} {name}")
        or BY_NAME.get(name)
        or BY_METAVAR.get(parameter.metavar or "")
        or (FILE if isinstance(parameter.type, click.Path | click.File) else ANY)
    )
