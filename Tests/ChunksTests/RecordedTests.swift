@testable import Bytes
@testable import Dialects
import Foundation
@testable import HTTPText
import Testing
import TestSupport

/// Recorded streams, and those made by hand.
@Suite struct ChunkRecordedTests {
    /// What an independent reader makes of a stream: text, reasoning and last finish reason of choice 0.
    struct Reading: Equatable {
        var text = "", reasoning = "", chunks = 0, finished = false
    }

    @Test func ownStreams() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures/streams")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).filter { $0.pathExtension == "sse" }
        #expect(files.count >= 3)
        for file in files { compare([UInt8](try Data(contentsOf: file)), file.lastPathComponent) }
    }

    @Test func recordedStreams() {
        var streams = 0, refused = 0
        for record in Recorded.exchanges() {
            guard record["streaming"] as? Bool == true, let request = record["request"] as? [String: Any], let url = request["url"] as? String,
                  url.contains("/chat/completions"), let response = record["response"] as? [String: Any] else { continue }
            streams += 1
            refused += compare(Recorded.body(response), "\(record["provider"] ?? "") \(record["id"] ?? "")")
        }
        // One Hugging Face recording has the word NaN where a number should be: no JSON, and refused on purpose.
        #expect(streams > Recorded.least(28, 900) && refused <= 1, "\(streams) \(refused)")
    }

    /// Frames, scans and assembles; compares with Foundation's reading. How many events were refused though Foundation takes them is an issue.
    @discardableResult
    private func compare(_ bytes: [UInt8], _ name: String) -> Int {
        let framer = SSEFramer(eventLimit: 1 << 24), assembler = ChunkAssembler(form: .chat, limit: 1 << 26)
        var seen = Reading(), other = Reading(), refused = 0, deltas = DeltaText()
        _ = withChunk(bytes) { bytes in
            framer.feed(bytes) { data, _ in
                let text = Data(data)
                if text.starts(with: Array("[DONE]".utf8)) || text.first == 58 || text.isEmpty { return true }
                independent(text, &other)
                guard let (view, end) = try? scanChunk(data, form: .chat, depthLimit: 512), end == data.count else {
                    refused += 1
                    if (try? JSONSerialization.jsonObject(with: text)) != nil { Issue.record("refused: \(name): \(String(decoding: text.prefix(200), as: UTF8.self))") }
                    return true
                }
                let piece = ByteBuffer(), thought = ByteBuffer()
                let ok = deltas.append(view, data, text: piece, reasoning: thought)
                #expect(ok)
                seen.text += String(decoding: piece.bytes, as: UTF8.self)
                seen.reasoning += String(decoding: thought.bytes, as: UTF8.self)
                seen.chunks += 1
                if view.finished { seen.finished = true }
                #expect(assembler.add(data))
                return true
            }
        }
        #expect(seen == other || refused > 0, "\(name)")
        if !assembler.isEmpty, let whole = answer(assembler) {
            if let content = whole.message["content"] as? String { #expect(content == seen.text || refused > 0, "\(name)") }
        } else { #expect(assembler.isEmpty, "no answer: \(name)") }
        return refused
    }

    private func independent(_ data: Data, _ reading: inout Reading) {
        guard let chunk = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else { return }
        reading.chunks += 1
        for (position, choice) in (chunk["choices"] as? [[String: Any]] ?? []).enumerated() {
            if let reason = choice["finish_reason"] as? String, !reason.isEmpty { reading.finished = true }
            guard choice["index"] as? Int ?? position == 0, let delta = choice["delta"] as? [String: Any] else { continue }
            reading.text += delta["content"] as? String ?? parts(delta["content"], "text")
            let first = delta["reasoning_content"] as? String ?? ""
            let thought = first.isEmpty ? delta["reasoning"] as? String ?? "" : first
            reading.reasoning += thought.isEmpty ? parts(delta["content"], "thinking") : thought
        }
    }

    private func parts(_ content: Any?, _ kind: String) -> String {
        (content as? [[String: Any]] ?? []).map { part in
            if let text = part[kind] as? String { return text }
            return (part[kind] as? [[String: Any]] ?? []).map { $0["text"] as? String ?? "" }.joined()
        }.joined()
    }
}
