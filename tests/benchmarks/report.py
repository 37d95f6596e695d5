"""The results: as JSON, which is what the documentation page is made of, and as a table."""

import datetime as dt
import json
import os
import platform
import statistics

from tests.benchmarks.figures import exponent, spread

MIB = 1024
"""KiB in it."""


def document(series, grown, bare, *, command, rounds, versions, missing, load):
    """Everything the page needs, as JSON.

    ``series`` are those measured; ``grown`` is what else is fitted; ``bare`` are runs of F in
    between; ``load`` is that of the machine before and after.
    """
    return {
        "command": command,
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        "machine": {
            "processors": os.cpu_count(),
            "model": _processor(),
            "system": f"{platform.system()} {platform.release().partition('-')[0]}",
            "python": platform.python_version(),
            "load": [round(value, 1) for value in load],
        },
        "rounds": rounds,
        "bare": {
            "wall": statistics.median(run["wall"] for run in bare),
            "cpu": statistics.median(run["cpu"] for run in bare),
        },
        "versions": versions,
        "missing": missing,
        "rows": [_row(each) for each in series],
        "growth": growth(series) + [_fitted(each) for each in grown],
    }


def _row(each):
    row, samples = each.row, each.samples
    found = {
        "group": row.group,
        "name": row.name,
        "command": row.command,
        "who": row.who,
        "profiles": row.profiles,
        "callers": row.callers,
        "calls": row.due.start,
        "void": each.void,
    }
    if not samples:
        return found
    found |= {
        "rounds": len(samples),
        "wall": _rounded(spread([sample.wall for sample in samples])),
        "wall_f": _rounded(spread([sample.wall / sample.bare_wall for sample in samples])),
    }
    if all(sample.cpu is not None for sample in samples):
        found["cpu"] = _rounded(spread([sample.cpu for sample in samples]))
        found["cpu_f"] = _rounded(spread([sample.cpu / sample.bare_cpu for sample in samples]))
        found["mib"] = round(max(sample.rss for sample in samples) / MIB, 1)
    return found


def _rounded(figures):
    return {name: float(f"{value:.4g}") for name, value in figures.items()}


def as_json(found):
    """The text of the file: one line for each row, so that two runs can be compared."""
    lines = []
    for name, value in found.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n".join(f"  {json.dumps(each)}" for each in value)
            lines.append(f" {json.dumps(name)}: [\n{rows}\n ]")
        else:
            lines.append(f" {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def growth(series):
    """The exponents: of each row that was measured with several numbers of profiles or callers."""
    found = []
    for what in ("profiles", "callers"):
        families = {}
        for each in series:
            number = getattr(each.row, what)
            if each.samples and number and each.samples[0].cpu is not None:
                cpu = statistics.median(sample.cpu for sample in each.samples)
                rest = each.row.profiles if what == "callers" else each.row.callers
                families.setdefault((each.row.group, each.row.name, rest), []).append((number, cpu))
        found += [
            _fitted({"group": group, "name": name, "over": what, "points": points})
            for (group, name, _), points in families.items()
            if len(dict(points)) > 2
        ]
    return found


def _fitted(grown):
    k = exponent(grown["points"])
    points = [[number, float(f"{cpu:.4g}")] for number, cpu in sorted(grown["points"])]
    return grown | {"points": points, "exponent": None if k is None else round(k, 2)}


def _processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def table(found):
    """The results as lines of text."""
    bare = found["bare"]
    yield (
        f"F = `python -I -S -c pass`: {bare['wall'] * 1000:.1f} ms, {bare['cpu'] * 1000:.1f} ms of"
        " CPU. Medians (quartiles); ratios to the F run just before."
    )
    group = None
    for row in found["rows"]:
        if row["group"] != group:
            group = row["group"]
            yield f"\n{group:44} {'ms':>9} {'wall / F':>26} {'CPU / F':>26} {'MiB':>6}"
        yield _line(row)
    yield "\nGrowth of CPU time: exponents"
    for each in found["growth"]:
        shown = "flat" if each["exponent"] is None else f"{each['exponent']:.2f}"
        points = ", ".join(f"{number:,}: {cpu * 1000:.0f}" for number, cpu in each["points"])
        yield f"  {each['group']}, {each['name']:40} {each['over']:8} {shown:>5}   ({points} ms)"
    for reason in found["missing"]:
        yield f"not measured: {reason}"


def _line(row):
    count = f", {row['profiles']:,}" if row["profiles"] else ""
    count += f", {row['callers']} callers" if row["callers"] > 1 else ""
    name = f"  {row['name']}{count}"
    if row["void"] or "wall" not in row:
        return f"{name:44} void: {row['void']}"
    ratios = (_ratio(row[which]) if which in row else "" for which in ("wall_f", "cpu_f"))
    wall, cpu = ratios
    took = row["wall"]["median"] * 1000
    return f"{name:44} {took:9.1f} {wall:>26} {cpu:>26} {row.get('mib', ''):>6}"


def _ratio(figures):
    return f"{figures['median']:.2f} ({figures['low']:.2f} to {figures['high']:.2f})"
