internal import Accounting
internal import Bytes
internal import JSON
internal import Model

/// The template of Gatewayz, and what stands in it for what is not known.
private let template = table("""
    id slug canonical_slug hugging_face_id name created description context_length=4096 architecture pricing top_provider \
    per_request_limits supported_parameters=[] default_parameters={} provider_slug provider_site_url model_logo_url source_gateway
    """, other: "null")
private let architecture = table(#"modality="text->text" input_modalities=["text"] output_modalities=["text"] instruct_type="chat""#)
private let pricing = table(#"prompt="0" completion="0" request="0" image="0""#)

/// Makes the tables (see `FirstUse`).
func prepareGatewayz() { _ = (template.count, architecture.count, pricing.count) }

/// `"view": "gatewayz"`: the template's members with its defaults. (Its `provider_slug` says "provider" for everybody; here it is
/// the provider's own.)
func writeGatewayz(_ entry: JSONView, _ provider: Provider, _ query: ListQuery, into out: ByteBuffer) -> Bool {
    write(template, of: entry, provider, query, out)
}

private func write(_ members: [TableEntry], of object: JSONView?, _ provider: Provider, _ query: ListQuery?, _ out: ByteBuffer) -> Bool {
    var values = [JSONView?](repeating: nil, count: members.count)
    object?.forEachMember { name, value in
        guard let name = object?.bytes[name] else { return }
        for (index, member) in members.enumerated() where name.equals(member.name) { values[index] = value.isNull ? nil : value }
    }
    var ok = out.append("{"), first = true
    for (index, member) in members.enumerated() where query?.shows(member.name) ?? true {
        ok = ok && (first || out.append(",")) && out.append("\"") && out.append(member.name) && out.append("\":")
        first = false
        ok = ok && write(member, values[index], of: object, provider, out)
    }
    return ok && out.append("}")
}

private func write(_ member: TableEntry, _ value: JSONView?, of object: JSONView?, _ provider: Provider, _ out: ByteBuffer) -> Bool {
    if member.name.equals("architecture") { return write(architecture, of: value, provider, nil, out) }
    if member.name.equals("pricing") { return write(pricing, of: value, provider, nil, out) }
    if let value { return out.append(value.raw) }
    if member.name.equals("description") { return Report.text(concat("Model from ", provider.name), out) }
    if member.name.equals("modality"), let inputs = object?["input_modalities"], inputs.firstElement != nil {
        return out.append("\"") && joined(inputs, out) && out.append("->") && joined(object?["output_modalities"], out) && out.append("\"")
    }
    return out.append(member.it)
}

/// `text+image`, as OpenRouter writes modalities.
private func joined(_ words: JSONView?, _ out: ByteBuffer) -> Bool {
    guard let words, words.firstElement != nil else { return out.append("text") }
    var ok = true, first = true
    words.forEachElement { word in
        if !word.isString { return }
        ok = ok && (first || out.append("+")) && out.append(word.bytes[ByteRange(word.range.start &+ 1, word.range.end &- 1)])
        first = false
    }
    return ok
}

extension ListQuery {
    fileprivate func shows(_ name: UnsafeRawBufferPointer) -> Bool { fields.isEmpty || fields.contains { same(name, $0) } }
}
