"""Commands: parse, call a workflow, return a ``Result``. A module or package for each command.

Shared by them: ``common`` (options), ``groups`` (how help is laid out), ``suggestions`` (what a
wrong word may mean), ``durations`` (a type of options), ``session_output`` (of ``export`` and
``mfa-session``).
"""
