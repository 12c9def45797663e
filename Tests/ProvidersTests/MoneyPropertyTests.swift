@testable import Bytes
import Foundation
@testable import JSON
@testable import ModelLists
import Testing

/// Money against Python's decimal: 140,000 cases of Tests/Prices/vectors.py.
@Suite struct MoneyPropertyTests {
    private func vectors() throws -> [[String]] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent(), process = Process(), pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", root.appending(path: "Prices/vectors.py").path()]
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return text.utf8.split(separator: 10).map { $0.split(separator: 9, omittingEmptySubsequences: false).map { String($0) ?? "" } }
    }

    private func result(_ it: [String]) -> String {
        func number(_ at: Int) -> Int128 { Int128(it[at]) ?? -1 }
        switch it[0] {
        case "atto": return DecimalText(it[1])?.atto.map { "\($0)" } ?? "nil"
        case "price": return parsed("\"\(it[1])\"", Int(it[2]) ?? 99)
        case "object": return parsed("{\"amount\":\"\(it[1])\",\"scale\":\(it[2])}", Int(it[3]) ?? 99)
        case "times": return Money.times(Int(it[1]) ?? 99, number(2)).map { "\($0)" } ?? "nil"
        case "sum": return Money.sum(number(1), number(2)).map { "\($0)" } ?? "nil"
        default: return Money.text(number(1))
        }
    }

    private func parsed(_ json: String, _ exponent: Int) -> String {
        let bytes = Array(json.utf8)
        return bytes.withUnsafeBytes { JSONView(document: $0).flatMap { price($0, exponent) } } ?? "nil"
    }

    @Test func agreesWithPython() throws {
        let vectors = try vectors()
        #expect(vectors.count >= 100_000)
        var wrong = 0
        for vector in vectors where result(vector) != vector[vector.count - 1] {
            wrong += 1
            if wrong < 10 { Issue.record("\(vector): \(result(vector))") }
        }
        #expect(wrong == 0)
    }

    @Test func numbersOfJSONKeepTheirDigits() {
        #expect(parsed("0.00000015", 0) == "0.00000015" && parsed("5e-08", 0) == "0.00000005" && parsed("1.10", -6) == "0.0000011")
        #expect(parsed("{\"amount\":123,\"scale\":8}", 0) == "0.00000123" && parsed("{\"amount\":1}", 0) == "nil" && parsed("{\"amount\":{},\"scale\":1}", 0) == "nil")
        #expect(parsed("{\"amount\":1,\"scale\":9223372036854775807}", 0) == "nil" && parsed("{\"amount\":1,\"scale\":-9223372036854775808}", -6) == "nil")
        #expect(parsed("-1", 0) == "nil" && parsed("null", 0) == "nil" && parsed("[1]", 0) == "nil")
    }
}
