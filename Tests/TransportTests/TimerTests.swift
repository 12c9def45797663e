import CShims
import Synchronization
import Testing
@testable import Transport

/// Remembers which of its timers have ended, and how.
private final class Waiter: EngineTimerDelegate {
    var fired: [EngineTimer] = []
    var cancelled: [EngineTimer] = []
    var onFire: () -> Void = {}

    func timerEnded(_ timer: EngineTimer, cancelled isCancelled: Bool) {
        if isCancelled { return cancelled.append(timer) }
        #expect(gl_now_us() >= timer.deadline)
        fired.append(timer)
        onFire()
    }
}

private final class Silent: TransferDelegate {
    var ended: [TransferFault] = []
    var onEnd: () -> Void = {}
    func transfer(_: Transfer, body _: UnsafeRawBufferPointer) -> BodyVerdict { .accept }
    func transferEnded(_: Transfer, fault: TransferFault, detail _: String) {
        ended.append(fault)
        onEnd()
    }
}

/// Starts a timer from another thread, as a request does.
private final class WaitingJob: EngineJob {
    let waiter = Waiter()
    let done = Atomic<Bool>(false)
    let delay: Int64
    init(_ delay: Int64) { self.delay = delay }
    func begin(on engine: Engine) {
        waiter.onFire = { [unowned self] in done.store(true, ordering: .releasing) }
        engine.start(EngineTimer(at: gl_now_us() + delay, waiter))
    }
    func cancel() {}
    func nudge() {}
}

@Suite struct TimerTests {
    private let waiter = Waiter()

    private func timer(_ delay: Int64) -> EngineTimer { EngineTimer(at: gl_now_us() + delay, waiter) }

    private func drive(_ engine: Engine, _ rounds: Int = 200, until done: () -> Bool) {
        for _ in 0..<rounds where !done() { _ = engine.turn(wait: 20_000) }
    }

