package import Bytes
internal import Dialects
package import JSON
package import Model

package struct ModelListCount: Sendable, Equatable {
    package var models = 0
    /// Entries without an id, or that are no objects.
    package var skipped = 0
    /// Entries with the id of an earlier one.
    package var duplicates = 0
    package init() {}
}

/// Reads a provider's model list and appends ours as one JSON array. `fill` gives what is known elsewhere of a model, for values
/// that the list does not tell.
package func readModelList(_ body: UnsafeRawBufferPointer, provider: Provider, fill: (String) -> ModelFacts? = { _ in nil },
                           into buffer: ByteBuffer) throws(Failure) -> ModelListCount {
    let reader = try ModelListReader(provider, into: buffer)
    try reader.read(body, fill: fill)
    return try reader.finish()
}

/// What is found in one page: where its list is, and what tells of the next page.
package struct ListPage {
    package let bytes: UnsafeRawBufferPointer
    /// nil: it is no list.
    package let list: JSONView?
    package let elements: Int
    let more: JSONView?
    let next: JSONView?
    let link: JSONView?
}

/// Reads a list of one page or several, in steps that take little time each. The array is closed by `finish`.
package final class ModelListReader {
    /// No model takes so much; a longer entry counts as unreadable.
    private static let longestEntry = 64 << 10
    /// A list has at most so many models, or one for each 200 bytes: what is kept and answered of one takes a kilobyte, however
    /// little the provider says of it.
    package static let mostModels = 25_000, leastBytes = 200

    private enum Work { case none, looking(PageScan), reading(PageScan) }

    private let provider: Provider
    private let mapping: ListMapping
    private let entry: ListEntry
    private let mostModels: Int
    private var out: MemberWriter
    private var count = ModelListCount()
    private let seen = SeenIDs()
    private var work = Work.none
    private var body = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Of all pages.
    private var bytes = 0, elements = 0
    package private(set) var page: ListPage?

    /// `isFile`: the list is a file of the user's (`models.file`), not an answer.
    package convenience init(_ provider: Provider, isFile: Bool = false, mostModels: Int = ModelListReader.mostModels,
                             into buffer: ByteBuffer) throws(Failure) {
        self.init(provider, try ListMapping(provider), isFile, mostModels, buffer)
    }

    private init(_ provider: Provider, _ mapping: ListMapping, _ isFile: Bool, _ mostModels: Int, _ buffer: ByteBuffer) {
        self.provider = provider
        self.mostModels = mostModels
        self.mapping = mapping
        entry = ListEntry(provider, mapping, isFile: isFile)
        out = MemberWriter(buffer)
        out.open("[")
    }

    /// One page as a whole. `stops`: nobody wants it any more. `each`: where an entry of ours was written; false: out of memory.
    package func read(_ body: UnsafeRawBufferPointer, fill: (String) -> ModelFacts?, stops: () -> Bool = { false },
                      each: (ByteRange) -> Bool = { _ in true }) throws(Failure) {
        begin(body)
        while !(try step(1 << 20, fill: fill, stops: stops, each: each)) {}
    }

    /// The page that is read by the next steps. Its bytes have to stay where they are meanwhile.
    package func begin(_ body: UnsafeRawBufferPointer) {
        self.body = trimmed(body)
        bytes &+= body.count
        page = nil
        work = .looking(PageScan(self.body, paths: mapping.pagePaths))
    }

    /// Reads on, as long as it takes to pass about `most` bytes. True: that was all of the page. Fails when it is no list.
    package func step(_ most: Int, fill: (String) -> ModelFacts?, stops: () -> Bool = { false }, each: (ByteRange) -> Bool) throws(Failure) -> Bool {
        switch work {
        case .none: return true
        case .looking(var scan):
            work = .none
            let stop: PageScan.Stop
            do throws(JSONFault) { stop = try scan.run(most) } catch { throw notJSON(body, provider, "") }
            guard case .finished = stop else {
                work = .looking(scan)
                return false
            }
            work = .reading(try found(scan))
            return false
        case .reading(var scan):
            work = .none
            if try readEntries(&scan, most, fill, stops, each) { return true }
            work = .reading(scan)
            return false
        }
    }

    package func finish() throws(Failure) -> ModelListCount {
        out.close("]")
        if out.failed { throw tooLarge() }
        return count
    }

    /// The page was looked through.
    private func found(_ scan: PageScan) throws(Failure) -> PageScan {
        let page = mapping.page(scan, body)
        self.page = page
        guard let list = page.list else {
            if speaksOfAnError(body) {
                throw classify(httpStatus: 200, headers: UnsafeRawBufferPointer(start: nil, count: 0), body: body, provider: provider, model: "")
            }
            throw failure(concat(provider.title, " answered with something that is no model list"))
        }
        // Google's OpenAI-compatible endpoint wraps the one error in an array.
        if page.elements == 1, let only = list.firstElement, only["id"] == nil, isErrorDocument(only) {
            throw classify(httpStatus: 200, headers: UnsafeRawBufferPointer(start: nil, count: 0), body: only.raw, provider: provider, model: "")
        }
        elements &+= page.elements
        if elements > max(mostModels, bytes / ModelListReader.leastBytes) {
            throw failure(concat("the model list of ", provider.title, " has ", String(decimal: elements), " entries, over the cap of ")
                + concat(String(decimal: mostModels), " (caps.entries), and less than 200 bytes for each"), .tooLarge)
        }
        if !seen.reserve(page.elements) { throw Failure(.memory, "no memory for a model list") }
        return PageScan(list.raw, stopsAtElements: true)
    }

    /// True: that were all.
    private func readEntries(_ scan: inout PageScan, _ most: Int, _ fill: (String) -> ModelFacts?, _ stops: () -> Bool,
                             _ each: (ByteRange) -> Bool) throws(Failure) -> Bool {
        guard let list = page?.list?.raw else { return true }
        var left = most
        while left > 0 {
            if stops() { throw .clientFreed }
            let stop: PageScan.Stop
            do throws(JSONFault) { stop = try scan.run(left) } catch { throw notJSON(body, provider, "") }
            switch stop {
            case .finished: return true
            case .paused: return false
            case .element(let range):
                left &-= (min(range.count, ModelListReader.longestEntry) &+ 512) &* 8 // to read one takes longer than to pass it
                try take(list[range], fill, each)
            }
        }
        return false
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ fill: (String) -> ModelFacts?, _ each: (ByteRange) -> Bool) throws(Failure) {
        if bytes.count > ModelListReader.longestEntry { return count.skipped &+= 1 }
        if let view = JSONView(document: bytes) { return try take(view, fill, each) }
        // Bad UTF-8 or a lone surrogate in one description must not cost the whole list.
        let repaired = ByteBuffer()
        defer { repaired.keepAlive() }
        guard repairJSON(bytes, into: repaired), let view = JSONView(document: repaired.bytes) else { throw notJSON(body, provider, "") }
        try take(view, fill, each)
    }

    private func take(_ view: JSONView, _ fill: (String) -> ModelFacts?, _ each: (ByteRange) -> Bool) throws(Failure) {
        if !entry.read(view) { return count.skipped &+= 1 }
        if entry.isLeftOut { return }
        guard let isNew = seen.insert(entry.id) else { throw Failure(.memory, "no memory for a model list") }
        if !isNew { return count.duplicates &+= 1 }
        let start = out.buffer.count
        entry.write(fill(entry.id), &out)
        if out.failed { throw tooLarge() }
        let comma = out.buffer.bytes.byte(at: start) == Ascii.comma ? 1 : 0
        if !each(ByteRange(start &+ comma, out.buffer.count)) { throw Failure(.memory, "no memory for a model list") }
        count.models &+= 1
    }

    private func tooLarge() -> Failure {
        if out.buffer.lacksMemory || out.buffer.limit == .max { return Failure(.memory, "no memory for a model list") }
        return failure(concat("the model list of ", provider.title, " is too large"), .tooLarge)
    }

    private func failure(_ message: String, _ status: Status = .badResponse) -> Failure {
        var failure = Failure(status, message)
        failure.provider = provider.id
        return failure
    }
}

