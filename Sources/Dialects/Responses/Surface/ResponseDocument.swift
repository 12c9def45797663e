internal import Bytes
internal import JSON
internal import Model

enum ResponseStatus {
    case inProgress, completed, incomplete, cancelled
    case failed(RedactedFailure)

    var word: StaticString {
        switch self {
        case .inProgress: "in_progress"
        case .completed: "completed"
        case .incomplete: "incomplete"
        case .cancelled: "cancelled"
        case .failed: "failed"
        }
    }

    var isLast: Bool {
        if case .inProgress = self { false } else { true }
    }

    /// The member `error`.
    func write(error out: inout MemberWriter) {
        out.name("error")
        guard case .failed(let failure) = self else { return out.raw("null") }
        out.open()
        // Of the words that the API has for errors; what it was exactly is told at the end of the stream.
        switch failure.status {
        case .rateLimit: out.member("code", "rate_limit_exceeded")
        case .badRequest, .contextLength, .contentPolicy: out.member("code", "invalid_prompt")
        default: out.member("code", "server_error")
        }
        out.member("message", failure.message)
        out.close()
    }
}

extension ResponsesRenderer {
    /// The response object.
    func write(response out: inout MemberWriter, _ status: ResponseStatus, gatelet: JSONView? = nil) {
        out.open()
        out.name("id")
        out.raw("\"resp_")
        out.raw(events.suffix.bytes)
        out.raw("\"")
        out.member("object", "response")
        out.member("created_at", created)
        out.member("status", String(status.word))
        status.write(error: &out)
        out.name("incomplete_details")
        if case .incomplete = status {
            out.raw(finish == .filter ? "{\"reason\":\"content_filter\"}" : "{\"reason\":\"max_output_tokens\"}")
        } else {
            out.raw("null")
        }
        out.member("model", body: model.bytes)
        out.name("output")
        out.raw("[")
        if status.isLast { events.write(output: &out) }
        out.raw("]")
        if let request { out.raw(request.echo.bytes) }
        if isKnownTier { out.member("service_tier", body: tier.bytes) }
        if status.isLast { writeUsage(&out) }
        if status.isLast { sound.write(&out) }
        if status.isLast, nativeFinish.count > 0 {
            out.name("native_finish_reason")
            out.raw(nativeFinish.bytes)
        }
        if let gatelet { out.member("gatelet", gatelet) }
        out.close()
    }

    /// The typed models of OpenAI's packages know no others.
    private var isKnownTier: Bool {
        let words: [StaticString] = ["auto", "default", "flex", "scale", "priority"]
        return words.contains { tier.bytes.equals($0) }
    }

    /// In the words of Responses, where usage was told.
    private func writeUsage(_ out: inout MemberWriter) {
        if usage.count == 0 { return }
        var reading = UsageReading()
        reading.take(usage.bytes)
        guard let told = reading.usage else { return }
        out.name("usage")
        out.open()
        out.member("input_tokens", told.prompt)
        out.name("input_tokens_details")
        out.open()
        out.member("cached_tokens", told.count(.cacheRead))
        out.member("cache_write_tokens", told.count(.cacheWrite))
        out.close()
        out.member("output_tokens", told.count(.output))
        out.name("output_tokens_details")
        out.open()
        out.member("reasoning_tokens", told.count(.reasoning))
        out.close()
        out.member("total_tokens", told.total ?? told.prompt &+ told.count(.output))
        out.close()
    }
}

/// Makes a whole answer of the chat a response, in place. False: no memory, or over the cap.
func renderResponse(_ answer: ByteBuffer, for request: TranslatedRequest?) -> Bool {
    let renderer = ResponsesRenderer(request, isSilent: true), made = ByteBuffer(limit: answer.limit)
    defer { made.keepAlive() }
    let root = JSONView(trusted: answer.bytes)
    var isDone = renderer.render(ChunkView(), answer.bytes) { _, _ in true } && renderer.finish { _, _ in true }
    var out = MemberWriter(made)
    let isWhole = renderer.finish == .none || renderer.finish == .stop
    renderer.write(response: &out, isWhole ? .completed : .incomplete, gatelet: root.filled("gatelet"))
    isDone = isDone && !out.failed
    answer.removeAll()
    return isDone && answer.append(made.bytes)
}
