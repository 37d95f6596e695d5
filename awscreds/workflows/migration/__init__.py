"""Moving plaintext keys of the AWS files into the secret store, and back.

``plan`` decides what happens to each profile, ``item`` is the answer for one. ``verify`` asks AWS
whose the keys are. ``carry_out`` stores the keys and edits both files. ``undo`` brings keys back by
the ``entries`` of the record (``stores/migration_record``), which have ``line_changes``.
"""
