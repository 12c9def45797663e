internal import Accounting
internal import Bytes
internal import CShims
internal import Model
internal import Transport

/// Appends a line for each exchange to a file. What goes wrong with that is said once, and disturbs nobody.
final class CassetteRecorder {
    private let path: String
    private let log: Log
    private let file = RecordFile("the recording")
    /// Of one exchange; a longer one is left out.
    let mostBytes: Int
    private let hasComplained = AtomicWord()

    init(_ path: String, _ log: Log, mostBytes: Int) {
        self.path = path
        self.log = log
        self.mostBytes = mostBytes
    }

    /// `line`: nil: there was no room for it.
    func write(_ line: ByteBuffer?) {
        guard let line else {
            if !hasComplained.isSet { log.say(LogLevel.error, UnredactedText("an exchange is not recorded: it is over caps.body, or there is no memory for it")) }
            return hasComplained.set()
        }
        if let problem = file.write(line, to: path, gl_unix_seconds()) { log.say(LogLevel.error, UnredactedText(problem)) }
    }
}

/// One exchange while it runs.
final class ExchangeTape: TransferTape {
    private let recorder: CassetteRecorder
    private let exchange: CassetteExchange
    private let body: ByteBuffer
    private var pieces = CassettePieces()
    private var isTooLarge = false

    init(_ recorder: CassetteRecorder, _ exchange: CassetteExchange) {
        self.recorder = recorder
        self.exchange = exchange
        body = ByteBuffer(limit: recorder.mostBytes)
    }

    func received(_ bytes: UnsafeRawBufferPointer, at time: Int64) {
        if isTooLarge { return }
        isTooLarge = !body.append(bytes) || !pieces.add(end: body.count, at: time)
    }

    func ended(_ transfer: Transfer, _ fault: TransferFault, _ detail: String) {
        // Nobody had begun with it: it is as if it had never been sent.
        guard let end = CassetteEnd.word(fault) else { return }
        if isTooLarge { return recorder.write(nil) }
        let line = CassetteLine(CassetteRequest(transfer, exchange), body, pieces)
        recorder.write(line.write(transfer, end, detail))
    }
}

/// Where the pieces of a body end, and when each came.
struct CassettePieces {
    private let bytes = ByteBuffer()
    private static let size = MemoryLayout<(Int64, Int64)>.size

    mutating func add(end: Int, at time: Int64) -> Bool { withUnsafeBytes(of: (Int64(end), time)) { bytes.append($0) } }

    func forEach(_ body: (_ range: ByteRange, _ time: Int64) -> Void) {
        var at = 0, start = 0
        while at &+ CassettePieces.size <= bytes.count {
            let (end, time) = bytes.bytes.loadUnaligned(fromByteOffset: at, as: (Int64, Int64).self)
            body(ByteRange(start, Int(end)), time)
            start = Int(end)
            at &+= CassettePieces.size
        }
        bytes.keepAlive()
    }
}
