internal import Bytes
internal import Transport

/// Requests under way whose answers others wait for (`cache.single_flight`). Safe from any thread.
final class CacheFlights {
    private struct Flight {
        let key: ResponseCache.Key
        var followers: [LimitWaiter] = []
    }

    private let lock = Lock()
    private var flights: [Flight] = []

    /// True: nobody else is under way with it, and the caller is now, until `land`. False: he is told when that has landed.
    func lead(_ key: ResponseCache.Key, orFollowAs waiter: LimitWaiter) -> Bool {
        lock.with {
            guard let index = flights.firstIndex(where: { $0.key == key }) else {
                flights.append(Flight(key: key))
                return true
            }
            flights[index].followers.append(waiter)
            return false
        }
    }

    /// Its answer is kept, or there is none that is.
    func land(_ key: ResponseCache.Key) {
        let followers = lock.with {
            let index = flights.firstIndex { $0.key == key }
            return index.map { flights.remove(at: $0).followers } ?? []
        }
        for follower in followers { follower.engine.nudge(follower.job) }
    }

    /// Who followed waits no more.
    func leave(_ key: ResponseCache.Key, _ job: any EngineJob) {
        lock.with {
            guard let index = flights.firstIndex(where: { $0.key == key }) else { return }
            flights[index].followers.removeAll { $0.job === job }
        }
    }
}
