public import CGatelet
internal import CShims
internal import Core
internal import Model
internal import Wire

/// Keeps how a request ended.
private final class AnswerSink: EventSink {
    var outcome: Outcome?
    var wantsEnd: Bool { false }
    func isFull(_: Call) -> Bool { false }
    func chunk(_: Call, json _: UnsafeRawBufferPointer, text _: UnsafeRawBufferPointer, reasoning _: UnsafeRawBufferPointer) -> SinkVerdict { .go }
    func ended(_: Call, outcome: Outcome) { self.outcome = outcome }
}

private func request(_ client: OpaquePointer?, _ json: UnsafePointer<CChar>?, _ operation: Model.Operation,
                     _ answer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                     _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    answer?.pointee = nil
    return guarded(.request, error) { () throws(Failure) in
        try withObject(client, .client) { (it: Client) throws(Failure) in
            let bytes = try document(json, "request_json")
            guard let answer else { throw Failure(.argument, "answer_json is NULL") }
            let sink = AnswerSink()
            try it.run(bytes, operation, sink: sink, assemble: false)
            if let failure = sink.outcome?.failure { throw failure }
            guard let text = sink.outcome?.answer?.takeCString() else { throw Failure(.memory, "out of memory") }
            answer.pointee = text
        }
    }
}

@c @implementation
public func gatelet_chat(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?,
                         _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                         _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    request(client, request_json, .chat, answer_json, error)
}

@c @implementation
public func gatelet_completion(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?,
                               _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                               _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    request(client, request_json, .completion, answer_json, error)
}

@c @implementation
public func gatelet_embeddings(_ client: OpaquePointer?, _ request_json: UnsafePointer<CChar>?,
                               _ answer_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                               _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    request(client, request_json, .embeddings, answer_json, error)
}

@c @implementation
public func gatelet_list_models(_ client: OpaquePointer?, _ query_json: UnsafePointer<CChar>?,
                                _ models_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
                                _ error: UnsafeMutablePointer<OpaquePointer?>?) -> gatelet_status {
    models_json?.pointee = nil
    return guarded(.listModels, error) { () throws(Failure) in
        try withObject(client, .client) { (it: Client) throws(Failure) in
            guard let models_json else { throw Failure(.argument, "models_json is NULL") }
            let query = query_json.map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
            guard let text = try it.listModels(query).takeCString() else { throw Failure(.memory, "out of memory") }
            models_json.pointee = text
        }
    }
}
