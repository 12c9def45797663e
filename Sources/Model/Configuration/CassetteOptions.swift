/// Recordings of exchanges with providers.
package struct CassetteOptions: Sendable, Equatable {
    package enum Match: String, CaseIterable, Sendable { case strict, loose }

    /// The file that exchanges are appended to.
    package var record: String?
    /// The file that they come from: no provider is asked then.
    package var replay: String?
    package var match = Match.strict
    /// How much faster than it was recorded; 0: at once.
    package var speed = 0.0
    package init() {}
}
