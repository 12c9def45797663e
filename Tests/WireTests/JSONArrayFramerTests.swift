@testable import Bytes
@testable import HTTPText
import Testing

private let list = "\u{20}[{\"a\": \"}]{\\\"\"}\r\n,\n[1, [2]] , {}\n]\n{\"not\": 1}"
private let elements = ["{\"a\": \"}]{\\\"\"}", "[1, [2]]", "{}"]

private func feed(_ framer: JSONArrayFramer, _ text: [UInt8], _ take: (String) -> Bool) -> SSEFramer.Outcome {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: text)
    return framer.feed(UnsafeRawBufferPointer(copy)) { take(String(decoding: $0, as: UTF8.self)) }
}

/// However a list is cut, its elements are the same.
@Test func aListGivesItsElements() {
    let bytes = Array(list.utf8)
    for size in 1...bytes.count {
        let framer = JSONArrayFramer(elementLimit: 100)
        var found: [String] = [], at = 0
        while at < bytes.count {
            let outcome = feed(framer, Array(bytes[at..<min(at + size, bytes.count)])) {
                found.append($0)
                return true
            }
            #expect(outcome == .more)
            at += size
        }
        #expect(found == elements, "in pieces of \(size)")
    }
}

/// What never ends is no element, and one that is too long ends the stream.
@Test func anElementThatIsCutOrTooLongIsNone() {
    for (text, limit, outcome, count) in [("[{\"a\":1", 100, SSEFramer.Outcome.more, 0), ("[{\"a\":1},{\"b", 7, .more, 1), ("[{\"a\":1},{\"bbbbb\":1}]", 7, .tooLarge, 1),
                                          ("[{\"aaaaaaa", 7, .tooLarge, 0), ("", 7, .more, 0)] {
        let framer = JSONArrayFramer(elementLimit: limit)
        var found = 0
        let got = feed(framer, Array(text.utf8)) { _ in
            found += 1
            return true
        }
        #expect(got == outcome && found == count, "\(text)")
    }
    let framer = JSONArrayFramer(elementLimit: 100)
    let stopped = feed(framer, Array("[{},{}]".utf8)) { _ in false }
    #expect(stopped == .stop)
}
