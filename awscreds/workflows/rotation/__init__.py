"""Rotating access keys.

Read in this order, after the two tables of ``model/rotation.py``:

- ``run.py``: one rotation, along the tables; it owns a signer and the stages
- ``stages.py``: what each stage does, and ``operations.py``: what several of them do
- ``signer.py``: who signs the calls to IAM, and whether AWS accepts a key
- ``waiting.py``: how long AWS is waited for, and how often it is asked meanwhile
- ``state.py``: what one rotation is about and how far it is; ``stores/journal.py`` has it on disk
- ``repoint.py``: which profiles use a key, and the switch to another one
- ``preflight.py``: what is checked before anything changes
- ``service.py``: from what the user asks for to rotations
- ``results.py``: what came of them
- ``traffic.py``: how many of several go on at once
- ``interrupt.py``: how several rotations at once are interrupted
- ``context.py``, ``access.py``, ``interaction.py``: what they work with, how they reach AWS, and
  how they talk to people
"""
