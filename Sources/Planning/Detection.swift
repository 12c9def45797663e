internal import Bytes
package import Model

/// Where a model id leads.
struct Found {
    var provider: Int
    /// The id that the provider knows the model by.
    var model: String
    var why: PlanReason
    /// What the request called it, where `model_ids` of this provider have another name for it: others know nothing of that.
    var general: String?
}

/// The provider of a model id, in the order of docs/routing.md, "The provider of a model id": (a) the one asked for, (b) aliases, (c) the first segment,
/// (d) the form of the id, (e) catalogs, (f) the default.
extension Planner {
    /// The provider of the requested model.
    func primary(_ run: PlanRun) throws(Failure) -> Found {
        let request = run.request
        let model = request.model ?? request.models.first ?? request.ownModels.first
        if let model, model.isEmpty { throw Failure(.modelUnresolved, "the model id is empty") }
        if configuration.devMode { return try developed(model) }
        if let name = request.pinned { return try asked(name, model) }
        guard let id = model ?? configuration.defaultModel else { return try withoutModel(run) }
        let plain = unaliased(id)
        if let found = find(plain, run.world) { return try checked(found, plain) }
        // A request that names providers itself needs no default.
        if let index = run.words?.named.first(where: { tables.isUsable($0) }) { return try checked(send(plain, to: index, .chosen), plain) }
        var known: [String] = []
        for index in tables.line { known += models(of: index, run.world) }
        throw configuration.unresolved(plain, known)
    }

    /// A default, which brings its provider with it whatever other keys there are; the first of the fallbacks; where it is allowed,
    /// whatever has the longest context.
    private func withoutModel(_ run: PlanRun) throws(Failure) -> Found {
        let line = (standard.map { [$0] } ?? []) + tables.line
        for (position, index) in line.enumerated() {
            let provider = configuration.providers[index]
            guard let id = position == 0 && index == standard ? provider.usualModel : provider.routing.defaultModel else { continue }
            return try checked(send(unaliased(id), to: index, index == standard ? .standard : .ownDefault), id)
        }
        for index in line {
            guard let id = configuration.providers[index].routing.fallbackModels.first else { continue }
            return try checked(send(unaliased(id), to: index, .ownFallback), id)
        }
        if let id = configuration.fallbackModels.first.map(unaliased), let found = find(id, run.world) { return try checked(found, id) }
        if let policy = configuration.allModels, let found = longest(policy, run) { return found }
        throw standard == nil ? configuration.unresolved(nil, []) : configuration.noModel()
    }

    /// Says why a provider that an id leads to cannot take it.
    private func checked(_ found: Found, _ id: String) throws(Failure) -> Found {
        let provider = configuration.providers[found.provider]
        guard tables.isUsable(found.provider) else { throw missingKey(provider) }
        if found.model.isEmpty { throw configuration.endsEarly(id) }
        return found
    }

    func developed(_ model: String?) throws(Failure) -> Found {
        guard let index = development else { throw Failure(.modelUnresolved, "there is no development provider") }
        let id = model ?? configuration.defaultModel ?? configuration.providers[index].routing.defaultModel ?? configuration.providers[index].id
        return send(id, to: index, .development) // its list calls its models `dev/...`
    }

    private func asked(_ name: String, _ model: String?) throws(Failure) -> Found {
        let index = tables.names.value(tables.names.first(name))
        guard index >= 0 else { throw configuration.noProvider(name) }
        let provider = configuration.providers[index]
        // A request must not reach servers that only the configuration may open up.
        if provider.access.onlyWhenNamed && !provider.access.named {
            throw Failure(.modelUnresolved, concat("provider \"", provider.id, "\" must be named in the configuration"))
        }
        guard let id = model ?? provider.usualModel ?? configuration.defaultModel ?? provider.routing.fallbackModels.first else { throw configuration.noModel() }
        let plain = unaliased(id)
        return try checked(send(plain, to: index, .asked), plain)
    }

    /// (c) to (f) for an id that is no alias. What comes back may lack its key when it is the default provider's.
    func find(_ id: String, _ world: any PlanWorld) -> Found? {
        let shape = tables.shape(id)
        if shape.named >= 0, tables.isUsable(shape.named), !isLocked(id, shape) {
            let found = send(id, shape, to: shape.named, .prefix)
            return shape.organization >= 0 && tables.organizes(shape.named, shape.organization) ? instead(of: found, id, isWhole: true, world) ?? found : found
        }
        if let found = detect(id, shape, world) { return found }
        if let index = cataloged(id, world) { return send(id, shape, to: index, .catalog) }
        return standard.map { send(id, shape, to: $0, .standard) }
    }

    /// An organisation's name in front is also how routers write ids. Some of those are theirs alone (`openai/x:free`).
    private func isLocked(_ id: String, _ shape: DetectionTables.Shape) -> Bool {
        if tables.locks.isEmpty || shape.organization < 0 || !tables.organizes(shape.named, shape.organization) { return false }
        return tables.locks.claimant(id, exempt: shape.named) >= 0
    }

