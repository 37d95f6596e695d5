"""The chart of the page: bars of multiples of F, as SVG. It has its own ground: any page suits."""

import math
from xml.sax.saxutils import escape

from tests.benchmarks.figures import shown
from tests.benchmarks.goals import LINE, PROFILES, SESSION, row_of
from tests.benchmarks.measure import OWN, PEER

SHOWN = {
    "Start": [("version", None), ("help", None), ("version, AWS CLI v1", None),
              ("version, AWS CLI v2", None), ("version, aws-vault", None)],
    LINE: [
        ("vault, warm (key_cache 15m)", 4), ("vault, a default profile", 4),
        ("gnome-keyring, a default profile", None), ("vault, cold, its key held", 4),
        ("gnome-keyring, cold", None), ("a wrapped SSO profile, warm", None),
        ("aws-vault, its file", None), ("aws-vault, gnome-keyring", None), ("keyring get", None)],
    PROFILES: [
        ("get", 10_000), ("list-profiles", 10_000), ("list, piped", 10_000),
        ("list, at a terminal", 10_000), ("set", 10_000), ("get, AWS CLI v1", 10_000),
        ("get, AWS CLI v2", 10_000), ("list-profiles, AWS CLI v2", 10_000),
        ("set, AWS CLI v1", 10_000), ("list, aws-vault", 10_000)],
    SESSION: [
        ("gnome-keyring, cold", 4), ("boto3's floor, cold", None), ("aws-mfa, cold", 4),
        ("awsume, cold", 4), ("AWS CLI v1, cold (it keeps none)", 4), ("gnome-keyring, cached", 4),
        ("aws-mfa, cached", 4), ("awsume, cached", 4)],
}  # fmt: skip
"""Group by group: the rows, by name and profiles. What was not measured is left out."""

WIDTH, LEFT, RIGHT = 860, 330, 90
BAR, STEP, HEAD = 14, 21, 34
GROUND, TEXT, FAINT, LINES = "#1b1f27", "#e8eaf0", "#a5adbd", "#3a4150"
COLOURS = {OWN: "#4cc38a", PEER: "#f2a65a"}
OTHERS = "#8f9bb3"
LEAST = 0.2
"""The multiple at which all bars begin."""


def draw(found):
    """The chart of ``found`` (``report.document``); text of an SVG file."""
    groups = {group: _rows(found, group) for group in SHOWN}
    groups = {group: rows for group, rows in groups.items() if rows}
    most = max((row["wall_f"]["high"] for rows in groups.values() for row in rows), default=1)
    scale = _scale(max(most, 2))
    ends = [2**n for n in range(-2, 12) if LEAST < 2**n <= most]
    height = 60 + sum(HEAD + STEP * len(rows) for rows in groups.values()) + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"',
        ' font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif" font-size="12">',
        "<title>Time of each command in multiples of the start of a bare Python</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="{GROUND}"/>',
        *_legend(),
    ]
    for value in ends:
        x = scale(value)
        parts.append(f'<path d="M{x:.1f} 46V{height - 14}" stroke="{LINES}"/>')
        parts.append(_text(x, 42, f"{value:g} F", anchor="middle", fill=FAINT))
    y = 50
    for group, rows in groups.items():
        counts = {row["profiles"] for row in rows} - {None, 4}
        title = group if group == SESSION or not counts else f"{max(counts):,} {group.lower()}"
        parts.append(_text(14, y + 21, title, fill=TEXT, weight="bold"))
        y += HEAD
        for row in rows:
            parts += _bar(row, y, scale)
            y += STEP
    return "\n".join([*parts, "</svg>", ""])


def _rows(found, group):
    rows = [row_of((group, *which), found) for which in SHOWN[group]]
    return [row for row in rows if row]


def _scale(most):
    """From multiples to places, by logarithms."""
    room = WIDTH - LEFT - RIGHT
    return lambda value: LEFT + room * math.log(max(value, LEAST) / LEAST) / math.log(most / LEAST)


def _bar(row, y, scale):
    ratio = row["wall_f"]
    fill = COLOURS.get(row["who"], OTHERS)
    end, middle = scale(ratio["median"]), y + BAR / 2
    yield _text(LEFT - 8, y + 11, row["name"], anchor="end", fill=TEXT)
    yield f'<rect x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" height="{BAR}" fill="{fill}"/>'
    low, high = scale(ratio["low"]), scale(ratio["high"])
    yield f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="{TEXT}" stroke-width="2"/>'
    yield _text(max(end, high) + 6, y + 11, f"{shown(ratio['median'])} F", fill=TEXT)


def _legend():
    x = 14
    named = {"awscreds": COLOURS[OWN], "other tools": COLOURS[PEER], "only Python or boto3": OTHERS}
    for text, fill in named.items():
        yield f'<rect x="{x}" y="14" width="12" height="12" fill="{fill}"/>'
        yield _text(x + 18, 24, text, fill=TEXT)
        x += 36 + 7 * len(text)
    yield _text(x + 10, 24, "line: the middle half of all runs; logarithmic", fill=FAINT)


def _text(x, y, text, *, fill, anchor="start", weight="normal"):
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="{fill}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )
