package import Bytes
package import Model

/// A way of speaking with providers: how a request is written for one, and how what it answers is read. Whatever a provider says, an
/// answer and the chunks of a stream come out as OpenAI writes them; the rest of Gatelet knows nothing else.
/// What differs between providers of one dialect is data of their rows. Stateless: any thread may use it.
package protocol Dialect: AnyObject, Sendable {
    /// What rows call it.
    var name: StaticString { get }
    /// It answers by itself, by `script`: nobody is called and nobody charges, and only its own providers stand in for each other.
    var isScripted: Bool { get }
    /// What the stream of a provider has at its end, for messages.
    var endMark: StaticString { get }
    /// How the events of a stream are told from each other.
    var framing: Framing { get }
    /// The surface whose requests are its own: they need no translation, only another model. nil: requests are always written anew.
    var surface: Surface? { get }

    /// Where an operation is behind a provider's address, if the provider's row does not say otherwise. `{model}` in it stands for
    /// the model that is asked.
    func path(_ operation: Operation) -> StaticString
    /// What it says is written anew as OpenAI's.
    var translates: Bool { get }
    /// It has a place where tokens of a request are counted.
    var countsTokens: Bool { get }
    /// What holds for a provider that the configuration gives this dialect, before it says more.
    func prepare(_ provider: inout ProviderParts)
    /// What no longer holds for a provider whose row has this dialect, when the configuration gives it another.
    func leave(_ provider: inout ProviderParts)

    /// Writes the body for one provider.
    func write(_ request: OutgoingRequest, into buffer: ByteBuffer) throws(Failure)
    /// What a body that was written asks for.
    func asked(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> AskedFor
    /// Tokens of its prompt, on the low side.
    func promptTokens(of body: UnsafeRawBufferPointer) -> Int
    /// Whether it lets a model answer nothing.
    func allowsSilence(_ body: UnsafeRawBufferPointer, _ operation: Operation) -> Bool

    /// Checks the body of a 2xx answer, which is made OpenAI's in place, and finds what matters in it. `request`: the body that was answered.
    func answer(_ body: ByteBuffer, to request: UnsafeRawBufferPointer, operation: Operation, provider: Provider, model: String,
                depth: Int) throws(Failure) -> AnswerView
    /// A reader for one stream. `request`: the body that it answers, which lasts no longer than this call; `model`: the one that was asked.
    func stream(_ operation: Operation, to request: UnsafeRawBufferPointer, model: String, caps: Caps) -> any StreamReader

    /// What it answers by itself; nil: the provider is asked. `step`: what goes wrong with it.
    func script(_ body: UnsafeRawBufferPointer, operation: Operation, provider: Provider, step: FaultStep?) -> AnswerScript?
}

extension Dialect {
    package var translates: Bool { true }
    package var countsTokens: Bool { false }
    package func leave(_ provider: inout ProviderParts) {}
}

package enum Framing: Sendable {
    /// An event stream (WHATWG).
    case events
    /// Likewise, or a JSON array whose elements are the events.
    case eventsOrArray

    /// A response that begins so is a list of events.
    package func isArray(first byte: UInt8) -> Bool { self == .eventsOrArray && byte == Ascii.openBracket }

    /// A response that begins so is a document, and no stream.
    package func isDocument(first byte: UInt8) -> Bool {
        switch self {
        case .events: byte == Ascii.openBrace || byte == Ascii.openBracket || byte == UInt8(ascii: "<")
        case .eventsOrArray: byte == Ascii.openBrace || byte == UInt8(ascii: "<")
        }
    }
}

/// A caller's request on its way to one provider.
package struct OutgoingRequest {
    package var view: RequestView
    /// Those that `view` is of.
    package var bytes: UnsafeRawBufferPointer
    package var operation: Operation
    package var provider: Provider
    /// As the provider calls it.
    package var model: String
    /// Text of an interrupted answer, UTF-8, with which the assistant's answer is to begin.
    package var prefill: UnsafeRawBufferPointer?
    /// Of a request that does not say it.
    package var maxTokens: Int?
    /// A stream is asked for usage; nil: if the row says so.
    package var asksUsage: Bool?
    /// What the caller wrote, where that is the dialect's own form: of it only model and stream are set, and Gatelet's own words are taken out.
    package var passthrough: UnsafeRawBufferPointer?
    /// What of it cannot be said.
    package var warnings: RequestWarnings

    package init(_ view: RequestView, _ bytes: UnsafeRawBufferPointer, _ operation: Operation, for provider: Provider, model: String,
                 warnings: RequestWarnings = RequestWarnings()) {
        self.warnings = warnings
        self.view = view
        self.bytes = bytes
        self.operation = operation
        self.provider = provider
        self.model = model
    }
}

/// Reads the events of one stream. Not thread-safe.
package protocol StreamReader: AnyObject {
    /// Reads one event. `take` gets each chunk in it, OpenAI's, with what was located in it; when it returns false, nothing more is read.
    func read(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer,
              _ take: (ChunkView, UnsafeRawBufferPointer) -> Bool) -> StreamSign
    /// Whether an event whose end never came is all there.
    func isWhole(_ data: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer) -> Bool
}

/// What an event was, beside its chunks.
package enum StreamSign {
    /// All of it was read.
    case read
    /// Nobody wanted more of it.
    case stopped
    /// Nothing of the answer follows.
    case end
    /// The provider says that it failed, in this document.
    case error(UnsafeRawBufferPointer)
    case notJSON(UnsafeRawBufferPointer, offset: Int)
    /// Nested deeper than may be.
    case tooDeep
    /// A block of it that comes in pieces and must be kept whole is over the cap of an event.
    case tooLarge
    case noMemory
}
