internal import Bytes
internal import HTTPText
internal import Model

/// The members of a provider that say how what it did becomes a bill.
extension ProviderDraft {
    func readBilling(_ members: ConfigMembers) throws(Failure) {
        if let served = try members.object("served_by") {
            if let header = served.take("header") {
                let name = try header.text()
                if !HeaderText.isName(name) { throw header.failure("not a header name") }
                provider.servedHeader = lowercased(name)
            }
            try served.texts("members", &provider.servedPaths)
            try served.end()
        }
        if let value = members.take("server_suffixes") {
            for (_, member) in try value.members() { _ = try member.word(of: "cheapest, any") }
            try readAliases(value, into: &provider.serverSuffixes)
        }
        if let word = try members.word("image_price", of: ImagePrice.words) { provider.imagePrice = ImagePrice(rawValue: word) }
        try members.texts("search_models", &provider.searchModels)
    }
}
