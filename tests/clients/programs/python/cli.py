"""Asks the AWS CLI who each profile named is; prints NAME, a tab, the ARN or what failed."""

import pathlib
import subprocess
import sys

AWS = pathlib.Path(sys.executable).with_name("aws")
WORDS = ("sts", "get-caller-identity", "--query", "Arn", "--output", "text")

for name in sys.argv[1:]:
    done = subprocess.run(
        [AWS, *WORDS, "--region", "us-east-1", "--profile", name],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout if done.returncode == 0 else f"NO {done.stderr}"
    print(name, said.strip().replace("\n", " "), sep="\t")
