internal import Bytes
internal import CShims

/// What a fetched file is, by its first bytes: its media type, where it is of the kind and the server calls it so too. nil: it is not.
/// `declared`: the server's `Content-Type`, empty where there was none.
package func mediaType(of bytes: UnsafeRawBufferPointer, declared: UnsafeRawBufferPointer, _ kind: MediaKind) -> String? {
    let declared = DeclaredType(declared), found = foundType(bytes, isSound: kind == .audio)
    switch kind {
    case .image: return declared.isAny(of: ["image/"]) ? found.flatMap { $0.isOf("image/") } : nil
    case .audio: return declared.isAny(of: ["audio/", "video/", "application/ogg"]) ? found.flatMap { $0.isOf("audio/") } : nil
    case .video: return declared.isAny(of: ["video/", "application/mp4"]) ? found.flatMap { $0.isOf("video/") } : nil
    case .file:
        if let found {
            let isPDF = found.equals("application/pdf") && declared.isAny(of: ["application/pdf", "application/x-pdf"])
            return isPDF ? found : declared.isAny(of: ["image/"]) ? found.isOf("image/") : nil
        }
        return declared.isText && isPlainText(bytes) ? declared.type : nil
    }
}

/// The word for a sound in `input_audio.format`.
func formatWord(of type: String) -> String {
    switch Word(type) {
    case "audio/mpeg", "audio/mp3": "mp3"
    case "audio/mp4", "audio/m4a", "audio/x-m4a": "m4a"
    case "audio/ogg", "audio/opus": "ogg"
    case "audio/x-wav", "audio/wave": "wav"
    default: type.dropping(6)
    }
}

private struct DeclaredType {
    let type: String

    init(_ header: UnsafeRawBufferPointer) {
        var end = 0
        while end < header.count, header.byte(at: end) != UInt8(ascii: ";"), end < 128 { end &+= 1 }
        type = lowercased(String(utf8: trimmed(header[ByteRange(0, end)])))
    }

    /// Nothing was said.
    private var isNeutral: Bool {
        switch Word(type) {
        case "", "application/octet-stream", "binary/octet-stream", "application/download", "application/force-download": true
        default: false
        }
    }

    func isAny(of families: [StaticString]) -> Bool {
        isNeutral || type.bytes { type in families.contains { type.starts($0) } }
    }

    /// A page is no file: it mostly tells of an error.
    var isText: Bool {
        switch Word(type) {
        case "text/html": false
        case "application/json", "application/xml", "application/yaml", "application/x-yaml": true
        default: type.bytes { $0.starts("text/") && isPlainName($0) }
        }
    }

    private func isPlainName(_ text: UnsafeRawBufferPointer) -> Bool {
        text.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: ".") }
    }
}

extension String {
    fileprivate func isOf(_ family: StaticString) -> String? { bytes { $0.starts(family) } ? self : nil }
}

private func isPlainText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count > 0 else { return false }
    var at = 0
    while at < bytes.count {
        if base[at] == 0 { return false }
        let step = base[at] < 0x80 ? 1 : gl_utf8_sequence(base + at, bytes.count &- at)
        if step == 0 { return false }
        at &+= step
    }
    return true
}

/// By magic numbers (https://mimesniff.spec.whatwg.org/, 2026-11; ftyp brands: https://mp4ra.org/registered-types/brands).
private func foundType(_ bytes: UnsafeRawBufferPointer, isSound: Bool) -> String? {
    func has(_ text: StaticString, at offset: Int = 0) -> Bool { bytes[ByteRange(offset, offset &+ text.utf8CodeUnitCount)].equals(text) }
    func begins(_ octets: [UInt8]) -> Bool { bytes.count >= octets.count && bytes[ByteRange(0, octets.count)].elementsEqual(octets) }
    if begins([0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
    if begins([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "image/png" }
    if has("GIF87a") || has("GIF89a") { return "image/gif" }
    if has("RIFF"), has("WEBP", at: 8) { return "image/webp" }
    if has("RIFF"), has("WAVE", at: 8) { return "audio/wav" }
    if has("%PDF-") { return "application/pdf" }
    if has("fLaC") { return "audio/flac" }
    if has("OggS") { return isSound ? "audio/ogg" : "video/ogg" }
    if has("FORM"), has("AIFF", at: 8) || has("AIFC", at: 8) { return "audio/aiff" }
    if has("ftyp", at: 4) { return ofBrand(bytes[ByteRange(8, 12)], isSound) }
    if begins([0x1A, 0x45, 0xDF, 0xA3]) { return isSound ? "audio/webm" : "video/webm" }
    if begins([0x00, 0x00, 0x01, 0xBA]) { return "video/mpeg" }
    if begins([0xFF, 0xF1]) || begins([0xFF, 0xF9]) { return "audio/aac" }
    if has("ID3") || bytes.byte(at: 0) == 0xFF && bytes.byte(at: 1) & 0xE0 == 0xE0 && bytes.byte(at: 1) & 0x06 != 0 { return "audio/mpeg" }
    return nil
}

private func ofBrand(_ brand: UnsafeRawBufferPointer, _ isSound: Bool) -> String {
    if brand.equals("heic") || brand.equals("heix") { return "image/heic" }
    if brand.equals("mif1") || brand.equals("heif") { return "image/heif" }
    if brand.equals("avif") { return "image/avif" }
    if brand.equals("qt  ") { return "video/quicktime" }
    return isSound || brand.equals("M4A ") ? "audio/mp4" : "video/mp4"
}
