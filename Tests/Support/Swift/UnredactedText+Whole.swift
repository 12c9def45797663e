@testable package import Model

extension UnredactedText {
    /// All of it, with what a redaction would take out or cut off.
    private var whole: String { parts.map { $0.text }.joined() }

    package var isEmpty: Bool { whole.isEmpty }
    package func hasPrefix(_ text: String) -> Bool { whole.utf8.starts(with: text.utf8) }
    package func hasSuffix(_ text: String) -> Bool { whole.utf8.reversed().starts(with: text.utf8.reversed()) }
}
