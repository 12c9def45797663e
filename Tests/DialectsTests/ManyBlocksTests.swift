@testable import Bytes
@testable import Dialects
import JSON
import Model
import Testing
import TestSupport

// What one user of a service may send or make a model say: of one message thousands of blocks, thoughts, calls or results. Each kind is made in
// two sizes, and CPU time of the thread is measured.

private let dialects: [(any Dialect, StaticString)] = [(GeminiDialect(), BlockFormat.gemini), (ResponsesDialect(), BlockFormat.responses), (AnthropicDialect(), BlockFormat.anthropic)]

private func list(_ count: Int, _ reversed: Bool = false, _ element: (Int) -> String) -> String {
    (0..<count).map { element(reversed ? count - 1 - $0 : $0) }.joined(separator: ",")
}

/// Sixteen times as many take about sixteen times as long; 256 times would be each compared with all.
private func expectLinear(_ name: String, _ few: Int = 500, _ work: (Int) throws -> Double) throws {
    var one = Double.infinity, many = Double.infinity
    for _ in 0..<4 where many >= one * 40 || one == .infinity {
        one = try min(one, min(work(few), work(few)))
        many = try min(many, work(few * 16))
    }
    #expect(many < one * 40, "\(name): \(one) and \(many)")
}

private func seconds(_ work: () throws -> Void) rethrows -> Double {
    let start = threadTime()
    try work()
    return threadTime() - start
}

