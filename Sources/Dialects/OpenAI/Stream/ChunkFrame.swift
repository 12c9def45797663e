internal import Bytes
internal import CShims
internal import JSON

/// The chunk of a stream that came last, for the next: nearly all differ from it in nothing but their text. What was validated once
/// and is equal byte for byte is valid again, and means the same around another text, so only that is read.
final class ChunkFrame {
    private static let most = 4096
    /// A stream whose chunks never repeat (OpenAI pads them with random bytes) is soon no longer compared.
    private static let mostInVain = 16

    private let bytes = ByteBuffer(limit: ChunkFrame.most)
    private var view = ChunkView()
    private var text = ByteRange.none
    private var keptInVain = 0

    /// What is in a chunk that repeats the kept one around another text; nil for any other.
    func view(of chunk: UnsafeRawBufferPointer, depthLimit: Int) -> ChunkView? {
        guard bytes.count > 0, text.start < chunk.count, let kept = bytes.base, let base = chunk.baseAddress,
              memcmp(kept, base, text.start) == 0 else { return nil }
        // From the quote on.
        var cursor = JSONCursor(chunk, resumingAt: text.start &- 1, depth: 1, depthLimit: depthLimit)
        guard let string = try? cursor.value(), string.count > 2, !cursor.sawLoneSurrogate else { return nil }
        let end = string.end &- 1, rest = bytes.count &- text.end
        guard chunk.count &- end == rest, memcmp(kept + text.end, base + end, rest) == 0 else { return nil }
        keptInVain = 0
        return view.around(ByteRange(text.start, end))
    }

    /// Keeps a chunk that consists of one text and what may come again; forgets the one before in any case.
    func keep(_ chunk: UnsafeRawBufferPointer, _ view: ChunkView) {
        bytes.removeAll()
        guard keptInVain < ChunkFrame.mostInVain, let text = view.onlyText, bytes.append(chunk) else { return }
        keptInVain &+= 1
        self.text = text
        self.view = view
    }
}

extension ChunkView {
    /// The one text of a chunk that has nothing else but what may be the same in the next.
    fileprivate var onlyText: ByteRange? {
        guard isAllText, choiceBits == 1, hasContent, !needsLook, !tellsUsage, !hasNotes, !hasLoneSurrogate, error.isNone else { return nil }
        return reasoning.isNone ? content : content.isNone ? reasoning : nil
    }

    /// The same with another text.
    fileprivate func around(_ text: ByteRange) -> ChunkView {
        var view = self
        if content.isNone { view.reasoning = text } else { view.content = text }
        view.repeats = true
        return view
    }
}
