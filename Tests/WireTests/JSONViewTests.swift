@testable import Bytes
@testable import JSON
import Testing

/// The view of validated JSON finds what the validating cursor finds, and stays within whatever bytes it is given.
@Suite struct JSONViewTests {
    /// Every value and name of a document, as ranges, by the cursor.
    private func cursorWalk(_ bytes: UnsafeRawBufferPointer, _ value: ByteRange, into found: inout [ByteRange]) {
        found.append(value)
        var steps = JSONCursor(bytes[value], depthLimit: 512)
        func moved(_ range: ByteRange) -> ByteRange { ByteRange(range.start + value.start, range.end + value.start) }
        do throws(JSONFault) {
            if try steps.beginObject() {
                while let name = try steps.nextName() {
                    found.append(moved(name))
                    cursorWalk(bytes, moved(try steps.value()), into: &found)
                }
            } else if try steps.beginArray() {
                while try steps.nextElement() { cursorWalk(bytes, moved(try steps.value()), into: &found) }
            }
        } catch { Issue.record("\(error)") }
    }

    private func walk(_ bytes: UnsafeRawBufferPointer, _ value: ByteRange, into found: inout [ByteRange], _ depth: Int = 0) {
        #expect(value.start >= 0 && value.end <= bytes.count && value.start < value.end)
        found.append(value)
        if depth > 600 { return }
        let view = JSONView(valid: bytes, value)
        for (name, inner) in view.members {
            #expect(name.start >= 0 && name.end <= bytes.count && name.start <= name.end)
            found.append(name)
            walk(bytes, inner.range, into: &found, depth + 1)
        }
        for inner in view.elements { walk(bytes, inner.range, into: &found, depth + 1) }
    }

    private func document(_ chance: inout SystemRandomNumberGenerator, _ depth: Int = 0) -> String {
        func blank() -> String { ["", "", " ", "\n\t"].randomElement(using: &chance) ?? "" }
        func text() -> String {
            let pieces = ["a", "é", "\\\"", "\\\\", "\\u0041", "{", "}", "[", "]", ",", ":", " ", "\\\\\\\"", "long words that go on"]
            return "\"" + (0..<Int.random(in: 0..<6, using: &chance)).map { _ in pieces.randomElement(using: &chance) ?? "" }.joined() + "\""
        }
        let kind = Int.random(in: 0..<(depth > 4 ? 4 : 8), using: &chance)
        switch kind {
        case 0: return text()
        case 1: return "-12.5e+3"
        case 2: return ["true", "false", "null"].randomElement(using: &chance) ?? "0"
        case 3: return "0"
        default:
            let count = Int.random(in: 0..<5, using: &chance)
            let inner = (0..<count).map { _ in
                blank() + (kind < 6 ? text() + blank() + ":" + blank() : "") + document(&chance, depth + 1) + blank()
            }.joined(separator: ",")
            return kind < 6 ? "{" + inner + blank() + "}" : "[" + inner + blank() + "]"
        }
    }

    @Test func findsWhatTheCursorFinds() {
        var chance = SystemRandomNumberGenerator()
        for _ in 0..<3000 {
            let text = document(&chance)
            withBytes(text) { bytes in
                var wanted: [ByteRange] = [], found: [ByteRange] = []
                cursorWalk(bytes, ByteRange(0, bytes.count), into: &wanted)
                walk(bytes, ByteRange(0, bytes.count), into: &found)
                #expect(found == wanted, "\(text)")
            }
        }
    }

    @Test func staysWithinBrokenDocuments() {
        var chance = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = Array(document(&chance).utf8)
            for _ in 0..<3 where !bytes.isEmpty { bytes[Int.random(in: bytes.indices, using: &chance)] = [0x22, 0x5C, 0x7B, 0x5D, 0, 0xFF].randomElement(using: &chance) ?? 0 }
            let exact = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &chance)))
            exact.withUnsafeBytes { bytes in
                var found: [ByteRange] = []
                if bytes.count > 0 { walk(bytes, ByteRange(0, bytes.count), into: &found) }
            }
        }
        let none = JSONView(valid: UnsafeRawBufferPointer(start: nil, count: 0), ByteRange(0, 5))
        #expect(none.firstElement == nil && none["a"] == nil && none.first("a") == nil && !none.members.contains { _ in true })
    }
}
