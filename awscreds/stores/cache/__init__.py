"""What is kept between runs so that it need not be asked for again.

Read in this order:

- ``responses``: whole answers of ``credential-process``, in the kernel keyring.
- ``sessions``: sessions, in the kernel keyring and in sealed files.
- ``session_format``: a session's key, and its bytes.
- ``kernel_budget``: the part of the kernel keyring that both may take.
"""
