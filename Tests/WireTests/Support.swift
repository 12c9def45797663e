@testable import Bytes
import Foundation
import Testing

/// The bytes of a test input for the length of a call, at the very end of an allocation of their size.
func withBytes<R>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(copy))
}

func withBytes<R>(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R { try withBytes(Array(text.utf8), body) }

func text(_ buffer: ByteBuffer) -> String { String(decoding: buffer.bytes, as: UTF8.self) }

/// Test material that is not part of the project; nil where it is absent.
enum Shared {
    static let folder: URL? = {
        let path = ProcessInfo.processInfo.environment["GATELET_SHARED"] ?? "../shared"
        let fixtures = URL(filePath: path).appending(path: "fixtures")
        guard FileManager.default.fileExists(atPath: fixtures.path) else {
            print("skipped: no shared fixtures at \(fixtures.path)")
            return nil
        }
        return fixtures
    }()

    /// The records of a JSON-lines file, gzipped or not.
    static func records(_ name: String) -> [[String: Any]] {
        guard let file = folder?.appending(path: name), let bytes = name.hasSuffix(".gz") ? unzipped(file) : try? Data(contentsOf: file) else { return [] }
        return bytes.split(separator: 10).compactMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] }
    }

    private static func unzipped(_ file: URL) -> Data? {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", file.path]
        process.standardOutput = pipe
        guard (try? process.run()) != nil else { return nil }
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? bytes : nil
    }
}

/// A small generator with a fixed start, so that a failure can be seen again.
struct Dice {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 2_654_435_761 &+ 88_172_645_463_325_252 }

    mutating func next(_ below: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return below <= 0 ? 0 : Int(state % UInt64(below))
    }
}
