@testable import Bytes
import Foundation
@testable import JSON
import Testing
import TestSupport

/// Documents whose views the tests read: these must not outlive those.
private final class Kept: @unchecked Sendable { // the lock is held wherever they are touched
    private let lock = NSLock()
    private var documents: [JSONDocument] = []

    func add(_ document: JSONDocument) {
        lock.lock()
        documents.append(document)
        lock.unlock()
    }
}

private let kept = Kept()

private func root(_ text: String) throws(JSONProblem) -> JSONView {
    let document = try JSONDocument(text)
    kept.add(document)
    return document.root
}

private func document(_ text: String) -> JSONView? { try? root(text) }

private func problem(_ bytes: [UInt8], depthLimit: Int = 512) -> JSONProblem? {
    withBytes(bytes) { bytes in
        do throws(JSONProblem) {
            _ = try JSONDocument(bytes, depthLimit: depthLimit)
            return nil
        } catch { return error }
    }
}

/// Written again without blanks.
private func compact(_ view: JSONView) -> String {
    let out = ByteBuffer()
    var writer = MemberWriter(out)
    writer.compact(view)
    #expect(!writer.failed)
    return text(out)
}

@Suite struct JSONDocumentTests {
    @Test func readsEveryKind() throws {
        let json = try #require(document(" {\"s\":\"é\\n\",\"i\":-12,\"r\":1.50,\"t\":true,\"f\":false,\"n\":null,\"a\":[1,\"x\",{}],\"\":0} "))
        let root = json
        #expect(root.isObject && root.members.map { _ in 1 }.count == 8)
        #expect(root["s"]?.string == "é\n")
        #expect(root["i"]?.int == -12 && root["i"]?.double == -12 && root["i"]?.numberText == "-12")
        #expect(root["r"]?.isNumber == true && root["r"]?.double == 1.5 && root["r"]?.numberText == "1.50")
        #expect(root["r"]?.int == nil && root["r"]?.string == nil)
        #expect(root["t"]?.bool == true && root["f"]?.bool == false && root["i"]?.bool == nil)
        #expect(root["n"]?.isNull == true && root["t"]?.isNull == false)
        #expect(root[""]?.int == 0 && root["missing"] == nil)
        let array = try #require(root["a"]), elements = Array(array.elements)
        #expect(array.isArray && elements.count == 3 && elements[0].isNumber && elements[1].string == "x" && elements[2].isObject)
        #expect(array["x"] == nil && root["s"]?.firstElement == nil && root.firstElement == nil)
        #expect(root.members.map { decodedText(root.bytes, $0.name) } == ["s", "i", "r", "t", "f", "n", "a", ""])
    }

