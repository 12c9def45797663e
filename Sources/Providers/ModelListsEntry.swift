internal import Model
internal import Wire

/// The members of one entry, found in one walk.
struct EntryFields {
    private var members: [(name: ByteRange, value: JSONView)] = []
    private let bytes: UnsafeRawBufferPointer

    init(_ object: JSONView) {
        bytes = object.bytes
        var found: [(name: ByteRange, value: JSONView)] = []
        object.forEachMember { found.append(($0, $1)) }
        members = found
    }

    /// nil also for null.
    subscript(name: StaticString) -> JSONView? {
        for member in members where jsonName(bytes, member.name, is: name) { return member.value.isNull ? nil : member.value }
        return nil
    }

    func text(_ names: [StaticString]) -> String? {
        for name in names {
            if let text = self[name]?.string, !text.utf8.isEmpty { return text }
        }
        return nil
    }

    func whole(_ names: [StaticString]) -> Int? {
        for name in names {
            if let value = self[name], let number = wholeNumber(value) { return number }
        }
        return nil
    }
}

/// A positive count; Infron writes "1,048,576". Zero means that the provider does not say.
private func wholeNumber(_ value: JSONView) -> Int? {
    if let number = value.int { return number > 0 ? number : nil }
    guard let text = value.string else { return nil }
    guard let number = Int(String(utf8: text.octets.filter { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: " ") })) else { return nil }
    return number > 0 ? number : nil
}

/// Where a form keeps what we want; the first name that is there counts.
private struct EntryNames {
    var id: [StaticString] = ["id"]
    var name: [StaticString] = ["name", "display_name"]
    var context: [StaticString] = ["context_length", "context_window", "max_context_length", "max_model_len", "max_prompt_length",
                                   "max_input_tokens"]
    var output: [StaticString] = ["max_output_tokens", "max_completion_tokens", "max_output_length"]
}

private func names(of form: ModelListForm) -> EntryNames {
    var names = EntryNames()
    switch form {
    case .together: names.name = ["display_name", "name"]
    case .vercel: names.output = ["max_tokens"]
    case .deepinfra:
        names.id = ["model_name", "id"]
        names.context = ["max_tokens", "context_length"]
    case .infron, .infronDisplay:
        names.id = ["invoke_name", "id", "name"]
        names.name = ["display_name", "name"]
        names.context = ["context_length", "input_token_limit"]
        names.output = ["max_output_tokens", "output_token_limit"]
    default: break
    }
    return names
}

/// nil: malformed.
func readEntry(_ object: JSONView, _ form: ModelListForm) -> ModelEntry? {
    guard object.isObject else { return nil }
    let fields = EntryFields(object), names = names(of: form)
    var entry = ModelEntry()
    guard let id = fields.text(names.id) else { return nil }
    entry.id = id
    entry.name = fields.text(names.name)
    entry.created = fields["created"]?.int
    entry.contextLength = fields.whole(names.context)
    entry.maxOutputTokens = fields.whole(names.output)
    entry.inactive = fields["active"]?.bool == false
    readModalities(fields, &entry)
    entry.prices = readPrices(fields, form)
    readNested(fields, form, &entry)
    return entry
}

private func readNested(_ fields: EntryFields, _ form: ModelListForm, _ entry: inout ModelEntry) {
    switch form {
    case .openrouter, .dev:
        guard let top = fields["top_provider"] else { return }
        entry.contextLength = entry.contextLength ?? top["context_length"].flatMap { wholeNumber($0) }
        entry.maxOutputTokens = entry.maxOutputTokens ?? top["max_completion_tokens"].flatMap { wholeNumber($0) }
    case .llamacpp:
        entry.contextLength = entry.contextLength ?? fields["meta"]?["n_ctx_train"].flatMap { wholeNumber($0) }
    case .mistral:
        if entry.inputModalities == nil, fields["capabilities"]?["vision"]?.bool == true { entry.inputModalities = ["text", "image"] }
    case .huggingface:
        if let server = servingProvider(fields) { readServing(server, &entry) }
    default: break
    }
}

/// The router picks one of several servers; the first live one with a price stands for them.
private func servingProvider(_ fields: EntryFields) -> JSONView? {
    var live: JSONView?, priced: JSONView?
    fields["providers"]?.forEachElement { server in
        if let status = server["status"]?.string, !status.equals("live") { return }
        live = live ?? server
        if priced == nil, server["pricing"]?.isObject ?? false { priced = server }
    }
    return priced ?? live
}

private func readServing(_ server: JSONView, _ entry: inout ModelEntry) {
    entry.contextLength = entry.contextLength ?? server["context_length"].flatMap { wholeNumber($0) }
    guard let pricing = server["pricing"] else { return }
    entry.prices.prompt = pricing["input"].flatMap { price($0, perMillion) }
    entry.prices.completion = pricing["output"].flatMap { price($0, perMillion) }
}

private func readModalities(_ fields: EntryFields, _ entry: inout ModelEntry) {
    let architecture = fields["architecture"].map { EntryFields($0) } ?? fields
    entry.inputModalities = (architecture["input_modalities"] ?? fields["input_modalities"]).flatMap { modalities($0) }
    entry.outputModalities = (architecture["output_modalities"] ?? fields["output_modalities"]).flatMap { modalities($0) }
    entry.modality = architecture.text(["modality"])
    if entry.modality == nil, let inputs = entry.inputModalities, let outputs = entry.outputModalities {
        entry.modality = joined(inputs) + "->" + joined(outputs)
    }
}

/// A list, or Infron's "Text, Images": lower case, singular. nil when empty.
private func modalities(_ value: JSONView) -> [String]? {
    var words: [String] = []
    if let text = value.string {
        for part in text.octets.split(separator: UInt8(ascii: ",")) { add(modality(part), to: &words) }
    }
    value.forEachElement { element in
        if let text = element.string { add(modality(text.octets[...]), to: &words) }
    }
    return words.isEmpty ? nil : words
}

private func add(_ word: String, to words: inout [String]) {
    for other in words where same(other, word) { return }
    if !word.utf8.isEmpty { words.append(word) }
}

private func modality(_ text: ArraySlice<UInt8>) -> String {
    var bytes: [UInt8] = []
    for byte in text where byte != UInt8(ascii: " ") { bytes.append(lowercased(byte)) }
    let word = String(utf8: bytes)
    if word.equals("images") { return "image" }
    if word.equals("videos") { return "video" }
    if word.equals("files") { return "file" }
    return word
}

private func joined(_ words: [String]) -> String {
    var text = ""
    for word in words { text += text.utf8.isEmpty ? word : "+" + word }
    return text
}
