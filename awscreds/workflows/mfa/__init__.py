"""MFA devices of IAM users. Read ``user_devices`` first: the calls, made with MFA where they must.

``enrolment`` creates and enables a device; ``keepers`` are where its seed goes: a phone, the secret
store, a YubiKey (``yubikey``). ``removal`` is the reverse, ``devices`` what is known of a device.
"""
