"""The names that `openai.types.chat` has, for programs that are moved. (Parameters are TypedDicts; `gatelet.types.params` has them all.)"""

from __future__ import annotations

from ..._events import StreamEvent as ChatCompletionStreamEvent
from ..._parsing import ParsedChatCompletion, ParsedChoice, ParsedFunction, ParsedMessage, ParsedToolCall
from .. import Annotation, ChatCompletion, ChatCompletionChunk, Choice, ToolCall
from .. import Message as ChatCompletionMessage
from ..params import AllowedTools as ChatCompletionAllowedToolChoiceParam
from ..params import AssistantMessage as ChatCompletionAssistantMessageParam
from ..params import AudioPart as ChatCompletionContentPartInputAudioParam
from ..params import ChosenCustom as ChatCompletionNamedToolChoiceCustomParam
from ..params import ChosenFunction as ChatCompletionNamedToolChoiceParam
from ..params import ContentPart as ChatCompletionContentPartParam
from ..params import CustomCallParam as ChatCompletionMessageCustomToolCallParam
from ..params import CustomTool as ChatCompletionCustomToolParam
from ..params import DeveloperMessage as ChatCompletionDeveloperMessageParam
from ..params import Effort as ChatCompletionReasoningEffort
from ..params import FunctionCallParam as ChatCompletionMessageFunctionToolCallParam
from ..params import FunctionMessage as ChatCompletionFunctionMessageParam
from ..params import FunctionTool as ChatCompletionToolParam
from ..params import ImagePart as ChatCompletionContentPartImageParam
from ..params import MessageParam as ChatCompletionMessageParam
from ..params import Prediction as ChatCompletionPredictionContentParam
from ..params import RefusalPart as ChatCompletionContentPartRefusalParam
from ..params import StreamOptions as ChatCompletionStreamOptionsParam
from ..params import SystemMessage as ChatCompletionSystemMessageParam
from ..params import TextPart as ChatCompletionContentPartTextParam
from ..params import ToolCallParam as ChatCompletionMessageToolCallParam
from ..params import ToolChoice as ChatCompletionToolChoiceOptionParam
from ..params import ToolMessage as ChatCompletionToolMessageParam
from ..params import ToolParam as ChatCompletionToolUnionParam
from ..params import UserMessage as ChatCompletionUserMessageParam

ChatCompletionMessageToolCall = ToolCall
ChatCompletionMessageFunctionToolCall = ToolCall
ChatCompletionMessageCustomToolCall = ToolCall
ChatCompletionMessageToolCallUnion = ToolCall
ChatCompletionFunctionToolParam = ChatCompletionToolParam
ChatCompletionMessageToolCallUnionParam = ChatCompletionMessageToolCallParam
ParsedFunctionToolCall = ParsedToolCall
ParsedChatCompletionMessage = ParsedMessage

__all__ = [
    "Annotation", "ChatCompletion", "ChatCompletionAllowedToolChoiceParam", "ChatCompletionAssistantMessageParam", "ChatCompletionChunk",
    "ChatCompletionContentPartImageParam", "ChatCompletionContentPartInputAudioParam", "ChatCompletionContentPartParam",
    "ChatCompletionContentPartRefusalParam", "ChatCompletionContentPartTextParam", "ChatCompletionCustomToolParam",
    "ChatCompletionDeveloperMessageParam", "ChatCompletionFunctionMessageParam", "ChatCompletionFunctionToolParam", "ChatCompletionMessage",
    "ChatCompletionMessageCustomToolCall", "ChatCompletionMessageCustomToolCallParam", "ChatCompletionMessageFunctionToolCall",
    "ChatCompletionMessageFunctionToolCallParam", "ChatCompletionMessageParam", "ChatCompletionMessageToolCall",
    "ChatCompletionMessageToolCallParam", "ChatCompletionMessageToolCallUnion", "ChatCompletionMessageToolCallUnionParam",
    "ChatCompletionNamedToolChoiceCustomParam", "ChatCompletionNamedToolChoiceParam", "ChatCompletionPredictionContentParam",
    "ChatCompletionReasoningEffort", "ChatCompletionStreamEvent", "ChatCompletionStreamOptionsParam", "ChatCompletionSystemMessageParam",
    "ChatCompletionToolChoiceOptionParam", "ChatCompletionToolMessageParam", "ChatCompletionToolParam", "ChatCompletionToolUnionParam",
    "ChatCompletionUserMessageParam", "Choice", "ParsedChatCompletion", "ParsedChatCompletionMessage", "ParsedChoice", "ParsedFunction",
    "ParsedFunctionToolCall", "ParsedMessage", "ParsedToolCall",
]  # fmt: skip
