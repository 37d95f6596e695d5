"""The paths of the AWS files and of our state folder, from the environment.

``awscreds.warm`` knows them for the usual environment.
"""

from __future__ import annotations

import os
import sys

from awscreds.warm import CONFIG_VARIABLE, CREDENTIALS_VARIABLE, STATE_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_EXTENDED = "\\\\?\\"
_AWS_FOLDER = os.path.join("~", ".aws")


def file_paths(environ: Mapping[str, str]) -> tuple[str, str]:
    """The config and the credentials file, as absolute paths.

    What AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, else the files in ``~/.aws``.
    Variables and ``~`` in them are expanded, as botocore does. An empty one counts as unset.
    """
    config = environ.get(CONFIG_VARIABLE) or os.path.join(_AWS_FOLDER, "config")
    credentials = environ.get(CREDENTIALS_VARIABLE) or os.path.join(_AWS_FOLDER, "credentials")
    return _expanded(config), _expanded(credentials)


def state_path(environ: Mapping[str, str]) -> str:
    """Our state folder, as an absolute path: AWSCREDS_HOME, else ``~/.aws/awscreds``."""
    path = environ.get(STATE_VARIABLE) or os.path.join(_AWS_FOLDER, "awscreds")
    return _absolute(at_home(path))


def at_home(path: str) -> str:
    """``path`` with ``~`` expanded. Raises ConfigurationError if the home is unknown.

    Python leaves ``~`` then, and it would be a folder of that name in the working directory: the
    profiles would seem to be gone, and a key would be stored where nothing finds it again. What
    begins with ``~`` and a name is only a home if there is such a user, as for botocore.
    """
    expanded = os.path.expanduser(path)
    is_own = path.replace("\\", "/").partition("/")[0] == "~"
    if is_own and not os.path.isabs(expanded):
        from awscreds.errors import ConfigurationError

        name = "USERPROFILE" if sys.platform == "win32" else "HOME"
        raise ConfigurationError(
            f"your home folder is unknown: {name} is not set, or is a relative path",
            code="no-home",
            hint=f"set {name} to the path of your home folder, then run this again",
        )
    return expanded


def _expanded(path: str) -> str:
    return _absolute(at_home(os.path.expandvars(path)))


_SHORT = 259 - 110
"""Characters of a path within which Windows finds all that we put beside it or into it."""


def _absolute(path: str) -> str:
    """The absolute path; on Windows in the form that has no limit, if it is a long one.

    https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation
    """
    path = os.path.abspath(path)
    if sys.platform == "win32" and len(path) > _SHORT and not path.startswith(_EXTENDED):
        return f"{_EXTENDED}UNC{path[1:]}" if path.startswith("\\\\") else _EXTENDED + path
    return path


def real_path(path: str) -> str:
    """``os.path.realpath``; on Windows in one form, also while the file comes or goes.

    Then Python returns the extended form, with the prefix that ``_absolute`` gives to long paths:
    another name for the same file, and so another lock.
    """
    try:
        real = os.path.realpath(path)
    except OSError:  # Windows cannot say
        return os.path.abspath(path)
    if sys.platform == "win32" and real.startswith(_EXTENDED) and not path.startswith(_EXTENDED):
        unc = _EXTENDED + "UNC\\"
        return "\\\\" + real.removeprefix(unc) if real.startswith(unc) else real[len(_EXTENDED) :]
    return real
