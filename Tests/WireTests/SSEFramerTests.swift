@testable import Bytes
import Foundation
@testable import HTTPText
import Testing
import TestSupport

struct SSEEvent: Equatable, CustomStringConvertible {
    var event = "message", data = "", id = "", retry: Int?
    var description: String { "\(event)|\(data)|\(id)|\(retry.map(String.init) ?? "-")" }
}

/// Feeds the pieces, each from its own allocation.
func frame(_ pieces: [[UInt8]], _ framer: SSEFramer = SSEFramer(eventLimit: 1 << 20)) -> [SSEEvent] {
    var events: [SSEEvent] = []
    for piece in pieces {
        _ = withBytes(piece) { bytes in
            framer.feed(bytes) { data, name in
                events.append(SSEEvent(event: name.isEmpty ? "message" : String(decoding: name, as: UTF8.self),
                                       data: String(decoding: data, as: UTF8.self),
                                       id: framer.lastEventID.map(text) ?? "", retry: framer.retryMs))
                return true
            }
        }
    }
    return events
}

func cut(_ bytes: [UInt8], at places: [Int]) -> [[UInt8]] {
    var pieces: [[UInt8]] = [], start = 0
    for place in places.sorted() + [bytes.count] {
        pieces.append(Array(bytes[start..<place]))
        start = place
    }
    return pieces
}

/// Whole, at every single split, one byte at a time.
func expectFrames(_ bytes: [UInt8], _ expected: [SSEEvent], _ name: String) {
    #expect(frame([bytes]) == expected, "whole: \(name)")
    #expect(frame(bytes.map { [$0] }) == expected, "byte by byte: \(name)")
    for place in stride(from: 0, through: bytes.count, by: max(1, bytes.count / 2000)) where frame(cut(bytes, at: [place])) != expected {
        Issue.record("split at \(place): \(name)")
        return
    }
}

@Suite struct SSEFramerTests {
    static let cases: [(String, String, [SSEEvent])] = [
        ("one event", "data: {\"a\":1}\n\n", [SSEEvent(data: "{\"a\":1}")]),
        ("no space, one space, two spaces", "data:a\n\ndata: b\n\ndata:  c\n\n", [SSEEvent(data: "a"), SSEEvent(data: "b"), SSEEvent(data: " c")]),
        ("CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", [SSEEvent(data: "a"), SSEEvent(data: "b")]),
        ("CR", "data: a\r\rdata: b\r\r", [SSEEvent(data: "a"), SSEEvent(data: "b")]),
        ("mixed ends", "data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", [SSEEvent(data: "a"), SSEEvent(data: "b"), SSEEvent(data: "c")]),
        ("CR inside what LF would end", "data: a\rdata: b\n\n", [SSEEvent(data: "a\nb")]),
        ("several lines", "data: a\ndata:\ndata: c\n\n", [SSEEvent(data: "a\n\nc")]),
        ("empty data", "data\n\ndata:\n\n", [SSEEvent(), SSEEvent()]),
        ("two empty lines", "data\ndata\n\n", [SSEEvent(data: "\n")]),
        ("no data, no event", "event: ping\n\nid: 7\n\ndata: x\n\n", [SSEEvent(data: "x", id: "7")]),
        ("comments", ": OPENROUTER PROCESSING\n\n:\n\ndata: x\n: inside\ndata: y\n\n", [SSEEvent(data: "x\ny")]),
        ("names", "event: error\ndata: x\n\ndata: y\n\n", [SSEEvent(event: "error", data: "x"), SSEEvent(data: "y")]),
        ("the last name wins", "event: a\nevent: b\ndata: x\n\n", [SSEEvent(event: "b", data: "x")]),
        ("unknown fields", "foo: bar\ndatax: no\ndat: no\n data: no\ndata: x\n\n", [SSEEvent(data: "x")]),
        ("byte order mark", "\u{FEFF}data: x\n\n\u{FEFF}data: no\n\n", [SSEEvent(data: "x")]),
        ("id and retry", "id: 1\nretry: 250\ndata: x\n\nretry: 1x\nid\ndata: y\n\n",
         [SSEEvent(data: "x", id: "1", retry: 250), SSEEvent(data: "y", retry: 250)]),
        ("not closed", "data: x\n\ndata: y\n", [SSEEvent(data: "x")]),
    ]

