@testable import Bytes
@testable import Dialects
@testable import Model
@testable import Settings
import Testing

private func refusal(_ json: String, _ operation: Model.Operation = .chat) -> Failure? {
    withBytes(json) { bytes in failure { () throws(Failure) in try readRequest(bytes, operation: operation, caps: Caps()) } }
}

private func place(of text: String, in json: String, after start: Int = 0) throws -> Int {
    let bytes = Array(json.utf8), wanted = Array(text.utf8)
    return try #require(bytes.indices.first { $0 >= start && bytes[$0...].starts(with: wanted) })
}

/// Whatever Gatelet reads may stand in a request once: two readers of it could differ in which of two they take.
@Suite struct RequestMembersTests {
    private static let known = KnownMember.allCases.filter { $0 != .other }

    /// A value that the front door accepts.
    private func value(_ member: KnownMember) -> String {
        switch member {
        case .model, .prompt, .input: #""a""#
        case .messages: "[1]"
        case .stream: "true"
        case .streamOptions, .gatelet, .usage, .provider: "{}"
        default: "null"
        }
    }

    @Test(arguments: known) func twiceIsAnError(_ member: KnownMember) throws {
        let name = String(describing: member.name), value = value(member)
        let rest = member == .messages ? "" : #","messages":[1]"#
        #expect(refusal("{\"\(name)\":\(value)\(rest)}") == nil)
        let json = "{\"\(name)\":\(value)\(rest),\"\(name)\":\(value)}"
        let second = try place(of: "\"\(name)\"", in: json, after: 3) + 1
        let found = try #require(refusal(json))
        #expect(found.status == .json && found.message == UnredactedText("`\(name)` occurs twice in the request (byte \(second))"))
        // Another spelling is the same name.
        let escaped = "\\u00" + String(name.utf8.first!, radix: 16) + name.dropFirst()
        #expect(refusal("{\"\(name)\":\(value)\(rest),\"\(escaped)\":\(value)}")?.message.contains("`\(name)` occurs twice") == true)
    }

    @Test func everyMemberHasItsOwnBitAndName() {
        #expect(KnownMember.allCases.count <= 64)
        for member in Self.known {
            let name = Array(String(describing: member.name).utf8)
            #expect(withBytes(name) { KnownMember.named($0, ByteRange(0, name.count)) } == member)
        }
    }

    @Test(arguments: [
        (#"{"messages":[{"role":"user","content":"a","content":"b"}]}"#, "content", "messages"),
        (#"{"messages":[{"role":"user","role":"system","content":"a"}]}"#, "role", "messages"),
        (#"{"messages":[{"role":"user","content":[{"type":"text","text":"a","te\u0078t":"b"}]}]}"#, "text", "messages"),
        (#"{"messages":[{"role":"assistant","tool_calls":[],"tool_calls":[1]}]}"#, "tool_calls", "messages"),
        (#"{"messages":[1],"gatelet":{"max_cost":1,"max_cost":2}}"#, "max_cost", "gatelet"),
        (#"{"messages":[1],"gatelet":{"route":{"max_price":{"prompt":1,"prompt":2}}}}"#, "prompt", "gatelet"),
        (#"{"messages":[1],"gatelet":{"retry":{"attempts":1,"attempts":2}}}"#, "attempts", "gatelet"),
        (#"{"messages":[1],"provider":{"order":["a"],"order":["b"]}}"#, "order", "provider"),
        (#"{"messages":[1],"provider":{"max_price":{"prompt":1,"prompt":2}}}"#, "prompt", "provider"),
        (#"{"messages":[1],"stream_options":{"include_usage":true,"include_usage":false}}"#, "include_usage", "stream_options"),
        (#"{"messages":[1],"usage":{"include":true,"include":false}}"#, "include", "usage"),
        (#"{"messages":[1],"response_format":{"type":"text","type":"json_schema"}}"#, "type", "response_format"),
    ]) func insideMembers(_ json: String, _ name: String, _ member: String) throws {
        let found = try #require(refusal(json))
        #expect(found.status == .json && found.message.contains("`\(name)` occurs twice in `\(member)` (byte "), "\(found.message)")
    }

    @Test func othersMayOccurTwice() {
        #expect(refusal(#"{"messages":[{"role":"user","content":"a"},{"role":"user","content":"a"}],"own":1,"own":2,"user":"a"}"#) == nil)
        #expect(refusal(#"{"messages":[1],"tools":[{"a":1,"a":2}],"response_format":{"type":"json_schema","json_schema":{"a":1,"a":2}}}"#) == nil)
    }

    // MARK: bounds

    private func members(_ count: Int) -> String { (0..<count).map { "\"m\($0)\":0" }.joined(separator: ",") }

    @Test(arguments: ["gatelet", "provider", "stream_options", "usage"]) func aMillionMembersAreRefused(_ name: String) throws {
        let found = try #require(refusal("{\"messages\":[1],\"\(name)\":{\(members(1_000_000))}}"))
        #expect(found.status == .json && found.message.contains("`\(name)` has too many members"))
    }

    @Test func aMillionMembersAtTheTop() throws {
        let found = try #require(refusal("{\"messages\":[1],\(members(1_000_000))}"))
        #expect(found.status == .json && found.message == "the request has more than 1000 members")
        #expect(refusal("{\"messages\":[1],\(members(900))}") == nil)
    }

    @Test func aMillionModels() throws {
        let list = Array(repeating: "\"m\"", count: 1_000_000).joined(separator: ",")
        for json in ["{\"messages\":[1],\"models\":[\(list)]}", "{\"messages\":[1],\"gatelet\":{\"models\":[\(list)]}}"] {
            #expect(readWords(json)?.message.contains("models` has too many elements") == true)
        }
    }

    private func readWords(_ json: String) -> Failure? {
        withBytes(json) { bytes in
            failure { () throws(Failure) in
                let view = try readRequest(bytes, operation: .chat, caps: Caps())
                _ = try readRoutingPreferences(view, bytes)
                _ = try readOptions(bytes[view.gatelet], allowed: .all)
            }
        }
    }

    @Test(arguments: [#""model":"X""#, #""models":["X"]"#, #""provider":{"order":["X"]}"#, #""provider":{"only":["X"]}"#, #""provider":{"ignore":["X"]}"#,
                      #""gatelet":{"models":["X"]}"#, #""gatelet":{"provider":"X"}"#, #""gatelet":{"route":{"regions":["X"]}}"#])
    func namesHaveAnEnd(_ member: String) throws {
        func json(_ length: Int) -> String {
            "{\"messages\":[1],\(member.replacing("X", with: String(repeating: "x", count: length)))}"
        }
        #expect(readWords(json(512)) == nil)
        for length in [513, 1 << 20] {
            let found = try #require(readWords(json(length)))
            #expect(found.status == .json && found.message.contains("must have at most 512 bytes"), "\(found.message)")
        }
    }

    @Test func tagsHaveAnEnd() throws {
        let long = String(repeating: "t", count: 1 << 20)
        let found = try #require(readWords("{\"messages\":[1],\"gatelet\":{\"tag\":\"\(long)\"}}"))
        #expect(found.message == "`gatelet.tag` must have at most 128 bytes")
        #expect(readWords("{\"messages\":[1],\"gatelet\":{\"\(long)\":1}}")?.message == "`gatelet` has a member with a very long name")
    }
}
