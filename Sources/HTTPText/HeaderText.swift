internal import Bytes
internal import CShims

/// What HTTP header text may be, and what it says.
package enum HeaderText {
    /// A token of RFC 9110.
    package static func isName(_ name: String) -> Bool {
        if name.utf8.isEmpty { return false }
        for byte in name.octets {
            let plain = byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 < 26
            if !plain, !isTokenMark(byte) { return false }
        }
        return true
    }

    private static func isTokenMark(_ byte: UInt8) -> Bool {
        let marks: StaticString = "!#$%&'*+-.^_`|~"
        for index in 0..<marks.utf8CodeUnitCount where marks.utf8Start[index] == byte { return true }
        return false
    }

    /// The value of the last header of that name (given in lower case) in a raw block of header lines, trimmed; empty
    /// values count. Of several blocks (redirects, 100 Continue) the last one with the header speaks.
    package static func find(_ name: StaticString, in block: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let base = block.baseAddress else { return nil }
        let p = base.assumingMemoryBound(to: UInt8.self)
        var at = 0, found: UnsafeRawBufferPointer?
        while at < block.count {
            let end = gl_line_end(p, block.count, at)
            let line = block[ByteRange(at, end)]
            if let value = value(of: name, in: line) { found = value }
            at = end &+ 1
        }
        return found
    }

    /// The same of a name that is not known beforehand, in lower case too. It has a label: literals would be taken for its texts.
    package static func find(named name: String, in block: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let base = block.baseAddress else { return nil }
        let p = base.assumingMemoryBound(to: UInt8.self), wanted = name.octets
        var at = 0, found: UnsafeRawBufferPointer?
        while at < block.count {
            let end = gl_line_end(p, block.count, at), line = block[ByteRange(at, end)]
            at = end &+ 1
            guard line.byte(at: wanted.count) == Ascii.colon, isFolded(line, wanted) else { continue }
            found = trimmed(line[ByteRange(wanted.count &+ 1, line.count)])
        }
        return found
    }

    /// What is told under the first of these names under which something is.
    package static func find(first names: [StaticString], in block: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var lines = HeaderLines(block), best = names.count, found: UnsafeRawBufferPointer?
        while let line = lines.next() {
            for (rank, name) in names.enumerated() where rank <= best {
                guard let value = value(of: name, in: line), !value.isEmpty else { continue }
                best = rank
                found = value
            }
        }
        return found
    }

    private static func isFolded(_ line: UnsafeRawBufferPointer, _ name: [UInt8]) -> Bool {
        for (index, letter) in name.enumerated() {
            let byte = line.byte(at: index)
            if (byte &- 0x41 < 26 ? byte | 0x20 : byte) != letter { return false }
        }
        return true
    }

    private static func value(of name: StaticString, in line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let length = name.utf8CodeUnitCount
        guard line.byte(at: length) == Ascii.colon else { return nil }
        for index in 0..<length {
            let byte = line.byte(at: index)
            if (byte &- 0x41 < 26 ? byte | 0x20 : byte) != name.utf8Start[index] { return nil }
        }
        return trimmed(line[ByteRange(length &+ 1, line.count)])
    }

    package static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0, end = text.count
        while start < end, isBlank(text.byte(at: start)) { start &+= 1 }
        while end > start, isBlank(text.byte(at: end &- 1)) { end &-= 1 }
        return text[ByteRange(start, end)]
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == Ascii.space || byte == UInt8(ascii: "\t") }
}

// MARK: - When to come back

extension HeaderText {
    /// How long a raw header block asks to wait, in milliseconds: `retry-after-ms`, `x-ms-retry-after-ms`, then `retry-after`
    /// as seconds or as a date (relative to `date`, else to `unixNow`). What is negative or no number says nothing.
    package static func retryAfterMs(in block: UnsafeRawBufferPointer, unixNow: Int64) -> Int? {
        if let ms = find("retry-after-ms", in: block).flatMap({ milliseconds($0, scale: 0) }) { return ms }
        if let ms = find("x-ms-retry-after-ms", in: block).flatMap({ milliseconds($0, scale: 0) }) { return ms }
        guard let text = find("retry-after", in: block) else { return nil }
        if let ms = milliseconds(text, scale: 3) { return ms }
        guard let then = HTTPDate.seconds(text) else { return nil }
        let now = find("date", in: block).flatMap(HTTPDate.seconds) ?? unixNow
        let wait = then.subtractingReportingOverflow(now)
        return wait.overflow ? nil : min(Int(max(wait.partialValue, 0)), longest / 1000) &* 1000
    }