    /// (d): what rows say about the form of ids.
    private func detect(_ id: String, _ shape: DetectionTables.Shape, _ world: any PlanWorld) -> Found? {
        let form = tables.forms.claimant(id)
        if form >= 0 { return send(id, shape, to: form, .form) }
        if shape.slash < 0 {
            let beginning = tables.beginnings.claimant(id)
            if beginning < 0 { return nil }
            let found = send(id, shape, to: beginning, .beginning)
            return instead(of: found, id, isWhole: false, world) ?? found
        }
        var router = -1, entry = shape.organization
        while entry >= 0 {
            let value = tables.organizations.value(entry)
            if !configuration.providers[value >> 1].routing.passThrough {
                if value & 1 == 0 {
                    let found = send(id.dropping(shape.slash &+ 1), to: value >> 1, .maker)
                    return instead(of: found, id, isWhole: true, world) ?? found
                }
                if router < 0 { router = value >> 1 }
            }
            entry = tables.organizations.next(entry)
        }
        for index in tables.routers where !configuration.providers[index].routing.passThrough {
            if router < 0 || tables.preference[index] < tables.preference[router] { router = index }
        }
        return router < 0 ? nil : send(id, shape, to: router, .router)
    }

    /// (e): the provider that lists this id; the preferred one of several.
    private func cataloged(_ id: String, _ world: any PlanWorld) -> Int? {
        var best: Int?, entry = tables.known.first(id)
        while entry >= 0 {
            best = better(best, tables.models[tables.known.value(entry)].provider)
            entry = tables.known.next(entry)
        }
        for index in world.providers(listing: id) { best = better(best, index) }
        return best
    }

    private func better(_ best: Int?, _ index: Int) -> Int? {
        guard tables.isUsable(index), !configuration.providers[index].routing.passThrough else { return best }
        guard let best, tables.preference[best] <= tables.preference[index] else { return index }
        return best
    }

    /// The id as this provider knows it: without its own name in front, unless that belongs to the id, and mapped.
    func send(_ id: String, to index: Int, _ why: PlanReason) -> Found { send(id, tables.shape(id), to: index, why) }

    private func send(_ id: String, _ shape: DetectionTables.Shape, to index: Int, _ why: PlanReason) -> Found {
        var model = id
        if shape.named == index, !configuration.providers[index].keepsPrefix(of: id) { model = id.dropping(shape.slash &+ 1) }
        if !tables.mapped.isEmpty, let own = mapping(of: model, at: index) { return Found(provider: index, model: own, why: why, general: model) }
        return Found(provider: index, model: model, why: why)
    }

    func mapping(of id: String, at index: Int) -> String? {
        tables.row(of: index, in: tables.mapped, tables.mapped.first(id)).map { configuration.providers[index].routing.modelIDs[$0].model }
    }

    /// Loading made sure that chains of aliases end.
    func unaliased(_ id: String) -> String {
        if tables.aliases.isEmpty { return id }
        var id = id
        for _ in configuration.aliases {
            let entry = tables.aliases.first(id)
            if entry < 0 { break }
            id = configuration.aliases[tables.aliases.value(entry)].model
        }
        return id
    }
}

extension DetectionTables {
    struct Shape {
        /// Where the first slash is, or -1.
        var slash = -1
        /// The provider that is called like the segment before it, or -1.
        var named = -1
        /// The entry of that segment in `organizations`, or -1.
        var organization = -1
    }

    func shape(_ id: String) -> Shape {
        id.bytes { raw in
            guard let slash = raw.find("/") else { return Shape() }
            let segment = raw[ByteRange(0, slash)]
            return Shape(slash: slash, named: names.value(names.first(segment)), organization: organizations.first(segment))
        }
    }

    /// The provider makes the models of the organisation at this entry.
    func organizes(_ provider: Int, _ entry: Int) -> Bool {
        var entry = entry
        while entry >= 0 {
            if organizations.value(entry) == provider &* 2 { return true }
            entry = organizations.next(entry)
        }
        return false
    }
}

extension Provider {
    /// Of requests that name none.
    var usualModel: String? { routing.defaultModel ?? access.deployment }

    /// In the row `*` at the end is a word without a slash.
    package func keepsPrefix(of model: String) -> Bool {
        if routing.keepPrefix.isEmpty { return false }
        return model.bytes { raw in
            let plain = raw[ByteRange(0, raw.find(":") ?? raw.count)]
            return routing.keepPrefix.contains { pattern in
                pattern.bytes { pattern in
                    guard pattern.count > 0, pattern.byte(at: pattern.count &- 1) == UInt8(ascii: "*") else { return plain.equals(pattern) }
                    let front = pattern[ByteRange(0, pattern.count &- 1)]
                    return plain.count > front.count && plain[ByteRange(0, front.count)].equals(front)
                        && plain[ByteRange(front.count, plain.count)].find("/") == nil
                }
            }
        }
    }

    /// A model of it as messages call it: a name that has the provider's in front already is not given it twice.
    package func title(of model: String) -> String { keepsPrefix(of: model) ? model : concat(id, "/", model) }
}
