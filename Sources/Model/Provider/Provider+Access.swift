internal import Bytes

extension Provider {
    /// Where it is, and what opens its door.
    package struct Access: Sendable, Equatable {
        /// Named in configuration (not merely found through the environment).
        package var named = false
        /// Local servers and hosts that share a key with another row: unusable until named.
        package var onlyWhenNamed = false
        /// Without a trailing slash, and without a query.
        package var baseURL = ""
        /// Goes with every address behind `baseURL`: "api-version=2024-10-21".
        package var query = ""
        package var paths = OperationPaths()
        /// The model that the address itself names: requests need not.
        package var deployment: String?
        /// Another host than the row's, set by a variable: the prices of the row do not hold.
        package var isElsewhere = false
        /// What its address lacks, as the name of a variable or of a member; then it cannot be asked.
        package var unset = ""
        package var auth = AuthForm.bearer
        package var keyNeed = KeyNeed.required
        package var keys: [ProviderKey] = []
        /// What a missing key is called in the error: "Infron AI API key not configured: set ONEROUTER_API_KEY".
        package var keyEnvironment: [String] = []
        /// Sent with every request, keys excepted.
        package var headers: [Header] = []
        /// Names of headers (in lower case) and of members of the query that the options of a call may set; `*` at the end of one
        /// stands for whatever follows.
        package var allowHeaders: [String] = []
        package var allowQuery: [String] = []
        /// What holds for this provider: loading sets it from the client's, the row's and the provider's own.
        package var timeouts: Timeouts?
        /// Seconds that a connection may have been idle and still be used; 0: each request has one of its own.
        package var keepAlive = 30.0
        package var balance: BalanceForm?
        package init() {}

        package func address(_ path: String) -> String {
            query.isEmpty ? baseURL + path : baseURL + path + (path.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + query
        }
    }
}

/// Where operations are, behind a provider's address; "": where its dialect has them.
package struct OperationPaths: Sendable, Equatable {
    package var chat = ""
    /// Of chats that stream, where that is another place.
    package var chatStream = ""
    package var completions = ""
    package var embeddings = ""
    package var models = ""
    package var countTokens = ""
    package init() {}

    package subscript(operation: Operation) -> String {
        switch operation {
        case .chat: chat
        case .chatStream: chatStream.isEmpty ? chat : chatStream
        case .completion, .completionStream: completions
        case .embeddings: embeddings
        case .listModels: models
        case .countTokens: countTokens
        case .raw, .rawStream: ""
        }
    }
}

package struct Header: Sendable, Equatable {
    package var name: String
    package var value: String
    /// It stands in a row of the catalog: no secret.
    package var isPublic = false
    package init(name: String, value: String) { self.name = name; self.value = value }
    package static func == (a: Header, b: Header) -> Bool { a.name == b.name && a.value == b.value }
}

/// Where a provider tells what is left on the account: a path behind the base URL, and paths to numbers in the answer.
package struct BalanceForm: Sendable, Equatable {
    package var url = ""
    package var remaining: [String] = []
    package var total = ""
    package var used = ""
    package init() {}
}

/// Header names are compared without regard to case.
package func sameHeader(_ a: String, _ b: String) -> Bool {
    same(lowercased(a), lowercased(b))
}
