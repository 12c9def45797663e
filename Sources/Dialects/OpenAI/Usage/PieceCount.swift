internal import Bytes
internal import JSON
package import Model

extension Pieces {
    /// Of a request and its answer. What tokens do not show is counted where somebody tells, and lacking otherwise. `searches`: the model
    /// searches the web once for each answer.
    package init(_ asked: AskedPieces, _ notes: AnswerNotes, _ usage: Usage, _ prices: PriceSet, imagePrice: ImagePrice?, searches: Bool) {
        self.init()
        countSearches(asked, notes, usage, prices, searches)
        countImages(asked, notes, usage, prices, imagePrice)
        let spoken = asked.audio || notes.audioSeconds
        if spoken, usage.count(.audioInput) == 0, !isPlain(prices[.audio], prices[.prompt]) { lack(.audio) }
        if notes.audio, usage.count(.audioOutput) == 0, !isPlain(prices[.audioOutput], prices[.completion]) { lack(.audioOutput) }
        if asked.tools || notes.tools { lack(.tools) }
    }

    private mutating func countSearches(_ asked: AskedPieces, _ notes: AnswerNotes, _ usage: Usage, _ prices: PriceSet, _ always: Bool) {
        if let count = usage[.webSearches] {
            searches = count
        } else if notes.searches > 0 {
            searches = notes.searches
        } else if always {
            searches = 1
        } else if asked.searches || notes.sources, prices[.webSearch] != 0 {
            lack(.webSearch)
        }
    }

    private mutating func countImages(_ asked: AskedPieces, _ notes: AnswerNotes, _ usage: Usage, _ prices: PriceSet, _ imagePrice: ImagePrice?) {
        let price = prices[.image]
        switch imagePrice {
        case .tokens: break
        case .prompt: images = asked.images
        case .answer: images = usage.count(.imageOutput) == 0 ? notes.images : 0
        case nil:
            // An image that costs what a token costs is counted in tokens.
            if asked.images > 0, let price, price != 0, price != prices[.prompt] { lack(.image) }
        }
        let isBilled = imagePrice == .answer && price != nil
        if notes.images > 0, usage.count(.imageOutput) == 0, !isBilled { lack(.imageOutput) }
        if images > 0, price == nil, imagePrice == .prompt { lack(.image) }
    }

    /// Counted among the plain tokens, it would cost the same.
    private func isPlain(_ price: AttoUSD?, _ plain: AttoUSD?) -> Bool { price != nil && price == plain }
}

/// What a request asks for beside tokens.
package struct AskedPieces: Sendable {
    /// Images in the messages.
    package var images = 0
    /// There is audio in the messages.
    package var audio = false
    /// The provider is to search the web, or may.
    package var searches = false
    /// Other tools of the provider may be used.
    package var tools = false
    package init() {}
}

extension AskedPieces {
    /// A member of a request that is not null.
    mutating func read(_ name: UnsafeRawBufferPointer, _ value: JSONView) {
        if name.equals("messages") {
            if value.raw.find("image") != nil || value.raw.find("audio") != nil { value.forEachElement { read(message: $0) } }
        } else if name.equals("tools") {
            value.forEachElement { read(tool: $0) }
        } else if name.equals("web_search_options") {
            searches = true
        } else if name.equals("search_parameters") { // xAI (https://docs.x.ai/docs/guides/live-search, 2026-11)
            if !(value["mode"]?.string?.equals("off") ?? false) { searches = true }
        } else if name.equals("plugins") { // OpenRouter (https://openrouter.ai/docs/features/web-search, 2026-11)
            value.forEachElement { if $0["id"]?.string?.equals("web") ?? false { searches = true } }
        }
    }

    private mutating func read(message: JSONView) {
        message["content"]?.forEachElement { part in
            guard let type = part["type"]?.string else { return }
            if type.equals("image_url") || type.equals("image") || type.equals("input_image") { images &+= 1 }
            if type.equals("input_audio") || type.equals("audio_url") || type.equals("audio") { audio = true }
        }
    }

    /// The caller's own tools have these types; all others are the provider's.
    private mutating func read(tool: JSONView) {
        guard let type = tool["type"]?.string, !type.equals("function"), !type.equals("custom") else { return }
        if speaksOfSearch(type) { searches = true } else { tools = true }
    }
}

/// `web_search`, `openrouter:web_search`, `browser_search`, `browser.search`
func speaksOfSearch(_ type: String) -> Bool {
    type.octets.withUnsafeBytes { $0.find("search") != nil }
}
