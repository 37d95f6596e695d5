"""Lists a bucket by the AWS SDK for C++ (pyarrow brings it) as AWS_PROFILE: what failed, or nothing.

The server at AWS_ENDPOINT_URL sees who signed.
"""

import os
from urllib.parse import urlsplit

from pyarrow import fs

place = urlsplit(os.environ["AWS_ENDPOINT_URL"])
s3 = fs.S3FileSystem(
    endpoint_override=place.netloc,
    scheme="http",
    region="us-east-1",
    retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1),
)
s3.get_file_info(fs.FileSelector("bucket", recursive=False))