/// Of what a dialect takes to write a request. `messages`: with commas between them.
private func writing(_ dialect: any Dialect, _ messages: String, model: String = "m", _ members: String = "") throws -> Double {
    let request = bytes(#"{"model": "m"\#(members), "messages": [\#(messages)]}"#)
    let view = try readRequest(request, operation: .chat, caps: Caps()), buffer = ByteBuffer()
    return try seconds { try dialect.write(OutgoingRequest(view, request, .chat, for: Provider(ProviderParts()), model: model), into: buffer) }
}

private func call(_ number: Int, _ more: String = "") -> String { #"{"id": "call-\#(number)", "type": "function"\#(more), "function": {"name": "f", "arguments": "{}"}}"# }
private let user = #"{"role": "user", "content": "b"}"#

@Test(arguments: [false, true])
func manyBlocksTakeTheirShareOfTime(reversed: Bool) throws {
    for (dialect, format) in dialects {
        for length in ["", #", "length": 100000000"#, #", "length": 1"#] {
            try expectLinear("\(dialect.name) \(length)") { count in
                let blocks = list(count, reversed) { #"{"format": "\#(format)", "index": \#($0), "at": \#($0 % 7)\#(length), "block": {"type": "x"}}"# }
                return try writing(dialect, #"{"role": "assistant", "content": "\#(String(repeating: "a", count: count * 2))", "provider_blocks": [\#(blocks)]}, \#(user)"#)
            }
        }
    }
}

@Test func manyThoughtsTakeTheirShareOfTime() throws {
    for (dialect, format) in dialects {
        for kind in [#""type": "reasoning.text", "text": "t", "signature": "s""#, #""type": "reasoning.encrypted", "data": "d""#, #""type": "reasoning.summary", "summary": "s""#] {
            try expectLinear("\(dialect.name) \(kind)") { count in
                let details = list(count) { #"{\#(kind), "format": "\#(format)", "id": "call-\#($0)", "index": \#($0), "at": \#($0)}"# }
                return try writing(dialect, #"{"role": "assistant", "content": "a", "tool_calls": [\#(list(count) { call($0) })], "reasoning_details": [\#(details)]}, \#(user)"#)
            }
        }
        try expectLinear("\(dialect.name), of one thought") { count in
            let details = list(count) { _ in #"{"type": "reasoning.summary", "summary": "s", "format": "\#(format)", "id": "rs_1", "index": 0}"# }
            return try writing(dialect, #"{"role": "assistant", "content": "a", "reasoning_details": [\#(details)]}, \#(user)"#)
        }
    }
}

@Test(arguments: ["", #", "extra_content": {"google": {"thought_signature": "s"}}"#])
func manyCallsAndResultsTakeTheirShareOfTime(extra: String) throws {
    for (dialect, _) in dialects {
        for model in ["gemini-3-pro", "m"] {
            try expectLinear("\(dialect.name), in one message") { count in
                let results = list(count, true) { #"{"role": "tool", "tool_call_id": "call-\#($0)", "content": "r"}"# }
                return try writing(dialect, #"{"role": "assistant", "tool_calls": [\#(list(count) { call($0, extra) })]}, \#(results)"#, model: model)
            }
        }
        try expectLinear("\(dialect.name), in turn") { count in
            try writing(dialect, list(count) { #"{"role": "assistant", "tool_calls": [\#(call($0, extra))]}, {"role": "tool", "tool_call_id": "call-\#($0 / 2)", "content": "r"}"# })
        }
        try expectLinear("\(dialect.name), of tools that take text") { count in
            let calls = list(count) { #"{"id": "call-\#($0)", "type": "custom", "custom": {"name": "f", "input": "{}"}}"# }
            return try writing(dialect, #"{"role": "assistant", "tool_calls": [\#(calls)]}, "# + list(count) { #"{"role": "tool", "tool_call_id": "call-\#($0)", "content": "r"}"# })
        }
    }
}

@Test func manyToolsTakeTheirShareOfTime() throws {
    for (dialect, _) in dialects {
        try expectLinear("\(dialect.name)") { count in
            let tools = list(count) { #"{"type": "function", "function": {"name": "f\#($0)", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}}}"# }
            let allowed = list(count, true) { #"{"type": "function", "function": {"name": "f\#($0)"}}"# }
            return try writing(dialect, user, #", "tools": [\#(tools)], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [\#(allowed)]}}"#)
        }
    }
}

/// Properties that are required, and references to as many definitions, each of which refers to the next two.
@Test func largeSchemasTakeTheirShareOfTime() throws {
    try expectLinear("Gemini") { count in
        let properties = list(count) { ##""p\##($0)": {"$ref": "#/$defs/d\##($0)"}"## }, required = list(count, true) { #""p\#($0)""# }
        let definitions = list(count) { ##""d\##($0)": {"type": "object", "properties": {"a": {"$ref": "#/$defs/d\##(min(count - 1, $0 / 90 * 90 + 90))"}, "b": {"type": "string"}}}"## }
        let schema = #"{"type": "object", "properties": {\#(properties)}, "required": [\#(required)], "$defs": {\#(definitions)}}"#
        return try writing(GeminiDialect(), user, #", "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": \#(schema)}}"#)
    }
}

// MARK: - Surfaces

@Test func manyBlocksOfAMessagesRequestTakeTheirShareOfTime() throws {
    for block in [#"{"type": "thinking", "thinking": "t", "signature": "s"}"#, #"{"type": "tool_use", "id": "call-%", "name": "f", "input": {}}"#,
                  #"{"type": "text", "text": "t", "citations": [{"type": "x"}]}"#, #"{"type": "server_tool_use", "id": "s", "name": "n", "input": {}}"#] {
        try expectLinear(block) { count in
            let blocks = list(count) { block.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "\($0)") }
            let request = bytes(#"{"model": "m", "max_tokens": 9, "messages": [{"role": "assistant", "content": [\#(blocks)]}, {"role": "user", "content": "b"}]}"#)
            return try seconds { _ = try readMessages(request, caps: Caps()) }
        }
    }
}

@Test(arguments: [false, true])
func manyBlocksOfAMessagesAnswerTakeTheirShareOfTime(reversed: Bool) throws {
    for length in ["", #", "length": 3"#, #", "length": 100000000"#] {
        try expectLinear("blocks \(length)") { count in
            let blocks = list(count, reversed) { #"{"format": "\#(BlockFormat.anthropic)", "index": \#($0), "at": \#($0 * 4)\#(length), "block": {"type": "x", "citations": []}}"# }
            let details = list(count, reversed) { #"{"type": "reasoning.text", "text": "t", "index": \#($0), "at": \#($0)}"# }
            let text = String(repeating: "abcd", count: count)
            let answer = ByteBuffer()
            _ = answer.append(bytes(#"{"id": "i", "model": "m", "choices": [{"index": 0, "message": {"content": "\#(text)", "reasoning_details": [\#(details)], "provider_blocks": [\#(blocks)], "tool_calls": [\#(list(count) { call($0) })]}, "finish_reason": "stop"}]}"#))
            return seconds { #expect(renderMessage(answer)) }
        }
    }
}

@Test func manyItemsOfAResponsesRequestTakeTheirShareOfTime() throws {
    try expectLinear("calls, and what they are sent back with") { count in
        let kept = list(count, true) { #"{\"type\":\"gatelet.call\",\"id\":\"call-\#($0)\",\"extra_content\":{}}"# }
        let calls = list(count) { #"{"type": "function_call", "call_id": "call-\#($0)", "name": "f", "arguments": "{}"}, {"type": "reasoning", "summary": [], "encrypted_content": "x"}"# }
        let request = bytes(#"{"input": [{"type": "reasoning", "summary": [], "encrypted_content": "gatelet1.[\#(kept)]"}, \#(calls), {"role": "user", "content": "b"}]}"#)
        return try seconds { _ = try translateResponses(request, caps: Caps()) }
    }
}

@Test func manyBlocksOfAResponseTakeTheirShareOfTime() throws {
    try expectLinear("thoughts, blocks and annotations") { count in
        let blocks = list(count) { #"{"format": "\#(BlockFormat.anthropic)", "index": \#($0), "at": 0, "block": {"type": "x"}}"# }
        let details = list(count) { #"{"type": "reasoning.text", "text": "t", "index": \#($0)}"# }
        let annotations = list(count) { _ in #"{"type": "url_citation", "url_citation": {"url": "u"}}"# }
        let answer = ByteBuffer()
        _ = answer.append(bytes(#"{"id": "i", "model": "m", "choices": [{"index": 0, "message": {"content": "t", "reasoning_details": [\#(details)], "annotations": [\#(annotations)], "provider_blocks": [\#(blocks)], "tool_calls": [\#(list(count) { call($0) })]}, "finish_reason": "stop"}]}"#))
        return seconds { #expect(renderResponse(answer, for: nil)) }
    }
}

// MARK: - Answers

/// Whole answers of each dialect, and streams with a chunk for each piece.
@Test func manyPiecesOfAnAnswerTakeTheirShareOfTime() throws {
    func answering(_ dialect: any Dialect, _ document: String) throws -> Double {
        let body = ByteBuffer(), provider = Provider(ProviderParts())
        _ = body.append(bytes(document))
        return try seconds { _ = try dialect.answer(body, to: UnsafeRawBufferPointer(start: nil, count: 0), operation: .chat, provider: provider, model: "m", depth: 64) }
    }
    try expectLinear("Gemini") { count in
        let parts = list(count) { #"{"text": "t", "thoughtSignature": "s"}, {"functionCall": {"name": "f", "id": "call-\#($0)"}}, {"executableCode": {"code": "c"}}"# }
        return try answering(GeminiDialect(), #"{"candidates": [{"content": {"parts": [\#(parts)]}, "finishReason": "STOP"}]}"#)
    }
    try expectLinear("Anthropic") { count in
        let blocks = list(count) { #"{"type": "thinking", "thinking": "t", "signature": "s"}, {"type": "text", "text": "t"}, {"type": "tool_use", "id": "call-\#($0)", "name": "f", "input": {"a": 1}}, {"type": "x"}"# }
        return try answering(AnthropicDialect(), #"{"id": "i", "type": "message", "role": "assistant", "model": "m", "content": [\#(blocks)], "stop_reason": "end_turn"}"#)
    }
    try expectLinear("Responses") { count in
        let items = list(count) { #"{"type": "reasoning", "id": "r\#($0)", "summary": [], "encrypted_content": "x"}, {"type": "function_call", "call_id": "call-\#($0)", "name": "f", "arguments": "{}"}, {"type": "web_search_call"}"# }
        return try answering(ResponsesDialect(), #"{"id": "i", "model": "m", "status": "completed", "output": [\#(items)]}"#)
    }
}

/// Servers that say a call's name with each piece of its arguments, and no id.
@Test func longArgumentsUnderARepeatedNameTakeTheirShareOfTime() throws {
    try expectLinear("assembled") { count in
        let assembler = ChunkAssembler(form: .chat, limit: 64 << 20)
        let chunks = (0...count).map { bytes(#"{"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "\#($0 == 0 ? "{" : #"\"a\":1,"#)"}}]}}]}"#) }
        return try seconds {
            for chunk in chunks {
                let view = try scanChunk(chunk, form: .chat, depthLimit: 64).view
                #expect(assembler.add(chunk, view))
            }
        }
    }
}
