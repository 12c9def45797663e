"""Prices by model id: get_model_pricing(model_id), calculate_cost(model_id, prompt_tokens, completion_tokens)."""

from ._catalog import pricing_of_model as get_model_pricing
from ._names import find as __getattr__  # noqa: F401 - what makes the other names

__all__ = ["get_model_pricing"]
