"""A local AWS to try things in: moto's IAM, with the rules that moto leaves out.

Read in this order:

- ``world``: the sandbox that commands and tests start, with ``homes`` (its home directories).
- ``server``: the HTTP server. ``sigv4`` checks signatures, ``strict`` answers calls.
- For ``strict``: ``state`` (keys and sessions), ``permissions`` and ``policy`` (what a caller may),
  ``mfa_devices`` and ``totp``, ``parameters``, ``responses``.
- IAM Identity Center: ``identity_center``, with ``oauth`` (what a request needs) and ``pages``
  (what a browser sees). The sign-in of `aws login`: ``signin``, with ``dpop`` (who has the key).
- ``client``: the control interface, from the outside.
- ``tour``: the guided tour, with ``search`` (secrets in files) and ``browser`` (a scripted person).
"""
