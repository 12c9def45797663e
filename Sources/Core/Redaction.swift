internal import CShims
package import Model
internal import Wire

/// Key values of a client, and text without them. A provider may echo the key in its error.
package struct Redaction: Sendable {
    private var secrets: [[UInt8]] = []

    /// `others` are secrets that are no keys.
    package init(_ providers: [Provider], and others: [String] = []) {
        for provider in providers {
            for key in provider.keys { add(key.value) }
        }
        for other in others { add(other) }
    }

    private mutating func add(_ text: String) {
        let secret = text.octets
        if secret.count < 4 { return }
        // A key that contains another one goes first.
        secrets.insert(secret, at: secrets.firstIndex { $0.count < secret.count } ?? secrets.count)
    }

    /// The same, and these.
    func adding(_ values: [String]) -> Redaction {
        var more = self
        for value in values { more.add(value) }
        return more
    }

    package func text(_ text: String) -> String {
        if secrets.isEmpty { return text }
        var bytes = text.octets
        var changed = false
        for secret in secrets { changed = Redaction.replace(secret, in: &bytes) || changed }
        return changed ? String(utf8: bytes) : text
    }

    package func failure(_ failure: Failure) -> Failure {
        if secrets.isEmpty { return failure }
        var clean = failure
        clean.message = text(failure.message)
        clean.code = failure.code.map(text)
        clean.providerMessage = failure.providerMessage.map(text)
        clean.model = failure.model.map(text)
        clean.requestID = failure.requestID.map(text)
        return clean
    }

    private static func replace(_ secret: [UInt8], in bytes: inout [UInt8]) -> Bool {
        guard secret.count <= bytes.count else { return false }
        var out: [UInt8] = []
        var at = 0, changed = false
        while at < bytes.count {
            if bytes[at] == secret[0], at + secret.count <= bytes.count, matches(secret, bytes, at) {
                out.append(contentsOf: [0x2A, 0x2A, 0x2A])
                at += secret.count
                changed = true
            } else {
                out.append(bytes[at])
                at += 1
            }
        }
        if changed { bytes = out }
        return changed
    }

    private static func matches(_ secret: [UInt8], _ bytes: [UInt8], _ at: Int) -> Bool {
        for i in 0..<secret.count where bytes[at + i] != secret[i] { return false }
        return true
    }
}
