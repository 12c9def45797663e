package import Model
internal import Wire

/// What a provider's refusal means: the status, what the provider itself said, whether and when to try again.
/// `headers` is the raw header block. An error object inside HTTP 200 or a stream comes with `httpStatus` 200: its class then
/// follows from its code and type. `unixNow` is only needed for dates where the block has no `Date`; 0 is none.
package func classify(httpStatus: Int, headers: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, provider: Provider,
                      model: String, unixNow: Int64 = 0) -> Failure {
    let report = readErrorReport(body)
    let named = httpStatus >= 300 ? httpStatus : report.httpStatus ?? 0
    let status = errorStatus(named, report, ErrorText(report))
    var failure = Failure(status, message(httpStatus, report, provider))
    failure.httpStatus = httpStatus
    failure.provider = provider.id
    failure.model = model
    failure.code = report.code
    failure.providerMessage = report.message
    failure.retryAfterMs = retryAfterMs(headers, unixNow) ?? report.retryAfterMs
        ?? report.resetAtMs.flatMap { msUntil($0, headers, unixNow) }
    failure.requestID = requestID(headers) ?? report.requestID
    // OpenRouter and OpenAI say it outright; their word beats the code's name (field notes of 2026-08-22).
    if let said = report.retryable ?? shouldRetry(headers) { failure.retryable = said }
    return failure
}

/// A 2xx body that is not JSON of the expected shape.
package func notJSON(_ body: UnsafeRawBufferPointer, _ provider: Provider, _ model: String) -> Failure {
    let kind = body.isEmpty ? "an empty body" : looksLikeHTML(body) ? "an HTML page" : "something that is not JSON"
    var failure = Failure(body.isEmpty ? .empty : .badResponse, concat(provider.title, " answered with ", kind))
    failure.httpStatus = 200
    failure.provider = provider.id
    failure.model = model
    failure.providerMessage = body.isEmpty ? nil : boundedText(body, 200)
    return failure
}

extension Provider {
    /// What messages call it.
    package var title: String { name.utf8.isEmpty ? id : name }
}

private func message(_ httpStatus: Int, _ report: ErrorReport, _ provider: Provider) -> String {
    let start = httpStatus >= 300 ? concat(provider.title, " answered HTTP ", String(decimal: httpStatus)) : concat(provider.title, " reported an error")
    if report.isEmpty { return start + " with an empty body" }
    if report.isHTML { return start + " with an HTML page" + (report.message.map { ": " + $0 } ?? "") }
    return start + (report.message.map { ": " + $0 } ?? report.code.map { ": " + $0 } ?? "")
}

/// The status for an HTTP status, words and text. 0: no HTTP status is known.
private func errorStatus(_ http: Int, _ report: ErrorReport, _ text: ErrorText) -> Status {
    if http == 401 { return .auth }
    if http >= 300 && http < 400 { return .badResponse }
    if http == 413 { return text.saysContext || text.saysTokenRate ? .contextLength : .badRequest }
    if report.moderated { return .contentPolicy }
    if let status = firstMatch(report.words, telling) { return status }
    if let status = statusOfText(http, text) { return status }
    if let status = firstMatch(report.words, loadWords) { return status }
    return statusOfHTTP(http) ?? firstMatch(report.words, vague) ?? .server
}

/// Several providers put everything under 400 or 500; there the sentence is all there is.
private func statusOfText(_ http: Int, _ text: ErrorText) -> Status? {
    switch http {
    case 0, 400, 422, 500:
        if text.saysContext { return .contextLength }
        if text.saysFunds { return .funds }
        if http == 500 { return nil }
        if text.saysBadKey { return .auth }
        if text.saysNoModel { return .notFound }
        return text.saysPolicy ? .contentPolicy : nil
    case 403:
        if text.saysFunds || text.saysBalance { return .funds }
        if text.saysBadKey { return .auth }
        return text.saysPolicy ? .contentPolicy : nil
    case 429: return text.saysFunds || text.saysBalance ? .funds : nil
    case 503: return text.saysOverloaded ? .overloaded : nil
    default: return nil
    }
}

private func statusOfHTTP(_ http: Int) -> Status? {
    switch http {
    case 402: .funds
    case 403, 451: .permission
    case 404, 410: .notFound
    case 408, 499, 502, 504, 520...527, 530: .unavailable
    case 425, 429: .rateLimit
    // 498: Groq's "flex capacity exceeded". 529: Anthropic. 503 is OpenRouter's provider_overloaded.
    case 498, 503, 529: .overloaded
    case 400..<500: .badRequest
    case 500..<600: .server
    default: nil
    }
}
