import CShims
import Testing
@testable import Transport

/// Remembers what an engine told it.
private final class Listener: TransferDelegate {
    var bodies: [String] = []
    var ended: [TransferFault] = []
    var verdict = BodyVerdict.accept

    func transfer(_: Transfer, body: UnsafeRawBufferPointer) -> BodyVerdict {
        if case .pause = verdict { return .pause }
        bodies.append(String(decoding: body, as: UTF8.self))
        return verdict
    }

    func transferEnded(_: Transfer, fault: TransferFault, detail _: String) { ended.append(fault) }
}

@Suite struct EngineTests {
    private let profile = HTTPProfile(HTTPProfile.Options(), resolve: [])

    private func scripted(_ pieces: [(Int64, String)], _ listener: Listener) throws -> Transfer {
        let transfer = Transfer(profile: try #require(profile))
        transfer.script = Script(status: 200, contentType: "text/plain",
                                 pieces: pieces.map { ScriptPiece(delay: $0.0, bytes: Array($0.1.utf8)) })
        transfer.delegate = listener
        return transfer
    }

    private func drive(_ engine: Engine, _ rounds: Int = 200, until done: () -> Bool) {
        for _ in 0..<rounds where !done() { _ = engine.turn(wait: 20_000) }
    }

    @Test func aScriptArrivesInOrderAndEndsOnce() throws {
        let engine = try #require(Engine(keepConnections: 1)), listener = Listener()
        engine.submit(try scripted([(0, "a"), (1000, "b"), (0, "c")], listener))
        drive(engine) { !listener.ended.isEmpty }
        #expect(listener.bodies == ["a", "b", "c"])
        #expect(listener.ended == [.none])
        #expect(engine.liveCount == 0)
    }

    @Test func theFirstByteClockEndsASilentTransfer() throws {
        let engine = try #require(Engine(keepConnections: 1)), listener = Listener()
        let transfer = try scripted([(60_000_000, "late")], listener)
        transfer.clocks.firstByte = 20_000
        engine.submit(transfer)
        drive(engine) { !listener.ended.isEmpty }
        #expect(listener.ended == [.timeoutFirstByte])
    }

    @Test func bytesReArmTheIdleClockButNotTheContentClock() throws {
        let engine = try #require(Engine(keepConnections: 1)), listener = Listener()
        let transfer = try scripted([(Int64, String)](repeating: (10_000, ": keep-alive\n"), count: 50), listener)
        transfer.clocks.idle = 40_000
        transfer.clocks.content = 120_000
        engine.submit(transfer)
        drive(engine) { !listener.ended.isEmpty }
        #expect(listener.ended == [.timeoutContent])
        #expect(listener.bodies.count > 4)
    }

    @Test func theIdleClockEndsAStalledBody() throws {
        let engine = try #require(Engine(keepConnections: 1)), listener = Listener()
        let transfer = try scripted([(0, "x"), (60_000_000, "y")], listener)
        transfer.clocks.idle = 20_000
        engine.submit(transfer)
        drive(engine) { !listener.ended.isEmpty }
        #expect(listener.ended == [.timeoutIdle])
        #expect(listener.bodies == ["x"])
    }

    @Test func aPauseStopsTheIdleClockAndResumeOffersTheSameBytes() throws {
        let engine = try #require(Engine(keepConnections: 1)), listener = Listener()
        let transfer = try scripted([(0, "x"), (0, "y")], listener)
        transfer.clocks.idle = 30_000
        listener.verdict = .pause
        engine.submit(transfer)
        let until = gl_now_us() + 80_000
        while gl_now_us() < until { _ = engine.turn(wait: 10_000) }
        #expect(listener.ended.isEmpty)
        listener.verdict = .accept
        engine.resumeNow(transfer)
        drive(engine) { !listener.ended.isEmpty }
        #expect(listener.bodies == ["x", "y"])
        #expect(listener.ended == [.none])
    }

    @Test func cancelEndsOnceAndALaterCancelIsHarmless() throws {
        let engine = try #require(Engine(keepConnections: 1)), listener = Listener()
        let transfer = try scripted([(60_000_000, "never")], listener)
        engine.submit(transfer)
        _ = engine.turn(wait: 0)
        engine.cancel(transfer)
        engine.cancel(transfer)
        drive(engine, 3) { false }
        #expect(listener.ended == [.cancelled])
    }

    @Test func whatIsSubmittedToAnEndedEngineEndsAtOnce() throws {
        let engine = try #require(Engine(keepConnections: 1)), listener = Listener()
        engine.submit(try scripted([(60_000_000, "never")], listener))
        engine.endAll()
        engine.submit(try scripted([(0, "x")], listener))
        #expect(listener.ended == [.cancelled, .cancelled])
        #expect(listener.bodies.isEmpty)
    }

    @Test func aRefusedConnectionIsAConnectFault() throws {
        let engine = try #require(Engine(keepConnections: 1)), listener = Listener()
        let transfer = Transfer(profile: try #require(profile))
        transfer.url = "http://127.0.0.1:9/".utf8CString.map { $0 }
        transfer.delegate = listener
        engine.submit(transfer)
        drive(engine) { !listener.ended.isEmpty }
        #expect(listener.ended == [.connect])
    }

    @Test func manyTransfersPassThroughTheEpollLoopAndBack() throws {
        let engine = try #require(Engine(keepConnections: 1))
        let listeners = (0..<300).map { _ in Listener() }
        for listener in listeners { engine.submit(try scripted([(5000, "x"), (5000, "y")], listener)) }
        _ = engine.turn(wait: 0)
        #expect(engine.loop == .epoll)
        drive(engine, 2000) { listeners.allSatisfy { !$0.ended.isEmpty } }
        #expect(listeners.allSatisfy { $0.bodies == ["x", "y"] && $0.ended == [.none] })
        let last = Listener()
        engine.submit(try scripted([(0, "z")], last))
        drive(engine) { !last.ended.isEmpty }
        #expect(engine.loop == .poll)
    }

    @Test func aCancelThatOvertakesTheStartIsNotLost() throws {
        let engine = try #require(Engine(keepConnections: 1)), listener = Listener()
        let transfer = try scripted([(0, "x")], listener)
        engine.cancel(transfer)
        engine.submit(transfer)
        drive(engine, 3) { false }
        #expect(listener.ended == [.cancelled] && listener.bodies.isEmpty)
    }

    @Test func aShorterClockCountsAtOnce() throws {
        let engine = try #require(Engine(keepConnections: 1)), listener = Listener()
        let transfer = try scripted([(0, "x"), (60_000_000, "never")], listener)
        transfer.clocks.idle = 30_000_000
        engine.submit(transfer)
        drive(engine) { !listener.bodies.isEmpty }
        transfer.shorten(idle: 20_000)
        let before = gl_now_us()
        drive(engine) { !listener.ended.isEmpty }
        #expect(listener.ended == [.timeoutIdle])
        #expect(gl_now_us() - before < 5_000_000)
    }

    /// With epoll a deadline that has passed while nobody drove once became a wait without end.
    @Test func lateDeadlinesDoNotWait() throws {
        let engine = try #require(Engine(keepConnections: 1))
        let listeners = (0..<200).map { _ in Listener() }
        for listener in listeners {
            let transfer = try scripted([(60_000_000, "never")], listener)
            transfer.clocks.firstByte = 30_000
            engine.submit(transfer)
        }
        _ = engine.turn(wait: 0)
        #expect(engine.loop == .epoll)
        usleep(100_000)
        let before = gl_now_us()
        _ = engine.turn(wait: 10_000_000)
        #expect(gl_now_us() - before < 5_000_000)
        #expect(listeners.allSatisfy { $0.ended == [.timeoutFirstByte] })
    }

    /// A wake-up that comes before the driver sleeps must not be lost.
    @Test func wakeBeforeSleepIsRemembered() throws {
        let engine = try #require(Engine(keepConnections: 1))
        engine.wake()
        let before = gl_now_us()
        _ = engine.turn(wait: 10_000_000)
        #expect(gl_now_us() - before < 5_000_000)
    }

    @Test func theThreadEndsWhatIsOpenWhenItStops() throws {
        let engine = try #require(Engine(keepConnections: 1)), listener = Listener()
        let thread = try #require(EngineThread(engine))
        engine.submit(try scripted([(60_000_000, "never")], listener))
        thread.stop()
        #expect(listener.ended == [.cancelled])
    }
}
