internal import Accounting
internal import Bytes
internal import CShims
internal import Model
internal import ModelLists
internal import Planning
internal import Settings

extension PlannedRequest {
    /// What would be done, for `dry_run`: each candidate and each provider left out, with the reason.
    func planDocument() -> ByteBuffer? {
        let out = ByteBuffer()
        var ok = out.append("{\"object\":\"gatelet.plan\",\"plan\":[")
        for (index, candidate) in candidates.enumerated() where candidate.provider < setup.endpoints.count {
            let endpoint = setup.endpoints[candidate.provider], provider = endpoint.provider
            let key = endpoint.keys.peek(gl_now_us())
            ok = ok && (index == 0 || out.append(",")) && out.append("{\"provider\":") && Report.text(provider.id, out)
                && out.append(",\"model\":") && Report.text(candidate.model, out)
                && out.append(",\"base_url\":") && Report.text(provider.access.baseURL, out) && out.append(",\"key\":")
                && (key.map { $0 < provider.access.keys.count ? Report.text(provider.access.keys[$0].name, out) : out.append("null") } ?? out.append("null"))
                && out.append(",\"reason\":") && Report.text(String(candidate.why.text), out)
                && price(provider, candidate.model, out) && out.append("}")
        }
        ok = ok && out.append("],\"excluded\":[")
        for (index, exclusion) in exclusions.enumerated() {
            ok = ok && (index == 0 || out.append(",")) && out.append("{\"provider\":")
                && Report.text(setup.provider(exclusion.provider)?.id ?? "", out)
                && out.append(",\"model\":") && Report.text(exclusion.model, out)
                && out.append(",\"reason\":") && Report.text(String(exclusion.why.text), out) && out.append("}")
        }
        return ok && out.append("]") && Report.warnings(options.warnings.list, into: out) && out.append("}") && redaction.clean(out) ? out : nil
    }

    /// What it would be billed by.
    private func price(_ provider: Provider, _ model: String, _ out: ByteBuffer) -> Bool {
        let price = models.price(provider, model, setup)
        return out.append(",\"pricing\":") && appendPricing(price, to: out)
            && out.append(",\"pricing_known\":") && out.append(price?.bills ?? false ? "true" : "false")
            && out.append(",\"pricing_source\":") && Report.text(String((price?.source ?? .unknown).name), out)
    }
}
