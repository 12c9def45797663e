internal import Bytes
internal import JSON

/// What an answer says of its sources: `groundingMetadata` (https://ai.google.dev/api/generate-content#GroundingMetadata, 2026-11), which tells
/// places by bytes of the text. They become OpenAI's annotations, whose places are characters; all of it stays in `provider_fields`.
struct GeminiGrounding {
    /// Those of the web that were made.
    private(set) var searches = 0
    /// The candidate's text so far.
    private let text: ByteBuffer
    private let keepsText: Bool
    /// Supports that were told of: a later event may have them again.
    private var cited = 0
    private var hasSources = false

    init(longestText: Int) {
        keepsText = longestText > 0
        text = ByteBuffer(limit: longestText)
    }

    /// The body of a JSON string. What does not fit is not cited.
    func add(_ body: UnsafeRawBufferPointer) { if keepsText { _ = appendDecodedJSON(body, to: text) } }

    mutating func cite(_ grounding: JSONView, _ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take) -> Bool {
        if let queries = grounding.member("webSearchQueries") {
            searches = max(searches, queries.elements.reduce(0) { $1.inside.isEmpty ? $0 : $0 &+ 1 })
        }
        let sources = (grounding.member("groundingChunks")?.elements).map { $0.map { GeminiSource($0) } } ?? []
        if sources.isEmpty { return true }
        guard keepsText, let supports = grounding.member("groundingSupports"), supports.firstElement != nil else { return list(sources, choice, chunks, take) }
        let places = ScalarPlaces(text.bytes)
        let known = cited
        var number = 0
        defer {
            cited = max(cited, number)
            text.keepAlive()
        }
        return chunks.delta(choice: choice, take) { out in
            out.name("annotations")
            out.open("[")
            for support in supports.elements {
                number &+= 1
                guard number > known, let segment = support.member("segment"), let indices = support.member("groundingChunkIndices") else { continue }
                guard let end = places.scalars(before: segment.member("endIndex")?.int ?? 0), let start = places.scalars(before: segment.member("startIndex")?.int ?? 0), start <= end else { continue }
                for index in indices.elements {
                    if let at = index.int, at >= 0, at < sources.count { sources[at].write(start, end, chunks, choice, &out) }
                }
            }
            out.close("]")
        }
    }

    /// Sources of the answer as a whole: nothing says what belongs to which, or nobody was asked to search.
    private mutating func list(_ sources: [GeminiSource], _ choice: Int, _ chunks: ChunkWriter, _ take: ChunkWriter.Take) -> Bool {
        if hasSources || !sources.contains(where: { $0.url != nil }) { return true }
        hasSources = true
        let end = chunks.length(of: choice)
        return chunks.delta(choice: choice, take) { out in
            out.name("annotations")
            out.open("[")
            for source in sources { source.write(0, end, chunks, choice, &out) }
            out.close("]")
        }
    }
}

/// A page, or a place on a map. What was found in the user's own files has no address, and so is no citation.
private struct GeminiSource {
    let url: JSONView?
    let title: JSONView?

    init(_ chunk: JSONView) {
        let source = chunk.filled("web") ?? chunk.filled("maps") ?? chunk.member("retrievedContext")
        url = source?.filled("uri").flatMap { $0.isString && $0.inside.count > 0 ? $0 : nil }
        title = source?.filled("title").flatMap { $0.isString ? $0 : nil }
    }

    func write(_ start: Int, _ end: Int, _ chunks: ChunkWriter, _ choice: Int, _ out: inout MemberWriter) {
        guard let url else { return }
        out.separate()
        out.open()
        out.member("type", "url_citation")
        out.name("url_citation")
        out.open()
        out.member("url", url)
        if let title { out.member("title", title) } else { out.member("title", "") }
        out.member("start_index", start)
        out.member("end_index", end)
        out.close()
        out.member("index", chunks.nextIndex(in: .annotations, choice: choice))
        out.close()
    }
}

/// Characters (Unicode scalars) before places in a text, which are told by bytes.
private struct ScalarPlaces {
    private static let step = 256
    private let text: UnsafeRawBufferPointer
    /// Those before each so many bytes.
    private var counts: [Int] = []

    init(_ text: UnsafeRawBufferPointer) {
        self.text = text
        var count = 0
        for at in 0..<text.count {
            if at % ScalarPlaces.step == 0 { counts.append(count) }
            if text.byte(at: at) & 0xC0 != 0x80 { count &+= 1 }
        }
        counts.append(count)
    }

    /// nil: it is beyond the text.
    func scalars(before place: Int) -> Int? {
        guard place >= 0, place <= text.count else { return nil }
        let block = place / ScalarPlaces.step
        var count = counts[block]
        for at in (block &* ScalarPlaces.step)..<place where text.byte(at: at) & 0xC0 != 0x80 { count &+= 1 }
        return count
    }
}

extension JSONView {
    /// A member that is not null, in either spelling.
    fileprivate func member(_ name: StaticString) -> JSONView? { members.first { !$0.value.isNull && isGemini(bytes[$0.name], name) }?.value }
}
