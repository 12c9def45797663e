"""libgatelet through ctypes: only what the replay needs. The Python package has tests of its own."""
import ctypes
import os
import struct
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_size_t, c_uint64, c_void_p

OP_CHAT, OP_CHAT_STREAM, OP_COMPLETION, OP_COMPLETION_STREAM, OP_EMBEDDINGS, OP_LIST_MODELS = range(1, 7)
OP_MESSAGES, OP_MESSAGES_STREAM, OP_RESPONSES, OP_RESPONSES_STREAM, OP_COUNT_TOKENS, OP_RAW = range(7, 13)
OPERATIONS = {"chat": OP_CHAT, "stream": OP_CHAT_STREAM, "completion": OP_COMPLETION, "completion_stream": OP_COMPLETION_STREAM,
              "embeddings": OP_EMBEDDINGS, "list_models": OP_LIST_MODELS, "messages": OP_MESSAGES, "messages_stream": OP_MESSAGES_STREAM,
              "responses": OP_RESPONSES, "responses_stream": OP_RESPONSES_STREAM, "count_tokens": OP_COUNT_TOKENS, "raw": OP_RAW}
CHUNK, END, ANSWER = 1, 2, 3


class Event(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("kind", c_int32), ("status", c_int32), ("tag", c_uint64),
                ("json", c_void_p), ("json_len", c_size_t), ("text", c_void_p), ("text_len", c_size_t),
                ("reasoning", c_void_p), ("reasoning_len", c_size_t)]


EVENT_FN = ctypes.CFUNCTYPE(c_int, POINTER(Event), c_void_p)
LOG_FN = ctypes.CFUNCTYPE(None, c_int32, c_char_p, c_void_p)
HOOK_FN = ctypes.CFUNCTYPE(c_int, c_char_p, c_void_p)
_FIELDS = struct.Struct("=Iii4xQQQQQQQ")


