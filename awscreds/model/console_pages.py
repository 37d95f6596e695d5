"""The pages of the AWS console: the address of a service's page, and what ``--path`` may be.

To add a service, add a row to ``PAGES``: its name is the one in the AWS CLI and boto3.
"""

from __future__ import annotations

from awscreds.errors import UsageError
from awscreds.model.endpoint import is_host_label
from awscreds.model.partitions import console_domain
from awscreds.model.text import escaped

PAGES = {
    "acm": "acm",
    "amplify": "amplify",
    "apigateway": "apigateway",
    "apprunner": "apprunner",
    "appsync": "appsync",
    "athena": "athena",
    "backup": "backup",
    "batch": "batch",
    "bedrock": "bedrock",
    "billing": "billing",
    "budgets": "billing",
    "ce": "cost-management",
    "cloudformation": "cloudformation",
    "cloudfront": "cloudfront/v4",
    "cloudtrail": "cloudtrail",
    "cloudwatch": "cloudwatch",
    "codeartifact": "codesuite/codeartifact",
    "codebuild": "codesuite/codebuild",
    "codecommit": "codesuite/codecommit",
    "codedeploy": "codesuite/codedeploy",
    "codepipeline": "codesuite/codepipeline",
    "cognito-idp": "cognito/v2",
    "config": "config",
    "controltower": "controltower",
    "detective": "detective",
    "directconnect": "directconnect/v2",
    "dms": "dms/v2",
    "docdb": "docdb",
    "dynamodb": "dynamodbv2",
    "ec2": "ec2",
    "ecr": "ecr",
    "ecs": "ecs",
    "efs": "efs",
    "eks": "eks",
    "elasticache": "elasticache",
    "elasticbeanstalk": "elasticbeanstalk",
    "emr": "emr",
    "events": "events",
    "firehose": "firehose",
    "fsx": "fsx",
    "globalaccelerator": "globalaccelerator",
    "glue": "glue",
    "grafana": "grafana",
    "guardduty": "guardduty",
    "health": "health",
    "iam": "iam",
    "inspector2": "inspector/v2",
    "iot": "iot",
    "kafka": "msk",
    "kinesis": "kinesis",
    "kms": "kms",
    "lakeformation": "lakeformation",
    "lambda": "lambda",
    "macie2": "macie",
    "mq": "amazon-mq",
    "mwaa": "mwaa",
    "neptune": "neptune",
    "opensearch": "aos",
    "organizations": "organizations/v2",
    "ram": "ram",
    "rds": "rds",
    "redshift": "redshiftv2",
    "resource-explorer-2": "resource-explorer",
    "resource-groups": "resource-groups",
    "route53": "route53/v2",
    "s3": "s3",
    "sagemaker": "sagemaker",
    "scheduler": "scheduler",
    "secretsmanager": "secretsmanager",
    "securityhub": "securityhub",
    "service-quotas": "servicequotas",
    "servicecatalog": "servicecatalog",
    "ses": "ses",
    "sns": "sns/v3",
    "sqs": "sqs/v3",
    "ssm": "systems-manager",
    "sso": "singlesignon",
    "stepfunctions": "states",
    "storagegateway": "storagegateway",
    "support": "support",
    "transfer": "transfer",
    "trustedadvisor": "trustedadvisor",
    "wafv2": "wafv2/homev2",
    "wellarchitected": "wellarchitected",
    "workspaces": "workspaces/v2",
    "xray": "xray",
}
"""Where each service is in the console, by its name in boto3; ``/home`` follows if it is not there.

They are those that aws-vault, granted and aws-sso-cli use, and the addresses of the pages.
"""

GLOBAL = frozenset(
    {
        *("billing", "budgets", "ce", "cloudfront", "globalaccelerator", "health", "iam"),
        *("organizations", "route53", "support", "trustedadvisor"),
    }
)
"""Services that are the same in all regions: their pages get none."""

_WITHOUT_REGION = frozenset({"us-east-1", "cn-north-1", "us-gov-west-1"})
"""The regions that the console without a region in its host name is in, one of each partition."""


def console_base(partition: str, region: str | None) -> str:
    """Where the pages of ``region`` are. ValueError for a partition without a public console."""
    domain = console_domain(partition)
    if domain is None:
        raise ValueError(partition)
    # Only a region that can be a label of a host name comes here (`checked_region`).
    is_in_host = region and region not in _WITHOUT_REGION and is_host_label(region)
    return f"https://{region}.console.{domain}" if is_in_host else f"https://console.{domain}"


def page_of(service: str | None, region: str | None) -> str:
    """The path and query of a service's first page; None: the start page of the console."""
    folder = "console" if service is None else PAGES[service]
    if "/home" not in folder:
        folder += "/home"
    return f"/{folder}" + (f"?region={region}" if region else "")


def checked_path(path: str) -> str:
    """``path``, if it can be a page of the console. Raises UsageError."""
    why = None
    if path.casefold().startswith(("http:", "https:")):
        why = "it is a complete address: leave out everything before the path"
    elif not path.startswith("/") or path.startswith("//"):
        why = "it must begin with one /"
    elif not (path.isascii() and path.isprintable()) or set(path) & set(' "<>\\^`{|}'):
        why = "it has a character that an address cannot have: encode it, like %20"
    if why is None:
        return path
    raise UsageError(
        f"--path {escaped(path)} is not a page of the console: {why}",
        code="bad-path",
        hint="copy what comes after the host in your browser's address bar, like "
        "--path '/s3/buckets/my-bucket?region=eu-central-1'",
    )
