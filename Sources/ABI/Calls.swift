internal import Bytes
public import CGatelet
internal import CShims
internal import Gateway
internal import Model
internal import Settings

/// What a caller wants of one request, as it came through the door.
struct CallArguments {
    var client: OpaquePointer?
    var operation: Model.Operation
    var surface = Surface.openAI
    var request: UnsafePointer<CChar>?
    var options: UnsafePointer<CChar>?
    var onEvent: gatelet_event_fn?
    var user: UnsafeMutableRawPointer?
    var answer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
}

/// One request on the calling thread: all functions that block for one come here.
func perform(_ call: CallArguments, _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    call.answer?.pointee = nil
    return guarded(call.operation == .listModels ? .listModels : .request, error, for: call.surface) { () throws(Failure) in
        try withObject(call.client, .client) { (client: Client) throws(Failure) in
            let options = try callOptions(call.options, call.operation)
            if call.operation == .listModels { return try list(call, client, options) }
            let request = try requestBytes(call.request, call.operation, options)
            if call.operation.isStream {
                try stream(call, client, request, options)
            } else {
                try ask(call, client, request, options)
            }
        }
    }
}

func callOptions(_ json: UnsafePointer<CChar>?, _ operation: Model.Operation) throws(Failure) -> CallOptions? {
    guard let json else { return nil }
    return try readCallOptions(UnsafeRawBufferPointer(start: json, count: strlen(json)), operation)
}

/// What stands at `request_json`: bytes of any kind where the operation is raw, and as many as the options say.
func requestBytes(_ json: UnsafePointer<CChar>?, _ operation: Model.Operation, _ options: CallOptions?) throws(Failure) -> UnsafeRawBufferPointer {
    guard operation.isRaw else { return try document(json, "request_json") }
    guard let json else {
        if options?.raw?.length ?? 0 > 0 { throw Failure(.argument, "request_json is NULL, but options.http.length is not 0") }
        return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    return UnsafeRawBufferPointer(start: json, count: options?.raw?.length ?? strlen(json))
}

private func answerSlot(_ call: CallArguments) throws(Failure) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    guard let answer = call.answer else { throw Failure(.argument, "answer_json is NULL") }
    return answer
}

private func list(_ call: CallArguments, _ client: Client, _ options: CallOptions?) throws(Failure) {
    let answer = try answerSlot(call), query = call.request.map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
    guard let text = try client.listModels(query, options: options).takeCString() else { throw Failure(.memory, "out of memory") }
    answer.pointee = text
}

private func ask(_ call: CallArguments, _ client: Client, _ request: UnsafeRawBufferPointer, _ options: CallOptions?) throws(Failure) {
    let answer = try answerSlot(call), sink = AnswerSink()
    try client.run(request, call.operation, call.surface, options: options, sink: sink, assemble: false)
    if let failure = sink.outcome?.failure { throw failure }
    guard let text = sink.outcome?.answer?.takeCString() else { throw Failure(.memory, "out of memory") }
    answer.pointee = text
}

private func stream(_ call: CallArguments, _ client: Client, _ request: UnsafeRawBufferPointer, _ options: CallOptions?) throws(Failure) {
    var outcome: Outcome?
    if let onEvent = call.onEvent {
        let sink = CallbackSink(onEvent, call.user)
        var refused: Failure?
        inCallback(.event, of: handleValue(call.client)) {
            do throws(Failure) {
                try client.run(request, call.operation, call.surface, options: options, sink: sink, assemble: call.answer != nil)
            } catch {
                refused = error
            }
        }
        if let refused { throw refused }
        outcome = sink.outcome
    } else {
        let sink = AnswerSink()
        try client.run(request, call.operation, call.surface, options: options, sink: sink, assemble: true)
        outcome = sink.outcome
    }
    if let answer = call.answer { answer.pointee = outcome?.answer?.takeCString() }
    if let failure = outcome?.failure { throw failure }
}

/// Keeps how a request ended.
private final class AnswerSink: EventSink {
    var outcome: Outcome?
    var wantsEnd: Bool { false }
    func isFull() -> Bool { false }
    func response(_: UnsafeRawBufferPointer) -> SinkVerdict { .go }
    func chunk(json _: UnsafeRawBufferPointer, text _: UnsafeRawBufferPointer, reasoning _: UnsafeRawBufferPointer,
               name _: UnsafeRawBufferPointer) -> SinkVerdict { .go }
    func ended(_ outcome: Outcome) { self.outcome = outcome }
}

@c @implementation
public func gatelet_call(_ client: OpaquePointer?, _ operation: gatelet_operation, _ request_json: UnsafePointer<CChar>?,
                         _ options_json: UnsafePointer<CChar>?, _ on_event: gatelet_event_fn?, _ user: UnsafeMutableRawPointer?,
                         _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                         _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    answer_json?.pointee = nil
    var fault: Failure?
    let kind = RequestKind(operation)
    if kind == nil { fault = Failure(.argument, "operation \(operation) is not one of GATELET_OP_") }
    if kind?.operation.isStream == true, on_event == nil, answer_json == nil { fault = Failure(.argument, "on_event and answer_json are both NULL") }
    if kind?.operation.isStream == false, on_event != nil { fault = Failure(.argument, "on_event is for operations that stream") }
    guard let kind, fault == nil else {
        return guarded(.request, error, for: kind?.surface ?? .openAI) { () throws(Failure) in
            try withObject(client, .client) { (_: Client) throws(Failure) in if let fault { throw fault } }
        }
    }
    return perform(CallArguments(client: client, operation: kind.operation, surface: kind.surface, request: request_json, options: options_json, onEvent: on_event,
                                 user: user, answer: answer_json), error)
}

@c @implementation
public func gatelet_chat(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?,
                         _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                         _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    perform(CallArguments(client: client, operation: .chat, request: request_json, answer: answer_json), error)
}

@c @implementation
public func gatelet_completion(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?,
                               _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                               _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    perform(CallArguments(client: client, operation: .completion, request: request_json, answer: answer_json), error)
}

@c @implementation
public func gatelet_embeddings(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?,
                               _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                               _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    perform(CallArguments(client: client, operation: .embeddings, request: request_json, answer: answer_json), error)
}

@c @implementation
public func gatelet_list_models(_ client: OpaquePointer?, _ query_json: UnsafePointer<CChar>?,
                                _ models_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                                _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    answerQuery(client, .listModels, query_json, models_json, "models_json", error) { (it, query) throws(Failure) in try it.listModels(query) }
}

@c @implementation
public func gatelet_messages(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?,
                             _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                             _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    perform(CallArguments(client: client, operation: .chat, surface: .messages, request: request_json, answer: answer_json), error)
}

@c @implementation
public func gatelet_responses(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?,
                              _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                              _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    perform(CallArguments(client: client, operation: .chat, surface: .responses, request: request_json, answer: answer_json), error)
}