def _load():
    prefix = os.environ.get("GATELET_PREFIX", "build/stage")
    lib = ctypes.CDLL(os.path.join(prefix, "lib", "libgatelet.so"))
    error = POINTER(c_void_p)
    signatures = {
        "gatelet_init": (c_int32, c_char_p, POINTER(c_void_p), error),
        "gatelet_free": (None, c_void_p),
        "gatelet_set_log": (c_int32, c_void_p, LOG_FN, c_void_p, c_void_p, error),
        "gatelet_reload": (c_int32, c_void_p, c_char_p, error),
        "gatelet_set_hook": (c_int32, c_void_p, HOOK_FN, c_void_p, c_void_p, c_char_p, error),
        "gatelet_stats": (c_int32, c_void_p, c_char_p, POINTER(c_void_p), error),
        "gatelet_providers": (c_int32, c_void_p, c_char_p, POINTER(c_void_p), error),
        "gatelet_chat": (c_int32, c_void_p, c_char_p, POINTER(c_void_p), error),
        "gatelet_completion": (c_int32, c_void_p, c_char_p, POINTER(c_void_p), error),
        "gatelet_embeddings": (c_int32, c_void_p, c_char_p, POINTER(c_void_p), error),
        "gatelet_list_models": (c_int32, c_void_p, c_char_p, POINTER(c_void_p), error),
        "gatelet_messages": (c_int32, c_void_p, c_char_p, POINTER(c_void_p), error),
        "gatelet_messages_stream": (c_int32, c_void_p, c_char_p, EVENT_FN, c_void_p, POINTER(c_void_p), error),
        "gatelet_responses": (c_int32, c_void_p, c_char_p, POINTER(c_void_p), error),
        "gatelet_responses_stream": (c_int32, c_void_p, c_char_p, EVENT_FN, c_void_p, POINTER(c_void_p), error),
        "gatelet_stream": (c_int32, c_void_p, c_char_p, EVENT_FN, c_void_p, POINTER(c_void_p), error),
        "gatelet_completion_stream": (c_int32, c_void_p, c_char_p, EVENT_FN, c_void_p, POINTER(c_void_p), error),
        "gatelet_call": (c_int32, c_void_p, c_int32, c_char_p, c_char_p, EVENT_FN, c_void_p, POINTER(c_void_p), error),
        "gatelet_cancel": (c_int32, c_void_p, c_char_p, error),
        "gatelet_queue_new": (c_int32, c_char_p, POINTER(c_void_p), error),
        "gatelet_queue_submit": (c_int32, c_void_p, c_void_p, c_int32, c_char_p, c_char_p, c_uint64, error),
        "gatelet_queue_next": (c_int32, c_void_p, c_size_t, c_int32, POINTER(c_void_p), error),
        "gatelet_queue_cancel": (c_int32, c_void_p, c_uint64, error),
        "gatelet_queue_free": (None, c_void_p),
        "gatelet_batch_events": (c_void_p, c_void_p, POINTER(c_size_t)),
        "gatelet_batch_free": (None, c_void_p),
        "gatelet_string_free": (None, c_void_p),
        "gatelet_error_json": (c_char_p, c_void_p),
        "gatelet_error_free": (None, c_void_p),
    }
    for name, (result, *arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


lib = _load()


def _error(handle):
    """The error's JSON as bytes; the handle is freed."""
    if not handle.value:
        return None
    text = lib.gatelet_error_json(handle)
    lib.gatelet_error_free(handle)
    return text


def _string(pointer):
    if not pointer.value:
        return None
    text = ctypes.string_at(pointer.value)
    lib.gatelet_string_free(pointer)
    return text


class Refused(Exception):
    def __init__(self, status, error):
        super().__init__(f"status {status}: {(error or b'').decode(errors='replace')}")
        self.status, self.error = status, error


class Client:
    def __init__(self, config):
        self.handle, error = c_void_p(), c_void_p()
        status = lib.gatelet_init(config.encode(), byref(self.handle), byref(error))
        if status:
            raise Refused(status, _error(error))

    def call(self, name, request, options=None):
        """A blocking call: (status, answer or None, error JSON or None). With options, or without a function of its own, it is gatelet_call."""
        answer, error = c_void_p(), c_void_p()
        if options is None and name not in ("count_tokens", "raw"):
            status = getattr(lib, "gatelet_" + name)(self.handle, request, byref(answer), byref(error))
        else:
            status = lib.gatelet_call(self.handle, OPERATIONS[name], request, options, EVENT_FN(), None, byref(answer), byref(error))
        return status, _string(answer), _error(error)

    def stream(self, name, request, options=None):
        """A streaming call: (status, chunks, END or None, assembled answer, error JSON). With options it is gatelet_call."""
        chunks, ends = [], []

        def on_event(event, _):
            e = event.contents
            if e.kind == CHUNK:
                chunks.append((ctypes.string_at(e.json, e.json_len), ctypes.string_at(e.text, e.text_len),
                               ctypes.string_at(e.reasoning, e.reasoning_len)))
            else:
                ends.append((e.kind, e.status, ctypes.string_at(e.json, e.json_len)))
            return 0

        answer, error = c_void_p(), c_void_p()
        if options is None:
            status = getattr(lib, "gatelet_" + name)(self.handle, request, EVENT_FN(on_event), None, byref(answer), byref(error))
        else:
            status = lib.gatelet_call(self.handle, OPERATIONS[name], request, options, EVENT_FN(on_event), None, byref(answer), byref(error))
        return status, chunks, ends, _string(answer), _error(error)

    def reload(self, config):
        """(status, error JSON)"""
        error = c_void_p()
        status = lib.gatelet_reload(self.handle, config.encode(), byref(error))
        return status, _error(error)

    def hook(self, function, options=None):
        """`function` is called with the JSON of each event and returns what the hook returns."""
        self.hook_function, error = HOOK_FN(lambda event, _: function(event)) if function else HOOK_FN(), c_void_p()
        status = lib.gatelet_set_hook(self.handle, self.hook_function, None, None, options and options.encode(), byref(error))
        return status, _error(error)

    def log_to(self, lines):
        """Appends (level, message) to `lines` from now on."""
        self.log = LOG_FN(lambda level, message, _: lines.append((level, message.decode())))
        assert lib.gatelet_set_log(self.handle, self.log, None, None, None) == 0

    def cancel(self, cancel_id):
        assert lib.gatelet_cancel(self.handle, cancel_id, None) == 0

    def free(self):
        lib.gatelet_free(self.handle)


class Queue:
    def __init__(self, options=None):
        self.handle, error = c_void_p(), c_void_p()
        status = lib.gatelet_queue_new(options and options.encode(), byref(self.handle), byref(error))
        if status:
            raise Refused(status, _error(error))

    def submit(self, client, operation, request, tag, options=None):
        error = c_void_p()
        status = lib.gatelet_queue_submit(self.handle, client.handle, operation, request, options, tag, byref(error))
        if status:
            raise Refused(status, _error(error))

    def cancel(self, tag):
        assert lib.gatelet_queue_cancel(self.handle, tag, None) == 0

    def take(self, timeout_ms):
        """A batch for `events`."""
        batch, error = c_void_p(), c_void_p()
        status = lib.gatelet_queue_next(self.handle, 256, timeout_ms, byref(batch), byref(error))
        if status:
            raise Refused(status, _error(error))
        return batch

    def next(self, timeout_ms):
        return self.events(self.take(timeout_ms))

    @staticmethod
    def events(batch):
        """A list of (kind, status, tag, json, text, reasoning)."""
        if not batch.value:
            return []
        count = c_size_t()
        at = lib.gatelet_batch_events(batch, byref(count))
        events = []
        for _ in range(count.value):
            size, kind, status, tag, *spans = _FIELDS.unpack(ctypes.string_at(at, _FIELDS.size))
            texts = [ctypes.string_at(spans[i], spans[i + 1]) if spans[i] else b"" for i in (0, 2, 4)]
            events.append((kind, status, tag, *texts))
            at += size
        lib.gatelet_batch_free(batch)
        return events

    def free(self):
        lib.gatelet_queue_free(self.handle)
