internal import CShims
package import Model
internal import Providers
internal import Routing
internal import Transport
package import Wire

/// One model on its way.
final class RunningModelTest: EventSink {
    let model: TestedModel
    /// The call reads it until its end.
    let request: ByteBuffer
    var call: Call?
    var outcome: Outcome?

    init(_ model: TestedModel, _ request: ByteBuffer) {
        self.model = model
        self.request = request
    }

    var wantsEnd: Bool { false }
    func isFull(_: Call) -> Bool { false }
    func chunk(_: Call, json _: UnsafeRawBufferPointer, text _: UnsafeRawBufferPointer, reasoning _: UnsafeRawBufferPointer) -> SinkVerdict { .go }
    func ended(_: Call, outcome: Outcome) { self.outcome = outcome }
}

extension Client {
    /// Tests models on the calling thread (`gatelet_test_models`). The document, and why the run stopped before its end.
    package func testModels(_ bytes: UnsafeRawBufferPointer?, _ progress: ((UnsafePointer<CChar>) -> Int32)?)
        throws(Failure) -> (document: ByteBuffer, stopped: Failure?) {
        let setup = setup
        do throws(Failure) {
            let options = try bytes.map { (text) throws(Failure) in try ModelTestOptions.read(text, setup.configuration.caps.depth) } ?? ModelTestOptions()
            let run = ModelTestRun(self, setup, options, progress)
            try run.select()
            let stopped = try run.drive()
            return (try run.document(), stopped)
        } catch {
            throw setup.redaction.failure(error)
        }
    }
}

/// Asks each provider one model at a time, all providers at the same time. Nothing is retried, and nobody stands in.
final class ModelTestRun {
    let client: Client
    let setup: Setup
    let options: ModelTestOptions
    let report: ModelTestReport
    var lanes: [ModelTestLane] = []
    /// Slugs of those that are to be tested.
    let chosen = IDTable()
    var count = 0
    /// Wanted, but not in this run.
    var beyondLimit = 0
    private let progress: ((UnsafePointer<CChar>) -> Int32)?
    private let spacing: Int64
    private var running = 0
    private var nextTick: Int64 = 0
    /// What the caller's function returned.
    private var stop: Int32 = 0

    private static let tick: Int64 = 1_000_000

    init(_ client: Client, _ setup: Setup, _ options: ModelTestOptions, _ progress: ((UnsafePointer<CChar>) -> Int32)?) {
        self.client = client
        self.setup = setup
        self.options = options
        self.progress = progress
        report = ModelTestReport(setup.redaction)
        spacing = Int64(min(options.spacing, 86_400 * 365) * 1_000_000)
    }

    // MARK: requests

    func request(_ model: String) throws(Failure) -> ByteBuffer {
        let buffer = ByteBuffer()
        var out = MemberWriter(buffer)
        out.open()
        out.member("model", model)
        out.raw(",\"messages\":[{\"role\":\"user\",\"content\":")
        out.string(options.prompt)
        out.raw("}]")
        out.member("max_tokens", options.maxTokens)
        out.close()
        if out.failed { throw Failure(.memory, "out of memory") }
        return buffer
    }

    func choice(_ provider: String?) -> GateletOptions {
        var own = GateletOptions()
        own.provider = provider
        own.isTest = true
        own.hedge = .off
        own.retry.attempts = 0
        own.retry.attemptsPerRequest = 1
        own.timeouts.total = options.timeout
        return own
    }

    func failed(_ failure: Failure) -> ModelTestResult {
        ModelTestResult(verdict: .failed, reason: reasonOf(failure.status), failure: setup.redaction.failure(failure))
    }

    private func begin(_ lane: ModelTestLane, _ engine: Engine, _ now: Int64) {
        let model = lane.models[lane.next]
        tell("start", model)
        if isStopping { return }
        lane.next &+= 1
        lane.nextStart = now &+ spacing
        do throws(Failure) {
            let test = RunningModelTest(model, try request(model.id)), operation: Model.Operation = options.stream ? .chatStream : .chat
            let call = try client.accept(test.request.bytes, operation, tag: 0, sink: test, assemble: options.stream, own: choice(model.provider))
            test.call = call
            lane.running = test
            running &+= 1
            call.begin(on: engine)
        } catch {
            tell(model, failed(error))
        }
    }

    /// Takes the results of those that have ended. False: there were none.
    private func collect() -> Bool {
        var some = false
        for lane in lanes {
            guard let test = lane.running, let outcome = test.outcome, let call = test.call else { continue }
            some = true
            lane.running = nil
            running &-= 1
            if isStopping, outcome.end == .cancelled {
                lane.next &-= 1 // another run will test it
            } else {
                tell(test.model, result(outcome, call))
            }
        }
        return some
    }

    private func result(_ outcome: Outcome, _ call: Call) -> ModelTestResult {
        var result = ModelTestResult(verdict: .success, answer: outcome.answer)
        if var failure = outcome.failure {
            failure.attempts = []
            result = failed(failure)
        }
        let timings = call.journey.told.timings
        result.latency = timings.total >= 0 ? timings.total : call.journey.total
        if options.stream { result.firstContent = timings.firstContent }
        return result
    }

