internal import Bytes

/// A request to a provider's other endpoints: its bytes go out as they are, and what comes back is told as it came.
package struct RawRequest: Sendable {
    package var method = RawMethod.post
    /// Behind the provider's address; checked.
    package var path = ""
    package var query: [Header] = []
    package var headers: [Header] = []
    /// Of the body; nil: up to its first NUL.
    package var length: Int?
    /// What statistics and limits call it; nil: by its entry of the list.
    package var model: String?
    /// Who may be asked, in this order; none: one provider, as the call says.
    package var providers: [String] = []
    package init() {}
}

package enum RawMethod: String, CaseIterable, Sendable {
    case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"

    /// Twice is as good as once.
    package var isIdempotent: Bool {
        switch self {
        case .get, .put, .delete: true
        case .post, .patch: false
        }
    }
    /// Nothing is made that could be billed.
    package var isFree: Bool { self == .get || self == .delete }
    package var takesBody: Bool { self != .get }
}

/// `POST /files/*/content`: the requests that may be made; `*` is one part of a path.
package struct RawPattern: Sendable, Equatable {
    package var method: RawMethod
    package var path: String

    /// nil: it is none.
    package init?(_ text: String) {
        let octets = text.octets
        guard let blank = octets.firstIndex(of: Ascii.space), let method = RawMethod(word: String(utf8: Array(octets[..<blank]))) else { return nil }
        let path = String(utf8: Array(octets[(blank + 1)...]))
        guard isRawPath(path, isPattern: true) else { return nil }
        self.method = method
        self.path = path
    }

    package var text: String { concat(method.rawValue, " ", path) }

    package func matches(_ request: RawRequest) -> Bool {
        guard method == request.method else { return false }
        let slash = UInt8(ascii: "/")
        let mine = path.octets.split(separator: slash), other = request.path.octets.split(separator: slash)
        return mine.count == other.count && zip(mine, other).allSatisfy { $0.elementsEqual($1) || $0.elementsEqual(CollectionOfOne(UInt8(ascii: "*"))) }
    }
}

private let longestRawPath = 2048

/// Whether it leads to no other place than it says: parts of plain characters behind single slashes, none of them `.` or `..`.
package func isRawPath(_ path: String, isPattern: Bool = false) -> Bool {
    let octets = path.octets
    guard octets.first == UInt8(ascii: "/"), octets.count <= longestRawPath else { return false }
    for part in octets.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
        if part.isEmpty || part.allSatisfy({ $0 == UInt8(ascii: ".") }) { return false }
        for byte in part where !isRawPathByte(byte) && !(isPattern && part.count == 1 && byte == UInt8(ascii: "*")) { return false }
    }
    return true
}

private func isRawPathByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
         UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "="),
         UInt8(ascii: "+"), UInt8(ascii: ","): true
    default: false
    }
}
