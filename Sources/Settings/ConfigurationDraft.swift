internal import Bytes
internal import Catalog
internal import JSON
internal import Model

/// A configuration while its layers are being put on top of each other, the weakest first.
final class ConfigurationDraft {
    var result = Configuration()
    var providers: [ProviderDraft] = []
    /// How many of `providers` are rows of the catalog; custom ones follow.
    private(set) var rowCount = 0
    /// `timeouts` of the client, from configuration.
    var timeouts = TimeoutOverrides()
    /// `retry` of the client.
    var retry = RetryOverrides()

    private let checkMapping: MappingCheck

    private init(_ checkMapping: @escaping MappingCheck) { self.checkMapping = checkMapping }

    /// What the rows of the catalog say.
    static func ofCatalog(_ checkMapping: @escaping MappingCheck) throws(Failure) -> ConfigurationDraft {
        let draft = ConfigurationDraft(checkMapping)
        for row in rows {
            // Well-formed, as tests make sure.
            let view = JSONView(valid: row.json, ByteRange(0, row.json.count))
            draft.providers.append(try ProviderDraft(row: ConfigValue(request: view, path: String(utf8: row.name)), checkMapping: checkMapping))
        }
        draft.rowCount = draft.providers.count
        return draft
    }

    /// Applies the member `providers` of a document.
    func applyProviders(_ value: ConfigValue) throws(Failure) {
        for (name, member) in try value.members() {
            let id = name.text
            if let index = providers.firstIndex(where: { same($0.parts.identity.id, id) }) {
                try providers[index].apply(member)
                providers[index].parts.access.named = true
                continue
            }
            guard isProviderID(id) else { throw member.failure("a provider id is made of letters, digits, '.', '-' and '_'") }
            if let owner = providers.first(where: { $0.parts.identity.aliases.has(id) }) {
                throw member.failure(concat("this is another name of ", owner.parts.identity.id, ": use that"))
            }
            let draft = ProviderDraft(id: id, checkMapping: checkMapping)
            try draft.apply(member)
            draft.parts.access.named = true
            providers.append(draft)
        }
    }
}

private func isProviderID(_ id: String) -> Bool {
    !id.isEmpty && id.utf8.count <= 64 && id.octets.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ".") }
}
