"""Which tool installed this program, and the command by which it adds packages to it.

Packages are added by their own names (``moto>=5.2``), never as an extra of ours from a package
index: no hint may make anybody look up our own name there.
"""

from __future__ import annotations

import json
import os
import sys

from awscreds.model.text import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

DISTRIBUTION = "awscreds-cli"

FOR_GOOD = "pipx install {0} or uv tool install {0}"
"""The commands for permanent installations from a checkout."""


def to_add_extra(extra: str) -> str:
    """The command that installs what the extra ``extra`` needs."""
    checkout = source()
    if checkout and _is_editable() and _tool() == "pip":
        return f"{quoted(sys.executable)} -m pip install -e {quoted(f'{checkout}[{extra}]')}"
    return to_add(requirements(extra))


def to_add(packages: Sequence[str]) -> str:
    """The command that installs ``packages``, like ``moto>=5.2``, beside this program."""
    wanted = [quoted(package) for package in packages]
    tool, checkout = _tool(), source()
    if tool == "pipx":
        return " ".join(["pipx inject", quoted(os.path.basename(sys.prefix)), *wanted])
    if tool == "uv tool" and checkout:
        editable = ["--editable"] if _is_editable() else []
        words = ["uv tool install", *(f"--with {each}" for each in wanted), *editable]
        return " ".join([*words, quoted(checkout)])
    python = quoted(sys.executable)
    if tool == "pip":
        # Outside a virtual environment, the system's packages belong to the system's own tool.
        user = [] if sys.prefix != sys.base_prefix else ["--user"]
        return " ".join([python, "-m pip install", *user, *wanted])
    return " ".join(["uv pip install --python", python, *wanted])


def to_install_for_good() -> str:
    """The commands that install this program permanently, from the checkout it came from."""
    checkout = source()
    if checkout is None:
        return FOR_GOOD.format(".") + ", in a checkout of its repository"
    return FOR_GOOD.format(quoted(checkout))


def requirements(extra: str) -> list[str]:
    """What the extra ``extra`` needs, as its metadata says: ``moto>=5.2``."""
    found = []
    for line in _distribution_requires():
        requirement, _, marker = line.partition(";")
        if marker.replace('"', "'").replace(" ", "").endswith(f"extra=='{extra}'"):
            found.append(requirement.strip())
    return found


def source() -> str | None:
    """The folder that this program was installed from; None if it was not a folder."""
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    parts = urlsplit(str(_direct_url().get("url", "")))
    folder = url2pathname(parts.path) if parts.scheme == "file" else ""
    return folder if folder and os.path.isdir(folder) else None


def _tool() -> str:
    """``pipx``, ``uv tool``, ``uv`` or ``pip``: each leaves a file of its own."""
    if os.path.exists(os.path.join(sys.prefix, "pipx_metadata.json")):
        return "pipx"
    if os.path.exists(os.path.join(sys.prefix, "uv-receipt.toml")):
        return "uv tool"
    from importlib.util import find_spec

    return "pip" if find_spec("pip") else "uv"


def _is_editable() -> bool:
    info = _direct_url().get("dir_info")
    return isinstance(info, dict) and info.get("editable") is True


def _direct_url() -> dict[str, object]:
    """https://packaging.python.org/en/latest/specifications/direct-url/; empty if there is none."""
    from importlib import metadata

    try:
        text = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
        found = json.loads(text or "{}")
    except (metadata.PackageNotFoundError, OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _distribution_requires() -> list[str]:
    from importlib import metadata

    try:
        return metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
