internal import Bytes
internal import Catalog
internal import CShims
internal import Model

/// What a code or a sentence of a provider means.
struct ErrorMeaning {
    let status: Status
    /// Words behind the class in the table (Sources/Catalog/errors.tsv explains them).
    var isOfRequest = false
    var isWeak = false
    var isVague = false
    var unlessTimed = false
    /// Told by a sentence, which may quote what the caller has written.
    var isSentence = false
}

/// One line of Sources/Catalog/errors.tsv, as far as it is embedded.
struct ErrorRule {
    let meaning: UnsafeRawBufferPointer
    let isOfCodes: Bool
    let pattern: UnsafeRawBufferPointer

    /// nil: the class has no such name.
    var means: ErrorMeaning? {
        let slash = meaning.find("/") ?? meaning.count
        let name = meaning[ByteRange(0, slash)], word = meaning[ByteRange(min(slash &+ 1, meaning.count), meaning.count)]
        guard let status = Status.allCases.first(where: { name.equals($0.name) }) else { return nil }
        var means = ErrorMeaning(status: status)
        means.isOfRequest = word.equals("request")
        means.isWeak = word.equals("weak")
        means.isVague = word.equals("vague")
        means.unlessTimed = word.equals("unless_timed")
        means.isSentence = !isOfCodes
        return means
    }

    /// One of the codes between the commas.
    func names(_ code: [UInt8]) -> Bool {
        var start = 0
        while start < pattern.count {
            let end = pattern.position(of: ", ", from: start) ?? pattern.count
            if plainCode(pattern[ByteRange(start, end)]) == code { return true }
            start = end &+ 2
        }
        return false
    }

    /// The parts between the stars, one behind the other.
    func isSaid(in text: UnsafeRawBufferPointer) -> Bool {
        var at = 0, start = 0
        while start <= pattern.count {
            let rest = pattern[ByteRange(start, pattern.count)]
            let end = rest.find("*").map { start &+ $0 } ?? pattern.count
            let part = pattern[ByteRange(start, end)]
            guard let found = text.position(ofText: part, from: at) else { return false }
            at = found &+ part.count
            start = end &+ 1
        }
        return true
    }
}

/// The lines of the table in their order.
struct ErrorRules: Sequence, IteratorProtocol {
    private var rest = UnsafeRawBufferPointer(start: errorTable.utf8Start, count: errorTable.utf8CodeUnitCount)

    mutating func next() -> ErrorRule? {
        if rest.count == 0 { return nil }
        let end = rest.position(of: "\n", from: 0) ?? rest.count
        let line = rest[ByteRange(0, end)]
        rest = rest[ByteRange(end &+ 1, rest.count)]
        guard let first = line.find("\t"), let second = line.position(of: "\t", from: first &+ 1) else { return nil }
        return ErrorRule(meaning: line[ByteRange(0, first)], isOfCodes: line[ByteRange(first &+ 1, second)].equals("code"),
                         pattern: line[ByteRange(second &+ 1, line.count)])
    }
}

/// A code as it is compared: letters, digits and dots in lower case, without a final "error" or "exception".
/// So `RateLimitError`, `rate_limit_error` and `rate-limit` are one.
func plainCode(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    var plain: [UInt8] = []
    for byte in text {
        let lower = lowercased(byte)
        if lower != UInt8(ascii: "_") && lower != UInt8(ascii: "-") && lower != UInt8(ascii: " ") { plain.append(lower) }
    }
    for ending: StaticString in ["error", "exception"] {
        let length = ending.utf8CodeUnitCount
        guard plain.count > length else { continue }
        if plain.withUnsafeBytes({ $0[ByteRange($0.count &- length, $0.count)].equals(ending) }) { plain.removeLast(length) }
    }
    return plain
}

/// What the codes of a report mean: the first line of the table that has one of them.
func meaning(ofCodes codes: [String]) -> ErrorMeaning? {
    var plain: [[UInt8]] = []
    for code in codes { plain.append(code.octets.withUnsafeBytes { plainCode($0) }) }
    for rule in ErrorRules() where rule.isOfCodes && plain.contains(where: { rule.names($0) }) { return rule.means }
    return nil
}

/// All text of an error in lower case, for what providers only say in sentences. The model's name is taken out: a caller
/// may call it what he likes.
struct ErrorText {
    private let bytes: [UInt8]

    init(_ report: ErrorReport, model: String) {
        var bytes: [UInt8] = []
        for text in [report.message, report.code] {
            guard let text else { continue }
            bytes += lowercased(text).octets.prefix(longestMessage)
            bytes.append(UInt8(ascii: "\n"))
        }
        self.bytes = ErrorText.without(lowercased(model).octets, bytes)
    }

    /// The first line of the table that is said and wanted.
    func meaning(_ wanted: (ErrorMeaning) -> Bool) -> ErrorMeaning? {
        bytes.withUnsafeBytes { text in
            for rule in ErrorRules() where !rule.isOfCodes && rule.isSaid(in: text) {
                if let means = rule.means, wanted(means) { return means }
            }
            return nil
        }
    }

    /// Names of a few letters stay: they would tear words apart.
    private static func without(_ name: [UInt8], _ text: [UInt8]) -> [UInt8] {
        if name.count < 4 { return text }
        return text.withUnsafeBytes { all in
            name.withUnsafeBytes { name in
                var out: [UInt8] = [], at = 0
                while let found = all.position(ofText: name, from: at) {
                    out.append(contentsOf: all[ByteRange(at, found)])
                    at = found &+ name.count
                }
                out.append(contentsOf: all[ByteRange(at, all.count)])
                return out
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Where `text` begins at or behind `start`; an empty one is there at once.
    fileprivate func position(ofText text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start >= 0, start <= count else { return nil }
        guard let wanted = text.baseAddress, text.count > 0 else { return start }
        guard let base = baseAddress, let found = memmem(base + start, count &- start, wanted, text.count) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
