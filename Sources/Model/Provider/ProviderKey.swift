/// How a provider wants its key.
package enum AuthForm: Sendable, Equatable {
    /// `Authorization: Bearer KEY`
    case bearer
    /// `<header>: KEY`
    case header(String)
}

package enum KeyNeed: String, CaseIterable, Sendable { case required, optional, none }

package struct ProviderKey: Sendable, Equatable {
    /// Shown in reports instead of the value; `provider#n` when the user gave none.
    package var name: String
    package var value: String
    package var weight: Int
    package var limits = LimitRules()
    package init(name: String, value: String, weight: Int = 1) { self.name = name; self.value = value; self.weight = weight }
}
