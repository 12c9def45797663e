internal import CShims
internal import Model
internal import Providers
internal import Routing
internal import Wire

/// The models of one provider, asked one after the other.
final class ModelTestLane {
    let provider: String
    var models: [TestedModel] = []
    /// The first that was not asked yet.
    var next = 0
    /// Not before.
    var nextStart = Int64.min
    var running: RunningModelTest?

    init(_ provider: String) { self.provider = provider }

    var left: Int { models.count &- next }
}

extension ModelTestRun {
    /// Chooses the models: those of the lists that are wanted and have no result yet, then those that no list has.
    func select() throws(Failure) {
        if let earlier = options.earlier { report.adopt(earlier) }
        var globs: [Glob] = [], missing: [Bool] = []
        for text in options.models {
            globs.append(Glob(text))
            missing.append(true)
        }
        if let list = try listing() {
            let bytes = list.bytes, root = JSONView(valid: bytes, ByteRange(0, bytes.count))
            root["data"]?.forEachElement { consider($0, globs, &missing) }
            if let errors = root["errors"] { _ = report.listErrors.append(errors.raw) }
            list.keepAlive()
        }
        for (index, text) in options.models.enumerated() where missing[index] { try addUnlisted(text) }
    }

    /// The model lists. Models that are named in full do without.
    private func listing() throws(Failure) -> ByteBuffer? {
        let isOpen = options.models.isEmpty || options.models.contains { isPattern($0) }
        if options.providers.isEmpty, !setup.configuration.devMode, !setup.routes.contains(where: { $0.provider.isConfigured }) {
            throw Failure(.noKey, "no provider is configured: set a key such as OPENROUTER_API_KEY, or `providers`; DEV_MODE=true tries it without")
        }
        let query = ByteBuffer()
        defer { query.keepAlive() }
        var out = MemberWriter(query)
        out.open()
        if !options.providers.isEmpty { out.write("provider", options.providers) }
        out.close()
        do throws(Failure) {
            return try client.listModels(query.bytes)
        } catch {
            if isOpen || error.status == .closed { throw error }
            return nil
        }
    }

    private func isPattern(_ text: String) -> Bool { text.octets.contains(UInt8(ascii: "*")) }

    private func consider(_ entry: JSONView, _ globs: [Glob], _ missing: inout [Bool]) {
        guard let id = entry["id"]?.string, let provider = entry["provider"]?.string else { return }
        let model = TestedModel(id: id, name: entry["name"]?.string ?? id, provider: provider)
        var wanted = globs.isEmpty
        for index in globs.indices where matches(globs[index], id) || matches(globs[index], model.slug) {
            missing[index] = false
            wanted = true
        }
        if !wanted || isKnown(model) { return }
        if let reason = whyNoChat(entry, id) {
            tell(model, ModelTestResult(verdict: .skipped, reason: reason))
        } else {
            add(model)
        }
    }

    private func matches(_ glob: Glob, _ text: String) -> Bool {
        var text = text
        return text.withUTF8 { glob.matches(UnsafeRawBufferPointer($0)) }
    }

    /// It has a result, or its turn will come.
    private func isKnown(_ model: TestedModel) -> Bool { report.finished.first(model.slug) >= 0 || chosen.first(model.slug) >= 0 }

    private func add(_ model: TestedModel) {
        chosen.add(model.slug, 1)
        if count >= options.limit {
            beyondLimit &+= 1
            return
        }
        count &+= 1
        lane(model.provider).models.append(model)
    }

    private func lane(_ provider: String) -> ModelTestLane {
        if let known = lanes.first(where: { same($0.provider, provider) }) { return known }
        let made = ModelTestLane(provider)
        lanes.append(made)
        return made
    }

    /// Goes where a request for it would go first.
    private func addUnlisted(_ name: String) throws(Failure) {
        if isPattern(name) { throw Failure(.modelUnresolved, concat("no model of the lists is called ", name)) }
        do throws(Failure) {
            let body = try request(name), accepted = try Accepted.read(client, setup, body.bytes, .chat, own: choice(options.providers.first))
            body.keepAlive()
            guard let first = accepted.candidates.first, let provider = setup.provider(first.provider) else { return }
            let model = TestedModel(id: first.model, name: first.model, provider: provider.id)
            if !isKnown(model) { add(model) }
        } catch {
            tell(TestedModel(id: name, name: name, provider: ""), failed(error))
        }
    }
}
