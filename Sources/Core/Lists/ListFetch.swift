internal import CShims
internal import Model
internal import Providers
internal import Transport
internal import Wire

/// One fetch of a provider's list, page after page. The engine's driver brings the bytes; whoever waits for the list parses
/// them, so that parsing never holds up an engine.
final class ListFetch: TransferDelegate, @unchecked Sendable {
    let client: Client
    let setup: Setup
    let route: Route
    private let engine: Engine
    private let lock = Lock()
    private var hasArrived = false
    private var watchers: [ListCall] = []
    private var transfer: Transfer
    private var body: ByteBuffer
    private var failure: Failure?
    /// When its first page was in; 0 before.
    private var firstArrival: Int64 = 0

    // Touched under the slot's lock of work.
    var isDone = false
    let entries: ByteBuffer
    private var reader: ModelListReader?
    private var pages: ListPages?
    /// What the pages may still have together.
    private var room: Int

    init(_ client: Client, _ setup: Setup, _ route: Route, on engine: Engine) {
        self.client = client
        self.setup = setup
        self.route = route
        self.engine = engine
        room = setup.configuration.caps.body
        body = ByteBuffer(limit: room)
        entries = ByteBuffer(limit: room.multipliedReportingOverflow(by: 8).overflow ? Int.max : room &* 8)
        pages = try? ListPages(route.provider) // what is wrong with it the reader will say
        transfer = ListFetch.transfer(client, setup, route, pages.map { Route.terminated($0.first) } ?? route.models)
    }

    // MARK: who parses

    /// Reads a page, and goes for the next one. False: there is none.
    func read(_ page: ByteBuffer) throws(Failure) -> Bool {
        defer { page.keepAlive() }
        if reader == nil { reader = try ModelListReader(route.provider, into: entries) }
        try reader?.read(page.bytes, fill: client.fill(route.provider, setup), stops: { [client] in client.isClosing })
        room = max(1, room &- page.count)
        guard let next = try pages?.next(after: page.bytes) else { return false }
        turn(to: Route.terminated(next))
        return true
    }

    func finish() throws(Failure) -> ModelListCount {
        guard let reader else { throw Failure(.internal, "a list without a page") }
        return try reader.finish()
    }

    private static func transfer(_ client: Client, _ setup: Setup, _ route: Route, _ url: [CChar]) -> Transfer {
        let transfer = Transfer(profile: setup.profile, headerLimit: setup.configuration.caps.headers)
        transfer.url = url
        transfer.headers = route.listing
        transfer.clocks = route.clocks(route.timeouts, stream: false)
        transfer.keepAlive = route.keepAlive
        transfer.compressed = true
        transfer.followRedirects = route.provider.modelsPublic // keyless only
        if same(route.provider.dialect, "dev") {
            transfer.script = client.script(UnsafeRawBufferPointer(start: nil, count: 0), .listModels, route.provider)
        }
        return transfer
    }

    /// The engine keeps it alive until the page is in.
    func submit() {
        transfer.delegate = self
        engine.submit(transfer)
    }

    private func turn(to url: [CChar]) {
        lock.with {
            hasArrived = false
            body = ByteBuffer(limit: room)
            transfer = ListFetch.transfer(client, setup, route, url)
        }
        submit()
    }

    /// Of the list: what it says was so when its first page came.
    var time: Int64 { lock.with { firstArrival == 0 ? gl_now_us() : firstArrival } }

    /// Whether whoever wants a list not older than this may wait for it. Pages of different times are no list.
    func serves(_ age: Int64, _ now: Int64) -> Bool {
        lock.with { firstArrival == 0 || now &- firstArrival < age }
    }

    /// Its pages are read one by one, as somebody asks.
    var hasPages: Bool { pages?.isPaged ?? false }

    func cancel() { engine.cancel(lock.with { transfer }) }

    /// Has a call told when the page is in. False: it is.
    func watch(_ call: ListCall) -> Bool {
        lock.with {
            if hasArrived { return false }
            watchers.append(call)
            return true
        }
    }

    /// The page, when it is in.
    func page() throws(Failure) -> ByteBuffer? {
        let (arrived, failure) = lock.with { (hasArrived, self.failure) }
        if !arrived { return nil }
        if var failure {
            failure.provider = route.provider.id
            throw failure
        }
        if transfer.status == 206 { throw Failure(.badResponse, "a part of a list (HTTP 206) is no list") }
        if transfer.status < 200 || transfer.status >= 300 {
            throw classify(httpStatus: transfer.status, headers: transfer.responseHeaders.bytes, body: body.bytes, provider: route.provider, model: "")
        }
        guard client.redaction.clean(body) else { throw Failure(.memory, "no memory for a model list") }
        return body
    }

    // MARK: the engine's driver

    func transfer(_: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if body.append(bytes) { return .accept }
        failure = Failure(.tooLarge, concat("the model list is over the cap of ", String(decimal: body.limit), " bytes (caps.body)"))
        return .abort
    }

    func transferEnded(_ transfer: Transfer, fault: TransferFault, detail: String) {
        let calls = lock.with {
            if failure == nil, fault != .none {
                failure = fault == .cancelled && client.isClosing
                    ? Failure(.closed, "the client was freed while the request was in flight")
                    : Failure(fault, detail: detail, provider: route.provider)
            }
            hasArrived = true
            if firstArrival == 0 { firstArrival = gl_now_us() }
            let calls = watchers
            watchers = []
            return calls
        }
        for _ in 0..<transfer.resends { client.ledger.noteFetch(route.provider.id, false) } // each was one that the provider saw
        for call in calls { call.arrived() }
    }
}
