internal import Bytes
internal import Dialects
internal import Model
internal import Transport

/// What is fetched for a request, where its provider does not read URLs.
extension PlannedRequest {
    /// Has everything fetched that a candidate is to be sent. True: the waiter will hear of it.
    func fetchMedia(for index: Int, on engine: Engine, until deadline: Int64, for waiter: any MediaWaiter) -> Bool {
        guard let fetch = setup.fetch, !hasBody(for: index), let wanted = try? remoteMedia(for: index), !wanted.isEmpty else { return false }
        return media.fetch(wanted, fetch, on: engine, until: deadline, for: waiter)
    }

    /// Puts it into the request. nil: there is nothing to put; else where its bytes are.
    func inlineMedia(_ outgoing: inout OutgoingRequest) throws(Failure) -> ByteBuffer? {
        let wanted = try outgoing.remoteMedia()
        guard let first = wanted.first else { return nil }
        guard setup.fetch != nil else {
            throw Failure(.unsupported, concat("`", first.path, "`: ", concat(outgoing.provider.title, " does not read this URL; with fetch.allowed in the configuration Gatelet fetches it")))
        }
        return try outgoing.inline(wanted, setup.configuration.caps) { one throws(Failure) in try media.fetched(one) }
    }
}
