internal import Bytes
internal import JSON

// What a model that takes no chat is for, and the words that tell: those of lists anywhere in their word, those of ids as
// whole words. The latter are only such that no chat model has in its name.
private let signs: StaticString = """
    Embedding:embed;Image:image;Video:video;Audio:audio,speech,transcri,tts,stt;Moderation:moderation;Rerank:rerank,score;OCR:ocr;\
    Text completion:completion;
    """
private let words: StaticString = """
    Embedding:embed,embedding,embeddings,bge,gte,minilm,voyage,colbert;Image:dall-e,gpt-image,imagen,stable-diffusion,sdxl,flux;\
    Video:sora,veo;Audio:whisper,tts,transcribe,realtime;Moderation:moderation;Rerank:rerank,reranker;\
    Text completion:babbage,davinci,turbo-instruct;
    """

/// Why a model of a list takes no chat, in words for people; nil: it does, or nobody knows. What the list says counts more
/// than the model's name.
func whyNoChat(_ entry: JSONView, _ id: String) -> String? {
    let type = dig(entry, "kind").string ?? dig(entry, "type").string ?? ""
    if occursIn(type, "chat") { return nil } // "chat-completion", too
    if let found = kind(type, signs, whole: false) { return found }
    var outputs = comingOut(dig(entry, "architecture.modality").string ?? "")
    dig(entry, "architecture.output_modalities").forEachElement { if let word = $0.string { outputs = concat(outputs, " ", word) } }
    if outputs.isEmpty { return kind(id, words, whole: true) }
    return occursIn(outputs, "text") ? nil : kind(outputs, signs, whole: false) ?? "Model without text output"
}

private func occursIn(_ text: String, _ word: StaticString) -> Bool { text.octets.withUnsafeBytes { $0.find(word) != nil } }

/// Of "text+image->text" what stands behind the arrow.
private func comingOut(_ modality: String) -> String {
    let bytes = modality.octets
    return bytes.lastIndex(of: UInt8(ascii: ">")).map { String(utf8: bytes[($0 &+ 1)...]) } ?? modality
}

/// Looks for each word of a table in the text.
private func kind(_ text: String, _ table: StaticString, whole: Bool) -> String? {
    let table = UnsafeRawBufferPointer(start: table.utf8Start, count: table.utf8CodeUnitCount)
    let text = text.octets
    var head = ByteRange(0, 0), start = 0, at = 0
    while at < table.count {
        let byte = table.byte(at: at)
        if byte == Ascii.colon { head = ByteRange(start, at) }
        if byte == Ascii.comma || byte == UInt8(ascii: ";"), occurs(table[ByteRange(start, at)], in: text, whole) {
            return concat(String(utf8: table[head]), " model")
        }
        at &+= 1
        if byte == Ascii.colon || byte == Ascii.comma || byte == UInt8(ascii: ";") { start = at }
    }
    return nil
}

/// `whole`: between characters that are neither letters nor digits.
private func occurs(_ word: UnsafeRawBufferPointer, in text: [UInt8], _ whole: Bool) -> Bool {
    text.withUnsafeBytes { text in
        var at = 0
        while at &+ word.count <= text.count {
            var i = 0
            while i < word.count, lower(text.byte(at: at &+ i)) == word.byte(at: i) { i &+= 1 }
            if i == word.count, !whole || !isLetter(text.byte(at: at &- 1)) && !isLetter(text.byte(at: at &+ i)) { return true }
            at &+= 1
        }
        return false
    }
}

private func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
private func isLetter(_ byte: UInt8) -> Bool { lower(byte) &- 0x61 < 26 || byte &- 0x30 < 10 }
