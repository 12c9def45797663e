"""The names that `openai.types.chat.chat_completion_chunk` has, for programs that are moved."""

from .. import ChatCompletionChunk, ChoiceDelta, CompletionUsage
from .. import ChunkChoice as Choice
from .. import Function as ChoiceDeltaFunctionCall
from .. import Function as ChoiceDeltaToolCallFunction
from .. import ToolCallDelta as ChoiceDeltaToolCall

__all__ = [
    "ChatCompletionChunk", "Choice", "ChoiceDelta", "ChoiceDeltaFunctionCall", "ChoiceDeltaToolCall", "ChoiceDeltaToolCallFunction",
    "CompletionUsage",
]  # fmt: skip
