@testable import Bytes
import Foundation
@testable import JSON
import Testing

func decoded(_ raw: String) -> String {
    let out = ByteBuffer()
    #expect(withBytes(raw) { appendDecodedJSON($0, to: out) })
    return text(out)
}

func quoted(_ bytes: [UInt8]) -> String {
    let out = ByteBuffer()
    #expect(withBytes(bytes) { appendJSONString($0, to: out) })
    return text(out)
}

func repaired(_ bytes: [UInt8]) -> String {
    let out = ByteBuffer()
    #expect(withBytes(bytes) { repairJSON($0, into: out) })
    return text(out)
}

@Suite struct JSONTextTests {
    @Test func decodes() {
        #expect(decoded("plain é😀") == "plain é😀")
        #expect(decoded("") == "")
        #expect(decoded("a\\n\\t\\r\\b\\f\\\"\\\\\\/b") == "a\n\t\r\u{8}\u{C}\"\\/b")
        #expect(decoded("\\u0041\\u00e9\\u20AC\\ud83d\\ude00x\\u0000y") == "Aé€😀x\0y")
        #expect(decoded("\\ud83d \\ude00") == "\u{FFFD} \u{FFFD}")
        #expect(decoded("\\ud83d\\ud83d\\ude00") == "\u{FFFD}😀")
        #expect(decoded("\\uZZZZ\\") == "\u{FFFD}uZZZZ\u{FFFD}")
        #expect(decoded("\\n\\n") == "\n\n")
    }

    @Test func decodingRespectsTheLimit() {
        let out = ByteBuffer(limit: 3)
        #expect(withBytes("abcd") { appendDecodedJSON($0, to: out) } == false)
    }

    @Test func quotes() {
        #expect(quoted(Array("a\"b\\c\n\r\t\u{1}\u{1F}é😀\u{7F}/".utf8)) == "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001fé😀\u{7F}/\"")
        #expect(quoted([]) == "\"\"")
        #expect(quoted([0]) == "\"\\u0000\"")
        #expect(quoted([0x61, 0xC3, 0x62]) == "\"a\u{FFFD}b\"")
        #expect(quoted([0xF0, 0x9F, 0x98]) == "\"\u{FFFD}\"")
        #expect(quoted([0xED, 0xA0, 0x80]) == "\"\u{FFFD}\u{FFFD}\u{FFFD}\"")
        #expect(quoted([0xFF, 0xFE]) == "\"\u{FFFD}\u{FFFD}\"")
    }

    @Test func repairs() {
        #expect(repaired(Array("{\"a\":\"\\ud83d\\ude00\\n\"}".utf8)) == "{\"a\":\"\\ud83d\\ude00\\n\"}")
        #expect(repaired(Array("[\"x\\ud83d\",\"\\udc00y\"]".utf8)) == "[\"x\\ufffd\",\"\\ufffdy\"]")
        #expect(repaired(Array("\"\\\\ud83d\"".utf8)) == "\"\\\\ud83d\"")
        #expect(repaired([0x22, 0x61, 0xC3, 0x22]) == "\"a\u{FFFD}\"")
        #expect(repaired([0x22, 0x00, 0x22]) == "\"\\ufffd\"")
        #expect(repaired([]) == "")
    }

    /// As the Unicode standard's table 3-8 and Swift's own decoder do it.
    @Test func badSequencesBecomeAsManyReplacementsAsInSwift() {
        var dice = Dice(4)
        for _ in 0..<5000 {
            let bytes = (0..<(1 + dice.next(8))).map { _ in [0x61, 0x80, 0xBF, 0xC0, 0xC3, 0xE0, 0xE2, 0xED, 0xA0, 0xF0, 0x90, 0xF4, 0xF5, 0x9F][dice.next(14)] as UInt8 }
            #expect(quoted(bytes) == "\"" + String(decoding: bytes, as: UTF8.self) + "\"", "\(bytes)")
        }
    }

    @Test func anyTextSurvivesTheRoundTripAndAnyDocumentTheRepair() {
        var dice = Dice(5)
        for _ in 0..<2000 {
            let bytes = (0..<dice.next(40)).map { _ in UInt8(dice.next(dice.next(2) == 0 ? 256 : 128)) }
            let json = quoted(bytes)
            #expect(accepts(json))
            #expect(decoded(String(decoding: Array(json.utf8.dropFirst().dropLast()), as: UTF8.self)) == String(decoding: bytes, as: UTF8.self))
        }
        let document = Array("{\"k\":[\"\\ud83d\\ude00 é\\n\",\"plain text that is long enough\"]}".utf8)
        for _ in 0..<2000 {
            var broken = document
            let at = 7 + dice.next(40)
            broken[at] = [0x00, 0xC3, 0xFF, 0xED, 0x80][dice.next(5)]
            let fixed = repaired(broken)
            let kind = fault(broken)?.kind
            if kind == .utf8 || kind == .nul { #expect(fault(fixed)?.kind != .utf8 && fault(fixed)?.kind != .nul) }
        }
    }

    @Test func writerPutsCommas() {
        let out = ByteBuffer()
        var json = MemberWriter(out)
        json.open()
        json.name("a" as StaticString)
        json.open("[")
        json.separate()
        json.raw("-1" as StaticString)
        json.separate()
        json.open()
        json.close()
        json.separate()
        json.string("x\"")
        json.separate()
        json.raw("true" as StaticString)
        json.close("]")
        json.member("b", raw: "null")
        json.name("c\n" as String)
        json.raw("1.50" as String)
        json.member("d", 7)
        json.close()
        #expect(!json.failed)
        #expect(text(out) == "{\"a\":[-1,{},\"x\\\"\",true],\"b\":null,\"c\\n\":1.50,\"d\":7}")
        var full = MemberWriter(ByteBuffer(limit: 4))
        full.string("long text")
        full.raw("null" as StaticString)
        #expect(full.failed)
    }
}
