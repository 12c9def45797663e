internal import Providers
internal import Wire

/// What else than a chat a model may be for.
private enum OtherKind: UInt8, CaseIterable {
    case embedding, image, video, audio, moderation, rerank, completion

    /// The reason why it is skipped.
    var reason: StaticString {
        switch self {
        case .embedding: "Embedding model"
        case .image: "Image model"
        case .video: "Video model"
        case .audio: "Audio model"
        case .moderation: "Moderation model"
        case .rerank: "Rerank model"
        case .completion: "Text completion model"
        }
    }

    /// Parts of the words with which lists tell a kind or what comes out.
    var signs: StaticString {
        switch self {
        case .embedding: "embed,feature-extraction"
        case .image: "image"
        case .video: "video"
        case .audio: "audio,speech,transcri,tts,stt"
        case .moderation: "moderation"
        case .rerank: "rerank"
        case .completion: ""
        }
    }

    /// Whole words in ids. Only those that no chat model has in its name.
    var words: StaticString {
        switch self {
        case .embedding: "embed,embedding,embeddings,bge,gte,minilm,voyage,colbert"
        case .image: "dall-e,gpt-image,imagen,stable-diffusion,sdxl,flux"
        case .video: "sora,veo"
        case .audio: "whisper,tts,transcribe,realtime"
        case .moderation: "moderation"
        case .rerank: "rerank,reranker"
        case .completion: "babbage,davinci,turbo-instruct"
        }
    }
}

/// Why a model of a list takes no chat, in words for people; nil: it does, or nobody knows. What the list says counts more
/// than the model's name.
func whyNoChat(_ entry: JSONView, _ id: String) -> StaticString? {
    if let said = entry["kind"]?.string ?? entry["type"]?.string, let kind = otherKind(said, false) { return kind.reason }
    let shape = entry["architecture"] ?? entry
    var outputs: [String] = []
    shape["output_modalities"]?.forEachElement { if let word = $0.string { outputs.append(word) } }
    if outputs.isEmpty, let modality = shape["modality"]?.string { outputs = whatComesOut(modality) }
    if outputs.isEmpty { return otherKind(id, true)?.reason }
    var kind: OtherKind?
    for word in outputs {
        if same(word, "text") { return nil }
        kind = kind ?? otherKind(word, false)
    }
    return kind?.reason ?? "No text output"
}

/// "text+image->text+image"
private func whatComesOut(_ modality: String) -> [String] {
    let bytes = modality.octets
    guard let arrow = bytes.firstIndex(of: UInt8(ascii: ">")) else { return [] }
    var words: [String] = []
    for word in bytes[(arrow &+ 1)...].split(separator: UInt8(ascii: "+")) { words.append(String(utf8: word)) }
    return words
}

/// `whole`: by the words of ids, else by the signs in a list's own word.
private func otherKind(_ text: String, _ whole: Bool) -> OtherKind? {
    var text = text
    return text.withUTF8 { bytes in
        for kind in OtherKind.allCases where has(UnsafeRawBufferPointer(bytes), whole ? kind.words : kind.signs, whole) { return kind }
        return nil
    }
}

/// One of the words of a list "a,b,c" is in the text.
private func has(_ text: UnsafeRawBufferPointer, _ list: StaticString, _ whole: Bool) -> Bool {
    let words = UnsafeRawBufferPointer(start: list.utf8Start, count: list.utf8CodeUnitCount)
    var start = 0
    while start < words.count {
        var end = start
        while end < words.count, words.byte(at: end) != Ascii.comma { end &+= 1 }
        if occurs(words[ByteRange(start, end)], in: text, whole) { return true }
        start = end &+ 1
    }
    return false
}

/// `whole`: between characters that are neither letters nor digits.
private func occurs(_ word: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer, _ whole: Bool) -> Bool {
    var at = 0
    while at &+ word.count <= text.count {
        var i = 0
        while i < word.count, lower(text.byte(at: at &+ i)) == word.byte(at: i) { i &+= 1 }
        if i == word.count, !whole || !isLetter(text.byte(at: at &- 1)) && !isLetter(text.byte(at: at &+ i)) { return true }
        at &+= 1
    }
    return false
}

private func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
private func isLetter(_ byte: UInt8) -> Bool { lower(byte) &- 0x61 < 26 || byte &- 0x30 < 10 }
