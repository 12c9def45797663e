internal import Bytes
internal import CShims
internal import JSON
package import Model
internal import Planning
internal import Settings
internal import Transport

/// When a hook is told.
package enum HookMoment: UInt32, Sendable {
    case request = 1, attempt = 2, attemptEnd = 4, requestEnd = 8

    var name: StaticString {
        switch self {
        case .request: "request"
        case .attempt: "attempt"
        case .attemptEnd: "attempt_end"
        case .requestEnd: "request_end"
        }
    }
}

/// The caller's event function, with what it wants to hear of.
package struct Hook {
    package var moments: UInt32 = 15
    /// Requests and answers stand in the events.
    package var content = false
    /// What it returns counts at the moment `request` only.
    package var function: (UnsafePointer<CChar>) -> Int32
    package init(_ function: @escaping (UnsafePointer<CChar>) -> Int32) { self.function = function }
}

/// The hook of one client. Without one, asking costs one atomic load.
package final class Hooks: @unchecked Sendable {
    private let lock = Lock()
    private var hook: Hook?
    private let mask = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private static let content: UInt32 = 1 << 8

    init() { mask.initialize(to: 0) }
    deinit { mask.deallocate() }

    package func set(_ new: Hook?) {
        var former = new // let go of without the lock: what it holds may be the caller's to destroy
        lock.with {
            swap(&hook, &former)
            gl_store(mask, new.map { $0.moments | ($0.content ? Hooks.content : 0) } ?? 0)
        }
    }

    func listens(_ moment: HookMoment) -> Bool { gl_load(mask) & moment.rawValue != 0 }
    var wantsContent: Bool { gl_load(mask) & Hooks.content != 0 }

    /// The hook that an event is for: what it asked for decides what is in it, also when another takes its place meanwhile.
    func listener(_ moment: HookMoment) -> Hook? {
        guard listens(moment), let hook = lock.with({ hook }), hook.moments & moment.rawValue != 0 else { return nil }
        return hook
    }
}

extension Hook {
    /// nil: out of memory.
    fileprivate func call(_ event: ByteBuffer, _ redaction: Redaction) -> Int32? {
        defer { event.keepAlive() }
        guard redaction.clean(event) else { return nil }
        return event.terminated().map { function($0) }
    }
}

/// {"events": ["request", "attempt", "attempt_end", "request_end"], "content": true}
package func readHookOptions(_ bytes: UnsafeRawBufferPointer, into hook: inout Hook) throws(Failure) {
    guard let root = JSONView(document: bytes) else { throw Failure(.json, "the options are not JSON") }
    let members = try ConfigValue(request: root, path: "options").object()
    try members.flag("content", &hook.content)
    if let events = members.take("events") {
        hook.moments = 0
        for event in try events.elements() { hook.moments |= 1 << UInt32(try event.word(of: "request, attempt, attempt_end, request_end")) }
    }
    try members.end()
}

extension Client {
    package func setHook(_ hook: Hook?) { hooks.set(hook) }

    var wantsContent: Bool { hooks.wantsContent }

    /// Asks the hook before anything is spent. It refuses by returning something other than 0.
    func askHook(_ call: Call) throws(Failure) {
        guard let hook = hooks.listener(.request) else { return }
        let event = opening(.request, call)
        let model = call.request.candidates.first
        var ok = event.append(",\"provider\":") && Report.text(model.flatMap { call.setup.provider($0.provider)?.id } ?? "", event)
            && event.append(",\"model\":") && Report.text(call.request.redaction.line(model?.model ?? ""), event)
        if ok, hook.content { ok = event.append(",\"request\":") && event.append(call.request.content) }
        guard ok, event.append("}"), let answer = hook.call(event, call.request.redaction) else { throw Failure(.memory, "out of memory") }
        if answer == 0 { return }
        var failure = Failure(.refused, "the event hook refused the request")
        failure.callbackResult = answer
        failure.requestID = UnredactedText(String(utf8: call.trace.requestID))
        throw failure
    }

    /// Tells the hook of an attempt.
    func tell(_ moment: HookMoment, _ call: Call, _ attempt: Int) {
        guard !call.request.options.dryRun, let hook = hooks.listener(moment) else { return }
        let event = opening(moment, call)
        var ok = true
        if attempt < call.trace.attempts.count {
            let told = call.trace.attempts[attempt]
            ok = event.append(",\"attempt\":") && Report.number(Int64(attempt), event) && event.append(",\"provider\":")
                && (moment == .attemptEnd ? Report.one(told, event) && Report.money(told.account, event) : Report.start(told, event))
            if moment == .attemptEnd, let failure = call.failure(of: attempt) {
                ok = ok && event.append(",\"error\":") && Report.error(call.request.redaction.failure(failure), brief: !hook.content, into: event)
            }
        }
        if ok, event.append("}") { _ = hook.call(event, call.request.redaction) }
    }

    /// Tells the hook of the end. `document`: END's, without what the provider wrote unless the hook asked for content.
    func tellEnd(_ call: Call, _ answer: ByteBuffer?, document: (_ brief: Bool) -> ByteBuffer) {
        guard !call.request.options.dryRun, let hook = hooks.listener(.requestEnd) else { return }
        let event = opening(.requestEnd, call), end = document(!hook.content)
        defer { end.keepAlive() }
        var ok = end.count < 3 || event.append(",") && event.append(end.bytes[ByteRange(1, end.count - 1)])
        if let answer, hook.content { ok = ok && event.append(",\"answer\":") && event.append(answer.bytes) }
        if ok, event.append("}") { _ = hook.call(event, call.request.redaction) }
    }

    private func opening(_ moment: HookMoment, _ call: Call) -> ByteBuffer {
        let event = ByteBuffer()
        _ = event.append("{\"event\":\"") && event.append(moment.name) && event.append("\",\"request_id\":\"")
            && Report.append(call.trace.requestID, event) && event.append("\",\"operation\":\"")
            && event.append(call.operation.name) && event.append("\",\"tag\":")
            && (call.request.options.tag.map { Report.text($0, event) } ?? event.append("null"))
        return event
    }
}