    @Test(arguments: cases.indices) func behaves(_ index: Int) {
        let (name, input, expected) = SSEFramerTests.cases[index]
        expectFrames(Array(input.utf8), expected, name)
    }

    @Test func halfAMarkBeginsALine() {
        expectFrames([0xEF, 0xBB] + Array("data: no\ndata: x\n\n".utf8), [SSEEvent(data: "x")], "EF BB")
    }

    @Test func handlerStops() {
        let framer = SSEFramer(eventLimit: 1000)
        var seen = 0
        let outcome = withBytes("data: a\n\ndata: b\n\n") { framer.feed($0) { _, _ in seen += 1; return false } }
        #expect(outcome == .stop)
        #expect(seen == 1)
    }

    @Test(arguments: [1, 3, 7, 64, 5000]) func limitDoesNotDependOnSplits(_ piece: Int) {
        for (input, fits) in [("data: " + String(repeating: "x", count: 94) + "\n\n", true),
                              ("data: " + String(repeating: "x", count: 95) + "\n\n", false),
                              (String(repeating: "data: 123456789\n", count: 10) + "\n", true),
                              (String(repeating: "data: 123456789\n", count: 11) + "\n", false),
                              (": " + String(repeating: "y", count: 1000), false)] {
            let framer = SSEFramer(eventLimit: 100), bytes = Array(input.utf8)
            var outcome = SSEFramer.Outcome.more
            for start in stride(from: 0, to: bytes.count, by: piece) where outcome == .more {
                outcome = withBytes(Array(bytes[start..<min(start + piece, bytes.count)])) { framer.feed($0) { _, _ in true } }
            }
            #expect(outcome == (fits ? .more : .tooLarge), "\(input.prefix(20)) by \(piece)")
            if !fits { #expect(withBytes("data: x\n\n") { framer.feed($0) { _, _ in true } } == .tooLarge) }
        }
    }

    @Test func wholeEventsAreNotCopied() {
        let framer = SSEFramer(eventLimit: 1000)
        withBytes("data: a\n\nevent: e\ndata: b\n\ndata: c\n") { bytes in
            _ = framer.feed(bytes) { data, _ in
                let start = bytes.baseAddress!
                #expect(data.baseAddress! >= start && data.baseAddress! < start + bytes.count)
                return true
            }
        }
    }

    @Test func randomSplitsOfRandomStreams() {
        var dice = Dice(1)
        let pieces = ["data: ", "data:", "data", "event: x", "id: 1", ": c", "\n", "\n\n", "\r", "\r\n", "\r\n\r\n", "é😀", "{\"a\":1}", ":", " ", "\u{FEFF}", "retry: 5"]
        for round in 0..<1500 {
            var bytes: [UInt8] = []
            for _ in 0..<(1 + dice.next(30)) { bytes += Array(pieces[dice.next(pieces.count)].utf8) }
            let whole = frame([bytes])
            let places = (0..<dice.next(8)).map { _ in dice.next(bytes.count + 1) }
            #expect(frame(cut(bytes, at: places)) == whole, "round \(round)")
            #expect(frame(bytes.map { [$0] }) == whole, "round \(round)")
            #expect(whole.map(\.data) == referenceData(bytes), "round \(round)")
        }
    }

    @Test func anyBytesAreSurvived() {
        var dice = Dice(2)
        for _ in 0..<500 {
            let bytes = (0..<dice.next(200)).map { _ in UInt8(dice.next(4) == 0 ? dice.next(256) : [10, 13, 58, 32, 100, 97, 116][dice.next(7)]) }
            #expect(frame([bytes]) == frame(bytes.map { [$0] }))
        }
    }

    /// The rules once more, line by line and slow.
    private func referenceData(_ input: [UInt8]) -> [String] {
        var bytes = input, events: [String] = [], data: [[UInt8]] = []
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        var line: [UInt8] = [], index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte != 10, byte != 13 { line.append(byte); continue }
            if byte == 13, index < bytes.count, bytes[index] == 10 { index += 1 }
            if line.isEmpty {
                if !data.isEmpty { events.append(String(decoding: Array(data.joined(separator: [10])), as: UTF8.self)) }
                data = []
            } else if line == Array("data".utf8) {
                data.append([])
            } else if line.starts(with: Array("data:".utf8)) {
                let value = line.dropFirst(5)
                data.append(Array(value.first == 32 ? value.dropFirst() : value))
            }
            line = []
        }
        return events
    }
}

