internal import Bytes
internal import Dialects
internal import HTTPText
internal import JSON
package import Model
internal import Settings

/// The addresses of a model list's pages, one after the other, as the provider's row declares (`paging`). Pure: whoever fetches
/// asks for the first, and after each page for the next.
package struct ListPages {
    /// 100 pages of 1000 are five times the longest list there is.
    private static let most = 500
    /// Bytes of an address or of what stands for a page.
    private static let longestToken = 16 << 10

    private let provider: Provider
    private let paging: ListPaging
    let mapping: ListMapping
    private let base: String
    private var pages = 1
    /// Hashes of tokens, links and numbered pages that were there.
    private let seen = SeenIDs()

    package init(_ provider: Provider) throws(Failure) {
        self.provider = provider
        mapping = try ListMapping(provider)
        paging = mapping.paging
        base = Dialects.listAddress(of: provider)
    }

    /// The address of the first page.
    package var first: String { address([paging.size]) }

    /// The address of the page behind this one; nil: this was the last, or is no list. Fails when the pages do not come to an end, or
    /// lead to another host.
    package mutating func next(after page: ListPage) throws(Failure) -> String? {
        if !isPaged || page.list == nil { return nil }
        pages &+= 1
        if page.elements == 0 {
            if page.more?.bool == true { throw failure("is empty, although more should follow") }
            return nil
        }
        if !paging.link.isEmpty { return try linked(page) }
        let next = try paging.page.isEmpty ? token(page) : numbered(page)
        return next.map { address([paging.size, $0]) }
    }

    package var isPaged: Bool { !(paging.next.isEmpty && paging.link.isEmpty && paging.page.isEmpty) }

    private mutating func token(_ page: ListPage) throws(Failure) -> String? {
        if page.more?.bool == false { return nil }
        guard let found = page.next, let token = found.string(upTo: ListPages.longestToken) ?? found.numberText, !token.isEmpty else {
            if page.more?.bool == true { throw failure("has no address, although more should follow") }
            return nil
        }
        try follow(token)
        guard let encoded = encodePathSegment(token) else { throw failure("has no usable address") }
        return concat(paging.query, "=", encoded)
    }

    /// A full page is followed by another one. A server that does not count pages sends the same one again, or all at once.
    private mutating func numbered(_ page: ListPage) throws(Failure) -> String? {
        let size = paging.size.octets.split(separator: UInt8(ascii: "=")).last.flatMap { Int(String(utf8: $0)) }
        if size.map({ $0 != page.elements }) ?? false { return nil }
        // Two pages differ at their beginning, or in their length.
        let start = page.bytes[ByteRange(0, min(page.bytes.count, 4096))]
        if try isSeen(fnv1a(start, from: fnvSeed ^ UInt64(truncatingIfNeeded: page.bytes.count))) { return nil }
        if pages > ListPages.most { throw failure("does not come to an end") }
        return concat(paging.page, "=", String(decimal: pages))
    }

    private func isSeen(_ hash: UInt64) throws(Failure) -> Bool {
        guard let isNew = seen.insert(hash) else { throw Failure(.memory, "no memory for a model list") }
        return !isNew
    }

    private mutating func linked(_ page: ListPage) throws(Failure) -> String? {
        guard let link = page.link?.string(upTo: ListPages.longestToken), !link.isEmpty else { return nil }
        try follow(link)
        let origin = try? EndpointURL(base, query: true).origin
        let address = link.octets.first == UInt8(ascii: "/") ? (origin ?? "") + link : link
        guard let origin, let next = try? EndpointURL(address, query: true), same(next.origin, origin) else { throw failure("is at another host") }
        return address
    }

    private mutating func follow(_ token: String) throws(Failure) {
        if try isSeen(fnv1a(token)) || pages > ListPages.most { throw failure("does not come to an end") }
    }

    private func failure(_ what: String) -> Failure {
        var failure = Failure(.badResponse, concat("the model list of ", provider.title, " cannot be read whole: page ", String(decimal: pages), " ") + what)
        failure.provider = provider.id
        return failure
    }

    private func address(_ parts: [String]) -> String {
        var text = base, mark = base.octets.contains(UInt8(ascii: "?")) ? "&" : "?"
        for part in parts where !part.isEmpty {
            text += mark + part
            mark = "&"
        }
        return text
    }
}
