"""Moving plaintext keys of the AWS files into the secret store, and back.

``plan`` decides what happens to each profile, ``item`` is the answer for one. ``verify`` asks AWS
whose the keys are. ``carry_out`` stores the keys and edits both files.
"""
