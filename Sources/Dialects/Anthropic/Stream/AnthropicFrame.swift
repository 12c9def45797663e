internal import Bytes
internal import CShims
internal import JSON

/// The delta of a stream that came last, for the next: nearly all differ from it in nothing but their text. What was validated once and
/// is equal byte for byte means the same around another text, so only that is read.
final class AnthropicFrame {
    private static let most = 256

    /// Up to the text's quote.
    private let opening = ByteBuffer(limit: AnthropicFrame.most)
    /// Of thoughts: their entry among the details.
    private var detail: Int?

    func forget() { opening.removeAll() }

    /// The text of an event that differs from the last in it alone: the body of a string; `detail`: it is a thought. nil for any other event.
    func text(of data: UnsafeRawBufferPointer, depthLimit: Int) -> (UnsafeRawBufferPointer, detail: Int?)? {
        let start = opening.count
        guard start > 0, data.count > start, let kept = opening.base, let base = data.baseAddress, memcmp(kept, base, start) == 0,
              data.byte(at: start) == Ascii.quote else { return nil }
        var cursor = JSONCursor(data, resumingAt: start, depth: 2, depthLimit: depthLimit)
        guard let string = try? cursor.value(), !cursor.sawLoneSurrogate, AnthropicFrame.closes(data, from: string.end) else { return nil }
        return (data[ByteRange(string.start &+ 1, string.end &- 1)], detail)
    }

    /// Keeps the beginning of a delta that ends with its text; forgets the one before in any case.
    func keep(_ event: JSONView, _ delta: JSONView, _ block: AnthropicBlock?) {
        forget()
        guard let block, block.kind == .text || block.kind == .thinking && block.detail != nil else { return }
        detail = block.detail
        guard let text = detail != nil ? delta["thinking"] : delta["text"], text.isString, AnthropicFrame.closes(event.bytes, from: text.range.end),
              AnthropicFrame.isAlone(delta), opening.append(event.bytes[ByteRange(0, text.range.start)]) else { return }
    }

    /// Beside the text there is nothing but the type.
    private static func isAlone(_ delta: JSONView) -> Bool {
        var count = 0
        for _ in delta.members { count &+= 1 }
        return count == 2
    }

    /// Two brackets, and blanks, are all that follows: Anthropic pads its events with them.
    private static func closes(_ data: UnsafeRawBufferPointer, from start: Int) -> Bool {
        var brackets = 0, at = start
        while at < data.count {
            let byte = data.byte(at: at)
            if byte == Ascii.closeBrace { brackets &+= 1 } else if byte > Ascii.space { return false }
            at &+= 1
        }
        return brackets == 2
    }
}
