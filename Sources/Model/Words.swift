internal import Bytes

/// Enumerations whose raw values are the words that documents have for them read themselves.
extension RawRepresentable where Self: CaseIterable, RawValue == String {
    /// nil: not one of its words. Compared byte by byte.
    package init?(word: String) {
        guard let found = Self.allCases.first(where: { same($0.rawValue, word) }) else { return nil }
        self = found
    }
}
