"""The names that `openai.types.completion_usage` has, for programs that are moved."""

from . import CompletionTokensDetails, CompletionUsage, PromptTokensDetails

__all__ = ["CompletionTokensDetails", "CompletionUsage", "PromptTokensDetails"]
