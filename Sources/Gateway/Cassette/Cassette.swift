internal import Bytes
internal import JSON
internal import Model
internal import Settings
internal import Transport

/// What a recording says of an exchange beside what went over the network.
struct CassetteExchange {
    /// Empty: no provider is asked.
    let provider: String
    let model: String
    var redaction: Redaction

    init(_ provider: String, _ model: String, _ redaction: Redaction) {
        self.provider = provider
        self.model = model
        self.redaction = redaction
    }
}

/// Where exchanges with providers are written down, or come from: `record` and `replay` of a configuration.
final class Cassette {
    private let recorder: CassetteRecorder?
    private let player: CassettePlayer?
    /// For exchanges that belong to no request.
    private let redaction: Redaction

    /// nil: a configuration has neither.
    static func make(_ configuration: Configuration, _ log: Log) throws(Failure) -> Cassette? {
        let options = configuration.cassette
        if options.record == nil, options.replay == nil { return nil }
        if let record = options.record, let replay = options.replay, same(record, replay) { throw Failure(.config, "record: it is the file that `replay` reads") }
        let recorder = options.record.map { CassetteRecorder($0, log, mostBytes: configuration.caps.body) }
        let redaction = Redaction(secrets: secrets(of: configuration))
        guard let path = options.replay else { return Cassette(recorder, nil, redaction) }
        return Cassette(recorder, CassettePlayer(path, options, try CassetteFile.read(path)), redaction)
    }

    private init(_ recorder: CassetteRecorder?, _ player: CassettePlayer?, _ redaction: Redaction) {
        self.redaction = redaction
        self.recorder = recorder
        self.player = player
    }

    /// What a request names is fetched: no provider is asked.
    func attach(fetch transfer: Transfer) { attach(transfer, CassetteExchange("", "", redaction)) }

    /// Has an exchange written down, and played in the place of the network. Behind all that is said of its request; what a dialect answers by
    /// itself is neither.
    func attach(_ transfer: Transfer, _ exchange: CassetteExchange) {
        if transfer.script != nil { return }
        if let player { transfer.script = player.script(for: transfer, exchange) }
        if let recorder { transfer.tape = ExchangeTape(recorder, exchange) }
    }
}

/// The ends of an exchange, and how a recording calls them.
enum CassetteEnd {
    static let complete: StaticString = "complete"
    static let cancelled: StaticString = "cancelled"

    private static var words: [(TransferFault, StaticString)] { [
        (.none, complete), (.resolve, "resolve"), (.connect, "connect"), (.tls, "tls"), (.timeoutConnect, "timeout_connect"),
        (.timeoutFirstByte, "timeout_first_byte"), (.timeoutIdle, "timeout_idle"), (.timeoutContent, "timeout_content"), (.timeoutTotal, "timeout_total"),
        (.truncated, "truncated"), (.tooLarge, "too_large"), (.protocol, "protocol"), (.cancelled, cancelled),
    ] }

    /// nil: it is not of the exchange.
    static func word(_ fault: TransferFault) -> StaticString? { words.first { $0.0 == fault }?.1 }

    /// Of one that was cancelled nobody knows how it would have gone on.
    static func fault(_ word: JSONView) -> TransferFault? {
        guard let fault = words.first(where: { jsonName(word.bytes, ByteRange(word.range.start &+ 1, word.range.end &- 1), is: $0.1) })?.0 else { return nil }
        return fault == .cancelled ? .truncated : fault
    }
}