/// Why the first bytes of a 2xx answer are not those of a model list; nil: they may be. For whoever does not read the list.
package func noModelList(_ beginning: UnsafeRawBufferPointer, _ provider: Provider) -> Failure? {
    let ink = trimmed(beginning).byte(at: 0)
    if ink != Ascii.openBrace && ink != Ascii.openBracket { return notJSON(beginning, provider, "") }
    let excerpt = errorExcerpt(beginning)
    defer { excerpt?.keepAlive() }
    guard let root = JSONView(document: excerpt?.bytes ?? beginning), root.isObject, !hasEntries(root), isErrorDocument(root) else { return nil }
    return classify(httpStatus: 200, headers: UnsafeRawBufferPointer(start: nil, count: 0), body: beginning, provider: provider, model: "")
}

/// A list may tell of errors beside its entries, as ours does.
private func hasEntries(_ page: JSONView) -> Bool {
    var any = false
    page.forEachMember { name, value in
        let isOfErrors = jsonName(page.bytes, name, is: "errors") || jsonName(page.bytes, name, is: "error") || jsonName(page.bytes, name, is: "detail")
        any = any || !isOfErrors && value.isArray && value.firstElement?.isObject ?? false
    }
    return any
}

extension ListMapping {
    /// Where a page keeps its list, and what tells of the next one.
    var pagePaths: [String] { lists + [paging.more, paging.next, paging.link] }

    /// The list in an answer: the first of the paths that leads to an array.
    func page(_ scan: PageScan, _ bytes: UnsafeRawBufferPointer) -> ListPage {
        func value(_ index: Int) -> JSONView? {
            guard index < scan.found.count, !scan.found[index].isNone, !pagePaths[index].isEmpty else { return nil }
            return JSONView(valid: bytes, scan.found[index])
        }
        var list: JSONView?, elements = 0
        for index in lists.indices where list == nil && !scan.found[index].isNone {
            let view = JSONView(valid: bytes, scan.found[index])
            if view.isArray { (list, elements) = (view, scan.elements[index]) }
        }
        return ListPage(bytes: bytes, list: list, elements: elements, more: value(lists.count), next: value(lists.count &+ 1), link: value(lists.count &+ 2))
    }
}
