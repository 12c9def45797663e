@testable import Bytes
import CShims
@testable import HTTPText
@testable import Model
import Testing
@testable import Transport

private final class Listener: TransferDelegate {
    var body = "", ended: [TransferFault] = [], detail = "", calls = 0
    /// The transfer's content clock is fed by every piece.
    var notesContent = false

    func transfer(_ transfer: Transfer, body bytes: UnsafeRawBufferPointer) -> BodyVerdict {
        calls += 1
        body += String(decoding: bytes, as: UTF8.self)
        if notesContent { transfer.noteContent() }
        return .accept
    }

    func transferEnded(_: Transfer, fault: TransferFault, detail: String) {
        ended.append(fault)
        self.detail = detail
    }
}

/// Scripted responses that go wrong.
@Suite struct ScriptTests {
    private let listener = Listener()
    private let engine = Engine(keepConnections: 1)

    /// Plays a script to its end.
    private func play(_ pieces: [(Int64, String)], status: Int = 200, _ change: (Transfer, inout Script) -> Void = { _, _ in }) throws -> Transfer {
        let transfer = Transfer(profile: try #require(HTTPProfile(HTTPProfile.Options(), resolve: [])))
        var script = Script(status: status, contentType: "text/plain",
                            pieces: pieces.map { ScriptPiece(delay: $0.0, bytes: Array($0.1.utf8)) })
        change(transfer, &script)
        transfer.script = script
        transfer.delegate = listener
        let engine = try #require(engine)
        engine.submit(transfer)
        for _ in 0..<400 where listener.ended.isEmpty { _ = engine.turn(wait: 20_000) }
        #expect(listener.ended.count == 1 && engine.liveCount == 0)
        return transfer
    }

    @Test func headersAreInTheBlock() throws {
        let transfer = try play([(0, "x")], status: 429) { $1.headers = ["Retry-After: 2", "X-A: b"] }
        #expect(String(decoding: transfer.responseHeaders.bytes, as: UTF8.self)
            == "HTTP/1.1 429\r\ncontent-type: text/plain\r\nRetry-After: 2\r\nX-A: b\r\n\r\n")
        #expect(HeaderText.retryAfterMs(in: transfer.responseHeaders.bytes, unixNow: 0) == 2000)
        #expect(transfer.status == 429 && listener.ended == [.none])
    }

    @Test func theEndingIsReportedAfterTheLastPiece() throws {
        let transfer = try play([(0, "a"), (1000, "b")]) {
            $1.ending = .truncated
            $1.detail = "cut"
        }
        #expect(listener.body == "ab" && listener.ended == [.truncated] && listener.detail == "cut" && transfer.status == 200)
    }

    @Test(arguments: [TransferFault.none, .truncated]) func anEmptyResponseHasHeadersOnly(_ ending: TransferFault) throws {
        let transfer = try play([]) { $1.ending = ending }
        #expect(transfer.status == 200 && transfer.timings.firstByte >= 0 && listener.calls == 0 && listener.ended == [ending])
    }

    @Test(arguments: [TransferFault.connect, .truncated]) func withoutAResponseThereIsOnlyTheEnding(_ ending: TransferFault) throws {
        let transfer = try play([(30_000, "never")], status: 0) { $1.ending = ending }
        #expect(listener.ended == [ending] && listener.calls == 0)
        #expect(transfer.status == 0 && transfer.responseHeaders.count == 0 && transfer.timings.firstByte == -1 && transfer.timings.connect == -1)
        #expect(transfer.timings.total >= 30_000)
    }

    @Test func piecesWithoutBytesOnlyWait() throws {
        let transfer = try play([(20_000, ""), (0, "x"), (10_000, "")])
        #expect(listener.calls == 1 && listener.body == "x" && listener.ended == [.none])
        #expect(transfer.timings.firstByte >= 20_000 && transfer.timings.total >= 30_000)
    }

    @Test func aLateFirstByteTripsItsClock() throws {
        let transfer = try play([(60_000_000, ""), (0, "x")]) { transfer, _ in
            transfer.clocks.firstByte = 30_000
            transfer.clocks.idle = 10_000
        }
        #expect(listener.ended == [.timeoutFirstByte] && listener.calls == 0 && transfer.status == 0)
    }

    @Test func aStallAfterTheHeadersTripsTheIdleClock() throws {
        let transfer = try play([(0, ""), (60_000_000, "")]) { transfer, _ in
            transfer.clocks.firstByte = 10_000_000
            transfer.clocks.idle = 30_000
        }
        #expect(listener.ended == [.timeoutIdle] && transfer.status == 200)
    }

    @Test func aStallAfterTheHeadersTripsTheContentClock() throws {
        _ = try play([(0, ""), (60_000_000, "")]) { transfer, _ in
            transfer.clocks.idle = 10_000_000
            transfer.clocks.content = 30_000
        }
        #expect(listener.ended == [.timeoutContent])
    }

    /// The content clock runs from the headers on, also when they come late.
    @Test func aLateFirstByteLeavesTheContentClockWhole() throws {
        listener.notesContent = true
        _ = try play([(80_000, ""), (20_000, "x"), (20_000, "y")]) { transfer, _ in
            transfer.clocks.firstByte = 10_000_000
            transfer.clocks.content = 60_000
        }
        #expect(listener.ended == [.none] && listener.body == "xy")
    }

    /// What follows the first 64 KB of a refusal is not read; of an answer everything is.
    @Test(arguments: [(500, 64 << 10), (404, 64 << 10), (200, 300_000)]) func refusalsAreReadToABound(_ status: Int, _ expected: Int) throws {
        let piece = String(repeating: "x", count: 100_000)
        let transfer = try play([(0, piece), (0, piece), (0, piece)], status: status)
        #expect(listener.body.utf8.count == expected && listener.ended == [.none] && transfer.status == status)
    }
}
