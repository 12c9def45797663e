"""detect_provider_from_model_id."""

from ._names import find as __getattr__  # noqa: F401 - what makes the names
