"""Asks the AWS CLI at the path given who each profile named is: as ``client.py`` prints it."""

import os
import subprocess
import sys

AWS = sys.argv[1]
WORDS = ("sts", "get-caller-identity", "--query", "Arn", "--output", "text")
# Version 2.9 knows no AWS_ENDPOINT_URL.
PLACE = ("--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "--region", "us-east-1")

for name in sys.argv[2:]:
    done = subprocess.run(
        [AWS, *WORDS, *PLACE, "--profile", name],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout if done.returncode == 0 else f"NO {done.stderr}"
    print(name, said.strip().replace("\n", " "), sep="\t")