    /// Longer waits are cut to this (ten years): they are all "never" to us.
    private static let longest = 315_360_000_000

    private static func milliseconds(_ text: UnsafeRawBufferPointer, scale: Int) -> Int? {
        // A comma or currency sign is money, not time.
        for byte in text where byte == Ascii.comma || byte == UInt8(ascii: "$") { return nil }
        guard let number = DecimalText(text), !number.isBelowZero, let scaled = number.scaled(byPowerOfTen: scale) else { return nil }
        let digits = scaled.text.octets.prefix { $0 != UInt8(ascii: ".") }
        guard digits.count <= 15, let value = Int(String(utf8: Array(digits))) else { return longest }
        return min(value, longest)
    }
}

/// Dates of HTTP: "Sun, 06 Nov 1994 08:49:37 GMT", and the two obsolete forms of RFC 9110.
package enum HTTPDate {
    /// Seconds since 1970; nil when it is no date.
    package static func seconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        let words = split(text)
        let fields: (day: Int?, month: Int?, year: Int?, clock: UnsafeRawBufferPointer)
        switch words.count {
        case 6: fields = (number(words[1]), month(words[2]), number(words[3]), words[4])             // Sun, 06 Nov 1994 08:49:37 GMT
        case 5: fields = (number(words[2]), month(words[1]), number(words[4]), words[3])             // Sun Nov  6 08:49:37 1994
        case 4:                                                                                      // Sunday, 06-Nov-94 08:49:37 GMT
            let date = split(words[1], UInt8(ascii: "-"))
            guard date.count == 3, let short = number(date[2]), short < 100 else { return nil }
            fields = (number(date[0]), month(date[1]), short &+ (short < 70 ? 2000 : 1900), words[2])
        default: return nil
        }
        guard let day = fields.day, let month = fields.month, let year = fields.year, let clock = clock(fields.clock),
              day >= 1, day <= 31, year >= 1970, year <= 9999 else { return nil }
        return Int64(days(year, month, day)) &* 86400 &+ Int64(clock)
    }

    private static func clock(_ text: UnsafeRawBufferPointer) -> Int? {
        let parts = split(text, Ascii.colon)
        guard parts.count == 3, let h = number(parts[0]), let m = number(parts[1]), let s = number(parts[2]),
              h < 24, m < 60, s <= 60 else { return nil }
        return h &* 3600 &+ m &* 60 &+ s
    }

    /// Days since 1970 of a date in the Gregorian calendar (years counted from March).
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let y = month <= 2 ? year &- 1 : year
        let m = month <= 2 ? month &+ 9 : month &- 3
        return 365 &* y &+ y / 4 &- y / 100 &+ y / 400 &+ (153 &* m &+ 2) / 5 &+ day &- 1 &- 719_468
    }

    private static func month(_ text: UnsafeRawBufferPointer) -> Int? {
        let names: StaticString = "janfebmaraprmayjunjulaugsepoctnovdec"
        guard text.count == 3 else { return nil }
        for month in 0..<12 {
            var same = true
            for index in 0..<3 where text.byte(at: index) | 0x20 != names.utf8Start[month &* 3 &+ index] { same = false }
            if same { return month &+ 1 }
        }
        return nil
    }

    private static func number(_ text: UnsafeRawBufferPointer) -> Int? {
        guard text.count > 0, text.count <= 4 else { return nil }
        var value = 0
        for byte in text {
            guard byte &- 0x30 <= 9 else { return nil }
            value = value &* 10 &+ Int(byte &- 0x30)
        }
        return value
    }

    /// Words between separators, empty ones left out; at most seven.
    private static func split(_ text: UnsafeRawBufferPointer, _ separator: UInt8 = Ascii.space) -> [UnsafeRawBufferPointer] {
        var words: [UnsafeRawBufferPointer] = [], start = 0
        for at in 0...text.count where at == text.count || text.byte(at: at) == separator {
            if at > start, words.count < 7 { words.append(text[ByteRange(start, at)]) }
            start = at &+ 1
        }
        return words
    }
}
