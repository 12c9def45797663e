internal import Accounting
internal import Bytes
internal import CShims
internal import Dialects
internal import JSON
internal import Model
internal import ModelLists
internal import Transport

/// Is told when the page that it waits for is in.
protocol FetchWatcher: AnyObject {
    func arrived()
}

/// One fetch of a provider's list, page after page. The engine's driver brings the bytes; whoever waits for the list parses
/// them, so that parsing never holds up an engine.
final class ListFetch: TransferDelegate {
    private let services: Services
    let setup: Setup
    let endpoint: Endpoint
    private let engine: Engine
    private let lock = Lock()
    private var hasArrived = false
    private var watchers: [any FetchWatcher] = []
    private var transfer: Transfer
    private var body: ByteBuffer
    private var failure: Failure?
    /// When its first page was in; 0 before.
    private var firstArrival: Int64 = 0

    // Touched under the slot's lock of work.
    var isDone = false
    /// Of a provider that tells prices at an address of their own: that is asked first.
    private var prices: PriceList?
    private var isAtPrices: Bool
    private(set) var pricesProblem: UnredactedText?
    private let builder: ListBuilder
    /// What is known of a model beside the list.
    private let known: (String) -> ModelFacts?
    private var reader: ModelListReader?
    /// The reader has begun with the page, and has found its list.
    private var isReading = false, isPrepared = false
    private var pages: ListPages?
    /// What the pages may still have together.
    private var room: Int

    /// `known`: what is known of a model beside the list.
    init(_ services: Services, _ setup: Setup, _ endpoint: Endpoint, on engine: Engine, known: @escaping (String) -> ModelFacts?) {
        self.services = services
        self.known = known
        self.setup = setup
        self.endpoint = endpoint
        self.engine = engine
        room = setup.configuration.caps.body
        body = ByteBuffer(limit: room)
        builder = ListBuilder(limit: room.multipliedReportingOverflow(by: 8).overflow ? Int.max : room &* 8)
        pages = try? ListPages(endpoint.provider) // what is wrong with it the reader will say
        isAtPrices = !endpoint.provider.list.pricesURL.isEmpty
        transfer = ListFetch.transfer(services, setup, endpoint, isAtPrices ? Endpoint.terminated(endpoint.provider.list.pricesURL) : ListFetch.first(pages, endpoint))
    }

    private static func first(_ pages: ListPages?, _ endpoint: Endpoint) -> [CChar] { pages.map { Endpoint.terminated($0.first) } ?? endpoint.models }

    // MARK: who parses

    enum Reading { case more, turned, whole }

    /// Reads on in the page, for about as long as it takes to pass `most` bytes; behind it goes for the next one.
    func read(_ page: ByteBuffer, _ most: Int) throws(Failure) -> Reading {
        defer { page.keepAlive() }
        if isAtPrices { return readPrices(page, most) }
        let reader = try opened()
        if !isReading { reader.begin(page.bytes) }
        isReading = true
        let redaction = services.redaction
        let isOver = try reader.step(most, fill: filling(), stops: { [services] in services.isClosing }, each: { builder.take($0, redaction) })
        if !isPrepared, let found = reader.page {
            isPrepared = true
            if !builder.prepare(found.elements, bytes: found.list?.range.count ?? 0) { throw Failure(.memory, "no memory for a model list") }
        }
        if !isOver { return .more }
        (isReading, isPrepared) = (false, false)
        room = max(1, room &- page.count)
        guard let found = reader.page, let next = try pages?.next(after: found) else {
            lock.with { body = ByteBuffer() }
            return .whole
        }
        turn(to: Endpoint.terminated(next))
        return .turned
    }

    /// A list is one without them, too: what is wrong with the prices is said in the log.
    private func readPrices(_ page: ByteBuffer, _ most: Int) -> Reading {
        do throws(Failure) {
            if let problem = problem() { throw problem }
            if try !pricing().read(page, most, stops: { [services] in services.isClosing }) { return .more }
        } catch {
            prices = nil
            pricesProblem = UnredactedText(concat("models.prices_url: ", String(error.status.name), ": ")) + error.message
        }
        isAtPrices = false
        turn(to: ListFetch.first(pages, endpoint))
        return .turned
    }

