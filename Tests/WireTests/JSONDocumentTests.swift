import Foundation
@testable import JSON
import Testing
import TestSupport

private func document(_ text: String, _ options: JSONDocument.Options = []) -> JSONDocument? { try? JSONDocument(text, options) }

private func problem(_ bytes: [UInt8], _ options: JSONDocument.Options = [], depthLimit: Int = 512) -> JSONProblem? {
    withBytes(bytes) { bytes in
        do throws(JSONProblem) {
            _ = try JSONDocument(bytes, options, depthLimit: depthLimit)
            return nil
        } catch { return error }
    }
}

@Suite struct JSONDocumentTests {
    @Test func readsEveryKind() throws {
        let json = try #require(document("{\"s\":\"é\\n\",\"i\":-12,\"r\":1.50,\"t\":true,\"f\":false,\"n\":null,\"a\":[1,\"x\",{}],\"\":0}"))
        let root = json.root
        #expect(root.kind == .object && root.count == 8)
        #expect(root.member("s")?.string == "é\n")
        #expect(root.member("i")?.int == -12 && root.member("i")?.double == -12 && root.member("i")?.numberText == "-12")
        #expect(root.member("r")?.kind == .number && root.member("r")?.double == 1.5 && root.member("r")?.numberText == "1.50")
        #expect(root.member("r")?.int == nil && root.member("r")?.string == nil)
        #expect(root.member("t")?.bool == true && root.member("f")?.bool == false && root.member("i")?.bool == nil)
        #expect(root.member("n")?.isNull == true && root.member("n")?.kind == .null)
        #expect(root.member("")?.int == 0 && root.member("missing") == nil)
        let array = try #require(root.member("a" as String))
        #expect(array.elements.map(\.kind) == [.integer, .string, .object])
        #expect(array.element(1)?.string == "x" && array.element(3) == nil && array.element(-1) == nil)
        #expect(array.member("x") == nil && root.member("s")?.elements.map(\.kind) == [])
        #expect(root.members.map { $0.name } == ["s", "i", "r", "t", "f", "n", "a", ""])
    }

    @Test func numbersKeepTheirText() throws {
        let source = "{\"big\":123456789012345678901234567890,\"money\":0.00000015,\"huge\":1e999,\"neg\":-1.0E+2,\"max\":9223372036854775807,\"zero\":-0.0,\"a\":[1.10,2]}"
        let json = try #require(document(source))
        #expect(json.root.member("big")?.numberText == "123456789012345678901234567890")
        #expect(json.root.member("big")?.int == nil)
        #expect(json.root.member("money")?.numberText == "0.00000015")
        #expect(json.root.member("huge")?.double == nil)
        #expect(json.root.member("neg")?.int == -100)
        #expect(json.root.member("max")?.int == .max)
        #expect(json.root.dump() == source)
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
        #expect(json.root.element(0)?.double == 1.5 && json.root.element(1)?.double == 22.5)
        #expect(json.root.dump() == "[1.5,2.25e1]")
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

    @Test func stringsThatLookLikeMarkedNumbersStayStrings() throws {
        let source = "[1.5,\"\u{E000}2.5\",\"\\ue001 3\",\"\\uE002\",\"\u{E003}\"]"
        let json = try #require(document(source))
        #expect(json.root.elements.map(\.kind) == [.number, .string, .string, .string, .string])
        #expect(json.root.element(1)?.string == "\u{E000}2.5")
        var everything = "[1.5"
        for scalar in 0xE000...0xEFFF { everything += ",\"\(UnicodeScalar(UInt32(scalar))!)9\"" }
        #expect(document(everything + "]") != nil)
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
        let found = try #require(problem(Array(twice.utf8), .rejectDuplicates))
        #expect(found.kind == .duplicate && found.line == 2)
        #expect(abs(found.offset - 40) <= 3, "\(found.offset)")
        #expect(document(twice)?.root.member("a")?.int == 2)
        #expect(document("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", .rejectDuplicates) != nil)
    }

    @Test func repair() throws {
        #expect(problem([0x22, 0xFF, 0x00, 0x22], .repair) == nil)
        let lone = try #require(document("[\"a\\ud800b\"]"))
        #expect(lone.wasRepaired && lone.root.element(0)?.string == "a\u{FFFD}b")
        #expect(document("[\"\\ud83d\\ude00\"]")?.wasRepaired == false)
        #expect(document("[\"a\\u0000b\"]")?.root.element(0)?.string == "a\0b")
        #expect(document("[\"a\\u0000b\"]")?.root.dump() == "[\"a\\u0000b\"]")
    }

    /// Whatever the cursor accepts jansson must hold, and the text must come back the same but for white space and escapes.
    @Test func recordedDocuments() {
        for record in Recorded.lines("json_test_suite") {
            guard let bytes = (record["input_base64"] as? String).flatMap({ Data(base64Encoded: $0) }).map({ [UInt8]($0) }), fault(bytes) == nil else { continue }
            let name = record["name"] as? String ?? ""
            withBytes(bytes) { bytes in
                do throws(JSONProblem) {
                    let once = try JSONDocument(bytes)
                    let dumped = once.root.dump() ?? ""
                    #expect(accepts(dumped), "\(name)")
                    #expect(try JSONDocument(dumped).root.dump() == dumped, "\(name)")
                } catch { #expect(error.kind == .nul, "\(name) \(error)") }         // a NUL in a name is more than jansson holds
            }
        }
    }
}
