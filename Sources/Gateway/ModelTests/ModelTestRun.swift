internal import Accounting
package import Bytes
internal import CShims
internal import JSON
package import Model
internal import Transport

/// Hears of what happens, as gatelet_test_fn does.
package typealias ModelTestProgress = @convention(c) (UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Int32

/// Asks each provider one model at a time, all providers at the same time. Nothing is retried, and nobody stands in.
package final class ModelTestRun {
    let services: Services
    let models: ModelCatalog
    let setup: Setup
    let options = ModelTestOptions()
    let report: ModelTestReport
    var lanes: [ModelTestLane] = []
    var count = 0
    /// The lists are not empty.
    var hasModels = false
    /// Wanted, but not in this run.
    var beyondLimit = 0
    package let document = ByteBuffer()
    package private(set) var stopped: Failure?
    private let progress: ModelTestProgress?
    private let user: UnsafeMutableRawPointer?
    private var nextTick: Int64 = 0
    /// What the caller's function returned.
    private var stop: Int32 = 0
    /// Somebody else wants it to stop.
    let wish: StopWish
    private var watch: InterruptWatch
    // What `survey` saw.
    private var now: Int64 = 0
    private var running = 0
    private var left = 0
    private var ready: ModelTestLane?
    private var ended: ModelTestLane?
    /// Microseconds until the end; -1 is unknown.
    private var toGo: Int64 = 0

    private static let second: Int64 = 1_000_000

    init(_ services: Services, _ models: ModelCatalog, _ setup: Setup, _ progress: ModelTestProgress?, _ user: UnsafeMutableRawPointer?) {
        self.services = services
        self.models = models
        self.setup = setup
        self.progress = progress
        self.user = user
        report = ModelTestReport(services)
        wish = StopWish(services.engines)
        watch = InterruptWatch(services.interrupts)
    }

    // MARK: the run

    var isStopping: Bool { stop != 0 || wish.isSaid || services.isClosing }

    /// `interrupted`: a signal handler ran.
    func askInterrupt(_ interrupted: Bool = true) {
        let value = watch.verdict(interrupted)
        if value != 0 { wish.interrupted(value) }
    }

    func drive() throws(Failure) {
        let engine = try services.engines.take(), pipe = gl_sigpipe_block()
        var isTold = false
        while true {
            survey()
            if let lane = ended {
                collect(lane)
            } else if isStopping {
                if running == 0 { break }
                if isTold { _ = engine.turn(wait: ModelTestRun.second) }
                for lane in lanes where !isTold { lane.running?.call?.cancel() }
                isTold = true
            } else if let lane = ready, lane.nextStart <= now, running < options.concurrency {
                begin(lane, engine)
            } else {
                if running == 0, ready == nil { break }
                let next = running < options.concurrency ? min(ready?.nextStart ?? .max, nextTick) : nextTick
                let interrupted = engine.turn(wait: min(watch.patience, max(0, next &- now)))
                askInterrupt(interrupted)
                if interrupted || nextTick <= gl_now_us() { tell("wait", nil) }
            }
        }
        while engine.liveCount > 0 { _ = engine.turn(wait: 0) }
        gl_sigpipe_restore(pipe)
        services.engines.give(engine)
        try conclude()
    }

    private func conclude() throws(Failure) {
        if services.isClosing {
            stopped = .clientFreed
        } else if let failure = wish.failure("the test") {
            stopped = failure
        } else if stop != 0 {
            stopped = Failure(.cancelled, "the progress function stopped the test")
            stopped?.callbackResult = stop
        }
        var out = MemberWriter(document)
        report.write(options, left: left, complete: true, into: &out)
        if out.failed || !services.redaction.clean(document) { throw Failure(.memory, "out of memory") }
    }

    /// Looks at every provider once. The provider that has waited longest is ready first.
    private func survey() {
        let average = report.averageLatency
        (now, running, left, ready, ended) = (gl_now_us(), 0, beyondLimit, nil, nil)
        toGo = average < 0 && options.pause == 0 ? -1 : 0
        for lane in lanes {
            left &+= lane.left
            if let test = lane.running {
                running &+= 1
                left &+= 1
                if test.outcome != nil { ended = lane }
            } else if lane.left > 0, lane.nextStart < ready?.nextStart ?? .max {
                ready = lane
            }
            if lane.left > 0, toGo >= 0 {
                toGo = max(toGo, max(0, lane.nextStart &- now) &+ Int64(lane.left &- 1) &* max(options.pause, average) &+ max(0, average))
            }
        }
    }

    // MARK: one model

    /// What is sent, and the words of ours that keep it one attempt at one provider.
    func request(_ test: ModelTest) throws(Failure) -> ByteBuffer {
        let buffer = ByteBuffer()
        var out = MemberWriter(buffer)
        out.open()
        out.member("model", test.id)
        out.raw(",\"messages\":[{\"role\":\"user\",\"content\":")
        out.string(options.prompt)
        out.raw("}]")
        out.member("max_tokens", options.maxTokens)
        out.raw(",\"gatelet\":{\"hedge\":false,\"retry\":{\"attempts\":0,\"attempts_per_request\":1}")
        out.text("provider", test.provider.utf8.isEmpty ? nil : test.provider)
        if options.timeout > 0 {
            out.raw(",\"timeouts\":{\"total\":")
            out.check(Report.milliseconds(max(1, Int64(min(options.timeout, 1e9) * 1000)), buffer))
            out.raw("}")
        }
        out.raw("}}")
        if out.failed { throw Failure(.memory, "out of memory") }
        return buffer
    }

    private func begin(_ lane: ModelTestLane, _ engine: Engine) {
        let test = lane.tests[lane.next]
        tell("start", test)
        if isStopping { return }
        lane.next &+= 1
        lane.nextStart = now &+ options.pause
        do throws(Failure) {
            let request = try request(test)
            test.request = request
            let call = try Call.accept(services, models, setup, request.bytes, options.stream ? .chatStream : .chat, sink: test, assemble: options.stream, isTest: true)
            test.call = call
            lane.running = test
            call.begin(on: engine)
        } catch {
            test.fail(error)
            finish(test)
        }
    }

    /// Takes the result of one that has ended.
    private func collect(_ lane: ModelTestLane) {
        guard let test = lane.running, let call = test.call, let outcome = test.outcome else { return }
        lane.running = nil
        (test.call, test.request) = (nil, nil)
        if isStopping, outcome.end == .cancelled { return lane.next &-= 1 } // another run will test it
        if let failure = outcome.failure { test.fail(failure) }
        let timings = call.trace.reported.timings
        test.latency = timings.total >= 0 ? timings.total : call.trace.total
        if options.stream { test.firstContent = timings.firstContent }
        finish(test)
    }

    /// A result is there.
    func finish(_ test: ModelTest) {
        let json = ByteBuffer()
        var out = MemberWriter(json)
        report.write(test, into: &out)
        test.outcome = nil
        report.add(test, json.bytes)
        tell("finish", test, json)
    }

    // MARK: telling

    func tell(_ event: StaticString, _ test: ModelTest?, _ json: ByteBuffer? = nil) {
        survey()
        nextTick = progress == nil ? .max : now &+ ModelTestRun.second
        guard let progress, !isStopping else { return }
        let buffer = ByteBuffer()
        var out = MemberWriter(buffer)
        out.raw("{\"event\":\"")
        out.raw(event)
        out.close("\"")
        test?.write(into: &out, verdict: json != nil)
        if json != nil {
            out.time("latency_ms", test?.latency ?? -1)
            out.text("reason", test?.reason)
        }
        let done = report.successful &+ report.failed
        out.member("done", done)
        out.member("total", done &+ left &- beyondLimit)
        out.member("passed", report.successful)
        out.member("failed", report.failed)
        out.member("skipped", report.skipped)
        out.member("running", running)
        out.time("wait_ms", ready.map { max(0, $0.nextStart &- now) } ?? -1)
        out.time("elapsed_ms", report.elapsed)
        out.time("eta_ms", toGo)
        if let json {
            out.splice("result", json.bytes)
            out.name("report")
            report.write(options, left: left, complete: false, into: &out)
        }
        out.close()
        if !out.failed, services.redaction.clean(buffer), let text = buffer.terminated() { stop = progress(text, user) }
        buffer.keepAlive()
    }
}
