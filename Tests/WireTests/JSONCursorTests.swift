@testable import Bytes
import CShims
import Foundation
@testable import JSON
import Testing
import TestSupport

func check(_ bytes: UnsafeRawBufferPointer, depth: Int = 512) -> JSONFault? {
    var cursor = JSONCursor(bytes, depthLimit: depth)
    do throws(JSONFault) {
        let range = try cursor.value()
        #expect(range.start >= 0 && range.end <= bytes.count && range.start < range.end)
        try cursor.finish()
        return nil
    } catch { return error }
}

/// The same document through the pull interface, opening every container by hand.
func pull(_ bytes: UnsafeRawBufferPointer, depth: Int = 512) -> JSONFault? {
    var cursor = JSONCursor(bytes, depthLimit: depth), open: [Bool] = []     // true: object
    do throws(JSONFault) {
        while true {
            if try cursor.beginObject() { open.append(true) } else if try cursor.beginArray() { open.append(false) } else { _ = try cursor.value() }
            var more = false
            while let isObject = open.last, !more {
                if isObject { more = try cursor.nextName() != nil } else { more = try cursor.nextElement() }
                if !more { open.removeLast() }
            }
            if open.isEmpty { break }
        }
        try cursor.finish()
        return nil
    } catch { return error }
}

func accepts(_ text: String) -> Bool { withBytes(text) { check($0) == nil } }
func fault(_ text: String) -> JSONFault? { withBytes(text) { check($0) } }
func fault(_ bytes: [UInt8]) -> JSONFault? { withBytes(bytes) { check($0) } }

