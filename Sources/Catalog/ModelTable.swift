package import Bytes
internal import HTTPText

/// A table of models and prices (docs/prices.md): lines sorted by provider and id, searched as they are. Whatever stands in it,
/// reading is safe: what is no row, no number or no price is passed over. Its bytes never change, so any thread may read them.
package final class ModelTable: @unchecked Sendable {
    private let bytes: UnsafeRawBufferPointer
    /// What keeps the bytes alive.
    private let owner: ByteBuffer?

    private init(_ bytes: UnsafeRawBufferPointer, _ owner: ByteBuffer?) {
        self.bytes = bytes
        self.owner = owner
    }

    /// Part of the library.
    package static func embedded() -> ModelTable {
        ModelTable(UnsafeRawBufferPointer(start: priceTable.utf8Start, count: priceTable.utf8CodeUnitCount), nil)
    }

    /// A file from outside; nil when it does not say that it is a table, or its rows are not in order. A last line without an
    /// end is what is left of a row, and does not count.
    package static func read(_ text: ByteBuffer) -> ModelTable? {
        var whole = text.bytes
        while let last = whole.last, last != Ascii.lf { whole = UnsafeRawBufferPointer(rebasing: whole.dropLast()) }
        let table = ModelTable(whole, text)
        return table.isMarked && table.isSorted ? table : nil
    }

    private static let mark: StaticString = "# gatelet models 1"

    private var isMarked: Bool { line(0).equals(ModelTable.mark) }

    private var isSorted: Bool {
        var at = 0, previous = TableRow(bytes[.none])
        while at < bytes.count {
            let row = TableRow(line(at))
            at &+= row.line.count &+ 1
            if row.isComment { continue }
            if row.compare(previous) <= 0 { return false }
            previous = row
        }
        return true
    }

    /// The day its prices are of, in Unix seconds, from the words "as of 2026-11-28" of its first lines; 0 when they do not say.
    package var date: Int64 {
        guard let at = bytes[ByteRange(0, min(bytes.count, 1000))].find("as of ") else { return 0 }
        let text = ByteBuffer()
        defer { text.keepAlive() }
        guard text.append(bytes[ByteRange(at &+ 6, at &+ 16)]), text.append("T00:00:00Z") else { return 0 }
        return DateText.seconds(text.bytes) ?? 0
    }

    /// The line that begins here, without its end.
    private func line(_ start: Int) -> UnsafeRawBufferPointer {
        let rest = bytes[ByteRange(start, bytes.count)]
        return rest[ByteRange(0, rest.find("\n") ?? rest.count)]
    }

    /// The first line that is not before this key.
    private func lowerBound(_ key: TableRow) -> Int {
        var low = 0, high = bytes.count
        while low < high {
            var start = low &+ (high &- low) / 2
            while start > low, bytes.byte(at: start &- 1) != Ascii.lf { start &-= 1 }
            let row = TableRow(line(start))
            if row.isComment || row.compare(key) < 0 { low = start &+ row.line.count &+ 1 } else { high = start }
        }
        return low
    }

    /// What the table says of one model under exactly this id, or under the plain id in whose row this dated one stands.
    package func row(_ provider: String, _ id: String) -> TableRow? {
        let key = ByteBuffer()
        defer { key.keepAlive() }
        guard key.append(provider), key.append(Ascii.tab), key.append(id) else { return nil }
        let wanted = TableRow(key.bytes)
        if let found = exact(wanted) { return found }
        let id = wanted.id, dash = dateLength(id)
        guard dash > 0, let plain = exact(TableRow(key.bytes[ByteRange(0, key.count &- dash)])) else { return nil }
        let date = id[ByteRange(id.count &- dash, id.count)]
        var words = Words(plain.cell(.dated), UInt8(ascii: " "))
        while let word = words.next() { if order(word, date) == 0 { return plain } }
        return nil
    }

    private func exact(_ key: TableRow) -> TableRow? {
        let at = lowerBound(key)
        guard at < bytes.count else { return nil }
        let row = TableRow(line(at))
        return row.compare(key) == 0 ? row : nil
    }

    /// Every row of one provider, in the order of ids.
    package func forEach(_ provider: String, _ body: (TableRow) -> Void) {
        let key = ByteBuffer()
        defer { key.keepAlive() }
        guard key.append(provider), key.append(Ascii.tab) else { return }
        let wanted = TableRow(key.bytes)
        var at = lowerBound(wanted)
        while at < bytes.count {
            let row = TableRow(line(at))
            at &+= row.line.count &+ 1
            if order(row.cell(.provider), wanted.cell(.provider)) != 0 { return }
            if row.id.count > 0 { body(row) }
        }
    }
}

/// "-20250929", "-2025-09-29", "-0711" or "-latest": how long it is, or 0.
private func dateLength(_ id: UnsafeRawBufferPointer) -> Int {
    func ends(_ pattern: StaticString) -> Bool {
        let count = pattern.utf8CodeUnitCount, start = id.count &- count
        if start <= 0 { return false }
        for at in 0..<count {
            let byte = id.byte(at: start &+ at), wanted = pattern.utf8Start[at]
            if wanted == UInt8(ascii: "0") ? byte &- 0x30 > 9 : byte != wanted { return false }
        }
        return true
    }
    for pattern: StaticString in ["-00000000", "-0000-00-00", "-0000", "-latest"] where ends(pattern) { return pattern.utf8CodeUnitCount }
    return 0
}
