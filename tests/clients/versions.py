"""The version of each client's SDK, by the files that are run or as it says itself."""

import functools
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from tests.clients import builds
from tests.clients.bucket import bucket

NUMBER = r"(\d[\w.-]*\w)"


@functools.cache
def of(client):
    """The version of its SDK; of PHP, its own."""
    return globals()[client]()


def _said(pattern, *argv, **environment):
    """What ``pattern`` finds in the output of a program."""
    done = subprocess.run(
        argv, capture_output=True, text=True, env={**os.environ, **environment}, check=True
    )
    return re.search(pattern, done.stdout)[1]


def python():
    return metadata.version("boto3")


def cli():
    return metadata.version("awscli")


def cli_2():
    return _said(f"aws-cli/{NUMBER}", builds.AWS_CLI_2, "--version")


def go():
    return _module("github.com/aws/aws-sdk-go-v2")


def terraform():
    return _module("github.com/hashicorp/aws-sdk-go-base/v2")


def _module(path):
    return _said(rf"\tdep\t{re.escape(path)}\tv{NUMBER}", "go", "version", "-m", builds.go()[0])


def java():
    libraries = Path(builds.java()[3].partition(":")[0], "lib")
    [found] = libraries.glob("sdk-core-*.jar")
    return found.stem.removeprefix("sdk-core-")


def javascript_3():
    return _package(builds.javascript_3(), "@aws-sdk/client-sts")


def javascript_2():
    return _package(builds.javascript_2(), "aws-sdk")


def _package(argv, name):
    found = Path(argv[1]).parent / "node_modules" / name / "package.json"
    return json.loads(found.read_text())["version"]


def ruby():
    return _said("(.+)", "ruby", "-e", "require 'aws-sdk-core'; print Aws::CORE_GEM_VERSION")


def php():
    return _said(f"PHP {NUMBER}", "php", "--version")


def dotnet_4():
    return _assembly(builds.dotnet_4())


def dotnet_3():
    return _assembly(builds.dotnet_3())


def _assembly(argv):
    found = Path(argv[1]).with_suffix(".deps.json")
    return re.search(f"AWSSDK.Core/{NUMBER}", found.read_text())[1]


def cpp():
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "none"}
    with bucket() as (url, requests):
        environment = {**os.environ, **keys, "TEST_BUCKET_URL": url}
        subprocess.run(builds.cpp(), env=environment, check=True, stderr=sys.stderr)
    return re.search(f"aws-sdk-cpp/{NUMBER}", requests[0]["User-Agent"])[1]
