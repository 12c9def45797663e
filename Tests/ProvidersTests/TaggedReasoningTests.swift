@testable import Bytes
@testable import Dialects
import Foundation
@testable import Model
import Testing

/// Reasoning between tags at the beginning of a text.
struct TaggedReasoningTests {
    private func taken(_ pieces: [String]) -> (reasoning: String, content: String) {
        var splitter = TagSplitter("think")
        let reasoning = ByteBuffer(), content = ByteBuffer()
        for (number, piece) in pieces.enumerated() {
            withBytes(piece) { piece in
                let ok = splitter.take(piece, isLast: number == pieces.count - 1, reasoning: reasoning, content: content)
                #expect(ok)
            }
        }
        return (text(reasoning), text(content))
    }

    /// Bodies of JSON strings, and what is found in them.
    private static let texts = [
        ("<think>a</think>b", "a", "b"), (#"\n<think>\n a\n</think>\n\nb"#, "a", "b"), (#"\u003cthink\u003Ea\u003c/think\u003eb"#, "a", "b"),
        (#"<think>a<\/think>b"#, "a", "b"), ("<think></think>b", "", "b"), ("<think>a", "a", ""), ("<think>a</thin", "a</thin", ""), ("<think>a<b></think>c", "a<b>", "c"),
        ("<think>a</think>", "a", ""), ("b<think>a</think>", "", "b<think>a</think>"), ("<thinking>a", "", "<thinking>a"), ("<thin", "", "<thin"), ("", "", ""),
        (#" \n"#, "", #" \n"#), (#" b"#, "", " b"), ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"), ("<think>a<</think>b", "a<", "b"),
        (#"<think>a \n b \t </think>c"#, #"a \n b"#, "c"), (#"<think>a \n</thin"#, #"a \n</thin"#, ""), (#"<think>a \n"#, #"a \n"#, ""),
        (#"<think>\ud83d\ude00é\"</think>\\n"#, #"\ud83d\ude00é\""#, #"\\n"#),
    ]

    @Test(arguments: texts) func aTextIsSplit(text: String, reasoning: String, content: String) {
        let found = taken([text])
        #expect(found.reasoning == reasoning && found.content == content)
    }

    /// Wherever chunks begin: between any two characters and escapes.
    @Test(arguments: texts) func atEveryPlace(text: String, reasoning: String, content: String) {
        var units: [String] = [], rest = Substring(text)
        while let first = rest.first {
            let count = first != "\\" ? 1 : rest.hasPrefix("\\u") ? 6 : 2
            units.append(String(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        #expect(taken(units.isEmpty ? [""] : units) == (reasoning, content))
        for cut in 0...units.count {
            #expect(taken([units[..<cut].joined(), units[cut...].joined()]) == (reasoning, content), "\(cut)")
            #expect(taken([units[..<cut].joined(), "", units[cut...].joined(), ""]) == (reasoning, content), "\(cut)")
        }
    }

    @Test func answersAreWrittenAnew() throws {
        func split(_ json: String) throws -> String {
            let body = ByteBuffer()
            _ = body.append(json)
            try splitReasoning(body, "think", depth: 32)
            return text(body)
        }
        #expect(try split(#"{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"<think>a</think>b"},"finish_reason":"stop"},{"index":1,"message":{"content":"c"}}],"usage":{}}"#)
            == #"{"id":"x","choices":[{"index":0,"message":{"role":"assistant","reasoning":"a","content":"b"},"finish_reason":"stop"},{"index":1,"message":{"content":"c"}}],"usage":{}}"#)
        for same in [#"{"choices":[{"message":{"content":null,"tool_calls":[]}}]}"#, #"{"choices":[{"message":{"reasoning_content":"r","content":"<think>a</think>b"}}]}"#, "nonsense", "[1]",
                     #"{"choices":[1,{"message":2},{"index":99,"message":{"content":"<think>a"}},{"index":-1}]}"#] {
            #expect(try split(same) == same)
        }
    }

    @Test func streamsAreWrittenAnew() {
        let reader = TaggedStreamReader(OpenAIStreamReader(.chat, Caps()), "think", depth: 32)
        var found: [String] = []
        func read(_ event: String) {
            withBytes(event) { event in
                withBytes("") { name in
                    _ = reader.read(event, name: name) { view, chunk in
                        let content = String(decoding: chunk[view.content], as: UTF8.self), reasoning = String(decoding: chunk[view.reasoning], as: UTF8.self)
                        found.append("\(reasoning)|\(content)\(view.hasContent ? "" : " -")\(view.repeats ? " again" : "")")
                        return true
                    }
                }
            }
        }
        func piece(_ text: String, _ index: Int = 0) -> String { #"{"id":"x","choices":[{"index":\#(index),"delta":{"content":"\#(text)"},"finish_reason":null}]}"# }
        for text in ["<thi", "nk>a", "b<", "/think>", #"\n"#, "c", "d", "e"] { read(piece(text)) }
        #expect(found == ["| -", "a|", "b|", "| -", "| -", "|c", "|d", "|e again"])
        found = []
        read(piece("<think>", 1))
        read(piece("x<", 1))
        read("[DONE]")
        #expect(found.count == 3) // what was held of the other choice comes at the end
    }
}
