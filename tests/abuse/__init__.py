"""Abuse: storms of commands that are killed, garbage for each parser, secrets that get out.

CI takes samples; ``--day N``, which it prints, is their seed. Longer, with figures:

    pytest tests/abuse -n 0 --full --abuse-minutes 10
    python -m tests.abuse.coverage_guided all 60
    python -m tests.abuse.canaries
"""
