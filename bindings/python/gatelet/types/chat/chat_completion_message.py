"""The names that `openai.types.chat.chat_completion_message` has, for programs that are moved."""

from .. import Annotation
from .. import Function as FunctionCall
from .. import Message as ChatCompletionMessage

__all__ = ["Annotation", "ChatCompletionMessage", "FunctionCall"]