@Suite struct SSEVectorTests {
    /// Dialects that deliver events without data; by the WHATWG rules, which win, nothing is dispatched.
    static let otherDialects: Set = ["httpx-sse", "openai-sdk"]

    @Test func recordedVectors() {
        let vectors = Recorded.lines("sse_vectors")
        var run = 0
        for vector in vectors {
            guard let input = (vector["input_base64"] as? String).flatMap({ Data(base64Encoded: $0) }),
                  let listed = vector["expected"] as? [[String: Any]], let name = vector["name"] as? String else { continue }
            var expected = listed.map {
                SSEEvent(event: $0["event"] as? String ?? "", data: $0["data"] as? String ?? "", id: $0["id"] as? String ?? "", retry: $0["retry"] as? Int)
            }
            if SSEVectorTests.otherDialects.contains(vector["dialect"] as? String ?? "") { expected.removeAll { $0.data.isEmpty } }
            expectFrames([UInt8](input), expected, name)
            if let lengths = vector["chunks"] as? [Int] {
                var places: [Int] = []
                for length in lengths.dropLast() { places.append((places.last ?? 0) + length) }
                #expect(frame(cut([UInt8](input), at: places.filter { $0 <= input.count })) == expected, "as listed: \(name)")
            }
            run += 1
        }
        #expect(run == vectors.count && run >= Recorded.least(150, 159))
    }
}

/// What a framer that takes lines outside of events hands out: events, and strays with a mark before them ("?" while more may come).
private func handedOut(_ text: String, piece: Int) -> [String] {
    let framer = SSEFramer(eventLimit: 1 << 20, strays: true)
    var found: [String] = []
    func note(_ data: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer) -> Bool {
        let mark = framer.isStray ? framer.strayIsOver ? "!" : "?" : ""
        if mark != "?" { found.append(mark + String(decoding: data, as: UTF8.self) + (name.count > 0 && !framer.isStray ? "@" + String(decoding: name, as: UTF8.self) : "")) }
        return true
    }
    let bytes = Array(text.utf8)
    var at = 0
    while at < bytes.count {
        let end = min(at + piece, bytes.count)
        #expect(Array(bytes[at..<end]).withUnsafeBytes { framer.feed($0, note) } == .more)
        at = end
    }
    #expect(framer.finish(note) == .more)
    return found
}

@Suite struct LastEventsAndStrays {
    @Test(arguments: [
        ("data: a\n\ndata: b", ["a", "b"]), ("data: a\n\ndata: b\n", ["a", "b"]), ("data: a\r\ndata: b", ["a\nb"]), ("event: error\ndata: b", ["b@error"]), ("data", [""]),
        ("data: a\n\n", ["a"]), (": x", []), ("event: x", []), ("", []),
        ("{\"a\":1}", ["!{\"a\":1}"]), ("data: a\n\n{\n \"a\": 1\n}\ndata: b\n\n", ["a", "!{\n \"a\": 1\n}", "b"]),
        ("<html>\nx\n\n<p>\n: c\ndata: b\n\n", ["!<html>\nx", "!<p>", "b"]), ("data: a\n{\"e\":1}\n\n", ["!{\"e\":1}", "a"]), ("x {\"a\":1}\ndata: b\n\n", ["b"]),
        ("[1]\nid: 1\ndata: b\n\n", ["![1]", "b"]),
    ]) func whatIsHandedOut(_ text: String, _ wanted: [String]) {
        for piece in [1, 2, 3, 7, 1000] { #expect(handedOut(text, piece: piece) == wanted, "\(text) in pieces of \(piece)") }
    }

    @Test func straysAreBounded() {
        let long = String(repeating: "}\n", count: 50_000)
        #expect(handedOut("{\n" + long, piece: 4096).first?.utf8.count ?? 0 <= (64 << 10) + 1)
    }
}
