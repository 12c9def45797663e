internal import Bytes
internal import CShims
internal import JSON

/// Bytes as a recording has them: text where they are one, else Base64.
enum CassetteText {
    /// As a JSON string.
    static func append(_ bytes: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
        if isText(bytes) { return appendJSONString(bytes, to: out) }
        return out.append("\"") && appendBase64(bytes, to: out) && out.append("\"")
    }

    static func name(_ bytes: UnsafeRawBufferPointer) -> StaticString { isText(bytes) ? "text" : "base64" }

    /// UTF-8 without NUL, which texts here do not have.
    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return true }
        var at = 0
        while at < bytes.count {
            let byte = bytes.byte(at: at)
            if byte == 0 { return false }
            let length = byte < 0x80 ? 1 : gl_utf8_sequence(base + at, bytes.count &- at)
            if length <= 0 { return false }
            at &+= Int(length)
        }
        return true
    }
}
