"""AWS, and the only users of boto3 and botocore. Their errors become ours here.

Read them in this order:

``gateway``          calls to STS, and the entrance to what follows
``iam``              access keys of IAM users
``mfa``              MFA devices of IAM users
``once``             calls that are sent once, because only their answer has a secret
``identity_center``  SSO: logins, and credentials for a login
``portal``           SSO: the accounts and roles of a login
``console``          the link that opens the console with temporary credentials
``signin``           the logins of `aws login`, with ``dpop``: who has their key
``start_page``       where a start URL of the company's own leads
``providers``        credentials from botocore's own providers
``answers``          what the answer to a login may hold
``clients``          how clients are made: deadlines, no AWS files, only the host that was judged
``errors``           what botocore raises, in our words
``server_clock``     how far this machine's clock is off
"""
