internal import Bytes
internal import JSON
internal import Model

extension ServedWords {
    /// A member of a usage, or of a request.
    mutating func read(_ name: UnsafeRawBufferPointer, _ value: JSONView) {
        for word in PriceWord.allCases where isCalled(name, word.rawValue) {
            if let said = value.string(upTo: 64) { self[word] = lowercased(said) }
        }
    }

    /// Escaped spellings count too: what a request may cost depends on it.
    private func isCalled(_ name: UnsafeRawBufferPointer, _ word: String) -> Bool {
        same(name, word) || contains(name, Ascii.backslash) && same(decodedText(name, ByteRange(0, name.count)), word)
    }
}
