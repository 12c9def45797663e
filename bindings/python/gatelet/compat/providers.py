"""MANUAL_LOGO_DB."""

from ._names import find as __getattr__  # noqa: F401 - what makes the names
