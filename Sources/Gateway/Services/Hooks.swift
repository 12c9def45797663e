internal import Bytes
internal import JSON
package import Model
internal import Settings

/// When a hook is told.
package enum HookMoment: String, CaseIterable, Sendable {
    case request, attempt, attemptEnd = "attempt_end", requestEnd = "request_end", limit

    var bit: UInt32 {
        switch self {
        case .request: 1
        case .attempt: 2
        case .attemptEnd: 4
        case .requestEnd: 8
        case .limit: 16
        }
    }
}

/// The caller's event function, with what it wants to hear of.
package struct Hook {
    package var moments: UInt32 = 31
    /// Requests and answers stand in the events.
    package var content = false
    /// What it returns counts at the moment `request` only.
    package var function: (UnsafePointer<CChar>) -> Int32
    package init(_ function: @escaping (UnsafePointer<CChar>) -> Int32) { self.function = function }
}

/// The hook of one client. Without one, asking costs one atomic load.
final class Hooks {
    private let lock = Lock()
    private var hook: Hook?
    /// Its moments, and whether it wants content.
    private let mask = AtomicWord()
    private static let content: UInt32 = 1 << 8

    func set(_ new: Hook?) {
        var former = new // let go of without the lock: what it holds may be the caller's to destroy
        lock.with {
            swap(&hook, &former)
            mask.value = new.map { $0.moments | ($0.content ? Hooks.content : 0) } ?? 0
        }
    }

    func listens(_ moment: HookMoment) -> Bool { mask.value & moment.bit != 0 }
    var wantsContent: Bool { mask.value & Hooks.content != 0 }

    /// The hook that an event is for: what it asked for decides what is in it, also when another takes its place meanwhile.
    func listener(_ moment: HookMoment) -> Hook? {
        guard listens(moment), let hook = lock.with({ hook }), hook.moments & moment.bit != 0 else { return nil }
        return hook
    }
}

extension Hook {
    /// nil: out of memory.
    func call(_ event: ByteBuffer, _ redaction: Redaction) -> Int32? {
        defer { event.keepAlive() }
        guard redaction.clean(event) else { return nil }
        return event.terminated().map { function($0) }
    }
}

/// {"events": ["request", "attempt", "attempt_end", "request_end", "limit"], "content": true}
package func readHookOptions(_ bytes: UnsafeRawBufferPointer, into hook: inout Hook) throws(Failure) {
    guard let root = JSONView(document: bytes) else { throw Failure(.json, "the options are not JSON") }
    let members = try ConfigValue(request: root, path: "options").object()
    try members.flag("content", &hook.content)
    if let events = members.take("events") {
        hook.moments = 0
        for event in try events.elements() { hook.moments |= (try event.word(as: HookMoment.self)).bit }
    }
    try members.end()
}
