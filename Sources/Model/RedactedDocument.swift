package import Bytes

extension Redaction {
    /// A document on its way out, whatever it is made of. False: out of memory.
    package func clean(_ document: ByteBuffer) -> Bool {
        defer { document.keepAlive() }
        guard let clean = bytes(document.bytes) else { return true }
        document.removeAll()
        return clean.withUnsafeBytes { document.append($0) }
    }
}
