internal import Bytes
internal import HTTPText

/// Where an operation is, ready for curl; `{model}` in it is filled in with each request.
struct EndpointAddress {
    private let before: [CChar]
    /// What follows the model; nil: the address names none.
    private let after: [CChar]?
    /// Behind `models/` an id stands without what says so once more, or whose it is.
    private let isInModels: Bool

    init(_ template: String) {
        let octets = template.octets, mark: StaticString = "{model}"
        guard let at = octets.withUnsafeBytes({ $0.find(mark) }) else {
            before = Endpoint.terminated(template)
            after = nil
            isInModels = false
            return
        }
        isInModels = octets[..<at].suffix(8).elementsEqual("/models/".octets)
        before = octets[..<at].map { CChar(bitPattern: $0) }
        after = Endpoint.terminated(String(utf8: Array(octets[(at + mark.utf8CodeUnitCount)...])))
    }

    /// `.` and `..` would lead elsewhere: `PlannedRequest.write` refuses such models before anything is sent.
    func url(_ model: String) -> [CChar] {
        guard let after else { return before }
        if isTuned(model) {
            return before.dropLast("models/".utf8.count) + tuned.octets.map { CChar(bitPattern: $0) } + encodeQuery(name(model)).octets.map { CChar(bitPattern: $0) } + after
        }
        return before + encodeQuery(name(model)).octets.map { CChar(bitPattern: $0) } + after
    }

    /// The address is one for this model.
    func leads(to model: String) -> Bool { after == nil || encodePathSegment(name(model)) != nil }

    private func isTuned(_ model: String) -> Bool { isInModels && model.octets.starts(with: tuned.octets) }

    private func name(_ model: String) -> String {
        if isTuned(model) { return model.dropping(tuned.utf8.count) }
        guard isInModels, let known = namesOfModels.first(where: { model.octets.starts(with: $0.octets) }) else { return model }
        return model.dropping(known.utf8.count)
    }
}

/// How Google's own services and routers begin an id.
private let namesOfModels = ["publishers/google/models/", "models/", "google/"]
/// Google's models that somebody tuned are beside the others (https://ai.google.dev/api/tuning, 2026-11).
private let tuned = "tunedModels/"
