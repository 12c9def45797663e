/// A provider as the product knows it: a row of the catalog, or one from configuration, with the user's overrides merged. A class,
/// because every request passes it on, and nothing of it changes any more: whoever puts one together has `ProviderParts`.
package final class Provider: Sendable {
    package let identity: Identity
    package let access: Access
    package let requests: Requests
    package let list: List
    package let billing: Billing
    package let routing: Routing

    package init(_ parts: ProviderParts) {
        identity = parts.identity
        access = parts.access
        requests = parts.requests
        list = parts.list
        billing = parts.billing
        routing = parts.routing
    }

    package var id: String { identity.id }
    package var name: String { identity.name }
    /// Its dialect answers by itself: nobody is called.
    package var isScripted: Bool { requests.isScripted }

    /// It can be asked: its key is there or not needed, and it is named where that is a condition.
    package var isConfigured: Bool {
        if access.onlyWhenNamed && !access.named || !access.unset.isEmpty { return false }
        return switch access.keyNeed {
        case .required: !access.keys.isEmpty
        case .optional: access.named || !access.keys.isEmpty
        case .none: access.named
        }
    }

    /// It could be asked if only its address were whole.
    package var lacksAddress: Bool { !access.unset.isEmpty && (access.keyNeed != .required || !access.keys.isEmpty) }

    /// `stream_options.include_usage` is added, and left out where it turns out to be refused.
    package var triesStreamUsage: Bool {
        !requests.knowsStreamUsage && !requests.streamUsage && !requests.usageInclude && !requests.nativeRouting
    }
}

extension Provider: Equatable {
    package static func == (a: Provider, b: Provider) -> Bool { a === b || ProviderParts(a) == ProviderParts(b) }
}

/// A provider while it is put together.
package struct ProviderParts: Sendable, Equatable {
    package var identity = Provider.Identity()
    package var access = Provider.Access()
    package var requests = Provider.Requests()
    package var list = Provider.List()
    package var billing = Provider.Billing()
    package var routing = Provider.Routing()

    package init() {}

    package init(_ provider: Provider) {
        identity = provider.identity
        access = provider.access
        requests = provider.requests
        list = provider.list
        billing = provider.billing
        routing = provider.routing
    }
}

extension Provider {
    /// What it is called, and where people read about it.
    package struct Identity: Sendable, Equatable {
        package var id = ""
        package var name = ""
        package var aliases: [String] = []
        package var siteURL = ""
        /// Official documentation.
        package var docsURL = ""
        package var logoURL = ""
        package init() {}
    }
}
