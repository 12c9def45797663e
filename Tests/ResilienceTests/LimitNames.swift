@testable import Model
@testable import Resilience

/// The rules by their names in a configuration.
extension LimitRule {
    static let requestsPerMinute = LimitRule.amount(.requests, .minute), tokensPerMinute = LimitRule.amount(.tokens, .minute)
    static let usdPerMinute = LimitRule.amount(.usd, .minute)
    static let requestsPerDay = LimitRule.amount(.requests, .day), tokensPerDay = LimitRule.amount(.tokens, .day), usdPerDay = LimitRule.amount(.usd, .day)
}
