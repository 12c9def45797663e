"""The names that `openai.types.chat.chat_completion_message_tool_call` has, for programs that are moved."""

from .. import Function
from .. import ToolCall as ChatCompletionMessageFunctionToolCall
from .. import ToolCall as ChatCompletionMessageToolCall

__all__ = ["ChatCompletionMessageFunctionToolCall", "ChatCompletionMessageToolCall", "Function"]
