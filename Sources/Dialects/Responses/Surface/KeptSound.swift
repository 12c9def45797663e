internal import Bytes
internal import JSON

/// The sound of an answer. The API has events for it (https://platform.openai.com/docs/api-reference/responses-streaming/response/audio/delta, 2026-11),
/// but no item: in the response it is the member `audio`, as in a chat.
final class KeptSound {
    private let members = MemberTable(AssemblyBudget(64 << 20))
    private var hasData = false, hasTranscript = false

    func add(_ audio: JSONView, to events: ResponseEvents, _ emit: ResponseEvents.Emit) {
        let name: StaticString = "audio"
        members.startOver()
        members.put(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), audio.raw, .deep)
        if let data = audio.filled("data"), data.inside.count > 0 {
            hasData = true
            events.send("response.audio.delta", emit) { $0.member("delta", data) }
        }
        if let words = audio.filled("transcript"), words.inside.count > 0 {
            hasTranscript = true
            events.send("response.audio.transcript.delta", emit) { $0.member("delta", words) }
        }
    }

    func end(_ events: ResponseEvents, _ emit: ResponseEvents.Emit) {
        if hasData { events.send("response.audio.done", emit) { _ in } }
        if hasTranscript { events.send("response.audio.transcript.done", emit) { _ in } }
        (hasData, hasTranscript) = (false, false)
    }

    func write(_ out: inout MemberWriter) {
        if members.isEmpty { return }
        out.separate()
        out.check(members.append(to: out.buffer, first: true))
    }
}
