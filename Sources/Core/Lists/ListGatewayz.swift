internal import Model
internal import Providers
internal import Wire

/// A member of seed 004's template and what stands there for what is not known.
private struct TemplateMember {
    enum Shape { case plain, description, architecture, pricing }
    var name: StaticString
    var unknown: StaticString = "null"
    var shape = Shape.plain
}

private let template = [
    TemplateMember(name: "id"), TemplateMember(name: "slug"), TemplateMember(name: "canonical_slug"), TemplateMember(name: "hugging_face_id"),
    TemplateMember(name: "name"), TemplateMember(name: "created"), TemplateMember(name: "description", shape: .description),
    TemplateMember(name: "context_length", unknown: "4096"), TemplateMember(name: "architecture", shape: .architecture),
    TemplateMember(name: "pricing", shape: .pricing), TemplateMember(name: "top_provider"), TemplateMember(name: "per_request_limits"),
    TemplateMember(name: "supported_parameters", unknown: "[]"), TemplateMember(name: "default_parameters", unknown: "{}"),
    TemplateMember(name: "provider_slug"), TemplateMember(name: "provider_site_url"), TemplateMember(name: "model_logo_url"),
    TemplateMember(name: "source_gateway"),
]
private let architecture = [
    TemplateMember(name: "modality", unknown: "\"text->text\""), TemplateMember(name: "input_modalities", unknown: "[\"text\"]"),
    TemplateMember(name: "output_modalities", unknown: "[\"text\"]"), TemplateMember(name: "instruct_type", unknown: "\"chat\""),
]
private let pricing = [
    TemplateMember(name: "prompt", unknown: "\"0\""), TemplateMember(name: "completion", unknown: "\"0\""),
    TemplateMember(name: "request", unknown: "\"0\""), TemplateMember(name: "image", unknown: "\"0\""),
]

/// `"view": "gatewayz"`: the template's members with its defaults. (Its `provider_slug` says "provider" for everybody; here it is
/// the provider's own.)
func writeGatewayz(_ entry: JSONView, _ provider: Provider, _ query: ListQuery, into out: ByteBuffer) -> Bool {
    write(template, of: entry, provider, query, out)
}

private func write(_ members: [TemplateMember], of object: JSONView?, _ provider: Provider, _ query: ListQuery?, _ out: ByteBuffer) -> Bool {
    var values = [JSONView?](repeating: nil, count: members.count)
    object?.forEachMember { name, value in
        guard let name = object?.bytes[name] else { return }
        for (place, member) in members.enumerated() where name.equals(member.name) { values[place] = value.isNull ? nil : value }
    }
    var ok = out.append("{"), first = true
    for (place, member) in members.enumerated() where query?.shows(member.name) ?? true {
        ok = ok && (first || out.append(",")) && out.append("\"") && out.append(member.name) && out.append("\":")
        first = false
        ok = ok && write(member, values[place], provider, out)
    }
    return ok && out.append("}")
}

private func write(_ member: TemplateMember, _ value: JSONView?, _ provider: Provider, _ out: ByteBuffer) -> Bool {
    switch member.shape {
    case .architecture: write(architecture, of: value, provider, nil, out)
    case .pricing: write(pricing, of: value, provider, nil, out)
    case .description: value.map { out.append($0.raw) } ?? Report.text(concat("Model from ", provider.name), out)
    case .plain: value.map { out.append($0.raw) } ?? out.append(member.unknown)
    }
}

extension ListQuery {
    fileprivate func shows(_ name: StaticString) -> Bool { fields.isEmpty || fields.contains { $0.equals(name) } }
}
