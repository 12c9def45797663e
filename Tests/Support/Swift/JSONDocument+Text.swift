package import JSON

extension JSONDocument {
    /// The document that a text is; tests write theirs as literals.
    package convenience init(_ text: String, depthLimit: Int = 512) throws(JSONProblem) {
        var text = text
        let bytes = text.withUTF8 { Array($0) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        try self.init(UnsafeRawBufferPointer(buffer), depthLimit: depthLimit)
    }
}
