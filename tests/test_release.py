"""The release workflow can do no more than it must, and SECURITY.md names tests that there are."""

import ast
import re
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).parents[1]
TEXT = (TOP / ".github/workflows/release.yml").read_text("utf-8")
WORKFLOW = yaml.safe_load(TEXT)
JOBS = WORKFLOW["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]
SECURITY = (TOP / "SECURITY.md").read_text("utf-8")


def test_only_a_tag_of_a_version_starts_it():
    assert WORKFLOW[True] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}  # YAML reads `on` so


def test_no_job_may_do_more_than_it_must():
    assert WORKFLOW["permissions"] == {}
    assert {name: job["permissions"] for name, job in JOBS.items()} == {
        "check": {"contents": "read"},
        "build": {"contents": "read"},
        "publish": {"id-token": "write"},
    }


def test_what_publishes_needs_an_approval_the_checks_and_no_secret():
    assert {name for name, job in JOBS.items() if "environment" in job} == {"publish"}
    assert JOBS["publish"]["environment"] == "release"
    assert (JOBS["publish"]["needs"], JOBS["build"]["needs"]) == ("build", "check")
    assert "secrets." not in TEXT
    assert "password" not in TEXT
    assert ".ci/run" in [step.get("run") for step in JOBS["check"]["steps"]]


def test_what_may_publish_runs_no_code_of_a_checkout():
    steps = JOBS["publish"]["steps"]
    assert not [step for step in steps if "run" in step or "checkout" in step["uses"]]


@pytest.mark.parametrize(
    "step", [step for step in STEPS if "uses" in step], ids=lambda s: s["uses"]
)
def test_each_action_is_a_commit_with_its_release_beside_it(step):
    assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
    assert re.search(rf"{step['uses']}  # v\d+\.\d+\.\d+$", TEXT, re.MULTILINE)


def test_the_checks_run_in_an_image_that_is_named_by_its_digest():
    assert JOBS["check"]["container"]["image"] == "${{ vars.CI_IMAGE }}"
    first = next(step for step in JOBS["check"]["steps"] if "run" in step)
    assert '"$CI_IMAGE" in *@sha256:*) ;; *) exit 1' in first["run"]


def test_no_checkout_leaves_its_token_to_what_runs_after_it():
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False, False]


def test_no_text_from_outside_is_put_into_a_shell_line():
    assert not [step for step in STEPS if "${{" in step.get("run", "")]


def rows():
    table = SECURITY.partition("## Threat model")[2].partition("\n## ")[0]
    found = [line for line in table.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in found]


@pytest.mark.parametrize("row", rows(), ids=lambda row: " - ".join(row[:2])[:70])
def test_each_row_of_the_threat_model_names_tests_that_there_are(row):
    attacker, asset, stops, shown = row
    assert attacker
    assert asset
    if shown.startswith("none"):
        assert stops == "nothing" or "macOS" in shown
        return
    named = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", shown)
    assert named
    for file, test in named:
        tree = ast.parse((TOP / "tests" / file).read_text("utf-8"))
        names = {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
        assert test in names, f"{file} has no {test}"


def test_the_threat_model_has_its_rows():
    assert len(rows()) > 15
