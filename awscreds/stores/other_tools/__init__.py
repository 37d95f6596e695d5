"""The keys that other credential managers keep, read where those programs keep them.

``places`` says where each tool may have its keys here. A place gives what it holds (``entry``), and
what of it cannot be read: nothing in it stops the others. ``file_keyring`` (encrypted by ``jwe``),
``secret_service_keyring``, ``credential_manager`` and ``keychain`` are the kinds of places.
"""
