@testable import Dialects
import Foundation
@testable import Model
import Testing

/// Every line of Sources/Catalog/errors.tsv, held against what the library makes of it.
@Suite struct ErrorTable {
    struct Line: CustomStringConvertible {
        let number: Int, name: String, word: String, on: String, pattern: String, example: String, link: String, date: String
        var description: String { "line \(number)" }
        var status: Status? { Status.allCases.first { "\($0.name)" == name } }
    }

    static let lines: [Line] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = (try? String(contentsOf: folder.appendingPathComponent("Sources/Catalog/errors.tsv"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { number, line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard cells.count > 1, !line.hasPrefix("#") else { return nil }
            let name = cells[0].split(separator: "/").map(String.init)
            guard cells.count == 7 else { return Line(number: number + 1, name: "", word: "", on: "", pattern: "", example: "", link: "", date: "") }
            return Line(number: number + 1, name: name[0], word: name.count > 1 ? name[1] : "", on: cells[1], pattern: cells[2],
                        example: cells[4], link: cells[5], date: cells[6])
        }
    }()

    private func classified(_ http: Int, _ body: [String: Any], provider id: String = "acme", model: String = "m") throws -> Failure {
        let bytes = [UInt8](try JSONSerialization.data(withJSONObject: body))
        return withBytes(bytes) {
            classify(httpStatus: http, headers: UnsafeRawBufferPointer(start: nil, count: 0), body: $0, provider: provider { $0.identity.id = id }, model: model)
        }
    }

    @Test func theTableIsWhole() {
        #expect(Self.lines.count > 200)
        #expect(Self.lines.count { $0.name == "context_length" && $0.on == "text" } > 60)
        for line in Self.lines {
            #expect(line.status != nil && line.link.hasPrefix("https://") && line.date.count == 10, "\(line)")
            #expect(["", "request", "unless_timed", "weak", "vague"].contains(line.word), "\(line)")
            #expect(line.on == "code" || line.on == "text" && line.pattern == line.pattern.lowercased() && !line.example.isEmpty, "\(line)")
        }
    }

    /// Where sentences of a class are listened to: an HTTP status, or an event of a stream (200).
    private func places(_ line: Line) -> [Int] {
        switch line.name {
        case "rate_limit": [200, 400, 500, 502]
        case "context_length": [200, 400, 413, 422, 500, 502, 503, 504]
        case "funds": line.word == "weak" ? [403, 429] : [200, 400, 402, 403, 412, 429, 500]
        case "permission": [401, 403]
        case "auth": [200, 400, 401, 403]
        case "not_found": [200, 400, 404]
        case "content_policy": [200, 400, 403]
        case "overloaded": [200, 503, 529]
        case "server": [200, 500]
        default: []
        }
    }

    @Test(arguments: lines.filter { $0.on == "text" })
    func sentences(_ line: Line) throws {
        for http in places(line) {
            for body in [["error": ["message": line.example]], ["message": line.example], ["detail": line.example],
                         ["error": ["message": "Provider returned error", "code": http, "metadata": ["raw": line.example]]] as [String: Any]] {
                let found = try classified(http, body)
                #expect(found.status == line.status, "\(line) at \(http): \(found.status)")
                if line.word == "request" { #expect(found.mayBeOfRequest, "\(line) at \(http)") }
                if http == 401 || http == 402 || http == 403, line.word != "request" { #expect(!found.mayBeOfRequest, "\(line) at \(http)") }
            }
        }
    }

    @Test(arguments: lines.filter { $0.on == "code" })
    func codes(_ line: Line) throws {
        for code in line.pattern.components(separatedBy: ", ") {
            for http in [200, 400, 403, 422, 429, 500, 503] where line.word.isEmpty || line.word == "request" || http == 200 {
                for found in try documents(code, http, beside: line.word == "weak" || line.word == "vague" ? "m" : "Rate limit: too many tokens per minute") { #expect(found.status == line.status, "\(code) at \(http): \(found.status)") }
            }
        }
    }

    /// A code wherever providers write it; beside a sentence that means something else.
    private func documents(_ code: String, _ http: Int, beside message: String) throws -> [Failure] {
        let parts = code.split(separator: ".").map(String.init)
        if parts.count == 2, let number = Int(parts[1]) {
            if parts[0] == "base_resp" { return [try classified(http, ["base_resp": ["status_code": number, "status_msg": "m"]])] }
            return try [number as Any, parts[1] as Any].map { try classified(http, ["error": ["code": $0, "message": "m"]], provider: parts[0]) }
        }
        return try ["code", "type", "error_type", "status"].map { try classified(http, ["error": [$0: code, "message": message]]) }
            + [classified(http, ["__type": "com.amazon.coral.service#" + code, "message": message]),
               classified(http, ["error": ["message": "litellm: failed - {\"error\":{\"code\":\"\(code)\"}}"]])]
    }

    @Test(arguments: [
        (200, #"{"error":{"type":"rate_limit_error","message":"Rate limit: too many tokens per minute"}}"#, Status.rateLimit),
        (200, #"{"error":{"type":"ThrottlingException","message":"Too many tokens, please wait before trying again."}}"#, .rateLimit),
        (400, #"{"message":"Too many tokens, please wait before trying again.","__type":"ThrottlingException"}"#, .rateLimit),
        (200, #"{"error":{"message":"Rate limit: too many tokens per minute"}}"#, .rateLimit),
        (400, #"{"error":{"message":"max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for m","type":"invalid_request_error"}}"#, .badRequest),
        (400, #"{"error":{"message":"max_tokens is too large: 100000. This model supports at most 16384 completion tokens","type":"invalid_request_error"}}"#, .badRequest),
        (400, #"{"error":{"type":"too_many_prompt_tokens","message":"m","code":400}}"#, .contextLength),
        (502, #"{"error":{"message":"Provider returned error","code":502,"metadata":{"error_type":"provider_unavailable","raw":"{\"error\":{\"message\":\"prompt is too long: 3 tokens > 2 maximum\"}}"}}}"#, .contextLength),
        (500, #"{"error":{"message":"litellm.BadRequestError: {\"error\":{\"code\":\"context_length_exceeded\"}}","code":"500"}}"#, .contextLength),
        (429, #"{"error":{"code":"rate_limit_exceeded","message":"Rate limit reached for m. Please add a payment method to your account to increase your rate limit. Visit https://platform.openai.com/account/billing to add a payment method."}}"#, .rateLimit),
        (429, #"{"error":{"code":"rate_limit_exceeded","message":"Rate limit reached on tokens per day (TPD): Limit 100000. Please try again in 7m12.48s."}}"#, .rateLimit),
        (429, #"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Your project has exceeded its monthly spending cap."}}"#, .funds),
        (429, #"{"error":{"message":"Daily limit reached","retry_after":3600}}"#, .rateLimit),
        // No wait helps a request that is larger than a minute's tokens, whatever code says so.
        (429, #"{"error":{"message":"Request too large for gpt-4o in organization o on tokens per min (TPM): Limit 30000, Requested 40000. The input or output tokens must be reduced in order to run successfully.","type":"tokens","code":"rate_limit_exceeded"}}"#, .contextLength),
        (429, #"{"error":{"message":"Request too large for gpt-4o in organization o on tokens per min (TPM): Limit 30000, Requested 40000."}}"#, .contextLength),
        (413, #"{"error":{"message":"Request too large for model `x` in organization `o` on tokens per minute (TPM): Limit 6000, Requested 9000","type":"tokens","code":"rate_limit_exceeded"}}"#, .contextLength),
        (429, #"{"error":{"message":"You exceeded your current quota","code":"quota_exceeded","retry_after":30}}"#, .rateLimit),
        (429, #"{"error":{"message":"m","code":"quota_exceeded"}}"#, .funds),
        (400, #"{"error":{"message":"Budget has been exceeded! Current cost: 0.1, Max budget: 0.05","type":"budget_exceeded","param":null,"code":"400"}}"#, .funds),
        (401, #"{"error":{"message":"key not allowed to access model. This key can only access models=['a']","type":"key_model_access_denied","param":"model","code":"401"}}"#, .permission),
        (401, #"{"error":{"message":"Your key does not have access to model x","type":"authentication_error"}}"#, .permission),
        (401, #"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#, .auth),
        (401, #"{"error":{"message":"no such model","code":"model_not_found"}}"#, .notFound),
        (413, #"{"error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#, .badRequest),
        (200, #"{"base_resp":{"status_code":2013,"status_msg":"invalid params, context window exceeds limit (2013)"}}"#, .contextLength),
    ])
    func whatDecides(_ http: Int, _ body: String, _ status: Status) throws {
        let found = try classified(http, parsed(body))
        #expect(found.status == status)
        if status == .contextLength || status == .funds { #expect(!found.retryable) }
    }

    @Test func aCallersOwnWordsBlameNoKey() throws {
        for sentence in ["Invalid role: incorrect api key", "tool 'insufficient balance' is unknown"] {
            #expect(try classified(400, ["error": ["message": sentence]]).mayBeOfRequest)
        }
        for code in ["insufficient_quota", "invalid_api_key"] {
            let quoted: [String: Any] = ["error": ["message": "Invalid tool result: {\"error\":{\"code\":\"\(code)\"}}"]]
            #expect(try classified(400, quoted).mayBeOfRequest && !classified(403, quoted).mayBeOfRequest)
        }
        let named = try classified(400, ["error": ["message": "incorrect api key provided by me is not here"]], model: "Incorrect API key provided by me")
        #expect(named.status == .badRequest)
    }

    @Test func whatIsNotImplementedIsNotRetried() throws {
        let found = try classified(501, ["error": ["message": "This server does not support embeddings.", "type": "not_supported_error"]])
        #expect(!found.retryable && found.mayBeOfRequest)
    }

    @Test(arguments: [
        #"{"error":{"code":429,"message":"{\n \"error\": {\n \"code\": 429, \"details\": [{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"34s\"}]}}\n"}}"#,
        #"{"error":{"code":"429","message":"litellm.RateLimitError: VertexAIException - {\"error\":{\"details\":[{\"retryDelay\":\"34s\"}]}}"}}"#,
        #"{"error":{"message":"m","metadata":{"raw":"[{\"error\":{\"details\":[{\"retryDelay\":\"34s\"}]}}]"}}}"#,
        #"{"error":{"message":"m","metadata":{"raw":{"error":{"details":[{"retryDelay":"34s"}]}}}}}"#,
        #"{"error":{"message":"Error code: 429 - {'error': {'message': \"You've \\\"used\\\" it\", 'param': None, 'x': 'it\\'s', 'details': [{'retryDelay': '34s', 'ok': True}]}}"}}"#,
        #"{"error":{"message":"content[0] {x}: [1 {\"error\":{\"details\":[{\"retryDelay\":\"34s\"}]}}"}}"#,
        #"{"error":{"message":"upstream said {\"error\":{\"details\":[{\"retryDelay\":\"34s\"}]}} (attempt 1 of 2)"}}"#,
        #"{"error":{"code":"429","message":"litellm.RateLimitError: VertexAIException - b'{\\n  \"error\": {\\n    \"details\": [{\\n\"retryDelay\": \"34s\"}]\\n}\\n}\\n'"}}"#,
    ])
    func theWaitInAQuotedDocument(_ body: String) throws { #expect(try classified(429, parsed(body)).retryAfterMs == 34_000) }
}
