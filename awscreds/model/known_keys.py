"""The settings of AWS's tools, to see which one a misspelled key means. No tool warns of one.

https://docs.aws.amazon.com/cli/latest/topic/config-vars.html
https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
"""

from __future__ import annotations

import functools

from awscreds.model.settings import MFA_PROCESS, PREFIX

_COMMON = (
    *("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "region", "output"),
    *("role_arn", "source_profile", "credential_source", "external_id", "role_session_name"),
    *("mfa_serial", "duration_seconds", "web_identity_token_file", "credential_process"),
    *("sso_session", "sso_account_id", "sso_role_name", "sso_start_url", "sso_region"),
    *("sso_registration_scopes", "login_session", MFA_PROCESS.name, "services", "endpoint_url"),
    *("ca_bundle", "cli_pager", "retry_mode", "max_attempts", "sts_regional_endpoints"),
)
"""What people write by hand, and so what a misspelled key may mean."""
KNOWN = frozenset(_COMMON) | {
    *("account_id_endpoint_mode", "api_versions", "auth_scheme_preference", "aws_account_id"),
    *("aws_credential_scope", "aws_expiration", "aws_security_token", "cli_auto_prompt"),
    *("cli_binary_format", "cli_error_format", "cli_follow_urlparam", "cli_help_output"),
    *("cli_hide_logo", "cli_history", "cli_timestamp_format", "csm_client_id", "csm_enabled"),
    *("csm_host", "csm_port", "data_path", "defaults_mode", "disable_host_prefix_injection"),
    *("disable_request_compression", "ec2_metadata_service_endpoint", "expiration"),
    *("ec2_metadata_service_endpoint_mode", "ec2_metadata_v1_disabled", "s3", "s3api"),
    *("endpoint_discovery_enabled", "ignore_configured_endpoint_urls", "imds_use_ipv6"),
    *("metadata_service_num_attempts", "metadata_service_timeout", "parameter_validation"),
    *("request_checksum_calculation", "request_min_compression_size_bytes"),
    *("response_checksum_validation", "s3_disable_express_session_auth", "sdk_ua_app_id"),
    *(
        "s3_disable_multiregion_access_points",
        "s3_use_arn_region",
        "s3_us_east_1_regional_endpoint",
    ),
    *("s3_use_arn_region", "sigv4a_signing_region_set", "tcp_keepalive", "use_dualstack_endpoint"),
    *("toolkit_artifact_guid", "use_fips_endpoint"),
    # What other tools keep in the same files, under names that are near those of AWS.
    *("sso_account_name", "sso_auto_populated", "sso_interactive_auth", "aws_mfa_device"),
    *("assumed_role", "assumed_role_arn", "source_region", "web_identity_command"),
}
_NEAR = 0.85
"""Of `difflib`: one wrong letter in seven."""


@functools.cache
def meant(key: str) -> str | None:
    """The setting that an unknown ``key`` of a profile is a misspelling of, if any."""
    if key in KNOWN or key.startswith(PREFIX):
        return None
    import difflib

    slip = next((known for known in _COMMON if _is_slip(key, known)), None)
    return slip or next(iter(difflib.get_close_matches(key, _COMMON, n=1, cutoff=_NEAR)), None)


def _is_slip(typed: str, known: str) -> bool:
    """Whether two neighbouring letters are exchanged."""
    return len(typed) == len(known) and any(
        f"{known[:at]}{known[at + 1]}{known[at]}{known[at + 2 :]}" == typed
        for at in range(len(known) - 1)
    )
