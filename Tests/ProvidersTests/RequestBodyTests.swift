@testable import Bytes
@testable import Dialects
import Foundation
@testable import Model
import Testing
import TestSupport

private let hello = #"{"model":"a/b","messages":[{"role":"user","content":"hi"}]}"#

private func read(_ json: String, _ operation: Model.Operation = .chat, _ caps: Caps = Caps()) -> Failure? {
    withBytes(json) { bytes in failure { () throws(Failure) in try readRequest(bytes, operation: operation, caps: caps) } }
}

func write(_ json: String, _ operation: Model.Operation = .chat, model: String = "m", to provider: Provider = provider())
    throws(Failure) -> String {
    let out = ByteBuffer()
    try withBytes(json) { (bytes: UnsafeRawBufferPointer) throws(Failure) in
        let view = try readRequest(bytes, operation: operation, caps: Caps())
        try write(view, bytes, operation, model: model, to: provider, into: out)
    }
    return text(out)
}

@Suite struct RequestReading {
    @Test func findsTheModel() throws {
        let view = try withBytes(hello) { bytes in try readRequest(bytes, operation: .chat, caps: Caps()) }
        #expect(view.model == "a/b")
        #expect(view.members.count == 2)
        #expect(view.gatelet.isNone)
        #expect(!view.callerWantsUsage && !view.loneSurrogate)
    }

