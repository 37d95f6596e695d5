"""Sessions for every kind of profile: who asks for a code, what is assumed with what, what is kept.

Read them in this order:

``provider``          the whole: one chain, one request, one session
``requests``          what can be asked for, what comes back, which options have no effect
``context``           what sessions are made with
``sources``           where a chain begins: a key, the environment, a web identity, a program
``mfa``               whose device, and the one MFA code of a command
``token_codes``       where a code comes from: an option, a program, a stored seed, the terminal
``stored_codes``      codes of a stored seed, each given once
``durations``         how long sessions last, and what AWS is asked for
``endpoints``         how AWS is reached for a chain
``cache_keys``        everything that decides what a session is
``kept_login``        a login that is kept somewhere, and refreshed once; its two kinds are:
``logins``            IAM Identity Center (SSO)
``sign_in``           ``aws login``
``external_process``  a ``credential_process`` of others
``subprocesses``      how the programs that a profile names are run
"""
