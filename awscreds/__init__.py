"""Credential and profile manager for AWS."""

__version__ = "0.1.0"
