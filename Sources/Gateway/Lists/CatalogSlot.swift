internal import Accounting
internal import Bytes
internal import CShims
internal import Model
internal import ModelLists
internal import Transport

/// How much of what is there is read, or written, at once.
enum Pace {
    /// Nothing: whoever asks has no time.
    case asItIs
    /// So much as takes well below a millisecond.
    case step
    case whole
}

/// What a call wants of one list.
struct ListWant {
    let setup: Setup
    let endpoint: Endpoint
    /// Fetched again whatever its age.
    let fresh: Bool
    /// The call asks for other lists as well.
    let hasOthers: Bool
    /// Where it is fetched, and for nobody else; nil: on the I/O thread.
    let engine: Engine?
}

/// The place of one provider's list, and the one fetch of it that is on its way.
final class CatalogSlot {
    let provider: String
    /// The catalog's, under its lock.
    var list: CatalogList?

    /// Held by whoever reads, parses or starts a fetch; never by an engine's thread, nor while something is logged.
    private let work = Lock()
    private var fetch: ListFetch?
    private var disk = Disk.unknown
    /// Odd prices of a file are said once.
    private var fileWasJudged = false
    /// Of the next three. Held for a moment only, so that nobody who asks for them waits for a list to be read.
    private let state = Lock()
    private var failure: Failure?
    /// After a failure a list that still serves is not asked for again at once.
    private var retryAt: Int64 = 0
    private var jitter: UInt8 = 0
    /// A list as it was last shown, and what it was made from.
    private var shown: (from: CatalogList, prices: UInt64, list: CatalogList)?

    private static let pause: Int64 = 30_000_000
    /// Bytes that a step passes.
    static let step = 64 << 10
    private enum Disk { case unknown, reading(ListDiskReader), read }
    /// Pages that came further apart than this are fetched anew.
    private static let patience: Int64 = 10_000_000

    init(_ provider: String) { self.provider = provider }

    /// Why the last fetch failed; nil when it did not.
    var lastFailure: Failure? { state.with { failure } }

    func isStale(_ list: CatalogList, _ setup: Setup) -> Bool {
        state.with { failure != nil || setup.ages.state(list.age(gl_now_us()), jitter: jitter) != .fresh }
    }

    /// The list as it was priced before, if that still holds.
    func shown(_ list: CatalogList, _ stamp: UInt64) -> CatalogList? {
        guard let known = state.with({ shown }), known.from === list, known.prices == stamp else { return nil }
        return known.list
    }

    func keep(shown made: CatalogList, of list: CatalogList, _ stamp: UInt64) { state.with { shown = (list, stamp, made) } }

    /// What a call has to wait for; nil when what is there will do.
    func request(_ want: ListWant, _ services: Services, _ models: ModelCatalog) throws(Failure) -> ListFetch? {
        var odd: UnredactedText?
        defer { if let odd { services.log.say(LogLevel.warning, odd) } }
        return try work.with { () throws(Failure) -> ListFetch? in
            let list = models.list(self), now = gl_now_us(), (retryAt, jitter) = state.with { (self.retryAt, self.jitter) }
            let age = list.map { want.setup.ages.state($0.age(now), jitter: jitter) } ?? .expired
            if age == .fresh, !want.fresh { return nil }
            // There is a list, or there are others: they do not wait for one that has just failed.
            if now < retryAt, !want.fresh, list != nil || want.hasOthers { return nil }
            if let file = want.endpoint.provider.list.file {
                readFile(file, want, models, &odd)
                return nil
            }
            let waits = age == .expired || want.fresh || want.engine != nil // whose thread nobody but its caller has
            if let fetch, fetch.serves(want.fresh ? 0 : CatalogSlot.patience, now) { return waits ? fetch : nil } // one for all
            let engine = if let driven = want.engine { driven } else { try services.engines.shared() }
            let made = ListFetch(services, want.setup, want.endpoint, on: engine, known: models.beside(want.endpoint.provider, want.setup))
            if want.engine == nil { fetch = made }
            made.submit()
            return waits ? made : nil
        }
    }

    enum Settling { case done, waits, more }

