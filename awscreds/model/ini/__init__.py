"""AWS's config and credentials files, read and edited without losing a byte.

Read in this order:

- ``blocks``: how a file is read, as botocore reads it: headers, keys, values.
- ``tidy``: the same for plain sections, found by one pattern, in long files.
- ``document``: the document that the rest of awscreds works with.
- ``inside``: lines that may mean something else than they do for botocore.
- ``edit``: the text that an edit writes, and what it refuses to write.
- ``sections``: copying a section, and replacing the values that name one.
"""
