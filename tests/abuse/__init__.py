"""Abuse: storms of commands that are killed, and garbage for each parser.

The ordinary run takes samples; ``--day N``, which it prints, is their seed. Longer, with figures:

    pytest tests/abuse -n 0 --full --abuse-minutes 10
    python -m tests.abuse.coverage_guided all 60
"""
