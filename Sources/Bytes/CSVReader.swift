/// What is wrong with a CSV text, and in which line (from 1).
package struct CSVProblem: Error, Equatable {
    package var line: Int
    package var what: StaticString

    package init(line: Int, what: StaticString) {
        self.line = line
        self.what = what
    }

    package static func == (a: CSVProblem, b: CSVProblem) -> Bool { a.line == b.line && a.what.utf8Start == b.what.utf8Start }
}

/// Records of a CSV text by RFC 4180: fields in quotes may hold commas, line breaks and doubled quotes; lines end with LF, CR LF or CR;
/// empty lines are passed over; a byte order mark in front too.
package struct CSVReader {
    /// A field of a megabyte, or a thousand fields, is no list of anything.
    package static let longestField = 1 << 20, mostFields = 1000

    private let bytes: UnsafeRawBufferPointer
    private var at = 0
    private var next = 1
    /// Where the record begins that was read last.
    package private(set) var line = 1

    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        if bytes.byte(at: 0) == 0xEF && bytes.byte(at: 1) == 0xBB && bytes.byte(at: 2) == 0xBF { at = 3 }
    }

    /// nil: there is none left.
    package mutating func record() throws(CSVProblem) -> [String]? {
        while at < bytes.count, isEnd(bytes.byte(at: at)) { endLine() }
        if at >= bytes.count { return nil }
        line = next
        var fields: [String] = []
        while true {
            if fields.count >= CSVReader.mostFields { throw CSVProblem(line: line, what: "has too many fields") }
            fields.append(try field())
            if at >= bytes.count { return fields }
            if bytes.byte(at: at) != Ascii.comma {
                endLine()
                return fields
            }
            at &+= 1
            if at >= bytes.count { return fields + [""] }
        }
    }

    private func isEnd(_ byte: UInt8) -> Bool { byte == Ascii.lf || byte == Ascii.cr }

    private mutating func endLine() {
        if bytes.byte(at: at) == Ascii.cr, bytes.byte(at: at &+ 1) == Ascii.lf { at &+= 1 }
        at &+= 1
        next &+= 1
    }

    /// Ends before a comma, a line's end or the text's.
    private mutating func field() throws(CSVProblem) -> String {
        if bytes.byte(at: at) == Ascii.quote { return try quoted() }
        let start = at
        while at < bytes.count, bytes.byte(at: at) != Ascii.comma, !isEnd(bytes.byte(at: at)) {
            if bytes.byte(at: at) == Ascii.quote { throw CSVProblem(line: next, what: "has a quote inside a field without quotes") }
            at &+= 1
        }
        if at &- start > CSVReader.longestField { throw CSVProblem(line: line, what: "has a field that is too long") }
        return String(utf8: bytes[ByteRange(start, at)])
    }

    private mutating func quoted() throws(CSVProblem) -> String {
        var text: [UInt8] = [], isClosed = false
        at &+= 1
        while at < bytes.count {
            let byte = bytes.byte(at: at)
            if byte == Ascii.quote {
                at &+= 1
                isClosed = bytes.byte(at: at) != Ascii.quote
                if isClosed { break }
            } else if byte == Ascii.lf || byte == Ascii.cr && bytes.byte(at: at &+ 1) != Ascii.lf { next &+= 1 }
            text.append(byte)
            at &+= 1
            if text.count > CSVReader.longestField { throw CSVProblem(line: line, what: "has a field that is too long") }
        }
        if !isClosed { throw CSVProblem(line: line, what: "has a quote that is never closed") }
        if at < bytes.count, bytes.byte(at: at) != Ascii.comma, !isEnd(bytes.byte(at: at)) {
            throw CSVProblem(line: next, what: "has text behind a closing quote")
        }
        return String(utf8: text)
    }
}
