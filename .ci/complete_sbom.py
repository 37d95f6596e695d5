"""Adds our version and the packages of other systems to a CycloneDX document, and checks it."""

import json
import re
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

TOP = Path(__file__).parents[1]


def completed(document: dict, requirements: str, version: str) -> dict:
    """The document with what a requirement file names besides, each with its condition."""
    document["metadata"]["component"]["version"] = version
    known = {plain(each["name"]) for each in document["components"]}
    for line in re.findall(r"^[a-z0-9].*==.*$", requirements, re.MULTILINE):
        release, _, condition = line.removesuffix(" \\").partition(" ; ")
        name, _, pinned = release.partition("==")
        if plain(name) not in known:
            component = {
                "type": "library",
                "bom-ref": release,
                "name": name,
                "version": pinned,
                "purl": f"pkg:pypi/{name}@{pinned}",
                "scope": "optional",
                "properties": [{"name": "cdx:python:requirement:marker", "value": condition}],
            }
            document["components"].append(component)
            document["dependencies"].append({"ref": release})
    return document


def plain(name: str) -> str:
    """A name as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Read the first file, write the second; a fault against the schema ends it."""
    installed, target = map(Path, sys.argv[1:])
    requirements = (TOP / ".ci/requirements/runtime.txt").read_text("utf-8")
    init = (TOP / "awscreds/__init__.py").read_text("utf-8")
    version = re.search(r'^__version__ = "(.+)"$', init, re.MULTILINE)
    if version is None:
        sys.exit("awscreds/__init__.py names no version")
    document = completed(json.loads(installed.read_text("utf-8")), requirements, version[1])
    text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"the document does not fit the schema: {fault}")
    target.write_text(text, "utf-8")


main()
