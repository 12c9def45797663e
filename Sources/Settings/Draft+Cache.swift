internal import Model

extension ConfigurationDraft {
    /// `false` turns off what a layer below has turned on.
    func keepAnswers(_ members: ConfigMembers) throws(Failure) {
        guard let value = members.take("cache") else { return }
        if value.isFalse { return result.cache = nil }
        var policy = result.cache ?? CachePolicy()
        let members = try value.object()
        if let word = try members.word("mode", as: CacheMode.self) { policy.mode = word }
        try members.seconds("ttl", &policy.ttl)
        try members.integer("max_bytes", 64 << 10, 1 << 40, &policy.maxBytes)
        try members.integer("max_entry_bytes", 1 << 10, 1 << 30, &policy.maxEntryBytes)
        try members.flag("shared", &policy.shared)
        try members.flag("single_flight", &policy.singleFlight)
        try members.end()
        result.cache = policy
    }
}
