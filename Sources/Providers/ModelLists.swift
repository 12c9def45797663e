package import Model
package import Wire

package struct ModelListCount: Sendable, Equatable {
    package var models = 0
    /// Entries without an id, or that are no objects.
    package var skipped = 0
    package init() {}
}

/// One model in our own terms. nil is unknown.
struct ModelEntry {
    var id = ""
    var name: String?
    var created: Int?
    var contextLength: Int?
    var maxOutputTokens: Int?
    var prices = ModelPrices()
    var modality: String?
    var inputModalities: [String]?
    var outputModalities: [String]?
    /// The provider lists it but does not serve it now.
    var inactive = false
}

/// Decimal text, USD per single token (`request`, `image`: per piece).
struct ModelPrices {
    var prompt: String?
    var completion: String?
    var request: String?
    var image: String?
    var cacheRead: String?
    var cacheWrite: String?
}

/// Reads a provider's model list and appends ours as one JSON array.
package func readModelList(_ body: UnsafeRawBufferPointer, form: ModelListForm, provider: Provider, into buffer: ByteBuffer)
    throws(Failure) -> ModelListCount {
    guard let root = JSONView(document: trimmed(body)) else {
        return try readRepairedList(body, form, provider, buffer)
    }
    guard let list = modelArray(root) else {
        if speaksOfAnError(body) {
            throw classify(httpStatus: 200, headers: UnsafeRawBufferPointer(start: nil, count: 0), body: body, provider: provider, model: "")
        }
        throw listFailure(provider, concat(provider.title, " answered with something that is no model list"))
    }
    var count = ModelListCount()
    var out = MemberWriter(buffer)
    out.open("[")
    list.forEachElement { element in
        guard let entry = readEntry(element, form) else {
            count.skipped &+= 1
            return
        }
        if entry.inactive { return }
        write(entry, provider, &out)
        count.models &+= 1
    }
    out.close("]")
    if out.failed { throw listFailure(provider, concat("the model list of ", provider.title, " is too large"), .tooLarge) }
    return count
}

/// Bad UTF-8 or a lone surrogate in one description must not cost the whole list.
private func readRepairedList(_ body: UnsafeRawBufferPointer, _ form: ModelListForm, _ provider: Provider, _ buffer: ByteBuffer)
    throws(Failure) -> ModelListCount {
    let repaired = ByteBuffer()
    defer { repaired.keepAlive() }
    guard repairJSON(body, into: repaired), JSONView(document: trimmed(repaired.bytes)) != nil else {
        throw notJSON(body, provider, "")
    }
    return try readModelList(repaired.bytes, form: form, provider: provider, into: buffer)
}

private func listFailure(_ provider: Provider, _ message: String, _ status: Status = .badResponse) -> Failure {
    var failure = Failure(status, message)
    failure.provider = provider.id
    return failure
}

/// A bare array (Together, DeepInfra), or the member `data`, or `models` (xAI).
private func modelArray(_ root: JSONView) -> JSONView? {
    if root.isArray { return root }
    if let data = root["data"], data.isArray { return data }
    if let models = root["models"], models.isArray { return models }
    return nil
}

private func write(_ entry: ModelEntry, _ provider: Provider, _ out: inout MemberWriter) {
    out.separate()
    out.open()
    out.member("id", entry.id)
    out.member("slug", provider.id + "/" + entry.id)
    out.member("name", entry.name ?? entry.id)
    if let created = entry.created, created > 0 { out.member("created", created) }
    out.member("context_length", entry.contextLength)
    out.member("max_output_tokens", entry.maxOutputTokens)
    out.name("pricing")
    write(entry.prices, &out)
    if entry.modality != nil || entry.inputModalities != nil || entry.outputModalities != nil {
        out.name("architecture")
        writeArchitecture(entry, &out)
    }
    out.member("provider", provider.id)
    out.close()
}

private func write(_ prices: ModelPrices, _ out: inout MemberWriter) {
    out.open()
    out.member("prompt", optional: prices.prompt)
    out.member("completion", optional: prices.completion)
    if let request = prices.request { out.member("request", request) }
    if let image = prices.image { out.member("image", image) }
    if let read = prices.cacheRead { out.member("input_cache_read", read) }
    if let write = prices.cacheWrite { out.member("input_cache_write", write) }
    out.close()
}

private func writeArchitecture(_ entry: ModelEntry, _ out: inout MemberWriter) {
    out.open()
    if let modality = entry.modality { out.member("modality", modality) }
    if let inputs = entry.inputModalities { writeList("input_modalities", inputs, &out) }
    if let outputs = entry.outputModalities { writeList("output_modalities", outputs, &out) }
    out.close()
}

private func writeList(_ name: StaticString, _ texts: [String], _ out: inout MemberWriter) {
    out.name(name)
    out.open("[")
    for text in texts {
        out.separate()
        out.string(text)
    }
    out.close("]")
}

extension MemberWriter {
    fileprivate mutating func member(_ name: StaticString, _ number: Int?) {
        if let number { member(name, number) } else { member(name, raw: "null") }
    }

    fileprivate mutating func member(_ name: StaticString, optional text: String?) {
        if let text { member(name, text) } else { member(name, raw: "null") }
    }
}