@Suite struct JSONCursorTests {
    @Test(arguments: ["{}", "[]", " [ ] ", "{ }", "null", "true", "false", "0", "-0", "1.5e+10", "-12E-3", "\"\"", "\"a\"", "[1,2,[3,{}],{\"a\":[]}]",
                      "{\"a\":{\"b\":[1,2,3]},\"c\":null}", "\"\\u00e9\\n\\\"\\/\\\\\"", "\"é€😀\"", "\t\r\n 1 \n", "123456789012345678901234567890.5e999",
                      "\"\\ud83d\\ude00\"", "\"\\ud800\"", "{\"a\":1,\"a\":2}", "\"\u{7F}\""])
    func accept(_ text: String) { #expect(accepts(text)) }

    @Test(arguments: ["", " ", "{", "[", "}", "]", "{]", "[}", "[1,]", "{\"a\":1,}", "[,1]", "{,}", "{\"a\"}", "{\"a\":}", "{a:1}", "{1:2}", "[1 2]", "{\"a\":1 \"b\":2}",
                      "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x1", "1 2", "\"", "\"\\\"", "\"\\x\"",
                      "\"\\u12g4\"", "\"\\u123\"", "\"\n\"", "\"\u{1}\"", "'a'", "[1]]", "{}{}", "\u{FEFF}1", "[1,,2]", "{\"a\"::1}", "//c\n1", "1\u{A0}", "[\"a\" : 1]"])
    func refuse(_ text: String) { #expect(!accepts(text)) }

    @Test func faultsSayWhereAndWhy() {
        #expect(fault("[1,x]") == JSONFault(.syntax, 3))
        #expect(fault("{\"a\":1") == JSONFault(.syntax, 6))
        #expect(fault([0x22, 0x61, 0xC3, 0x28, 0x22]) == JSONFault(.utf8, 2))
        #expect(fault([0x22, 0xC0, 0x80, 0x22]) == JSONFault(.utf8, 1))                     // overlong
        #expect(fault([0x22, 0xE0, 0x80, 0x80, 0x22]) == JSONFault(.utf8, 1))               // overlong
        #expect(fault([0x22, 0x20, 0xED, 0xA0, 0x80, 0x22]) == JSONFault(.utf8, 2))         // a surrogate
        #expect(fault([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22]) == JSONFault(.utf8, 1))         // above U+10FFFF
        #expect(fault([0x22, 0xF0, 0x9F, 0x98]) == JSONFault(.utf8, 1))                     // cut
        #expect(fault([0x5B, 0x22, 0x00, 0x22, 0x5D]) == JSONFault(.nul, 2))
        #expect(fault([0x5B, 0x00, 0x5D]) == JSONFault(.nul, 1))
        #expect(fault([0x31, 0x00]) == JSONFault(.nul, 1))
        #expect(fault([0x00]) == JSONFault(.nul, 0))
        #expect(fault([0x22, 0x1F, 0x22]) == JSONFault(.syntax, 1))
    }

    @Test func depth() {
        func nested(_ n: Int, _ open: String, _ close: String) -> String { String(repeating: open, count: n) + "1" + String(repeating: close, count: n) }
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
            let levels = open.count == 6 ? 2 : 1
            withBytes(nested(512 / levels, open, close)) { #expect(check($0) == nil && pull($0) == nil) }
            withBytes(nested(512 / levels + 1, open, close)) { bytes in
                #expect(check(bytes)?.kind == .depth)
                #expect(pull(bytes) == check(bytes))
                #expect(check(bytes, depth: 600) == nil)
            }
        }
        withBytes(nested(2048, "[", "]")) { #expect(check($0, depth: 1_000_000) == nil) }
        withBytes(nested(2049, "[", "]")) { #expect(check($0, depth: 1_000_000)?.kind == .depth) }
        withBytes(String(repeating: "[", count: 1_000_000)) { #expect(check($0)?.kind == .depth) }
        withBytes("[]") { #expect(check($0, depth: 0)?.kind == .depth) }
        withBytes("1") { #expect(check($0, depth: -5) == nil) }
    }

    @Test func bracketsMatchAcrossManyLevels() {
        // 70 levels: more than one word of the bit stack.
        var opening = "", closing = ""
        for level in 0..<70 {
            opening += level % 3 == 0 ? "[" : "{\"k\":"
            closing = (level % 3 == 0 ? "]" : "}") + closing
        }
        #expect(accepts(opening + "0" + closing))
        for wrong in 0..<70 {
            var bytes = Array(closing.utf8)
            bytes[wrong] = bytes[wrong] == 0x5D ? 0x7D : 0x5D
            #expect(fault(opening + "0" + String(decoding: bytes, as: UTF8.self))?.offset == opening.utf8.count + 1 + wrong)
        }
    }

    @Test func pullsMembers() throws {
        try withBytes(" { \"a\" : [1, \"x\" ] , \"b\\u0062\":{} }") { bytes in
            var cursor = JSONCursor(bytes)
            #expect(try cursor.beginArray() == false)
            #expect(try cursor.beginObject())
            let a = try #require(try cursor.nextName())
            #expect(bytes[a].equals("a") && !cursor.sawEscape)
            #expect(try cursor.beginArray())
            #expect(try cursor.nextElement())
            #expect(bytes[try cursor.value()].equals("1"))
            #expect(try cursor.nextElement())
            #expect(cursor.peek() == UInt8(ascii: "\""))
            #expect(bytes[try cursor.value()].equals("\"x\""))
            #expect(try cursor.nextElement() == false)
            let b = try #require(try cursor.nextName())
            #expect(cursor.sawEscape && jsonName(bytes, b, is: "bb") && !jsonName(bytes, b, is: "b"))
            #expect(bytes[try cursor.value()].equals("{}"))
            #expect(try cursor.nextName() == nil)
            try cursor.finish()
            #expect(cursor.peek() == 0 && cursor.offset == bytes.count)
        }
    }

    @Test func namesResolveEscapes() {
        withBytes("\\u006dodel model m\\u006fdel2 \\") { bytes in
            #expect(jsonName(bytes, ByteRange(0, 10), is: "model"))
            #expect(jsonName(bytes, ByteRange(11, 16), is: "model"))
            #expect(!jsonName(bytes, ByteRange(17, 28), is: "model"))
            #expect(!jsonName(bytes, ByteRange(29, 30), is: "model"))
            #expect(!jsonName(bytes, .none, is: "model"))
            #expect(!jsonName(bytes, ByteRange(5, 5000), is: "model"))
        }
    }

    @Test func loneSurrogatesAreSeen() {
        for (text, lone) in [("\"\\ud83d\\ude00\"", false), ("\"\\ud83d\"", true), ("\"\\ude00\"", true), ("\"\\ud83d\\ud83d\\ude00\"", true),
                             ("{\"\\udfff\":1}", true), ("[[\"\\uD800\"]]", true), ("\"\\\\ud800\"", false), ("\"\\uD83D\\uDE00\"", false), ("\"\\ud83dx\"", true)] {
            withBytes(text) { bytes in
                var cursor = JSONCursor(bytes)
                #expect((try? cursor.value()) != nil)
                #expect(cursor.sawLoneSurrogate == lone, "\(text)")
            }
        }
    }

    @Test func emptyBufferIsSafe() {
        var cursor = JSONCursor(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(cursor.peek() == 0)
        #expect((try? cursor.beginObject()) == false)
        #expect((try? cursor.value()) == nil)
    }

    /// Every prefix of a document, and every document with one byte changed: both ways of reading agree, and nothing is read past the end.
    @Test func mutations() {
        let documents = ["{\"id\":\"x\",\"n\":[1,-2.5e3,true,null],\"s\":\"a\\u00e9\\ud83d\\ude00 é€😀 long enough for blocks of sixteen\",\"o\":{\"k\":{}}}",
                         "[\"0123456789abcdef0123456789abcde\\n\",{\"a\":[[],{}]},false]"]
        var dice = Dice(3)
        for document in documents {
            let bytes = Array(document.utf8)
            #expect(fault(bytes) == nil)
            for length in 0..<bytes.count {
                withBytes(Array(bytes[..<length])) { #expect(check($0) != nil && pull($0) == check($0), "prefix \(length)") }
            }
            for round in 0..<4000 {
                var changed = bytes
                for _ in 0...dice.next(3) {
                    let at = dice.next(changed.count)
                    switch dice.next(3) {
                    case 0: changed[at] = UInt8(dice.next(256))
                    case 1: changed.insert(Array("{}[]\",:\\u0e-tn".utf8)[dice.next(14)], at: at)
                    default: changed.remove(at: at)
                    }
                }
                withBytes(changed) { bytes in
                    #expect(check(bytes) == pull(bytes), "round \(round)")
                    #expect((check(bytes) == nil) == otherAccepts(changed, check(bytes)), "round \(round): \(String(decoding: changed, as: UTF8.self))")
                }
            }
        }
    }

    /// jansson as a second opinion. What it refuses beyond the RFC (numbers out of range, lone surrogates, NUL in names) is no opinion.
    private func otherAccepts(_ bytes: [UInt8], _ fault: JSONFault?) -> Bool {
        fault?.kind == .nul ? false : janssonOpinion(bytes) ?? (fault == nil)
    }
}

/// nil: jansson has no opinion.
func janssonOpinion(_ bytes: [UInt8]) -> Bool? {
    var error = json_error_t()
    let root = bytes.withUnsafeBytes { raw in
        json_loadb(raw.baseAddress?.assumingMemoryBound(to: CChar.self) ?? UnsafePointer(bitPattern: 1)!, raw.count, Int(JSON_DECODE_ANY | JSON_ALLOW_NUL), &error)
    }
    if let root {
        json_decref(root)
        return true
    }
    let message = withUnsafeBytes(of: &error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let code = json_error_code(&error)
    if code == json_error_numeric_overflow || code == json_error_null_byte_in_key || code == json_error_stack_overflow { return nil }
    // Unpaired surrogates, which the grammar of RFC 8259 allows.
    if message.contains("invalid Unicode") { return nil }
    return false
}

@Suite struct JSONSuiteTests {
    @Test func recordedDocuments() {
        let documents = Recorded.lines("json_test_suite")
        var compared = 0
        for document in documents {
            guard let bytes = (document["input_base64"] as? String).flatMap({ Data(base64Encoded: $0) }).map({ [UInt8]($0) }),
                  let name = document["name"] as? String, let expect = document["expect"] as? String else { continue }
            let found = fault(bytes)
            withBytes(bytes) { #expect(pull($0) == found, "\(name)") }
            let tooDeep = found?.kind == .depth             // n_structure_100000_opening_arrays and its like
            switch expect {
            case "accept": #expect(found == nil, "\(name)")
            case "reject": #expect(found != nil, "\(name)")
            default: break
            }
            // jansson takes a NUL behind the value for the end of the text: n_multidigit_number_then_00.
            if !tooDeep, found?.kind != .nul, let other = janssonOpinion(bytes) {
                #expect((found == nil) == other, "jansson: \(name)")
                compared += 1
            }
        }
        #expect(documents.count >= 300 && compared >= 250, "\(documents.count) \(compared)")
    }
}
