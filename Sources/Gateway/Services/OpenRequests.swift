internal import Bytes
internal import Model
internal import Transport

/// A request that runs without a thread that waits for it.
protocol OpenRequest: AnyObject {
    /// Its index among the open ones of its client, under their lock; -1 elsewhere.
    var openIndex: Int { get set }
    func isCalled(_ id: String) -> Bool
    /// Asks for its end, from any thread. `engine`: the one that it was handed to.
    func stop(on engine: Engine?)
}

/// The open requests of one client.
final class OpenRequests {
    private let lock = Lock()
    private var isClosed = false
    private var entries: [(request: any OpenRequest, engine: Engine?)] = []

    var isEmpty: Bool { lock.with { entries.isEmpty } }

    func add(_ request: any OpenRequest, on engine: Engine? = nil) throws(Failure) {
        try lock.with { () throws(Failure) in
            if isClosed { throw .clientFreed }
            request.openIndex = entries.count
            entries.append((request, engine))
        }
    }

    /// False: it was not there any more.
    @discardableResult
    func remove(_ request: any OpenRequest) -> Bool {
        lock.with {
            let at = request.openIndex
            guard at >= 0, at < entries.count else { return false }
            request.openIndex = -1
            if let last = entries.popLast(), last.request !== request {
                entries[at] = last
                last.request.openIndex = at
            }
            return true
        }
    }

    /// Ends all of this id.
    func cancel(_ id: String) {
        for entry in lock.with({ entries.filter { $0.request.isCalled(id) } }) { entry.request.stop(on: entry.engine) }
    }

    /// Ends all, and takes no more.
    func close() {
        let all = lock.with {
            isClosed = true
            return entries
        }
        for entry in all { entry.request.stop(on: entry.engine) }
    }
}
