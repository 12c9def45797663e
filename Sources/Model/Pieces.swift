/// What a bill may lack.
package enum MissingLine: UInt8, Sendable, CaseIterable {
    case webSearch, image, audio, audioOutput, imageOutput, tools, upstream

    package var name: StaticString {
        switch self {
        case .webSearch: "web_search"
        case .image: "image"
        case .audio: "audio"
        case .audioOutput: "audio_output"
        case .imageOutput: "image_output"
        case .tools: "tools"
        case .upstream: "upstream"
        }
    }
}

/// What is billed by the piece, and what was used without anybody counting it.
package struct Pieces: Sendable {
    package var images = 0
    package var searches = 0
    package var uncounted: [MissingLine] = []
    package init() {}

    package mutating func lack(_ line: MissingLine) { if !uncounted.contains(line) { uncounted.append(line) } }
}
