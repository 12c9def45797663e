internal import Bytes
internal import Model
internal import Transport

/// Answers requests out of a recording, each exchange once.
final class CassettePlayer {
    private let path: String
    private let options: CassetteOptions
    private let exchanges: [RecordedExchange]
    private let lock = Lock()

    init(_ path: String, _ options: CassetteOptions, _ exchanges: [RecordedExchange]) {
        self.path = path
        self.options = options
        self.exchanges = exchanges
    }

    /// The answer to a request; without one that is recorded, an end that says what the nearest has otherwise.
    func script(for transfer: Transfer, _ exchange: CassetteExchange) -> Script {
        // A key of a test may be any word, and stand in texts; what was one when it was recorded is `***` there.
        var plain = exchange
        plain.redaction = .none
        guard let asIs = Wanted(CassetteRequest(transfer, plain)), let redacted = Wanted(CassetteRequest(transfer, exchange)) else { return CassettePlayer.end(.memory, "") }
        guard let exchange = take(asIs) ?? take(redacted) else { return CassettePlayer.end(.unrecorded, complaint(asIs)) }
        return exchange.script(speed: options.speed) ?? CassettePlayer.end(.memory, "")
    }

    private static func end(_ fault: TransferFault, _ detail: String) -> Script {
        var script = Script(status: 0, contentType: "", pieces: [])
        script.ending = fault
        script.detail = detail
        return script
    }

    private struct Wanted {
        let provider: String, model: String, method: String
        let target: [UInt8]
        let body: ByteBuffer

        /// nil: no memory.
        init?(_ request: CassetteRequest) {
            body = ByteBuffer()
            if let own = request.body {
                defer { own.keepAlive() }
                guard CanonicalBody.append(own.bytes, to: body) else { return nil }
            }
            provider = request.exchange.provider
            model = request.exchange.redaction.text(request.exchange.model)
            method = request.method
            target = request.target
        }
    }

    // MARK: matching

    /// The next of those that match; of the same provider, if there is one.
    private func take(_ wanted: Wanted) -> RecordedExchange? {
        lock.with {
            var other: RecordedExchange?
            for exchange in exchanges where !exchange.isUsed && matches(exchange, wanted) {
                if same(exchange.provider, wanted.provider) {
                    exchange.isUsed = true
                    return exchange
                }
                other = other ?? exchange
            }
            other?.isUsed = true
            return other
        }
    }

    private func matches(_ exchange: RecordedExchange, _ wanted: Wanted) -> Bool {
        guard same(exchange.method, wanted.method) else { return false }
        defer { exchange.body.keepAlive() }
        return switch options.match {
        case .strict: exchange.target == wanted.target && exchange.body.bytes.equals(wanted.body.bytes)
        case .loose: CassettePlayer.path(exchange.target) == CassettePlayer.path(wanted.target) && same(exchange.model, wanted.model)
        }
    }

    /// Without the query.
    private static func path(_ target: [UInt8]) -> ArraySlice<UInt8> { target.prefix { $0 != UInt8(ascii: "?") } }

    // MARK: what is told

    private func complaint(_ wanted: Wanted) -> String {
        let request = concat(wanted.method, " ", String(utf8: wanted.target))
        let named = wanted.model.isEmpty ? request : concat(request, " (model ", concat(wanted.model, ")"))
        let played = lock.with { exchanges.filter { matches($0, wanted) } }
        if let last = played.last {
            return concat("what ", path, concat(" has recorded of ", named, concat(" was played already (the last one is line ", String(decimal: last.line), ")")))
        }
        let none = concat(path, " has no ", concat(named, " like this one"))
        guard let (nearest, what) = nearest(wanted) else { return concat(none, "; it has no exchanges at all") }
        return concat(none, concat("; the nearest is line ", String(decimal: nearest.line), concat(", ", what)))
    }

    /// The exchange that has least otherwise, and what.
    private func nearest(_ wanted: Wanted) -> (RecordedExchange, String)? {
        var best: (exchange: RecordedExchange, distance: Int, what: String)?
        for exchange in exchanges {
            let (distance, what) = difference(exchange, wanted)
            if distance < best?.distance ?? .max { best = (exchange, distance, what) }
        }
        return best.map { ($0.exchange, $0.what) }
    }

    private func difference(_ exchange: RecordedExchange, _ wanted: Wanted) -> (Int, String) {
        defer { exchange.body.keepAlive() }
        if !same(exchange.method, wanted.method) || CassettePlayer.path(exchange.target) != CassettePlayer.path(wanted.target) {
            return (1_000_000, concat(exchange.method, " ", String(utf8: exchange.target)))
        }
        if options.match == .loose { return (1_000, concat("whose model is ", exchange.model)) }
        if exchange.target != wanted.target { return (10_000, concat("whose query is ", String(utf8: exchange.target))) }
        let (paths, count) = CanonicalBody.differences(exchange.body.bytes, wanted.body.bytes)
        var told = ""
        for path in paths { told = concat(told, told.isEmpty ? "`" : ", `", concat(path, "`")) }
        return (count, concat("in which ", told, concat(count == 1 ? " differs" : " differ", count > paths.count ? concat(" and ", String(decimal: count &- paths.count), " more") : "")))
    }
}
