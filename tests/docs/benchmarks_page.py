"""The benchmarks page: written by hand, but for what stands between two marks, made of the JSON."""

from __future__ import annotations

import json
import re

from tests.benchmarks.chart import draw
from tests.benchmarks.figures import shown
from tests.benchmarks.goals import GOALS, figure
from tests.docs.pages import DOCS

PAGE = DOCS / "explanation" / "benchmarks.md"
FIGURES = DOCS / "benchmarks.json"
CHART = DOCS / "benchmarks.svg"
BLOCK = re.compile(r"(<!-- ([a-z]+) -->\n).*?(<!-- /\2 -->)", re.DOTALL)


def generated() -> dict:
    """The page and its chart, of the figures there are."""
    found = json.loads(FIGURES.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    return {PAGE: render(page, found), CHART: draw(found)}


def render(page: str, found: dict) -> str:
    """The page with every block written again."""
    blocks = {"run": _run, "goals": _goals, "rows": _rows, "missing": _missing}

    def block(match):
        return f"{match[1]}\n{blocks[match[2]](found)}\n\n{match[3]}"

    return BLOCK.sub(block, page)


def _run(found):
    machine, bare = found["machine"], found["bare"]
    load = " and ".join(f"{value:.1f}" for value in machine["load"])
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return (
        f"`{found['command']}`, on {found['date']}: {machine['model']}, {machine['processors']}"
        f" processors, {machine['system']}, Python {machine['python']}. The load was {load} before"
        f" and after. F was {bare['wall'] * 1000:.1f} ms, {bare['cpu'] * 1000:.1f} ms of them CPU."
        f" Versions: {versions}."
    )


def _goals(found):
    lines = ["| Goal | At most | Reached | CPU time | |", "|---|---|---|---|---|"]
    for goal in GOALS:
        unit = "" if goal.of or goal.growing else " F"
        reached = figure(goal, found)
        if reached is None:
            lines.append(f"| {goal.text} | {goal.limit:g}{unit} | not measured | | |")
            continue
        wall, cpu = reached
        verdict = "yes" if wall <= goal.limit else f"no. {goal.why}".strip()
        of_cpu = "" if cpu is None else f"{shown(cpu)}{unit}"
        lines.append(
            f"| {goal.text} | {goal.limit:g}{unit} | {shown(wall)}{unit} | {of_cpu} | {verdict} |"
        )
    return "\n".join(lines)


def _rows(found):
    groups = {}
    for row in found["rows"]:
        groups.setdefault(row["group"], []).append(row)
    return "\n\n".join(f"### {group}\n\n{_table(group, rows, found)}"
                       for group, rows in groups.items())  # fmt: skip


def _table(group, rows, found):
    over = "callers" if any(row["callers"] > 1 for row in rows) else "profiles"
    counts = sorted({row[over] for row in rows if row[over]}) or [None]
    families = {}
    for row in rows:
        families.setdefault(row["name"], {})[row[over] or counts[0]] = row
    grown = {each["name"]: each for each in found["growth"] if each["group"] == group}
    heads = [f"{count:,} {over[:-1] if count == 1 else over}" if count else "Time"
             for count in counts]  # fmt: skip
    heads = ["", *heads, *(["Growth"] if grown else []), "Memory", "Calls", "Command"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for name, family in families.items():
        cells = [_cell(family.get(count)) for count in counts]
        if grown:
            cells.append(_growth(grown.get(name)))
        last = family[max(family, key=lambda count: count or 0)]
        memory = f"{last['mib']:.0f} MiB" if "mib" in last else ""
        calls = str(last["calls"] or "")
        command = f"`{last['command']}`".replace("|", "\\|")
        lines.append(f"| {' | '.join([name, *cells, memory, calls, command])} |")
    return "\n".join(lines)


def _cell(row):
    if row is None:
        return ""
    if "wall" not in row:
        return f"void: {row['void']}".replace("|", "\\|")
    ratio, took = row["wall_f"], row["wall"]["median"] * 1000
    cell = f"**{shown(ratio['median'])} F** ({shown(ratio['low'])} to {shown(ratio['high'])})<br>"
    cell += f"{took:,.0f} ms" if took >= 10 else f"{took:.2g} ms"
    return cell + (f"; CPU {shown(row['cpu_f']['median'])} F" if "cpu_f" in row else "")


def _growth(grown):
    if grown is None:
        return ""
    return "none" if grown["exponent"] is None else f"{grown['exponent']:.2f}"


def _missing(found):
    return "\n".join(f"- {reason}." for reason in found["missing"]) or "Nothing."
