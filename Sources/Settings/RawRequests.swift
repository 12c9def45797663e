internal import Bytes
package import Model

/// OpenAI's endpoints beside chats, completions and embeddings, and Anthropic's batches
/// (https://platform.openai.com/docs/api-reference, https://docs.anthropic.com/en/api; 2026-11). `allow_requests` adds to them.
private let usualRequests: StaticString = """
    POST /audio/speech
    POST /audio/transcriptions
    POST /audio/translations
    POST /images/generations
    POST /images/edits
    POST /images/variations
    POST /moderations
    POST /rerank
    GET /models
    GET /models/*
    GET /files
    POST /files
    GET /files/*
    DELETE /files/*
    GET /files/*/content
    POST /uploads
    POST /uploads/*/parts
    POST /uploads/*/complete
    POST /uploads/*/cancel
    GET /batches
    POST /batches
    GET /batches/*
    POST /batches/*/cancel
    GET /fine_tuning/jobs
    POST /fine_tuning/jobs
    GET /fine_tuning/jobs/*
    POST /fine_tuning/jobs/*/cancel
    GET /fine_tuning/jobs/*/events
    GET /fine_tuning/jobs/*/checkpoints
    GET /responses/*
    DELETE /responses/*
    POST /responses/*/cancel
    GET /responses/*/input_items
    GET /videos
    POST /videos
    GET /videos/*
    DELETE /videos/*
    GET /videos/*/content
    GET /vector_stores
    POST /vector_stores
    GET /vector_stores/*
    POST /vector_stores/*
    DELETE /vector_stores/*
    POST /vector_stores/*/search
    GET /vector_stores/*/files
    POST /vector_stores/*/files
    GET /vector_stores/*/files/*
    DELETE /vector_stores/*/files/*
    POST /messages/count_tokens
    GET /messages/batches
    POST /messages/batches
    GET /messages/batches/*
    DELETE /messages/batches/*
    POST /messages/batches/*/cancel
    GET /messages/batches/*/results
    """

extension Configuration {
    /// The entry of the list that lets this request be made.
    package func pattern(for request: RawRequest) -> RawPattern? {
        if let own = allowRequests.first(where: { $0.matches(request) }) { return own }
        var lines = Words(UnsafeRawBufferPointer(start: usualRequests.utf8Start, count: usualRequests.utf8CodeUnitCount), UInt8(ascii: "\n"))
        while let line = lines.next() {
            if let pattern = RawPattern(String(utf8: line)), pattern.matches(request) { return pattern }
        }
        return nil
    }
}

extension ConfigMembers {
    /// `allow_requests`
    func rawPatterns(_ name: StaticString, _ slot: inout [RawPattern]) throws(Failure) {
        guard let value = take(name) else { return }
        slot = []
        for element in try value.elements() {
            guard let pattern = RawPattern(try element.text()) else { throw element.failure("must be a method and a path, such as \"POST /audio/*\"") }
            slot.append(pattern)
        }
    }
}

/// The option `http` of a call.
extension ConfigValue {
    func rawRequest() throws(Failure) -> RawRequest {
        let members = try object()
        var request = RawRequest()
        guard let method: RawMethod = try members.word("method"), let path = members.take("path") else { throw failure("must have `method` and `path`") }
        request.method = method
        request.path = try path.text()
        guard isRawPath(request.path) else { throw path.failure("must be a plain path behind the provider's address, such as /audio/speech") }
        if let value = members.take("query") { request.query = try value.callPairs(header: false) }
        if let value = members.take("headers") { request.headers = try value.rawHeaders() }
        try members.integer("length", 0, 1 << 40, &request.length)
        if let value = members.take("model") { request.model = try value.label() }
        try members.texts("providers", &request.providers)
        try members.end()
        return request
    }

    private func rawHeaders() throws(Failure) -> [Header] {
        try callPairs(header: true, but: ["content-type", "accept"])
    }
}
