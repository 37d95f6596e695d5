"""What is kept on this machine: the AWS files, our state, secrets and cached sessions.

Read in this order:

- The AWS files: ``locations`` (their paths, and that of our state folder), ``aws_files`` (both
  files in one edit), ``edited_file`` (one of them), ``snapshot`` (what was read), ``leases`` and
  ``other_writers`` (programs that write them, too), ``exchange`` (who saves in the instant of our
  rename), ``files`` (locks, replacing a file), ``temporary_names``, ``mounts``, ``open_files``
  (what other programs keep open), ``code_page`` (what they misread).
- Who may write them: ``trust``, ``installation``, ``installer``, with ``remedies`` (the commands
  that fix it), and for Windows ``access_lists`` (the judgement) and ``windows_acl``.
- Our state: ``state_dir`` (its folder), ``state`` (which secret is where), ``pointers`` (the config
  files that need a secret), ``journal`` (rotations), ``profile_journal`` (a profile that is
  renamed), ``mfa_devices``, ``processes``.
- Secrets: ``secret_store`` (entries, checked and read back), ``selection`` (which store),
  ``backends`` (the stores).
- Sessions: ``cache``, with ``kernel_keyring`` and ``fingerprints``; ``logins`` (ours and those
  of the AWS CLI), ``sealed_logins``.
"""
