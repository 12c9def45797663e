internal import CShims
internal import Model
internal import Providers
internal import Transport
internal import Wire

/// The model lists of several providers, fetched at once and joined. Fetching belongs to the engine's driver; parsing to
/// whoever asks for the result, so that it never holds up an engine.
package final class ListCall: @unchecked Sendable {
    let client: Client
    let setup: Setup
    let tag: UInt64
    private let routes: [Route]
    private let refresh: Bool
    private(set) var fetches: [ListFetch] = []
    private let left = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    var engine: Engine?
    /// Called once, on the driving thread, when the last fetch is in.
    var onComplete: (() -> Void)?

    init(_ client: Client, _ setup: Setup, _ routes: [Route], refresh: Bool, tag: UInt64) {
        self.client = client
        self.setup = setup
        self.tag = tag
        self.refresh = refresh
        self.routes = routes
        left.initialize(to: 0)
        for route in routes where refresh || client.modelLists.entries(route.provider.id) == nil {
            fetches.append(ListFetch(client, setup, route))
        }
        gl_store(left, UInt32(truncatingIfNeeded: fetches.count))
    }

    deinit { left.deallocate() }

    /// Gives the fetches to an engine, which keeps them alive until the last has ended.
    func submit(to engine: Engine) {
        self.engine = engine
        for fetch in fetches { fetch.submit(to: engine, for: self) }
    }

    func cancel() {
        for fetch in fetches { engine?.cancel(fetch.transfer) }
    }

    var isComplete: Bool { gl_load(left) == 0 }

    func fetched() {
        if gl_add(left, UInt32.max) == 0 {
            let done = onComplete
            onComplete = nil
            done?()
        }
    }

    /// {"object":"list","data":[...],"errors":[...]}. Fails when no provider gave a list.
    func result() throws(Failure) -> ByteBuffer {
        let out = ByteBuffer()
        defer { out.keepAlive() }
        let errors = ByteBuffer()
        defer { errors.keepAlive() }
        var first: Failure?
        var served = routes.isEmpty
        var ok = out.append("{\"object\":\"list\",\"data\":[")
        for route in routes {
            do throws(Failure) {
                let entries = try entries(of: route)
                ok = ok && join(entries.bytes, to: out)
                entries.keepAlive()
                served = true
            } catch {
                let clean = setup.redaction.failure(error)
                first = first ?? clean
                ok = ok && (errors.count == 0 || errors.append(",")) && errors.append("{\"provider\":")
                    && Report.text(route.provider.id, errors) && errors.append(",\"error\":")
                    && Report.error(clean, into: errors) && errors.append("}")
                client.log(2, concat("model list of ", route.provider.id, ": ", clean.message))
            }
        }
        if !served, let first { throw first }
        ok = ok && out.append("],\"errors\":[") && out.append(errors.bytes) && out.append("]}")
        if !ok { throw Failure(.memory, "out of memory") }
        return out
    }

    /// Appends what stands between the brackets of an array.
    private func join(_ array: UnsafeRawBufferPointer, to out: ByteBuffer) -> Bool {
        let inside = array[ByteRange(1, array.count - 1)]
        if inside.count == 0 { return true }
        let follows = out.bytes.byte(at: out.count - 1) == 0x7D
        return (!follows || out.append(",")) && out.append(inside)
    }

    private func entries(of route: Route) throws(Failure) -> ByteBuffer {
        if let fetch = fetches.first(where: { $0.route === route }) {
            let entries = try fetch.entries()
            client.modelLists.keep(route.provider.id, entries)
            client.models.learn(route.provider, entries.bytes)
            entries.keepAlive()
            return entries
        }
        guard let kept = client.modelLists.entries(route.provider.id) else { throw Failure(.unavailable, "the list has just expired") }
        return kept
    }
}

/// One provider's list on its way.
final class ListFetch: TransferDelegate, @unchecked Sendable {
    private let client: Client
    /// Set while it is on its way.
    private var list: ListCall?
    let route: Route
    let transfer: Transfer
    private let body: ByteBuffer
    private var failure: Failure?
    private var ended = false

    init(_ client: Client, _ setup: Setup, _ route: Route) {
        self.client = client
        self.route = route
        body = ByteBuffer(limit: setup.configuration.caps.body)
        transfer = Transfer(profile: setup.profile, headerLimit: setup.configuration.caps.headers)
        transfer.url = route.models
        transfer.headers = route.listing
        transfer.clocks = route.clocks(route.timeouts, stream: false)
        transfer.compressed = true
        transfer.followRedirects = route.provider.modelsPublic // keyless only
        if same(route.provider.dialect, "dev") {
            let empty = UnsafeRawBufferPointer(start: nil, count: 0)
            transfer.script = client.script(empty, .listModels, route.provider)
        }
    }

    /// The engine keeps it alive until it has ended.
    func submit(to engine: Engine, for list: ListCall) {
        self.list = list
        transfer.delegate = self
        engine.submit(transfer)
    }

    func transfer(_: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if body.append(bytes) { return .accept }
        failure = Failure(.tooLarge, concat("the model list is over the cap of ", String(decimal: body.limit), " bytes (caps.body)"))
        return .abort
    }

    func transferEnded(_: Transfer, fault: TransferFault, detail: String) {
        if ended { return }
        ended = true
        if failure == nil, fault != .none {
            failure = fault == .cancelled && client.isClosing
                ? Failure(.closed, "the client was freed while the request was in flight")
                : Failure(fault, detail: detail, provider: route.provider)
        }
        client.ledger.noteFetch(route.provider.id, failure == nil && transfer.status >= 200 && transfer.status < 300)
        let list = self.list
        self.list = nil
        list?.fetched()
    }

    /// After the end; any thread.
    func entries() throws(Failure) -> ByteBuffer {
        if var failure {
            failure.provider = route.provider.id
            throw failure
        }
        if transfer.status < 200 || transfer.status >= 300 {
            throw classify(httpStatus: transfer.status, headers: transfer.responseHeaders.bytes, body: body.bytes,
                           provider: route.provider, model: "")
        }
        let entries = ByteBuffer()
        let count = try readModelList(body.bytes, provider: route.provider, into: entries)
        if count.skipped > 0 { client.log(2, concat("model list of ", route.provider.id, ": ", String(decimal: count.skipped), " entries were not readable")) }
        return entries
    }
}
