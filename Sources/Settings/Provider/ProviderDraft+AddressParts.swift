internal import Bytes
internal import HTTPText
package import Model

// An address may have parts that are the user's own, an account or a region: "https://{resource}.openai.azure.com/openai/v1".

extension ProviderDraft {
    func readAddressValues(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() { try setAddressValue(name.text, member.text(), path: member.path) }
    }

    /// No more than a label of a host name or a segment of a path can be put in: the key must not go elsewhere.
    package func setAddressValue(_ name: String, _ given: String, path: String) throws(Failure) {
        let text = withoutBlanks(given)
        guard !text.isEmpty, text.utf8.count <= 63, text.octets.allSatisfy(isNameByte) else {
            throw complaint(at: path, "must be 1 to 63 letters, digits, '-' and '_'")
        }
        addressValues.append(ModelAlias(name: name, model: text))
    }

    /// Puts the values in. A provider that lacks one cannot be asked.
    package func completeAddress() {
        if let refusedAddress { return parts.access.unset = refusedAddress }
        let (url, missing) = expanded(parts.access.baseURL, addressValues), list = expanded(parts.list.url, addressValues)
        let pairs = expanded(query(query(rowQuery, with: addressQuery), with: ownQuery), addressValues)
        guard let missing = missing ?? pairs.missing ?? list.missing else {
            (parts.access.baseURL, parts.access.query, parts.list.url) = (url, pairs.url, list.url)
            return findDeployment()
        }
        parts.access.unset = last(missing, addressVariables) ?? concat("providers.", parts.identity.id, ".values.", missing)
    }
}

/// The address with its parts put in, and the name of one that has no value. Without values: any address of this form.
func expanded(_ address: String, _ values: [ModelAlias]?) -> (url: String, missing: String?) {
    var url: [UInt8] = [], name: [UInt8] = [], isName = false, missing: String?
    let bytes = address.octets
    if !bytes.contains(UInt8(ascii: "{")) { return (address, nil) }
    for byte in bytes {
        if isName, byte == UInt8(ascii: "}") {
            let name = String(utf8: name)
            if let values {
                if let value = last(name, values) { url += value.octets } else { missing = name }
            } else {
                url.append(UInt8(ascii: "x"))
            }
            isName = false
        } else if isName {
            name.append(byte)
        } else if byte == UInt8(ascii: "{") {
            isName = true
            name = []
        } else {
            url.append(byte)
        }
    }
    return (String(utf8: url), missing)
}

/// Later entries beat earlier ones.
private func last(_ name: String, _ list: [ModelAlias]) -> String? {
    var found: String?
    for entry in list where same(entry.name, name) { found = entry.model }
    return found
}
