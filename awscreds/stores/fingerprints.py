"""Digests, for what is stored under a name or compared with what it was."""

from __future__ import annotations

from awscreds.warm import digest

__all__ = ["digest"]