    private func pricing() throws(Failure) -> PriceList {
        if let prices { return prices }
        let made = try PriceList(endpoint.provider, mostModels: setup.configuration.caps.entries, limit: builder.text.limit)
        prices = made
        return made
    }

    /// What is known of a model beside the list: what the provider says of prices elsewhere, before what anybody else says.
    private func filling() -> (String) -> ModelFacts? {
        guard let prices, endpoint.provider.billing.priceStrategy != .table else { return known }
        return { [known] id in
            let facts = known(id)
            guard let price = prices.price(id) else { return facts }
            var filled = facts ?? ModelFacts()
            filled.price = price
            return filled
        }
    }

    private func opened() throws(Failure) -> ModelListReader {
        if let reader { return reader }
        let made = try ModelListReader(endpoint.provider, mostModels: setup.configuration.caps.entries, into: builder.text)
        reader = made
        return made
    }

    func finish() throws(Failure) -> (list: ListBuilder, count: ModelListCount) {
        guard let reader else { throw Failure(.internal, "a list without a page") }
        return (builder, try reader.finish())
    }

    private static func transfer(_ services: Services, _ setup: Setup, _ endpoint: Endpoint, _ url: [CChar]) -> Transfer {
        let transfer = Transfer(profile: setup.profile, headerLimit: setup.configuration.caps.headers)
        transfer.url = url
        transfer.headers = endpoint.listing
        transfer.clocks = endpoint.clocks(endpoint.timeouts, stream: false)
        transfer.keepAlive = endpoint.keepAlive
        transfer.compressed = true
        transfer.followRedirects = endpoint.provider.list.isPublic // keyless only
        transfer.script = endpoint.listScript
        setup.cassette?.attach(transfer, CassetteExchange(endpoint.provider.id, "", services.redaction))
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
            failure = nil
            body = ByteBuffer(limit: room)
            transfer = ListFetch.transfer(services, setup, endpoint, url)
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
    var hasPages: Bool { pages?.isPaged ?? false || !endpoint.provider.list.pricesURL.isEmpty }

    func cancel() { engine.cancel(lock.with { transfer }) }

    /// Has a call told when the page is in. False: it is.
    func watch(_ watcher: any FetchWatcher) -> Bool {
        lock.with {
            if hasArrived { return false }
            watchers.append(watcher)
            return true
        }
    }

    /// There is something to read.
    var isIn: Bool { lock.with { hasArrived } }

    /// The page, when it is in.
    func page() throws(Failure) -> ByteBuffer? {
        if !isIn { return nil }
        if !isAtPrices, let problem = problem() { throw problem }
        return body
    }

    /// Why what is in cannot be read.
    private func problem() -> Failure? {
        if var failure = lock.with({ failure }) {
            failure.provider = endpoint.provider.id
            return failure
        }
        if transfer.status == 206 { return Failure(.badResponse, "a part of a list (HTTP 206) is no list") }
        if transfer.status >= 200, transfer.status < 300 { return nil }
        return classify(httpStatus: transfer.status, headers: transfer.responseHeaders.bytes, body: body.bytes, provider: endpoint.provider, model: "")
    }

    // MARK: the engine's driver

    func transfer(_: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if body.append(bytes) { return .accept }
        failure = noRoom("the model list", body, cap: "caps.body")
        return .abort
    }

    func transferEnded(_ transfer: Transfer, fault: TransferFault, detail: String) {
        let waiting = lock.with {
            if failure == nil, fault != .none {
                failure = fault == .cancelled && services.isClosing ? .clientFreed
                    : fault.failure(detail, at: endpoint.provider)
            }
            hasArrived = true
            if firstArrival == 0 { firstArrival = gl_now_us() }
            defer { watchers = [] }
            return watchers
        }
        for _ in 0..<transfer.resends { services.ledger.noteFetch(endpoint.provider.id, false) } // each was one that the provider saw
        for watcher in waiting { watcher.arrived() }
    }
}
