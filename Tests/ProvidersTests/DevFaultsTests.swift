@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
@testable import Model
@testable import Settings
import TestSupport
import Testing

private func parse(_ json: String) throws(Failure) -> FaultScript {
    try withBytes(json) { bytes throws(Failure) in
        try ConfigValue(request: JSONView(valid: bytes, ByteRange(0, bytes.count)), path: "gatelet.faults").faultScript()
    }
}

private func complaint(_ json: String) -> String? {
    failure { () throws(Failure) in try parse(json) }.map { RedactedFailure($0, .none).message }
}

private let hi = #"{"model":"echo","messages":[{"role":"user","content":"the sky is blue"}]}"#

/// The answer to the first attempt of a script.
private func answer(_ faults: String, _ operation: Model.Operation = .chat, _ body: String = hi, delay: Double = 0) throws -> AnswerScript {
    let step = try #require(try parse(faults).step(0))
    return withBytes(body) { devScript($0, operation, delay: delay, step: step) }
}

private func text(_ script: AnswerScript) -> String { String(decoding: script.steps.flatMap { $0.bytes }, as: UTF8.self) }

private func error(_ script: AnswerScript) throws -> [String: Any] {
    try #require(try parsed(text(script))["error"] as? [String: Any])
}

@Suite struct FaultScripts {
    @Test func everyMemberIsRead() throws {
        let all = try parse("""
            {"sequence": [429, "ok", {"ok": true}, {"status": 503, "headers": {"Retry-After": "2", "x-a": "b"}, "body": "no\\nway"},
             {"error": {"message": "m", "code": 1.50}, "error_at_chunk": 3}, {"stall_at_chunk": 0, "first_byte_delay": 0.25},
             {"truncate_at_chunk": 4}, {"length": "short"}, {"length": "long"}, {"empty": true}, {"html": true}, {"reset": true}, {"refuse": true}]}
            """)
        var expected = (0..<13).map { _ in FaultStep() }
        expected[0].status = 429
        expected[3].status = 503
        expected[3].headers = [Header(name: "Retry-After", value: "2"), Header(name: "x-a", value: "b")]
        expected[3].body = "no\nway"
        expected[4].error = #"{"message":"m","code":1.50}"#
        expected[4].errorAtChunk = 3
        expected[5].stallAtChunk = 0
        expected[5].firstByteDelay = 0.25
        expected[6].truncateAtChunk = 4
        expected[7].length = .short
        expected[8].length = .long
        expected[9].empty = true
        expected[10].html = true
        expected[11].reset = true
        expected[12].refuse = true
        #expect(all.steps == expected)
        for (index, step) in all.steps.enumerated() where index != 1 && index != 2 { #expect(step != FaultStep()) }
    }

    @Test(arguments: ["503", #"{"status": 503}"#, #"{"sequence": [503]}"#, #"{"sequence": [{"status": 503}]}"#])
    func oneStepIsASequenceOfOne(_ json: String) throws {
        let script = try parse(json)
        #expect(script.steps.count == 1 && script.step(7)?.status == 503)
    }

    @Test func theLastStepRepeats() throws {
        let script = try parse(#"{"sequence": [429, 500, "ok"]}"#)
        #expect([-1, 0, 1, 2, 3, Int.max].map { script.step($0)?.status } == [429, 429, 500, 200, 200, 200])
        #expect(FaultScript().step(0) == nil)
    }

    @Test(arguments: [
        ("{\"sequence\": []}", "`gatelet.faults.sequence` must not be empty"),
        ("{\"sequence\": 5}", "`gatelet.faults.sequence` must be an array"),
        ("{\"sequence\": [1, 2], \"status\": 500}", "`gatelet.faults.status` is not a known member"),
        ("{\"sequence\": [429, {\"sequence\": [500]}]}", "`gatelet.faults.sequence[1].sequence` is not a known member"),
        ("{\"sequence\": [\"fine\"]}", "`gatelet.faults.sequence[0]` must be a status, \"ok\" or an object"),
        ("null", "`gatelet.faults` must be a status, \"ok\" or an object"),
        ("[429]", "`gatelet.faults` must be a status, \"ok\" or an object"),
        ("100", "`gatelet.faults` must be an integer from 200 to 599"),
        ("{\"status\": 600}", "`gatelet.faults.status` must be an integer from 200 to 599"),
        ("{\"status\": \"500\"}", "`gatelet.faults.status` must be an integer"),
        ("{\"ok\": false}", "`gatelet.faults.ok` must be true"),
        ("{\"headers\": {\"a b\": \"c\"}}", "`gatelet.faults.headers[\"a b\"]` must be a header name"),
        ("{\"headers\": {\"a\": \"c\\r\\nd\"}}", "`gatelet.faults.headers.a` must not contain line breaks or other control characters"),
        ("{\"headers\": {\"a\": 2}}", "`gatelet.faults.headers.a` must be a string"),
        ("{\"body\": {}}", "`gatelet.faults.body` must be a string"),
        ("{\"error\": \"x\"}", "`gatelet.faults.error` must be an object"),
        ("{\"error_at_chunk\": -1}", "`gatelet.faults.error_at_chunk` must be an integer from 0 to 1000000"),
        ("{\"stall_at_chunk\": 1.5}", "`gatelet.faults.stall_at_chunk` must be an integer from 0 to 1000000"),
        ("{\"truncate_at_chunk\": true}", "`gatelet.faults.truncate_at_chunk` must be an integer"),
        ("{\"first_byte_delay\": -1}", "`gatelet.faults.first_byte_delay` must be 0 to 86400 seconds"),
        ("{\"length\": \"wrong\"}", "`gatelet.faults.length` must be one of short, long"),
        ("{\"empty\": 1}", "`gatelet.faults.empty` must be true or false"),
        ("{\"html\": 1}", "`gatelet.faults.html` must be true or false"),
        ("{\"reset\": 1}", "`gatelet.faults.reset` must be true or false"),
        ("{\"refuse\": 1}", "`gatelet.faults.refuse` must be true or false"),
        ("{\"colour\": 1}", "`gatelet.faults.colour` is not a known member"),
        ("{\"status\": 1, \"status\": 2}", "`gatelet.faults.status` occurs twice"),
    ])
    func complaintsNameThePlace(_ json: String, _ message: String) {
        #expect(complaint(json) == message)
        #expect(failure { () throws(Failure) in try parse(json) }?.status == .json)
    }

    @Test func aDevelopmentProviderMayHaveThemAndNoOther() throws {
        func draft(_ json: String) throws(Failure) -> Provider {
            let draft = ProviderDraft(id: "flaky", checkMapping: { _ in })
            let document: JSONDocument
            do throws(JSONProblem) { document = try JSONDocument(json) } catch { throw Failure(.json, "") }
            try draft.apply(ConfigValue(document, path: "providers.flaky"))
            return Provider(draft.parts)
        }
        #expect(try draft(#"{"faults": 429, "dialect": "dev"}"#).requests.faults?.step(0)?.status == 429)
        #expect(try draft(#"{"dialect": "dev"}"#).requests.faults == nil)
        #expect(failure { () throws(Failure) in try draft(#"{"base_url": "https://a.example", "faults": 429}"#) }?.message
            == "providers.flaky: faults need the dialect dev")
        let wrong = failure { () throws(Failure) in try draft(#"{"dialect": "dev", "faults": {"sequence": [{"status": 1}]}}"#) }
        #expect(wrong?.status == .config)
        #expect(wrong?.message == "providers.flaky.faults.sequence[0].status: must be an integer from 200 to 599")
    }
}

@Suite struct FaultAnswers {
    @Test func okIsTheUsualAnswer() throws {
        for operation in [Model.Operation.chat, .chatStream, .completion, .embeddings] {
            let usual = withBytes(hi) { devScript($0, operation, delay: 0.5) }
            #expect(try answer("\"ok\"", operation, delay: 0.5) == usual)
        }
    }

    /// What each status becomes when it is read like a real provider's answer.
    @Test(arguments: [
        (400, Status.badRequest), (401, .auth), (402, .funds), (403, .permission), (404, .notFound), (408, .unavailable), (413, .badRequest),
        (422, .badRequest), (429, .rateLimit), (500, .server), (502, .unavailable), (503, .overloaded), (504, .unavailable), (529, .overloaded),
    ])
    func statusesHaveTheErrorThatFits(_ http: Int, _ status: Status) throws {
        for operation in [Model.Operation.chat, .chatStream, .embeddings] {
            let script = try answer("\(http)", operation)
            #expect(script.httpStatus == http && script.contentType == "application/json" && script.ending == .complete)
            let body = text(script)
            let read = withBytes(body) { body in
                withBytes("") { classify(httpStatus: http, headers: $0, body: body, provider: provider(), model: "m") }
            }
            #expect(read.status == status, "\(body)")
            #expect(RedactedFailure(read, .none).providerMessage == (try error(script))["message"] as? String)
        }
    }

    @Test func headersBodyAndErrorAreTheUsers() throws {
        let own = try answer(#"{"status": 429, "headers": {"Retry-After": "7"}, "error": {"message": "slow", "code": "x"}}"#)
        #expect(own.headers == [Header(name: "Retry-After", value: "7")])
        #expect(try error(own)["message"] as? String == "slow")
        let plain = try answer(#"{"status": 502, "body": "upstream down"}"#)
        #expect(plain.httpStatus == 502 && plain.contentType == "text/plain" && text(plain) == "upstream down")
        #expect(try answer(#"{"body": "{}"}"#).contentType == "application/json")
        let inside = try answer(#"{"error": {"message": "inside 200"}}"#, .chatStream)
        #expect(inside.httpStatus == 200 && text(inside) == #"{"error":{"message":"inside 200"}}"#)
        #expect(try answer(#"{"status": 201}"#).httpStatus == 201)
        #expect(try answer(#"{"status": 200}"#, .chat, "{").httpStatus == 400, "the development provider's own refusal stays")
    }

    @Test func pagesAndEmptyAnswers() throws {
        let page = try answer(#"{"status": 502, "html": true}"#)
        #expect(page.httpStatus == 502 && page.contentType == "text/html" && text(page).contains("<title>502 Bad Gateway</title>"))
        #expect(try answer(#"{"html": true}"#).httpStatus == 200)
        for operation in [Model.Operation.chat, .chatStream] {
            let empty = try answer(#"{"empty": true}"#, operation)
            #expect(empty.httpStatus == 200 && empty.steps.isEmpty && empty.ending == .complete)
        }
    }

    @Test func errorsAmongTheChunks() throws {
        let whole = try answer("\"ok\"", .chatStream)
        for at in [0, 1, 5] {
            let script = try answer(#"{"error_at_chunk": \#(at)}"#, .chatStream)
            #expect(script.httpStatus == 200 && script.ending == .complete && script.steps.count == at + 1)
            #expect(Array(script.steps.prefix(at)) == Array(whole.steps.prefix(at)))
            let last = String(decoding: script.steps[at].bytes, as: UTF8.self)
            #expect(last.hasPrefix("data: {\"error\":{\"message\":\"The server had an error") && last.hasSuffix("}\n\n"))
        }
        let own = try answer(#"{"error_at_chunk": 0, "error": {"message": "mine",\n "code": 429}}"#.replacingOccurrences(of: "\\n", with: "\n"), .chatStream)
        #expect(text(own) == "data: {\"error\":{\"message\":\"mine\",\"code\":429}}\n\n")
        #expect(try answer(#"{"error_at_chunk": 1000}"#, .chatStream) == whole)
        let blocking = try answer(#"{"error_at_chunk": 5, "error": {"message": "mine"}}"#)
        #expect(blocking.httpStatus == 200 && text(blocking) == #"{"error":{"message":"mine"}}"#)
    }

    @Test func stallsComeAfterTheHeaders() throws {
        let whole = try answer("\"ok\"", .chatStream)
        let first = try answer(#"{"stall_at_chunk": 0}"#, .chatStream)
        #expect(first.steps.map(\.delay) == [0, 86400] && text(first) == "" && first.ending == .cut)
        let later = try answer(#"{"stall_at_chunk": 3}"#, .chatStream)
        #expect(later.steps.count == 4 && later.steps[3].delay == 86400 && Array(later.steps.prefix(3)) == Array(whole.steps.prefix(3)))
        let half = try answer(#"{"stall_at_chunk": 1}"#)
        #expect(half.steps.count == 2 && half.steps[1].delay == 86400)
        #expect(try text(answer("\"ok\"")).hasPrefix(text(half)) && !text(half).isEmpty)
    }

    @Test func truncationCutsStreamsAtChunksAndDocumentsInTheMiddle() throws {
        let whole = try answer("\"ok\"", .chatStream), document = try text(answer("\"ok\""))
        for at in [0, 1, 4] {
            let script = try answer(#"{"truncate_at_chunk": \#(at)}"#, .chatStream)
            #expect(script.steps == Array(whole.steps.prefix(at)) && script.ending == .cut)
        }
        #expect(try answer(#"{"truncate_at_chunk": 1000}"#, .chatStream) == whole)
        #expect(try answer(#"{"truncate_at_chunk": 0}"#).steps.isEmpty)
        let half = try text(answer(#"{"truncate_at_chunk": 1}"#))
        #expect(half == String(document.prefix(document.utf8.count / 2)))
        #expect(try text(answer(#"{"truncate_at_chunk": 2}"#)) == document)
    }

    @Test(arguments: [Model.Operation.chat, .chatStream]) func lengthsThatDoNotFit(_ operation: Model.Operation) throws {
        let whole = try text(answer("\"ok\"", operation))
        let long = try answer(#"{"length": "long"}"#, operation)
        #expect(text(long) == whole && long.ending == .cut)
        #expect(long.headers == [Header(name: "content-length", value: String(whole.utf8.count + 1000))])
        let short = try answer(#"{"length": "short"}"#, operation)
        #expect(whole.hasPrefix(text(short)) && !text(short).isEmpty && text(short).utf8.count < whole.utf8.count && short.ending == .cut)
        #expect(short.headers == [Header(name: "content-length", value: String(text(short).utf8.count))])
    }

    @Test func theFirstByteWaits() throws {
        for operation in [Model.Operation.chat, .chatStream] {
            let script = try answer(#"{"first_byte_delay": 2.5}"#, operation), usual = try answer("\"ok\"", operation)
            #expect(script.steps.first == ScriptStep(delay: 2.5, bytes: []) && Array(script.steps.dropFirst()) == usual.steps)
        }
        #expect(try answer(#"{"first_byte_delay": 1, "status": 503}"#).steps.map(\.delay) == [1, 0])
        #expect(try answer(#"{"first_byte_delay": 1, "stall_at_chunk": 0}"#, .chatStream).steps.map(\.delay) == [1, 86400])
    }

    @Test func brokenConnectionsHaveNoResponse() throws {
        let refused = try answer(#"{"refuse": true}"#), reset = try answer(#"{"reset": true, "first_byte_delay": 3}"#, .chatStream)
        #expect(refused.httpStatus == 0 && refused.ending == .refused && text(refused) == "")
        #expect(reset.httpStatus == 0 && reset.ending == .reset && reset.steps == [ScriptStep(delay: 3, bytes: [])])
    }
}
