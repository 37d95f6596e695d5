"""Dotted names of ``configure get|set|unset``."""

import pytest

from awscreds.errors import UsageError
from awscreds.model.ini.document import PROFILE, SERVICES
from awscreds.model.setting_path import resolve

KNOWN = ["dev", "a.b", "a", "s3x"]


@pytest.mark.parametrize(
    ("name", "section", "key", "sub"),
    [
        ("region", (PROFILE, "here"), "region", None),
        ("s3.max_concurrent_requests", (PROFILE, "here"), "s3", "max_concurrent_requests"),
        ("profile.dev.region", (PROFILE, "dev"), "region", None),
        ("profile.new.region", (PROFILE, "new"), "region", None),
        ("profile.dev.s3.x", (PROFILE, "dev"), "s3", "x"),
        ("profile.a.b.region", (PROFILE, "a.b"), "region", None),
        ("a.b.region", (PROFILE, "a.b"), "region", None),
        ("a.region", (PROFILE, "a"), "region", None),
        ("default.output", (PROFILE, "default"), "output", None),
        ("plugins.cli", ("plugins", ""), "cli", None),
        ("p.x", (PROFILE, "here"), "p", "x"),
    ],
)
def test_a_name_means_the_place_that_aws_configure_means(name, section, key, sub):
    found = resolve(name, "here", KNOWN)
    assert (found.section, found.key, found.sub) == (section, key, sub)


def test_a_named_section_takes_the_whole_name():
    found = resolve("s3.endpoint_url", "here", KNOWN, (SERVICES, "local"))
    assert (found.section, found.key, found.sub) == ((SERVICES, "local"), "s3", "endpoint_url")
    assert found.profile is None


@pytest.mark.parametrize("name", ["a.b.c.d.e", "x.y.z", "", ".", "x.", ".x", "profile.dev.a.b.c"])
def test_a_name_deeper_than_files_go_is_refused_rather_than_cut(name):
    with pytest.raises(UsageError, match="is not a setting"):
        resolve(name, "here", KNOWN)


@pytest.mark.parametrize(
    ("name", "static"),
    [("AWS_Secret_Access_Key", True), ("aws_access_key_id", True), ("region", False)],
)
def test_the_four_secret_keys_are_known_in_any_case(name, static):
    assert resolve(name, "here", KNOWN).is_static_key is static
