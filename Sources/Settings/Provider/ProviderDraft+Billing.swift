internal import Bytes
internal import HTTPText
internal import Model

/// The members of a provider that say how what it did becomes a bill.
extension ProviderDraft {
    func readServedBy(_ value: ConfigValue) throws(Failure) {
        let members = try value.object()
        if let header = members.take("header") {
            let name = try header.text()
            if !HeaderText.isName(name) { throw header.failure("not a header name") }
            parts.billing.servedHeader = lowercased(name)
        }
        try members.texts("members", &parts.billing.servedPaths)
        try members.end()
    }

    func readServerSuffixes(_ value: ConfigValue) throws(Failure) {
        for (_, member) in try value.members() { _ = try member.word(as: ServerChoice.self) }
        try readAliases(value, into: &parts.billing.serverSuffixes)
    }
}

private enum ServerChoice: String, CaseIterable { case cheapest, any }
