internal import Bytes
internal import JSON
internal import Model

/// Usage in Anthropic's terms: the prompt without what was cached, and what was kept for five minutes and for an hour. Its clients count on both
/// numbers of tokens being there.
func writeMessagesUsage(_ document: JSONView?, _ out: inout MemberWriter) {
    var reading = UsageReading()
    if let document { reading.take(document.raw) }
    let usage = reading.usage ?? Usage(), written = usage.count(.cacheWrite), hour = usage.count(.cacheWriteHour)
    out.open()
    out.member("input_tokens", usage.count(.input))
    out.member("cache_creation_input_tokens", written)
    out.member("cache_read_input_tokens", usage.count(.cacheRead))
    if written > 0 {
        out.name("cache_creation")
        out.open()
        out.member("ephemeral_5m_input_tokens", max(0, written &- hour))
        out.member("ephemeral_1h_input_tokens", hour)
        out.close()
    }
    out.member("output_tokens", usage.count(.output))
    if let reasoning = usage[.reasoning] {
        out.name("output_tokens_details")
        out.open()
        out.member("thinking_tokens", reasoning)
        out.close()
    }
    if let searches = usage[.webSearches] {
        out.name("server_tool_use")
        out.open()
        out.member("web_search_requests", searches)
        out.member("web_fetch_requests", 0) // its clients want both
        out.close()
    }
    out.close()
}
