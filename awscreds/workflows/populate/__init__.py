"""Profiles for all accounts and roles of an sso-session.

Read them in this order:

``listing``    asks the portal for them, in parallel, and waits if it says that this is too fast
``plan``       what would change in the config file
``carry_out``  the change itself, in one edit
"""
