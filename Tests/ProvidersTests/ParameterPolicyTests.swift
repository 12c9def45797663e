@testable import Bytes
@testable import Dialects
import Foundation
@testable import Model
import Testing

/// Rules of a row for parameters, and what is read from a refusal of one.
struct ParameterPolicyTests {
    /// What is sent, and what is warned of: "code path".
    private func sent(_ json: String, _ rules: [ParameterRule], model: String = "m") throws -> (body: String, warnings: [String]) {
        try withBytes(json) { bytes in
            let view = try readRequest(bytes, operation: .chat, caps: Caps()), out = ByteBuffer()
            var request = OutgoingRequest(view, bytes, .chat, for: provider { $0.requests.parameters = rules }, model: model)
            let obeyed = try request.obeyRules(Caps())
            defer { obeyed?.keepAlive() }
            try Dialects.spoken(by: request.provider).write(request, into: out)
            return (text(out), request.warnings.list.map { "\($0.code.rawValue) \($0.path)" })
        }
    }

    @Test func numbersAreClamped() throws {
        let rules = [rule("temperature") { $0.least = ParameterBound(0.5, "0.5"); $0.most = ParameterBound(1, "1") }]
        for (given, wanted, warned) in [("0", "0.5", true), ("0.5", "0.5", false), ("1", "1", false), ("1.0e0", "1.0e0", false), ("1.01", "1", true), ("2", "1", true),
                                        ("\"hot\"", "\"hot\"", false)] {
            let found = try sent(#"{"messages":[1],"temperature":\#(given),"n":1}"#, rules)
            #expect(found.body == #"{"messages":[1],"temperature":\#(wanted),"n":1,"model":"m"}"#)
            #expect(found.warnings == (warned ? ["clamped temperature"] : []))
        }
        #expect(try sent(#"{"messages":[1],"temperature":null}"#, rules).body == #"{"messages":[1],"model":"m"}"#)
        let renamed = try sent(#"{"messages":[1],"max_tokens":9000}"#, [rule("max_tokens") { $0.rename = "limit"; $0.most = ParameterBound(4096, "4096") }])
        #expect(renamed.body == #"{"messages":[1],"limit":4096,"model":"m"}"# && renamed.warnings == ["clamped max_tokens"])
    }

    @Test func zeroSurvives() throws {
        #expect(try sent(#"{"messages":[1],"temperature":0}"#, [rule("temperature") { $0.most = ParameterBound(1, "1") }, rule("seed") { $0.isDropped = true }]).body
            == #"{"messages":[1],"temperature":0,"model":"m"}"#)
    }

    @Test func whatIsDroppedIsWarnedOf() throws {
        let found = try sent(#"{"messages":[1],"seed":1,"n":1}"#, [rule("seed") { $0.isDropped = true }])
        #expect(found.body == #"{"messages":[1],"n":1,"model":"m"}"# && found.warnings == ["dropped seed"])
    }

    @Test func whatIsRejectedIsNamed() {
        let found = failure { () throws(Failure) in
            do { _ = try sent(#"{"messages":[1],"logprobs":true}"#, [rule("logprobs") { $0.isRejected = true }]) } catch let error as Failure { throw error } catch {}
        }
        #expect(found?.status == .unsupported && found?.message.contains("`logprobs`") == true && found?.message.contains("Acme") == true)
        #expect((try? sent(#"{"messages":[1],"logprobs":null}"#, [rule("logprobs") { $0.isRejected = true }])) != nil)
    }

    @Test func rulesHoldForTheirModels() throws {
        let rules = [rule("temperature") { $0.isDropped = true; $0.models = ["o1*", "gpt-5"] }]
        for (model, isDropped) in [("o1", true), ("o1-mini", true), ("gpt-5", true), ("gpt-5-chat-latest", false), ("xo1", false), ("o", false), ("", false)] {
            #expect(try sent(#"{"messages":[1],"temperature":0.7}"#, rules, model: model).warnings.isEmpty != isDropped, "\(model)")
        }
    }

    // MARK: - Refusals

    private func refused(_ body: String, _ answer: String, http: Int = 400, asksUsage: Bool = false, isTried: Bool = false) -> String? {
        let failure = withBytes(answer) { answer in
            withBytes("") { headers in classify(httpStatus: http, headers: headers, body: answer, provider: provider(), model: "m") }
        }
        return withBytes(body) { refusedMember(failure, httpStatus: http, in: $0, asksUsage: asksUsage, isTried: isTried) }?.name
    }

    @Test(arguments: [
        (#"{"error":{"message":"Unsupported parameter: 'temperature' is not supported with this model.","param":"temperature","code":"unsupported_parameter"}}"#, "temperature"),
        (#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.","code":"unsupported_value"}}"#, "temperature"),
        (#"{"error":{"message":"It is not supported.","param":"seed","code":"unsupported_parameter"}}"#, "seed"),
        (#"{"error":{"message":"Unrecognized request argument supplied: top_k"}}"#, "top_k"),
        (#"{"type":"error","error":{"type":"invalid_request_error","message":"top_k: Extra inputs are not permitted"}}"#, "top_k"),
        (#"{"type":"error","error":{"type":"invalid_request_error","message":"`temperature` is deprecated for this model."}}"#, "temperature"),
        (#"{"error":{"message":"property 'top_logprobs' is unsupported","type":"invalid_request_error"}}"#, "top_logprobs"),
        (#"{"error":"Argument not supported on this model: seed"}"#, "seed"),
        (#"{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted","input":1}]}"#, "seed"),
        (#"[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"topK\" at 'generation_config': Cannot find field.","status":"INVALID_ARGUMENT"}}]"#, "topK"),
    ])
    func aRefusedParameterIsFound(answer: String, name: String) {
        let body = #"{"model":"m","messages":[{"seed":1}],"temperature":0,"seed":1,"top_k":3,"logprobs":true,"top_logprobs":2,"user":"u","stop":"a","max_tokens":5,"generationConfig":{"topK":3}}"#
        #expect(refused(body, answer) == name)
        #expect(refused(body, answer, http: 422) == name && refused(body, answer, http: 500) == nil && refused(body, answer, http: 401) == nil)
        #expect(refused(#"{"model":"m","messages":[{"\#(name)":1}]}"#, answer) == nil) // not in the request
        #expect(refused(body, answer, asksUsage: true, isTried: true) == name)
    }

    /// A provider's own words for a member, in the body that its dialect has.
    @Test(arguments: [
        (#"{"reasoning_effort":"low"}"#, #"{"code":"Client specified an invalid argument","error":"Model grok-code-fast-1 does not support parameter reasoningEffort."}"#, "reasoning_effort"),
        (#"{"presence_penalty":1,"frequency_penalty":1}"#, #"{"error":"Model grok-4 does not support parameter presencePenalty."}"#, "presence_penalty"),
        (#"{"reasoning":{"effort":"low","summary":"auto"}}"#, #"{"error":{"message":"Unsupported parameter: 'reasoning.effort' is not supported with this model.","param":"reasoning.effort","code":"unsupported_parameter"}}"#, "effort"),
        (#"{"reasoning":{"effort":"low","summary":"auto"}}"#, #"{"error":{"message":"Unsupported parameter.","param":"reasoning.summary","code":"unsupported_parameter"}}"#, "summary"),
        (#"{"text":{"verbosity":"low","format":{}}}"#, #"{"error":{"message":"It is not supported.","param":"text.verbosity","code":"unsupported_parameter"}}"#, "verbosity"),
        (#"{"store":false,"include":["reasoning.encrypted_content"],"input":[]}"#, #"{"error":{"message":"Encrypted content is not supported with this model.","param":"include"}}"#, "include"),
        (#"{"generationConfig":{"thinkingConfig":{"thinkingBudget":1}}}"#, #"{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"thinkingConfig\" at 'generation_config': Cannot find field."}}"#, "thinkingConfig"),
        (#"{"generationConfig":{"thinkingConfig":{"thinkingBudget":1}}}"#, #"{"error":{"code":400,"message":"Unknown name \"thinking_budget\" at 'generation_config.thinking_config': Cannot find field."}}"#, "thinkingConfig"),
        (#"{"generationConfig":{"thinkingConfig":{"thinkingLevel":"low"}}}"#, #"{"error":{"code":400,"message":"Thinking level is not supported for this model."}}"#, "thinkingConfig"),
        (#"{"thinking":{"type":"adaptive"},"output_config":{"effort":"low"}}"#, #"{"error":{"type":"invalid_request_error","message":"adaptive thinking is not supported on this model"}}"#, "thinking"),
        (#"{"thinking":{"type":"adaptive"},"output_config":{"effort":"low"}}"#, #"{"error":{"type":"invalid_request_error","message":"output_config: Extra inputs are not permitted"}}"#, "effort"),
        (#"{"output_config":{"effort":"low"}}"#, #"{"error":{"message":"output_config.effort: Extra inputs are not permitted"}}"#, "effort"),
        (#"{"messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{}}]}]}"#, #"{"error":{"message":"messages.0.content.0.text.cache_control: Extra inputs are not permitted"}}"#, "cache_control"),
        (#"{"logprobs":true,"top_logprobs":2}"#, #"{"code":"3051","message":"Logprobs are not enabled for this model","object":"error","param":null}"#, "logprobs"),
        (#"{"random_seed":1}"#, #"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","random_seed"],"msg":"Extra inputs are not permitted","input":1}]},"type":"invalid_request_error"}"#, "random_seed"),
    ])
    func aProvidersOwnWordIsFound(body: String, answer: String, name: String) {
        #expect(refused(body, answer) == name)
        #expect(refused("{}", answer) == nil)
    }

    /// Who blames another member of the request speaks of that one, whatever words it has; and a form of the answer is not left out.
    @Test func whatIsNotBlamedStays() {
        let body = #"{"messages":[1],"temperature":0,"output_config":{"format":{}},"reasoning":{"exclude":true}}"#
        #expect(refused(body, #"{"error":{"message":"Unsupported text: 'temperature' is not supported in a message.","param":"messages","code":"invalid_value"}}"#) == nil)
        #expect(refused(body, #"{"error":{"message":"Unsupported text: 'temperature' is not supported in a message.","param":"messages[0].content"}}"#) == nil)
        #expect(refused(body, #"{"error":{"message":"output_config: Extra inputs are not permitted"}}"#) == nil)
        #expect(refused(body, #"{"error":{"message":"Unsupported parameter: 'temperature'","param":"body"}}"#) == "temperature")
    }

    private func member(_ body: String, _ answer: String) -> RefusedMember? {
        let failure = withBytes(answer) { answer in
            withBytes("") { headers in classify(httpStatus: 400, headers: headers, body: answer, provider: provider(), model: "m") }
        }
        return withBytes(body) { refusedMember(failure, httpStatus: 400, in: $0, asksUsage: false, isTried: false) }
    }

    private func left(_ member: RefusedMember?, _ body: String) -> String? {
        let buffer = ByteBuffer()
        _ = buffer.append(body)
        return member.flatMap { without($0, buffer) }.map { text($0) }
    }

    @Test func aRefusedValueIsThatValue() {
        for answer in [#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.5 with this model.","param":"temperature","code":"unsupported_value"}}"#,
                       #"{"error":{"message":"'temperature' is not supported: Supported values are: 1","param":"temperature"}}"#] {
            let refused = member(#"{"temperature":0.5,"n":1}"#, answer)
            #expect(left(refused, #"{"temperature":0.5,"n":1}"#) == #"{"n":1}"#)
            #expect(left(refused, #"{"temperature":1,"n":1}"#) == nil)
        }
        let refused = member(#"{"reasoning":{"effort":"minimal","summary":"auto"}}"#, #"{"error":{"message":"Unsupported value: 'minimal' is not supported with this model.","param":"reasoning.effort","code":"unsupported_value"}}"#)
        #expect(left(refused, #"{"reasoning":{"effort":"minimal","summary":"auto"}}"#) == #"{"reasoning":{"summary":"auto"}}"#)
        #expect(left(refused, #"{"reasoning":{"effort":"high"}}"#) == nil)
    }

    @Test func theBoundOfAnAnswerIsRenamed() {
        let answer = #"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens","code":"unsupported_parameter"}}"#
        #expect(left(member(#"{"a":1,"max_tokens":50}"#, answer), #"{"a":1,"max_tokens":50}"#) == #"{"a":1,"max_completion_tokens":50}"#)
        #expect(member(#"{"max_tokens":50,"max_completion_tokens":50}"#, answer) == nil)
    }

    @Test func marksForCachesAreTakenFromWhereTheyStand() {
        let mark = #""cache_control":{"type":"ephemeral"}"#, input = #""input":{"cache_control":1}"#
        let body = #"{\#(mark),"system":[{"text":"s",\#(mark)}],"tools":[{"name":"f",\#(mark),"input_schema":{"cache_control":{}}}],"messages":[{"content":[{"type":"tool_use",\#(input),\#(mark)},{"content":[{"text":"t",\#(mark)}]}]}]}"#
        #expect(left(RefusedMember(name: "cache_control", parameter: "cache_control"), body)
            == #"{"system":[{"text":"s"}],"tools":[{"name":"f","input_schema":{"cache_control":{}}}],"messages":[{"content":[{"type":"tool_use",\#(input)},{"content":[{"text":"t"}]}]}]}"#)
        #expect(left(RefusedMember(name: "thinking", parameter: "reasoning"), #"{"thinking":{},"output_config":{"effort":"low","format":{}}}"#) == #"{"output_config":{"format":{}}}"#)
    }

    @Test func whatCannotBeLeftOutStays() {
        for name in ["stop", "max_tokens", "tools", "response_format", "tool_choice", "messages", "model", "n", "service_tier", "stream"] {
            #expect(refused(#"{"model":"m","messages":[1],"stop":"a","max_tokens":5,"tools":[],"response_format":{},"tool_choice":"auto","n":2,"service_tier":"flex","stream":true}"#,
                            #"{"error":{"message":"Unsupported parameter: '\#(name)' is not supported with this model.","param":"\#(name)"}}"#) == nil, "\(name)")
        }
        // A word of the sentence, and a complaint of another kind.
        for message in ["A user message is not supported here", "temperature must be between 0 and 2", "The seed was planted"] {
            #expect(refused(#"{"user":"u","temperature":3,"seed":1}"#, #"{"error":{"message":"\#(message)"}}"#) == nil, "\(message)")
        }
    }

    @Test func bodiesAreWrittenWithout() {
        func left(_ body: String, _ name: String, _ parameter: String) -> String? {
            let buffer = ByteBuffer()
            _ = buffer.append(body)
            return without(RefusedMember(name: name, parameter: parameter), buffer).map { text($0) }
        }
        #expect(left(#"{"a":1,"seed":2,"b":{"seed":3}}"#, "seed", "seed") == #"{"a":1,"b":{"seed":3}}"#)
        #expect(left(#"{"a":1}"#, "seed", "seed") == nil)
        #expect(left(#"{"generationConfig":{"topK":1},"a":[]}"#, "topK", "top_k") == #"{"a":[]}"#)
        #expect(left(#"{"generationConfig":{"topK":1,"topP":0.5},"stream_options":{"include_usage":true}}"#, "topK", "top_k")
            == #"{"generationConfig":{"topP":0.5},"stream_options":{"include_usage":true}}"#)
        #expect(left(#"{"logprobs":true,"top_logprobs":2,"n":1}"#, "logprobs", "logprobs") == #"{"n":1}"#)
        #expect(left(#"{"a":1,"stream_options":{"include_usage":true,"b":[2]}}"#, "include_usage", "stream_options") == #"{"a":1,"stream_options":{"b":[2]}}"#)
        #expect(left(#"{"a":1,"stream_options":{"include_usage":true}}"#, "include_usage", "stream_options") == #"{"a":1}"#)
    }
}
