internal import Bytes
internal import HTTPText
package import Model

/// How long the header block asks to wait. A date only says something next to a clock: the block's own `Date`, else
/// `unixNow` (0: none).
func retryAfterMs(_ headers: UnsafeRawBufferPointer, _ unixNow: Int64) -> Int? {
    if let value = HeaderText.find("retry-after", in: headers), HTTPDate.seconds(value) != nil, clock(headers, unixNow) == nil { return nil }
    return HeaderText.retryAfterMs(in: headers, unixNow: unixNow)
}

/// From the clock to a moment given in milliseconds since 1970; nil when it is past or absurd.
func msUntil(_ moment: Int, _ headers: UnsafeRawBufferPointer, _ unixNow: Int64) -> Int? {
    guard let now = clock(headers, unixNow) else { return nil }
    let wait = moment.subtractingReportingOverflow(Int(now &* 1000))
    return wait.overflow || wait.partialValue < 0 || wait.partialValue > 366 * 86_400_000 ? nil : wait.partialValue
}

private func clock(_ headers: UnsafeRawBufferPointer, _ unixNow: Int64) -> Int64? {
    if let date = HeaderText.find("date", in: headers).flatMap({ HTTPDate.seconds($0) }) { return date }
    return unixNow > 0 ? unixNow : nil
}

/// What a provider calls the request: OpenAI's word for it and most others', Anthropic's, OpenRouter's, Azure's, Amazon's, Mistral's,
/// DeepSeek's, Z.AI's, Cohere's; and Cloudflare's, which sits before many (recorded traffic, and
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html, 2026-11).
package func providerRequestID(_ headers: UnsafeRawBufferPointer) -> UnredactedText? {
    let names: [StaticString] = ["x-request-id", "request-id", "x-generation-id", "apim-request-id", "x-amzn-requestid",
                                 "mistral-correlation-id", "x-ds-trace-id", "x-log-id", "x-debug-trace-id", "cf-ray"]
    guard let value = HeaderText.find(first: names, in: headers) else { return nil }
    return UnredactedText(foreign: boundedText(value, longestRead), most: longestID)
}

/// What OpenAI's own clients obey: `x-should-retry`.
func shouldRetry(_ headers: UnsafeRawBufferPointer) -> Bool? {
    guard let value = HeaderText.find("x-should-retry", in: headers) else { return nil }
    return value.equals("true") ? true : value.equals("false") ? false : nil
}
