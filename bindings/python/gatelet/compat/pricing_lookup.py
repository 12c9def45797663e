"""Prices by provider and model id: get_model_pricing(provider, model_id)."""

from ._catalog import pricing_of_provider as get_model_pricing
from ._names import find as __getattr__  # noqa: F401 - what makes the other names

__all__ = ["get_model_pricing"]
