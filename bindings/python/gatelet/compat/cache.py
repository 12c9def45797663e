"""Model lists as they are kept: get_models_cache, clear_models_cache, _<provider>_models_cache."""

from ._names import find as __getattr__  # noqa: F401 - what makes the names
