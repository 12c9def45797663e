@testable import Bytes
@testable import Dialects
@testable import JSON
@testable import Model
import Testing

private func read(_ json: String, _ operation: Model.Operation = .chat, request: String = #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#) throws(Failure) -> AnswerView {
    let body = ByteBuffer()
    _ = Array(json.utf8).withUnsafeBytes { body.append($0) }
    var result: Result<AnswerView, Failure>?
    withBytes(request) { request in
        do throws(Failure) {
            result = .success(try readAnswer(body, operation: operation, provider: provider(), model: "m", depth: 512, request: request))
        } catch { result = .failure(error) }
    }
    return try result!.get()
}

private func refused(_ json: String, _ operation: Model.Operation = .chat, request: String = #"{"messages":[{"role":"user","content":"hi"}]}"#) -> Failure? {
    failure { () throws(Failure) in try read(json, operation, request: request) }
}

private func choice(_ message: String, _ rest: String = "") -> String { #"{"choices":[{"index":0,"message":{"role":"assistant",\#(message)}\#(rest)}]}"# }

/// The one judge of blocking answers; Tests/Failover asks the same of streams.
@Suite struct AnswerJudge {
    static let nothing = [
        choice(#""content":null"#), choice(#""content":"""#), choice(#""content":[]"#), choice(#""content":[{"type":"text","text":""}]"#),
        choice(#""content":"","tool_calls":[],"refusal":null,"audio":null"#, #","finish_reason":"stop""#),
        choice(#""content":"""#, #","finish_reason":"tool_calls""#), choice(#""content":"""#, #","finish_reason":"function_call""#),
        choice(#""content":"""#, #","finish_reason":"STOP""#), choice(#""content":"""#, #","finish_reason":"""#),
        #"{"choices":[{"index":0,"message":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":0}}"#,
        #"{"choices":[{}]}"#, #"{"choices":[null]}"#, #"{"choices":[{"message":null},{"message":{"content":null}}]}"#,
    ]

    @Test(arguments: nothing) func nothingIsEmpty(_ json: String) {
        let found = refused(json)
        #expect(found?.status == .empty && found?.retryable == true && found?.httpStatus == 200, "\(json)")
        // Only an answer with neither content nor a finish reason is certainly the provider's fault.
        #expect(found?.mayBeOfRequest == (json.contains("\"stop\"") || json.contains("_call") || json.contains("STOP")), "\(json)")
    }

    @Test(arguments: [
        choice(#""content":"x""#), choice(#""content":[{"type":"text","text":"x"}]"#), choice(#""content":[{"type":"image_url","image_url":{"url":"data:"}}]"#),
        choice(#""reasoning_content":"x""#), choice(#""reasoning":"x""#), choice(#""reasoning_details":[{"type":"reasoning.encrypted","data":"x"}]"#),
        choice(#""refusal":"no""#), choice(#""tool_calls":[{"id":"a"}]"#), choice(#""function_call":{"name":"f"}"#), choice(#""audio":{"id":"a"}"#),
        choice(#""images":[{"type":"image_url"}]"#), choice(#""annotations":[{"type":"url_citation"}]"#), choice(#""reasoning_opaque":"x""#),
        choice(#""thinking":"x""#), #"{"choices":[{"text":"x"}]}"#, #"{"choices":[{"message":{"content":""}},{"message":{"content":"x"}}]}"#,
        // what explains that there is nothing
        choice(#""content":"""#, #","finish_reason":"length""#), choice(#""content":"""#, #","finish_reason":"content_filter""#),
        choice(#""content":"""#, #","finish_reason":"eos_token_new""#),
        #"{"choices":[{"message":{"content":""},"finish_reason":"stop"}],"usage":{"completion_tokens":3}}"#,
    ]) func anythingIsAnAnswer(_ json: String) { #expect(refused(json) == nil, "\(json)") }

    @Test(arguments: [
        #"{"messages":[{"role":"user","content":"hi"}],"stop":"\n"}"#, #"{"messages":[{"role":"user","content":"hi"}],"stop":["a"]}"#,
        #"{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"so"}]}"#,
    ]) func silenceThatWasAllowed(_ request: String) {
        #expect(refused(choice(#""content":"""#, #","finish_reason":"stop""#), request: request) == nil)
        #expect(refused(choice(#""content":"""#), request: request)?.status == .empty)
    }

    @Test func silenceOfACompletion() {
        #expect(refused(#"{"choices":[{"text":"","finish_reason":"stop"}]}"#, .completion, request: #"{"prompt":"a"}"#) == nil)
        #expect(refused(#"{"choices":[{"text":""}]}"#, .completion, request: #"{"prompt":"a"}"#)?.status == .empty)
    }

    @Test(arguments: [#"{"stop":null}"#, #"{"stop":[]}"#, #"{"stop":""}"#, #"{"messages":[]}"#, "{}", #"{"messages":[{"role":"assistant"},{"role":"user"}]}"#])
    func silenceThatWasNot(_ request: String) {
        #expect(refused(choice(#""content":"""#, #","finish_reason":"stop""#), request: request)?.status == .empty)
    }

    @Test(arguments: [
        ("error", Status.unavailable), ("network_error", .unavailable), ("insufficient_system_resource", .overloaded),
        ("malformed_function_call", .badResponse), ("MALFORMED_FUNCTION_CALL", .badResponse), ("abort", .unavailable), ("timeout", .unavailable),
    ]) func finishReasonsThatMeanFailure(_ word: String, _ status: Status) {
        for content in ["", "half of it"] {
            let found = refused(choice(#""content":"\#(content)""#, #","finish_reason":"\#(word)""#))
            let shown = found.map { RedactedFailure($0, .none) }
            #expect(shown?.status == status && shown?.code == word && shown?.providerMessage == word)
        }
    }

    static let errors: [(String, Status, String)] = [
        (#"{"object":"error","message":"it broke","code":500}"#, .server, "it broke"),
        (#"{"object":"error","message":"it broke"}"#, .server, "it broke"),
        (#"{"message":"it broke","code":"internal"}"#, .server, "it broke"),
        (#"{"message":"it broke"}"#, .server, "it broke"), (#"{"Message":"it broke"}"#, .server, "it broke"),
        (#"{"detail":"it broke"}"#, .server, "it broke"), (#"{"detail":[{"loc":["body"],"msg":"it broke","type":"value_error"}]}"#, .server, "it broke"),
        (#"{"errors":[{"code":7003,"message":"it broke"}]}"#, .server, "it broke"), (#"{"errors":["it broke"],"success":false}"#, .server, "it broke"),
        (#"{"type":"error","error":{"type":"overloaded_error","message":"it broke"}}"#, .overloaded, "it broke"),
        (#"{"base_resp":{"status_code":1002,"status_msg":"it broke"},"choices":null}"#, .rateLimit, "it broke"),
        (#"{"choices":[{"message":{"content":""},"finish_reason":"stop"}],"base_resp":{"status_code":1002,"status_msg":"it broke"}}"#, .rateLimit, "it broke"),
        (#"{"success":false,"code":500,"msg":"it broke"}"#, .server, "it broke"), (#"{"success":false,"code":500,"msg":"it broke","choices":[]}"#, .server, "it broke"),
        (#"{"choices":[{"error":{"code":502,"message":"it broke"},"message":{"content":"half"},"finish_reason":"error"}]}"#, .unavailable, "it broke"),
        (#"{"choices":[{"error":{"code":502,"message":"it broke"}}]}"#, .unavailable, "it broke"),
        (#"{"choices":[{"message":{"content":"half"},"finish_reason":null}],"error":{"code":503,"message":"it broke"}}"#, .overloaded, "it broke"),
        (#"{"error":"it broke"}"#, .server, "it broke"), (#"{"error_code":17,"error_msg":"it broke"}"#, .server, "it broke"),
        (#"{"status":"error","message":"it broke"}"#, .server, "it broke"), (#"{"fault":{"faultstring":"it broke"}}"#, .server, "it broke"),
        (#"[{"error":{"code":503,"message":"it broke"}}]"#, .overloaded, "it broke"),
    ]

    @Test(arguments: errors) func errorDocuments(_ json: String, _ status: Status, _ message: String) {
        let found = refused(json)
        #expect(found?.status == status, "\(json): \(String(describing: found?.status))")
        #expect(found.map { RedactedFailure($0, .none).providerMessage } == message, "\(json)")
    }

    /// What stands beside a good answer is no error.
    @Test(arguments: [
        #""error":null"#, #""error":"""#, #""error":false"#, #""error":{}"#, #""error":[]"#, #""error":{"code":0,"message":"success"}"#, #""error":{"message":""}"#,
        #""status_code":0"#, #""code":0"#, #""code":200,"message":"ok""#, #""code":"success""#, #""success":true"#, #""message":{"a":1}"#,
        #""base_resp":{"status_code":0,"status_msg":""}"#, #""detail":"fast""#, #""object":"error""#, #""errors":[]"#, #""msg":"it broke","code":500"#,
    ]) func noErrors(_ members: String) {
        let answer = #"{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],\#(members)}"#
        #expect(refused(answer) == nil, "\(answer)")
    }

    /// An error beside a whole answer is told, and the answer kept.
    @Test func anErrorBesideAWholeAnswer() throws {
        let view = try read(#"{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"error":{"code":429,"message":"later"}}"#)
        #expect(view.lateError == .rateLimit)
        let half = try read(#"{"choices":[{"message":{"content":"x"},"finish_reason":"tool_calls","error":{"code":502,"message":"malformed call"}}]}"#)
        #expect(half.lateError == .unavailable)
    }

    @Test(arguments: [#"{"type":"ping"}"#, #"{"object":"ping","id":"x"}"#, #"{"type":"status","message":"queued"}"#, #"{"code":200,"message":"hello"}"#,
                      #"{"success":true,"message":"hello"}"#, #"{"usage":{"total_tokens":1},"message":"x"}"#, "{}", "null"])
    func newsIsNoError(_ json: String) {
        withBytes(json) { bytes in
            var signs = AnswerSigns()
            #expect(signs.read(JSONView(trusted: bytes)).error == nil, "\(json)")
        }
    }

    @Test func choicesAreCounted() {
        func signs(_ chunks: String...) -> AnswerSigns {
            var signs = AnswerSigns()
            for chunk in chunks { withBytes(#"{"choices":[\#(chunk)]}"#) { _ = signs.read(JSONView(trusted: $0)) } }
            return signs
        }
        let half = signs(#"{"index":0,"delta":{"content":"a"}}"#, #"{"index":1,"delta":{"content":"b"},"finish_reason":"stop"}"#)
        #expect(!half.isWhole && !half.isComplete(asked: 1) && !half.isComplete(asked: 2))
        let whole = signs(#"{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}"#, #"{"index":99,"delta":{"content":"b"},"finish_reason":"length"}"#)
        #expect(whole.isWhole && whole.isComplete(asked: 2) && !whole.isComplete(asked: 3))
    }

    @Test(arguments: [
        (#"{}"#, Model.Operation.chatStream, 1), (#"{"n":null}"#, .chatStream, 1), (#"{"n":3}"#, .chatStream, 3), (#"{"n":"2"}"#, .chatStream, 2), (#"{"n":-5}"#, .chatStream, 1),
        (#"{"n":2,"prompt":["a","b","c"]}"#, .completionStream, 6), (#"{"prompt":[1,2,3]}"#, .completionStream, 1), (#"{"prompt":[[1],[2]]}"#, .completionStream, 2),
        (#"{"n":9223372036854775807,"prompt":["a","b"]}"#, .completionStream, 8192),
    ]) func asked(_ request: String, _ operation: Model.Operation, _ choices: Int) {
        withBytes(request) { #expect(AskedFor($0, operation).choices == choices) }
    }

    @Test(arguments: [
        (#"{"input":"a"}"#, #"{"data":[{"index":0,"embedding":[0.1]}]}"#, true), (#"{"input":[1,2,3]}"#, #"{"data":[{"embedding":"AAAA"}]}"#, true),
        (#"{"input":["a","b"]}"#, #"{"data":[{"index":1,"embedding":[1]},{"index":0,"embedding":[2]}]}"#, true),
        (#"{"input":["a","b"]}"#, #"{"data":[{"index":0,"embedding":[1]}]}"#, false), (#"{"input":"a"}"#, #"{"data":[{"embedding":[1]},{"embedding":[1]}]}"#, false),
        (#"{"input":["a","b"]}"#, #"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#, false),
        (#"{"input":["a","b"]}"#, #"{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}"#, false),
        (#"{"input":["a","b"]}"#, #"{"data":[{"index":-1,"embedding":[1]},{"index":0,"embedding":[1]}]}"#, false),
        (#"{"input":"a"}"#, #"{"data":[{"index":0,"embedding":[]}]}"#, false), (#"{"input":"a"}"#, #"{"data":[{"index":0,"embedding":""}]}"#, false),
        (#"{"input":"a"}"#, #"{"data":[{"index":0}]}"#, false), (#"{"input":"a"}"#, #"{"data":[null]}"#, false), (#"{"input":"a"}"#, #"{"data":[]}"#, false),
        (#"{"input":"a"}"#, #"{"data":[1]}"#, false),
    ]) func embeddings(_ request: String, _ answer: String, _ good: Bool) {
        #expect(refused(answer, .embeddings, request: request)?.status == (good ? nil : .badResponse), "\(answer)")
    }
}
