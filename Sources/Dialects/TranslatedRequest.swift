package import Bytes

/// A request of another surface in OpenAI's chat form, and what of it could not be said there.
package final class TranslatedRequest {
    package struct Dropped: Sendable {
        /// The member of the request.
        package let path: String
        package let message: String
    }

    package private(set) var body: ByteBuffer
    /// What only a provider that speaks as the caller does can obey: a member of the request; nil: any can.
    package private(set) var nativeOnly: String?
    /// What others are not told.
    package private(set) var dropped: [Dropped] = []
    /// It can go as it is to a provider that speaks as the caller does.
    package internal(set) var mayPass = true
    /// Members of the answer that say again what the request said, each with a comma before it.
    let echo = ByteBuffer()
    /// The caller asks for a summary of the thoughts, and for the probabilities of tokens.
    var wantsSummary = false, wantsLogprobs = false

    init(limit: Int) { body = ByteBuffer(limit: limit) }

    /// No other body will be written from it.
    package func letGo() { body = ByteBuffer() }

    func needsNative(_ path: String) { nativeOnly = nativeOnly ?? path }

    func drop(_ path: String, _ message: String) { dropped.append(Dropped(path: path, message: message)) }
}
