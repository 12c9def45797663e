"""The names that `openai.types.chat.chat_completion` has, for programs that are moved."""

from .. import ChatCompletion, Choice, CompletionUsage
from .. import Message as ChatCompletionMessage

__all__ = ["ChatCompletion", "ChatCompletionMessage", "Choice", "CompletionUsage"]
