package import Foundation

/// Recorded traffic: the project's small copy, and the whole collection of the same layout where there is one.
package enum Recorded {
    package static let folders: [URL] = {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let whole = ProcessInfo.processInfo.environment["GATELET_SHARED"] ?? tests.appending(path: "../../shared").path
        return [tests.appending(path: "Fixtures/recorded"), URL(filePath: whole).appending(path: "fixtures")]
            .filter { FileManager.default.fileExists(atPath: $0.appending(path: "exchanges").path) }
    }()

    /// How many of something there must be at least: in the small copy, or in the whole collection.
    package static func least(_ inSmall: Int, _ inWhole: Int) -> Int { folders.count == 1 ? inSmall : inWhole }

    /// Each exchange once.
    package static func exchanges() -> [[String: Any]] {
        folders.flatMap { folder in
            let files = (try? FileManager.default.contentsOfDirectory(at: folder.appending(path: "exchanges"), includingPropertiesForKeys: nil)) ?? []
            return files.sorted { $0.path < $1.path }.flatMap(records)
        }.once { $0["id"] as? String ?? "" }
    }

    /// Each record of a file of JSON lines once, such as `sse_vectors`.
    package static func lines(_ name: String) -> [[String: Any]] {
        folders.flatMap { folder in
            [".jsonl", ".jsonl.gz"].map { folder.appending(path: name + $0) }.filter { FileManager.default.fileExists(atPath: $0.path) }.flatMap(records)
        }.once { "\($0["name"] ?? "") \($0["input_base64"] ?? "")" }
    }

    /// The body of a recorded response.
    package static func body(_ response: [String: Any]) -> [UInt8] {
        let text = response["body"] as? String ?? ""
        return response["body_format"] as? String == "base64" ? [UInt8](Data(base64Encoded: text) ?? Data()) : Array(text.utf8)
    }

    private static func records(_ file: URL) -> [[String: Any]] {
        let bytes = file.pathExtension == "gz" ? unzipped(file) : (try? Data(contentsOf: file)) ?? Data()
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] }
    }

    private static func unzipped(_ file: URL) -> Data {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", file.path]
        process.standardOutput = pipe
        guard (try? process.run()) != nil else { return Data() }
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return bytes
    }
}

extension [[String: Any]] {
    fileprivate func once(_ name: (Element) -> String) -> [Element] {
        var seen: Set<String> = []
        return filter { seen.insert(name($0)).inserted }
    }
}
