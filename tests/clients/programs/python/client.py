"""Signs GetCallerIdentity with each profile named; prints NAME, a tab, the ARN or what failed."""

import sys

import boto3

for name in sys.argv[1:]:
    try:
        session = boto3.Session(profile_name=name, region_name="us-east-1")
        said = session.client("sts").get_caller_identity()["Arn"]
    except Exception as error:  # noqa: BLE001 - each client tells what failed
        said = f"NO {type(error).__name__}: {error}"
    print(name, said.replace("\n", " "), sep="\t")
