internal import Bytes
internal import JSON

/// Why a candidate ended.
struct GeminiFinish {
    /// https://ai.google.dev/api/generate-content#FinishReason, in the order of its numbers, which `enum-encoding=int` shows
    /// (https://github.com/googleapis/googleapis/blob/master/google/ai/generativelanguage/v1beta/generative_service.proto). A word in small
    /// letters means that the provider failed. 2026-11.
    private static let reasons: [(name: StaticString, word: StaticString)] = [
        ("FINISH_REASON_UNSPECIFIED", ""), ("STOP", "stop"), ("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("RECITATION", "content_filter"),
        ("OTHER", "stop"), ("BLOCKLIST", "content_filter"), ("PROHIBITED_CONTENT", "content_filter"), ("SPII", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "malformed_function_call"), ("LANGUAGE", "content_filter"), ("IMAGE_SAFETY", "content_filter"),
        ("UNEXPECTED_TOOL_CALL", "unexpected_tool_call"), ("TOO_MANY_TOOL_CALLS", "too_many_tool_calls"),
        ("IMAGE_PROHIBITED_CONTENT", "content_filter"), ("NO_IMAGE", "stop"), ("IMAGE_RECITATION", "content_filter"), ("IMAGE_OTHER", "stop"),
        ("MISSING_THOUGHT_SIGNATURE", "missing_thought_signature"), ("MALFORMED_RESPONSE", "malformed_response"),
        ("MODEL_ARMOR", "content_filter"),
    ]

    static let malformedCall: StaticString = "malformed_function_call"

    private let value: JSONView

    init(_ value: JSONView) { self.value = value }

    /// It says nothing yet.
    var isUnspecified: Bool { value.isString ? value.inside.isEmpty || value.says("FINISH_REASON_UNSPECIFIED") : value.int == 0 }

    var isWord: Bool { value.isString ? !value.inside.isEmpty : value.isNumber }

    /// There was no room for more.
    var isCut: Bool { value.says("MAX_TOKENS") || value.int == 2 }

    /// OpenAI's word for it. One that nobody knows ends an answer as any other.
    func word(hasCalls: Bool) -> StaticString {
        var found: StaticString = "stop"
        if let number = value.int {
            if number >= 0, number < GeminiFinish.reasons.count { found = GeminiFinish.reasons[number].word }
        } else {
            for reason in GeminiFinish.reasons where value.says(reason.name) { found = reason.word }
        }
        return hasCalls && UnsafeRawBufferPointer(start: found.utf8Start, count: found.utf8CodeUnitCount).equals("stop") ? "tool_calls" : found
    }

    /// As it was said, as text.
    func write(_ out: ByteBuffer) {
        var out = MemberWriter(out)
        if value.isString { return out.raw(value.raw) }
        out.raw("\"")
        out.raw(value.isNumber ? value.raw : value.bytes[.none])
        out.raw("\"")
    }
}
