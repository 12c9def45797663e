@testable import Bytes
@testable import Dialects
import Foundation
@testable import Model
import Testing
import TestSupport

private func classified(_ status: Int, _ body: String, _ headers: String = "") -> Failure {
    withBytes(Array(headers.replacingOccurrences(of: "\n", with: "\r\n").utf8)) { head in
        withBytes(body) { classify(httpStatus: status, headers: head, body: $0, provider: provider(), model: "m") }
    }
}

@Suite struct ErrorClasses {
    @Test(arguments: [
        (400, Status.badRequest), (401, .auth), (402, .funds), (403, .permission), (404, .notFound), (405, .badRequest), (408, .unavailable),
        (409, .badRequest), (410, .notFound), (412, .badRequest), (413, .badRequest), (422, .badRequest), (429, .rateLimit), (451, .permission),
        (498, .overloaded), (500, .server), (501, .server), (502, .unavailable), (503, .overloaded), (504, .unavailable), (520, .unavailable),
        (529, .overloaded), (599, .server), (301, .badResponse), (302, .badResponse),
    ])
    func theStatusAlone(_ http: Int, _ status: Status) {
        for body in ["", "<html><title>Oops</title></html>", "Oops", #"{"error":{"message":"Oops"}}"#] {
            let found = classified(http, body)
            #expect(found.status == status, "\(http) \(body)")
            #expect(found.httpStatus == http && found.provider == "acme" && found.model == "m")
            #expect(found.message.contains("HTTP \(http)"))
            if body.isEmpty { #expect(found.message.contains(http < 400 ? "a redirect, which is not followed" : "an empty body")) }
        }
    }

    @Test(arguments: [
        (400, #"{"error":{"message":"m","type":"invalid_request_error","code":"context_length_exceeded"}}"#, Status.contextLength, "context_length_exceeded"),
        (400, #"{"error":{"code":400,"message":"m","metadata":{"error_type":"token_limit_exceeded"}}}"#, .contextLength, "400"),
        (402, #"{"error":{"code":402,"message":"Insufficient credits"}}"#, .funds, "402"),
        (403, #"{"error":{"code":403,"message":"m","metadata":{"reasons":["violence"],"flagged_input":"x"}}}"#, .contentPolicy, "403"),
        (403, #"{"error":{"code":403,"message":"no key for this model"}}"#, .permission, "403"),
        (429, #"{"error":{"message":"m","error_type":"capacity_exhausted","http_status":429,"availability":{"retryable":true}}}"#, .rateLimit, "capacity_exhausted"),
        (404, #"{"error":{"message":"m","error_type":"model_not_found","http_status":404,"availability":{"retryable":false}}}"#, .notFound, "model_not_found"),
        (503, #"{"error":{"message":"m","error_type":"provider_overloaded"}}"#, .overloaded, "provider_overloaded"),
        (400, #"{"error":{"message":"m","error_type":"refusal"}}"#, .contentPolicy, "refusal"),
        (403, #"{"error":{"message":"Your account balance is insufficient","type":"infron_ai_error"}}"#, .funds, "infron_ai_error"),
        (429, #"{"error":{"message":"Balance too low for free models"}}"#, .funds, ""),
        (429, #"{"error":{"message":"The load balancer is at its limit"}}"#, .rateLimit, ""),
        (401, #"{"error":{"message":"bad key","type":"infron_ai_error"}}"#, .auth, "infron_ai_error"),
        (429, #"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#, .funds, "insufficient_quota"),
        (429, #"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED"}}]"#, .rateLimit, "429"),
        (400, #"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}"#, .auth, "400"),
        (400, #"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: sk***"}"#, .auth, "Client specified an invalid argument"),
        (400, #"{"object":"error","message":"Invalid model: x","type":"invalid_model","code":"1500","raw_status_code":400}"#, .notFound, "1500"),
        (401, #"{"detail":"Invalid API Key"}"#, .auth, ""),
        (422, #"{"detail":[{"loc":["body","messages"],"msg":"field required","type":"missing"}]}"#, .badRequest, "missing"),
        (404, #"{"message":"model 'x' not found"}"#, .notFound, ""),
        (404, #"{"error":"Specified model not found: x"}"#, .notFound, ""),
        (529, #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, .overloaded, "overloaded_error"),
        (400, #"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API"}}"#, .funds, "invalid_request_error"),
        (413, #"{"error":{"message":"Request too large for model `x` on tokens per minute (TPM): Limit 6000","type":"tokens","code":"rate_limit_exceeded"}}"#, .contextLength, "rate_limit_exceeded"),
        (503, #"{"error":"Model x is currently loading","estimated_time":20.5}"#, .overloaded, ""),
        (503, #"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#, .unavailable, "503"),
        (503, #"{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}"#, .overloaded, "503"),
        (422, #"{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096","error_type":"validation"}"#, .contextLength, "validation"),
        (400, #"{"errors":[{"message":"AiError: bad input","code":5006}],"success":false}"#, .badRequest, "5006"),
    ])
    func shapes(_ http: Int, _ body: String, _ status: Status, _ code: String) {
        let found = classified(http, body)
        #expect(found.status == status)
        #expect(RedactedFailure(found, .none).code ?? "" == code)
        #expect(found.providerMessage?.isEmpty == false)
    }

    @Test(arguments: [
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum", "input length and `max_tokens` exceed context limit: 1 + 2 > 3",
        "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).",
        "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        "request (2009 tokens) exceeds the available context size (512 tokens), try increasing it",
        "prompt too long; exceeded max context length by 1119046 tokens",
        "The decoder prompt (length 9) is longer than the maximum model length of 8.",
        "Please reduce the length of the messages or completion.", "Your input exceeds the context window of this model.",
        "Your request exceeded model token limit: 8192", "Input is too long for requested model.",
    ])
    func contextLengthBySentence(_ sentence: String) throws {
        let body = String(decoding: try JSONSerialization.data(withJSONObject: ["error": ["message": sentence]]), as: UTF8.self)
        #expect(classified(400, body).status == .contextLength)
        #expect(classified(200, body).status == .contextLength)
        #expect(classified(429, body).status == .rateLimit)
    }

    @Test(arguments: [
        (#"{"error":{"message":"m","code":502,"metadata":{"provider_name":"Venice"}}}"#, Status.unavailable),
        (#"{"error":{"message":"m","type":"invalid_request_error","code":"tool_use_failed","status_code":400}}"#, .badRequest),
        (#"{"error":{"message":"m","type":"server_error"}}"#, .server), (#"{"error":{"type":"overloaded_error","message":"m"}}"#, .overloaded),
        (#"{"error":{"message":"m","code":"rate_limit_exceeded"}}"#, .rateLimit), (#"{"error":"odd"}"#, .server),
        (#"{"error":{"message":"m","code":"invalid_api_key"}}"#, .auth), (#"{"error":{"message":"m","type":"invalid_request_error"}}"#, .badRequest),
        (#"{"error":{"code":"503","message":"m"}}"#, .overloaded), (#"{"error":{"code":5e2,"message":"m"}}"#, .server),
        (#"{"choices":[{"delta":{}}],"error":{"message":"m","code":429}}"#, .rateLimit),
    ])
    func insideSuccess(_ body: String, _ status: Status) {
        let found = classified(200, body)
        #expect(found.status == status)
        #expect(found.httpStatus == 200)
        #expect(!found.message.contains("HTTP"))
    }

    @Test func retryableFollowsTheClassUnlessToldOtherwise() {
        #expect(classified(429, "").retryable && classified(500, "").retryable && !classified(400, "").retryable && !classified(404, "").retryable)
        #expect(!classified(503, #"{"error":{"message":"m","availability":{"retryable":false}}}"#).retryable)
        #expect(classified(409, "", "HTTP/1.1 409 X\nx-should-retry: true\n\n").retryable)
        #expect(!classified(429, "", "HTTP/1.1 429 X\nX-Should-Retry: false\n\n").retryable)
    }

    @Test(arguments: [
        ("retry-after-ms: 1500\nretry-after: 9", "{}", 1500), ("x-ms-retry-after-ms: 70", "{}", 70), ("Retry-After: 2.5", "{}", 2500),
        ("Date: Wed, 21 Oct 2015 07:28:00 GMT\nRetry-After: Wed, 21 Oct 2015 07:28:30 GMT", "{}", 30_000),
        ("retry-after: 3", #"{"error":{"availability":{"retry_after":9}}}"#, 3000),
        ("x: y", #"{"error":{"message":"m","availability":{"retry_after":7}}}"#, 7000),
        ("x: y", #"{"error":{"message":"m","retry_after":"1.5"}}"#, 1500), ("x: y", #"{"retry_after":4}"#, 4000),
        ("x: y", #"[{"error":{"code":429,"details":[{"@type":"x"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.07s"}]}}]"#, 34_070),
        ("x: y", #"{"error":"loading","estimated_time":20}"#, 20_000),
        ("Date: Wed, 21 Oct 2015 07:28:00 GMT", #"{"error":{"code":429,"metadata":{"headers":{"X-RateLimit-Reset":"1445412490000"}}}}"#, 10_000),
    ])
    func retryAfterInAllItsForms(_ headers: String, _ body: String, _ ms: Int) {
        #expect(classified(429, body, "HTTP/1.1 429 X\n" + headers + "\n\n").retryAfterMs == ms)
    }

    @Test func datesNeedAClock() {
        let head = Array("HTTP/1.1 429 X\r\nRetry-After: Wed, 21 Oct 2015 07:28:30 GMT\r\n\r\n".utf8)
        func wait(_ now: Int64) -> Int? {
            withBytes(head) { head in
                withBytes("") { classify(httpStatus: 429, headers: head, body: $0, provider: provider(), model: "m", unixNow: now).retryAfterMs }
            }
        }
        #expect(wait(0) == nil)
        #expect(wait(1_445_412_500) == 10_000)
        #expect(wait(1_445_412_600) == 0)
    }

    @Test(arguments: [#"{"retry_after":-1}"#, #"{"retry_after":"soon"}"#, #"{"retry_after":1e300}"#, #"{"error":{"details":[{"retryDelay":"s"}]}}"#, "{}"])
    func noWaitIsNoWait(_ body: String) { #expect(classified(429, body, "HTTP/1.1 429 X\nretry-after: -5\n\n").retryAfterMs == nil) }

    @Test func requestIDs() {
        #expect(classified(500, "{}", "HTTP/1.1 500 X\nX-Request-Id: a\ncf-ray: b\n\n").requestID == "a")
        #expect(classified(500, "{}", "HTTP/1.1 500 X\nrequest-id: c\n\n").requestID == "c")
        #expect(classified(500, "{}", "HTTP/1.1 500 X\nX-Generation-Id: g\ncf-ray: b\n\n").requestID == "g")
        #expect(classified(500, "{}", "HTTP/1.1 500 X\ncf-ray: b\n\n").requestID == "b")
        #expect(classified(500, #"{"error":{"message":"m"},"request_id":"req_1"}"#).requestID == "req_1")
        #expect(classified(500, "{}").requestID == nil)
    }

    @Test func providerTextIsBoundedAndValid() {
        let long = classified(500, #"{"error":{"message":""# + String(repeating: "é", count: 5000) + #""}}"#)
        #expect((2040...2048).contains(RedactedFailure(long, .none).providerMessage?.utf8.count ?? 0))
        let cut = withBytes(Array(#"{"error":{"message":"a"#.utf8) + [0xFF, 0xC3] + Array(#"\ud800"}}"#.utf8)) {
            classify(httpStatus: 500, headers: UnsafeRawBufferPointer(start: nil, count: 0), body: $0, provider: provider(), model: "m")
        }
        #expect(cut.providerMessage?.hasPrefix("a\u{FFFD}") == true)
        #expect(cut.status == .server)
        #expect(classified(502, "<!DOCTYPE html><HTML><title> Bad\ngateway </title>").providerMessage == "Bad\ngateway")
        #expect(classified(500, "").providerMessage == nil)
        #expect(classified(500, "event: error\ndata: {\"error\":{\"message\":\"in an event\"}}\n\n").providerMessage == "in an event")
    }

    @Test func theUpstreamsOwnWordsAreKept() {
        let raw = #"{"error":{"code":400,"message":"Provider returned error","metadata":{"provider_name":"OpenAI","raw":"{\"error\":{\"message\":\"Unsupported parameter\"}}"}}}"#
        #expect(classified(400, raw).providerMessage?.contains("Unsupported parameter") == true)
    }

    @Test func anythingAtAllIsClassified() {
        for body in ["null", "[]", "[[]]", "7", #""text""#, "{", #"{"error":null}"#, #"{"error":[]}"#, #"{"error":{"message":{}}}"#, "\0\0", "data:", "<"] {
            #expect(classified(500, body).status == .server, "\(body)")
            #expect(classified(200, body).status == .server, "\(body)")
        }
    }
}

@Suite struct RecordedErrors {
    /// What the provider meant, judged by hand over all recorded refusals: by status, then by what only the text tells.
    private func expected(_ record: Recording, _ body: String) -> Status {
        switch record.status {
        case 401: return .auth
        case 403: return body.contains("usage guidelines") ? .contentPolicy : .permission
        case 404: return .notFound
        case 422: return .badRequest
        case 429: return .rateLimit
        case 500: return body.contains("too large to process") ? .contextLength : .server
        default: break
        }
        if body.contains("API_KEY_INVALID") { return .auth }
        if body.contains("context size") || body.contains("context length") { return .contextLength }
        if body.contains("not a valid model ID") || body.contains("does not exist") || body.contains("Invalid model")
            || body.contains("supported API model names") || body.contains("model_decommissioned") { return .notFound }
        return .badRequest
    }

    @Test func everyRecordedRefusal() throws {
        let refusals = recordings { $0.status >= 400 }
        #expect(refusals.count >= Recorded.least(45, 340))
        for record in refusals {
            let body = String(decoding: record.body, as: UTF8.self)
            let found = withBytes(Array(record.headers.utf8)) { head in
                withBytes(record.body) { classify(httpStatus: record.status, headers: head, body: $0, provider: provider(), model: "m") }
            }
            #expect(found.status == expected(record, body), "\(record.id) \(record.provider) \(record.status) \(body.prefix(200))")
            if body.hasPrefix("{") { #expect(found.providerMessage?.isEmpty == false, "\(record.id)") }
        }
    }

    @Test func errorsInsideRecordedSuccesses() throws {
        var count = 0
        for record in recordings({ $0.status == 200 && !$0.streaming && $0.url.hasSuffix("/chat/completions") }) {
            guard let root = try? parsed(String(decoding: record.body, as: UTF8.self)), root["error"] is [String: Any] else { continue }
            let body = ByteBuffer()
            _ = record.body.withUnsafeBytes { body.append($0) }
            let found = failure { () throws(Failure) in try readAnswer(body, operation: .chat, provider: provider(), model: "m", depth: 512) }
            #expect(found?.status == (record.provider == "azure-openai" ? .contentPolicy : .unavailable), "\(record.id)")
            count += 1
        }
        #expect(count > 0)
    }

    /// Of a long document the beginning counts, wherever it was cut.
    @Test func longDocuments() throws {
        let tail = String(repeating: "\\n\u{e9}\\u00e9x", count: 20_000)
        for padding in 0..<12 {
            let text = String(repeating: "y", count: padding) + tail
            let json = "{\"error\":{\"message\":\"This model's maximum context length is 9\",\"code\":\"context_length_exceeded\",\"param\":{\"a\":[\"\(text)\"]}}}"
            for body in [json, String(decoding: Array(json.utf8.prefix(64 << 10)), as: UTF8.self)] {
                let found = withBytes(body) {
                    classify(httpStatus: 400, headers: UnsafeRawBufferPointer(start: nil, count: 0), body: $0, provider: provider(), model: "m")
                }
                #expect(found.status == .contextLength && found.code == "context_length_exceeded")
                #expect(found.providerMessage == "This model's maximum context length is 9")
            }
            #expect(withBytes(json) { speaksOfAnError($0) })
        }
    }
}
