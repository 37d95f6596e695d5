"""What a TAB costs in a running bash, zsh and fish, with ours and with click's own completion.

Run it as ``python -m tests.benchmarks.bench_completion [ROUNDS]``. The home has 10,000 profiles of
five settings each. Each round completes a name of which 100 begin as it does, any of the 10,000,
an option, and the same name with the script that click generates (which starts Python, and knows no
profiles), one after the other in the same shell, so that a busy machine slows all of them. Shells
that are not installed are left out.
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from tests.completion.__main__ import FOLDER

LINES = {
    "100 of 10,000 profiles": "awscreds mfa-session --profile team011-",
    "all 10,000 profiles": "awscreds mfa-session --profile ",
    "an option": "awscreds mfa-session --dur",
}
CLICK = "click's, no profile"
PROGRAM = pathlib.Path(sys.executable).with_name("awscreds")

BASH = r"""
. {script}
. {click}
ours() {{ COMP_LINE=$1 COMP_POINT=${{#1}} COMP_WORDS=($1); _awscreds awscreds "${{1##* }}"; }}
clicks() {{
    COMP_WORDS=(awscreds mfa-session --profile team011-) COMP_CWORD=3
    _awscreds_completion awscreds
}}
timed() {{
    local name=$1 start=${{EPOCHREALTIME/[^0-9]/}}
    shift
    "$@"
    printf '%s\t%s\n' $((${{EPOCHREALTIME/[^0-9]/}} - start)) "$name"
}}
for ((round = 0; round < {rounds}; round++)); do
{body}
done
"""
FISH = """
. {script}
. {click}
function timed
    set -l start (date +%s%N)
    complete -C $argv[2] >/dev/null
    printf '%s\\t%s\\n' (math "("(date +%s%N)" - $start) / 1000") $argv[1]
end
for round in (seq {rounds})
{body}
end
"""
ZSH = r"""
autoload -Uz compinit; compinit -D; zmodload zsh/datetime; unsetopt auto_list auto_menu beep
. {script}
. {click}
timed() {{
    local start=$EPOCHREALTIME
    zle complete-word
    printf '%s\t%s\n' $(( (EPOCHREALTIME - start) * 1000000 )) "$case" >>{output}
    BUFFER=
}}
zle -N timed
bindkey '^T' timed
"""


def main(rounds):
    with tempfile.TemporaryDirectory() as name:
        home = pathlib.Path(name)
        write_profiles(home)
        environment = {
            "HOME": name,
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        }
        for shell, measure in (("bash", bash), ("zsh", zsh), ("fish", fish)):
            if not shutil.which(shell):
                print(f"{shell} is not installed")
                continue
            click = home / f"click.{shell}"
            source = subprocess.run(
                [PROGRAM],
                env={**environment, "_AWSCREDS_COMPLETE": f"{shell}_source"},
                capture_output=True,
                text=True,
                check=True,
            )
            # In zsh and fish a name of its own, so that both can be there at once.
            click.write_text(
                source.stdout.replace(
                    "compdef _awscreds_completion awscreds", "compdef _awscreds_completion clicked"
                ).replace("--command awscreds", "--command clicked")
            )
            rows = measure(rounds, home, environment, click)
            report(shell, rows)


def write_profiles(home):
    folder = home / ".aws"
    folder.mkdir()
    profile = (
        "[profile team{0:03d}-account-{1:05d}]\n"
        "role_arn = arn:aws:iam::123456789012:role/Engineer{1}\n"
        "source_profile = base\nregion = eu-central-1\noutput = json\n"
        "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n\n"
    )
    config = "".join(profile.format(number // 100, number) for number in range(10_000))
    (folder / "config").write_text(config)
    (folder / "credentials").write_text("[base]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n")


def bash(rounds, home, environment, click):
    body = "\n".join(f"timed '{name}' ours '{line}'" for name, line in LINES.items())
    body += f'\ntimed "{CLICK}" clicks'
    text = BASH.format(script=FOLDER / "awscreds.bash", click=click, rounds=rounds + 1, body=body)
    return measured(["bash", "--norc", "-c", text], environment)


def fish(rounds, home, environment, click):
    body = "\n".join(f'timed "{name}" "{line}"' for name, line in LINES.items())
    body += f'\ntimed "{CLICK}" "clicked mfa-session --profile team011-"'
    text = FISH.format(script=FOLDER / "awscreds.fish", click=click, rounds=rounds + 1, body=body)
    return measured(["fish", "--no-config", "-c", text], environment)


def zsh(rounds, home, environment, click):
    import pexpect

    output = home / "zsh.times"
    setup = home / "setup.zsh"
    setup.write_text(ZSH.format(script=FOLDER / "_awscreds", click=click, output=output))
    child = pexpect.spawn("zsh", ["-f", "-i"], env=environment, encoding="utf-8", timeout=60)
    lines = {**LINES, CLICK: "clicked mfa-session --profile team011-"}
    child.sendline(f"PS1='rea''dy> '; . {setup}")
    child.expect_exact("ready> ")
    for _ in range(rounds + 1):
        for name, line in lines.items():
            child.sendline(f'case="{name}"')
            child.expect_exact("ready> ")
            child.send(f"{line}\x14echo over\r")
            child.expect_exact("\nover")
            child.expect_exact("ready> ")
    child.close(force=True)
    return rows_of(output.read_text())


def measured(argv, environment):
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    return rows_of(done.stdout)


def rows_of(text):
    """Milliseconds by case, without the first round, which warms the caches."""
    rows = {}
    for line in text.splitlines():
        microseconds, name = line.split("\t")
        rows.setdefault(name, []).append(float(microseconds) / 1000)
    return {name: times[1:] for name, times in rows.items()}


def report(shell, rows):
    for name, times in rows.items():
        low, middle, high = statistics.quantiles(times, n=4)
        print(
            f"{shell:5} {name:24} median {middle:7.2f} ms, quartiles {low:.2f} to {high:.2f}",
            end="",
        )
        if name != CLICK:
            pairs = zip(times, rows[CLICK], strict=True)
            ratios = [ours / clicks for ours, clicks in pairs]
            print(f"; {statistics.median(ratios):.3f} of click's", end="")
        print()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
