"""Model lists: get_cached_models, fetch_models_from_<provider>, normalize_<provider>_model, get_<provider>_model_pricing."""

from ._names import find as __getattr__  # noqa: F401 - what makes the names
