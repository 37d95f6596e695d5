"""What AWS's tools refuse, ignore or disagree on in the AWS files.

Read in this order:

- ``problem``: one problem in one file, and the settings that matter most.
- ``lines``: the problems of one document, from ``headers``, ``content`` (the lines of a section)
  and ``values`` (the value of a setting).
- ``finding``: what is wrong somewhere, as commands report it.
- ``findings``: what is wrong in both files, as commands report it.
"""
