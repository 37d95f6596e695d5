"""Rows: commands that read the files, and one that writes them, with 3 to 100,000 profiles."""

from tests.benchmarks.homes import many_kinds, variables
from tests.benchmarks.measure import PEER, Row

GROUP = "Profiles"
COUNTS = (3, 1_000, 10_000, 100_000)
QUICK = (3, 1_000, 10_000)
SCREEN = 40
"""Lines of a screen: a pager ends then, as if somebody had seen enough."""
FEW = 10_000
"""Profiles up to which other tools are measured."""
REGIONS = ("eu-north-1", "eu-south-1")


def rows(stage):
    for count in QUICK if stage.quick else COUNTS:
        home = stage.folder(f"profiles-{count}")
        many_kinds(home, count)
        environ = variables(home, AWSCREDS_BACKEND="vault")
        yield from _ours(stage.awscreds, home, environ, count)
        yield from _for_people(stage.awscreds, environ, count)
        if count <= FEW:
            yield from _peers(stage.peers.programs, home, environ, count)


def _ours(program, home, environ, count):
    def row(name, words, **more):
        argv = words if callable(words) else [program, *words]
        command = more.pop("command", None) or " ".join(("awscreds", *words))
        return Row(GROUP, name, command, argv, environ, profiles=count, **more)

    yield row("list, piped", ["list"], check=at_least(count))
    yield row("list-profiles", ["configure", "list-profiles"], check=exactly(count))
    words = ["configure", "get", "region", "--profile", "p1"]
    yield row("get", words, check=prints("eu-west-1"))
    yield set_row(program, home, environ, count)


def set_row(program, home, environ, count, name="set", **more):
    """Writes another region into the last profile but one that has its own, each time."""
    last = next(number for number in range(count - 1, -1, -1) if number % 10)
    before = ["configure", "set", "region"]

    def after(number):
        region = REGIONS[number % 2]
        text = (home / ".aws" / "config").read_text()
        section = text.partition(f"[profile p{last}]\n")[2].partition("\n[")[0]
        return None if f"region = {region}\n" in f"{section}\n" else "it did not write the region"

    return Row(
        GROUP, name, f"{program.rpartition('/')[2]} configure set region REGION --profile p{last}",
        lambda number: [program, *before, REGIONS[number % 2], "--profile", f"p{last}"],
        environ, profiles=count, after=after, **more,
    )  # fmt: skip


def _for_people(program, environ, count):
    yield Row(GROUP, "list, at a terminal", "awscreds list (at a terminal)", [program, "list"],
              {**environ, "AWSCREDS_PAGER": ""}, profiles=count, terminal=True,
              check=at_least(count))  # fmt: skip
    if count > SCREEN:
        pager = f"head -n {SCREEN}"
        yield Row(GROUP, "list, the first screen", f"AWSCREDS_PAGER='{pager}' awscreds list",
                  [program, "list"], {**environ, "AWSCREDS_PAGER": pager}, profiles=count,
                  terminal=True, check=exactly(SCREEN))  # fmt: skip
    yield Row(GROUP, "list --json", "awscreds list --json", [program, "list", "--json"], environ,
              profiles=count, check=at_least(count))  # fmt: skip
    yield Row(GROUP, "overview", "awscreds status", [program, "status"], environ,
              profiles=count, check=at_least(1))  # fmt: skip


def _peers(programs, home, environ, count):
    for name in ("AWS CLI v1", "AWS CLI v2"):
        if name not in programs:
            continue
        program = programs[name]
        asked = [(["get", "region", "--profile", "p1"], "get", prints("eu-west-1"))]
        if name == "AWS CLI v2":  # the older one has none
            asked.append((["list-profiles"], "list-profiles", exactly(count)))
        for words, shown, check in asked:
            argv = [program, "configure", *words]
            yield Row(GROUP, f"{shown}, {name}", " ".join(("aws configure", *words)), argv, environ,
                      who=PEER, profiles=count, check=check)  # fmt: skip
        yield set_row(program, home, environ, count, f"set, {name}", who=PEER)
    if program := programs.get("aws-vault"):
        # It reads no profile that is in the credentials file only.
        more = {"AWS_VAULT_BACKEND": "file", "AWS_VAULT_FILE_PASSPHRASE": "x"}
        yield Row(GROUP, "list, aws-vault", "aws-vault list", [program, "list"], environ | more,
                  who=PEER, profiles=count, check=at_least(count * 9 // 10))  # fmt: skip


def lines_in(output):
    return output.count(b"\n")


def at_least(count):
    """A check of the number of lines: an answer that is short of some is no answer."""
    return lambda output: (
        None if lines_in(output) >= count else f"{lines_in(output)} lines, and {count} are due"
    )


def exactly(count):
    return lambda output: (
        None if lines_in(output) == count else f"{lines_in(output)} lines, and {count} are due"
    )


def prints(text):
    return lambda output: None if output == f"{text}\n".encode() else "it printed something else"
