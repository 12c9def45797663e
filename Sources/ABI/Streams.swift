public import CGatelet
internal import CShims
internal import Core
internal import Model
internal import Wire

/// Hands events to a caller's function, on the caller's thread.
private final class CallbackSink: EventSink {
    private let function: gatelet_event_fn
    private let user: UnsafeMutableRawPointer?
    private let json = ByteBuffer()
    private var cancelled = false
    var outcome: Outcome?

    init(_ function: @escaping gatelet_event_fn, _ user: UnsafeMutableRawPointer?) {
        self.function = function
        self.user = user
    }

    var wantsEnd: Bool { !cancelled }
    func isFull(_: Call) -> Bool { false }

    func chunk(_: Call, json bytes: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer,
               reasoning: UnsafeRawBufferPointer) -> SinkVerdict {
        json.removeAll()
        guard json.append(bytes), json.terminated() != nil else { return .cancel(0) }
        var event = makeEvent(Int32(GATELET_EVENT_CHUNK), json.bytes)
        event.text = text.baseAddress?.assumingMemoryBound(to: CChar.self) ?? event.text
        event.text_len = text.count
        event.reasoning = reasoning.baseAddress?.assumingMemoryBound(to: CChar.self) ?? event.reasoning
        event.reasoning_len = reasoning.count
        let value = function(&event, user)
        if value == 0 { return .go }
        cancelled = true
        return .cancel(value)
    }

    func ended(_: Call, outcome: Outcome) {
        self.outcome = outcome
        guard !cancelled, let document = outcome.document, document.terminated() != nil else { return }
        var event = makeEvent(Int32(GATELET_EVENT_END), document.bytes)
        event.status = outcome.status.rawValue
        _ = function(&event, user)
    }
}

private func stream(_ client: OpaquePointer?, _ json: UnsafePointer<CChar>?, _ operation: Model.Operation,
                    _ on_event: gatelet_event_fn?, _ user: UnsafeMutableRawPointer?,
                    _ answer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                    _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    answer?.pointee = nil
    return guarded(.request, error) { () throws(Failure) in
        try withObject(client, .client) { (it: Client) throws(Failure) in
            let bytes = try document(json, "request_json")
            guard let on_event else { throw Failure(.argument, "on_event is NULL") }
            let sink = CallbackSink(on_event, user)
            var refused: Failure?
            inCallback(.event, of: handleValue(client)) {
                do throws(Failure) {
                    try it.run(bytes, operation, sink: sink, assemble: answer != nil)
                } catch {
                    refused = error
                }
            }
            if let refused { throw refused }
            if let answer { answer.pointee = sink.outcome?.answer?.takeCString() }
            if let failure = sink.outcome?.failure { throw failure }
        }
    }
}

@c @implementation
public func gatelet_stream(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?, _ on_event: gatelet_event_fn?,
                           _ user: UnsafeMutableRawPointer?, _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                           _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    stream(client, request_json, .chatStream, on_event, user, answer_json, error)
}

@c @implementation
public func gatelet_completion_stream(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?,
                                      _ on_event: gatelet_event_fn?, _ user: UnsafeMutableRawPointer?,
                                      _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                                      _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    stream(client, request_json, .completionStream, on_event, user, answer_json, error)
}
