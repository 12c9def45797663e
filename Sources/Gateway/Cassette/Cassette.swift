internal import Bytes
internal import JSON
internal import Model
internal import Transport

/// What a recording says of an exchange beside what went over the network.
struct CassetteExchange {
    /// Empty: no provider is asked, but what a request names.
    var provider = ""
    var model = ""
    var redaction = Redaction.none

    init() {}

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

    /// nil: a configuration has neither.
    static func make(_ configuration: Configuration, _ log: Log) throws(Failure) -> Cassette? {
        let options = configuration.cassette
        if options.record == nil, options.replay == nil { return nil }
        if let record = options.record, let replay = options.replay, same(record, replay) { throw Failure(.config, "record: it is the file that `replay` reads") }
        let recorder = options.record.map { CassetteRecorder($0, log, mostBytes: configuration.caps.body) }
        guard let path = options.replay else { return Cassette(recorder, nil) }
        return Cassette(recorder, CassettePlayer(path, options, try CassetteFile.read(path)))
    }

    private init(_ recorder: CassetteRecorder?, _ player: CassettePlayer?) {
        self.recorder = recorder
        self.player = player
    }

    /// Has an exchange written down, and played in the place of the network. Behind all that is said of its request; what a dialect answers by
    /// itself is neither.
    func attach(_ transfer: Transfer, _ exchange: CassetteExchange) {
        if transfer.script != nil { return }
        if let player { transfer.script = player.script(for: CassetteRequest(transfer, exchange)) }
        if let recorder { transfer.tape = ExchangeTape(recorder, exchange) }
    }
}

/// The ends of an exchange, and how a recording calls them.
enum CassetteEnd {
    static let complete: StaticString = "complete"
    static let cancelled: StaticString = "cancelled"

    private static let words: [(TransferFault, StaticString)] = [
        (.none, complete), (.resolve, "resolve"), (.connect, "connect"), (.tls, "tls"), (.timeoutConnect, "timeout_connect"),
        (.timeoutFirstByte, "timeout_first_byte"), (.timeoutIdle, "timeout_idle"), (.timeoutContent, "timeout_content"), (.timeoutTotal, "timeout_total"),
        (.truncated, "truncated"), (.tooLarge, "too_large"), (.protocol, "protocol"), (.cancelled, cancelled),
    ]

    /// nil: it is not of the exchange.
    static func word(_ fault: TransferFault) -> StaticString? { words.first { $0.0 == fault }?.1 }

    /// Of one that was cancelled nobody knows how it would have gone on.
    static func fault(_ word: JSONView) -> TransferFault? {
        guard let fault = words.first(where: { jsonName(word.bytes, ByteRange(word.range.start &+ 1, word.range.end &- 1), is: $0.1) })?.0 else { return nil }
        return fault == .cancelled ? .truncated : fault
    }
}