    private func silent(_ delegate: Silent, clock: Int64) throws -> Transfer {
        let transfer = Transfer(profile: try #require(HTTPProfile(HTTPProfile.Options(), resolve: [])))
        transfer.script = Script(status: 200, contentType: "text/plain", pieces: [ScriptPiece(delay: 60_000_000, bytes: [0x78])])
        transfer.clocks.firstByte = clock
        transfer.delegate = delegate
        return transfer
    }

    /// Also those of one moment, those that are stopped between, and those that are started late.
    @Test func theEarliestFiresFirstWhateverTheOrder() throws {
        let engine = try #require(Engine(keepConnections: 1))
        var seed: UInt64 = 7
        func random(_ n: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % n
        }
        let start = gl_now_us()
        var timers = (0..<200).map { _ in EngineTimer(at: start + Int64(random(100)) * 1000, waiter) }
        for timer in timers { engine.start(timer) }
        for _ in 0..<60 { engine.stop(timers.remove(at: random(timers.count))) }
        for _ in 0..<30 {
            timers.append(EngineTimer(at: start + Int64(random(100)) * 1000, waiter))
            engine.start(timers[timers.count - 1])
        }
        drive(engine, 1000) { waiter.fired.count == timers.count }
        #expect(waiter.fired.map(\.deadline) == timers.map(\.deadline).sorted())
        #expect(Set(waiter.fired.map(ObjectIdentifier.init)) == Set(timers.map(ObjectIdentifier.init)))
        drive(engine, 3) { false }
        #expect(waiter.fired.count == 170 && waiter.cancelled.isEmpty)
    }

    /// A timer ends a sleep that would have been longer, with either loop.
    @Test(arguments: [0, 200]) func aSleepEndsWithTheFirstTimer(_ transfers: Int) throws {
        let engine = try #require(Engine(keepConnections: 1)), other = Silent()
        for _ in 0..<transfers { engine.submit(try silent(other, clock: 0)) }
        _ = engine.turn(wait: 0)
        #expect(engine.loop == (transfers > 0 ? .epoll : .poll))
        engine.start(timer(30_000))
        let before = gl_now_us()
        for _ in 0..<3 where waiter.fired.isEmpty { _ = engine.turn(wait: 30_000_000) }
        #expect(waiter.fired.count == 1 && gl_now_us() - before < 10_000_000)
    }

    @Test func timersAndClocksOfTransfersKeepTheirOrder() throws {
        let engine = try #require(Engine(keepConnections: 1)), first = Silent(), last = Silent()
        var order: [String] = []
        waiter.onFire = { order.append("timer") }
        first.onEnd = { order.append("first") }
        last.onEnd = { order.append("last") }
        engine.submit(try silent(last, clock: 60_000))
        engine.submit(try silent(first, clock: 20_000))
        _ = engine.turn(wait: 0)
        engine.start(timer(40_000))
        usleep(100_000) // all of them are late
        drive(engine) { order.count == 3 }
        #expect(order == ["first", "timer", "last"])
        #expect(first.ended == [.timeoutFirstByte] && last.ended == [.timeoutFirstByte])
    }

    @Test func aTimerMayStartTheNextOneAndStopAnother() throws {
        let engine = try #require(Engine(keepConnections: 1))
        let doomed = timer(10_000), next = timer(0)
        engine.start(timer(0))
        engine.start(doomed)
        waiter.onFire = { [waiter] in
            engine.stop(doomed)
            if waiter.fired.count == 1 { engine.start(next) }
        }
        usleep(20_000)
        drive(engine) { waiter.fired.count == 2 }
        drive(engine, 3) { false }
        #expect(waiter.fired.count == 2 && waiter.fired.last === next)
        engine.stop(next) // it is over
        waiter.onFire = {}
    }

    @Test func whatWaitsWhenTheEngineEndsIsCancelledOnce() throws {
        let engine = try #require(Engine(keepConnections: 1)), late = timer(0), stopped = timer(60_000_000)
        engine.start(timer(60_000_000))
        engine.start(stopped)
        engine.stop(stopped)
        engine.endAll()
        #expect(waiter.cancelled.count == 1)
        engine.start(late)
        #expect(waiter.cancelled.count == 2 && waiter.cancelled.last === late)
        _ = engine.turn(wait: 0)
        #expect(waiter.fired.isEmpty && waiter.cancelled.count == 2)
    }

    /// A timer keeps its delegate for as long as it waits, and the engine keeps neither.
    @Test func nothingIsKeptOfATimerThatHasEnded() throws {
        let engine = try #require(Engine(keepConnections: 1))
        weak var gone: Waiter?
        weak var timer: EngineTimer?
        for ending in 0..<3 {
            do {
                let waiter = Waiter(), made = EngineTimer(at: gl_now_us() + (ending == 0 ? 0 : 60_000_000), waiter)
                (gone, timer) = (waiter, made)
                engine.start(made)
                if ending == 1 { engine.stop(made) }
            }
            if ending == 2 { engine.endAll() }
            drive(engine) { gone == nil }
            #expect(gone == nil && timer == nil)
        }
    }

    @Test func aTimerIsNoTransfer() throws {
        let engine = try #require(Engine(keepConnections: 1))
        for _ in 0..<300 { engine.start(timer(60_000_000)) }
        _ = engine.turn(wait: 0)
        #expect(engine.liveCount == 0 && engine.loop == .poll)
        engine.endAll()
        #expect(waiter.cancelled.count == 300)
    }

    @Test func theThreadOfAClientFiresThem() throws {
        let engine = try #require(Engine(keepConnections: 1)), thread = try #require(EngineThread(engine))
        let soon = WaitingJob(20_000), never = WaitingJob(60_000_000)
        engine.submit(soon)
        engine.submit(never)
        for _ in 0..<3000 where !soon.done.load(ordering: .acquiring) { usleep(10_000) }
        thread.stop()
        #expect(soon.waiter.fired.count == 1 && soon.waiter.cancelled.isEmpty)
        #expect(never.waiter.fired.isEmpty && never.waiter.cancelled.count == 1)
    }
}
