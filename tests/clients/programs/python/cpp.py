"""Lists a bucket as AWS_PROFILE, by the AWS SDK for C++ that pyarrow brings.

The server at TEST_BUCKET_URL sees who signed.
"""

import contextlib
import os
from urllib.parse import urlsplit

from pyarrow import fs

place = urlsplit(os.environ["TEST_BUCKET_URL"])
s3 = fs.S3FileSystem(
    endpoint_override=place.netloc,
    scheme="http",
    region="us-east-1",
    retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1),
)
with contextlib.suppress(OSError):  # there is no such bucket
    s3.get_file_info(fs.FileSelector("bucket", recursive=False))
