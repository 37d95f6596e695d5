"""A local AWS to try things in: moto's IAM, with the rules that moto leaves out.

Read in this order:

- ``world``: the sandbox that commands and tests start, with ``homes`` (its home directories).
- ``server``: the HTTP server. ``sigv4`` checks signatures, ``strict`` answers calls of IAM, and
  ``sts`` those of STS.
- For ``strict``: ``state`` (keys and sessions), ``permissions`` and ``policy`` (what a caller may),
  ``mfa_devices`` and ``totp``, ``parameters``, ``responses``.
- IAM Identity Center: ``identity_center`` and ``portal``. The sign-in of `aws login`: ``signin``,
  with ``dpop`` (who has the key). Both have ``oauth`` (what a request needs, and who has logged in)
  and ``pages`` (what a browser sees).
- ``client``: the control interface, from the outside.
- ``tour``: the guided tour, with ``search`` (secrets in files) and ``browser`` (a scripted person).
"""
