package import Model
internal import Wire

// An address may have parts that are the user's own, an account or a region: "https://{resource}.openai.azure.com/openai/v1".

extension ProviderDraft {
    func readAddressValues(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() { try setAddressValue(name.text, member.text(), path: member.path) }
    }

    /// No more than a label of a host name or a segment of a path can be put in: the key must not go elsewhere.
    package func setAddressValue(_ name: String, _ text: String, path: String) throws(Failure) {
        guard !text.isEmpty, text.utf8.count <= 63, text.octets.allSatisfy(isNameByte) else {
            throw complaint(at: path, "must be 1 to 63 letters, digits, '-' and '_'")
        }
        addressValues.removeAll { same($0.name, name) }
        addressValues.append(ModelAlias(name: name, model: text))
    }

    /// Puts the values in. A provider that lacks one cannot be asked.
    package func completeAddress() {
        let (url, missing) = expanded(provider.baseURL, addressValues)
        guard let missing else { return provider.baseURL = url }
        provider.unset = addressVariables.first { same($0.name, missing) }?.model ?? concat("providers.", provider.id, ".values.", missing)
    }
}

/// The address with its parts put in, and the name of the first that has no value. Without values: the form that it has.
@inline(never)
func expanded(_ address: String, _ values: [ModelAlias]?) -> (url: String, missing: String?) {
    var rest = address.octets[...], url: [UInt8] = [], missing: String?
    while let open = rest.firstIndex(of: UInt8(ascii: "{")), let close = rest[open...].firstIndex(of: UInt8(ascii: "}")) {
        let name = String(utf8: rest[(open &+ 1)..<close])
        let value = values.map { list in list.first { same($0.name, name) }?.model } ?? "x"
        if value == nil && missing == nil { missing = name }
        url += rest[..<open]
        url += (value ?? "").octets
        rest = rest[(close &+ 1)...]
    }
    return (String(utf8: url + rest), missing)
}
