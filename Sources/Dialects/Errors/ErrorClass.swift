internal import Bytes
internal import HTTPText
package import Model

/// What a provider's refusal means: the status, what the provider itself said, whether and when to try again.
/// `headers` is the raw header block. An error object inside HTTP 200 or a stream comes with `httpStatus` 200: its class then
/// follows from its code and type. `unixNow` is only needed for dates where the block has no `Date`; 0 is none.
package func classify(httpStatus: Int, headers: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, provider: Provider,
                      model: String, unixNow: Int64 = 0) -> Failure {
    var report = readErrorReport(body, provider)
    if let kind = HeaderText.find("x-amzn-errortype", in: headers) { report.addCode(boundedText(kind, 200)) } // Bedrock
    let named = httpStatus >= 300 ? httpStatus : report.httpStatus ?? 0
    let wait = retryAfterMs(headers, unixNow) ?? report.retryAfterMs ?? report.resetAtMs.flatMap { msUntil($0, headers, unixNow) }
    let means = meaning(named, report, ErrorText(report, model: model), isTimed: wait != nil)
    var failure = Failure(means.status, message(httpStatus, report, provider))
    failure.mayBeOfRequest = means.isOfRequest || named == 501 || means.isSentence && blamesKey(means.status) && !refusesKeys(named)
    failure.httpStatus = httpStatus
    failure.provider = provider.id
    failure.model = model
    failure.code = report.code.map { UnredactedText(foreign: $0, most: longestCode) }
    failure.type = report.type.map { UnredactedText(foreign: $0, most: longestCode) }
    failure.providerMessage = report.said
    failure.parameter = report.parameter.map { UnredactedText(foreign: $0, most: longestCode) }
    failure.retryAfterMs = wait
    failure.requestID = providerRequestID(headers) ?? report.requestID.map { UnredactedText(foreign: $0, most: longestID) }
    // OpenRouter and OpenAI say it outright; their word beats the code's name (field notes of 2026-08-22).
    // What a server does not implement, it will not the next time.
    if let said = report.retryable ?? shouldRetry(headers) ?? (named == 501 ? false : nil) { failure.retryable = said }
    return failure
}

/// An error document as errors show it: text, of which the first 16 KB are shown. nil: there is none.
package func shownBody(_ body: UnsafeRawBufferPointer) -> UnredactedText? {
    body.isEmpty ? nil : UnredactedText(foreign: boundedText(body, longestRead), most: longestBody)
}

/// A 2xx body that is not JSON of the expected shape.
package func notJSON(_ body: UnsafeRawBufferPointer, _ provider: Provider, _ model: String) -> Failure {
    let kind = body.isEmpty ? "an empty body" : looksLikeHTML(body) ? "an HTML page" : "something that is not JSON"
    var failure = Failure(body.isEmpty ? .empty : .badResponse, concat(provider.title, " answered with ", kind))
    failure.httpStatus = 200
    failure.provider = provider.id
    failure.model = model
    failure.providerMessage = body.isEmpty ? nil : UnredactedText(foreign: boundedText(body, longestRead), most: 200)
    return failure
}

extension Provider {
    /// What messages call it.
    package var title: String { name.utf8.isEmpty ? id : name }
}

private func message(_ httpStatus: Int, _ report: ErrorReport, _ provider: Provider) -> UnredactedText {
    let start = httpStatus >= 300 ? concat(provider.title, " answered HTTP ", String(decimal: httpStatus)) : concat(provider.title, " reported an error")
    if report.isEmpty, httpStatus >= 300, httpStatus < 400 { return UnredactedText(start + ", a redirect, which is not followed") }
    if report.isEmpty { return UnredactedText(start + " with an empty body") }
    let opening = UnredactedText(report.isHTML ? start + " with an HTML page" : start)
    guard let said = report.said ?? (report.isHTML ? nil : report.code.map { UnredactedText(foreign: $0, most: longestCode) }) else { return opening }
    return opening + UnredactedText(foreign: ": ", most: 2) + said
}

private func blamesKey(_ status: Status) -> Bool { status == .auth || status == .funds }