    // MARK: the run

    private var isStopping: Bool { stop != 0 || client.isClosing }

    /// Returns why it stopped before its end.
    func drive() throws(Failure) -> Failure? {
        let engine = try client.takeEngine(), pipe = gl_sigpipe_block()
        defer {
            gl_sigpipe_restore(pipe)
            client.giveEngine(engine)
        }
        var told = false
        while true {
            if isStopping, !told {
                told = true
                for lane in lanes { lane.running?.call?.cancel() }
            }
            if collect() { continue }
            if isStopping ? running == 0 : start(engine) { break }
            let now = gl_now_us(), interrupted = engine.turn(wait: max(0, wake(now) &- now))
            if !isStopping, interrupted || nextTick <= gl_now_us() { tell("wait", nil) }
        }
        while engine.liveCount > 0 { _ = engine.turn(wait: 0) }
        return whyStopped
    }

    /// Starts what is due; the provider that has waited longest comes first. True: all is done.
    private func start(_ engine: Engine) -> Bool {
        while running < options.concurrency, !isStopping {
            let now = gl_now_us()
            var first: ModelTestLane?
            for lane in lanes where isReady(lane) && lane.nextStart <= now && lane.nextStart < first?.nextStart ?? .max { first = lane }
            guard let first else { break }
            begin(first, engine, now)
        }
        return running == 0 && !lanes.contains { $0.left > 0 }
    }

    private func isReady(_ lane: ModelTestLane) -> Bool { lane.running == nil && lane.left > 0 }

    /// When there is something to do: what has ended needs no wait.
    private func wake(_ now: Int64) -> Int64 {
        var wake = progress == nil ? now &+ 3_600_000_000 : nextTick
        if lanes.contains(where: { $0.running?.outcome != nil }) { return now }
        if running < options.concurrency { wake = min(wake, nextStart) }
        return wake
    }

    private var nextStart: Int64 {
        var next = Int64.max
        for lane in lanes where isReady(lane) { next = min(next, lane.nextStart) }
        return next
    }

    private var whyStopped: Failure? {
        if client.isClosing { return Failure(.closed, "the client was freed while models were tested") }
        if stop == 0 { return nil }
        var failure = Failure(.cancelled, "the progress function stopped the test")
        failure.callbackResult = stop
        return failure
    }

    // MARK: telling

    private var left: Int {
        var left = beyondLimit
        for lane in lanes { left &+= lane.left &+ (lane.running == nil ? 0 : 1) }
        return left
    }

    func document() throws(Failure) -> ByteBuffer {
        let buffer = ByteBuffer()
        var out = MemberWriter(buffer)
        report.write(options, left: left, complete: true, into: &out)
        if out.failed { throw Failure(.memory, "out of memory") }
        return buffer
    }

    /// A result is there.
    func tell(_ model: TestedModel, _ result: ModelTestResult) {
        let json = report.add(model, result)
        tell("finish", model, result, json)
    }

    private func tell(_ event: StaticString, _ model: TestedModel?, _ result: ModelTestResult? = nil, _ json: ByteBuffer? = nil) {
        guard let progress, !isStopping else { return }
        let buffer = ByteBuffer()
        var out = MemberWriter(buffer)
        out.open()
        out.member("event", String(event))
        if let model { out.write(model) }
        if let result, let json {
            out.name("status")
            out.word(result.word)
            out.time("latency_ms", result.latency)
            out.name("reason")
            out.word(result.reason)
            out.name("result")
            out.raw(json.bytes)
            out.name("report")
            report.write(options, left: left, complete: false, into: &out)
            json.keepAlive()
        }
        writeCounts(into: &out)
        out.close()
        nextTick = gl_now_us() &+ ModelTestRun.tick
        if !out.failed, let text = buffer.terminated() { stop = progress(text) }
        buffer.keepAlive()
    }

    private func writeCounts(into out: inout MemberWriter) {
        let done = report.successful &+ report.failed, now = gl_now_us(), next = nextStart
        out.member("done", done)
        out.member("total", done &+ left &- beyondLimit)
        out.member("passed", report.successful)
        out.member("failed", report.failed)
        out.member("skipped", report.skipped)
        out.member("running", running)
        out.time("wait_ms", next == .max ? -1 : max(0, next &- now))
        out.time("elapsed_ms", report.elapsed)
        out.time("eta_ms", remainingTime(now))
    }

    /// The provider that needs longest; -1 as long as nothing is known of how long a model takes.
    private func remainingTime(_ now: Int64) -> Int64 {
        guard let average = report.averageLatency ?? (spacing > 0 ? 0 : nil) else { return -1 }
        var longest: Int64 = 0
        for lane in lanes where lane.left > 0 {
            let wait = max(0, max(lane.nextStart, now) &- now)
            longest = max(longest, wait &+ Int64(lane.left &- 1) &* max(spacing, average) &+ average)
        }
        return longest
    }
}
