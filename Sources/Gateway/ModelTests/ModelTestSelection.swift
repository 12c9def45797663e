internal import Bytes
internal import CShims
internal import JSON
internal import Model
internal import Planning

/// The models of one provider, asked one after the other.
final class ModelTestLane {
    let provider: String
    var tests: [ModelTest] = []
    /// The first that was not asked yet.
    var next = 0
    /// Not before.
    var nextStart: Int64 = 0
    var running: ModelTest?

    init(_ provider: String) { self.provider = provider }

    var left: Int { tests.count &- next }
}

/// A pattern of ids and slugs.
final class ModelPattern {
    let text: String
    let glob: Glob
    /// It fits some model.
    var found = false

    init(_ text: String) {
        self.text = text
        glob = Glob(text)
    }

    func matches(_ id: String) -> Bool {
        var id = id
        let fits = id.withUTF8 { glob.matches(UnsafeRawBufferPointer($0)) }
        found = found || fits
        return fits
    }
}

extension ModelTestRun {
    /// Chooses the models: those that are named, then those of the lists that are wanted; each once, and none that has a result.
    func select() throws(Failure) {
        if let earlier = options.earlier { report.adopt(earlier) }
        var patterns: [ModelPattern] = []
        for text in options.models {
            if text.octets.contains(UInt8(ascii: "*")) { patterns.append(ModelPattern(text)) } else { addNamed(text) }
        }
        if !options.models.isEmpty, patterns.isEmpty { return }
        guard let list = try listing() else { return }
        let root = JSONView(valid: list.bytes, ByteRange(0, list.count))
        dig(root, "data").forEachElement { consider($0, patterns) }
        report.listErrors.removeAll()
        _ = report.listErrors.append(dig(root, "errors").raw)
        list.keepAlive()
        for pattern in patterns where !pattern.found {
            throw Failure(.modelUnresolved, concat("no model of the lists is called ", pattern.text))
        }
        if report.listErrors.count <= 2, !hasModels {
            throw Failure(.noKey, "there is no model to test: set a key such as OPENROUTER_API_KEY, or `providers`; DEV_MODE=true tries it without")
        }
    }

    /// Lists that have to be fetched are waited for as tests are: the progress function hears of each second. nil: it
    /// wants no more.
    private func listing() throws(Failure) -> ByteBuffer? {
        let query = try query()
        defer { query.keepAlive() }
        let call = try ListCall.make(services, models, setup, query.bytes)
        call.wait {
            self.tell("wait", nil)
            self.askInterrupt()
            return self.isStopping ? Failure(.cancelled, "the test was stopped") : nil
        }
        if isStopping { return nil }
        let answer = ByteBuffer()
        try call.result(into: answer)
        return answer
    }

    private func query() throws(Failure) -> ByteBuffer {
        let query = ByteBuffer()
        var out = MemberWriter(query)
        out.open("{\"provider\":[") // an empty list is all of them
        for provider in options.providers {
            out.separate()
            out.string(provider)
        }
        out.close("]}")
        if out.failed { throw Failure(.memory, "out of memory") }
        return query
    }

    private func consider(_ entry: JSONView, _ patterns: [ModelPattern]) {
        guard let id = dig(entry, "id").string else { return }
        hasModels = true
        let test = ModelTest(id, dig(entry, "name").string ?? id, dig(entry, "provider").string ?? "")
        var wanted = patterns.isEmpty
        for pattern in patterns where pattern.matches(id) || pattern.matches(test.slug) { wanted = true }
        if !wanted { return }
        test.reason = whyNoChat(entry, id)
        if test.reason != nil { test.verdict = .skipped }
        add(test)
    }

    /// Gives it a place in the line before its provider, unless its result is known.
    private func add(_ test: ModelTest) {
        let slug = test.slug
        if report.known.first(slug) >= 0 { return }
        report.known.add(slug, 1)
        if test.verdict != .success { return finish(test) }
        if count >= options.limit {
            beyondLimit &+= 1
            return
        }
        count &+= 1
        for lane in lanes where same(lane.provider, test.provider) { return lane.tests.append(test) }
        let lane = ModelTestLane(test.provider)
        if let since = report.sinceLastCall(lane.provider), since < options.pause { lane.nextStart = gl_now_us() &+ options.pause &- since }
        lane.tests.append(test)
        lanes.append(lane)
    }

    /// A name leads where a request for it would go first, or to each provider that was chosen.
    private func addNamed(_ name: String) {
        for provider in options.providers.isEmpty ? [""] : options.providers {
            var test = ModelTest(name, name, provider)
            do throws(Failure) {
                let request = try request(test), found = try Call.accept(services, models, setup, request.bytes, .chat, sink: nil, assemble: false, isTest: true)
                request.keepAlive()
                if let first = found.request.candidates.first, let provider = setup.provider(first.provider) {
                    test = ModelTest(first.model, first.model, provider.id)
                }
            } catch {
                test.fail(error)
            }
            add(test)
        }
    }
}
