"""The paths of the AWS files and of our state folder, from the environment.

A warm ``credential-process`` loads this: nothing is imported that takes time.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_VARIABLE = "AWSCREDS_HOME"
_AWS_FOLDER = os.path.join("~", ".aws")


def file_paths(environ: Mapping[str, str]) -> tuple[str, str]:
    """The config and the credentials file, as absolute paths.

    What AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, else the files in ``~/.aws``.
    Variables and ``~`` in them are expanded, as botocore does. An empty one counts as unset.
    """
    config = environ.get("AWS_CONFIG_FILE") or os.path.join(_AWS_FOLDER, "config")
    credentials = environ.get("AWS_SHARED_CREDENTIALS_FILE") or os.path.join(
        _AWS_FOLDER, "credentials"
    )
    return _expanded(config), _expanded(credentials)


def state_path(environ: Mapping[str, str]) -> str:
    """Our state folder, as an absolute path: AWSCREDS_HOME, else ``~/.aws/awscreds``."""
    path = environ.get(STATE_VARIABLE) or os.path.join(_AWS_FOLDER, "awscreds")
    return os.path.abspath(os.path.expanduser(path))


def _expanded(path: str) -> str:
    return os.path.abspath(os.path.expanduser(os.path.expandvars(path)))