    /// The library's own ways of going through a sequence.
    @Test func elementsAndMembersAreSequences() throws {
        let view = try root(#"[1, "b", {"c": [2, 3]}, []]"#)
        for (place, element) in view.elements.enumerated() { #expect(element.raw.elementsEqual(view.elements.dropFirst(place).first(where: { _ in true })?.raw ?? element.bytes[.none])) }
        #expect(Array(view.elements.enumerated()).map(\.offset) == [0, 1, 2, 3] && view.elements.reversed().count == 4)
        #expect(zip(view.elements, 0...).map { $1 } == [0, 1, 2, 3] && view.elements.lazy.filter { $0.isNumber }.map { $0.int } == [1])
        #expect(Array(view.elements).count == 4 && view.elements.underestimatedCount <= 4 && view.elements.prefix(2).compactMap { $0.int } == [1])
        for (place, member) in (view.elements.first { $0.isObject }?.members ?? view.members).enumerated() { #expect(place == 0 && member.value.isArray) }
        for _ in try root("{}").elements.enumerated() { Issue.record("there is nothing in an object") }
    }

    @Test func numbersKeepTheirText() throws {
        let source = "{\"big\":123456789012345678901234567890,\"money\":0.00000015,\"huge\":1e999,\"neg\":-1.0E+2,\"max\":9223372036854775807,\"zero\":-0.0,\"a\":[1.10,2]}"
        let json = try #require(document(source))
        #expect(json["big"]?.numberText == "123456789012345678901234567890")
        #expect(json["big"]?.int == nil)
        #expect(json["money"]?.numberText == "0.00000015")
        #expect(json["huge"]?.double == nil)
        #expect(json["neg"]?.int == -100)
        #expect(json["max"]?.int == .max)
        #expect(compact(json) == source)
    }

    /// jansson reads and prints reals by the locale; nothing of that may be seen.
    @Test func localeDoesNotMatter() throws {
        let names: [String] = ["de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8", "fr_FR.utf8", "de_DE", generatedLocale()]
        guard let comma = names.lazy.compactMap({ newlocale(1 << LC_NUMERIC, $0, nil) }).first else {
            print("skipped: no locale with a decimal comma can be had")
            return
        }
        let before = uselocale(comma)
        defer {
            uselocale(before)
            freelocale(comma)
        }
        #expect(strtod("1,5", nil) == 1.5)
        let json = try #require(document("[1.5,2.25e1]"))
        #expect(json.elements.map(\.double) == [1.5, 22.5])
        #expect(compact(json) == "[1.5,2.25e1]")
    }

    /// A locale with a decimal comma, made for this test where the tool is there.
    private func generatedLocale() -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatelet-\(UUID().uuidString)")
        let source = folder.appending(path: "comma"), out = folder.appending(path: "out")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try? "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \".\"\ngrouping 3;3\nEND LC_NUMERIC\n".write(to: source, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/localedef")
        process.arguments = ["-c", "-i", source.path, "-f", "UTF-8", out.path]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        if (try? process.run()) != nil { process.waitUntilExit() }
        setenv("LOCPATH", folder.path, 1)
        return "out"
    }

    /// jansson sees zeros instead of numbers; what looks like one inside of a text is none.
    @Test func textsWithDigitsStayAsTheyAre() throws {
        let source = "[1.5,\"12\",\"-3 \\\" 4e9\",{\"5\":-6,\"50\":\"7\"}]"
        let json = try #require(document(source))
        #expect(compact(json) == source)
        #expect(problem(Array("{\"1\":1,\"2\":22,\"1\":3}".utf8)) == JSONProblem(kind: .duplicate, offset: 17, line: 1))
    }

    @Test func problemsSayWhere() {
        #expect(problem(Array("{\n\"a\":1,\n x}".utf8)) == JSONProblem(kind: .syntax, offset: 10, line: 3))
        #expect(problem(Array("".utf8))?.kind == .syntax)
        #expect(problem([0x22, 0xFF, 0x22]) == JSONProblem(kind: .utf8, offset: 1, line: 1))
        #expect(problem([0x5B, 0x00, 0x5D]) == JSONProblem(kind: .nul, offset: 1, line: 1))
        #expect(problem(Array("[[[1]]]".utf8), depthLimit: 2) == JSONProblem(kind: .depth, offset: 2, line: 1))
        #expect(problem(Array("{\"a\\u0000\":1}".utf8))?.kind == .nul)
    }

    @Test func duplicates() throws {
        let twice = "{\"x\":1.25,\"y\":[2.5,3.5],\n\"a\":1,\"\\u0061\":2}"
        #expect(problem(Array(twice.utf8)) == JSONProblem(kind: .duplicate, offset: twice.utf8.count - 3, line: 2))
        #expect(document("{\"a\":{\"a\":1},\"b\":{\"a\":1}}") != nil)
        #expect(withBytes("{\"a\":1,\"\\u0061\":2}") { JSONView(document: $0)?["a"]?.int } == 2)
    }

    @Test func repair() throws {
        #expect(document("[\"a\\ud800b\"]")?.firstElement?.string == "a\u{FFFD}b")
        #expect(document("[\"\\ud83d\\ude00\"]").map(compact) == "[\"😀\"]")
        #expect(document("[\"a\\u0000b\"]")?.firstElement?.string == "a\0b")
        #expect(document("[\"a\\u0000b\"]").map(compact) == "[\"a\\u0000b\"]")
        // Views of bytes that were only validated.
        #expect(withBytes(" {\"\\udc00\\n\" : [ \"\\ud800\" , {} ,[ ],-1.0 ]} ") { JSONView(document: $0).map(compact) } == "{\"\u{FFFD}\\n\":[\"\u{FFFD}\",{},[],-1.0]}")
    }

    /// A text that jansson would ask for at once, however little memory there is.
    @Test func longTexts() {
        let long = String(repeating: "l", count: longestText)
        #expect(document("[\"\(long)\"]") != nil)
        #expect(problem(Array("[7,\"\(long)l\"]".utf8)) == JSONProblem(kind: .length, offset: 3, line: 1))
        #expect(problem(Array("{\"\(long)l\":1}".utf8))?.kind == .length)
    }

    /// Whatever the cursor accepts jansson must hold, and the text must come back the same but for white space and escapes.
    @Test func recordedDocuments() {
        for record in Recorded.lines("json_test_suite") {
            guard let bytes = (record["input_base64"] as? String).flatMap({ Data(base64Encoded: $0) }).map({ [UInt8]($0) }), fault(bytes) == nil else { continue }
            let name = record["name"] as? String ?? ""
            withBytes(bytes) { bytes in
                do throws(JSONProblem) {
                    let once = try JSONDocument(bytes), dumped = compact(once.root)
                    withExtendedLifetime(once) {}
                    #expect(accepts(dumped), "\(name)")
                    #expect(compact(try root(dumped)) == dumped, "\(name)")
                } catch { #expect(error.kind == .nul || error.kind == .duplicate, "\(name) \(error)") } // a NUL in a name is more than jansson holds
            }
        }
    }
}