    /// Reads on in what has come of a fetch: one step, so that the lock is nobody's for long. `more`: it is to be called again. `store`:
    /// takes a list that is to be kept on disk.
    func settle(_ fetch: ListFetch, _ services: Services, _ models: ModelCatalog, store: (CatalogList, ListFetch) -> Void) -> Settling {
        var notes: [UnredactedText] = [], written: CatalogList?, isGood = false
        let settling = work.with { () -> Settling in
            if fetch.isDone { return .done }
            do throws(Failure) {
                guard let page = try fetch.page() else { return .waits }
                let reading = try fetch.read(page, CatalogSlot.step)
                if reading != .whole { return reading == .more ? .more : .waits }
                let list = try finish(fetch, models, &notes)
                written = list
                // One that was begun later may have been faster.
                if let other = models.list(self), other.origin == .api, other.time > list.time { written = nil }
                if written != nil { models.keep(list, in: self) }
                isGood = true
                state.with { (failure, retryAt, jitter) = (nil, 0, UInt8(truncatingIfNeeded: services.ids.random())) }
            } catch {
                state.with { (failure, retryAt) = (error, gl_now_us() &+ CatalogSlot.pause) }
                notes.append(UnredactedText(String(error.status.name) + ": ") + error.message)
            }
            fetch.isDone = true
            services.ledger.noteFetch(provider, isGood)
            if self.fetch === fetch { self.fetch = nil }
            return .done
        }
        if isGood, let count = written?.entries.count { services.log.say(LogLevel.info, concat("model list of ", provider, ": ", concat(String(decimal: count), " models"))) }
        for note in notes { services.log.say(LogLevel.warning, UnredactedText(concat("model list of ", provider, ": ")) + note) }
        if let written { store(written, fetch) }
        return settling
    }

    /// The client is closed: a fetch holds it, and it holds the fetch.
    func abandon() { work.with { fetch = nil } }

    /// Reads what has come of the fetch that nobody waits for. One whose next page nobody asked for in time is given up. False: there is
    /// something that was not read.
    func settleStray(_ pace: Pace, _ services: Services, _ models: ModelCatalog, store: (CatalogList, ListFetch) -> Void) -> Bool {
        let stray = work.with { () -> ListFetch? in
            if let fetch, fetch.hasPages, !fetch.serves(CatalogSlot.patience, gl_now_us()) { self.fetch = nil }
            return fetch
        }
        guard let stray else { return true }
        if pace == .asItIs { return !stray.isIn }
        while settle(stray, services, models, store: store) == .more { if pace == .step { return false } }
        return true
    }

    /// A new configuration may have another key.
    func forgive() { state.with { (failure, retryAt) = (nil, 0) } }

    private func finish(_ fetch: ListFetch, _ models: ModelCatalog, _ notes: inout [UnredactedText]) throws(Failure) -> CatalogList {
        let (builder, count) = try fetch.finish()
        if let problem = fetch.pricesProblem { notes.append(problem) }
        if count.skipped > 0 { notes.append(UnredactedText(String(decimal: count.skipped) + " entries were not readable")) }
        if count.models == 0, hasModels(models) { throw Failure(.badResponse, "the list has no models any more, so the last one is kept") }
        if count.models == 0, count.skipped > 0 { throw Failure(.badResponse, "none of the list's entries could be read") }
        let time = fetch.time, age = max(0, gl_now_us() &- time) / 1_000_000
        guard let list = CatalogList.made(builder, provider, .api, fetchedAt: gl_unix_seconds() &- age, time: time) else {
            throw Failure(.memory, "no memory for a model list")
        }
        return list
    }

    /// A file of the user's in the place of a list.
    private func readFile(_ path: String, _ want: ListWant, _ models: ModelCatalog, _ odd: inout UnredactedText?) {
        do throws(Failure) {
            let provider = want.endpoint.provider
            let list = try ListFile.read(path, provider, want.setup.configuration.caps, fill: models.beside(provider, want.setup))
            if !fileWasJudged { odd = ListFile.oddPrice(of: list).map { UnredactedText(concat(path, ", ") + $0) } }
            fileWasJudged = true
            models.keep(list, in: self)
            state.with { failure = nil }
        } catch {
            state.with { failure = error }
        }
    }

    private func hasModels(_ models: ModelCatalog) -> Bool {
        guard let list = models.list(self) else { return false }
        return list.isWhole && !list.entries.isEmpty
    }

    /// The last good copy of an earlier process, before the first fetch. False: there is something that was not read.
    func readDisk(_ setup: Setup, _ endpoint: Endpoint, _ pace: Pace, _ services: Services, _ models: ModelCatalog) -> Bool {
        while true {
            var problem: DiskProblem?
            let isRead = work.with { () -> Bool in
                do throws(DiskProblem) { return try readDiskOn(setup, endpoint, pace, services, models) } catch {
                    (problem, disk) = (error, .read)
                    return true
                }
            }
            if let problem { services.log.say(LogLevel.warning, concat("model list of ", provider, " on disk: ", problem.note)) }
            if isRead { return true }
            if pace != .whole { return false }
        }
    }

    private func readDiskOn(_ setup: Setup, _ endpoint: Endpoint, _ pace: Pace, _ services: Services, _ models: ModelCatalog) throws(DiskProblem) -> Bool {
        if case .unknown = disk {
            disk = .read
            if models.list(self) != nil { return true }
            if let reader = try ListDiskReader(setup, endpoint.provider) { disk = .reading(reader) }
        }
        guard case .reading(let reader) = disk else { return true }
        if pace == .asItIs { return false }
        guard let list = try reader.step(CatalogSlot.step) else { return false }
        disk = .read
        if models.list(self) != nil { return true }
        models.keep(list, in: self)
        state.with { jitter = UInt8(truncatingIfNeeded: services.ids.random()) }
        return true
    }
}
