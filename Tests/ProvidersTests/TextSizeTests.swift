@testable import Bytes
@testable import Dialects
@testable import JSON
@testable import Model
import Testing

@Suite struct TextSizeTests {
    private func size(_ raw: String) -> TextSize {
        var size = TextSize()
        withBytes(raw) { size.add(json: $0) }
        return size
    }

    /// Characters, not bytes on the wire: a script is as long as it is, escaped or not.
    @Test(arguments: [
        ("", 0, 0), ("abcd", 4, 4), ("a\\nb\\\"", 4, 4), ("é", 2, 2), ("\\u00e9", 2, 2), ("\\u0041", 1, 1), ("Привет", 12, 12), ("中文", 8, 6), ("\\u4e2d\\u6587", 8, 6),
        ("สวัสดี", 24, 18), ("नमस्ते", 24, 18), ("안녕", 8, 6), ("😀", 4, 4), ("\\ud83d\\ude00", 4, 4), ("\\uD83D\\uDE00", 4, 4), ("\\", 1, 1), ("\\u12", 3, 3),
        ("\\udc00\\udc00", 8, 6), ("\\ud83d", 4, 3), ("\\ud83dx", 5, 4), ("\\ud83d\\u0041", 5, 4),
    ])
    func characters(_ raw: String, _ quarters: Int, _ bytes: Int) {
        let found = size(raw)
        #expect(found.quarters == quarters && found.bytes == bytes, "\(raw): \(found)")
    }

    /// As the decoder of JSON has it.
    @Test func decodedBytes() {
        for raw in ["plain", "\\u00e9\\t\\u4e2d\\ud83d\\ude00 x\\\\", "汉字\\n\\/"] {
            let decoded = ByteBuffer()
            withBytes(raw) { #expect(appendDecodedJSON($0, to: decoded)) }
            #expect(size(raw).bytes == decoded.count)
        }
    }

    private func answer(_ choices: String) -> Int {
        var text = AnswerText()
        withBytes(choices) { text.add(choices: JSONView(trusted: $0)) }
        return text.size.quarters
    }

    @Test(arguments: [
        (#"[{"message":{"content":"abcd"}},{"index":1,"message":{"content":"efgh"}}]"#, 8), (#"[{"delta":{"content":"中文"}}]"#, 8), (#"[{"text":"abcd"},{"text":"e"}]"#, 5),
        (#"[{"message":{"content":[{"type":"text","text":"abcd"},{"type":"thinking","thinking":[{"type":"text","text":"ef"}]},{"type":"image_url","image_url":{"url":"data:xxxxxxxxxx"}}]}}]"#, 6),
        (#"[{"message":{"content":"a","reasoning":"bcd","reasoning_content":"bcd","reasoning_details":[{"type":"reasoning.text","text":"bcd"}]}}]"#, 4),
        (#"[{"message":{"content":null,"reasoning_details":[{"type":"reasoning.summary","summary":"abcd"},{"type":"reasoning.encrypted","data":"xxxxxxxx"}]}}]"#, 4),
        (#"[{"message":{"tool_calls":[{"id":"xxxxxxxx","function":{"name":"get","arguments":"{\"a\":\"中\"}"}},{"function":{"name":"f","arguments":{"b":1}}}]}}]"#, 3 + 12 + 1 + 7),
        (#"[{"message":{"function_call":{"name":"f","arguments":"{}"},"refusal":"abc"}}]"#, 6), (#"[{"message":{"audio":{"id":"xxxx","data":"xxxxxxxx","transcript":"abcd"}}}]"#, 4),
        ("[]", 0), ("[1,null,{}]", 0), ("7", 0),
    ])
    func allThatAnAnswerGives(_ choices: String, _ quarters: Int) { #expect(answer(choices) == quarters, "\(choices)") }
}

@Suite struct PromptBoundTests {
    private func bound(_ json: String) throws -> PromptBound {
        try withBytes(json) { (bytes: UnsafeRawBufferPointer) throws(Failure) in
            promptBound(try readRequest(bytes, operation: .chat, caps: Caps()), bytes)
        }
    }

    private func content(_ content: String, _ more: String = "") throws -> PromptBound { try bound("{\"messages\":[{\"role\":\"user\",\"content\":\(content)}]\(more)}") }

    @Test func everyByteOfAText() throws {
        let text = String(repeating: "汉", count: 300)
        #expect(try content("\"\(text)\"").bytes >= 900)
        let more = #","system":"12345678","tools":[{"type":"function","function":{"name":"f"}}],"model":"long-name-that-is-none-of-it""#
        let plain = try content("\"x\""), with = try content("\"x\"", more)
        #expect(with.bytes - plain.bytes == 10 + #"[{"type":"function","function":{"name":"f"}}]"#.utf8.count)
        #expect(with.hasTools && !with.hasServerTools && !plain.hasTools && plain.messages == 1)
    }

    @Test func picturesSoundsAndFiles() throws {
        let data = String(repeating: "A", count: 4000)
        let picture = try content("[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,\(data)\"}}]")
        #expect(picture.images == 1 && picture.bytes < 100 && !picture.hasFiles)
        #expect(picture.tokens("gpt-4o", context: nil) ?? 0 > 10_000 && picture.tokens("someone/new", context: nil) ?? 0 > 50_000)
        let sound = try content("[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"\(data)\"}}]")
        #expect(sound.sounds == 1 && sound.soundBytes > 4000 && sound.bytes < 100)
        for type in ["file", "video_url", "document", "something_new"] {
            let file = try content("[{\"type\":\"\(type)\"}]")
            #expect(file.hasFiles && file.tokens("m", context: nil) == nil && file.tokens("m", context: 128_000) == 128_000)
        }
    }

    @Test(arguments: [
        (#","web_search_options":{}"#, true), (#","plugins":[{"id":"web"}]"#, true), (#","tools":[{"type":"web_search_20250305"}]"#, true), (#","enable_search":true"#, true),
        (#","enable_search":false"#, false), (#","plugins":null"#, false), (#","tools":[{"type":"custom"}]"#, false), (#","note":"plugins""#, false),
    ])
    func serverTools(_ more: String, _ wanted: Bool) throws { #expect(try content("\"x\"", more).hasServerTools == wanted) }

    @Test(arguments: [("acme/m:online", true), ("perplexity/sonar-pro", true), ("gpt-4o-Search-preview", true), ("compound-beta", true), ("gpt-5", false)])
    func modelsThatSearch(_ model: String, _ wanted: Bool) { #expect(mayUseServerTools(model) == wanted) }

    @Test func cacheWrites() throws {
        let hour = try content(#"[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}]"#)
        let short = try content(#"[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]"#)
        let spoken = try content(#""\"cache_control\":{\"ttl\":\"1h\"}""#)
        #expect(hour.writesCache && hour.writesHour && short.writesCache && !short.writesHour && !spoken.writesCache && !spoken.writesHour)
    }
}
