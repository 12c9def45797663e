internal import CShims
internal import Model
internal import Providers
internal import Transport
internal import Wire

/// The model lists that were fetched.
final class ModelMemory: @unchecked Sendable {
    /// The models of one provider, by the hash of their id.
    private final class List {
        let provider: String
        let models: [Entry]
        init(_ provider: String, _ models: [Entry]) {
            self.provider = provider
            self.models = models
        }
    }

    private struct Entry {
        var hash: UInt64
        var id: String
        var facts: ModelFacts
    }

    private let lock = Lock()
    private var lists: [List] = []
    /// How many there are: most clients never fetch one, and ask no lock.
    private let listed = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

    private let changes = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

    init() {
        listed.initialize(to: 0)
        changes.initialize(to: 0)
    }

    deinit {
        listed.deallocate()
        changes.deallocate()
    }

    /// Another one after each change: what was derived from the lists before is out of date.
    var generation: UInt32 { gl_load(changes) }

    /// Reads the entries of a fetched list (our own form). Not on an engine's thread.
    func learn(_ provider: Provider, _ entries: UnsafeRawBufferPointer) {
        var models: [Entry] = []
        JSONView(valid: entries, ByteRange(0, entries.count)).forEachElement { entry in
            guard let id = entry["id"]?.string else { return }
            models.append(Entry(hash: ModelMemory.hash(id), id: id, facts: readFacts(entry)))
        }
        models.sort { $0.hash < $1.hash }
        let list = List(provider.id, models)
        lock.with {
            lists.removeAll { same($0.provider, provider.id) }
            lists.append(list)
            gl_store(listed, UInt32(truncatingIfNeeded: lists.count))
            _ = gl_add(changes, 1)
        }
    }

    /// Lists of providers that are gone, or that live somewhere else.
    func forgetMoved(_ setup: Setup, from old: Setup) {
        lock.with {
            lists.removeAll { setup.hasMoved($0.provider, from: old) }
            gl_store(listed, UInt32(truncatingIfNeeded: lists.count))
            _ = gl_add(changes, 1)
        }
    }

    func facts(_ provider: String, _ model: String) -> ModelFacts? {
        list(provider).flatMap { ModelMemory.find($0.models, ModelMemory.hash(model), model) }
    }

    func lists(_ provider: String) -> Bool { list(provider) != nil }

    /// Ids of the providers whose list has this model.
    func providers(listing model: String) -> [String] {
        var found: [String] = []
        if gl_load(listed) == 0 { return found }
        let hash = ModelMemory.hash(model)
        for list in lock.with({ lists }) where ModelMemory.find(list.models, hash, model) != nil { found.append(list.provider) }
        return found
    }

    func catalog(_ provider: String) -> [KnownModel] {
        list(provider).map { $0.models.map { KnownModel(id: $0.id, facts: $0.facts) } } ?? []
    }

    private func list(_ provider: String) -> List? {
        gl_load(listed) == 0 ? nil : lock.with { lists.first { same($0.provider, provider) } }
    }

    private static func find(_ models: [Entry], _ hash: UInt64, _ id: String) -> ModelFacts? {
        var low = 0, high = models.count
        while low < high {
            let middle = (low + high) / 2
            if models[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        while low < models.count, models[low].hash == hash {
            if same(models[low].id, id) { return models[low].facts }
            low += 1
        }
        return nil
    }

    static func hash(_ text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325 // FNV-1a
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            return hash
        }
    }
}
