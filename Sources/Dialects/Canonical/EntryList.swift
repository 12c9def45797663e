/// A list of a message to which the deltas of a stream add. Clients put an entry to the one of the same `index`, and the official packages
/// have it as the place in the list: https://github.com/openai/openai-python/blob/main/src/openai/lib/streaming/_deltas.py, 2026-11.
/// They join texts and add up numbers of entries with the same one, so that whatever does not grow is said once.
enum EntryList: Int {
    case reasoningDetails, providerBlocks, annotations, images

    var name: StaticString {
        switch self {
        case .reasoningDetails: "reasoning_details"
        case .providerBlocks: "provider_blocks"
        case .annotations: "annotations"
        case .images: "images"
        }
    }
}

/// How many entries the lists of each choice have.
struct EntryCounts {
    private static let lists = 4, mostChoices = 256

    private var counts: [Int] = []

    init() {}

    /// Counts one more: its place.
    mutating func next(_ list: EntryList, _ choice: Int) -> Int {
        guard choice >= 0, choice < EntryCounts.mostChoices else { return 0 }
        let at = choice &* EntryCounts.lists &+ list.rawValue
        while counts.count <= at { counts.append(0) }
        counts[at] &+= 1
        return counts[at] &- 1
    }
}