    @Test(arguments: [#"{"model":null,"messages":[1]}"#, #"{"messages":[1]}"#])
    func absentAndNullModelAreNone(_ json: String) throws {
        #expect(try withBytes(json) { bytes in try readRequest(bytes, operation: .chat, caps: Caps()) }.model == nil)
    }

    @Test func modelIsDecoded() throws {
        let json = #"{"model":"caf\u00e9\/\ud83d\ude00","messages":[1]}"#
        #expect(try withBytes(json) { bytes in try readRequest(bytes, operation: .chat, caps: Caps()) }.model == "café/😀")
    }

    @Test(arguments: ["7", "true", "[]", "{}", #""""#])
    func modelMustBeText(_ value: String) {
        let found = read(#"{"model":\#(value),"messages":[1]}"#)
        #expect(found?.status == .json)
        #expect(found?.message.contains("`model`") == true)
    }

    @Test(arguments: [
        ("", 0), ("{", 1), (#"{"messages":[1],}"#, 16), (#"{"messages":[1]} x"#, 17), (#"{"messages":[01]}"#, 14), ("nul", 0),
        (#"{"messages":["\#u{1}"]}"#, 14),
    ])
    func syntaxErrorsNameTheByte(_ json: String, _ offset: Int) {
        let found = read(json)
        #expect(found?.status == .json)
        #expect(found?.message.contains("at byte \(offset)") == true, "\(found?.message ?? "none")")
    }

    @Test func badUTF8NamesTheByte() {
        let bytes = Array(#"{"messages":[""#.utf8) + [0xC3, 0x28] + Array(#""]}"#.utf8)
        let found = withBytes(bytes) { bytes in failure { () throws(Failure) in try readRequest(bytes, operation: .chat, caps: Caps()) } }
        #expect(found?.status == .json)
        #expect(found?.message.contains("UTF-8 at byte 14") == true, "\(found?.message ?? "none")")
    }

    @Test func nulIsRefusedHoweverItIsWritten() {
        let escaped = read(#"{"messages":["a\u0000"]}"#)
        #expect(escaped?.status == .json)
        #expect(escaped?.message.contains("NUL character at byte 15") == true, "\(escaped?.message ?? "none")")
        #expect(read(#"{"messages":["a\\u0000"]}"#) == nil, "an escaped backslash before u0000 is no NUL")
        #expect(read("{\"messages\":[\"a\0\"]}")?.message.contains("NUL") == true)
    }

    @Test func depthHasACap() {
        var caps = Caps()
        caps.depth = 4
        #expect(read(#"{"messages":[[[1]]]}"#, .chat, caps) == nil)
        #expect(read(#"{"messages":[[[[1]]]]}"#, .chat, caps)?.message.contains("too deeply at byte 15") == true)
        let bomb = #"{"messages":"# + String(repeating: "[", count: 100_000)
        #expect(read(bomb)?.status == .json)
    }

    @Test func sizeHasACap() {
        var caps = Caps()
        caps.request = hello.utf8.count
        #expect(read(hello, .chat, caps) == nil)
        caps.request -= 1
        #expect(read(hello, .chat, caps)?.status == .tooLarge)
    }

    @Test(arguments: ["model", "messages", "stream", "stream_options", "gatelet", "usage", "prompt", "input"])
    func duplicatesOfWhatWeReadAreErrors(_ name: String) {
        let found = read(#"{"messages":[1],"\#(name)":null,"x":1,"\#(name)":null}"#)
        #expect(found?.status == .json)
        #expect(found?.message.contains("`\(name)` occurs twice") == true)
    }

    @Test func escapedSpellingIsTheSameName() {
        #expect(read(#"{"model":"a","mod\u0065l":"b","messages":[1]}"#)?.message.contains("`model` occurs twice") == true)
        #expect(read(#"{"user":"a","user":"b","messages":[1]}"#) == nil, "what we do not read is the provider's affair")
    }

    @Test(arguments: ["[1]", "1", #""x""#, "null"])
    func onlyObjects(_ json: String) { #expect(read(json)?.message.contains("not an object") == true) }

    @Test(arguments: [
        (#"{}"#, Model.Operation.chat, "`messages`"), (#"{"messages":[ ]}"#, .chat, "`messages`"), (#"{"messages":{}}"#, .chatStream, "`messages`"),
        (#"{"messages":null}"#, .chat, "`messages`"), (#"{"messages":[1]}"#, .completion, "`prompt`"),
        (#"{"prompt":null}"#, .completionStream, "`prompt`"), (#"{"prompt":"x"}"#, .embeddings, "`input`"),
        (#"{"messages":[1],"stream_options":1}"#, .chat, "`stream_options`"),
        (#"{"messages":[1],"stream_options":{"include_usage":1}}"#, .chat, "include_usage"),
        (#"{"messages":[1],"stream_options":{"include_usage":true,"include_usage":true}}"#, .chat, "include_usage"),
    ])
    func missingAndWrongMembersAreNamed(_ json: String, _ operation: Model.Operation, _ name: String) {
        let found = read(json, operation)
        #expect(found?.status == .json)
        #expect(found?.message.contains(name) == true, "\(found?.message ?? "none")")
    }

    @Test(arguments: [
        (#"{"messages":[1],"stream_options":{"include_usage":true}}"#, true),
        (#"{"messages":[1],"stream_options":{"include_usage":false}}"#, false),
        (#"{"messages":[1],"stream_options":null}"#, false), (#"{"messages":[1],"usage":{"include":true}}"#, true),
        (#"{"messages":[1],"usage":{"include":false}}"#, false), (#"{"messages":[1],"usage":null}"#, false),
    ])
    func knowsWhetherTheCallerWantsUsage(_ json: String, _ wants: Bool) throws {
        let view = try withBytes(json) { bytes in try readRequest(bytes, operation: .chatStream, caps: Caps()) }
        #expect(view.callerWantsUsage == wants)
    }
}

@Suite struct RequestWriting {
    @Test func everythingElseStaysByteForByte() throws {
        let json = "{ \"model\" : \"a/b\",\n \"messages\":[ {\"role\":\"user\", \"content\":\"h\\u00e9\\/\"} ], \"seed\" : 123456789012345678901234567890, \"x\":1.50e+01 }"
        let written = try write(json, model: "b")
        #expect(written == "{\"model\":\"b\",\"messages\":[ {\"role\":\"user\", \"content\":\"h\\u00e9\\/\"} ], \"seed\" : 123456789012345678901234567890, \"x\":1.50e+01}")
    }

    @Test func modelIsAddedWhereAbsentAndEscaped() throws {
        #expect(try write(#"{"messages":[1]}"#, model: "a\"b") == #"{"messages":[1],"model":"a\"b"}"#)
        #expect(try write(#"{"mod\u0065l":"x","messages":[1]}"#) == #"{"model":"m","messages":[1]}"#)
    }

    @Test func streamFollowsTheOperation() throws {
        let asked = #"{"messages":[1],"stream":true,"stream_options":{"include_usage":true}}"#
        #expect(try write(asked, .chat) == #"{"messages":[1],"stream":false,"model":"m"}"#)
        #expect(try write(#"{"messages":[1],"stream":false}"#, .chatStream) == #"{"messages":[1],"stream":true,"model":"m"}"#)
        #expect(try write(#"{"input":[1],"stream":null}"#, .embeddings) == #"{"input":[1],"stream":false,"model":"m"}"#)
        let streamsUnlessTold = provider { $0.requests.streamFalse = true }
        #expect(try write(#"{"messages":[1]}"#, .chat, to: streamsUnlessTold) == #"{"messages":[1],"model":"m","stream":false}"#)
        #expect(try write(#"{"input":[1]}"#, .embeddings, to: streamsUnlessTold) == #"{"input":[1],"model":"m"}"#)
    }

    @Test func gateletIsRemoved() throws {
        #expect(try write(#"{"gatelet":{"provider":"x"},"messages":[1]}"#) == #"{"messages":[1],"model":"m"}"#)
    }

    @Test(arguments: [
        ("", #","stream_options":{"include_usage":true}"#),
        (#","stream_options":null"#, #","stream_options":{"include_usage":true}"#),
        (#","stream_options":{}"#, #","stream_options":{"include_usage":true}"#),
        (#","stream_options":{"a":1}"#, #","stream_options":{"a":1,"include_usage":true}"#),
        (#","stream_options":{"include_usage":null,"a":[ 1 ]}"#, #","stream_options":{"a":[ 1 ],"include_usage":true}"#),
        (#","stream_options":{"include_usage":false}"#, #","stream_options":{"include_usage":false}"#),
        (#","stream_options":{"include_usage":true,"a":1}"#, #","stream_options":{"include_usage":true,"a":1}"#),
    ])
    func usageIsAskedForInStreams(_ given: String, _ sent: String) throws {
        let streams = provider { $0.requests.streamUsage = true }
        #expect(try write(#"{"messages":[1]\#(given)}"#, .chatStream, to: streams) == #"{"messages":[1],"model":"m","stream":true\#(sent)}"#)
    }

    @Test func streamOptionsStayWhereUsageIsNotAdded() throws {
        #expect(try write(#"{"prompt":"x","stream_options":{"a":1}}"#, .completionStream)
            == #"{"prompt":"x","model":"m","stream":true,"stream_options":{"a":1}}"#)
        #expect(try write(#"{"prompt":"x"}"#, .completionStream) == #"{"prompt":"x","model":"m","stream":true}"#)
    }

    @Test func usageIncludeFollowsTheRow() throws {
        let asks = provider { $0.requests.usageInclude = true }, native = provider { $0.requests.nativeRouting = true }
        #expect(try write(#"{"messages":[1]}"#, to: asks) == #"{"messages":[1],"model":"m","usage":{"include":true}}"#)
        #expect(try write(#"{"messages":[1],"usage":{"include":false}}"#, to: asks) == #"{"messages":[1],"usage":{"include":false},"model":"m"}"#)
        #expect(try write(#"{"messages":[1],"usage":{"include":true}}"#, to: native) == #"{"messages":[1],"usage":{"include":true},"model":"m"}"#)
        #expect(try write(#"{"messages":[1],"usage":{"include":true}}"#) == #"{"messages":[1],"model":"m"}"#)
        #expect(try write(#"{"input":"x"}"#, .embeddings, to: asks) == #"{"input":"x","model":"m"}"#)
    }

    @Test func parametersAreRenamedAndDropped() throws {
        let mistral = provider { $0.requests.parameters = [rule("seed") { $0.rename = "random_seed" }, rule("logit_bias") { $0.isDropped = true }] }
        #expect(try write(#"{"messages":[1],"seed": 7,"logit_bias":{"1":2}}"#, to: mistral) == #"{"messages":[1],"random_seed":7,"model":"m"}"#)
        #expect(try write(#"{"messages":[1],"seed":7,"random_seed":8}"#, to: mistral) == #"{"messages":[1],"random_seed":8,"model":"m"}"#)
        #expect(try write(#"{"messages":[{"seed":1}],"s\u0065ed":7}"#, to: mistral) == #"{"messages":[{"seed":1}],"random_seed":7,"model":"m"}"#)
        let twice = failure { () throws(Failure) in try write(#"{"messages":[1],"seed":7,"seed":8}"#, to: mistral) }
        #expect(twice?.message.contains("`seed` occurs twice") == true)
    }

    @Test func loneSurrogatesBecomeReplacementCharacters() throws {
        let json = #"{"messages":["a\ud800b","\ud83d\ude00"],"x\udc00":1}"#
        let view = try withBytes(json) { bytes in try readRequest(bytes, operation: .chat, caps: Caps()) }
        #expect(view.loneSurrogate)
        let sent = try parsed(try write(json))
        #expect(sent["messages"] as? [String] == ["a\u{FFFD}b", "😀"])
        #expect(sent["x\u{FFFD}"] as? Int == 1)
    }

    @Test func aFullBufferIsAFailure() throws {
        let small = ByteBuffer(limit: 20)
        let found = withBytes(hello) { bytes in
            failure { () throws(Failure) in
                let view = try readRequest(bytes, operation: .chat, caps: Caps())
                try write(view, bytes, .chat, to: provider(), into: small)
            }
        }
        #expect(found?.status == .tooLarge)
    }

    /// Recorded requests: what is sent means what was given, but for the members that are ours.
    @Test func recordedRequestsKeepTheirMeaning() throws {
        var count = 0
        for record in recordings({ $0.api == "chat" && $0.url.hasSuffix("/chat/completions") }) {
            guard let body = record.requestBody, let given = try? parsed(body), let messages = given["messages"] as? [Any], !messages.isEmpty,
                  given["model"] is String || given["model"] == nil else { continue }
            let streaming = given["stream"] as? Bool ?? false
            let sent = try parsed(try write(body, streaming ? .chatStream : .chat, to: provider { $0.requests.nativeRouting = true }))
            var expected = given
            expected["model"] = "m"
            expected["stream"] = given["stream"] == nil ? nil : streaming
            if !streaming || given["stream_options"] is NSNull { expected["stream_options"] = nil }
            #expect(NSDictionary(dictionary: sent) == NSDictionary(dictionary: expected), "\(record.id)")
            count += 1
        }
        #expect(count > Recorded.least(90, 1000))
    }
}
