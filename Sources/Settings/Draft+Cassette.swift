internal import Model

extension ConfigurationDraft {
    /// Recordings: written, or played.
    func tape(_ members: ConfigMembers) throws(Failure) {
        try members.text("record", &result.cassette.record)
        try members.text("replay", &result.cassette.replay)
        if let word = try members.word("replay_match", as: CassetteOptions.Match.self) { result.cassette.match = word }
        if let value = members.take("replay_speed") { result.cassette.speed = try value.number(0, 1000) }
    }
}
