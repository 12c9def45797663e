internal import Accounting
internal import Bytes
internal import CShims
internal import JSON
internal import Model

/// One list in an answer.
final class ListPart {
    let list: CatalogList
    let endpoint: Endpoint
    /// What was seen of models, and by entry the number in it, from 1; empty when nothing was.
    let seen: [SeenModel]
    let marks = CheckedArray<UInt16>()
    private(set) var isWhole = true
    var text: UnsafeRawBufferPointer { list.text.bytes } // the list lives as long as the part

    init(_ list: CatalogList, _ endpoint: Endpoint) {
        self.list = list
        self.endpoint = endpoint
        seen = endpoint.health.seen()
        for (number, model) in seen.enumerated() {
            guard let index = list.find(model.id, model.hash) else { continue }
            if marks.isEmpty, !marks.append(repeating: 0, count: list.entries.count) {
                isWhole = false
                return
            }
            marks[index] = UInt16(truncatingIfNeeded: number &+ 1)
        }
    }

    func seen(_ index: Int) -> SeenModel? {
        guard index < marks.count, marks[index] > 0 else { return nil }
        return seen[Int(marks[index]) &- 1]
    }
}

/// Writes the answer of `gatelet_list_models`, in steps. Entries are copied as they stand, neighbours at once.
final class ListWriter {
    private let query: ListQuery
    private var parts: [ListPart] = []
    private let out: ByteBuffer
    private let lists = ByteBuffer()
    private let errors = ByteBuffer()
    private var ok = true
    private var total = 0
    private var written = 0
    private var hasBegun = false
    /// Where it goes on: the part and its filter, and the entry; among sorted ones, the row.
    private var partIndex = 0, next = 0
    private var filter: ListFilter?
    private var rows: CheckedArray<ListRow>?
    /// Neighbours not yet copied, of this part.
    private var pending = ByteRange.none
    private var pendingPart = 0

    init(_ query: ListQuery, into out: ByteBuffer) {
        self.query = query
        self.out = out
    }

    /// To look at an entry takes as long as to copy so many bytes.
    private static let look = 256

    var hasLists: Bool { !parts.isEmpty }

    // MARK: what there is

    func add(_ failure: RedactedFailure, _ endpoint: Endpoint) {
        ok = ok && (errors.count == 0 || errors.append(",")) && errors.append("{\"provider\":") && Report.text(endpoint.provider.id, errors)
            && errors.append(",\"error\":") && Report.error(failure, into: errors) && errors.append("}")
    }

    func add(_ list: CatalogList, _ endpoint: Endpoint, isStale: Bool) {
        let part = ListPart(list, endpoint)
        parts.append(part)
        ok = ok && part.isWhole && (lists.count == 0 || lists.append(",")) && lists.append("{\"provider\":") && Report.text(endpoint.provider.id, lists)
            && lists.append(",") && list.report(isStale: isStale, into: lists) && lists.append("}")
    }

    // MARK: the answer

    /// Goes on for about as long as it takes to copy so many bytes. True: the answer is whole.
    func step(_ most: Int) throws(Failure) -> Bool {
        if !hasBegun { begin() }
        hasBegun = true
        var left = most
        let isWhole = rows.map { writeSorted($0, &left) } ?? writeInOrder(&left)
        flush()
        if isWhole {
            ok = ok && out.append("],\"total\":") && Report.number(Int64(total), out) && out.append(",\"lists\":[") && out.append(lists.bytes)
                && out.append("],\"errors\":[") && out.append(errors.bytes) && out.append("]}")
            lists.keepAlive()
            errors.keepAlive()
        }
        if !ok { throw Failure(.memory, "no memory for a model list") }
        return isWhole
    }

    private func begin() {
        var room = 256
        for part in parts { room &+= part.text.count }
        if query.limit == nil, query.fields.isEmpty { _ = out.reserve(room) }
        ok = ok && out.append("{\"object\":\"list\",\"data\":[")
        if let sort = query.sort { rows = sorted(sort) }
    }

