internal import Bytes

/// What becomes of a parameter of requests on its way to a provider.
package struct ParameterRule: Sendable, Equatable {
    package var name: String
    /// The models it holds for, as the provider calls them; `*` at the end stands for any text. Empty: for all.
    package var models: [String] = []
    package var rename: String?
    package var least: ParameterBound?
    package var most: ParameterBound?
    package var isDropped = false
    package var isRejected = false

    package init(_ name: String) { self.name = name }

    package func holds(for model: String) -> Bool {
        models.isEmpty || models.contains { pattern in
            pattern.bytes { pattern in
                let length = pattern.count &- 1
                guard pattern.byte(at: length) == UInt8(ascii: "*") else { return same(pattern, model) }
                return model.bytes { $0.count >= length && $0[ByteRange(0, length)].equals(pattern[ByteRange(0, length)]) }
            }
        }
    }

    /// The bound that a value goes beyond.
    package func bound(beyond value: Double) -> ParameterBound? {
        if let least, value < least.value { return least }
        if let most, value > most.value { return most }
        return nil
    }
}

package struct ParameterBound: Sendable, Equatable {
    package var value: Double
    /// As the configuration has it.
    package var text: String
    package init(_ value: Double, _ text: String) { (self.value, self.text) = (value, text) }
}

extension Provider {
    package func rule(for parameter: String, _ model: String) -> ParameterRule? {
        requests.parameters.first { same($0.name, parameter) && $0.holds(for: model) }
    }

    /// A whole number as the rule for this parameter lets it be.
    package func within(_ number: Int, _ parameter: String, _ model: String) -> Int {
        guard let bound = rule(for: parameter, model)?.bound(beyond: Double(number)) else { return number }
        return Int(exactly: bound.value.rounded(.down)) ?? number
    }

    /// The most tokens of an answer that a request asks for, as they are sent.
    package func mostOutput(_ needs: RequestNeeds, _ model: String) -> Int? {
        larger(needs.maxTokens.map { within($0, "max_tokens", model) }, needs.maxCompletionTokens.map { within($0, "max_completion_tokens", model) })
    }
}
