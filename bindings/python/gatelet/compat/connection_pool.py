"""The functions get_<provider>_pooled_client."""

from ._names import find as __getattr__  # noqa: F401 - what makes the names
