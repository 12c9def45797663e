internal import Bytes
internal import Dialects
internal import Model
internal import Transport

/// Waits for what has to be fetched before its request can be sent.
protocol MediaWaiter: AnyObject {
    /// Everything has come, or failed. `cancelled`: the engine has ended meanwhile.
    func mediaIsIn(cancelled: Bool)
}

/// What was fetched for one request: each URL once, however many candidates want it. Touched by the thread that drives the request.
final class RequestMedia: MediaFetchOwner {
    private var fetches: [MediaFetch] = []
    private var waiter: (any MediaWaiter)?
    private var engine: Engine?
    private var isStarting = false

    /// Base64 that the request still has room for.
    private var room = 0

    private static let mostAtATime = 4
    private static let most = 100

    /// Fetches what is not there yet. True: the waiter will hear of it.
    func fetch(_ wanted: [RemoteMedia], _ setup: FetchSetup, on engine: Engine, until deadline: Int64, for waiter: any MediaWaiter) -> Bool {
        if fetches.isEmpty { room = setup.mostOfRequest }
        for one in wanted where find(one) == nil && fetches.count <= RequestMedia.most {
            let made = MediaFetch(one.url, one.kind, setup, until: deadline)
            if fetches.count == RequestMedia.most { made.giveUp(.tooMany) }
            fetches.append(made)
        }
        self.engine = engine
        startMore()
        if isIn {
            self.engine = nil
            return false
        }
        self.waiter = waiter
        return true
    }

    private var isIn: Bool { fetches.allSatisfy { $0.isOver } }

    private func find(_ media: RemoteMedia) -> MediaFetch? { fetches.first { $0.kind == media.kind && same($0.url, media.url) } }

    /// Some end at once.
    private func startMore() {
        guard let engine, !isStarting else { return }
        isStarting = true
        while fetches.count(where: { $0.isRunning }) < RequestMedia.mostAtATime, let next = fetches.first(where: { !$0.isOver && !$0.isRunning }) {
            next.start(on: engine, for: self)
        }
        isStarting = false
    }

    func ended(_ fetch: MediaFetch) {
        room &-= fetch.media?.data.count ?? 0
        if room < 0 { for other in fetches where !other.isOver { other.giveUp(.tooMuch) } }
        startMore()
        guard isIn, let waiter else { return }
        self.waiter = nil
        engine = nil
        waiter.mediaIsIn(cancelled: fetches.contains { $0.wasCancelled })
    }

    /// The request has ended.
    func stop() {
        waiter = nil
        engine = nil
        for fetch in fetches where fetch.isRunning { fetch.stop() }
    }

    /// What was fetched for a part.
    func fetched(_ media: RemoteMedia) throws(Failure) -> FetchedMedia {
        let fetch = find(media)
        if let found = fetch?.media { return found }
        throw (fetch?.fault ?? .tooMany).failure(of: media, at: fetch?.host ?? "")
    }
}

extension MediaFetch {
    fileprivate var wasCancelled: Bool { if case .cancelled? = fault { true } else { false } }
}

extension FetchFault {
    /// `host`: "" where the URL has none. The rest of a URL is not shown: it may be a secret.
    fileprivate func failure(of media: RemoteMedia, at host: String) -> Failure {
        let (status, why) = meaning(media.kind)
        let place = concat("`", media.path, host.isEmpty ? "`" : concat("` (at ", host, ")"))
        var failure = Failure(status, concat(place, ": ", why))
        failure.retryable = isPassing
        return failure
    }

    private func meaning(_ kind: MediaKind) -> (Status, String) {
        switch self {
        case .address: (.badRequest, "this is no URL that can be fetched")
        case .scheme: (.refused, "nothing but http and https is fetched")
        case .credentials: (.refused, "a URL with a user or a password is not fetched")
        case .host: (.refused, "nothing is fetched from this host (fetch.allow_hosts)")
        case .blocked: (.refused, "its address is not public, and nothing is fetched from there (fetch.allow_addresses)")
        case .redirects: (.badRequest, "it was not fetched: there are too many redirects")
        case .status(let status): (.badRequest, concat("it was not fetched: the status of the answer is ", String(decimal: status)))
        case .tooMany: (.tooLarge, "a request can name 100 URLs that are fetched")
        case .tooMuch: (.tooLarge, "with what was fetched for it the request is over its cap (caps.request)")
        case .tooLarge: (.tooLarge, "it was not fetched: it is larger than fetch.max_bytes")
        case .type: (.badRequest, concat("what was fetched is not ", String(kind.title), ", by its bytes and the type that its server names"))
        case .timeout: (.badRequest, "it was not fetched within fetch.timeout")
        case .deadline: (.timeoutTotal, "the request took longer than the total time-out while it was fetched")
        case .memory: (.memory, "no memory to fetch it")
        case .cancelled: (.cancelled, "the request was cancelled")
        case .connection(let fault): (.badRequest, concat("it was not fetched: ", String(text(of: fault))))
        }
    }

    /// It may be there the next time.
    private var isPassing: Bool {
        switch self {
        case .timeout, .connection: true
        case .status(let status): status >= 500 || status == 429
        default: false
        }
    }

    private func text(of fault: TransferFault) -> StaticString {
        switch fault {
        case .resolve: "its host could not be resolved"
        case .tls: "there is no trusted TLS connection to its host"
        case .truncated: "the connection was closed before it was complete"
        case .protocol: "its host did not speak HTTP correctly"
        case .tooLarge: "the headers of the answer are too large"
        default: "there is no connection to its host"
        }
    }
}

extension MediaKind {
    fileprivate var title: StaticString {
        switch self {
        case .image: "an image"
        case .audio: "a sound"
        case .file: "a PDF, a text or an image"
        case .video: "a video"
        }
    }
}