    private func writeInOrder(_ left: inout Int) -> Bool {
        while partIndex < parts.count {
            let list = parts[partIndex].list, filter = self.filter ?? ListFilter(query, list)
            self.filter = filter
            while next < list.entries.count {
                if left <= 0 { return false }
                if filter.passes(next) { take(partIndex, next, &left) } else { left &-= ListWriter.look }
                next &+= 1
            }
            (partIndex, next, self.filter) = (partIndex &+ 1, 0, nil)
        }
        return true
    }

    private func sorted(_ sort: ListQuery.Sort) -> CheckedArray<ListRow> {
        let rows = CheckedArray<ListRow>()
        for partIndex in parts.indices {
            let part = parts[partIndex], filter = ListFilter(query, part.list)
            for index in part.list.entries.indices where filter.passes(index) {
                ok = ok && rows.append(part.list.entries[index].row(sort, partIndex, index, latency: part.seen(index)?.latency ?? -1))
            }
        }
        arrange(rows, parts, descending: query.descending)
        return rows
    }

    private func writeSorted(_ rows: CheckedArray<ListRow>, _ left: inout Int) -> Bool {
        while next < rows.count {
            if left <= 0 { return false }
            take(rows[next].part, rows[next].entry, &left)
            next &+= 1
        }
        return true
    }

    /// One more that was found.
    private func take(_ partIndex: Int, _ index: Int, _ left: inout Int) {
        left &-= ListWriter.look
        total &+= 1
        if total <= query.offset { return }
        if let limit = query.limit, written >= limit { return }
        written &+= 1
        let entry = parts[partIndex].list.entries[index]
        let isRead = query.gatewayz || !query.fields.isEmpty
        left &-= isRead ? entry.range.count &* 8 : entry.range.count
        if isRead { return writeParts(partIndex, index) }
        if let seen = parts[partIndex].seen(index) { return writeSeen(seen, entry, partIndex) }
        if !pending.isNone, pendingPart == partIndex, pending.end &+ 1 == entry.range.start { return pending.end = entry.range.end }
        flush()
        (pending, pendingPart) = (entry.range, partIndex)
    }

    private func flush() {
        if pending.isNone { return }
        separate()
        ok = ok && out.append(parts[pendingPart].text[pending])
        pending = .none
    }

    private func separate() {
        if out.bytes.byte(at: out.count &- 1) == UInt8(ascii: "}") { ok = ok && out.append(",") }
    }

    /// An entry with what was seen of it in place of the null at its end.
    private func writeSeen(_ seen: SeenModel, _ entry: CatalogEntry, _ partIndex: Int) {
        flush()
        separate()
        let head = ByteRange(entry.range.start, entry.range.end &- CatalogList.unknown.utf8CodeUnitCount)
        ok = ok && out.append(parts[partIndex].text[head]) && seen.report(into: out) && out.append("}")
    }

    /// Chosen members, or those of Gatewayz' catalog.
    private func writeParts(_ partIndex: Int, _ index: Int) {
        separate()
        let part = parts[partIndex]
        let entry = JSONView(valid: part.text, part.list.entries[index].range)
        ok = ok && (query.gatewayz ? writeGatewayz(entry, part.endpoint.provider, query, into: out) : writeFields(entry, part.seen(index)))
    }

    private func writeFields(_ entry: JSONView, _ seen: SeenModel?) -> Bool {
        var fine = out.append("{"), first = true
        entry.forEachMember { name, value in
            let name = entry.bytes[name]
            guard query.fields.contains(where: { same(name, $0) }) else { return }
            fine = fine && (first || out.append(",")) && out.append("\"") && out.append(name) && out.append("\":")
            first = false
            if name.equals("availability"), let seen { fine = fine && seen.report(into: out) } else { fine = fine && out.append(value.raw) }
        }
        return fine && out.append("}")
    }
}

extension CatalogList {
    /// Members only.
    func report(isStale: Bool, into out: ByteBuffer) -> Bool {
        out.append("\"source\":\"") && out.append(origin.name) && out.append("\",\"fetched_at\":") && Report.number(fetchedAt, out)
            && out.append(",\"age\":") && Report.number(age(gl_now_us()) / 1_000_000, out)
            && out.append(",\"stale\":") && out.append(isStale ? "true" : "false")
            && out.append(",\"count\":") && Report.number(Int64(entries.count), out)
    }
}
