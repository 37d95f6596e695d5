"""The use cases. They take what they need as arguments and know neither click, rich nor boto3.

``configure`` sets up a profile, ``role_profiles`` one for a role, and ``wrap`` lets SDKs get a role
from us; ``profile_moves`` renames and copies, ``profile_removal`` removes, with ``profile_users``
(who else uses it). ``readings`` refuses what tools read differently. ``credential_line`` writes the
line in the config file, ``pairs`` keeps the keys that leave the files. ``serve`` answers SDKs.
``imports`` takes over the keys of other programs, ``other_programs`` names what it leaves. ``keys``
changes a user's keys, ``store`` moves and deletes stored secrets, ``key_secrets`` finds the secret
of a key, ``gate`` judges the endpoint that a key is used at. ``crew`` does several things at once.
``profile_facts`` is what ``list`` shows of each profile, ``overview`` what ``status`` shows.
``login`` logs in to IAM Identity Center, with ``login_target`` (where), ``callback`` (where the
browser's answer arrives) and ``login_keeper`` (where the tokens go). ``sign_in`` logs in as `aws
login` does. ``login_parts`` is what both are made of, and ``pkce`` what both bind a browser to.
``console`` makes the link that opens the AWS console, ``handover`` gives it to a browser;
``loopback`` is what all listen with. ``mfa``, ``populate`` (profiles for all roles of a login),
``rotation`` and ``sessions`` are packages of their own.
"""
