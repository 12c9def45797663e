@testable import Bytes
@testable import Dialects
import Foundation
@testable import JSON
@testable import Model
import Testing

/// The answer out of events; `reads`: the reader of the stream has read each before, as it does in a call. nil: it did not fit.
private func passed(_ surface: Surface, _ events: [String], reads: Bool = true, limit: Int = 1 << 20, _ end: RequestEnd = .finished) -> NSDictionary? {
    let answer = Surfaces.passedAnswer(of: surface, limit: limit)!
    let reader: any StreamReader = surface == .messages ? AnthropicStreamReader(Caps(), to: UnsafeRawBufferPointer(start: nil, count: 0)) : ResponsesStreamReader(Caps())
    for event in events {
        if reads { _ = reader.read(bytes(event), name: bytes("")) { answer.take($0, $1); return true } }
        if !answer.take(event: bytes(event), name: bytes("")) { return nil }
    }
    return Surfaces.render(answer, end, nil, report: bytes("{}")).flatMap { parsed(text($0)) }
}

private func text(_ buffer: ByteBuffer) -> String {
    defer { buffer.keepAlive() }
    return String(decoding: buffer.bytes, as: UTF8.self)
}

private let started = #"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"c","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}"#
private let over = [#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":9}}"#, #"{"type":"message_stop"}"#]

private func begin(_ index: Int, _ block: String) -> String { #"{"type":"content_block_start","index":\#(index),"content_block":{\#(block)}}"# }
private func delta(_ index: Int, _ delta: String) -> String { #"{"type":"content_block_delta","index":\#(index),"delta":{\#(delta)}}"# }
private func more(_ index: Int, _ text: String) -> String { delta(index, #""type":"text_delta","text":"\#(text)""#) }
private func thought(_ index: Int, _ text: String) -> String { delta(index, #""type":"thinking_delta","thinking":"\#(text)""#) }
private func stop(_ index: Int) -> String { #"{"type":"content_block_stop","index":\#(index)}"# }

@Suite struct PassedAnswerTests {
    @Test(arguments: [
        // Characters in two halves, also where the other never comes
        ([begin(0, #""type":"text","text":"""#), more(0, "a\\ud83d"), more(0, "\\ude00b"), more(0, "c\\ud83d")], "[{\"type\":\"text\",\"text\":\"a😀bc\u{FFFD}\"}]"),
        // Blocks in between each other, one that nobody began, one that begins with its text
        ([begin(0, #""type":"text","text":"x""#), begin(1, #""type":"thinking","thinking":"","signature":"""#), more(0, "a"), thought(1, "t"), more(0, "b"), stop(0), thought(1, "u"), stop(1), more(2, "c"), more(2, "d")],
         #"[{"type":"text","text":"xab"},{"type":"thinking","thinking":"tu","signature":""},{"type":"text","text":"cd"}]"#),
        // Input that is no JSON; deltas that nobody knows; a number where a text should be
        ([begin(0, #""type":"tool_use","id":"t","name":"f","input":{}"#), delta(0, #""type":"input_json_delta","partial_json":"{\"a\"""#)], #"[{"type":"tool_use","id":"t","name":"f","input":{"arguments":"{\"a\""}}]"#),
        ([begin(0, #""type":"w","q":"1""#), delta(0, #""type":"w_delta","q":"2","z":[1]"#), delta(0, #""type":"w_delta","q":"3","z":[2]"#), delta(0, "")], #"[{"type":"w","q":"123","z":[1,2]}]"#),
        ([begin(0, #""type":"text","text":5"#), more(0, "a"), delta(-7, #""type":"text_delta","text":"b""#), delta(999_999_999_999, #""x":1"#)], #"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#),
    ])
    func blocks(_ events: [String], _ wanted: String) throws {
        for reads in [true, false] {
            let message = try #require(passed(.messages, [started] + events + over, reads: reads))
            let blocks = try JSONSerialization.jsonObject(with: Data(wanted.utf8)) as? NSArray
            #expect(message["content"] as? NSArray == blocks, "\(reads): \(message)")
            #expect(message["stop_reason"] as? String == "end_turn" && message["usage"] as? NSDictionary == ["input_tokens": 3, "output_tokens": 9])
        }
    }

    @Test func withoutABeginning() {
        let message = passed(.messages, [more(0, "a")], .truncated)
        #expect(message == parsed(#"{"id":"msg_0","type":"message","role":"assistant","model":"","content":[{"type":"text","text":"a"}],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0},"gatelet":{}}"#))
        #expect(passed(.messages, [#"{"type":"ping"}"#, "[DONE]", "{"], .truncated) == nil && passed(.responses, [#"{"type":"x"}"#, "[DONE]", "{", ""], .truncated) == nil)
        #expect(passed(.messages, [started] + over, .truncated)?["stop_reason"] is NSNull)
    }

    /// What an event tells again takes no room again.
    @Test func limits() {
        let long = String(repeating: "x", count: 1000), texts = [String](repeating: #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"\#(long)"}"#, count: 20)
        let part = #"{"type":"output_text","annotations":[],"text":"\#(String(repeating: long, count: 20))"}"#, item = #"{"type":"message","id":"i","content":[\#(part)]}"#
        let events = [#"{"type":"response.created","response":{"id":"r","status":"in_progress","output":[]}}"#, #"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"i","status":"in_progress","content":[]}}"#,
                      #"{"type":"response.content_part.added","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"text":""}}"#] + texts
            + [#"{"type":"response.content_part.done","output_index":0,"content_index":0,"part":\#(part)}"#, #"{"type":"response.output_item.done","output_index":0,"item":\#(item)}"#,
               #"{"type":"response.completed","response":{"id":"r","status":"completed","output":[\#(item)]}}"#]
        for reads in [true, false] {
            #expect(passed(.responses, events, reads: reads, limit: 24_000)?["status"] as? String == "completed")
            #expect(passed(.responses, events, reads: reads, limit: 19_000) == nil)
            #expect(passed(.responses, [String](events[..<13]), reads: reads, limit: 12_000, .truncated) != nil)
        }
        let message = [started, begin(0, #""type":"text","text":"""#)] + [String](repeating: more(0, long), count: 20)
        #expect(passed(.messages, message, limit: 24_000) != nil && passed(.messages, message, limit: 19_000) == nil)
    }

    @Test(arguments: [
        ([#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"a\ud83d"}"#, #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"\ude00"}"#,
          #"{"type":"response.output_text.annotation.added","output_index":0,"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation"}}"#,
          #"{"type":"response.refusal.delta","output_index":0,"content_index":1,"delta":"no"}"#, #"{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"s"}"#],
         #"{"type":"message","id":"i","status":"incomplete","content":[{"type":"output_text","annotations":[{"type":"url_citation"}],"text":"a😀"},{"type":"refusal","refusal":"no"}],"summary":[{"type":"summary_text","text":"s"}]}"#),
        ([#"{"type":"response.content_part.added","output_index":0,"content_index":0,"part":{"type":"output_text","text":"x","annotations":[],"new":1}}"#,
          #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"a"}"#,
          #"{"type":"response.content_part.done","output_index":0,"content_index":0,"part":{"type":"output_text","text":"xa!","annotations":[],"new":2}}"#],
         #"{"type":"message","id":"i","status":"incomplete","content":[{"type":"output_text","text":"xa!","annotations":[],"new":2}]}"#),
    ])
    func itemsThatBrokeOff(_ events: [String], _ wanted: String) throws {
        let item = #"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"i","status":"in_progress","content":[]}}"#
        let response = try #require(passed(.responses, [#"{"type":"response.created","response":{"id":"r","status":"in_progress","output":[],"tools":[1.50]}}"#, item] + events, .cancelled))
        #expect(response == parsed(#"{"id":"r","tools":[1.50],"status":"cancelled","incomplete_details":null,"error":null,"output":[\#(wanted)],"gatelet":{}}"#), "\(response)")
    }
}
