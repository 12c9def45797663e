internal import Bytes
public import CGatelet
internal import CShims
internal import Gateway
internal import Model

/// Hands events to a caller's function, on the caller's thread.
final class CallbackSink: EventSink {
    private let function: gatelet_event_fn
    private let user: UnsafeMutableRawPointer?
    private let json = ByteBuffer()
    private let name = ByteBuffer()
    private var cancelled = false
    var outcome: Outcome?

    init(_ function: @escaping gatelet_event_fn, _ user: UnsafeMutableRawPointer?) {
        self.function = function
        self.user = user
    }

    var wantsEnd: Bool { !cancelled }
    func isFull() -> Bool { false }

    func chunk(json bytes: UnsafeRawBufferPointer, text: UnsafeRawBufferPointer, reasoning: UnsafeRawBufferPointer,
               name eventName: UnsafeRawBufferPointer) -> SinkVerdict {
        json.removeAll()
        name.removeAll()
        guard json.append(bytes), json.terminated() != nil, name.append(eventName), name.terminated() != nil else { return .noMemory }
        var event = makeEvent(Int32(GATELET_EVENT_CHUNK), json.bytes)
        event.text = text.baseAddress?.assumingMemoryBound(to: CChar.self) ?? event.text
        event.text_len = text.count
        event.reasoning = reasoning.baseAddress?.assumingMemoryBound(to: CChar.self) ?? event.reasoning
        event.reasoning_len = reasoning.count
        if name.count > 0 {
            event.name = name.bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? event.name
            event.name_len = name.count
        }
        return tell(&event)
    }

    func response(_ document: UnsafeRawBufferPointer) -> SinkVerdict {
        json.removeAll()
        guard json.append(document), json.terminated() != nil else { return .noMemory }
        var event = makeEvent(Int32(GATELET_EVENT_RESPONSE), json.bytes)
        return tell(&event)
    }

    private func tell(_ event: inout gatelet_event) -> SinkVerdict {
        let value = function(&event, user)
        if value == 0 { return .go }
        cancelled = true
        return .cancel(value)
    }

    func ended(_ outcome: Outcome) {
        self.outcome = outcome
        guard !cancelled, let document = outcome.document, document.terminated() != nil else { return }
        var event = makeEvent(Int32(GATELET_EVENT_END), document.bytes)
        event.status = outcome.status.rawValue
        _ = function(&event, user)
    }
}

/// The callback is not optional here: who wants the answer alone has gatelet_call.
private func stream(_ call: CallArguments, _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    if call.onEvent != nil { return perform(call, error) }
    call.answer?.pointee = nil
    return guarded(.request, error, for: call.surface) { () throws(Failure) in
        try withObject(call.client, .client) { (_: Client) throws(Failure) in
            _ = try document(call.request, "request_json")
            throw Failure(.argument, "on_event is NULL")
        }
    }
}

@c @implementation
public func gatelet_stream(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?, _ on_event: gatelet_event_fn?,
                           _ user: UnsafeMutableRawPointer?, _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                           _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    stream(CallArguments(client: client, operation: .chatStream, request: request_json, onEvent: on_event, user: user, answer: answer_json), error)
}

@c @implementation
public func gatelet_completion_stream(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?,
                                      _ on_event: gatelet_event_fn?, _ user: UnsafeMutableRawPointer?,
                                      _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                                      _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    stream(CallArguments(client: client, operation: .completionStream, request: request_json, onEvent: on_event, user: user, answer: answer_json), error)
}

@c @implementation
public func gatelet_messages_stream(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?, _ on_event: gatelet_event_fn?,
                                    _ user: UnsafeMutableRawPointer?, _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                                    _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    stream(CallArguments(client: client, operation: .chatStream, surface: .messages, request: request_json, onEvent: on_event, user: user,
                         answer: answer_json), error)
}

@c @implementation
public func gatelet_responses_stream(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?, _ on_event: gatelet_event_fn?,
                                     _ user: UnsafeMutableRawPointer?, _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                                     _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    stream(CallArguments(client: client, operation: .chatStream, surface: .responses, request: request_json, onEvent: on_event, user: user,
                         answer: answer_json), error)
}