/// With another HTTP status a sentence about keys or money may be one that the caller wrote and the provider quotes.
private func refusesKeys(_ http: Int) -> Bool { http == 401 || http == 402 || http == 403 || http == 429 }

/// What the HTTP status, the codes and the sentences mean together. 0: no HTTP status is known.
/// Codes go before sentences: a sentence may mention tokens when it speaks of pace.
private func meaning(_ http: Int, _ report: ErrorReport, _ text: ErrorText, isTimed: Bool) -> ErrorMeaning {
    if http >= 300 && http < 400 { return ErrorMeaning(status: .badResponse) }
    if report.moderated { return ErrorMeaning(status: .contentPolicy) }
    var codes = meaning(ofCodes: report.words + report.quotedWords)
    if !report.quotedWords.isEmpty, meaning(ofCodes: report.words)?.status != codes?.status { codes?.isSentence = true }
    if http == 413 { return tooLargeAnswer(codes, text) }
    if let codes, !codes.isWeak, !codes.isVague { return decided(codes, text, http, isTimed: isTimed) }
    if let said = text.meaning({ counts($0, http) }) { return said.unlessTimed && isTimed ? ErrorMeaning(status: .rateLimit) : said }
    if let codes, codes.isWeak { return codes }
    if let status = statusOfHTTP(http) { return ErrorMeaning(status: status) }
    return codes ?? ErrorMeaning(status: .server)
}

/// One request has more tokens than a minute's: it is said under the code of a pace, but no wait helps.
private func isTooLargeForAMinute(_ said: ErrorMeaning) -> Bool { said.status == .contextLength && said.isOfRequest }

/// The codes have spoken. What limits a pace or forbids something may turn out to be about money, or that this one request is too
/// large for it, and money about this one request.
private func decided(_ codes: ErrorMeaning, _ text: ErrorText, _ http: Int, isTimed: Bool) -> ErrorMeaning {
    switch codes.status {
    case .rateLimit, .permission:
        return text.meaning {
            $0.status == .funds && !$0.isWeak && !$0.unlessTimed || $0.isOfRequest && ($0.status == codes.status || isTooLargeForAMinute($0))
        } ?? codes
    case .funds:
        if codes.unlessTimed && isTimed { return ErrorMeaning(status: .rateLimit) }
        return text.meaning { $0.status == .funds && $0.isOfRequest } ?? codes
    case .auth:
        guard http == 401, let said = text.meaning({ $0.status == .auth || $0.status == .permission }) else { return codes }
        return said.status == .permission ? said : codes
    default: return codes
    }
}

/// 413: too many tokens, or too many bytes. Groq answers so to one request that is larger than a minute's tokens: no wait helps.
private func tooLargeAnswer(_ codes: ErrorMeaning?, _ text: ErrorText) -> ErrorMeaning {
    if codes?.status == .rateLimit { return ErrorMeaning(status: .contextLength) }
    if let codes, !codes.isWeak, !codes.isVague { return codes }
    guard let said = text.meaning({ $0.status == .contextLength || $0.status == .rateLimit }) else { return ErrorMeaning(status: .badRequest) }
    return said.status == .contextLength ? said : ErrorMeaning(status: .contextLength)
}

/// Whether such a sentence may decide at this HTTP status: several providers put everything under 400 or 500, gateways wrap
/// what they were told in a 5xx, and elsewhere the status says more than a sentence does.
private func counts(_ said: ErrorMeaning, _ http: Int) -> Bool {
    let fails = http == 0 || http >= 500, refuses = http == 0 || http == 400 || http == 422
    return switch said.status {
    case .rateLimit: fails && http != 503 || http == 400
    case .contextLength: fails || refuses || http == 424 || http == 429 && said.isOfRequest
    case .funds: said.isWeak ? http == 403 || http == 429 : fails || refuses || http == 402 || http == 403 || http == 412 || http == 429
    case .auth: refuses || http == 401 || http == 403
    case .permission: http == 401 || http == 403
    case .notFound: refuses
    case .contentPolicy: refuses || http == 403
    case .overloaded: http == 0 || http == 503
    case .server: fails
    default: false
    }
}

private func statusOfHTTP(_ http: Int) -> Status? {
    switch http {
    case 401: .auth
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
