internal import Bytes
internal import CShims
internal import Dialects
internal import HTTPText
internal import Model
internal import Transport

/// Hears of a fetch that has ended.
protocol MediaFetchOwner: AnyObject {
    func ended(_ fetch: MediaFetch)
}

/// What one URL brings, after redirects. It belongs to the engine of its request.
final class MediaFetch: TransferDelegate {
    let url: String
    let kind: MediaKind
    /// Of `url`: it stands in messages, since the rest of a URL may be a secret.
    private(set) var host = ""
    private(set) var media: FetchedMedia?
    private(set) var fault: FetchFault?
    private(set) var isRunning = false
    private let setup: FetchSetup
    private let deadline: Int64
    private var startedAt: Int64 = 0
    private var redirects = 0
    private var transfer: Transfer?
    private let body: ByteBuffer
    /// While it runs.
    private var engine: Engine?
    private var owner: (any MediaFetchOwner)?

    private static let mostRedirects = 3

    init(_ url: String, _ kind: MediaKind, _ setup: FetchSetup, until deadline: Int64) {
        self.url = url
        self.kind = kind
        self.setup = setup
        self.deadline = deadline
        body = ByteBuffer(limit: setup.policy.maxBytes)
    }

    var isOver: Bool { media != nil || fault != nil }

    func start(on engine: Engine, for owner: any MediaFetchOwner) {
        startedAt = gl_now_us()
        self.engine = engine
        self.owner = owner
        isRunning = true
        go(to: url)
    }

    /// Nobody wants it any more; of that nobody is told.
    func stop() {
        owner = nil
        isRunning = false
        if let transfer { engine?.cancel(transfer) }
        engine = nil
    }

    /// It is not wanted, for a reason that its part's error tells.
    func giveUp(_ why: FetchFault) {
        stop()
        fault = fault ?? why
    }

    /// Each address on the way is looked at in the same way.
    private func go(to address: String) {
        guard let engine else { return end(.cancelled) }
        do throws(FetchFault) {
            let name = try setup.host(of: address)
            if redirects == 0 { host = name }
        } catch {
            return end(error)
        }
        let now = gl_now_us(), end = min(deadline, setup.policy.timeout > 0 ? startedAt &+ Int64(min(setup.policy.timeout, 86_400) * 1_000_000) : .max)
        let made = Transfer(profile: setup.profile, headerLimit: 64 << 10)
        made.url = Endpoint.terminated(address)
        made.headers = setup.headers
        made.keepAlive = 0 // a connection that was used before was perhaps looked at by nobody
        made.clocks.connect = setup.connectTime
        if end != .max { made.clocks.total = max(1, end &- now) }
        made.delegate = self
        setup.cassette?.attach(fetch: made)
        body.removeAll()
        transfer = made
        engine.start(made)
    }

    func transfer(_ transfer: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        if transfer.status != 200 { return .accept } // of no interest
        if body.count == 0, let size = announced(transfer), size > body.limit {
            fault = .tooLarge
            return .abort
        }
        if body.append(bytes) { return .accept }
        fault = body.lacksMemory ? .memory : .tooLarge
        return .abort
    }

    private func announced(_ transfer: Transfer) -> Int? {
        HeaderText.find("content-length", in: transfer.responseHeaders.bytes).flatMap { $0.count < 19 ? Int(String(utf8: $0)) : nil }
    }

    func transferEnded(_ ended: Transfer, fault found: TransferFault, detail _: String) {
        transfer = nil
        guard isRunning else { return }
        if fault != nil { return tell() }
        if ended.wasBlocked, found != .none { return end(.blocked) }
        switch found {
        case .none: answered(ended)
        case .cancelled: end(.cancelled)
        case .memory: end(.memory)
        case .timeoutTotal: end(gl_now_us() >= deadline ? .deadline : .timeout)
        case .timeoutConnect, .timeoutFirstByte, .timeoutIdle, .timeoutContent: end(.timeout)
        default: end(.connection(found))
        }
    }

    private func answered(_ ended: Transfer) {
        if let next = ended.redirect {
            redirects &+= 1
            return redirects > MediaFetch.mostRedirects ? end(.redirects) : go(to: next)
        }
        if ended.status != 200 { return end(.status(ended.status)) }
        let declared = HeaderText.find("content-type", in: ended.responseHeaders.bytes) ?? UnsafeRawBufferPointer(start: nil, count: 0)
        guard let type = mediaType(of: body.bytes, declared: declared, kind) else { return end(.type) }
        let text = ByteBuffer()
        guard appendBase64(body.bytes, to: text) else { return end(.memory) }
        media = FetchedMedia(type: type, data: text)
        tell()
    }

    private func end(_ why: FetchFault) {
        fault = why
        tell()
    }

    private func tell() {
        body.removeAll(keepingCapacity: false)
        isRunning = false
        engine = nil
        let owner = owner
        self.owner = nil
        owner?.ended(self)
    }
}
